/**
 * Root of a list, in the shape of RFC 6962, section 2.1: the roots of transactions and receipts in a header.
 *
 *   of nothing: H("")        of one: H(0x00 ‖ leaf)        of n: H(0x01 ‖ root of the first k ‖ root of the rest),
 *   k the largest power of two below n
 *
 * The two first bytes keep a leaf from being read as an inner node.
 */
import type { HashMany, HashPairs } from "../../accel/device.ts";
import { HASH_LENGTH, type HashFunction } from "./block.ts";
import { digestsInto, manyHashesOf } from "./many-hashes.ts";
import { pairHashesOf } from "./pair-hashes.ts";

const LEAF_PREFIX = Uint8Array.of(0);
const INNER_PREFIX = Uint8Array.of(1);

/**
 * Returns the 32-byte root of `leaves` (byte strings of any length). Costs 2 n - 1 hashes.
 * @param hashPairs  the same hash, of many pairs at once
 * @param hashMany   the same hash, of many messages at once
 */
export function merkleRoot(
  leaves: readonly Uint8Array[],
  hash: HashFunction,
  hashPairs: HashPairs = pairHashesOf(hash),
  hashMany: HashMany = manyHashesOf(hash),
): Uint8Array {
  if (leaves.length === 0) return hash(new Uint8Array(0));
  let level = new Uint8Array(leaves.length * HASH_LENGTH);
  digestsInto(level, leaves, hashMany, LEAF_PREFIX);
  // Neighbours are joined, a last one without a neighbour moves up as it is: that is the largest power of two, always.
  for (let count = leaves.length; count > 1; count = (count + 1) >> 1) {
    const above = new Uint8Array(((count + 1) >> 1) * HASH_LENGTH);
    hashPairs(INNER_PREFIX, level, count >> 1, above);
    if (count % 2 === 1) above.set(level.subarray((count - 1) * HASH_LENGTH), (count >> 1) * HASH_LENGTH);
    level = above;
  }
  return level;
}
