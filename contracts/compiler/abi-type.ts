/** From a type as the source writes it to a type expression of the ABI (runtime/format/contract-abi.ts). */

import type { NamedTypeNode, TypeNode } from "assemblyscript";
import * as assemblyscript from "assemblyscript";

/** Types of AssemblyScript and of the SDK that have a codec form of their own. */
const SCALARS: ReadonlyMap<string, string> = new Map([
  ...["bool", "u8", "u16", "u32", "u64", "i8", "i16", "i32", "i64", "string"].map((name) => [name, name] as const),
  ["String", "string"],
  ["boolean", "bool"],
  ["Uint8Array", "bytes"],
  ["Address", "address"],
  ["Hash", "hash"],
]);
const INTEGERS = /^(?:bool|[ui](?:8|16|32|64))$/;

/** What to write instead of types that people try first. */
const ADVICE: ReadonlyMap<string, string> = new Map([
  ["f32", "floating point has no place in a contract: use integers or Decimal"],
  ["f64", "floating point has no place in a contract: use integers or Decimal"],
  ["number", "`number` is a floating point type: use u64, i64 or Decimal"],
  ["usize", "its size depends on the machine: use u32 or u64"],
  ["isize", "its size depends on the machine: use i32 or i64"],
  ["Map", "use an array of a @struct, or StorageMap for what is kept"],
  ["Set", "use an array, or StorageMap for what is kept"],
  ["ArrayBuffer", "use Uint8Array"],
  ["StaticArray", "use an array or Uint8Array"],
]);

export interface StorageClass {
  /** Parts of the key: the first type arguments. */
  readonly keyParts: number;
  /** Type of the value; null where the last type argument says it. */
  readonly value: string | null;
}

export const STORAGE_CLASSES: ReadonlyMap<string, StorageClass> = new Map([
  ["Cell", { keyParts: 0, value: null }],
  ["StorageMap", { keyParts: 1, value: null }],
  ["StorageMap2", { keyParts: 2, value: null }],
  ["StorageMap3", { keyParts: 3, value: null }],
  ["Counter", { keyParts: 0, value: "i64" }],
  ["CounterMap", { keyParts: 1, value: "i64" }],
]);

export type AbiTypeResult = { readonly type: string } | { readonly node: TypeNode; readonly refusal: string };

const refused = (node: TypeNode, refusal: string): AbiTypeResult => ({ node, refusal });

export function isNamedType(node: TypeNode): node is NamedTypeNode {
  return node.kind === assemblyscript.NodeKind.NamedType;
}

/** The name of a type without qualifiers and arguments; empty for function and tuple types. */
export function typeName(node: TypeNode): string {
  return isNamedType(node) && node.name.next === null ? node.name.identifier.text : "";
}

export function isVoid(node: TypeNode): boolean {
  return typeName(node) === "void";
}

/**
 * The ABI's expression for `node`, or why there is none, with the innermost node that is to blame.
 * @param isStruct whether a name is a @struct class of this contract or of the SDK
 */
export function abiType(node: TypeNode, isStruct: (name: string) => boolean): AbiTypeResult {
  const plain = plainType(node, isStruct);
  if (!("type" in plain) || !node.isNullable) return plain;
  if (INTEGERS.test(plain.type)) return refused(node, "an integer or bool cannot be null: put it in a @struct");
  return { type: `${plain.type}?` };
}

function plainType(node: TypeNode, isStruct: (name: string) => boolean): AbiTypeResult {
  const name = typeName(node);
  const scalar = SCALARS.get(name);
  if (scalar !== undefined) return { type: scalar };
  if (isStruct(name)) return { type: name };
  if (name === "Array" && isNamedType(node) && node.typeArguments?.length === 1) {
    const element = abiType(node.typeArguments[0]!, isStruct);
    return "type" in element ? { type: `${element.type}[]` } : element;
  }
  const advice =
    ADVICE.get(name) ?? "use integers, bool, string, Uint8Array, Address, Hash, arrays and @struct classes";
  return refused(node, `type ${name === "" ? "of this form" : `'${name}'`} cannot cross the ABI: ${advice}`);
}

/** The name of the struct in a type expression, or undefined: "Line[]?" names Line. */
export function structIn(type: string, isStruct: (name: string) => boolean): string | undefined {
  const name = type.replace(/[[\]?]/g, "");
  return isStruct(name) ? name : undefined;
}
