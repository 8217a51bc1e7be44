/** Levels of a tree by a hash of single messages, where nothing faster is at hand. */
import type { HashPairs } from "../../accel/device.ts";
import { HASH_LENGTH, type HashFunction } from "./block.ts";

const PAIR_BYTES = 2 * HASH_LENGTH;

/** Returns a hash of pairs that makes one message after the other. @param hash must not keep or change its argument */
export function pairHashesOf(hash: HashFunction): HashPairs {
  return (prefix, pairs, count, digests) => {
    const message = new Uint8Array(prefix.length + PAIR_BYTES);
    message.set(prefix);
    for (let i = 0; i < count; i++) {
      message.set(pairs.subarray(i * PAIR_BYTES, (i + 1) * PAIR_BYTES), prefix.length);
      digests.set(hash(message), i * HASH_LENGTH);
    }
  };
}
