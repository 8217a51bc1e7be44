/**
 * k P for a pair of points met for the first time: a table of 16 odd multiples each, windows of five bits, doublings
 * between them.
 */
import { blend, copy, laneMask, negateBy } from "../field/pair";
import { AFFINE_BYTES, curve, ONE, Y, Z } from "./curve";
import { mixedAdd } from "./mixed-add";
import { digitEntry, digitSign, SIGN, windowOf } from "./window";

export const WIDTH: u32 = 5;
export const TABLE_ENTRIES: i32 = 16;
export const TABLE_BYTES: u32 = 2560;
/** Windows that cover 256 bits, and the 130 of a half scalar. */
export const FULL_WINDOWS: u32 = 52;
export const HALF_WINDOWS: u32 = 26;

const ADDEND: usize = memory.data(160, 16);

/** out = the lanes' entries for window `i` of their odd scalars. */
// @ts-ignore: decorator
@inline
export function windowPoint(out: usize, table: usize, oddA: usize, oddB: usize, i: u32, isTop: bool): void {
  const windowA = windowOf(oddA, i, WIDTH, isTop);
  const windowB = windowOf(oddB, i, WIDTH, isTop);
  const signA = digitSign(windowA, WIDTH);
  const signB = digitSign(windowB, WIDTH);
  const entryA = table + digitEntry(windowA, signA, WIDTH) * AFFINE_BYTES;
  const entryB = table + digitEntry(windowB, signB, WIDTH) * AFFINE_BYTES;
  blend(out, entryA, entryB);
  blend(out + Y, entryA + Y, entryB + Y);
  const mask = laneMask(signA ^ load<i32>(oddA, SIGN), signB ^ load<i32>(oddB, SIGN));
  negateBy(out + Y, out + Y, mask);
}

// @ts-ignore: decorator
@inline
export function doubleFive<C>(sum: usize): void {
  for (let i = 0; i < 5; i++) curve<C>().double(sum);
}

/** sum = k P in each lane, Jacobian. */
export function windowSum<C>(sum: usize, table: usize, oddA: usize, oddB: usize): void {
  windowPoint(sum, table, oddA, oddB, FULL_WINDOWS - 1, true);
  copy(sum + Z, curve<C>().constants() + ONE);
  for (let i: u32 = FULL_WINDOWS - 1; i > 0; i--) {
    doubleFive<C>(sum);
    windowPoint(ADDEND, table, oddA, oddB, i - 1, false);
    mixedAdd<C>(sum, ADDEND);
  }
}
