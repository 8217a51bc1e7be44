/**
 * Doubling of Jacobian pairs, in place.
 *
 * In a group of odd order no point has y = 0, so the double of a point is never infinity, and Z = 0 (infinity, or an
 * addition that met an exception) stays Z = 0.
 *
 * Sizes: X and Y come in and go out normalized (value up to about 2^256), Z as a product. With Montgomery's form a
 * product of |a| |b| <= k 2^512 is at most 1 + k/16 times 2^256; the factors below stay under k = 24, the limbs under
 * 2^29 for products and 2^28 for squares.
 */
import { add, PAIR_BYTES, shift, sub } from "../field/pair";
import { curve, Y, Z } from "./curve";

const T: usize = memory.data(640, 16);
const T0 = T;
const T1 = T + PAIR_BYTES;
const T2 = T + 2 * PAIR_BYTES;
const T3 = T + 3 * PAIR_BYTES;
const T4 = T + 4 * PAIR_BYTES;
const T5 = T + 5 * PAIR_BYTES;

/** a = -3: "dbl-2001-b" of the Explicit-Formulas Database (Bernstein, 2001), with Z = 2 Y Z: 4 products, 4 squares. */
// @ts-ignore: decorator
@inline
export function doubleMinusThree<C>(p: usize): void {
  const c = curve<C>();
  c.sqr(T0, p + Z); // delta
  c.sqr(T1, p + Y); // gamma
  c.mul(T2, p, T1); // beta
  sub(T3, p, T0);
  add(T4, p, T0);
  c.mul(T3, T3, T4);
  add(T4, T3, T3);
  add(T3, T3, T4); // alpha
  c.mul(p + Z, p + Y, p + Z);
  add(p + Z, p + Z, p + Z);
  c.sqr(T0, T3);
  shift(T4, T2, 2);
  sub(T0, T0, T4);
  sub(T0, T0, T4);
  c.normalize(p, T0);
  sub(T4, T4, p);
  c.mul(T4, T3, T4);
  c.sqr(T1, T1);
  shift(T1, T1, 3);
  sub(T4, T4, T1);
  c.normalize(p + Y, T4);
}

/** a = 0: "dbl-2009-l" of the Explicit-Formulas Database (Lange, 2009): 2 products, 5 squares. */
// @ts-ignore: decorator
@inline
export function doubleZero<C>(p: usize): void {
  const c = curve<C>();
  c.sqr(T0, p); // A
  c.sqr(T1, p + Y); // B
  c.sqr(T2, T1); // C
  add(T3, p, T1);
  c.sqr(T3, T3);
  sub(T3, T3, T0);
  sub(T3, T3, T2);
  add(T3, T3, T3); // D
  add(T4, T0, T0);
  add(T4, T4, T0); // E
  c.sqr(T5, T4);
  c.mul(p + Z, p + Y, p + Z);
  add(p + Z, p + Z, p + Z);
  sub(T5, T5, T3);
  sub(T5, T5, T3);
  c.normalize(p, T5);
  sub(T3, T3, p);
  c.mul(T3, T4, T3);
  shift(T2, T2, 3);
  sub(T3, T3, T2);
  c.normalize(p + Y, T3);
}
