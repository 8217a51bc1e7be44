/**
 * Integers modulo the order of a group, in four 64-bit words: Montgomery multiplication by 32-bit digits (CIOS, Koç,
 * Acar, Kaliski 1996). A verification takes six of them beside several thousand products of the field, so that one
 * scalar routine for all three orders is enough.
 *
 * `modulus` is the address of a curve's constants (curve.ts).
 */
import { ORDER, ORDER_FACTOR, ORDER_INVERSE_EXPONENT, ORDER_SQUARE } from "../curve/curve";
import { addWords, copyWords, isBelowWords, isZeroWords, subWords } from "./words";

const MASK: u64 = 0xffffffff;
const POWERS: usize = memory.data(512, 16);
const ACCUMULATOR: usize = memory.data(32, 16);
const UNIT = memory.data<u64>([1, 0, 0, 0]);

// @ts-ignore: decorator
@inline
function digit(words: usize, i: usize): u64 {
  return load<u32>(words + 4 * i);
}

/** out = a b / 2^256 modulo n, below n, for a < 2^256 and b < n. */
export function mulOrder(out: usize, a: usize, b: usize, modulus: usize): void {
  const n = modulus + ORDER;
  const factor = load<u64>(modulus, ORDER_FACTOR);
  const b0 = digit(b, 0);
  const b1 = digit(b, 1);
  const b2 = digit(b, 2);
  const b3 = digit(b, 3);
  const b4 = digit(b, 4);
  const b5 = digit(b, 5);
  const b6 = digit(b, 6);
  const b7 = digit(b, 7);
  let t0: u64 = 0;
  let t1: u64 = 0;
  let t2: u64 = 0;
  let t3: u64 = 0;
  let t4: u64 = 0;
  let t5: u64 = 0;
  let t6: u64 = 0;
  let t7: u64 = 0;
  let t8: u64 = 0;
  for (let i: usize = 0; i < 8; i++) {
    const x = digit(a, i);
    let c = t0 + x * b0;
    const m = ((c & MASK) * factor) & MASK;
    let d = (c & MASK) + m * digit(n, 0);
    c = t1 + x * b1 + (c >> 32);
    d = (c & MASK) + m * digit(n, 1) + (d >> 32);
    t0 = d & MASK;
    c = t2 + x * b2 + (c >> 32);
    d = (c & MASK) + m * digit(n, 2) + (d >> 32);
    t1 = d & MASK;
    c = t3 + x * b3 + (c >> 32);
    d = (c & MASK) + m * digit(n, 3) + (d >> 32);
    t2 = d & MASK;
    c = t4 + x * b4 + (c >> 32);
    d = (c & MASK) + m * digit(n, 4) + (d >> 32);
    t3 = d & MASK;
    c = t5 + x * b5 + (c >> 32);
    d = (c & MASK) + m * digit(n, 5) + (d >> 32);
    t4 = d & MASK;
    c = t6 + x * b6 + (c >> 32);
    d = (c & MASK) + m * digit(n, 6) + (d >> 32);
    t5 = d & MASK;
    c = t7 + x * b7 + (c >> 32);
    d = (c & MASK) + m * digit(n, 7) + (d >> 32);
    t6 = d & MASK;
    c = t8 + (c >> 32);
    d = c + (d >> 32);
    t7 = d & MASK;
    t8 = d >> 32;
  }
  store<u64>(out, t0 | (t1 << 32));
  store<u64>(out, t2 | (t3 << 32), 8);
  store<u64>(out, t4 | (t5 << 32), 16);
  store<u64>(out, t6 | (t7 << 32), 24);
  if (t8 !== 0 || !isBelowWords(out, n)) subWords(out, out, n);
}

/** out = a / 2^256 modulo n. */
export function leaveOrder(out: usize, a: usize, modulus: usize): void {
  mulOrder(out, a, UNIT, modulus);
}

/** out = a + b modulo n, for a and b below n. */
export function addOrder(out: usize, a: usize, b: usize, modulus: usize): void {
  const carry = addWords(out, a, b);
  if (carry !== 0 || !isBelowWords(out, modulus + ORDER)) subWords(out, out, modulus + ORDER);
}

/** out = a - b modulo n, for a and b below n. */
export function subOrder(out: usize, a: usize, b: usize, modulus: usize): void {
  if (subWords(out, a, b) !== 0) addWords(out, out, modulus + ORDER);
}

/** out = a modulo n, for any a of 256 bits: the orders are above 2^255. */
export function reduceOrder(out: usize, a: usize, modulus: usize): void {
  copyWords(out, a);
  if (!isBelowWords(out, modulus + ORDER)) subWords(out, out, modulus + ORDER);
}

/** True when 0 < a < n. */
export function isScalar(a: usize, modulus: usize): bool {
  return !isZeroWords(a) && isBelowWords(a, modulus + ORDER);
}

/** out = 2^512 / a modulo n: the inverse of a in Montgomery's form, by Fermat; four bits of n - 2 at a time. */
export function invertOrder(out: usize, a: usize, modulus: usize): void {
  mulOrder(POWERS, UNIT, modulus + ORDER_SQUARE, modulus);
  for (let i: usize = 32; i < 512; i += 32) mulOrder(POWERS + i, POWERS + i - 32, a, modulus);
  copyWords(ACCUMULATOR, POWERS);
  for (let i: i32 = 63; i >= 0; i--) {
    for (let j = 0; j < 4; j++) mulOrder(ACCUMULATOR, ACCUMULATOR, ACCUMULATOR, modulus);
    const nibble = (load<u8>(modulus + ORDER_INVERSE_EXPONENT + (i >> 1)) >> <u8>(4 * (i & 1))) & 15;
    if (nibble !== 0) mulOrder(ACCUMULATOR, ACCUMULATOR, POWERS + 32 * <u32>nibble, modulus);
  }
  copyWords(out, ACCUMULATOR);
}
