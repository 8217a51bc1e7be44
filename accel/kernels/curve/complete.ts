/**
 * u G + v Q of one signature by double and add, with every exception of the addition handled: the judge of the lanes
 * whose fast sum met one (mixed-add.ts). Both lanes do the same. About 190 to 300 us more (which is 4 to 5.4 times the
 * whole, secp256k1 the most): so much slower is a node for which someone makes every signature meet an exception.
 */
import { copy, sub } from "../field/pair";
import { bitsAt } from "../field/words";
import { isZeroLane } from "./canonical";
import { AFFINE_BYTES, GENERATOR, curve, ONE, Y, Z } from "./curve";
import { mixedAdd } from "./mixed-add";

const ZZ: usize = memory.data(80, 16);
const DIFFERENCE: usize = memory.data(80, 16);

/** sum = q. */
function start<C>(sum: usize, q: usize): void {
  memory.copy(sum, q, AFFINE_BYTES);
  copy(sum + Z, curve<C>().constants() + ONE);
}

function isSameX<C>(sum: usize, q: usize): bool {
  const c = curve<C>();
  c.sqr(ZZ, sum + Z);
  c.mul(DIFFERENCE, q, ZZ);
  sub(DIFFERENCE, DIFFERENCE, sum);
  return isZeroLane<C>(DIFFERENCE, 0);
}

/** For points with the same x, after `isSameX`. */
function isSameY<C>(sum: usize, q: usize): bool {
  const c = curve<C>();
  c.mul(ZZ, ZZ, sum + Z);
  c.mul(DIFFERENCE, q + Y, ZZ);
  sub(DIFFERENCE, DIFFERENCE, sum + Y);
  return isZeroLane<C>(DIFFERENCE, 0);
}

/** sum += q; returns whether the new sum is infinity, and takes whether the old one is. */
function addExactly<C>(sum: usize, q: usize, isInfinite: bool): bool {
  if (isInfinite) {
    start<C>(sum, q);
    return false;
  }
  if (!isSameX<C>(sum, q)) {
    mixedAdd<C>(sum, q);
    return false;
  }
  if (!isSameY<C>(sum, q)) return true;
  curve<C>().double(sum);
  return false;
}

/** sum = u G + v Q for the lanes of the affine pair `point`, which are equal; false when that is infinity. */
export function completeSum<C>(sum: usize, u: usize, v: usize, point: usize): bool {
  const generator = curve<C>().constants() + GENERATOR;
  let isInfinite = true;
  for (let i: i32 = 255; i >= 0; i--) {
    if (!isInfinite) curve<C>().double(sum);
    if ((bitsAt(u, i) & 1) !== 0) isInfinite = addExactly<C>(sum, generator, isInfinite);
    if ((bitsAt(v, i) & 1) !== 0) isInfinite = addExactly<C>(sum, point, isInfinite);
  }
  return !isInfinite;
}
