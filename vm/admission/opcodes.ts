/**
 * Every instruction of WebAssembly 2.0 in one table, with the ones of later proposals by name only.
 *
 * A row gives the bytes, the name, the kind (which says what immediates follow and which check applies; one handler per
 * kind in instructions.ts) and, where the check is "pop these, push those", the signature. Signatures are written in
 * letters: i i32, I i64, f f32, F f64, v v128; `iI:i` pops an i64, then an i32, and pushes an i32.
 */
import type { Feature } from "./features.ts";
import type { Opcode, OpcodeGroup } from "./opcode-row.ts";
import { SIMD_GROUPS } from "./opcodes-simd.ts";
import { F32, F64, I32, I64, V128, type ValueType } from "./value-types.ts";

/** The code of instruction `number` behind a prefix byte. */
export function prefixed(prefix: number, number: number): number {
  return prefix * 0x1_0000 + number;
}

export const PREFIX_MISC = 0xfc;
export const PREFIX_SIMD = 0xfd;
export const NAMED_PREFIXES: ReadonlyMap<number, Feature> = new Map<number, Feature>([
  [0xfb, "gc"],
  [0xfe, "threads"],
]);

const misc = (number: number): number => prefixed(PREFIX_MISC, number);

const CONTROL_GROUPS: readonly OpcodeGroup[] = [
  { first: 0x00, names: "unreachable", kind: "unreachable" },
  { first: 0x01, names: "nop", signature: ":" },
  { first: 0x02, names: "block", kind: "block" },
  { first: 0x03, names: "loop", kind: "loop" },
  { first: 0x04, names: "if", kind: "if" },
  { first: 0x05, names: "else", kind: "else" },
  { first: 0x06, names: "try catch throw rethrow throw_ref", kind: "unread", feature: "exceptions" },
  { first: 0x0b, names: "end", kind: "end" },
  { first: 0x0c, names: "br", kind: "br" },
  { first: 0x0d, names: "br_if", kind: "brIf" },
  { first: 0x0e, names: "br_table", kind: "brTable" },
  { first: 0x0f, names: "return", kind: "return" },
  { first: 0x10, names: "call", kind: "call" },
  { first: 0x11, names: "call_indirect", kind: "callIndirect" },
  { first: 0x12, names: "return_call return_call_indirect", kind: "unread", feature: "tailCalls" },
  { first: 0x14, names: "call_ref return_call_ref", kind: "unread", feature: "gc" },
  { first: 0x18, names: "delegate catch_all", kind: "unread", feature: "exceptions" },
  { first: 0x1a, names: "drop", kind: "drop" },
  { first: 0x1b, names: "select", kind: "select" },
  { first: 0x1c, names: "select_typed", kind: "selectTyped", feature: "referenceTypes" },
  { first: 0x1f, names: "try_table", kind: "unread", feature: "exceptions" },
];

const VARIABLE_GROUPS: readonly OpcodeGroup[] = [
  { first: 0x20, names: "local.get", kind: "localGet" },
  { first: 0x21, names: "local.set", kind: "localSet" },
  { first: 0x22, names: "local.tee", kind: "localTee" },
  { first: 0x23, names: "global.get", kind: "globalGet" },
  { first: 0x24, names: "global.set", kind: "globalSet" },
  { first: 0x25, names: "table.get", kind: "tableGet", feature: "tableInstructions" },
  { first: 0x26, names: "table.set", kind: "tableSet", feature: "tableInstructions" },
  { first: 0xd0, names: "ref.null", kind: "refNull", feature: "referenceTypes" },
  { first: 0xd1, names: "ref.is_null", kind: "refIsNull", feature: "referenceTypes" },
  { first: 0xd2, names: "ref.func", kind: "refFunc", feature: "referenceTypes" },
  { first: 0xd3, names: "ref.eq ref.as_non_null br_on_null br_on_non_null", kind: "unread", feature: "gc" },
];

const access = (
  first: number,
  names: string,
  signature: string,
  alignment: number,
  feature: Feature = "core",
): OpcodeGroup => ({ first, names, kind: "memoryAccess", signature, alignment, feature });

