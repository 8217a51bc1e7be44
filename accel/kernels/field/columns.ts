/**
 * Carries of signed columns.
 *
 * WebAssembly's machines shift 64-bit lanes to the right without sign only. So every column gets a bias of 2^62 before
 * it is shifted, and the next one gives back the 2^36 that the bias carried: `CARRIED_BIAS` = 2^62 - 2^36. Both are
 * multiples of 2^26, so the low limb is not touched. A column has to be below 2^62 in magnitude.
 */

/**
 * 2^26 - 1, 2^62, 2^62 - 2^36, 2^36, each twice. Read from memory at each use: V8 from Node 24 on would else make each
 * of them again from immediates, four instructions each time (5 ns a product).
 */
const NUMBERS = memory.data<u64>([
  0x3ffffff,
  0x3ffffff,
  0x4000000000000000,
  0x4000000000000000,
  0x3ffffff000000000,
  0x3ffffff000000000,
  0x1000000000,
  0x1000000000,
]);

// @ts-ignore: decorator
@inline
export function limbMask(): v128 {
  return v128.load(NUMBERS);
}

// @ts-ignore: decorator
@inline
export function bias(): v128 {
  return v128.load(NUMBERS, 16);
}

// @ts-ignore: decorator
@inline
export function carriedBias(): v128 {
  return v128.load(NUMBERS, 32);
}

/** The signed carry out of a biased column. */
// @ts-ignore: decorator
@inline
export function lastCarry(biased: v128): v128 {
  return i64x2.sub(i64x2.shr_u(biased, 26), v128.load(NUMBERS, 48));
}

/** A column plus the carry of the one before, biased. */
// @ts-ignore: decorator
@inline
export function carryInto(column: v128, before: v128): v128 {
  return i64x2.add(i64x2.add(column, carriedBias()), i64x2.shr_u(before, 26));
}

// @ts-ignore: decorator
@inline
export function limbOf(biased: v128): v128 {
  return v128.and(biased, limbMask());
}

/** Two columns that fit 32 bits as one vector of a pair. */
// @ts-ignore: decorator
@inline
export function packed(even: v128, odd: v128): v128 {
  return v128.shuffle<i32>(even, odd, 0, 2, 4, 6);
}
