/**
 * Doubling of Jacobian pairs, in place.
 *
 * In a group of odd order no point has y = 0, so the double of a point is never infinity, and Z = 0 (infinity, or an
 * addition that met an exception) stays Z = 0.
 *
 * Sizes in integer SIMD: X and Y come in and go out normalized (value up to about 2^256), Z as a product. With
 * Montgomery's form a product of |a| |b| <= k 2^512 is at most 1 + k/16 times 2^256; the factors below stay under k =
 * 24, the limbs under 2^29 for products and 2^28 for squares.
 */
import {
  fourMul,
  mulMinusEightSqr,
  sqrMinusBoth,
  threeSqr,
  threeSqrMinusSqr,
  twoMul,
} from "../field/compound";
import { add, PAIR_BYTES, sub } from "../field/pair";
import { shift } from "../field/pair-integer";
import { curve, Y, Z } from "./curve";

const T: usize = memory.data(320, 16);
const DELTA = T;
const SQUARE = T + PAIR_BYTES;
const FOUR = T + 2 * PAIR_BYTES;
const SLOPE = T + 3 * PAIR_BYTES;

/** a = -3: "dbl-2001-b" of the Explicit-Formulas Database (Bernstein, 2001), with Z = 2 Y Z: 4 products, 4 squares. */
// @ts-ignore: decorator
@inline
export function doubleMinusThree<C>(p: usize): void {
  const c = curve<C>();
  c.sqr(DELTA, p + Z);
  c.sqr(SQUARE, p + Y); // gamma
  fourMul<C>(FOUR, p, SQUARE); // 4 beta
  threeSqrMinusSqr<C>(SLOPE, p, DELTA); // alpha
  finishDouble<C>(p);
}

/**
 * a = 0: "dbl-2009-l" of the Explicit-Formulas Database (Lange, 2009): 2 products, 5 squares. Where sums are not lazy
 * D = 2 ((X + B)^2 - A - B^2) is the product 4 X B that it stands for.
 */
// @ts-ignore: decorator
@inline
export function doubleZero<C>(p: usize): void {
  const c = curve<C>();
  c.sqr(SQUARE, p + Y); // B
  if (ASC_FEATURE_RELAXED_SIMD) {
    fourMul<C>(FOUR, p, SQUARE); // D
    threeSqr<C>(SLOPE, p); // E
    finishDouble<C>(p);
    return;
  }
  c.sqr(DELTA, p); // A
  add(FOUR, p, SQUARE);
  c.sqr(FOUR, FOUR);
  sub(FOUR, FOUR, DELTA);
  c.sqr(SQUARE, SQUARE); // C
  sub(FOUR, FOUR, SQUARE);
  add(FOUR, FOUR, FOUR);
  add(SLOPE, DELTA, DELTA);
  add(SLOPE, SLOPE, DELTA);
  twoMul<C>(p + Z, p + Y, p + Z);
  sqrMinusBoth<C>(p, SLOPE, FOUR, FOUR);
  sub(FOUR, FOUR, p);
  c.mul(FOUR, SLOPE, FOUR);
  shift(SQUARE, SQUARE, 3);
  sub(FOUR, FOUR, SQUARE);
  c.normalize(p + Y, FOUR);
}

/** X = SLOPE^2 - 2 FOUR, Y = SLOPE (FOUR - X) - 8 SQUARE^2, Z = 2 Y Z. */
// @ts-ignore: decorator
@inline
function finishDouble<C>(p: usize): void {
  twoMul<C>(p + Z, p + Y, p + Z);
  sqrMinusBoth<C>(p, SLOPE, FOUR, FOUR);
  sub(FOUR, FOUR, p);
  mulMinusEightSqr<C>(p + Y, SLOPE, FOUR, SQUARE);
}
