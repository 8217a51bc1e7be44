/**
 * Public keys that were decoded before: at most 4,096 table entries, found by the 32 bytes of the key.
 *
 * Decoding a key costs about a seventh of a verification, and keys come again. A key has its place in one of 1,024
 * sets of four; a new one takes the next slot of its set in turn. All 32 bytes are compared, so a wrong entry is never
 * found, and a key that does not decode is never kept. Whoever sends many keys that fall into one set makes those keys
 * slow, no more.
 */

const SETS_BITS: u64 = 10;
const WAYS: usize = 4;
const KEY_BYTES: usize = 32;
const ENTRY_BYTES: usize = 160;
/** Key, entry. */
const SLOT_BYTES: usize = KEY_BYTES + ENTRY_BYTES;
const SLOTS: usize = memory.data(786432, 16);
/** Bit `way` of the byte of a set: the slot is taken. */
const TAKEN: usize = memory.data(1024, 16);
/** The way of each set that is filled next. */
const NEXT: usize = memory.data(1024, 16);

// @ts-ignore: decorator
@inline
function setOf(key: usize): usize {
  const mixed = (load<u64>(key) ^ load<u64>(key, 16)) * 0x9e3779b97f4a7c15;
  return (mixed >> (64 - SETS_BITS)) as usize;
}

// @ts-ignore: decorator
@inline
function slotOf(set: usize, way: usize): usize {
  return SLOTS + SLOT_BYTES * (WAYS * set + way);
}

// @ts-ignore: decorator
@inline
function isSameKey(slot: usize, key: usize): bool {
  return (
    load<u64>(slot) == load<u64>(key) &&
    load<u64>(slot, 8) == load<u64>(key, 8) &&
    load<u64>(slot, 16) == load<u64>(key, 16) &&
    load<u64>(slot, 24) == load<u64>(key, 24)
  );
}

/** The slot of a key, 0 when it is not known. */
function findSlot(set: usize, key: usize): usize {
  const taken = load<u8>(TAKEN + set) as u32;
  for (let way: usize = 0; way < WAYS; way++) {
    const slot = slotOf(set, way);
    if (((taken >> (way as u32)) & 1) == 1 && isSameKey(slot, key)) return slot;
  }
  return 0;
}

/** Copies the entry of a key that was decoded before to `out`; false when it is not known. */
export function recallKey(out: usize, key: usize): bool {
  const slot = findSlot(setOf(key), key);
  if (slot == 0) return false;
  memory.copy(out, slot + KEY_BYTES, ENTRY_BYTES);
  return true;
}

/** Keeps the entry of a key that decoded, unless it is known (a key may come twice in a batch). */
export function keepKey(key: usize, entry: usize): void {
  const set = setOf(key);
  if (findSlot(set, key) != 0) return;
  const way = load<u8>(NEXT + set) as usize;
  const slot = slotOf(set, way);
  memory.copy(slot, key, KEY_BYTES);
  memory.copy(slot + KEY_BYTES, entry, ENTRY_BYTES);
  store<u8>(TAKEN + set, load<u8>(TAKEN + set) | (1 << (way as u8)));
  store<u8>(NEXT + set, ((way + 1) & (WAYS - 1)) as u8);
}
