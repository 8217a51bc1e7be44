/**
 * 32-byte hashes in arrays of 32-bit words: a quarter of the steps of a copy, and no view as `set` needs, which costs more
 * than the copy. Words are copied and compared as they are, in any byte order.
 */
import { HASH_LENGTH } from "../format/block.ts";

export const HASH_WORDS = HASH_LENGTH / Int32Array.BYTES_PER_ELEMENT;

/** Returns the bytes as words, on the same memory. */
export function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / Int32Array.BYTES_PER_ELEMENT);
}

export function copyHashWords(
  source: Int32Array,
  sourceOffset: number,
  target: Int32Array,
  targetOffset: number,
): void {
  for (let i = 0; i < HASH_WORDS; i++) target[targetOffset + i] = source[sourceOffset + i]!;
}

export function sameHashWords(a: Int32Array, aOffset: number, b: Int32Array, bOffset: number): boolean {
  for (let i = 0; i < HASH_WORDS; i++) if (a[aOffset + i] !== b[bOffset + i]) return false;
  return true;
}
