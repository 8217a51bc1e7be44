/**
 * One point at a time, its coordinates in the two lanes: for single signatures, where there is no second point.
 *
 * A point is two pairs, (X, Y) and (Z, T); a table entry is two pairs, (Y - X, Y + X) and (2 d T, 2 Z). Doubling takes
 * two squarings and two multiplications of pairs, addition four multiplications: half of what one lane alone would
 * take. Formulas as in edwards25519.ts, from the Explicit-Formulas Database; sums across the lanes are shuffles.
 */
import {
  FE_BYTES,
  FE_PAIR_BYTES,
  feAdd,
  feCarry,
  feConstant,
  feGather,
  feMul,
  feSquare,
  feTighten,
  feZeroBits,
  vectorAdd,
  vectorBlend,
  vectorSub,
  vectorSwap,
} from "../field/fe25519";
import { FE_ONE } from "./edwards25519";

/** (X, Y), (Z, T) of a point; as many bytes has a table entry. */
export const SOLO_BYTES: usize = 2 * FE_PAIR_BYTES;
const SECOND: usize = FE_PAIR_BYTES;

const AB: usize = memory.data(80, 16);
const CD: usize = memory.data(80, 16);
const EG: usize = memory.data(80, 16);
const FH: usize = memory.data(80, 16);
const FE: usize = memory.data(80, 16);
const GH: usize = memory.data(80, 16);
/** (2 d, 2): what (T, Z) is multiplied by in a table entry. */
const TWO_D_TWO: usize = memory.data(80, 16);

/** Constants are in place; called once before anything else of this file. */
export function setUpSolo25519(): void {
  feConstant(AB, 0xebd69b9426b2f159, 0x00e0149a8283b156, 0x198e80f2eef3d130, 0x2406d9dc56dffce7);
  feAdd(CD, FE_ONE, FE_ONE);
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    v128.store(TWO_D_TWO + at, vectorBlend(v128.load(AB + at), v128.load(CD + at)));
  }
}

// @ts-ignore: decorator
@inline
function finish(out: usize): void {
  feTighten(EG);
  feTighten(FE);
  feMul(out, FH, EG);
  feMul(out + SECOND, FE, GH);
}

/** `out` = 2 `point`; they may be the same. */
export function soloDouble(out: usize, point: usize): void {
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const xy = v128.load(point + at);
    v128.store(CD + at, vectorBlend(v128.load(point + SECOND + at), vectorAdd(xy, vectorSwap(xy))));
  }
  feTighten(CD);
  feSquare(AB, point); // (A, B) = (X^2, Y^2)
  feSquare(CD, CD); // (Z^2, (X + Y)^2)
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const ab = v128.load(AB + at);
    const cd = v128.load(CD + at);
    const h = vectorAdd(ab, vectorSwap(ab)); // all four negated, as in edwards25519.ts
    const g = vectorSub(ab, vectorSwap(ab)); // G, -
    const e = vectorSub(h, cd); // -, E
    const f = vectorAdd(vectorAdd(cd, cd), g); // F, -
    put(at, vectorSwap(vectorBlend(g, e)), vectorBlend(f, h), vectorBlend(f, e), vectorBlend(g, h));
  }
  feTighten(FH);
  finish(out);
}

// @ts-ignore: decorator
@inline
function put(at: usize, eg: v128, fh: v128, fe: v128, gh: v128): void {
  v128.store(EG + at, eg);
  v128.store(FH + at, fh);
  v128.store(FE + at, fe);
  v128.store(GH + at, gh);
}

/** `out` = `point` + the entry, or less the entry when `isNegative`; `out` may be `point`. */
export function soloAdd(out: usize, point: usize, entry: usize, isNegative: bool): void {
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const xy = v128.load(point + at);
    const yx = vectorSwap(xy);
    v128.store(AB + at, vectorBlend(vectorSub(yx, xy), vectorAdd(xy, yx)));
    v128.store(CD + at, vectorSwap(v128.load(point + SECOND + at)));
    const sums = v128.load(entry + at);
    v128.store(EG + at, isNegative ? vectorSwap(sums) : sums);
  }
  feMul(AB, AB, EG); // (A, B)
  feMul(CD, CD, entry + SECOND); // (C, D)
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const ab = v128.load(AB + at);
    const cd = v128.load(CD + at);
    const ba = vectorSwap(ab);
    const dc = vectorSwap(cd);
    const h = vectorAdd(ab, ba);
    const sum = vectorAdd(cd, dc);
    const difference = vectorSub(dc, cd);
    // Less the entry: -C instead of C, so sum and difference of D and C change places.
    const f = isNegative ? sum : difference; // F, -
    const g = isNegative ? vectorBlend(difference, vectorSwap(difference)) : sum; // G, G
    put(
      at,
      vectorBlend(vectorSub(ba, ab), g),
      vectorBlend(f, h),
      vectorBlend(f, vectorSub(ab, ba)),
      vectorBlend(g, h),
    );
  }
  finish(out);
}

/** `entry` = the table entry of `point`. */
export function soloToEntry(entry: usize, point: usize): void {
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const xy = v128.load(point + at);
    const yx = vectorSwap(xy);
    v128.store(entry + at, vectorBlend(vectorSub(yx, xy), vectorAdd(xy, yx)));
    v128.store(CD + at, vectorSwap(v128.load(point + SECOND + at)));
  }
  feCarry(entry, entry);
  feMul(entry + SECOND, CD, TWO_D_TWO);
}

/** `point` = a point in lane form. */
export function soloFromLane(point: usize, lane: usize): void {
  feGather(point, lane, lane + FE_BYTES);
  feGather(point + SECOND, lane + 2 * FE_BYTES, lane + 3 * FE_BYTES);
}

/** True when eight times the point is the identity (X = 0, Y = Z). Changes `point`. */
export function isSoloOfSmallOrder(point: usize): bool {
  soloDouble(point, point);
  soloDouble(point, point);
  soloDouble(point, point);
  for (let at: usize = 0; at < FE_PAIR_BYTES; at += 16) {
    const xy = v128.load(point + at);
    const difference = vectorSub(xy, vectorSwap(v128.load(point + SECOND + at)));
    v128.store(AB + at, vectorBlend(xy, difference));
  }
  return feZeroBits(AB) == 3;
}