const MEMORY_GROUPS: readonly OpcodeGroup[] = [
  access(0x28, "i32.load", "i:i", 2),
  access(0x29, "i64.load", "i:I", 3),
  access(0x2a, "f32.load", "i:f", 2, "float"),
  access(0x2b, "f64.load", "i:F", 3, "float"),
  access(0x2c, "i32.load8_s i32.load8_u", "i:i", 0),
  access(0x2e, "i32.load16_s i32.load16_u", "i:i", 1),
  access(0x30, "i64.load8_s i64.load8_u", "i:I", 0),
  access(0x32, "i64.load16_s i64.load16_u", "i:I", 1),
  access(0x34, "i64.load32_s i64.load32_u", "i:I", 2),
  access(0x36, "i32.store", "ii:", 2),
  access(0x37, "i64.store", "iI:", 3),
  access(0x38, "f32.store", "if:", 2, "float"),
  access(0x39, "f64.store", "iF:", 3, "float"),
  access(0x3a, "i32.store8", "ii:", 0),
  access(0x3b, "i32.store16", "ii:", 1),
  access(0x3c, "i64.store8", "iI:", 0),
  access(0x3d, "i64.store16", "iI:", 1),
  access(0x3e, "i64.store32", "iI:", 2),
  { first: 0x3f, names: "memory.size", kind: "memorySize", signature: ":i" },
  { first: 0x40, names: "memory.grow", kind: "memorySize", signature: "i:i" },
  { first: misc(8), names: "memory.init", kind: "memoryInit", signature: "iii:", feature: "passiveSegments" },
  { first: misc(9), names: "data.drop", kind: "dataDrop", feature: "passiveSegments" },
  { first: misc(10), names: "memory.copy", kind: "memoryCopy", signature: "iii:", feature: "bulkMemory" },
  { first: misc(11), names: "memory.fill", kind: "memorySize", signature: "iii:", feature: "bulkMemory" },
  { first: misc(12), names: "table.init", kind: "tableInit", feature: "tableInstructions" },
  { first: misc(13), names: "elem.drop", kind: "elementDrop", feature: "passiveSegments" },
  { first: misc(14), names: "table.copy", kind: "tableCopy", feature: "tableInstructions" },
  { first: misc(15), names: "table.grow", kind: "tableGrow", feature: "tableInstructions" },
  { first: misc(16), names: "table.size", kind: "tableSize", feature: "tableInstructions" },
  { first: misc(17), names: "table.fill", kind: "tableFill", feature: "tableInstructions" },
];

const INTEGER_COMPARISONS = "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u";
const INTEGER_OPERATORS = "add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr";
const FLOAT_COMPARISONS = "eq ne lt gt le ge";
const FLOAT_UNARY = "abs neg ceil floor trunc nearest sqrt";
const FLOAT_OPERATORS = "add sub mul div min max copysign";

/** Puts the type's name before each of the names. */
const of = (type: string, names: string): string => names.replaceAll(/\S+/g, (name) => `${type}.${name}`);
const plain = (first: number, names: string, signature: string, feature: Feature = "core"): OpcodeGroup => ({
  first,
  names,
  signature,
  feature,
});

