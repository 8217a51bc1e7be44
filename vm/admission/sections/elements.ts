import { readConstantExpression } from "../constant-expression.ts";
import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { FUNCREF, I32, readReferenceType, typeName, UNKNOWN_TYPE, type ValueType } from "../value-types.ts";

/*
 * The flag in front of a segment (core specification, 5.5.12), three bits:
 *   bit 0  not active: passive, or declarative when bit 1 is set too
 *   bit 1  an active one names its table
 *   bit 2  entries are expressions instead of function indices
 * Only 0 (active, table 0, function indices) is in the profile.
 */
const FLAG_MAXIMUM = 7;
const NOT_ACTIVE = 1;
const EXPLICIT = 2;
const EXPRESSIONS = 4;

export function readElements(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("elementSegments", count, start);
  for (let index = 0; index < count && cursor.ok; index++) readSegment(cursor, module);
}

function readSegment(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const flags = cursor.u32();
  if (!cursor.ok) return;
  if (flags > FLAG_MAXIMUM) {
    cursor.fail("element.flags", start, `value ${flags}`);
    return;
  }
  if (flags !== 0)
    module.useFeature(flags >= EXPRESSIONS ? "referenceTypes" : "passiveSegments", start, `flags ${flags}`);
  const isActive = (flags & NOT_ACTIVE) === 0;
  const tableIndex = isActive && (flags & EXPLICIT) !== 0 ? cursor.u32() : 0;
  const offset = isActive ? readConstantExpression(cursor, module, I32) : null;
  const type = readSegmentType(cursor, module, flags);
  const entries = (flags & EXPRESSIONS) === 0 ? readIndices(cursor, module) : readExpressions(cursor, module, type);
  if (!cursor.ok) return;
  module.elements.items.push(type);
  if (isActive) checkPlacement(module, { tableIndex, type, offset, entries, start });
}

function readSegmentType(cursor: ByteCursor, module: ModuleReading, flags: number): ValueType {
  const hasType = (flags & (NOT_ACTIVE | EXPLICIT)) !== 0;
  if (!hasType) return FUNCREF;
  if ((flags & EXPRESSIONS) !== 0) return readReferenceType(cursor, module);
  const offset = cursor.position;
  const kind = cursor.u8();
  if (cursor.ok && kind !== 0) cursor.fail("element.kind", offset, `0x${kind.toString(16)}`);
  return FUNCREF;
}

function readIndices(cursor: ByteCursor, module: ModuleReading): number {
  const count = cursor.u32();
  for (let index = 0; index < count && cursor.ok; index++) {
    const offset = cursor.position;
    const functionIndex = cursor.u32();
    if (!cursor.ok) break;
    module.checkIndex(module.functions, functionIndex, "element.function", offset);
    module.referableFunctions.add(functionIndex);
  }
  return count;
}

function readExpressions(cursor: ByteCursor, module: ModuleReading, type: ValueType): number {
  const count = cursor.u32();
  for (let index = 0; index < count && cursor.ok; index++) readConstantExpression(cursor, module, type);
  return count;
}

interface Placement {
  readonly tableIndex: number;
  readonly type: ValueType;
  /** Null when it is not known before instantiation. */
  readonly offset: number | null;
  readonly entries: number;
  readonly start: number;
}

/**
 * The table is there and takes the segment's type. In a contract the segment also lies inside the table: elsewhere one
 * that does not is valid and traps at instantiation, and trusting it there has cost other chains a node (EOS, 2018).
 */
function checkPlacement(module: ModuleReading, placement: Placement): void {
  const { tableIndex, type, offset, entries, start } = placement;
  const table = module.tables.get(tableIndex);
  if (table === undefined) {
    module.checkIndex(module.tables, tableIndex, "element.table", start);
    return;
  }
  if (table.type !== type && table.type !== UNKNOWN_TYPE && type !== UNKNOWN_TYPE) {
    module.refuse("element.type", start, `${typeName(type)} into a table of ${typeName(table.type)}`);
  }
  if (module.rules.isContract && offset !== null && offset + entries > table.limits.minimum) {
    module.refuse("element.bounds", start, `offset ${offset}, entries ${entries}, table ${table.limits.minimum}`);
  }
}
