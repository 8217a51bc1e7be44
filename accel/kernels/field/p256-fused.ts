/**
 * Montgomery reduction modulo the prime of P-256 in columns of doubles' limbs (columns-fused.ts).
 *
 * p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (FIPS 186-4, D.1.2.3) is -1 modulo 2^52, so each of five steps adds m p for the
 * low limb m itself: -m takes the limb away, the other terms are shifts of m, cut at the limbs' borders. An element x
 * is kept as x R, R = 2^260. What is then above bit 256, t, rounded, is folded by 2^256 = 2^224 - 2^192 - 2^96 + 1
 * before the last run of carries. So a result is within 2^228 of [-2^255, 2^255], and its limbs are tight.
 */
import { biased, carryInto, carryOf, column, doubleOf, limbOf, mask, roundedTop, roundInto } from "./columns-fused";

/** What m adds four limbs above its own, by 2^192 - 2^224 + 2^256. */
// @ts-ignore: decorator
@inline
function fourAbove(m: v128): v128 {
  return i64x2.add(i64x2.sub(i64x2.shr_u(m, 16), mask(i64x2.shl(m, 16))), mask(i64x2.shl(m, 48)));
}

/** What m adds five limbs above its own, by 2^256 - 2^224. */
// @ts-ignore: decorator
@inline
function fiveAbove(m: v128): v128 {
  return i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36));
}

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** out = columns / 2^260 modulo p; the columns are below 2^59 in size. */
// @ts-ignore: decorator
@inline
export function reduceP256(out: usize): void {
  const x0 = biased(column(0));
  const m0 = mask(x0);
  const x1 = carryInto(sum(column(1), mask(i64x2.shl(m0, 44))), x0);
  const m1 = mask(x1);
  const x2 = carryInto(sum(sum(column(2), i64x2.shr_u(m0, 8)), mask(i64x2.shl(m1, 44))), x1);
  const m2 = mask(x2);
  const c3 = sum(sum(column(3), i64x2.shr_u(m1, 8)), mask(i64x2.shl(m0, 36)));
  const x3 = carryInto(sum(c3, mask(i64x2.shl(m2, 44))), x2);
  const m3 = mask(x3);
  const c4 = sum(sum(sum(column(4), fourAbove(m0)), i64x2.shr_u(m2, 8)), mask(i64x2.shl(m1, 36)));
  const x4 = carryInto(sum(c4, mask(i64x2.shl(m3, 44))), x3);
  const m4 = mask(x4);
  const c5 = sum(sum(sum(column(5), fourAbove(m1)), fiveAbove(m0)), sum(i64x2.shr_u(m3, 8), mask(i64x2.shl(m2, 36))));
  const c6 = sum(sum(sum(column(6), fourAbove(m2)), fiveAbove(m1)), sum(i64x2.shr_u(m4, 8), mask(i64x2.shl(m3, 36))));
  const c7 = sum(sum(sum(column(7), fourAbove(m3)), fiveAbove(m2)), mask(i64x2.shl(m4, 36)));
  const c8 = sum(sum(column(8), fourAbove(m4)), fiveAbove(m3));
  const c9 = sum(column(9), fiveAbove(m4));
  const t = roundedTop(c9);
  const y5 = roundInto(sum(sum(c5, t), mask(i64x2.shl(m4, 44))), x4);
  const y6 = roundInto(i64x2.sub(c6, i64x2.shl(t, 44)), y5);
  const y7 = roundInto(c7, y6);
  const y8 = roundInto(i64x2.sub(c8, i64x2.shl(t, 36)), y7);
  const top = i64x2.sub(sum(c9, i64x2.shl(t, 16)), i64x2.shl(t, 48));
  v128.store(out, limbOf(y5));
  v128.store(out, limbOf(y6), 16);
  v128.store(out, limbOf(y7), 32);
  v128.store(out, limbOf(y8), 48);
  v128.store(out, doubleOf(sum(top, carryOf(y8))), 64);
}
