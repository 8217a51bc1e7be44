/**
 * Scalars of secp256k1 in two halves: k = k1 + k2 lambda modulo n, where lambda (x, y) = (beta x, y) (Gallant, Lambert,
 * Vanstone 2001; the basis (a1, b1), (a2, b2) of short vectors is that of Bitcoin's library).
 *
 * c1 and c2 are the rounded quotients b2 k / n and -b1 k / n, by factors scaled with 2^384. The windows want odd
 * halves: a1, b1 and b2 are odd and a2 is even, so a vector, or the difference of both, turns the parity of exactly the
 * halves that are even. The halves stay below 2^129 in magnitude; arithmetic is modulo 2^192, in two's complement.
 */
import { ODD_BYTES, SIGN } from "./window";

const G1 = memory.data<u64>([0xe893209a45dbb031, 0x3daa8a1471e8ca7f, 0xe86c90e49284eb15, 0x3086d221a7d46bcd]);
const G2 = memory.data<u64>([0x1571b4ae8ac47f71, 0x221208ac9df506c6, 0x6f547fa90abfe4c4, 0xe4437ed6010e8828]);
const A1 = memory.data<u64>([0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0]);
const MINUS_B1 = memory.data<u64>([0x6f547fa90abfe4c3, 0xe4437ed6010e8828, 0]);
const A2 = memory.data<u64>([0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1]);
/** What is added to (k1, k2) when neither, k1, k2, both are even: 0, v1 - v2, v2, v1. */
const ADJUSTMENTS = memory.data<u64>([
  0, 0, 0,
  0, 0, 0,
  0x90ab8056f5401b3d, 0x1bbc8129fef177d7, 0xffffffffffffffff,
  0xa83eef7262bb3028, 0xeb35af08571d0c09, 0xfffffffffffffffe,
  0x57c1108d9d44cfd8, 0x14ca50f7a8e2f3f6, 1,
  0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0,
  0xe86c90e49284eb15, 0x3086d221a7d46bcd, 0,
  0x90ab8056f5401b3d, 0x1bbc8129fef177d7, 0xffffffffffffffff,
]);

const WIDE: usize = memory.data(64, 16);
const C1: usize = memory.data(24, 16);
const C2: usize = memory.data(24, 16);
const TERM: usize = memory.data(24, 16);
const HALF: usize = memory.data(48, 16);

/** The lowest `digits` 32-bit digits of a * b, of `aDigits` and `bDigits` digits. */
function multiplyDigits(out: usize, a: usize, aDigits: u32, b: usize, bDigits: u32, digits: u32): void {
  memory.fill(out, 0, 4 * digits);
  for (let i: u32 = 0; i < aDigits; i++) {
    const x = <u64>load<u32>(a + 4 * i);
    let carry: u64 = 0;
    for (let j: u32 = 0; j < bDigits && i + j < digits; j++) {
      const at = out + 4 * (i + j);
      const t = x * load<u32>(b + 4 * j) + load<u32>(at) + carry;
      store<u32>(at, <u32>t);
      carry = t >> 32;
    }
    if (i + bDigits < digits) store<u32>(out + 4 * (i + bDigits), <u32>carry);
  }
}

/** out = a * b / 2^384, rounded, of 128 bits. */
function scaledQuotient(out: usize, a: usize, b: usize): void {
  multiplyDigits(WIDE, a, 8, b, 8, 16);
  const low = load<u64>(WIDE, 48) + (load<u64>(WIDE, 40) >> 63);
  store<u64>(out, low);
  store<u64>(out, load<u64>(WIDE, 56) + u64(low < load<u64>(WIDE, 48)), 8);
  store<u64>(out, 0, 16);
}

/** a += b, or a -= b, modulo 2^192. */
function accumulate(a: usize, b: usize, isMinus: bool): void {
  const mask: u64 = isMinus ? ~0 : 0;
  let carry: u64 = mask & 1;
  for (let i: usize = 0; i < 24; i += 8) {
    const x = load<u64>(a + i);
    const partial = x + (load<u64>(b + i) ^ mask);
    const sum = partial + carry;
    carry = u64(partial < x) | u64(sum < partial);
    store<u64>(a + i, sum);
  }
}

function accumulateProduct(a: usize, c: usize, factor: usize, isMinus: bool): void {
  multiplyDigits(TERM, c, 4, factor, 6, 6);
  accumulate(a, TERM, isMinus);
}

/** The odd form (window.ts) of a half. */
function storeHalf(out: usize, half: usize): void {
  const isNegative = load<i64>(half, 16) < 0;
  memory.fill(out, 0, ODD_BYTES);
  if (isNegative) accumulate(out, half, true);
  else memory.copy(out, half, 24);
  store<i32>(out, isNegative ? -1 : 0, SIGN);
}

/** Writes the odd forms of k1 and k2 for the scalar `words` below n. */
export function splitScalar(out: usize, words: usize): void {
  scaledQuotient(C1, words, G1);
  scaledQuotient(C2, words, G2);
  memory.copy(HALF, words, 24);
  accumulateProduct(HALF, C1, A1, true);
  accumulateProduct(HALF, C2, A2, true);
  memory.fill(HALF + 24, 0, 24);
  accumulateProduct(HALF + 24, C1, MINUS_B1, false);
  accumulateProduct(HALF + 24, C2, A1, true);
  const even1 = ~load<u32>(HALF) & 1;
  const even2 = ~load<u32>(HALF, 24) & 1;
  const adjustment = ADJUSTMENTS + 48 * (even1 | (even2 << 1));
  accumulate(HALF, adjustment, false);
  accumulate(HALF + 24, adjustment + 24, false);
  storeHalf(out, HALF);
  storeHalf(out + ODD_BYTES, HALF + 24);
}
