/**
 * Integers modulo the order of a group, in four 64-bit words: Montgomery multiplication by 32-bit digits (CIOS, Koç,
 * Acar, Kaliski 1996). A verification takes six of them beside several thousand products of the field, so that one
 * scalar routine for all three orders is enough.
 *
 * `modulus` is the address of a curve's constants (curve.ts).
 */
import { ORDER, ORDER_FACTOR, ORDER_SQUARE } from "../curve/curve";
import { addWords, copyWords, isBelowWords, isZeroWords, subWords } from "./words";

const MASK: u64 = 0xffffffff;
const ALMOST: usize = memory.data(128, 16);
const POWER: usize = memory.data(32, 16);
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

/** a >>= bits, for 0 < bits < 64. */
function shiftDown(a: usize, bits: u64): void {
  const w1 = load<u64>(a, 8);
  const w2 = load<u64>(a, 16);
  const w3 = load<u64>(a, 24);
  store<u64>(a, (load<u64>(a) >> bits) | (w1 << (64 - bits)));
  store<u64>(a, (w1 >> bits) | (w2 << (64 - bits)), 8);
  store<u64>(a, (w2 >> bits) | (w3 << (64 - bits)), 16);
  store<u64>(a, w3 >> bits, 24);
}

/** a <<= bits, for 0 < bits < 64. */
function shiftUp(a: usize, bits: u64): void {
  const w0 = load<u64>(a);
  const w1 = load<u64>(a, 8);
  const w2 = load<u64>(a, 16);
  store<u64>(a, w0 << bits);
  store<u64>(a, (w1 << bits) | (w0 >> (64 - bits)), 8);
  store<u64>(a, (w2 << bits) | (w1 >> (64 - bits)), 16);
  store<u64>(a, (load<u64>(a, 24) << bits) | (w2 >> (64 - bits)), 24);
}

/**
 * out = 2^512 / a modulo n, 0 < a < n: the inverse of a in Montgomery's form, by the almost inverse (Kaliski 1995).
 *
 * Kept true, up to one sign for both: a r = -u 2^k, a s = v 2^k modulo n, and u s + v r = n; so r and s stay below n
 * while u and v are not 0. v loses its trailing zeros, u and v change places when u is the greater, and v loses u; at
 * the end u = 1 and r = -+ 2^k / a, with k from 255 (for a = 1) to 512.
 */
export function invertOrder(out: usize, a: usize, modulus: usize): void {
  let u = ALMOST;
  let v = ALMOST + 32;
  let r = ALMOST + 64;
  let s = ALMOST + 96;
  copyWords(u, modulus + ORDER);
  copyWords(v, a);
  memory.fill(r, 0, 32);
  copyWords(s, UNIT);
  let k: u64 = 0;
  let isNegative = true;
  while (!isZeroWords(v)) {
    const low = load<u64>(v);
    const zeros = low === 0 ? 63 : ctz<u64>(low);
    if (zeros !== 0) {
      shiftDown(v, zeros);
      shiftUp(r, zeros);
      k += zeros;
      if (low === 0) continue;
    }
    if (isBelowWords(v, u)) {
      let t = u;
      u = v;
      v = t;
      t = r;
      r = s;
      s = t;
      isNegative = !isNegative;
    }
    subWords(v, v, u);
    addWords(s, s, r);
  }
  if (isNegative) subWords(r, modulus + ORDER, r);
  scaleOrder(out, r, k, modulus);
}

/** out = a 2^(512 - k) modulo n, for k from 255 to 512. */
function scaleOrder(out: usize, a: usize, k: u64, modulus: usize): void {
  if (k === 255) {
    addOrder(a, a, a, modulus);
  } else if (k > 256) {
    const bit = 512 - k;
    memory.fill(POWER, 0, 32);
    store<u64>(POWER + <usize>((bit >> 6) << 3), 1 << (bit & 63));
    mulOrder(a, POWER, a, modulus);
  }
  mulOrder(out, a, modulus + ORDER_SQUARE, modulus);
}
