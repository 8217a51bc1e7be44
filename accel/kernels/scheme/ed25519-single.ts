/**
 * The exact check of one signature: is 8 (s B - h A - R) the identity?
 *
 * s B - h A by interleaved sliding windows with signed odd digits (Straus; Moller 2001): one chain of doublings, a
 * table of odd multiples of B (64, made once) and of A (8, made for each key). For a key with tables
 * (ed25519-hot-keys.ts) both numbers are cut at 2^128, and the chain is half as long.
 */
import { FE_BYTES, FE_PAIR_BYTES, feGather, feTighten, vectorAdd, vectorBlend, vectorSub } from "../field/fe25519";
import { IDENTITY_LANE } from "../curve/edwards25519";
import { isSoloOfSmallOrder, SOLO_BYTES, soloAdd, soloDouble, soloToEntry } from "../curve/edwards25519-solo";

const BASE_WIDTH: u32 = 8;
const KEY_WIDTH: u32 = 5;
const DIGITS: usize = 264;

const BASE_TABLE: usize = memory.data(10240, 16);
const HIGH_BASE_TABLE: usize = memory.data(10240, 16);
const KEY_TABLE: usize = memory.data(1280, 16);
const KEY_TABLE_BYTES: usize = 1280;
/** Bytes of the tables of a key that is seen often. */
export const HOT_TABLE_BYTES: usize = 2 * KEY_TABLE_BYTES;
/** Where the numbers are cut for such a key: bits of the lower part. */
const CUT: u32 = 128;
const S_DIGITS: usize = memory.data(264, 16);
const H_DIGITS: usize = memory.data(264, 16);
const HIGH_S_DIGITS: usize = memory.data(264, 16);
const HIGH_H_DIGITS: usize = memory.data(264, 16);
const NUMBER: usize = memory.data(40, 16);
const SUM: usize = memory.data(160, 16);
const POINT: usize = memory.data(160, 16);
const ENTRY: usize = memory.data(160, 16);
const LOW: usize = memory.data(80, 16);
const HIGH: usize = memory.data(80, 16);

/** The tables of B are in place, made from its entry in lane form. */
export function setUpSingle25519(base: usize): void {
  pointOfEntry(POINT, base);
  makeOddMultiples(BASE_TABLE, 1 << (BASE_WIDTH - 2));
  pointOfEntry(POINT, base);
  for (let count: u32 = 0; count < CUT; count++) soloDouble(POINT, POINT);
  makeOddMultiples(HIGH_BASE_TABLE, 1 << (BASE_WIDTH - 2));
}

/** `table` = the odd multiples of a key, and those of 2^128 times the key. */
export function makeHotTable(table: usize, key: usize): void {
  pointOfEntry(POINT, key);
  makeOddMultiples(table, 1 << (KEY_WIDTH - 2));
  pointOfEntry(POINT, key);
  for (let count: u32 = 0; count < CUT; count++) soloDouble(POINT, POINT);
  makeOddMultiples(table + KEY_TABLE_BYTES, 1 << (KEY_WIDTH - 2));
}

/** `point` = the point of an entry in lane form. */
export function pointOfEntry(point: usize, entry: usize): void {
  feGather(LOW, entry, entry);
  feGather(HIGH, entry + FE_BYTES, entry + FE_BYTES);
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const low = v128.load(LOW + at);
    const high = v128.load(HIGH + at);
    v128.store(point + at, vectorBlend(vectorSub(high, low), vectorAdd(high, low)));
  }
  // 2x, and the first that is done with a point is to square it.
  feTighten(point);
  feGather(point + FE_PAIR_BYTES, IDENTITY_LANE + FE_BYTES, entry + 3 * FE_BYTES);
}

/** `table` = P, 3 P, 5 P, ... of `POINT`, which changes. */
function makeOddMultiples(table: usize, count: u32): void {
  soloToEntry(table, POINT);
  soloDouble(SUM, POINT);
  soloToEntry(ENTRY, SUM);
  for (let index: u32 = 1; index < count; index++) {
    soloAdd(POINT, POINT, ENTRY, false);
    soloToEntry(table + SOLO_BYTES * (index as usize), POINT);
  }
}

