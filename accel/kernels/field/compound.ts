/**
 * What the formulas of points are made of beside plain products: products less other things, and small multiples.
 *
 * With fused multiply-add everything of one call is put together in columns and reduced once, and each result is tight
 * (columns-fused.ts). In integer SIMD each product is reduced alone and sums are lazy (pair-integer.ts); there the
 * functions that say so leave a normalized pair. Factors may be tight ones, or one of them a sum or difference of two
 * tight ones where `a b` is a product; what is subtracted is tight.
 */
import { curve, ONE } from "../curve/curve";
import {
  putEightSqr,
  putFourMul,
  putMul,
  putSqr,
  putThreeSqr,
  subtractEightSqr,
  subtractElement,
  subtractElements,
  subtractMul,
  subtractThreeSqr,
} from "./columns-fused";
import { add, sub } from "./pair";
import { shift } from "./pair-integer";

const T: usize = memory.data(80, 16);
const U: usize = memory.data(80, 16);

/** out = a, a sum or difference of two tight elements: tight where that is needed before a product of two such. */
// @ts-ignore: decorator
@inline
export function tighten<C>(a: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) curve<C>().mul(a, a, curve<C>().constants() + ONE);
}

/** a is normalized, after a function that may leave a lazy sum. */
// @ts-ignore: decorator
@inline
export function settle<C>(a: usize): void {
  if (!ASC_FEATURE_RELAXED_SIMD) curve<C>().normalize(a, a);
}

/** out = a b - s, lazy in integer SIMD; out is not s. */
// @ts-ignore: decorator
@inline
export function mulMinus<C>(out: usize, a: usize, b: usize, s: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putMul(a, b);
    subtractElement(s, c.elementColumn());
    c.reduceColumns(out);
  } else {
    c.mul(out, a, b);
    sub(out, out, s);
  }
}

/** out = a^2 - s - t, normalized. */
// @ts-ignore: decorator
@inline
export function sqrMinusBoth<C>(out: usize, a: usize, s: usize, t: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putSqr(a);
    subtractElements(s, t, c.elementColumn());
    c.reduceColumns(out);
  } else {
    c.sqr(T, a);
    sub(T, T, s);
    sub(T, T, t);
    c.normalize(out, T);
  }
}

/** out = a^2 - s - 2 t, normalized. */
// @ts-ignore: decorator
@inline
export function sqrMinusTwice<C>(out: usize, a: usize, s: usize, t: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putSqr(a);
    subtractElement(s, c.elementColumn());
    subtractElements(t, t, c.elementColumn());
    c.reduceColumns(out);
  } else {
    c.sqr(T, a);
    sub(T, T, s);
    sub(T, T, t);
    sub(T, T, t);
    c.normalize(out, T);
  }
}

/** out = a b - d e, normalized. */
// @ts-ignore: decorator
@inline
export function mulMinusMul<C>(out: usize, a: usize, b: usize, d: usize, e: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putMul(a, b);
    subtractMul(d, e);
    c.reduceColumns(out);
  } else {
    c.mul(T, a, b);
    c.mul(U, d, e);
    sub(T, T, U);
    c.normalize(out, T);
  }
}

/** out = a b - 8 d^2, normalized. */
// @ts-ignore: decorator
@inline
export function mulMinusEightSqr<C>(out: usize, a: usize, b: usize, d: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putMul(a, b);
    subtractEightSqr(d);
    c.reduceColumns(out);
  } else {
    c.mul(T, a, b);
    c.sqr(U, d);
    shift(U, U, 3);
    sub(T, T, U);
    c.normalize(out, T);
  }
}

/** out = 3 (a^2 - b^2), lazy in integer SIMD. */
// @ts-ignore: decorator
@inline
export function threeSqrMinusSqr<C>(out: usize, a: usize, b: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putThreeSqr(a);
    subtractThreeSqr(b);
    c.reduceColumns(out);
  } else {
    sub(T, a, b);
    add(U, a, b);
    c.mul(T, T, U);
    add(U, T, T);
    add(out, T, U);
  }
}

/** out = 3 a^2, lazy in integer SIMD. */
// @ts-ignore: decorator
@inline
export function threeSqr<C>(out: usize, a: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putThreeSqr(a);
    c.reduceColumns(out);
  } else {
    c.sqr(T, a);
    add(U, T, T);
    add(out, T, U);
  }
}

/** out = 8 a^2, lazy in integer SIMD. */
// @ts-ignore: decorator
@inline
export function eightSqr<C>(out: usize, a: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putEightSqr(a);
    c.reduceColumns(out);
  } else {
    c.sqr(T, a);
    shift(out, T, 3);
  }
}

/** out = 4 a b, lazy in integer SIMD. */
// @ts-ignore: decorator
@inline
export function fourMul<C>(out: usize, a: usize, b: usize): void {
  const c = curve<C>();
  if (ASC_FEATURE_RELAXED_SIMD) {
    putFourMul(a, b);
    c.reduceColumns(out);
  } else {
    c.mul(T, a, b);
    shift(out, T, 2);
  }
}

/** out = 2 a b, lazy in integer SIMD. */
// @ts-ignore: decorator
@inline
export function twoMul<C>(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) {
    add(T, a, a);
    curve<C>().mul(out, T, b);
  } else {
    curve<C>().mul(T, a, b);
    add(out, T, T);
  }
}
