/**
 * What a counter is and what adding to it means, for every environment.
 *
 * A counter is a value of 8 bytes, an i64 in the codec's form (little-endian, two's complement), so that a proof of it
 * is a proof of a value like any other. No value counts as 0. The sum is one of integers: it does not wrap, and one
 * outside of an i64 is outside of every bound.
 *
 * Signed and 64 bits wide: minor units of any currency fit, as do what is owed and what is free of a limit. Unlike
 * 128 bits it is one operand of WebAssembly, and one number of a struct.
 */
import { LIMITS } from "../limits.ts";
import type { CounterAnswer, CounterChange } from "./environment.ts";

/** The number that a value is as a counter; undefined when it is none. */
export function counterOf(value: Uint8Array | undefined): bigint | undefined {
  if (value === undefined) return 0n;
  if (value.length !== LIMITS.counterBytes) return undefined;
  return new DataView(value.buffer, value.byteOffset, value.byteLength).getBigInt64(0, true);
}

/** The counter's bytes after the change, or why there are none. */
export function changedCounter(
  value: Uint8Array | undefined,
  { delta, minimum, maximum }: CounterChange,
): Uint8Array | Exclude<CounterAnswer, "added"> {
  const before = counterOf(value);
  if (before === undefined) return "notACounter";
  const after = before + delta;
  if (after < minimum || after > maximum) return "outOfBounds";
  const bytes = new Uint8Array(LIMITS.counterBytes);
  new DataView(bytes.buffer).setBigInt64(0, after, true);
  return bytes;
}
