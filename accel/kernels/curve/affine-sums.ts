/**
 * Sums of affine pairs that are affine again, very many at once: one inverse for all of them (Montgomery's trick), then
 * 5 products and a square for each sum instead of the 8 and 3 of mixed-add.ts.
 *
 * The points lie in rows: row r holds one point for each pair of a chunk. What is added is always a run of rows to a
 * run of rows, so that a call has hundreds of sums to share its inverse.
 *
 * The formula (slope = (y2 - y1) / (x2 - x1)) does not hold for two points with the same x. Then the product of all
 * differences is zero; each lane with such a sum is marked, its difference is replaced by one, and `startZ` gives it
 * the Z = 0 that says the lane knows nothing (mixed-add.ts). What is computed in it after that is of no use and of no
 * harm.
 */
import { mulMinus, settle, sqrMinusBoth, tighten } from "../field/compound";
import { add, blend, copy, PAIR_BYTES, sub } from "../field/pair";
import { isZeroLane } from "./canonical";
import { AFFINE_BYTES, curve, JACOBIAN_BYTES, ONE, Y, Z } from "./curve";
import { invertPair } from "./invert";
import { mixedAdd } from "./mixed-add";

/** Pairs of a chunk at most. */
const PAIRS_MAX = 32;
/** Below this many sums a shared inverse costs more than it saves. */
const WORTHWHILE: u32 = 64;
const ROWS: usize = memory.data(78 * 32 * 160, 16);
/** Sums of one call are at most this: 39 rows. */
const PREFIXES: usize = memory.data(39 * 32 * 80, 16);
/** For each pair: bit 0 when lane A is marked, bit 1 for lane B. */
const MARKS: usize = memory.data(4 * 32, 16);

const ZERO: usize = memory.data(80, 16);
const T: usize = memory.data(400, 16);
const DIFFERENCE = T;
const INVERSE = T + PAIR_BYTES;
const INVERSE_OF_ONE = T + 2 * PAIR_BYTES;
const SLOPE = T + 3 * PAIR_BYTES;
const STEP = T + 4 * PAIR_BYTES;

/** No lane is marked. */
export function clearMarks(): void {
  memory.fill(MARKS, 0, 4 * PAIRS_MAX);
}

/** The point of one of `pairs` pairs in a row. */
// @ts-ignore: decorator
@inline
export function rowPoint(row: u32, pair: u32, pairs: u32): usize {
  return ROWS + (row * pairs + pair) * AFFINE_BYTES;
}

/** The lane of `out` becomes that of `a`. */
function replaceLane(out: usize, a: usize, lane: u32): void {
  if (lane === 0) blend(out, a, out);
  else blend(out, out, a);
}

/** z = 1, and 0 in the marked lanes of the pair. */
export function startZ<C>(z: usize, pair: u32): void {
  const marks = load<u32>(MARKS + 4 * pair);
  copy(z, curve<C>().constants() + ONE);
  for (let lane: u32 = 0; lane < 2; lane++) {
    if (((marks >> lane) & 1) !== 0) replaceLane(z, ZERO, lane);
  }
}

/** x of the lane of `q` becomes that of `p` and one. */
function setApart<C>(q: usize, p: usize, lane: u32): void {
  add(STEP, p, curve<C>().constants() + ONE);
  replaceLane(q, STEP, lane);
}

/** Marks the lanes of the sums that have no slope, and sets their points apart. */
function markExceptions<C>(sums: usize, addends: usize, count: u32, pairs: u32): void {
  for (let k: u32 = 0; k < count; k++) {
    const p = sums + k * AFFINE_BYTES;
    const q = addends + k * AFFINE_BYTES;
    const marks = MARKS + 4 * (k % pairs);
    sub(DIFFERENCE, q, p);
    for (let lane: u32 = 0; lane < 2; lane++) {
      if (!isZeroLane<C>(DIFFERENCE, lane)) continue;
      store<u32>(marks, load<u32>(marks) | (1 << lane));
      setApart<C>(q, p, lane);
    }
  }
}

/** PREFIXES are the products of the first differences; returns the place of the whole one. */
function multiplyDifferences<C>(sums: usize, addends: usize, count: u32): usize {
  const c = curve<C>();
  sub(PREFIXES, addends, sums);
  tighten<C>(PREFIXES);
  for (let k: u32 = 1; k < count; k++) {
    const prefix = PREFIXES + k * PAIR_BYTES;
    sub(DIFFERENCE, addends + k * AFFINE_BYTES, sums + k * AFFINE_BYTES);
    c.mul(prefix, prefix - PAIR_BYTES, DIFFERENCE);
  }
  return PREFIXES + (count - 1) * PAIR_BYTES;
}

/** p = p + q, given 1 / (x(q) - x(p)). */
// @ts-ignore: decorator
@inline
function addByInverse<C>(p: usize, q: usize, inverse: usize): void {
  const c = curve<C>();
  sub(SLOPE, q + Y, p + Y);
  c.mul(SLOPE, SLOPE, inverse);
  sqrMinusBoth<C>(p, SLOPE, p, q);
  sub(STEP, q, p);
  mulMinus<C>(p + Y, SLOPE, STEP, q + Y);
  settle<C>(p + Y);
}

/**
 * The points of `rows` rows from `to` on become the sums of themselves and those of the rows from `from` on; the rows
 * do not overlap and are 39 at most. Points are affine and normalized, and not infinity.
 */
export function addRows<C>(to: u32, from: u32, rows: u32, pairs: u32): void {
  const c = curve<C>();
  const sums = rowPoint(to, 0, pairs);
  const addends = rowPoint(from, 0, pairs);
  const count = rows * pairs;
  let whole = multiplyDifferences<C>(sums, addends, count);
  if (isZeroLane<C>(whole, 0) || isZeroLane<C>(whole, 1)) {
    markExceptions<C>(sums, addends, count, pairs);
    whole = multiplyDifferences<C>(sums, addends, count);
  }
  invertPair<C>(INVERSE, whole);
  for (let k = count - 1; k > 0; k--) {
    const p = sums + k * AFFINE_BYTES;
    const q = addends + k * AFFINE_BYTES;
    c.mul(INVERSE_OF_ONE, INVERSE, PREFIXES + (k - 1) * PAIR_BYTES);
    sub(DIFFERENCE, q, p);
    c.mul(INVERSE, INVERSE, DIFFERENCE);
    addByInverse<C>(p, q, INVERSE_OF_ONE);
  }
  addByInverse<C>(sums, addends, INVERSE);
}

/** The Jacobian pairs at `sums` are the sums of the `rows` (at most 78) first rows, one for each pair. */
export function sumRows<C>(sums: usize, rows: u32, pairs: u32): void {
  let left = rows;
  for (let half = left >> 1; half * pairs >= WORTHWHILE; half = left >> 1) {
    addRows<C>(0, left - half, half, pairs);
    left -= half;
  }
  for (let j: u32 = 0; j < pairs; j++) {
    const sum = sums + j * JACOBIAN_BYTES;
    memory.copy(sum, rowPoint(0, j, pairs), AFFINE_BYTES);
    startZ<C>(sum + Z, j);
    for (let row: u32 = 1; row < left; row++) mixedAdd<C>(sum, rowPoint(row, j, pairs));
  }
}
