/**
 * Type expressions of an ABI: `bool u8 u16 u32 u64 i8 i16 i32 i64 string bytes address hash`, a struct's name, and any of these
 * with suffixes `[]` (array) and `?` (optional), read from the left: `T[]?` is an optional array, `T?[]` an array of
 * optionals. `T??` is refused: JSON has one null.
 */
import { Rejected } from "../../vm/errors.ts";

export const SCALARS = [
  "bool",
  "u8",
  "u16",
  "u32",
  "u64",
  "i8",
  "i16",
  "i32",
  "i64",
  "string",
  "bytes",
  "address",
  "hash",
] as const;
export type ScalarName = (typeof SCALARS)[number];

export type TypeNode =
  | { readonly kind: "scalar"; readonly name: ScalarName }
  | { readonly kind: "struct"; readonly name: string }
  | { readonly kind: "array"; readonly element: TypeNode }
  | { readonly kind: "optional"; readonly element: TypeNode };

/** Names of structs, fields, parameters and storage declarations. */
export const IDENTIFIER = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Suffixes of one expression: more would name a type that nobody can read. */
const SUFFIXES_MAX = 4;
const EXPRESSION = /^([A-Za-z][A-Za-z0-9_]{0,63})((?:\[\]|\?)*)$/;

export function isScalar(name: string): name is ScalarName {
  return (SCALARS as readonly string[]).includes(name);
}

/**
 * Returns the meaning of a type expression.
 * @param isStruct says which names are structs
 * @errors abi.type
 */
export function parseType(expression: string, isStruct: (name: string) => boolean): TypeNode {
  const match = EXPRESSION.exec(expression);
  const suffixes = match?.[2]?.match(/\[\]|\?/g) ?? [];
  if (match === null || suffixes.length > SUFFIXES_MAX) throw notAType(expression);
  let node = baseType(match[1]!, isStruct, expression);
  for (const suffix of suffixes) {
    if (suffix === "[]") node = { kind: "array", element: node };
    else if (node.kind === "optional") throw notAType(expression);
    else node = { kind: "optional", element: node };
  }
  return node;
}

function baseType(name: string, isStruct: (name: string) => boolean, expression: string): TypeNode {
  if (isScalar(name)) return { kind: "scalar", name };
  if (isStruct(name)) return { kind: "struct", name };
  throw notAType(expression);
}

function notAType(expression: string): Rejected {
  return new Rejected("abi.type", "not a type of this ABI", { value: expression.slice(0, 200) });
}
