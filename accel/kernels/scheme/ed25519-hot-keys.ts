/**
 * Tables of keys that come again and again to single verification: at most 128.
 *
 * With odd multiples of A and of 2^128 A at hand, a single check has half the doublings and no table to make, about
 * half of its time; making them costs less than that saves the first time. A key has one slot, and takes it at its
 * third verification in a row among the keys of that slot, so that keys seen once do not push out those that stay.
 * Batches have no use for such tables: the batch equation adds a point as often with them as without.
 */
import { HOT_TABLE_BYTES, makeHotTable } from "./ed25519-single";

const SLOT_BITS: u64 = 7;
const SIGHTINGS: u32 = 3;
const KEY_BYTES: usize = 32;
/** Key, then its tables. */
const TABLES: usize = memory.data(331776, 16);
/** Of each slot: whether it is taken; the key that is counted, and how often it was seen. */
const TAKEN: usize = memory.data(128, 16);
const CANDIDATES: usize = memory.data(4096, 16);
const COUNTS: usize = memory.data(512, 16);

// @ts-ignore: decorator
@inline
function isSameKey(left: usize, right: usize): bool {
  return (
    load<u64>(left) == load<u64>(right) &&
    load<u64>(left, 8) == load<u64>(right, 8) &&
    load<u64>(left, 16) == load<u64>(right, 16) &&
    load<u64>(left, 24) == load<u64>(right, 24)
  );
}

/** The tables of a key (32 bytes at `key`, its entry at `entry`), made now if it was seen often; 0 when it has none. */
export function hotTableOf(key: usize, entry: usize): usize {
  const mixed = (load<u64>(key) ^ load<u64>(key, 16)) * 0x9e3779b97f4a7c15;
  const slot = (mixed >> (64 - SLOT_BITS)) as usize;
  const held = TABLES + (KEY_BYTES + HOT_TABLE_BYTES) * slot;
  if (load<u8>(TAKEN + slot) == 1 && isSameKey(held, key)) return held + KEY_BYTES;
  const candidate = CANDIDATES + KEY_BYTES * slot;
  const count = isSameKey(candidate, key) ? load<u32>(COUNTS + 4 * slot) + 1 : 1;
  memory.copy(candidate, key, KEY_BYTES);
  store<u32>(COUNTS + 4 * slot, count);
  if (count < SIGHTINGS) return 0;
  memory.copy(held, key, KEY_BYTES);
  makeHotTable(held + KEY_BYTES, entry);
  store<u8>(TAKEN + slot, 1);
  store<u32>(COUNTS + 4 * slot, 0);
  return held + KEY_BYTES;
}
