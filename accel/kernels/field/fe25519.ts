/**
 * The field of 2^255 - 19: two elements at once, by the arithmetic that the module is compiled for.
 *
 * `fe25519-integer.ts` holds the arithmetic for every engine with SIMD, `fe25519-fused.ts` the one for engines with
 * fused multiply-add; the condition is static, so the other one is not in the module. Elements live in memory: pairs
 * (`FE_PAIR_BYTES`) for arithmetic, single elements in lane form (`FE_BYTES`) in tables. How far an element may be
 * from its tightest form ("2x") is said in those files; the callers keep to the bounds of the integer arithmetic,
 * which are the narrower ones. Nothing here is constant in time: verification works on public data only.
 */
import * as fused from "./fe25519-fused";
import * as integer from "./fe25519-integer";

/** Bytes of a pair, and of an element in lane form. */
export const FE_PAIR_BYTES: usize = 80;
export const FE_BYTES: usize = 40;

/** `out` = a b, tight; the product of the bounds at most 3.9. */
// @ts-ignore: decorator
@inline
export function feMul(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feMul(out, a, b);
  else integer.feMul(out, a, b);
}

/** `out` = a^2, tight; a at most 1.9x. */
// @ts-ignore: decorator
@inline
export function feSquare(out: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feSquare(out, a);
  else integer.feSquare(out, a);
}

/** `out` = a + b; the bounds add up. */
// @ts-ignore: decorator
@inline
export function feAdd(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feAdd(out, a, b);
  else integer.feAdd(out, a, b);
}

/** `out` = a - b; the bounds add up. */
// @ts-ignore: decorator
@inline
export function feSub(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feSub(out, a, b);
  else integer.feSub(out, a, b);
}

/** `sum` = a + b and `difference` = a - b; the bounds add up. */
// @ts-ignore: decorator
@inline
export function feAddSub(sum: usize, difference: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feAddSub(sum, difference, a, b);
  else integer.feAddSub(sum, difference, a, b);
}

/** `out` = a, tight; a at most 7x. */
// @ts-ignore: decorator
@inline
export function feCarry(out: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feCarry(out, a);
  else integer.feCarry(out, a);
}

/** `a` is carried where the arithmetic of the module needs factors below 2x; the integer arithmetic does not. */
// @ts-ignore: decorator
@inline
export function feTighten(a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feCarry(a, a);
}

/** `out` = the pair of two elements in lane form. */
// @ts-ignore: decorator
@inline
export function feGather(out: usize, x: usize, y: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feGather(out, x, y);
  else integer.feGather(out, x, y);
}

/** As `feGather`; an element whose sign is 1 is negated (0: it is not). */
// @ts-ignore: decorator
@inline
export function feGatherSigned(out: usize, x: usize, y: usize, xSign: u32, ySign: u32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feGatherSigned(out, x, y, xSign, ySign);
  else integer.feGatherSigned(out, x, y, xSign, ySign);
}

/** Writes the elements of a pair in lane form. */
// @ts-ignore: decorator
@inline
export function feScatter(x: usize, y: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feScatter(x, y, a);
  else integer.feScatter(x, y, a);
}

/** Writes a number of 255 bits (four words; the highest bit is left out) in lane form, 2x. */
// @ts-ignore: decorator
@inline
export function feFromWords(element: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.feFromWords(element, w0, w1, w2, w3);
  else integer.feFromWords(element, w0, w1, w2, w3);
}

// @ts-ignore: decorator
@inline
function limb(element: usize, offset: usize): i64 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.feLimb(element, offset);
  return integer.feLimb(element, offset);
}

// Single vectors of a pair, for formulas that work across the two elements.

/** The vector with both elements exchanged. */
// @ts-ignore: decorator
@inline
export function vectorSwap(a: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.vectorSwap(a);
  return integer.vectorSwap(a);
}

/** The first element of a, the second of b. */
// @ts-ignore: decorator
@inline
export function vectorBlend(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.vectorBlend(a, b);
  return integer.vectorBlend(a, b);
}

/** a + b; the bounds add up. */
// @ts-ignore: decorator
@inline
export function vectorAdd(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.vectorAdd(a, b);
  return integer.vectorAdd(a, b);
}

/** a - b; the bounds add up. */
// @ts-ignore: decorator
@inline
export function vectorSub(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.vectorSub(a, b);
  return integer.vectorSub(a, b);
}

/** `out` = a. */
// @ts-ignore: decorator
@inline
export function feCopy(out: usize, a: usize): void {
  memory.copy(out, a, FE_PAIR_BYTES);
}

/** Writes the number of four words as both elements of a pair. */
export function feConstant(out: usize, w0: u64, w1: u64, w2: u64, w3: u64): void {
  feFromWords(LANES, w0, w1, w2, w3);
  feGather(out, LANES, LANES);
  feCarry(out, out);
}

const LANES: usize = memory.data(80, 16);
const WORDS: usize = memory.data(32, 16);

const MASK_51: i64 = 0x7ffffffffffff;
/** Limbs of 64 p: makes every element up to 31x positive without changing it. */
const PLUS_0: i64 = 64 * (MASK_51 - 18);
const PLUS: i64 = 64 * MASK_51;

