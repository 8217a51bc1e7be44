/**
 * Montgomery reduction modulo the prime of SM2 in columns of doubles' limbs (columns-fused.ts).
 *
 * p = 2^256 - 2^224 - 2^96 + 2^64 - 1 (GB/T 32918.5) is -1 modulo 2^52; all else is as in p256-fused.ts, and 2^256 =
 * 2^224 + 2^96 - 2^64 + 1.
 */
import { biased, carryInto, carryOf, column, doubleOf, limbOf, mask, roundedTop, roundInto } from "./columns-fused";

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** What m adds to the next limb, by 2^64 - 2^96. */
// @ts-ignore: decorator
@inline
function oneAbove(m: v128): v128 {
  return i64x2.sub(mask(i64x2.shl(m, 12)), mask(i64x2.shl(m, 44)));
}

/** What m adds two limbs above its own, by the same. */
// @ts-ignore: decorator
@inline
function twoAbove(m: v128): v128 {
  return i64x2.sub(i64x2.shr_u(m, 40), i64x2.shr_u(m, 8));
}

/** What m adds four limbs above its own, by 2^256 - 2^224. */
// @ts-ignore: decorator
@inline
function fourAbove(m: v128): v128 {
  return i64x2.sub(mask(i64x2.shl(m, 48)), mask(i64x2.shl(m, 16)));
}

/** What m adds five limbs above its own, by the same. */
// @ts-ignore: decorator
@inline
function fiveAbove(m: v128): v128 {
  return i64x2.sub(i64x2.shr_u(m, 4), i64x2.shr_u(m, 36));
}

/** out = columns / 2^260 modulo p; the columns are below 2^59 in size. */
// @ts-ignore: decorator
@inline
export function reduceSm2(out: usize): void {
  const x0 = biased(column(0));
  const m0 = mask(x0);
  const x1 = carryInto(sum(column(1), oneAbove(m0)), x0);
  const m1 = mask(x1);
  const x2 = carryInto(sum(sum(column(2), twoAbove(m0)), oneAbove(m1)), x1);
  const m2 = mask(x2);
  const x3 = carryInto(sum(sum(column(3), twoAbove(m1)), oneAbove(m2)), x2);
  const m3 = mask(x3);
  const x4 = carryInto(sum(sum(sum(column(4), fourAbove(m0)), twoAbove(m2)), oneAbove(m3)), x3);
  const m4 = mask(x4);
  const c5 = sum(sum(sum(column(5), fourAbove(m1)), fiveAbove(m0)), twoAbove(m3));
  const c6 = sum(sum(sum(column(6), fourAbove(m2)), fiveAbove(m1)), twoAbove(m4));
  const c7 = sum(sum(column(7), fourAbove(m3)), fiveAbove(m2));
  const c8 = sum(sum(column(8), fourAbove(m4)), fiveAbove(m3));
  const c9 = sum(column(9), fiveAbove(m4));
  const t = roundedTop(c9);
  const y5 = roundInto(sum(sum(c5, t), oneAbove(m4)), x4);
  const y6 = roundInto(sum(c6, i64x2.sub(i64x2.shl(t, 44), i64x2.shl(t, 12))), y5);
  const y7 = roundInto(c7, y6);
  const y8 = roundInto(c8, y7);
  const top = i64x2.sub(sum(c9, i64x2.shl(t, 16)), i64x2.shl(t, 48));
  v128.store(out, limbOf(y5));
  v128.store(out, limbOf(y6), 16);
  v128.store(out, limbOf(y7), 32);
  v128.store(out, limbOf(y8), 48);
  v128.store(out, doubleOf(sum(top, carryOf(y8))), 64);
}
