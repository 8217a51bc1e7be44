import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { type FunctionType, readValueType, typeNames, type ValueType } from "../value-types.ts";

const FUNCTION_FORM = 0x60;
/** Sub types, recursion groups, structures, arrays and continuations of later proposals. */
const LATER_FORMS: ReadonlySet<number> = new Set([0x4e, 0x4f, 0x50, 0x5d, 0x5e, 0x5f]);

/**
 * The function types. One above the limits of its size is listed and then unknown, so that no later check pays for it.
 */
export function readTypes(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("types", count, start);
  for (let index = 0; index < count && cursor.ok; index++) module.types.items.push(readFunctionType(cursor, module));
}

function readFunctionType(cursor: ByteCursor, module: ModuleReading): FunctionType | null {
  const offset = cursor.position;
  const form = cursor.u8();
  if (cursor.ok && form !== FUNCTION_FORM) {
    const code = LATER_FORMS.has(form) ? "feature.gc" : "type.form";
    cursor.fail(code, offset, `0x${form.toString(16)}`);
  }
  const params = readValueTypes(cursor, module);
  const results = readValueTypes(cursor, module);
  if (!cursor.ok) return null;
  const where = `type ${module.types.count}`;
  if (results.length > 1)
    module.useFeature("multiValue", offset, `${where}, results ${typeNames(results.slice(0, 8))}`);
  const isSmall = module.isWithin("functionParams", params.length, offset, where);
  // One result is the profile's own rule; the reason above says it better.
  const hasFewResults = module.rules.isContract
    ? results.length <= module.rules.limits.functionResults
    : module.isWithin("functionResults", results.length, offset, where);
  return isSmall && hasFewResults ? { params, results } : null;
}

function readValueTypes(cursor: ByteCursor, module: ModuleReading): ValueType[] {
  const types: ValueType[] = [];
  const count = cursor.u32();
  for (let index = 0; index < count && cursor.ok; index++) types.push(readValueType(cursor, module));
  return types;
}
