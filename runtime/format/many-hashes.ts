/** Hashes of many byte strings at once: how they are packed for it, and what there is where nothing faster is at hand. */
import type { HashMany } from "../../accel/device.ts";
import { HASH_LENGTH, type HashFunction } from "./block.ts";

/** Bytes that are packed for one call; a longer message goes alone. */
const PACKED_BYTES_MAX = 1 << 18;
const NO_PREFIX = new Uint8Array(0);

/** Returns a hash of lists that makes one message after the other. @param hash must not keep or change its argument */
export function manyHashesOf(hash: HashFunction): HashMany {
  return ({ count, bytes, offsets }, digests) => {
    for (let i = 0; i < count; i++) digests.set(hash(bytes.subarray(offsets[i], offsets[i + 1])), i * HASH_LENGTH);
  };
}

/** `digests[32 i .. 32 i + 32)` is H(prefix ‖ message i). */
export function digestsInto(
  digests: Uint8Array,
  messages: readonly Uint8Array[],
  hashMany: HashMany,
  prefix: Uint8Array = NO_PREFIX,
): void {
  for (let first = 0; first < messages.length; ) {
    const end = endOfPack(messages, first, prefix.length);
    hashMany(pack(messages, first, end, prefix), digests.subarray(first * HASH_LENGTH, end * HASH_LENGTH));
    first = end;
  }
}

function endOfPack(messages: readonly Uint8Array[], first: number, prefixLength: number): number {
  let bytes = 0;
  let end = first;
  for (; end < messages.length; end++) {
    bytes += prefixLength + messages[end]!.length;
    if (bytes > PACKED_BYTES_MAX) break;
  }
  return Math.max(end, first + 1);
}

function pack(
  messages: readonly Uint8Array[],
  first: number,
  end: number,
  prefix: Uint8Array,
): Parameters<HashMany>[0] {
  const count = end - first;
  const offsets = new Uint32Array(count + 1);
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + prefix.length + messages[first + i]!.length;
  const bytes = new Uint8Array(offsets[count]!);
  for (let i = 0; i < count; i++) {
    if (prefix.length > 0) bytes.set(prefix, offsets[i]);
    bytes.set(messages[first + i]!, offsets[i]! + prefix.length);
  }
  return { count, bytes, offsets };
}