/** Signed odd digits of the number of `bytes` bytes, at most 2^(width - 1) - 1 in size, at least `width` places from one another. */
function findDigits(digits: usize, number: usize, bytes: usize, width: u32): void {
  memory.fill(digits, 0, DIGITS);
  memory.fill(NUMBER, 0, 40);
  memory.copy(NUMBER, number, bytes);
  const mask: u32 = (1 << width) - 1;
  let carry: u32 = 0;
  for (let place: u32 = 0; place < 256; ) {
    const window = carry + ((load<u32>(NUMBER + (place >> 3)) >> (place & 7)) & mask);
    if ((window & 1) == 0) {
      place++;
      continue;
    }
    carry = window >> (width - 1);
    store<i8>(digits + place, (window as i32) - ((carry as i32) << width));
    place += width;
  }
}

/**
 * True when the equation holds for the signature: R and A as entries in lane form, s and h below L; `hot` is the table
 * of the key, or 0.
 */
export function holdsForOne(r: usize, key: usize, s: usize, h: usize, hot: usize): bool {
  if (hot == 0) addProducts(key, s, h);
  else addCutProducts(hot, s, h);
  pointOfEntry(POINT, r);
  soloToEntry(ENTRY, POINT);
  soloAdd(SUM, SUM, ENTRY, true);
  return isSoloOfSmallOrder(SUM);
}

function clearSum(): void {
  feGather(SUM, IDENTITY_LANE, IDENTITY_LANE + FE_BYTES);
  feGather(SUM + FE_PAIR_BYTES, IDENTITY_LANE + FE_BYTES, IDENTITY_LANE);
}

/** `SUM` = s B - h A. */
function addProducts(key: usize, s: usize, h: usize): void {
  pointOfEntry(POINT, key);
  makeOddMultiples(KEY_TABLE, 1 << (KEY_WIDTH - 2)); // works in SUM, too
  clearSum();
  findDigits(S_DIGITS, s, 32, BASE_WIDTH);
  findDigits(H_DIGITS, h, 32, KEY_WIDTH);
  let place: i32 = 255;
  while (place >= 0 && (load<u8>(S_DIGITS + place) | load<u8>(H_DIGITS + place)) == 0) place--;
  for (; place >= 0; place--) {
    soloDouble(SUM, SUM);
    addMultiple(BASE_TABLE, load<i8>(S_DIGITS + place));
    addMultiple(KEY_TABLE, -(load<i8>(H_DIGITS + place) as i32));
  }
}

/** The same, by the halves of s and h. */
function addCutProducts(hot: usize, s: usize, h: usize): void {
  clearSum();
  findDigits(S_DIGITS, s, 16, BASE_WIDTH);
  findDigits(H_DIGITS, h, 16, KEY_WIDTH);
  findDigits(HIGH_S_DIGITS, s + 16, 16, BASE_WIDTH);
  findDigits(HIGH_H_DIGITS, h + 16, 16, KEY_WIDTH);
  for (let place: i32 = CUT; place >= 0; place--) {
    if (place < (CUT as i32)) soloDouble(SUM, SUM);
    addMultiple(BASE_TABLE, load<i8>(S_DIGITS + place));
    addMultiple(hot, -(load<i8>(H_DIGITS + place) as i32));
    addMultiple(HIGH_BASE_TABLE, load<i8>(HIGH_S_DIGITS + place));
    addMultiple(hot + KEY_TABLE_BYTES, -(load<i8>(HIGH_H_DIGITS + place) as i32));
  }
}

// @ts-ignore: decorator
@inline
function addMultiple(table: usize, digit: i32): void {
  if (digit != 0) soloAdd(SUM, SUM, table + SOLO_BYTES * ((abs(digit) >> 1) as usize), digit < 0);
}
