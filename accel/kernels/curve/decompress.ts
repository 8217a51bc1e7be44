/** Points of compressed keys (SEC 1, 2.3.4), two at a time. */
import { add, blend, copy, laneMask, negateBy, sub } from "../field/pair";
import { wordsToBytes } from "../field/words";
import { isZeroLane, pairToIntegers } from "./canonical";
import { GENERATOR, curve, PAIR_A, PAIR_B, Y } from "./curve";
import { pairFromIntegers } from "./prepare";

const SQUARE: usize = memory.data(80, 16);
const CHECK: usize = memory.data(80, 16);
const WORDS: usize = memory.data(64, 16);

/**
 * Writes the affine pair with the x of `wordsA`, `wordsB` (below p) and y of the parities 0 or 1. Returns bit 0 when
 * lane A is a point, bit 1 for lane B; a lane that is none holds the generator instead.
 */
export function decompressPair<C>(out: usize, wordsA: usize, wordsB: usize, parityA: u32, parityB: u32): u32 {
  const c = curve<C>();
  pairFromIntegers<C>(out, wordsA, wordsB);
  c.sqr(SQUARE, out);
  add(SQUARE, SQUARE, c.constants() + PAIR_A);
  c.mul(SQUARE, SQUARE, out);
  add(SQUARE, SQUARE, c.constants() + PAIR_B);
  c.normalize(SQUARE, SQUARE);
  c.root(out + Y, SQUARE);
  c.sqr(CHECK, out + Y);
  sub(CHECK, CHECK, SQUARE);
  const isPointA = isZeroLane<C>(CHECK, 0);
  const isPointB = isZeroLane<C>(CHECK, 1);
  pairToIntegers<C>(WORDS, WORDS + 32, out + Y);
  const turnA = -<i32>((load<u32>(WORDS) & 1) ^ parityA);
  const turnB = -<i32>((load<u32>(WORDS, 32) & 1) ^ parityB);
  negateBy(out + Y, out + Y, laneMask(turnA, turnB));
  c.normalize(out + Y, out + Y);
  replaceLanes<C>(out, isPointA, isPointB);
  return u32(isPointA) | (u32(isPointB) << 1);
}

function replaceLanes<C>(point: usize, keepsA: bool, keepsB: bool): void {
  const generator = curve<C>().constants() + GENERATOR;
  for (let i: usize = 0; i < 160; i += 80) {
    if (!keepsA) blend(point + i, generator + i, point + i);
    if (!keepsB) blend(point + i, point + i, generator + i);
  }
}

/** The 32 big-endian bytes of the coordinate in both lanes. */
export function coordinateBytes<C>(outA: usize, outB: usize, pair: usize): void {
  pairToIntegers<C>(WORDS, WORDS + 32, pair);
  wordsToBytes(outA, WORDS);
  wordsToBytes(outB, WORDS + 32);
}
