/**
 * Multiples of a fixed point without doublings: a table of odd multiples of 2^(w i) P for each window i.
 *
 * Tables are shared by both lanes: an entry is x and y as single lanes, 80 bytes.
 */
import { copy, join, LANE_BYTES, laneMask, negateBy, PAIR_BYTES, splitLane } from "../field/pair";
import { AFFINE_BYTES, JACOBIAN_BYTES, curve, ONE, Y, Z } from "./curve";
import { invertPairs } from "./invert";
import { mixedAdd } from "./mixed-add";
import { oddMultiples } from "./odd-multiples";
import { digitEntry, digitSign, SIGN, windowOf } from "./window";

/**
 * Bits of a window of a generator: 32 windows of 128 points, 320 KiB, made at the first use. Ten bits (1 MiB) take six
 * additions less and gained nothing with cold keys, 5 % with tables (Node 20).
 */
export const COMB_WIDTH: u32 = 8;
export const ENTRY_BYTES: u32 = 2 * LANE_BYTES;
/** Windows of a comb are at most this. */
const WINDOWS_MAX = 64;

const BASES: usize = memory.data(64 * 240, 16);
const INVERSES: usize = memory.data(64 * 80, 16);
const PAIR_POINT: usize = memory.data(160, 16);
const PAIR_TABLE: usize = memory.data(1024 * 160, 16);
const T: usize = memory.data(160, 16);
const ADDEND: usize = memory.data(160, 16);

/** Windows of a comb of `width` bits: their bits cover any odd scalar. */
// @ts-ignore: decorator
@inline
export function combWindows(width: u32): u32 {
  return (256 + width - 1) / width;
}

export function combBytes(width: u32): u32 {
  return combWindows(width) * (1 << (width - 1)) * ENTRY_BYTES;
}

/** BASES: 2^(w i) P, Jacobian, then affine. */
function makeBases<C>(point: usize, width: u32): void {
  const c = curve<C>();
  const windows = combWindows(width);
  copy(BASES, point);
  copy(BASES + Y, point + Y);
  copy(BASES + Z, c.constants() + ONE);
  for (let i: u32 = 1; i < windows; i++) {
    const base = BASES + i * JACOBIAN_BYTES;
    memory.copy(base, base - JACOBIAN_BYTES, JACOBIAN_BYTES);
    for (let j: u32 = 0; j < width; j++) c.double(base);
  }
  invertPairs<C>(BASES + Z, JACOBIAN_BYTES, windows);
  for (let i: u32 = 0; i < windows; i++) {
    const base = BASES + i * JACOBIAN_BYTES;
    c.sqr(T, base + Z);
    c.mul(base, base, T);
    c.mul(T, T, base + Z);
    c.mul(base + Y, base + Y, T);
  }
}

/** The comb of lane A of an affine pair whose lanes are equal, `width` from 2 to 11, at `table`. */
export function makeComb<C>(table: usize, point: usize, width: u32): void {
  makeBases<C>(point, width);
  const windows = combWindows(width);
  const entries = 1 << (width - 1);
  for (let i: u32 = 0; i < windows; i += 2) {
    const other = min(i + 1, windows - 1);
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

/** The point of window `i` of both lanes, from the comb of each. */
// @ts-ignore: decorator
@inline
function combPoint(out: usize, tableA: usize, tableB: usize, oddA: usize, oddB: usize, i: u32, width: u32): void {
  const isTop = i === combWindows(width) - 1;
  const windowA = windowOf(oddA, i, width, isTop);
  const windowB = windowOf(oddB, i, width, isTop);
  const signA = digitSign(windowA, width);
  const signB = digitSign(windowB, width);
  const start = i << (width - 1);
  const entryA = tableA + (start + digitEntry(windowA, signA, width)) * ENTRY_BYTES;
  const entryB = tableB + (start + digitEntry(windowB, signB, width)) * ENTRY_BYTES;
  join(out, entryA, entryB);
  join(out + Y, entryA + LANE_BYTES, entryB + LANE_BYTES);
  const mask = laneMask(signA ^ load<i32>(oddA, SIGN), signB ^ load<i32>(oddB, SIGN));
  negateBy(out + Y, out + Y, mask);
}

/** sum += k P in each lane, by the lane's comb and odd scalar. */
export function addComb<C>(sum: usize, tableA: usize, tableB: usize, oddA: usize, oddB: usize, width: u32): void {
  const windows = combWindows(width);
  for (let i: u32 = 0; i < windows; i++) {
    combPoint(ADDEND, tableA, tableB, oddA, oddB, i, width);
    mixedAdd<C>(sum, ADDEND);
  }
}

/** sum = k P in each lane. */
export function startComb<C>(sum: usize, tableA: usize, tableB: usize, oddA: usize, oddB: usize, width: u32): void {
  const windows = combWindows(width);
  combPoint(sum, tableA, tableB, oddA, oddB, 0, width);
  copy(sum + Z, curve<C>().constants() + ONE);
  for (let i: u32 = 1; i < windows; i++) {
    combPoint(ADDEND, tableA, tableB, oddA, oddB, i, width);
    mixedAdd<C>(sum, ADDEND);
  }
}
