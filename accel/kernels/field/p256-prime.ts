/**
 * Montgomery reduction modulo the prime of P-256, p = 2^256 - 2^224 + 2^192 + 2^96 - 1 (FIPS 186-4, D.1.2.3).
 *
 * With R = 2^260 and limbs of 26 bits the factor -1/p is 1 modulo 2^26, because p = -1 modulo 2^96: each step adds
 * m p for the low limb m itself, and m p is four shifts of m, no multiplication. An element x is kept as x R.
 *
 * For |a| |b| <= k 2^512 the result lies between -k/16 * 2^256 and p + k/16 * 2^256.
 */
import { addAt } from "./carry";
import { bias, carryInto, lastCarry, limbOf, packed } from "./columns";

/** out = columns / 2^260 modulo p. */
// @ts-ignore: decorator
@inline
export function reduceP256(
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
  const x0 = i64x2.add(c0, bias());
  const m0 = limbOf(x0);
  const x1 = carryInto(c1, x0);
  const m1 = limbOf(x1);
  const x2 = carryInto(c2, x1);
  const m2 = limbOf(x2);
  const x3 = carryInto(i64x2.add(c3, i64x2.shl(m0, 18)), x2);
  const m3 = limbOf(x3);
  const x4 = carryInto(i64x2.add(c4, i64x2.shl(m1, 18)), x3);
  const m4 = limbOf(x4);
  const x5 = carryInto(i64x2.add(c5, i64x2.shl(m2, 18)), x4);
  const m5 = limbOf(x5);
  const x6 = carryInto(i64x2.add(c6, i64x2.shl(m3, 18)), x5);
  const m6 = limbOf(x6);
  const x7 = carryInto(i64x2.add(i64x2.add(c7, i64x2.shl(m4, 18)), i64x2.shl(m0, 10)), x6);
  const m7 = limbOf(x7);
  const x8 = carryInto(
    i64x2.sub(i64x2.add(i64x2.add(c8, i64x2.shl(m5, 18)), i64x2.shl(m1, 10)), i64x2.shl(m0, 16)),
    x7,
  );
  const m8 = limbOf(x8);
  const x9 = carryInto(
    i64x2.add(
      i64x2.sub(i64x2.add(i64x2.add(c9, i64x2.shl(m6, 18)), i64x2.shl(m2, 10)), i64x2.shl(m1, 16)),
      i64x2.shl(m0, 22),
    ),
    x8,
  );
  const m9 = limbOf(x9);
  const x10 = carryInto(
    i64x2.add(
      i64x2.sub(i64x2.add(i64x2.add(c10, i64x2.shl(m7, 18)), i64x2.shl(m3, 10)), i64x2.shl(m2, 16)),
      i64x2.shl(m1, 22),
    ),
    x9,
  );
  const x11 = carryInto(
    i64x2.add(
      i64x2.sub(i64x2.add(i64x2.add(c11, i64x2.shl(m8, 18)), i64x2.shl(m4, 10)), i64x2.shl(m3, 16)),
      i64x2.shl(m2, 22),
    ),
    x10,
  );
  v128.store(out, packed(limbOf(x10), limbOf(x11)));
  const x12 = carryInto(
    i64x2.add(
      i64x2.sub(i64x2.add(i64x2.add(c12, i64x2.shl(m9, 18)), i64x2.shl(m5, 10)), i64x2.shl(m4, 16)),
      i64x2.shl(m3, 22),
    ),
    x11,
  );
  const x13 = carryInto(
    i64x2.add(i64x2.sub(i64x2.add(c13, i64x2.shl(m6, 10)), i64x2.shl(m5, 16)), i64x2.shl(m4, 22)),
    x12,
  );
  v128.store(out, packed(limbOf(x12), limbOf(x13)), 16);
  const x14 = carryInto(
    i64x2.add(i64x2.sub(i64x2.add(c14, i64x2.shl(m7, 10)), i64x2.shl(m6, 16)), i64x2.shl(m5, 22)),
    x13,
  );
  const x15 = carryInto(
    i64x2.add(i64x2.sub(i64x2.add(c15, i64x2.shl(m8, 10)), i64x2.shl(m7, 16)), i64x2.shl(m6, 22)),
    x14,
  );
  v128.store(out, packed(limbOf(x14), limbOf(x15)), 32);
  const x16 = carryInto(
    i64x2.add(i64x2.sub(i64x2.add(c16, i64x2.shl(m9, 10)), i64x2.shl(m8, 16)), i64x2.shl(m7, 22)),
    x15,
  );
  const x17 = carryInto(i64x2.add(i64x2.sub(c17, i64x2.shl(m9, 16)), i64x2.shl(m8, 22)), x16);
  v128.store(out, packed(limbOf(x16), limbOf(x17)), 48);
  const x18 = carryInto(i64x2.add(c18, i64x2.shl(m9, 22)), x17);
  v128.store(out, packed(limbOf(x18), lastCarry(x18)), 64);
}

/** Adds top * 2^256 modulo p, by 2^256 = 2^224 - 2^192 - 2^96 + 1. */
// @ts-ignore: decorator
@inline
export function foldP256(out: usize, top: v128): void {
  addAt(out, 0, v128.and(top, i32x4(-1, -1, 0, 0)));
  addAt(out, 16, i32x4.mul(top, i32x4(0, 0, -0x40000, -0x40000)));
  addAt(out, 48, i32x4.mul(top, i32x4(0, 0, -0x400, -0x400)));
  addAt(out, 64, i32x4.mul(top, i32x4(0x10000, 0x10000, 0, 0)));
}
