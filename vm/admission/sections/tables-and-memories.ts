import type { ModuleReading, SizeLimits } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { readReferenceType } from "../value-types.ts";
import { readLimits } from "./size-limits.ts";

/** Pages a 32-bit address reaches (core specification, 3.2.3). */
const PAGES_ADDRESSABLE = 65_536;

/** The tables: at most one in the profile, and its size fixed, because growing one can fail for the host's reasons. */
export function readTables(cursor: ByteCursor, module: ModuleReading): void {
  const count = cursor.u32();
  for (let index = 0; index < count && cursor.ok; index++) readTableType(cursor, module);
}

export function readTableType(cursor: ByteCursor, module: ModuleReading): void {
  const offset = cursor.position;
  const type = readReferenceType(cursor, module);
  const limits = readLimits(cursor, module, "table");
  if (limits === null) return;
  module.tables.items.push({ type, limits });
  if (module.tables.count > 1) module.useFeature("multipleTables", offset, `table ${module.tables.count - 1}`);
  module.isWithin("tableEntries", Math.max(limits.minimum, limits.maximum ?? 0), offset);
  if (module.rules.isContract && limits.minimum !== limits.maximum) {
    module.refuse("table.bounds", offset, `${limits.minimum}..${limits.maximum ?? "no maximum"}`);
  }
}

/** The memories: at most one. */
export function readMemories(cursor: ByteCursor, module: ModuleReading): void {
  const count = cursor.u32();
  for (let index = 0; index < count && cursor.ok; index++) readMemoryType(cursor, module);
}

export function readMemoryType(cursor: ByteCursor, module: ModuleReading): void {
  const offset = cursor.position;
  const limits = readLimits(cursor, module, "memory");
  if (limits === null) return;
  module.memories.items.push(limits);
  if (module.memories.count > 1) {
    module.refuseBound("memory.tooMany", offset, { value: module.memories.count, limit: 1 });
  }
  checkPages(module, limits, offset);
}

function checkPages(module: ModuleReading, limits: SizeLimits, offset: number): void {
  const { minimum, maximum } = limits;
  const pages = Math.max(minimum, maximum ?? 0);
  if (pages > PAGES_ADDRESSABLE) {
    module.refuseBound("memory.pages", offset, { value: pages, limit: PAGES_ADDRESSABLE });
    return;
  }
  module.isWithin("memoryInitialPages", minimum, offset);
  if (maximum !== null) module.isWithin("memoryMaximumPages", maximum, offset);
  else if (module.rules.isContract) {
    module.refuse("memory.noMaximum", offset, `minimum ${minimum}, limit ${module.rules.limits.memoryMaximumPages}`);
  }
}
