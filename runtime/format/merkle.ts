/**
 * Root of a list, in the shape of RFC 6962, section 2.1: the roots of transactions and receipts in a header.
 *
 *   of nothing: H("")        of one: H(0x00 ‖ leaf)        of n: H(0x01 ‖ root of the first k ‖ root of the rest),
 *   k the largest power of two below n
 *
 * The two first bytes keep a leaf from being read as an inner node.
 */
import type { HashFunction } from "./block.ts";
import { concatBytes } from "./bytes.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const INNER_PREFIX = Uint8Array.of(1);

/** Returns the 32-byte root of `leaves` (byte strings of any length). Costs 2 n - 1 hashes. */
export function merkleRoot(leaves: readonly Uint8Array[], hash: HashFunction): Uint8Array {
  if (leaves.length === 0) return hash(new Uint8Array(0));
  const level = leaves.map((leaf) => hash(concatBytes(LEAF_PREFIX, leaf)));
  return rootOfRange(level, 0, level.length, hash);
}

function rootOfRange(level: readonly Uint8Array[], start: number, end: number, hash: HashFunction): Uint8Array {
  if (end - start === 1) return level[start]!;
  let half = 1;
  while (half * 2 < end - start) half *= 2;
  const left = rootOfRange(level, start, start + half, hash);
  const right = rootOfRange(level, start + half, end, hash);
  return hash(concatBytes(INNER_PREFIX, left, right));
}
