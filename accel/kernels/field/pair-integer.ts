/**
 * Pairs of field elements in integer SIMD: what `pair.ts` offers, for every engine.
 *
 * An element has ten signed limbs of 26 bits, value = sum of limb(i) * 2^(26 i). A pair takes five vectors of four
 * 32-bit numbers; vector k holds, for the lanes A and B,
 *
 *   A limb 2k | B limb 2k | A limb 2k+1 | B limb 2k+1
 *
 * so that the "low" products of two vectors are those of even limbs, the "high" products those of odd limbs, and no
 * limb has to be moved before it is multiplied. Limbs are signed and sums are lazy: add and sub are five instructions
 * and reduce nothing. A product takes limbs of magnitude up to 2^29, a square up to 2^28; products give limbs below
 * 2^26 + 2^7 (the highest one signed and small), `normalize` brings anything below 2^30 back to that size.
 *
 * Nothing here is constant in time.
 */
import { elementLimb } from "./words";

const PAIR_BYTES: u32 = 80;

// @ts-ignore: decorator
@inline
export function add(out: usize, a: usize, b: usize): void {
  v128.store(out, i32x4.add(v128.load(a), v128.load(b)));
  v128.store(out, i32x4.add(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, i32x4.add(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, i32x4.add(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, i32x4.add(v128.load(a, 64), v128.load(b, 64)), 64);
}

// @ts-ignore: decorator
@inline
export function sub(out: usize, a: usize, b: usize): void {
  v128.store(out, i32x4.sub(v128.load(a), v128.load(b)));
  v128.store(out, i32x4.sub(v128.load(a, 16), v128.load(b, 16)), 16);
  v128.store(out, i32x4.sub(v128.load(a, 32), v128.load(b, 32)), 32);
  v128.store(out, i32x4.sub(v128.load(a, 48), v128.load(b, 48)), 48);
  v128.store(out, i32x4.sub(v128.load(a, 64), v128.load(b, 64)), 64);
}

/** out = a * 2^bits. */
// @ts-ignore: decorator
@inline
export function shift(out: usize, a: usize, bits: i32): void {
  v128.store(out, i32x4.shl(v128.load(a), bits));
  v128.store(out, i32x4.shl(v128.load(a, 16), bits), 16);
  v128.store(out, i32x4.shl(v128.load(a, 32), bits), 32);
  v128.store(out, i32x4.shl(v128.load(a, 48), bits), 48);
  v128.store(out, i32x4.shl(v128.load(a, 64), bits), 64);
}

/** All bits of a lane where `negateA`, `negateB` is -1, none where it is 0: the mask that `negateBy` takes. */
// @ts-ignore: decorator
@inline
export function laneMask(a: i32, b: i32): v128 {
  const low = i32x4.replace_lane(i32x4.splat(a), 1, b);
  return v128.shuffle<i64>(low, low, 0, 0);
}

/** out = -a in the lanes of the mask, a in the others. */
// @ts-ignore: decorator
@inline
export function negateBy(out: usize, a: usize, mask: v128): void {
  for (let i: usize = 0; i < PAIR_BYTES; i += 16) {
    v128.store(out + i, i32x4.sub(v128.xor(v128.load(a + i), mask), mask));
  }
}

/** Lane A of `a` and lane B of `b`. */
// @ts-ignore: decorator
@inline
export function blend(out: usize, a: usize, b: usize): void {
  v128.store(out, v128.shuffle<i32>(v128.load(a), v128.load(b), 0, 5, 2, 7));
  v128.store(out, v128.shuffle<i32>(v128.load(a, 16), v128.load(b, 16), 0, 5, 2, 7), 16);
  v128.store(out, v128.shuffle<i32>(v128.load(a, 32), v128.load(b, 32), 0, 5, 2, 7), 32);
  v128.store(out, v128.shuffle<i32>(v128.load(a, 48), v128.load(b, 48), 0, 5, 2, 7), 48);
  v128.store(out, v128.shuffle<i32>(v128.load(a, 64), v128.load(b, 64), 0, 5, 2, 7), 64);
}

/** The pair of two single lanes. */
// @ts-ignore: decorator
@inline
export function join(out: usize, laneA: usize, laneB: usize): void {
  v128.store(out, joined(laneA, laneB, 0));
  v128.store(out, joined(laneA, laneB, 8), 16);
  v128.store(out, joined(laneA, laneB, 16), 32);
  v128.store(out, joined(laneA, laneB, 24), 48);
  v128.store(out, joined(laneA, laneB, 32), 64);
}

// @ts-ignore: decorator
@inline
function joined(laneA: usize, laneB: usize, at: usize): v128 {
  return v128.shuffle<i32>(v128.load64_zero(laneA + at), v128.load64_zero(laneB + at), 0, 4, 1, 5);
}

/** Lane 0 (A) or 1 (B) of the pair, alone. */
export function splitLane(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < 5; i++) {
    store<u32>(out + 8 * i, load<u32>(pair + 16 * i + 4 * lane));
    store<u32>(out + 8 * i, load<u32>(pair + 16 * i + 4 * lane, 8), 4);
  }
}

/** Both lanes are lane 0 (A) or 1 (B) of the pair. */
export function spreadLane(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < PAIR_BYTES; i += 8) {
    const limb = load<u32>(pair + i + 4 * lane);
    store<u64>(out + i, <u64>limb | (<u64>limb << 32));
  }
}

/** The limbs of one lane as ten integers of 64 bits. */
export function laneLimbs(out: usize, pair: usize, lane: u32): void {
  for (let i: usize = 0; i < 10; i++) {
    store<i64>(out + 8 * i, load<i32>(pair + 16 * (i >> 1) + 8 * (i & 1) + 4 * lane));
  }
}

/** The pair whose lanes are the integers of four 64-bit words at `wordsA` and `wordsB`. */
export function pairFromWords(out: usize, wordsA: usize, wordsB: usize): void {
  for (let i: usize = 0; i < 10; i++) {
    const at = out + 16 * (i >> 1) + 8 * (i & 1);
    store<u32>(at, elementLimb(wordsA, <u32>i));
    store<u32>(at, elementLimb(wordsB, <u32>i), 4);
  }
}
