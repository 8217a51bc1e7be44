import type { Feature, FeatureRules } from "./features.ts";
import type { ByteCursor } from "./reader.ts";

/** A value type by its byte in the binary format; UNKNOWN_TYPE where the reader cannot know (it fits every other). */
export type ValueType = number;

export const UNKNOWN_TYPE: ValueType = 0;
export const I32: ValueType = 0x7f;
export const I64: ValueType = 0x7e;
export const F32: ValueType = 0x7d;
export const F64: ValueType = 0x7c;
export const V128: ValueType = 0x7b;
export const FUNCREF: ValueType = 0x70;
export const EXTERNREF: ValueType = 0x6f;

interface ValueTypeEntry {
  readonly name: string;
  readonly feature: Feature;
}

const entry = (name: string, feature: Feature): ValueTypeEntry => ({ name, feature });

const VALUE_TYPES: ReadonlyMap<ValueType, ValueTypeEntry> = new Map([
  [I32, entry("i32", "core")],
  [I64, entry("i64", "core")],
  [F32, entry("f32", "float")],
  [F64, entry("f64", "float")],
  [V128, entry("v128", "simd")],
  [FUNCREF, entry("funcref", "referenceTypes")],
  [EXTERNREF, entry("externref", "referenceTypes")],
]);

/** Types of later proposals: named in the refusal, not modelled. */
const GC_TYPES: ReadonlySet<number> = new Set([0x63, 0x64, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73]);
const EXCEPTION_TYPES: ReadonlySet<number> = new Set([0x69, 0x74]);
/** Those of them that have an index or another type behind the byte. */
const TYPES_WITH_HEAP_TYPE: ReadonlySet<number> = new Set([0x63, 0x64]);

function laterFeature(byte: number): Feature | undefined {
  if (GC_TYPES.has(byte)) return "gc";
  return EXCEPTION_TYPES.has(byte) ? "exceptions" : undefined;
}

export function typeName(type: ValueType): string {
  return VALUE_TYPES.get(type)?.name ?? "unknown";
}

export function typeNames(types: readonly ValueType[]): string {
  return `(${types.map(typeName).join(", ")})`;
}

export function isReferenceType(type: ValueType): boolean {
  return type === FUNCREF || type === EXTERNREF;
}

export function isValueType(byte: number): boolean {
  return VALUE_TYPES.has(byte) || laterFeature(byte) !== undefined;
}

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** True when both have the same parameters and results. */
export function isSameFunctionType(left: FunctionType, right: FunctionType): boolean {
  return isSameTypes(left.params, right.params) && isSameTypes(left.results, right.results);
}

export function isSameTypes(left: readonly ValueType[], right: readonly ValueType[]): boolean {
  return left.length === right.length && left.every((type, index) => type === right[index]);
}

/** The next value type; one outside the rules is listed, and one that is not modelled comes back as UNKNOWN_TYPE. */
export function readValueType(cursor: ByteCursor, rules: FeatureRules): ValueType {
  const offset = cursor.position;
  const byte = cursor.u8();
  if (!cursor.ok) return UNKNOWN_TYPE;
  const known = VALUE_TYPES.get(byte);
  if (known !== undefined) {
    rules.useFeature(known.feature, offset, known.name);
    return byte;
  }
  const later = laterFeature(byte);
  if (later === undefined) {
    cursor.fail("type.valueType", offset, `0x${byte.toString(16)}`);
    return UNKNOWN_TYPE;
  }
  rules.useFeature(later, offset, `value type 0x${byte.toString(16)}`);
  if (TYPES_WITH_HEAP_TYPE.has(byte)) cursor.s33();
  return UNKNOWN_TYPE;
}

/**
 * The next reference type, where the format has one byte for it; the type of a table is `funcref` in the core already.
 */
export function readReferenceType(cursor: ByteCursor, rules: FeatureRules): ValueType {
  const offset = cursor.position;
  const byte = cursor.u8();
  if (!cursor.ok || byte === FUNCREF) return FUNCREF;
  if (byte === EXTERNREF) {
    rules.useFeature("referenceTypes", offset, "externref");
    return EXTERNREF;
  }
  const later = laterFeature(byte);
  if (later === undefined) cursor.fail("table.elementType", offset, `0x${byte.toString(16)}`);
  else {
    rules.useFeature(later, offset, `reference type 0x${byte.toString(16)}`);
    if (TYPES_WITH_HEAP_TYPE.has(byte)) cursor.s33();
  }
  return UNKNOWN_TYPE;
}
