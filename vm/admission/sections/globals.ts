import { readConstantExpression } from "../constant-expression.ts";
import type { GlobalEntry, ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { readValueType } from "../value-types.ts";

const MUTABLE = 1;

/** The module's own globals, each with its type, mutability and initial value. */
export function readGlobals(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("globals", count, start);
  for (let index = 0; index < count && cursor.ok; index++) {
    const type = readGlobalType(cursor, module);
    readConstantExpression(cursor, module, type.type);
    if (cursor.ok) module.globals.items.push({ ...type, isImported: false });
  }
}

export function readGlobalType(cursor: ByteCursor, module: ModuleReading): Omit<GlobalEntry, "isImported"> {
  const type = readValueType(cursor, module);
  const offset = cursor.position;
  const mutability = cursor.u8();
  if (cursor.ok && mutability > MUTABLE) cursor.fail("global.mutability", offset, `0x${mutability.toString(16)}`);
  return { type, isMutable: mutability === MUTABLE };
}
