/**
 * The 19 columns of a product of two pairs, before any reduction.
 *
 * With a = a0(z) + 2^26 a1(z), z = 2^52 (even limbs, odd limbs), Karatsuba's identity gives
 *
 *   a b = a0 b0 + 2^26 ((a0 + a1)(b0 + b1) - a0 b0 - a1 b1) + 2^52 a1 b1
 *
 * in 75 products of limbs instead of 100. Each of the three parts is a convolution of five limbs by five. The sums and
 * differences wrap modulo 2^64, which is harmless: the columns themselves are below 10 * 2^58 < 2^62 in magnitude.
 * Squares take 45 products, with doubled limbs for the mixed terms.
 *
 * Column c of lanes A and B (two signed 64-bit numbers) is left at `COLUMNS + 16 c`, weight 2^(26 c); the reduction of
 * each prime reads it there. Going through memory keeps the registers free and costs nothing that was measurable.
 */

import { curve } from "../curve/curve";

// @ts-ignore: decorator
@inline
function swapped(a: v128): v128 {
  return v128.shuffle<i64>(a, a, 1, 0);
}

// @ts-ignore: decorator
@inline
function low(a: v128, b: v128): v128 {
  return i64x2.extmul_low_i32x4_s(a, b);
}

// @ts-ignore: decorator
@inline
function high(a: v128, b: v128): v128 {
  return i64x2.extmul_high_i32x4_s(a, b);
}

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** The column of odd times even limbs, from the three parts. */
// @ts-ignore: decorator
@inline
function mixedColumn(mixed: v128, even: v128, odd: v128): v128 {
  return i64x2.sub(i64x2.sub(mixed, even), odd);
}

/** The columns of a * b. */
// @ts-ignore: decorator
@inline
export function multiply<C>(out: usize, a: usize, b: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const b0 = v128.load(b);
  const b1 = v128.load(b, 16);
  const b2 = v128.load(b, 32);
  const b3 = v128.load(b, 48);
  const b4 = v128.load(b, 64);
  const s0 = i32x4.add(a0, swapped(a0));
  const s1 = i32x4.add(a1, swapped(a1));
  const s2 = i32x4.add(a2, swapped(a2));
  const s3 = i32x4.add(a3, swapped(a3));
  const s4 = i32x4.add(a4, swapped(a4));
  const t0 = i32x4.add(b0, swapped(b0));
  const t1 = i32x4.add(b1, swapped(b1));
  const t2 = i32x4.add(b2, swapped(b2));
  const t3 = i32x4.add(b3, swapped(b3));
  const t4 = i32x4.add(b4, swapped(b4));
  const even0 = low(a0, b0);
  const odd0 = high(a0, b0);
  const mixed0 = low(s0, t0);
  const c0 = even0;
  const c1 = mixedColumn(mixed0, even0, odd0);
  const even1 = sum(low(a0, b1), low(a1, b0));
  const odd1 = sum(high(a0, b1), high(a1, b0));
  const mixed1 = sum(low(s0, t1), low(s1, t0));
  const c2 = sum(even1, odd0);
  const c3 = mixedColumn(mixed1, even1, odd1);
  const even2 = sum(sum(low(a0, b2), low(a1, b1)), low(a2, b0));
  const odd2 = sum(sum(high(a0, b2), high(a1, b1)), high(a2, b0));
  const mixed2 = sum(sum(low(s0, t2), low(s1, t1)), low(s2, t0));
  const c4 = sum(even2, odd1);
  const c5 = mixedColumn(mixed2, even2, odd2);
  const even3 = sum(sum(sum(low(a0, b3), low(a1, b2)), low(a2, b1)), low(a3, b0));
  const odd3 = sum(sum(sum(high(a0, b3), high(a1, b2)), high(a2, b1)), high(a3, b0));
  const mixed3 = sum(sum(sum(low(s0, t3), low(s1, t2)), low(s2, t1)), low(s3, t0));
  const c6 = sum(even3, odd2);
  const c7 = mixedColumn(mixed3, even3, odd3);
  const even4 = sum(sum(sum(sum(low(a0, b4), low(a1, b3)), low(a2, b2)), low(a3, b1)), low(a4, b0));
  const odd4 = sum(sum(sum(sum(high(a0, b4), high(a1, b3)), high(a2, b2)), high(a3, b1)), high(a4, b0));
  const mixed4 = sum(sum(sum(sum(low(s0, t4), low(s1, t3)), low(s2, t2)), low(s3, t1)), low(s4, t0));
  const c8 = sum(even4, odd3);
  const c9 = mixedColumn(mixed4, even4, odd4);
  const even5 = sum(sum(sum(low(a1, b4), low(a2, b3)), low(a3, b2)), low(a4, b1));
  const odd5 = sum(sum(sum(high(a1, b4), high(a2, b3)), high(a3, b2)), high(a4, b1));
  const mixed5 = sum(sum(sum(low(s1, t4), low(s2, t3)), low(s3, t2)), low(s4, t1));
  const c10 = sum(even5, odd4);
  const c11 = mixedColumn(mixed5, even5, odd5);
  const even6 = sum(sum(low(a2, b4), low(a3, b3)), low(a4, b2));
  const odd6 = sum(sum(high(a2, b4), high(a3, b3)), high(a4, b2));
  const mixed6 = sum(sum(low(s2, t4), low(s3, t3)), low(s4, t2));
  const c12 = sum(even6, odd5);
  const c13 = mixedColumn(mixed6, even6, odd6);
  const even7 = sum(low(a3, b4), low(a4, b3));
  const odd7 = sum(high(a3, b4), high(a4, b3));
  const mixed7 = sum(low(s3, t4), low(s4, t3));
  const c14 = sum(even7, odd6);
  const c15 = mixedColumn(mixed7, even7, odd7);
  const even8 = low(a4, b4);
  const odd8 = high(a4, b4);
  const mixed8 = low(s4, t4);
  const c16 = sum(even8, odd7);
  const c17 = mixedColumn(mixed8, even8, odd8);
  curve<C>().reduce(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, odd8);
}

