/**
 * Integers modulo the group order L = 2^252 + 27742317777372353535851937790883648493.
 *
 * Numbers are little-endian bytes; limbs of 32 bits, as WebAssembly multiplies 32 by 32 bits into 64 at once.
 * Reduction is Barrett's (Handbook of Applied Cryptography, 14.42) with b = 2^32, k = 8. Not constant in time: scalars
 * of a verification are public.
 */

const ORDER: usize = memory.data<u32>(
  [0x5cf5d3ed, 0x5812631a, 0xa2f79cd6, 0x14def9de, 0, 0, 0, 0x10000000, 0],
  16,
);
/** floor(2^512 / L) */
const FACTOR: usize = memory.data<u32>(
  [0x0a2c131b, 0xed9ce5a3, 0x086329a7, 0x2106215d, 0xffffffeb, 0xffffffff, 0xffffffff, 0xffffffff, 0xf],
  16,
);
const QUOTIENT: usize = memory.data(80, 16);
const PRODUCT: usize = memory.data(80, 16);
const WIDE: usize = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function limb(number: usize, index: usize): u64 {
  return load<u32>(number + 4 * index) as u64;
}

/** `out` (aLimbs + bLimbs limbs, not a or b) = a b. */
function multiplyLimbs(out: usize, a: usize, aLimbs: usize, b: usize, bLimbs: usize): void {
  memory.fill(out, 0, 4 * (aLimbs + bLimbs));
  for (let i: usize = 0; i < aLimbs; i++) {
    const factor = limb(a, i);
    let carry: u64 = 0;
    for (let j: usize = 0; j < bLimbs; j++) {
      const at = out + 4 * (i + j);
      const sum = factor * limb(b, j) + (load<u32>(at) as u64) + carry;
      store<u32>(at, sum as u32);
      carry = sum >> 32;
    }
    store<u32>(out + 4 * (i + bLimbs), carry as u32);
  }
}

/** `out` -= b over nine limbs, modulo 2^288. */
function subtractNine(out: usize, b: usize): void {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < 9; i++) {
    const difference = limb(out, i) - limb(b, i) - borrow;
    store<u32>(out + 4 * i, difference as u32);
    borrow = difference >> 63;
  }
}

/** a >= L, a of nine limbs. */
function isOrderOrAbove(a: usize): bool {
  for (let i: i32 = 8; i >= 0; i--) {
    const left = limb(a, i);
    const right = limb(ORDER, i);
    if (left != right) return left > right;
  }
  return true;
}

const REMAINDER: usize = memory.data(36, 16);

/** Writes the 64-byte number at `wide` modulo L (32 bytes). */
export function scalarReduce(out: usize, wide: usize): void {
  multiplyLimbs(QUOTIENT, wide + 4 * 7, 9, FACTOR, 9);
  multiplyLimbs(PRODUCT, QUOTIENT + 4 * 9, 9, ORDER, 8);
  memory.copy(REMAINDER, wide, 36);
  subtractNine(REMAINDER, PRODUCT);
  while (isOrderOrAbove(REMAINDER)) subtractNine(REMAINDER, ORDER);
  memory.copy(out, REMAINDER, 32);
}

/** `out` (32 bytes) = a b modulo L: a of 16 bytes, b of 32. */
export function scalarMultiply(out: usize, a: usize, b: usize): void {
  multiplyLimbs(WIDE, a, 4, b, 8);
  memory.fill(WIDE + 48, 0, 16);
  scalarReduce(out, WIDE);
}

/** `sum` (64 bytes) += a b, not reduced: a of 16 bytes, b of 32. There is room for 2^128 such products. */
export function scalarMultiplyAdd(sum: usize, a: usize, b: usize): void {
  multiplyLimbs(WIDE, a, 4, b, 8);
  let carry: u64 = 0;
  for (let i: usize = 0; i < 12; i++) {
    const total = limb(sum, i) + limb(WIDE, i) + carry;
    store<u32>(sum + 4 * i, total as u32);
    carry = total >> 32;
  }
  for (let i: usize = 12; carry > 0 && i < 16; i++) {
    const total = limb(sum, i) + carry;
    store<u32>(sum + 4 * i, total as u32);
    carry = total >> 32;
  }
}

/** True when the 32 bytes are a number below L: the rule for s of a signature. */
export function isScalarBelowOrder(scalar: usize): bool {
  memory.copy(REMAINDER, scalar, 32);
  store<u32>(REMAINDER, 0, 32);
  return !isOrderOrAbove(REMAINDER);
}

/** `out` += a modulo L, both below L. */
export function scalarAdd(out: usize, a: usize): void {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 8; i++) {
    const sum = limb(out, i) + limb(a, i) + carry;
    store<u32>(REMAINDER + 4 * i, sum as u32);
    carry = sum >> 32;
  }
  store<u32>(REMAINDER, carry as u32, 32);
  if (isOrderOrAbove(REMAINDER)) subtractNine(REMAINDER, ORDER);
  memory.copy(out, REMAINDER, 32);
}

/** a = -a modulo L, a below L. */
export function scalarNegate(a: usize): void {
  if ((load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) == 0) return;
  memory.copy(REMAINDER, ORDER, 36);
  memory.copy(PRODUCT, a, 32);
  store<u32>(PRODUCT, 0, 32);
  subtractNine(REMAINDER, PRODUCT);
  memory.copy(a, REMAINDER, 32);
}
