// variant: relaxed-simd
/** Steps of the Weierstrass curves one by one, for tests and benches. Never loaded by the product. */
import { laneToWords, pairToIntegers } from "../curve/canonical";
import { completeSum } from "../curve/complete";
import { curve, Y, Z } from "../curve/curve";
import { decompressPair } from "../curve/decompress";
import { invertPair } from "../curve/invert";
import { P256 } from "../curve/p256";
import { pairFromIntegers, prepareConstants } from "../curve/prepare";
import { Secp256k1 } from "../curve/secp256k1";
import { Sm2 } from "../curve/sm2";
import { splitScalar } from "../curve/split-scalar";
import {
  eightSqr,
  fourMul,
  mulMinus,
  mulMinusEightSqr,
  mulMinusMul,
  sqrMinusBoth,
  sqrMinusTwice,
  threeSqr,
  threeSqrMinusSqr,
  twoMul,
} from "../field/compound";
import { add, copy, sub } from "../field/pair";
import { addOrder, invertOrder, leaveOrder, mulOrder, subOrder } from "../field/order";

export { arena } from "../memory";
export { p256Verify, secp256k1Recover, secp256k1Verify, sm2UserId, sm2Verify } from "../weierstrass-signatures";
export { splitScalar };

const A: usize = memory.data(240, 16);
const B: usize = memory.data(240, 16);
const OUT: usize = memory.data(240, 16);

/** Operations on two field elements in each lane. */
const enum Operation {
  multiply,
  square,
  add,
  subtract,
  normalize,
  root,
  invert,
}

/** What compound.ts has, on A and B: a b - a, a^2 - b - a, a^2 - b - 2 a, a b - b^2 and so on, in its order. */
const enum Compound {
  mulMinus = 8,
  sqrMinusBoth,
  sqrMinusTwice,
  mulMinusMul,
  mulMinusEightSqr,
  threeSqrMinusSqr,
  threeSqr,
  eightSqr,
  fourMul,
  twoMul,
}

function applyCompound<C>(operation: i32): void {
  if (operation === Compound.mulMinus) mulMinus<C>(OUT, A, B, A);
  else if (operation === Compound.sqrMinusBoth) sqrMinusBoth<C>(OUT, A, B, A);
  else if (operation === Compound.sqrMinusTwice) sqrMinusTwice<C>(OUT, A, B, A);
  else if (operation === Compound.mulMinusMul) mulMinusMul<C>(OUT, A, B, B, B);
  else if (operation === Compound.mulMinusEightSqr) mulMinusEightSqr<C>(OUT, A, B, B);
  else if (operation === Compound.threeSqrMinusSqr) threeSqrMinusSqr<C>(OUT, A, B);
  else if (operation === Compound.threeSqr) threeSqr<C>(OUT, A);
  else if (operation === Compound.eightSqr) eightSqr<C>(OUT, A);
  else if (operation === Compound.fourMul) fourMul<C>(OUT, A, B);
  else twoMul<C>(OUT, A, B);
}

function apply<C>(operation: i32): void {
  const c = curve<C>();
  if (operation === Operation.multiply) c.mul(OUT, A, B);
  else if (operation === Operation.square) c.sqr(OUT, A);
  else if (operation === Operation.add) add(OUT, A, B);
  else if (operation === Operation.subtract) sub(OUT, A, B);
  else if (operation === Operation.normalize) c.normalize(OUT, A);
  else if (operation === Operation.root) c.root(OUT, A);
  else if (operation === Operation.invert) invertPair<C>(OUT, A);
  else applyCompound<C>(operation);
}

/** The two integers at `out` (32 bytes each, little-endian) are the operation's results on those at `a` and `b`. */
function fieldOperation<C>(operation: i32, out: usize, a: usize, b: usize): void {
  prepareConstants<C>();
  pairFromIntegers<C>(A, a, a + 32);
  pairFromIntegers<C>(B, b, b + 32);
  apply<C>(operation);
  curve<C>().normalize(OUT, OUT);
  pairToIntegers<C>(out, out + 32, OUT);
}

