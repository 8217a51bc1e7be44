/**
 * Addition of an affine pair to a Jacobian pair, in place: 8 products, 3 squares (Cohen, Miyaji, Ono 1998, as "madd" in
 * the Explicit-Formulas Database).
 *
 * The formula holds for two points that differ in x. Where it does not hold (the points are equal or opposite, or the
 * first is infinity) the result has Z = Z1 H = 0, because then H = 0 or Z1 = 0; and Z = 0 stays so in every later step
 * (double.ts). So a lane whose last Z is not zero has met no exception and holds the exact sum; one whose last Z is
 * zero knows nothing and is decided by the complete formulas of complete.ts.
 */
import { mulMinus, mulMinusMul, sqrMinusTwice } from "../field/compound";
import { PAIR_BYTES, sub } from "../field/pair";
import { curve, Y, Z } from "./curve";

const T: usize = memory.data(640, 16);
const H = T;
const R = T + PAIR_BYTES;
const HH = T + 2 * PAIR_BYTES;
const HHH = T + 3 * PAIR_BYTES;
const V = T + 4 * PAIR_BYTES;
const W = T + 5 * PAIR_BYTES;

/** p = p + q. */
// @ts-ignore: decorator
@inline
export function mixedAdd<C>(p: usize, q: usize): void {
  const c = curve<C>();
  c.sqr(W, p + Z);
  mulMinus<C>(H, q, W, p);
  c.mul(W, W, p + Z);
  mulMinus<C>(R, q + Y, W, p + Y);
  c.sqr(HH, H);
  c.mul(HHH, H, HH);
  c.mul(V, p, HH);
  c.mul(p + Z, p + Z, H);
  sqrMinusTwice<C>(p, R, HHH, V);
  sub(V, V, p);
  mulMinusMul<C>(p + Y, R, V, p + Y, HHH);
}