const NUMERIC_GROUPS: readonly OpcodeGroup[] = [
  { first: 0x41, names: "i32.const", kind: "i32Const", signature: ":i" },
  { first: 0x42, names: "i64.const", kind: "i64Const", signature: ":I" },
  { first: 0x43, names: "f32.const", kind: "f32Const", signature: ":f", feature: "float" },
  { first: 0x44, names: "f64.const", kind: "f64Const", signature: ":F", feature: "float" },
  plain(0x45, "i32.eqz", "i:i"),
  plain(0x46, of("i32", INTEGER_COMPARISONS), "ii:i"),
  plain(0x50, "i64.eqz", "I:i"),
  plain(0x51, of("i64", INTEGER_COMPARISONS), "II:i"),
  plain(0x5b, of("f32", FLOAT_COMPARISONS), "ff:i", "float"),
  plain(0x61, of("f64", FLOAT_COMPARISONS), "FF:i", "float"),
  plain(0x67, of("i32", "clz ctz popcnt"), "i:i"),
  plain(0x6a, of("i32", INTEGER_OPERATORS), "ii:i"),
  plain(0x79, of("i64", "clz ctz popcnt"), "I:I"),
  plain(0x7c, of("i64", INTEGER_OPERATORS), "II:I"),
  plain(0x8b, of("f32", FLOAT_UNARY), "f:f", "float"),
  plain(0x92, of("f32", FLOAT_OPERATORS), "ff:f", "float"),
  plain(0x99, of("f64", FLOAT_UNARY), "F:F", "float"),
  plain(0xa0, of("f64", FLOAT_OPERATORS), "FF:F", "float"),
  plain(0xa7, "i32.wrap_i64", "I:i"),
  plain(0xa8, of("i32", "trunc_f32_s trunc_f32_u"), "f:i", "float"),
  plain(0xaa, of("i32", "trunc_f64_s trunc_f64_u"), "F:i", "float"),
  plain(0xac, of("i64", "extend_i32_s extend_i32_u"), "i:I"),
  plain(0xae, of("i64", "trunc_f32_s trunc_f32_u"), "f:I", "float"),
  plain(0xb0, of("i64", "trunc_f64_s trunc_f64_u"), "F:I", "float"),
  plain(0xb2, of("f32", "convert_i32_s convert_i32_u"), "i:f", "float"),
  plain(0xb4, of("f32", "convert_i64_s convert_i64_u"), "I:f", "float"),
  plain(0xb6, "f32.demote_f64", "F:f", "float"),
  plain(0xb7, of("f64", "convert_i32_s convert_i32_u"), "i:F", "float"),
  plain(0xb9, of("f64", "convert_i64_s convert_i64_u"), "I:F", "float"),
  plain(0xbb, "f64.promote_f32", "f:F", "float"),
  plain(0xbc, "i32.reinterpret_f32", "f:i", "float"),
  plain(0xbd, "i64.reinterpret_f64", "F:I", "float"),
  plain(0xbe, "f32.reinterpret_i32", "i:f", "float"),
  plain(0xbf, "f64.reinterpret_i64", "I:F", "float"),
  plain(0xc0, of("i32", "extend8_s extend16_s"), "i:i", "signExtension"),
  plain(0xc2, of("i64", "extend8_s extend16_s extend32_s"), "I:I", "signExtension"),
  plain(misc(0), of("i32", "trunc_sat_f32_s trunc_sat_f32_u"), "f:i", "float"),
  plain(misc(2), of("i32", "trunc_sat_f64_s trunc_sat_f64_u"), "F:i", "float"),
  plain(misc(4), of("i64", "trunc_sat_f32_s trunc_sat_f32_u"), "f:I", "float"),
  plain(misc(6), of("i64", "trunc_sat_f64_s trunc_sat_f64_u"), "F:I", "float"),
];

const SIMD_OPCODE_GROUPS: readonly OpcodeGroup[] = SIMD_GROUPS.map((group) => ({
  ...group,
  first: prefixed(PREFIX_SIMD, group.first),
  feature: "simd" as const,
}));

const TYPE_LETTERS: Readonly<Record<string, ValueType>> = { i: I32, I: I64, f: F32, F: F64, v: V128 };

function typesOf(letters: string): readonly ValueType[] {
  return [...letters].map((letter) => TYPE_LETTERS[letter]!);
}

function rowsOf(group: OpcodeGroup): Opcode[] {
  const [params = "", results = ""] = (group.signature ?? ":").split(":");
  const row = {
    kind: group.kind ?? "plain",
    feature: group.feature ?? "core",
    params: typesOf(params),
    results: typesOf(results),
    alignment: group.alignment ?? 0,
    lanes: group.lanes ?? 0,
  };
  const names = group.names.split(" ");
  return names.flatMap((name, index) => (name === "-" ? [] : [{ ...row, name, code: group.first + index }]));
}

/** All instructions the reader knows by name, in the order of the groups. */
export const OPCODE_ROWS: readonly Opcode[] = [
  ...CONTROL_GROUPS,
  ...VARIABLE_GROUPS,
  ...MEMORY_GROUPS,
  ...NUMERIC_GROUPS,
  ...SIMD_OPCODE_GROUPS,
].flatMap(rowsOf);

/** The same by code. */
export const OPCODES: ReadonlyMap<number, Opcode> = new Map(OPCODE_ROWS.map((row) => [row.code, row]));

/** The codes of instructions given by name, separated by blanks. */
export function codesOf(names: string): ReadonlySet<number> {
  const wanted = new Set(names.split(" "));
  return new Set(OPCODE_ROWS.filter((row) => wanted.has(row.name)).map((row) => row.code));
}