/** The columns of a * a. */
// @ts-ignore: decorator
@inline
export function square<C>(out: usize, a: usize): void {
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const s0 = i32x4.add(a0, swapped(a0));
  const s1 = i32x4.add(a1, swapped(a1));
  const s2 = i32x4.add(a2, swapped(a2));
  const s3 = i32x4.add(a3, swapped(a3));
  const s4 = i32x4.add(a4, swapped(a4));
  const d0 = i32x4.add(a0, a0);
  const d1 = i32x4.add(a1, a1);
  const d2 = i32x4.add(a2, a2);
  const d3 = i32x4.add(a3, a3);
  const t0 = i32x4.add(s0, s0);
  const t1 = i32x4.add(s1, s1);
  const t2 = i32x4.add(s2, s2);
  const t3 = i32x4.add(s3, s3);
  const even0 = low(a0, a0);
  const odd0 = high(a0, a0);
  const mixed0 = low(s0, s0);
  const c0 = even0;
  const c1 = mixedColumn(mixed0, even0, odd0);
  const even1 = low(d0, a1);
  const odd1 = high(d0, a1);
  const mixed1 = low(t0, s1);
  const c2 = sum(even1, odd0);
  const c3 = mixedColumn(mixed1, even1, odd1);
  const even2 = sum(low(d0, a2), low(a1, a1));
  const odd2 = sum(high(d0, a2), high(a1, a1));
  const mixed2 = sum(low(t0, s2), low(s1, s1));
  const c4 = sum(even2, odd1);
  const c5 = mixedColumn(mixed2, even2, odd2);
  const even3 = sum(low(d0, a3), low(d1, a2));
  const odd3 = sum(high(d0, a3), high(d1, a2));
  const mixed3 = sum(low(t0, s3), low(t1, s2));
  const c6 = sum(even3, odd2);
  const c7 = mixedColumn(mixed3, even3, odd3);
  const even4 = sum(sum(low(d0, a4), low(d1, a3)), low(a2, a2));
  const odd4 = sum(sum(high(d0, a4), high(d1, a3)), high(a2, a2));
  const mixed4 = sum(sum(low(t0, s4), low(t1, s3)), low(s2, s2));
  const c8 = sum(even4, odd3);
  const c9 = mixedColumn(mixed4, even4, odd4);
  const even5 = sum(low(d1, a4), low(d2, a3));
  const odd5 = sum(high(d1, a4), high(d2, a3));
  const mixed5 = sum(low(t1, s4), low(t2, s3));
  const c10 = sum(even5, odd4);
  const c11 = mixedColumn(mixed5, even5, odd5);
  const even6 = sum(low(d2, a4), low(a3, a3));
  const odd6 = sum(high(d2, a4), high(a3, a3));
  const mixed6 = sum(low(t2, s4), low(s3, s3));
  const c12 = sum(even6, odd5);
  const c13 = mixedColumn(mixed6, even6, odd6);
  const even7 = low(d3, a4);
  const odd7 = high(d3, a4);
  const mixed7 = low(t3, s4);
  const c14 = sum(even7, odd6);
  const c15 = mixedColumn(mixed7, even7, odd7);
  const even8 = low(a4, a4);
  const odd8 = high(a4, a4);
  const mixed8 = low(s4, s4);
  const c16 = sum(even8, odd7);
  const c17 = mixedColumn(mixed8, even8, odd8);
  curve<C>().reduce(out, c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, c17, odd8);
}
