/**
 * Reduction modulo the prime of secp256k1, p = 2^256 - 2^32 - 977 (SEC 2).
 *
 * Columns from 10 on are folded by 2^260 = 2^36 + 15632: times 15632 into the column ten below, times 2^10 into the
 * one above that. What is then above bit 256 is folded by 2^256 = 2^32 + 977. The result is within 2^110 of
 * [0, 2^256), whatever the size of the factors.
 */
import { addAt } from "./carry";
import { bias, carryInto, lastCarry, limbOf, packed } from "./columns";

/** 15632 four times; 2^40 and 2^22 - 1 twice: in memory for the reason given in columns.ts. */
const NUMBERS = memory.data<u64>([0x3d1000003d10, 0x3d1000003d10, 0x10000000000, 0x10000000000, 0x3fffff, 0x3fffff]);

/** out = columns modulo p. */
// @ts-ignore: decorator
@inline
export function reduceSecp256k1(
  out: usize,
  c0: v128,
  c1: v128,
  c2: v128,
  c3: v128,
  c4: v128,
  c5: v128,
  c6: v128,
  c7: v128,
  c8: v128,
  c9: v128,
  c10: v128,
  c11: v128,
  c12: v128,
  c13: v128,
  c14: v128,
  c15: v128,
  c16: v128,
  c17: v128,
  c18: v128,
): void {
  const fold = v128.load(NUMBERS);
  const x10 = i64x2.add(c10, bias());
  const h0 = limbOf(x10);
  const x11 = carryInto(c11, x10);
  const h1 = limbOf(x11);
  const x12 = carryInto(c12, x11);
  const h2 = limbOf(x12);
  const x13 = carryInto(c13, x12);
  const h3 = limbOf(x13);
  const x14 = carryInto(c14, x13);
  const h4 = limbOf(x14);
  const x15 = carryInto(c15, x14);
  const h5 = limbOf(x15);
  const x16 = carryInto(c16, x15);
  const h6 = limbOf(x16);
  const x17 = carryInto(c17, x16);
  const h7 = limbOf(x17);
  const x18 = carryInto(c18, x17);
  const h8 = limbOf(x18);
  const top = lastCarry(x18);
  const p0 = packed(h0, h1);
  const p2 = packed(h2, h3);
  const p4 = packed(h4, h5);
  const p6 = packed(h6, h7);
  const p8 = packed(h8, h8);
  const y0 = i64x2.add(i64x2.add(c0, i64x2.extmul_low_i32x4_u(p0, fold)), bias());
  const y1 = carryInto(i64x2.add(i64x2.add(c1, i64x2.extmul_high_i32x4_u(p0, fold)), i64x2.shl(h0, 10)), y0);
  const y2 = carryInto(i64x2.add(i64x2.add(c2, i64x2.extmul_low_i32x4_u(p2, fold)), i64x2.shl(h1, 10)), y1);
  const y3 = carryInto(i64x2.add(i64x2.add(c3, i64x2.extmul_high_i32x4_u(p2, fold)), i64x2.shl(h2, 10)), y2);
  const y4 = carryInto(i64x2.add(i64x2.add(c4, i64x2.extmul_low_i32x4_u(p4, fold)), i64x2.shl(h3, 10)), y3);
  const y5 = carryInto(i64x2.add(i64x2.add(c5, i64x2.extmul_high_i32x4_u(p4, fold)), i64x2.shl(h4, 10)), y4);
  const y6 = carryInto(i64x2.add(i64x2.add(c6, i64x2.extmul_low_i32x4_u(p6, fold)), i64x2.shl(h5, 10)), y5);
  const y7 = carryInto(i64x2.add(i64x2.add(c7, i64x2.extmul_high_i32x4_u(p6, fold)), i64x2.shl(h6, 10)), y6);
  const y8 = carryInto(i64x2.add(i64x2.add(c8, i64x2.extmul_low_i32x4_u(p8, fold)), i64x2.shl(h7, 10)), y7);
  const y9 = carryInto(i64x2.add(i64x2.add(c9, times15632(top)), i64x2.shl(h8, 10)), y8);
  const above = i64x2.add(i64x2.sub(i64x2.shr_u(y9, 22), v128.load(NUMBERS, 16)), i64x2.shl(top, 14));
  const z0 = i64x2.add(i64x2.add(limbOf(y0), times977(above)), bias());
  const z1 = carryInto(i64x2.add(limbOf(y1), i64x2.shl(above, 6)), z0);
  const z2 = carryInto(limbOf(y2), z1);
  const z3 = i64x2.add(limbOf(y3), lastCarry(z2));
  v128.store(out, packed(limbOf(z0), limbOf(z1)));
  v128.store(out, packed(limbOf(z2), z3), 16);
  v128.store(out, packed(limbOf(y4), limbOf(y5)), 32);
  v128.store(out, packed(limbOf(y6), limbOf(y7)), 48);
  v128.store(out, packed(limbOf(y8), v128.and(y9, v128.load(NUMBERS, 32))), 64);
}

/** a * 15632 = a * (2^14 - 2^10 + 2^8 + 2^4), for numbers of more than 32 bits. */
// @ts-ignore: decorator
@inline
function times15632(a: v128): v128 {
  const high = i64x2.sub(i64x2.shl(a, 14), i64x2.shl(a, 10));
  return i64x2.add(high, i64x2.add(i64x2.shl(a, 8), i64x2.shl(a, 4)));
}

/** a * 977 = a * (2^10 - 2^5 - 2^4 + 1). */
// @ts-ignore: decorator
@inline
function times977(a: v128): v128 {
  return i64x2.add(i64x2.sub(i64x2.shl(a, 10), i64x2.shl(a, 5)), i64x2.sub(a, i64x2.shl(a, 4)));
}

/** Adds top * 2^256 modulo p. */
// @ts-ignore: decorator
@inline
export function foldSecp256k1(out: usize, top: v128): void {
  addAt(out, 0, i32x4.mul(top, i32x4(977, 977, 64, 64)));
}
