import type { ModuleReading } from "./module-reading.ts";
import { OPCODES } from "./opcodes.ts";
import type { ByteCursor } from "./reader.ts";
import {
  F32,
  F64,
  FUNCREF,
  I32,
  I64,
  readReferenceType,
  typeName,
  UNKNOWN_TYPE,
  V128,
  type ValueType,
} from "./value-types.ts";

/** A constant's type, and its value as u32 where it is a lone i32.const. */
interface Constant {
  readonly type: ValueType;
  readonly value: number | null;
}

const END = 0x0b;

/**
 * The expression of a global or a segment offset (core specification, 3.3.10): one constant instruction and `end`. One
 * that gives another type than wanted is listed.
 * @returns the value as u32 where the expression is an i32.const, else null
 */
export function readConstantExpression(cursor: ByteCursor, module: ModuleReading, wanted: ValueType): number | null {
  const start = cursor.position;
  const constants: Constant[] = [];
  while (cursor.ok) {
    const offset = cursor.position;
    const byte = cursor.u8();
    if (byte === END || !cursor.ok) break;
    constants.push(readConstant(cursor, module, byte, offset));
  }
  if (!cursor.ok) return null;
  const [only] = constants;
  if (constants.length !== 1 || only === undefined) {
    module.refuse("constant.type", start, `${constants.length} values, ${typeName(wanted)} wanted`);
    return null;
  }
  if (only.type !== wanted && only.type !== UNKNOWN_TYPE && wanted !== UNKNOWN_TYPE) {
    module.refuse("constant.type", start, `${typeName(only.type)} found, ${typeName(wanted)} wanted`);
    return null;
  }
  return only.value;
}

function readConstant(cursor: ByteCursor, module: ModuleReading, byte: number, offset: number): Constant {
  const constant = (type: ValueType): Constant => ({ type, value: null });
  const row = OPCODES.get(byte);
  if (row !== undefined) module.useFeature(row.feature, offset, row.name);
  switch (row?.kind) {
    case "i32Const":
      return { type: I32, value: cursor.s32() >>> 0 };
    case "i64Const":
      cursor.skipS64();
      return constant(I64);
    case "f32Const":
      cursor.skip(4);
      return constant(F32);
    case "f64Const":
      cursor.skip(8);
      return constant(F64);
    case "globalGet":
      return constant(readGlobal(cursor, module, offset));
    case "refNull":
      return constant(readReferenceType(cursor, module));
    case "refFunc":
      return constant(readFunctionReference(cursor, module, offset));
    default:
      return readVectorOrFail(cursor, module, byte, offset);
  }
}

function readGlobal(cursor: ByteCursor, module: ModuleReading, offset: number): ValueType {
  const index = cursor.u32();
  if (!cursor.ok) return UNKNOWN_TYPE;
  const global = index < module.importedGlobalCount ? module.globals.get(index) : undefined;
  if (global !== undefined && !global.isMutable) return global.type;
  if (module.globals.isComplete) module.refuse("constant.global", offset, `index ${index}`);
  return UNKNOWN_TYPE;
}

function readFunctionReference(cursor: ByteCursor, module: ModuleReading, offset: number): ValueType {
  const index = cursor.u32();
  if (!cursor.ok) return UNKNOWN_TYPE;
  module.checkIndex(module.functions, index, "constant.function", offset);
  module.referableFunctions.add(index);
  return FUNCREF;
}

/**
 * Behind an instruction that is not constant the expression cannot be told from what follows it: the section ends
 * there.
 */
function readVectorOrFail(cursor: ByteCursor, module: ModuleReading, byte: number, offset: number): Constant {
  const isVectorPrefix = byte === 0xfd;
  if (isVectorPrefix && cursor.u32() === 12) {
    module.useFeature("simd", offset, "v128.const");
    cursor.skip(16);
    return { type: V128, value: null };
  }
  const name = OPCODES.get(byte)?.name ?? `0x${byte.toString(16)}`;
  cursor.fail("constant.instruction", offset, name);
  return { type: UNKNOWN_TYPE, value: null };
}
