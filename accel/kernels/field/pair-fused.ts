/**
 * Pairs of field elements as doubles: what `pair.ts` offers, for the arithmetic with fused multiply-add.
 *
 * Vector k of a pair holds limb k of the lanes A and B (columns-fused.ts says what a limb is). Limbs are integers, so
 * that sums are exact while they are below 2^53 in size.
 *
 * Nothing here is constant in time.
 */
import { elementLimb } from "./words";

// @ts-ignore: decorator
@inline
export function add(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.add(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.add(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.add(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.add(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.add(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
export function sub(out: usize, a: usize, b: usize): void {
  v128.store(out, f64x2.sub(v128.load(a), v128.load(b)));
  v128.store(out, f64x2.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, f64x2.sub(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, f64x2.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, f64x2.sub(v128.load(a, 64), v128.load(b, 64)), 64);
}

/** The sign bits of the lanes where `a`, `b` is -1, none where it is 0. */
// @ts-ignore: decorator
@inline
export function laneMask(a: i32, b: i32): v128 {
  return i64x2.replace_lane(i64x2.splat(<i64>a << 63), 1, <i64>b << 63);
}

// @ts-ignore: decorator
@inline
export function negateBy(out: usize, a: usize, mask: v128): void {
  v128.store(out, v128.xor(v128.load(a), mask));
  v128.store(out, v128.xor(v128.load(a, 16), mask), 16);
  v128.store(out, v128.xor(v128.load(a, 32), mask), 32);
  v128.store(out, v128.xor(v128.load(a, 48), mask), 48);
  v128.store(out, v128.xor(v128.load(a, 64), mask), 64);
}

// @ts-ignore: decorator
@inline
export function blend(out: usize, a: usize, b: usize): void {
  v128.store(out, v128.shuffle<i64>(v128.load(a), v128.load(b), 0, 3));
  v128.store(out, v128.shuffle<i64>(v128.load(a, 16), v128.load(b, 16), 0, 3), 16);
  v128.store(out, v128.shuffle<i64>(v128.load(a, 32), v128.load(b, 32), 0, 3), 32);
  v128.store(out, v128.shuffle<i64>(v128.load(a, 48), v128.load(b, 48), 0, 3), 48);
  v128.store(out, v128.shuffle<i64>(v128.load(a, 64), v128.load(b, 64), 0, 3), 64);
}

// @ts-ignore: decorator
@inline
export function join(out: usize, laneA: usize, laneB: usize): void {
  v128.store(out, v128.load64_lane(laneB, v128.load64_zero(laneA), 1));
  v128.store(out, v128.load64_lane(laneB, v128.load64_zero(laneA, 8), 1, 8), 16);
  v128.store(out, v128.load64_lane(laneB, v128.load64_zero(laneA, 16), 1, 16), 32);
  v128.store(out, v128.load64_lane(laneB, v128.load64_zero(laneA, 24), 1, 24), 48);
  v128.store(out, v128.load64_lane(laneB, v128.load64_zero(laneA, 32), 1, 32), 64);
}

export function splitLane(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < 5; i++) store<f64>(out + 8 * i, load<f64>(pair + 16 * i + 8 * lane));
}

export function spreadLane(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < 80; i += 16) v128.store(out + i, v128.load64_splat(pair + i + 8 * lane));
}

/** The limbs of one lane as ten integers of 26 bits, the odd ones signed. */
export function laneLimbs(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < 5; i++) {
    const limb = <i64>load<f64>(pair + 16 * i + 8 * lane);
    store<i64>(out + 16 * i, limb & 0x3ffffff);
    store<i64>(out + 16 * i, limb >> 26, 8);
  }
}

const HALF: i64 = 0x8000000000000;

/** One lane of `out` is the integer at `words`, with signed limbs. */
function wordsToLane(out: usize, words: usize): void {
  let carry: i64 = 0;
  for (let i: u32 = 0; i < 5; i++) {
    const low = <i64>elementLimb(words, 2 * i);
    const limb = low + (<i64>elementLimb(words, 2 * i + 1) << 26) + carry;
    carry = (limb + HALF) >> 52;
    store<f64>(out + 16 * i, <f64>(limb - (carry << 52)));
  }
}

export function pairFromWords(out: usize, wordsA: usize, wordsB: usize): void {
  wordsToLane(out, wordsA);
  wordsToLane(out + 8, wordsB);
}
