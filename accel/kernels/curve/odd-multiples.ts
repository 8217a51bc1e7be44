/**
 * Tables of odd multiples P, 3 P, 5 P, ... of affine pairs, in affine coordinates.
 *
 * 2 P is doubled from P so that both have the same Z, and is then added again and again by additions of points with one
 * Z (co-Z addition, Meloni 2007; DBLU and ZADDU of Goundar, Joye, Miyaji, Rivain, Venelli 2011): each gives the sum and
 * 2 P with the new Z, which is the old one times a difference d. So one inverse, of the last Z, gives all of them, back
 * through the d. An addition would only fail for (2 i + 1) P = ±2 P, which no point of large order does.
 */
import { eightSqr, fourMul, mulMinus, settle, sqrMinusBoth, threeSqr, tighten } from "../field/compound";
import { add, copy, PAIR_BYTES, sub } from "../field/pair";
import { AFFINE_BYTES, curve, PAIR_A, Y } from "./curve";
import { invertPairs } from "./invert";

/** One for each entry of the tables of one call, of which there are at most 1024. */
const DIFFERENCES: usize = memory.data(1024 * 80, 16);
const LAST_Z: usize = memory.data(64 * 80, 16);
const T: usize = memory.data(640, 16);
/** The double of the point, in the coordinates of the newest entry. */
const DX = T;
const DY = T + PAIR_BYTES;
const T0 = T + 2 * PAIR_BYTES;
const T1 = T + 3 * PAIR_BYTES;
const T2 = T + 4 * PAIR_BYTES;
const T3 = T + 5 * PAIR_BYTES;

/** Leaves 2 P at DX, DY, P with the same Z at (px, py), and that Z. */
function doubleWithUpdate<C>(px: usize, py: usize, z: usize, point: usize): void {
  const c = curve<C>();
  add(T0, point + Y, point + Y);
  c.normalize(z, T0);
  threeSqr<C>(T0, point);
  add(T0, T0, c.constants() + PAIR_A); // M
  tighten<C>(T0);
  c.sqr(T1, point + Y);
  fourMul<C>(T2, point, T1); // S
  eightSqr<C>(T1, T1); // 8 L
  sqrMinusBoth<C>(DX, T0, T2, T2);
  sub(T3, T2, DX);
  mulMinus<C>(DY, T0, T3, T1);
  settle<C>(DY);
  c.normalize(px, T2);
  c.normalize(py, T1);
}

/** out = D + (px, py) and D in the same coordinates; the factor of Z goes to `difference`. */
function addWithUpdate<C>(out: usize, px: usize, py: usize, difference: usize): void {
  const c = curve<C>();
  sub(difference, DX, px);
  tighten<C>(difference);
  c.sqr(T0, difference);
  c.mul(T1, px, T0); // W2
  c.mul(DX, DX, T0); // W1
  sub(T2, DY, py);
  tighten<C>(T2);
  sqrMinusBoth<C>(out, T2, DX, T1);
  sub(T0, DX, T1);
  c.mul(DY, DY, T0); // A1
  sub(T3, DX, out);
  mulMinus<C>(out + Y, T2, T3, DY);
  settle<C>(out + Y);
}

function projectiveMultiples<C>(point: usize, table: usize, entries: i32, differences: usize, z: usize): void {
  const c = curve<C>();
  doubleWithUpdate<C>(table, table + Y, z, point);
  for (let i = 1; i < entries; i++) {
    const entry = table + i * AFFINE_BYTES;
    const difference = differences + i * PAIR_BYTES;
    addWithUpdate<C>(entry, entry - AFFINE_BYTES, entry - AFFINE_BYTES + Y, difference);
    c.mul(z, z, difference);
  }
  copy(table, point);
  copy(table + Y, point + Y);
}

function makeAffine<C>(table: usize, entries: i32, differences: usize, inverse: usize): void {
  const c = curve<C>();
  for (let i = entries - 1; i > 0; i--) {
    const entry = table + i * AFFINE_BYTES;
    c.sqr(T0, inverse);
    c.mul(entry, entry, T0);
    c.mul(T0, T0, inverse);
    c.mul(entry + Y, entry + Y, T0);
    c.mul(inverse, inverse, differences + i * PAIR_BYTES);
  }
}

/**
 * Writes `entries` (at least 2) odd multiples of each of `count` (1 to 64) affine pairs, one table behind the other.
 * The points are on the curve and not infinity; count * entries <= 1024.
 */
export function oddMultiples<C>(points: usize, tables: usize, entries: i32, count: i32): void {
  const tableBytes = entries * AFFINE_BYTES;
  const stepBytes = entries * PAIR_BYTES;
  for (let i = 0; i < count; i++) {
    const z = LAST_Z + i * PAIR_BYTES;
    const differences = DIFFERENCES + i * stepBytes;
    projectiveMultiples<C>(points + i * AFFINE_BYTES, tables + i * tableBytes, entries, differences, z);
  }
  invertPairs<C>(LAST_Z, PAIR_BYTES, count);
  for (let i = 0; i < count; i++) {
    makeAffine<C>(tables + i * tableBytes, entries, DIFFERENCES + i * stepBytes, LAST_Z + i * PAIR_BYTES);
  }
}