/** Writes the element (lane form, at most 31x) as the 32 bytes of the number below p that it is. */
export function feToBytes(bytes: usize, element: usize): void {
  let h0 = limb(element, 0) + PLUS_0;
  let h1 = limb(element, 8) + PLUS;
  let h2 = limb(element, 16) + PLUS;
  let h3 = limb(element, 24) + PLUS;
  let h4 = limb(element, 32) + PLUS;
  for (let pass = 0; pass < 2; pass++) {
    h1 += h0 >> 51;
    h2 += h1 >> 51;
    h3 += h2 >> 51;
    h4 += h3 >> 51;
    h0 = (h0 & MASK_51) + 19 * (h4 >> 51);
    h1 &= MASK_51;
    h2 &= MASK_51;
    h3 &= MASK_51;
    h4 &= MASK_51;
  }
  // Now it is below 2^255 + 19: one subtraction of p at most, when adding 19 carries out of bit 255.
  const over = (h4 + ((h3 + ((h2 + ((h1 + ((h0 + 19) >> 51)) >> 51)) >> 51)) >> 51)) >> 51;
  h0 += 19 * over;
  h1 += h0 >> 51;
  h2 += h1 >> 51;
  h3 += h2 >> 51;
  h4 += h3 >> 51;
  h0 &= MASK_51;
  h1 &= MASK_51;
  h2 &= MASK_51;
  h3 &= MASK_51;
  h4 &= MASK_51;
  store<u64>(bytes, h0 | (h1 << 51));
  store<u64>(bytes, (h1 >> 13) | (h2 << 38), 8);
  store<u64>(bytes, (h2 >> 26) | (h3 << 25), 16);
  store<u64>(bytes, (h3 >> 39) | (h4 << 12), 24);
}

/** Writes both elements of a pair as 32 bytes each. */
export function fePairToBytes(xBytes: usize, yBytes: usize, a: usize): void {
  feScatter(LANES, LANES + FE_BYTES, a);
  feToBytes(xBytes, LANES);
  feToBytes(yBytes, LANES + FE_BYTES);
}

function isZeroElement(element: usize): u32 {
  feToBytes(WORDS, element);
  const any = load<u64>(WORDS) | load<u64>(WORDS, 8) | load<u64>(WORDS, 16) | load<u64>(WORDS, 24);
  return any == 0 ? 1 : 0;
}

/** Bit 0: the first element of the pair (at most 31x) is 0; bit 1: the second is. */
export function feZeroBits(a: usize): u32 {
  feScatter(LANES, LANES + FE_BYTES, a);
  return isZeroElement(LANES) | (isZeroElement(LANES + FE_BYTES) << 1);
}

/** Bit 0: the number below p of the first element (at most 31x) is odd; bit 1: that of the second. */
export function feOddBits(a: usize): u32 {
  feScatter(LANES, LANES + FE_BYTES, a);
  feToBytes(WORDS, LANES);
  const first = load<u8>(WORDS) & 1;
  feToBytes(WORDS, LANES + FE_BYTES);
  return first | ((load<u8>(WORDS) & 1) << 1);
}

// Powers. Two pairs (four elements) at once are faster than one after the other: their chains fill each other's gaps.

const T0: usize = memory.data(160, 16);
const T1: usize = memory.data(160, 16);
const T2: usize = memory.data(160, 16);

/** `out` = a b for one pair, or for two that lie one behind the other. */
// @ts-ignore: decorator
@inline
export function feMulPairs(isTwo: bool, out: usize, a: usize, b: usize): void {
  feMul(out, a, b);
  if (isTwo) feMul(out + FE_PAIR_BYTES, a + FE_PAIR_BYTES, b + FE_PAIR_BYTES);
}

/** `out` = a^2 for one pair or two. */
// @ts-ignore: decorator
@inline
export function feSquarePairs(isTwo: bool, out: usize, a: usize): void {
  feSquare(out, a);
  if (isTwo) feSquare(out + FE_PAIR_BYTES, a + FE_PAIR_BYTES);
}

function squareTimes(isTwo: bool, out: usize, a: usize, count: i32): void {
  feSquarePairs(isTwo, out, a);
  for (let index = 1; index < count; index++) feSquarePairs(isTwo, out, out);
}

/**
 * `out` = a^(2^252 - 3) for one pair or two, the power that gives square roots (RFC 8032, 5.1.3); a at most 2.2x,
 * `out` not a. The chain of additions of exponents is the usual one (ref10): 252 squarings, 11 multiplications.
 */
export function fePower(isTwo: bool, out: usize, a: usize): void {
  feSquarePairs(isTwo, T0, a); // 2
  squareTimes(isTwo, T1, T0, 2); // 8
  feMulPairs(isTwo, T1, a, T1); // 9
  feMulPairs(isTwo, T0, T0, T1); // 11
  feSquarePairs(isTwo, T0, T0); // 22
  feMulPairs(isTwo, T0, T1, T0); // 2^5 - 1
  squareTimes(isTwo, T1, T0, 5);
  feMulPairs(isTwo, T0, T1, T0); // 2^10 - 1
  squareTimes(isTwo, T1, T0, 10);
  feMulPairs(isTwo, T1, T1, T0); // 2^20 - 1
  squareTimes(isTwo, T2, T1, 20);
  feMulPairs(isTwo, T1, T2, T1); // 2^40 - 1
  squareTimes(isTwo, T1, T1, 10);
  feMulPairs(isTwo, T0, T1, T0); // 2^50 - 1
  squareTimes(isTwo, T1, T0, 50);
  feMulPairs(isTwo, T1, T1, T0); // 2^100 - 1
  squareTimes(isTwo, T2, T1, 100);
  feMulPairs(isTwo, T1, T2, T1); // 2^200 - 1
  squareTimes(isTwo, T1, T1, 50);
  feMulPairs(isTwo, T0, T1, T0); // 2^250 - 1
  squareTimes(isTwo, T0, T0, 2);
  feMulPairs(isTwo, out, a, T0); // 2^252 - 3
}
