/**
 * Tables of keys that sign often: a comb (curve/comb.ts) makes k Q without doublings and without decompression.
 *
 * Each curve has an area of its own (7.1 MB), fixed when the module is made:
 *
 *   directory: 256 sets of 4 entries | entry of each slot | x and y of each slot's key | 64 slots with a comb each
 *
 * An entry holds the 33 bytes of a key, how often it came, and its slot. A key is compared by all its bytes. It gets a
 * table at its 16th signature; a table costs about 0.6 ms, eight cold verifications of P-256, so whoever sends new keys
 * 16 times each slows a node down by half. Who wants a place that is taken challenges the one with the lowest count: a
 * challenge takes one from that count, and the place changes hands when the challenger's count is the higher one.
 *
 * Verdicts do not depend on tables: a table holds multiples of exactly the point of the key, and the sum is the same.
 */
import { makeComb } from "../curve/comb";
import { keyArea } from "../curve/curve";

/** Bits of a window of a key's comb: 43 windows of 32 points, 107 KiB. */
export const KEY_WIDTH: u32 = 6;
const SLOTS: u32 = 64;
const SETS: u32 = 256;
const WAYS: u32 = 4;
const BUILD_AT: u32 = 16;
const COUNT_MAX: u32 = 1 << 20;

/** Offsets in an entry; KEY is at 0. */
const COUNT: u32 = 36;
/** Slot + 1; 0 when the key has none. */
const SLOT: u32 = 40;
const KEY_ENTRY_BYTES: u32 = 48;

const OWNERS: u32 = SETS * WAYS * KEY_ENTRY_BYTES;
const COORDINATES: u32 = OWNERS + 4 * SLOTS;
const COORDINATES_BYTES: u32 = 64;
const COMBS: u32 = COORDINATES + COORDINATES_BYTES * SLOTS;
const COMB_BYTES: u32 = 43 * 32 * 80;

function isKeyOf(entry: usize, key: usize): bool {
  const low = (load<u64>(entry) ^ load<u64>(key)) | (load<u64>(entry, 8) ^ load<u64>(key, 8));
  const high = (load<u64>(entry, 16) ^ load<u64>(key, 16)) | (load<u64>(entry, 24) ^ load<u64>(key, 24));
  return (low | high) === 0 && load<u8>(entry, 32) === load<u8>(key, 32);
}

function setOf(area: usize, key: usize): usize {
  const mixed = (load<u64>(key, 8) ^ rotl<u64>(load<u64>(key, 17), 29)) * 0x9e3779b97f4a7c15;
  return area + <u32>(mixed >> 56) * WAYS * KEY_ENTRY_BYTES;
}

/** The entry of the key, 0 when it has none. */
function entryOf(area: usize, key: usize): usize {
  const set = setOf(area, key);
  for (let entry = set; entry < set + WAYS * KEY_ENTRY_BYTES; entry += KEY_ENTRY_BYTES) {
    if (load<u32>(entry, COUNT) !== 0 && isKeyOf(entry, key)) return entry;
  }
  return 0;
}

function leastOf(set: usize): usize {
  let least = set;
  for (let entry = set; entry < set + WAYS * KEY_ENTRY_BYTES; entry += KEY_ENTRY_BYTES) {
    if (load<u32>(entry, COUNT) < load<u32>(least, COUNT)) least = entry;
  }
  return least;
}

function freeSlot(area: usize, entry: usize): void {
  const slot = load<u32>(entry, SLOT);
  if (slot !== 0) store<u32>(area + OWNERS + 4 * (slot - 1), 0);
  store<u32>(entry, 0, SLOT);
}

/** The key gets an entry, unless the entries of its set are all seen more often than once. */
function enterKey(area: usize, key: usize): void {
  const entry = leastOf(setOf(area, key));
  const count = load<u32>(entry, COUNT);
  if (count > 1) {
    store<u32>(entry, count - 1, COUNT);
    return;
  }
  freeSlot(area, entry);
  memory.copy(entry, key, 33);
  store<u32>(entry, 1, COUNT);
}

/** Counts one signature of the key; returns its slot + 1, or 0 when it has no table. */
export function countKey<C>(key: usize): u32 {
  const area = keyArea<C>();
  const entry = entryOf(area, key);
  if (entry === 0) {
    enterKey(area, key);
    return 0;
  }
  const count = load<u32>(entry, COUNT);
  if (count < COUNT_MAX) store<u32>(entry, count + 1, COUNT);
  return load<u32>(entry, SLOT);
}

/** The slot + 1 that the entry may take: a free one, or that of a key seen less often; 0 when there is none. */
function claimSlot(area: usize, entry: usize): u32 {
  let weakest: usize = 0;
  for (let slot: u32 = 0; slot < SLOTS; slot++) {
    const owner = load<u32>(area + OWNERS + 4 * slot);
    if (owner === 0) return slot + 1;
    if (weakest === 0 || load<u32>(owner, COUNT) < load<u32>(weakest, COUNT)) weakest = owner;
  }
  const count = load<u32>(weakest, COUNT);
  if (count >= load<u32>(entry, COUNT)) {
    store<u32>(weakest, count - 1, COUNT);
    return 0;
  }
  const slot = load<u32>(weakest, SLOT);
  freeSlot(area, weakest);
  return slot;
}

/**
 * Builds the table of the key if it has come often enough and finds a place. `point` is the affine pair of the key, in
 * both lanes; `coordinates` its x and y, 32 bytes each.
 */
export function considerTable<C>(key: usize, point: usize, coordinates: usize): void {
  const area = keyArea<C>();
  const entry = entryOf(area, key);
  if (entry === 0 || load<u32>(entry, COUNT) < BUILD_AT || load<u32>(entry, SLOT) !== 0) return;
  const slot = claimSlot(area, entry);
  if (slot === 0) return;
  makeComb<C>(tableOf<C>(slot), point, KEY_WIDTH);
  memory.copy(coordinatesOf<C>(slot), coordinates, COORDINATES_BYTES);
  store<u32>(area + OWNERS + 4 * (slot - 1), <u32>entry);
  store<u32>(entry, slot, SLOT);
}

/** True when the key would get a table now, if there is a place: then its point is worth preparing. */
export function isTableDue<C>(key: usize): bool {
  const entry = entryOf(keyArea<C>(), key);
  return entry !== 0 && load<u32>(entry, COUNT) >= BUILD_AT && load<u32>(entry, SLOT) === 0;
}

/** The comb of a slot + 1. */
// @ts-ignore: decorator
@inline
export function tableOf<C>(slot: u32): usize {
  return keyArea<C>() + COMBS + (slot - 1) * COMB_BYTES;
}

/** x and y of the key of a slot + 1, 32 big-endian bytes each. */
export function coordinatesOf<C>(slot: u32): usize {
  return keyArea<C>() + COORDINATES + (slot - 1) * COORDINATES_BYTES;
}
