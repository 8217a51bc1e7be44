/**
 * Two field elements side by side: one of each of two independent computations, moved by the same instructions.
 *
 * `pair-integer.ts` holds the form for every engine with SIMD, `pair-fused.ts` the one for engines with fused
 * multiply-add; the condition is static, so that the other one is not in the module. How far sums may go before they
 * are multiplied is said there and in columns-fused.ts; the callers keep to the narrower bounds of both.
 *
 * Nothing here is constant in time.
 */
import * as fused from "./pair-fused";
import * as integer from "./pair-integer";

export const PAIR_BYTES: u32 = 80;
/** One lane of a pair, limbs in order: how points of tables shared by both lanes are kept. */
export const LANE_BYTES: u32 = 40;

// @ts-ignore: decorator
@inline
export function copy(out: usize, a: usize): void {
  memory.copy(out, a, PAIR_BYTES);
}

/** out = a + b. */
// @ts-ignore: decorator
@inline
export function add(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.add(out, a, b);
  else integer.add(out, a, b);
}

/** out = a - b. */
// @ts-ignore: decorator
@inline
export function sub(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.sub(out, a, b);
  else integer.sub(out, a, b);
}

/** The mask that `negateBy` takes: a lane is negated where `a`, `b` is -1, not where it is 0. */
// @ts-ignore: decorator
@inline
export function laneMask(a: i32, b: i32): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.laneMask(a, b);
  return integer.laneMask(a, b);
}

/** out = -a in the lanes of the mask, a in the others. */
// @ts-ignore: decorator
@inline
export function negateBy(out: usize, a: usize, mask: v128): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.negateBy(out, a, mask);
  else integer.negateBy(out, a, mask);
}

/** Lane A of `a` and lane B of `b`. */
// @ts-ignore: decorator
@inline
export function blend(out: usize, a: usize, b: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.blend(out, a, b);
  else integer.blend(out, a, b);
}

/** The pair of two single lanes. */
// @ts-ignore: decorator
@inline
export function join(out: usize, laneA: usize, laneB: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.join(out, laneA, laneB);
  else integer.join(out, laneA, laneB);
}

/** Lane 0 (A) or 1 (B) of the pair, alone. */
// @ts-ignore: decorator
@inline
export function splitLane(out: usize, pair: usize, lane: u32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.splitLane(out, pair, lane);
  else integer.splitLane(out, pair, lane);
}

/** Both lanes are lane 0 (A) or 1 (B) of the pair. */
// @ts-ignore: decorator
@inline
export function spreadLane(out: usize, pair: usize, lane: u32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.spreadLane(out, pair, lane);
  else integer.spreadLane(out, pair, lane);
}

/** The limbs of one lane as ten 64-bit integers of weights 2^(26 i), signed. */
// @ts-ignore: decorator
@inline
export function laneLimbs(out: usize, pair: usize, lane: u32): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.laneLimbs(out, pair, lane);
  else integer.laneLimbs(out, pair, lane);
}

/** The pair whose lanes are the integers of four 64-bit words at `wordsA` and `wordsB`. */
// @ts-ignore: decorator
@inline
export function pairFromWords(out: usize, wordsA: usize, wordsB: usize): void {
  if (ASC_FEATURE_RELAXED_SIMD) fused.pairFromWords(out, wordsA, wordsB);
  else integer.pairFromWords(out, wordsA, wordsB);
}
