/** Carries inside a pair, all limbs at once. */

// @ts-ignore: decorator
@inline
export function addAt(out: usize, at: usize, a: v128): void {
  v128.store(out + at, i32x4.add(v128.load(out + at), a));
}

/**
 * Stores `a` with every limb but the highest carried into the next one, and returns what is above bit 256, the same in
 * both halves: the prime's own `fold` adds it back. For limbs below 2^30 in magnitude.
 */
// @ts-ignore: decorator
@inline
export function carryPair(out: usize, a: usize): v128 {
  const mask = i32x4.splat(0x3ffffff);
  const a0 = v128.load(a);
  const a1 = v128.load(a, 16);
  const a2 = v128.load(a, 32);
  const a3 = v128.load(a, 48);
  const a4 = v128.load(a, 64);
  const c0 = i32x4.shr_s(a0, 26);
  const c1 = i32x4.shr_s(a1, 26);
  const c2 = i32x4.shr_s(a2, 26);
  const c3 = i32x4.shr_s(a3, 26);
  const c4 = i32x4.shr_s(a4, 26);
  const top = i32x4.shr_s(a4, 22);
  v128.store(out, i32x4.add(v128.and(a0, mask), v128.shuffle<i64>(i64x2.splat(0), c0, 0, 2)));
  v128.store(out, i32x4.add(v128.and(a1, mask), v128.shuffle<i64>(c0, c1, 1, 2)), 16);
  v128.store(out, i32x4.add(v128.and(a2, mask), v128.shuffle<i64>(c1, c2, 1, 2)), 32);
  v128.store(out, i32x4.add(v128.and(a3, mask), v128.shuffle<i64>(c2, c3, 1, 2)), 48);
  const topMask = i32x4(0x3ffffff, 0x3ffffff, 0x3fffff, 0x3fffff);
  v128.store(out, i32x4.add(v128.and(a4, topMask), v128.shuffle<i64>(c3, c4, 1, 2)), 64);
  return v128.shuffle<i64>(top, top, 1, 1);
}
