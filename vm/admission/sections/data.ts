import { PAGE_BYTES } from "../../limits.ts";
import { readConstantExpression } from "../constant-expression.ts";
import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { I32 } from "../value-types.ts";

const ACTIVE = 0;
const PASSIVE = 1;
const ACTIVE_EXPLICIT = 2;

/** The number of data segments, told before the bodies so that instructions on segments can be checked in one pass. */
export function readDataCount(cursor: ByteCursor, module: ModuleReading): void {
  const count = cursor.u32();
  if (cursor.ok) module.dataCount = count;
}

/** The data segments; those of a contract are active and lie inside the initial memory. */
export function readData(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  if (!cursor.ok) return;
  module.dataSegmentCount = count;
  module.isWithin("dataSegments", count, start);
  for (let index = 0; index < count && cursor.ok; index++) readSegment(cursor, module);
}

function readSegment(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const flags = cursor.u32();
  if (!cursor.ok) return;
  if (flags > ACTIVE_EXPLICIT) {
    cursor.fail("data.flags", start, `value ${flags}`);
    return;
  }
  if (flags !== ACTIVE) module.useFeature("passiveSegments", start, `flags ${flags}`);
  const memoryIndex = flags === ACTIVE_EXPLICIT ? cursor.u32() : 0;
  const offset = flags === PASSIVE ? null : readConstantExpression(cursor, module, I32);
  const length = cursor.u32();
  cursor.skip(length);
  if (!cursor.ok) return;
  module.dataBytes += length;
  if (flags !== PASSIVE) checkPlacement(module, { memoryIndex, offset, length, start });
}

interface Placement {
  readonly memoryIndex: number;
  readonly offset: number | null;
  readonly length: number;
  readonly start: number;
}

function checkPlacement(module: ModuleReading, placement: Placement): void {
  const { memoryIndex, offset, length, start } = placement;
  const memory = module.memories.get(memoryIndex);
  if (memory === undefined) {
    module.checkIndex(module.memories, memoryIndex, "data.memory", start);
    return;
  }
  const memoryBytes = memory.minimum * PAGE_BYTES;
  if (module.rules.isContract && offset !== null && offset + length > memoryBytes) {
    module.refuse("data.bounds", start, `offset ${offset}, length ${length}, memory ${memoryBytes}`);
  }
}
