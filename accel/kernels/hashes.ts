/**
 * The hash module: many messages, or a level of a tree, in one call. Driven by accel/wasm/hashes.ts.
 *
 * Messages may lie anywhere in the memory above `arena(bytes)`, digests too, as long as they do not overlap.
 */
import { hashMany as many, MANY_MAX } from "./hash/many";
import { hashNodes as nodes, nodesPrepare, PREFIX_BYTES_MAX } from "./hash/nodes";

export { arena } from "./memory";

nodesPrepare();

/** Most messages of one `hashMany`. */
export function manyMax(): u32 {
  return MANY_MAX;
}

/** Most bytes of a prefix of `hashNodes`. */
export function prefixBytesMax(): u32 {
  return PREFIX_BYTES_MAX;
}

/** See hash/many.ts; `algorithm`: 0 SHA-256, 1 SHA-512, 2 SM3, 3 Keccak-256, 4 BLAKE3. */
export function hashMany(algorithm: u32, count: u32, messages: usize, offsets: usize, digests: usize): void {
  many(algorithm, count, messages, offsets, digests);
}

/** See hash/nodes.ts; `algorithm`: 0 SHA-256, 2 SM3. */
export function hashNodes(
  algorithm: u32,
  prefix: usize,
  prefixBytes: u32,
  count: u32,
  pairs: usize,
  digests: usize,
): void {
  nodes(algorithm === 2, prefix, prefixBytes, count, pairs, digests);
}
