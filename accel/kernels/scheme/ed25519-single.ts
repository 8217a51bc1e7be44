/**
 * The exact check of one signature: is 8 (s B - h A - R) the identity?
 *
 * s B - h A by interleaved sliding windows with signed odd digits (Straus; Moller 2001): one chain of doublings, a
 * table of odd multiples of B (64, made once) and of A (8, made for each key).
 */
import { FE_BYTES, FE_PAIR_BYTES, feGather, vectorAdd, vectorBlend, vectorSub } from "../field/fe25519";
import { IDENTITY_LANE } from "../curve/edwards25519";
import { isSoloOfSmallOrder, SOLO_BYTES, soloAdd, soloDouble, soloToEntry } from "../curve/edwards25519-solo";

const BASE_WIDTH: u32 = 8;
const KEY_WIDTH: u32 = 5;
const DIGITS: usize = 264;

const BASE_TABLE: usize = memory.data(10240, 16);
const KEY_TABLE: usize = memory.data(1280, 16);
const S_DIGITS: usize = memory.data(264, 16);
const H_DIGITS: usize = memory.data(264, 16);
const NUMBER: usize = memory.data(40, 16);
const SUM: usize = memory.data(160, 16);
const POINT: usize = memory.data(160, 16);
const ENTRY: usize = memory.data(160, 16);
const LOW: usize = memory.data(80, 16);
const HIGH: usize = memory.data(80, 16);

/** The table of B is in place, made from its entry in lane form. */
export function setUpSingle25519(base: usize): void {
  makeOddMultiples(BASE_TABLE, base, 1 << (BASE_WIDTH - 2));
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
  feGather(point + FE_PAIR_BYTES, IDENTITY_LANE + FE_BYTES, entry + 3 * FE_BYTES);
}

/** `table` = P, 3 P, 5 P, ... of the entry in lane form. */
function makeOddMultiples(table: usize, entry: usize, count: u32): void {
  pointOfEntry(POINT, entry);
  soloToEntry(table, POINT);
  soloDouble(SUM, POINT);
  soloToEntry(ENTRY, SUM);
  for (let index: u32 = 1; index < count; index++) {
    soloAdd(POINT, POINT, ENTRY, false);
    soloToEntry(table + SOLO_BYTES * (index as usize), POINT);
  }
}

/** Signed odd digits of the number, at most 2^(width - 1) - 1 in size, at least `width` places from one another. */
function findDigits(digits: usize, number: usize, width: u32): void {
  memory.fill(digits, 0, DIGITS);
  memory.copy(NUMBER, number, 32);
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

/** True when the equation holds for the signature: R and A as entries in lane form, s and h below L. */
export function holdsForOne(r: usize, key: usize, s: usize, h: usize): bool {
  makeOddMultiples(KEY_TABLE, key, 1 << (KEY_WIDTH - 2));
  findDigits(S_DIGITS, s, BASE_WIDTH);
  findDigits(H_DIGITS, h, KEY_WIDTH);
  feGather(SUM, IDENTITY_LANE, IDENTITY_LANE + FE_BYTES);
  feGather(SUM + FE_PAIR_BYTES, IDENTITY_LANE + FE_BYTES, IDENTITY_LANE);
  let place: i32 = 255;
  while (place >= 0 && (load<i8>(S_DIGITS + place) | load<i8>(H_DIGITS + place)) == 0) place--;
  for (; place >= 0; place--) {
    soloDouble(SUM, SUM);
    const ofBase = load<i8>(S_DIGITS + place) as i32;
    if (ofBase != 0) addMultiple(BASE_TABLE, ofBase);
    const ofKey = -(load<i8>(H_DIGITS + place) as i32);
    if (ofKey != 0) addMultiple(KEY_TABLE, ofKey);
  }
  pointOfEntry(POINT, r);
  soloToEntry(ENTRY, POINT);
  soloAdd(SUM, SUM, ENTRY, true);
  return isSoloOfSmallOrder(SUM);
}

// @ts-ignore: decorator
@inline
function addMultiple(table: usize, digit: i32): void {
  soloAdd(SUM, SUM, table + SOLO_BYTES * ((abs(digit) >> 1) as usize), digit < 0);
}
