/**
 * Scalars as odd signed digits, so that no window is ever empty and two lanes always do the same.
 *
 * An odd k below 2^(w t) is the sum of t digits d(i) 2^(w i), all odd, |d(i)| < 2^w (Joye and Tunstall 2009). They need
 * no recoding: with E = (k >> 1) + 2^(w t - 1) and e(i) its plain windows of w bits, d(i) = 2 e(i) + 1 - 2^w. An even
 * scalar is replaced by n - k, which is odd, and the sign of all its digits turned.
 *
 * A scalar in this form is 40 bytes: the words of the odd number, then -1 when its digits are to be turned, else 0.
 */
import { ORDER } from "./curve";
import { bitsAt, copyWords, subWords } from "../field/words";

export const ODD_BYTES: u32 = 40;
export const SIGN: u32 = 32;

/** The scalar `words`, below n, in odd form. Zero becomes n. */
export function oddScalar(out: usize, words: usize, constants: usize): void {
  const isEven = (load<u8>(words) & 1) === 0;
  if (isEven) subWords(out, constants + ORDER, words);
  else copyWords(out, words);
  store<i32>(out, isEven ? -1 : 0, SIGN);
}

/** Window `i` of `width` bits, e(i); `isTop` for the last one. */
// @ts-ignore: decorator
@inline
export function windowOf(odd: usize, i: u32, width: u32, isTop: bool): u32 {
  const bits = <u32>bitsAt(odd, i * width + 1) & ((1 << width) - 1);
  return isTop ? bits | (1 << (width - 1)) : bits;
}

/** -1 when the digit of the window is negative, else 0, before the turn of sign. */
// @ts-ignore: decorator
@inline
export function digitSign(window: u32, width: u32): i32 {
  return <i32>(window >> (width - 1)) - 1;
}

/** The entry (|d| - 1) / 2 of the digit in a table of odd multiples. */
// @ts-ignore: decorator
@inline
export function digitEntry(window: u32, sign: i32, width: u32): u32 {
  return (window ^ <u32>sign) & ((1 << (width - 1)) - 1);
}
