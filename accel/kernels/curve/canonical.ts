/** From pairs to integers: one lane, fully reduced. */
import { LEAVE, curve, PRIME } from "./curve";
import { laneLimbs } from "../field/pair";
import { isBelowWords, isZeroWords, subWords } from "../field/words";

const LIMBS: usize = memory.data(96, 16);
const LEFT: usize = memory.data(80, 16);
const WORDS: usize = memory.data(32, 16);

function carryLimbs(): i64 {
  for (let at = LIMBS; at < LIMBS + 72; at += 8) {
    const limb = load<i64>(at);
    store<i64>(at, limb & 0x3ffffff);
    store<i64>(at, load<i64>(at, 8) + (limb >> 26), 8);
  }
  const highest = load<i64>(LIMBS, 72);
  store<i64>(LIMBS, highest & 0x3fffff, 72);
  return highest >> 22;
}

function packLimbs(out: usize): void {
  const a = LIMBS;
  const l2 = load<u64>(a, 16);
  const l4 = load<u64>(a, 32);
  const l7 = load<u64>(a, 56);
  store<u64>(out, load<u64>(a) | (load<u64>(a, 8) << 26) | (l2 << 52));
  store<u64>(out, (l2 >> 12) | (load<u64>(a, 24) << 14) | (l4 << 40), 8);
  store<u64>(out, (l4 >> 24) | (load<u64>(a, 40) << 2) | (load<u64>(a, 48) << 28) | (l7 << 54), 16);
  store<u64>(out, (l7 >> 10) | (load<u64>(a, 64) << 16) | (load<u64>(a, 72) << 42), 24);
}

/** The words of lane 0 (A) or 1 (B), below p, in the form in which the field keeps them. */
export function laneToWords<C>(out: usize, pair: usize, lane: u32): void {
  laneLimbs(LIMBS, pair, lane);
  for (let above = carryLimbs(); above !== 0; above = carryLimbs()) curve<C>().foldLimbs(LIMBS, above);
  packLimbs(out);
  const prime = curve<C>().constants() + PRIME;
  if (!isBelowWords(out, prime)) subWords(out, out, prime);
}

/** The plain integers of both lanes, below p. */
export function pairToIntegers<C>(outA: usize, outB: usize, pair: usize): void {
  const c = curve<C>();
  c.mul(LEFT, pair, c.constants() + LEAVE);
  laneToWords<C>(outA, LEFT, 0);
  laneToWords<C>(outB, LEFT, 1);
}

/** True when the lane is 0 modulo p. */
export function isZeroLane<C>(pair: usize, lane: u32): bool {
  laneToWords<C>(WORDS, pair, lane);
  return isZeroWords(WORDS);
}
