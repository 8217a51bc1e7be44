/**
 * Products in the field of a curve, by the arithmetic that the module is compiled for (pair.ts): what is the same for all
 * curves of what they offer under these names.
 *
 * The reduction is the curve's own. All of this is resolved when the curve is known, and costs nothing.
 */
import { curve, ONE } from "../curve/curve";
import { carryPair } from "./carry";
import { putMul, putSqr } from "./columns-fused";
import { multiply, square } from "./pair-product";

// @ts-ignore: decorator
@inline
export function mulPair<C>(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    putMul(a, b);
    curve<C>().reduceColumns(out);
  } else {
    multiply<C>(out, a, b);
  }
}

// @ts-ignore: decorator
@inline
export function sqrPair<C>(out: usize, a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    putSqr(a);
    curve<C>().reduceColumns(out);
  } else {
    square<C>(out, a);
  }
}

/** out = a, with small limbs and value. */
// @ts-ignore: decorator
@inline
export function normalizePair<C>(out: usize, a: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    c.mul(out, a, c.constants() + ONE);
  } else {
    const top = carryPair(out, a);
    c.fold(out, top);
  }
}

/** out = a^(2^count), for a count of at least 1. */
export function sqrTimes<C>(out: usize, a: usize, count: i32): void {
  curve<C>().sqr(out, a);
  for (let i = 1; i < count; i++) curve<C>().sqr(out, out);
}
