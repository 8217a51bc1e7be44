/**
 * Reduction modulo the prime of secp256k1, p = 2^256 - 2^32 - 977 (SEC 2), in columns of doubles' limbs
 * (columns-fused.ts).
 *
 * Columns from 5 on are carried to limbs h and folded by 2^260 = 2^36 + 15632, five more products in two parts. What is
 * then above bit 256, t, rounded, is folded by 2^256 = 2^32 + 977 before the last run of carries. So a result is within
 * 2^218 of [-2^255, 2^255], and its limbs are tight.
 *
 * Sizes: h is tight, the highest below 2^50, so what a product leaves above bit 260 is below 2^35, and t below 2^40.
 */
import {
  biased,
  carryOf,
  column,
  doubleOf,
  highOf,
  limbOf,
  lowOf,
  mask,
  rounded,
  roundedTop,
  roundInto,
} from "./columns-fused";

/** 2^36 + 15632; minus the bits of 1.5 x 2^52, of that and of 1.5 x 2^104, of the latter; 2^62 and 2^42; each twice. */
const FACTOR: usize = memory.data<f64>([68719492368.0, 68719492368.0], 16);
const NUMBERS: usize = memory.data<u64>(
  [
    0xbcc8000000000000, 0xbcc8000000000000,
    0x7650000000000000, 0x7650000000000000,
    0xb988000000000000, 0xb988000000000000,
    0x4000000000000000, 0x4000000000000000,
    0x40000000000, 0x40000000000,
  ],
  16,
);

// @ts-ignore: decorator
@inline
function sum(a: v128, b: v128): v128 {
  return i64x2.add(a, b);
}

/** t * 977 = t * (2^10 - 2^5 - 2^4 + 1). */
// @ts-ignore: decorator
@inline
function times977(t: v128): v128 {
  return sum(i64x2.sub(i64x2.shl(t, 10), i64x2.shl(t, 5)), i64x2.sub(t, i64x2.shl(t, 4)));
}

/** t / 2^20, rounded down. */
// @ts-ignore: decorator
@inline
function above20(t: v128): v128 {
  return i64x2.sub(i64x2.shr_u(sum(t, v128.load(NUMBERS, 48)), 20), v128.load(NUMBERS, 64));
}

/** out = columns modulo p; the columns are below 2^59 in size. */
// @ts-ignore: decorator
@inline
export function reduceSecp256k1(out: usize): void {
  const factor = v128.load(FACTOR);
  const x5 = rounded(biased(column(5)));
  const h5 = limbOf(x5);
  const high5 = highOf(h5, factor);
  const y0 = sum(sum(column(0), lowOf(h5, factor, high5)), v128.load(NUMBERS));
  const x6 = roundInto(column(6), x5);
  const h6 = limbOf(x6);
  const high6 = highOf(h6, factor);
  const y1 = sum(sum(sum(column(1), lowOf(h6, factor, high6)), high5), v128.load(NUMBERS, 16));
  const x7 = roundInto(column(7), x6);
  const h7 = limbOf(x7);
  const high7 = highOf(h7, factor);
  const y2 = sum(sum(sum(column(2), lowOf(h7, factor, high7)), high6), v128.load(NUMBERS, 16));
  const x8 = roundInto(column(8), x7);
  const h8 = limbOf(x8);
  const high8 = highOf(h8, factor);
  const y3 = sum(sum(sum(column(3), lowOf(h8, factor, high8)), high7), v128.load(NUMBERS, 16));
  const h9 = doubleOf(sum(column(9), carryOf(x8)));
  const high9 = highOf(h9, factor);
  const y4 = sum(sum(sum(column(4), lowOf(h9, factor, high9)), high8), v128.load(NUMBERS, 16));
  const near = roundedTop(y4);
  const t = sum(near, i64x2.shl(sum(high9, v128.load(NUMBERS, 32)), 4));
  const z0 = rounded(biased(sum(sum(y0, times977(t)), mask(i64x2.shl(t, 32)))));
  const z1 = roundInto(sum(y1, above20(t)), z0);
  const z2 = roundInto(y2, z1);
  const z3 = roundInto(y3, z2);
  v128.store(out, limbOf(z0));
  v128.store(out, limbOf(z1), 16);
  v128.store(out, limbOf(z2), 32);
  v128.store(out, limbOf(z3), 48);
  v128.store(out, doubleOf(sum(i64x2.sub(y4, i64x2.shl(near, 48)), carryOf(z3))), 64);
}
