/** Inverses of many pairs at the price of one: Montgomery's trick, each lane by itself. */
import { copy, PAIR_BYTES } from "../field/pair";
import { INVERSE_EXPONENT, curve, ONE } from "./curve";

const PREFIXES: usize = memory.data(64 * 80, 16);
const POWERS: usize = memory.data(16 * 80, 16);
const INVERSE: usize = memory.data(80, 16);
const STEP: usize = memory.data(80, 16);

/** out = 1 / a by Fermat, four bits of p - 2 at a time; 0 for 0. */
export function invertPair<C>(out: usize, a: usize): void {
  const c = curve<C>();
  copy(POWERS, c.constants() + ONE);
  for (let i: usize = 1; i < 16; i++) c.mul(POWERS + i * PAIR_BYTES, POWERS + (i - 1) * PAIR_BYTES, a);
  copy(STEP, POWERS);
  for (let i: i32 = 63; i >= 0; i--) {
    for (let j = 0; j < 4; j++) c.sqr(STEP, STEP);
    const nibble = (load<u8>(c.constants() + INVERSE_EXPONENT + (i >> 1)) >> <u8>(4 * (i & 1))) & 15;
    if (nibble !== 0) c.mul(STEP, STEP, POWERS + <u32>nibble * PAIR_BYTES);
  }
  copy(out, STEP);
}

/** Replaces the `count` (1 to 64) pairs, `stride` bytes apart, by their inverses. None of their lanes may be zero. */
export function invertPairs<C>(pairs: usize, stride: u32, count: i32): void {
  const c = curve<C>();
  copy(PREFIXES, pairs);
  for (let i = 1; i < count; i++) {
    c.mul(PREFIXES + i * PAIR_BYTES, PREFIXES + (i - 1) * PAIR_BYTES, pairs + i * stride);
  }
  invertPair<C>(INVERSE, PREFIXES + (count - 1) * PAIR_BYTES);
  for (let i = count - 1; i > 0; i--) {
    const at = pairs + i * stride;
    c.mul(STEP, INVERSE, PREFIXES + (i - 1) * PAIR_BYTES);
    c.mul(INVERSE, INVERSE, at);
    copy(at, STEP);
  }
  copy(pairs, INVERSE);
}
