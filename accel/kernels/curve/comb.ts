/**
 * Multiples of a fixed point without doublings: a table of odd multiples of 2^(w i) P for each window i.
 *
 * Tables are shared by both lanes: an entry is x and y as single lanes, 80 bytes.
 */
import { copy, join, LANE_BYTES, laneMask, negateBy, PAIR_BYTES, splitLane } from "../field/pair";
import { rowPoint } from "./affine-sums";
import { AFFINE_BYTES, JACOBIAN_BYTES, curve, ONE, Y, Z } from "./curve";
import { invertPairs } from "./invert";
import { oddMultiples } from "./odd-multiples";
import { digitEntry, digitSign, SIGN, windowOf } from "./window";

/**
 * Bits of a window of a generator's comb, which goes with the combs of keys: 32 windows of 128 points, 320 KiB, made at
 * the first use. Keys without a table use smaller tables of the generator (window-sum.ts).
 */
export const COMB_WIDTH: u32 = 8;
export const ENTRY_BYTES: u32 = 2 * LANE_BYTES;
/** One for each window of a comb, of which there are at most 64. */
const BASES: usize = memory.data(64 * 240, 16);
const PAIR_POINT: usize = memory.data(160, 16);
const PAIR_TABLE: usize = memory.data(1024 * 160, 16);
const T: usize = memory.data(160, 16);

/** Windows of a comb of `width` bits: their bits cover any odd scalar. */
// @ts-ignore: decorator
@inline
export function combWindows(width: u32): u32 {
  return (256 + width - 1) / width;
}

/** BASES: `count` points P, 2^distance P, 2^(2 distance) P, ..., Jacobian, then affine. */
function makeBases<C>(point: usize, count: u32, distance: u32): void {
  const c = curve<C>();
  copy(BASES, point);
  copy(BASES + Y, point + Y);
  copy(BASES + Z, c.constants() + ONE);
  for (let i: u32 = 1; i < count; i++) {
    const base = BASES + i * JACOBIAN_BYTES;
    memory.copy(base, base - JACOBIAN_BYTES, JACOBIAN_BYTES);
    for (let j: u32 = 0; j < distance; j++) c.double(base);
  }
  invertPairs<C>(BASES + Z, JACOBIAN_BYTES, count);
  for (let i: u32 = 0; i < count; i++) {
    const base = BASES + i * JACOBIAN_BYTES;
    c.sqr(T, base + Z);
    c.mul(base, base, T);
    c.mul(T, T, base + Z);
    c.mul(base + Y, base + Y, T);
  }
}

/** The comb of lane A of an affine pair whose lanes are equal, `width` from 2 to 11, at `table`. */
export function makeComb<C>(table: usize, point: usize, width: u32): void {
  makeTables<C>(table, point, width, combWindows(width), width);
}

/** Tables of the 2^(width - 1) odd multiples of each base, one behind the other; `width` from 2 to 11. */
export function makeTables<C>(table: usize, point: usize, width: u32, bases: u32, distance: u32): void {
  makeBases<C>(point, bases, distance);
  const entries = 1 << (width - 1);
  for (let i: u32 = 0; i < bases; i += 2) {
    const other = min(i + 1, bases - 1);
    pairOf(PAIR_POINT, BASES + i * JACOBIAN_BYTES, BASES + other * JACOBIAN_BYTES);
    oddMultiples<C>(PAIR_POINT, PAIR_TABLE, entries, 1);
    storeLane<C>(table + i * entries * ENTRY_BYTES, entries, 0);
    storeLane<C>(table + other * entries * ENTRY_BYTES, entries, 1);
  }
}

/** Lane A of the points `a` and `b` as lanes A and B. */
function pairOf(out: usize, a: usize, b: usize): void {
  for (let i: usize = 0; i < AFFINE_BYTES; i += PAIR_BYTES) {
    splitLane(T, a + i, 0);
    splitLane(T + LANE_BYTES, b + i, 0);
    join(out + i, T, T + LANE_BYTES);
  }
}

function storeLane<C>(table: usize, entries: i32, lane: u32): void {
  for (let i = 0; i < entries; i++) {
    splitLane(table + i * ENTRY_BYTES, PAIR_TABLE + i * AFFINE_BYTES, lane);
    splitLane(table + i * ENTRY_BYTES + LANE_BYTES, PAIR_TABLE + i * AFFINE_BYTES + Y, lane);
  }
}

/** The point of window `i` of both lanes, from a table of its odd multiples for each. */
export function tablePoint(
  out: usize,
  tableA: usize,
  tableB: usize,
  oddA: usize,
  oddB: usize,
  i: u32,
  width: u32,
  isTop: bool,
): void {
  const windowA = windowOf(oddA, i, width, isTop);
  const windowB = windowOf(oddB, i, width, isTop);
  const signA = digitSign(windowA, width);
  const signB = digitSign(windowB, width);
  const entryA = tableA + digitEntry(windowA, signA, width) * ENTRY_BYTES;
  const entryB = tableB + digitEntry(windowB, signB, width) * ENTRY_BYTES;
  join(out, entryA, entryB);
  join(out + Y, entryA + LANE_BYTES, entryB + LANE_BYTES);
  const mask = laneMask(signA ^ load<i32>(oddA, SIGN), signB ^ load<i32>(oddB, SIGN));
  negateBy(out + Y, out + Y, mask);
}

/** The points whose sum is k P in each lane are in the rows from `row` on, by the lane's comb and odd scalar. */
export function combRows(
  row: u32,
  pair: u32,
  pairs: u32,
  tableA: usize,
  tableB: usize,
  oddA: usize,
  oddB: usize,
  width: u32,
): void {
  const windows = combWindows(width);
  const bytes = ENTRY_BYTES << (width - 1);
  for (let i: u32 = 0; i < windows; i++) {
    const out = rowPoint(row + i, pair, pairs);
    tablePoint(out, tableA + i * bytes, tableB + i * bytes, oddA, oddB, i, width, i === windows - 1);
  }
}