/**
 * The same with raw pairs at `a` and `b` (pair-integer.ts or pair-fused.ts): what the sums of the formulas look like.
 * The results are in the form in which the field keeps its elements.
 */
function limbOperation<C>(operation: i32, out: usize, a: usize, b: usize): void {
  prepareConstants<C>();
  copy(A, a);
  copy(B, b);
  apply<C>(operation);
  laneToWords<C>(out, OUT, 0);
  laneToWords<C>(out + 32, OUT, 1);
}

function timeOperation<C>(operation: i32, count: i32): void {
  prepareConstants<C>();
  copy(A, curve<C>().constants() + 816);
  copy(B, A);
  for (let i = 0; i < count; i++) apply<C>(operation);
}

/** Operations modulo the order: products and inverses by Montgomery's rule, as field/order.ts says. */
function orderOperation<C>(operation: i32, out: usize, a: usize, b: usize): void {
  const c = curve<C>().constants();
  if (operation === Operation.multiply) mulOrder(out, a, b, c);
  else if (operation === Operation.add) addOrder(out, a, b, c);
  else if (operation === Operation.subtract) subOrder(out, a, b, c);
  else if (operation === Operation.invert) invertOrder(out, a, c);
  else leaveOrder(out, a, c);
}

/** Writes x and y (integers) of u G + v P, P the point with the x at `x`; false when the sum is infinity or no P is. */
function sumOfMultiples<C>(out: usize, u: usize, v: usize, x: usize, parity: u32): bool {
  prepareConstants<C>();
  if (decompressPair<C>(A, x, x, parity, parity) !== 3) return false;
  if (!completeSum<C>(B, u, v, A)) return false;
  storeAffine<C>(out, B);
  return true;
}

function storeAffine<C>(out: usize, point: usize): void {
  const c = curve<C>();
  invertPair<C>(OUT, point + Z);
  c.mul(point + Y, point + Y, OUT);
  c.sqr(A, OUT);
  c.mul(point, point, A);
  c.mul(point + Y, point + Y, A);
  pairToIntegers<C>(out, out + 64, point);
  pairToIntegers<C>(out + 32, out + 64, point + Y);
}

export function fieldOf(which: i32, operation: i32, out: usize, a: usize, b: usize): void {
  if (which === 0) fieldOperation<Secp256k1>(operation, out, a, b);
  else if (which === 1) fieldOperation<P256>(operation, out, a, b);
  else fieldOperation<Sm2>(operation, out, a, b);
}

export function limbsOf(which: i32, operation: i32, out: usize, a: usize, b: usize): void {
  if (which === 0) limbOperation<Secp256k1>(operation, out, a, b);
  else if (which === 1) limbOperation<P256>(operation, out, a, b);
  else limbOperation<Sm2>(operation, out, a, b);
}

export function orderOf(which: i32, operation: i32, out: usize, a: usize, b: usize): void {
  if (which === 0) orderOperation<Secp256k1>(operation, out, a, b);
  else if (which === 1) orderOperation<P256>(operation, out, a, b);
  else orderOperation<Sm2>(operation, out, a, b);
}

export function sumOf(which: i32, out: usize, u: usize, v: usize, x: usize, parity: u32): bool {
  if (which === 0) return sumOfMultiples<Secp256k1>(out, u, v, x, parity);
  if (which === 1) return sumOfMultiples<P256>(out, u, v, x, parity);
  return sumOfMultiples<Sm2>(out, u, v, x, parity);
}

/** Runs the operation `count` times on both lanes. */
export function repeat(which: i32, operation: i32, count: i32): void {
  if (which === 0) timeOperation<Secp256k1>(operation, count);
  else if (which === 1) timeOperation<P256>(operation, count);
  else timeOperation<Sm2>(operation, count);
}
