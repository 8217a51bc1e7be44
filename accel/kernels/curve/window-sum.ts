/**
 * u G + v Q for keys met for the first time, a chunk at once: windows of five bits for v over a table of 16 odd
 * multiples of each Q, doublings between them. On secp256k1 v comes in two halves (split-scalar.ts) over one table, so
 * that half of the doublings do.
 *
 * G joins the doublings that Q needs anyway: u has 26 digits of ten bits, those from 13 on over a table of 2^130 G, and
 * digits i and 13 + i belong to window 2 i of Q. All points of one window are added up before the doublings begin, by
 * sums that share their inverses (affine-sums.ts), so that a window costs one addition:
 *
 *   rows of the windows 0, 2, .. 24 | with halves: 1, 3, .. 25 | rows of the digits 0 .. 12
 *   with halves: the second points of all those windows       | rows of the digits 13 .. 25
 */
import { blend, laneMask, negateBy } from "../field/pair";
import { addRows, rowPoint, startZ } from "./affine-sums";
import { ENTRY_BYTES, tablePoint } from "./comb";
import { AFFINE_BYTES, curve, generatorTables, Y, Z } from "./curve";
import { mixedAdd } from "./mixed-add";
import { digitEntry, digitSign, ODD_BYTES, SIGN, windowOf } from "./window";

const WIDTH: u32 = 5;
export const TABLE_ENTRIES: i32 = 16;
export const TABLE_BYTES: u32 = 2560;
/** Windows that cover 256 bits, and the 130 of a half scalar. */
const FULL_WINDOWS: u32 = 52;
const HALF_WINDOWS: u32 = 26;

/** Bits of a digit of u, twice those of a window; tables of the generator, 2^130 times apart: 80 KiB. */
export const GENERATOR_WIDTH: u32 = 10;
export const GENERATOR_TABLES: u32 = 2;
export const GENERATOR_DISTANCE: u32 = 130;
const DIGITS: u32 = 13;
/** Below this many pairs the inverses cost more than they save: the points of a window are added one by one. */
const JOINED_MIN: u32 = 4;

const ADDEND: usize = memory.data(160, 16);

/** out = the lanes' entries for window `i` of their odd scalars. */
function windowPoint(out: usize, table: usize, oddA: usize, oddB: usize, i: u32, isTop: bool): void {
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

/** Rows of the key's points, without those of second halves. */
// @ts-ignore: decorator
@inline
function keyRows<C>(): u32 {
  return curve<C>().hasHalves() ? HALF_WINDOWS : DIGITS;
}

// @ts-ignore: decorator
@inline
function rowOfWindow(i: u32): u32 {
  return (i & 1) * DIGITS + (i >> 1);
}

/** The two halves of v, each in its row; x of the second one turned by the endomorphism. */
function halvesRows<C>(pair: u32, pairs: u32, table: usize, oddA: usize, oddB: usize): void {
  for (let i: u32 = 0; i < HALF_WINDOWS; i++) {
    const isTop = i === HALF_WINDOWS - 1;
    const second = rowPoint(HALF_WINDOWS + DIGITS + rowOfWindow(i), pair, pairs);
    windowPoint(rowPoint(rowOfWindow(i), pair, pairs), table, oddA, oddB, i, isTop);
    windowPoint(second, table, oddA + ODD_BYTES, oddB + ODD_BYTES, i, isTop);
    curve<C>().turn(second);
  }
}

/** The rows of one pair's key; `odd` the scalars as `prepareScalar` gives them. */
export function keyWindows<C>(pair: u32, pairs: u32, table: usize, oddA: usize, oddB: usize): void {
  if (curve<C>().hasHalves()) {
    halvesRows<C>(pair, pairs, table, oddA, oddB);
    return;
  }
  for (let i: u32 = 0; i < DIGITS; i++) windowPoint(rowPoint(i, pair, pairs), table, oddA, oddB, 2 * i, false);
}

/** The rows of one pair's multiples of the generator. */
export function generatorWindows<C>(pair: u32, pairs: u32, oddA: usize, oddB: usize): void {
  const near = generatorTables<C>();
  const far = near + (ENTRY_BYTES << (GENERATOR_WIDTH - 1));
  const firstRow = keyRows<C>();
  const secondRow = firstRow + DIGITS + (curve<C>().hasHalves() ? firstRow : 0);
  for (let i: u32 = 0; i < DIGITS; i++) {
    const isTop = i === DIGITS - 1;
    tablePoint(rowPoint(firstRow + i, pair, pairs), near, near, oddA, oddB, i, GENERATOR_WIDTH, false);
    tablePoint(rowPoint(secondRow + i, pair, pairs), far, far, oddA, oddB, DIGITS + i, GENERATOR_WIDTH, isTop);
  }
}

/** The rows of all pairs are filled; now each window's points become one, unless the pairs are few. */
export function joinWindows<C>(pairs: u32): void {
  if (pairs < JOINED_MIN) return;
  const rows = keyRows<C>();
  if (curve<C>().hasHalves()) addRows<C>(0, rows + DIGITS, rows + DIGITS, pairs);
  else addRows<C>(rows, rows + DIGITS, DIGITS, pairs);
  addRows<C>(0, rows, DIGITS, pairs);
}

function addRow<C>(sum: usize, row: u32, pair: u32, pairs: u32): void {
  mixedAdd<C>(sum, rowPoint(row, pair, pairs));
}

/** Adds what `joinWindows` would have joined to the first point of window `i`. */
function addOthers<C>(sum: usize, i: u32, pair: u32, pairs: u32): void {
  const rows = keyRows<C>();
  const seconds = rows + DIGITS;
  const hasHalves = curve<C>().hasHalves();
  if (hasHalves) addRow<C>(sum, seconds + rowOfWindow(i), pair, pairs);
  if (i >= HALF_WINDOWS || (i & 1) !== 0) return;
  addRow<C>(sum, rows + (i >> 1), pair, pairs);
  addRow<C>(sum, seconds + (hasHalves ? rows : 0) + (i >> 1), pair, pairs);
}

/** Where the first point of window `i` is; the whole one after `joinWindows`. */
// @ts-ignore: decorator
@inline
function pointOfWindow<C>(i: u32, pair: u32, pairs: u32, table: usize, oddA: usize, oddB: usize): usize {
  if (curve<C>().hasHalves() || (i < HALF_WINDOWS && (i & 1) === 0)) return rowPoint(rowOfWindow(i), pair, pairs);
  windowPoint(ADDEND, table, oddA, oddB, i, i === FULL_WINDOWS - 1);
  return ADDEND;
}

/** sum = u G + v Q in each lane, Jacobian, after `joinWindows`. */
export function windowSum<C>(sum: usize, pair: u32, pairs: u32, table: usize, oddA: usize, oddB: usize): void {
  let i = (curve<C>().hasHalves() ? HALF_WINDOWS : FULL_WINDOWS) - 1;
  memory.copy(sum, pointOfWindow<C>(i, pair, pairs, table, oddA, oddB), AFFINE_BYTES);
  startZ<C>(sum + Z, pair);
  if (pairs < JOINED_MIN) addOthers<C>(sum, i, pair, pairs);
  while (i > 0) {
    i--;
    for (let j: u32 = 0; j < WIDTH; j++) curve<C>().double(sum);
    mixedAdd<C>(sum, pointOfWindow<C>(i, pair, pairs, table, oddA, oddB));
    if (pairs < JOINED_MIN) addOthers<C>(sum, i, pair, pairs);
  }
}
