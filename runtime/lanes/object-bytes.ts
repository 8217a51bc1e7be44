/** What a call is about, as bytes: the arguments that the ABI says name its object. */
import type { ContractAbi } from "../format/contract-abi.ts";

/** Bytes of the types that always have as many; `string` and `bytes` have a length before them. */
const FIXED_BYTES: Readonly<Record<string, number>> = {
  bool: 1,
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  u64: 8,
  i64: 8,
  address: 32,
  hash: 32,
};
const LENGTH_BYTES = 4;

/** Finds the object in the argument bytes of one method; undefined where they end before it. */
export type ObjectFinder = (args: Uint8Array) => Uint8Array | undefined;

/**
 * Returns the finder of a method that names an object behind parameters of simple types; undefined for every other.
 * Where several parameters name it, the bytes from the first to the last of them are taken.
 */
export function objectFinder(abi: ContractAbi, methodName: string): ObjectFinder | undefined {
  const method = abi.methods.find(({ name }) => name === methodName);
  if (method === undefined || method.object.length === 0) return undefined;
  const places = method.object.map((name) => method.params.findIndex((param) => param.name === name));
  const first = Math.min(...places);
  const last = Math.max(...places);
  const types = method.params.slice(0, last + 1).map(({ type }) => type);
  if (types.some((type) => sizeKindOf(type) === undefined)) return undefined;
  return (args) => {
    const start = skip(args, 0, types.slice(0, first));
    const end = skip(args, start, types.slice(first));
    return end > args.length ? undefined : args.subarray(start, end);
  };
}

function sizeKindOf(type: string): number | "length" | undefined {
  return type === "string" || type === "bytes" ? "length" : FIXED_BYTES[type];
}

/** Returns where the values of these types end; beyond the end of the arguments where they are cut off. */
function skip(args: Uint8Array, from: number, types: readonly string[]): number {
  let at = from;
  for (const type of types) {
    const size = sizeKindOf(type);
    at += typeof size === "number" ? size : LENGTH_BYTES + lengthAt(args, at);
  }
  return at;
}

function lengthAt(args: Uint8Array, at: number): number {
  if (at + LENGTH_BYTES > args.length) return args.length;
  return args[at]! + args[at + 1]! * 2 ** 8 + args[at + 2]! * 2 ** 16 + args[at + 3]! * 2 ** 24;
}
