/**
 * What a counter is and what adding to it means, for every environment.
 *
 * A counter is a value of 8 bytes, an i64 in the codec's form (little-endian, two's complement), so that a proof of it
 * is a proof of a value like any other. No value counts as 0. The sum is one of integers: it does not wrap, and one
 * outside of an i64 is outside of every bound.
 *
 * Signed and 64 bits wide: minor units of any currency fit, as do what is owed and what is free of a limit. The numbers
 * are worked with in halves of 32 bits. As BigInts, three of them in a call, they take ten times as long (600 ns against
 * 50, Node 20.20), which is as much as the rest of the call.
 */
import { LIMITS } from "../limits.ts";
import type { CounterAnswer } from "./environment.ts";

const TWO_32 = 2 ** 32;
/** Where the numbers of a change stand. */
const DELTA = 0;
const MINIMUM = 8;
const MAXIMUM = 16;

/** The bytes of a value as a counter; undefined when it is none. */
export function counterOf(value: Uint8Array | undefined): Uint8Array | undefined {
  if (value === undefined) return new Uint8Array(LIMITS.counterBytes);
  return value.length === LIMITS.counterBytes ? value : undefined;
}

/** The counter's bytes after the change (CounterChange), or why there are none. */
export function changedCounter(
  value: Uint8Array | undefined,
  change: Uint8Array,
): Uint8Array | Exclude<CounterAnswer, "added"> {
  const before = counterOf(value);
  if (before === undefined) return "notACounter";
  const lows = lowAt(before, 0) + lowAt(change, DELTA);
  // The sum is high * 2^32 + low; high has a bit more than the half of an i64, so that it cannot wrap.
  const low = lows % TWO_32;
  const high = highAt(before, 0) + highAt(change, DELTA) + (lows < TWO_32 ? 0 : 1);
  const isBelow = isLess(high, low, highAt(change, MINIMUM), lowAt(change, MINIMUM));
  const isAbove = isLess(highAt(change, MAXIMUM), lowAt(change, MAXIMUM), high, low);
  return isBelow || isAbove ? "outOfBounds" : bytesOf(high, low);
}

function isLess(leftHigh: number, leftLow: number, rightHigh: number, rightLow: number): boolean {
  return leftHigh < rightHigh || (leftHigh === rightHigh && leftLow < rightLow);
}

function lowAt(bytes: Uint8Array, at: number): number {
  return highAt(bytes, at - 4) >>> 0;
}

function highAt(bytes: Uint8Array, at: number): number {
  return bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24);
}

function bytesOf(high: number, low: number): Uint8Array {
  const bytes = new Uint8Array(LIMITS.counterBytes);
  for (let at = 0; at < 4; at++) {
    bytes[at] = low >>> (8 * at);
    bytes[at + 4] = high >> (8 * at);
  }
  return bytes;
}
