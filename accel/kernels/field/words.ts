/** Integers of 256 bits as four little-endian words of 64 bits: what comes from bytes and goes back to them. */

const WORDS_BYTES: u32 = 32;
const LIMB_MASK: u64 = 0x3ffffff;

/** Bits 26 i .. 26 i + 25 of the integer. */
// @ts-ignore: decorator
@inline
export function elementLimb(words: usize, i: u32): u32 {
  return <u32>(bitsAt(words, 26 * i) & LIMB_MASK);
}

/** At least 32 bits from bit `position` on; what is past bit 255 reads as zero. */
// @ts-ignore: decorator
@inline
export function bitsAt(words: usize, position: u32): u64 {
  if (position > 255) return 0;
  const at = words + ((position >> 6) << 3);
  const offset: u64 = position & 63;
  const low = load<u64>(at) >> offset;
  if (offset <= 32 || position >= 192) return low;
  return low | (load<u64>(at, 8) << (64 - offset));
}

/** The words of 32 big-endian bytes. */
// @ts-ignore: decorator
@inline
export function wordsFromBytes(out: usize, bytes: usize): void {
  const w0 = bswap<u64>(load<u64>(bytes, 24));
  const w1 = bswap<u64>(load<u64>(bytes, 16));
  const w2 = bswap<u64>(load<u64>(bytes, 8));
  const w3 = bswap<u64>(load<u64>(bytes));
  store<u64>(out, w0);
  store<u64>(out, w1, 8);
  store<u64>(out, w2, 16);
  store<u64>(out, w3, 24);
}

/** The 32 big-endian bytes of the words. */
// @ts-ignore: decorator
@inline
export function wordsToBytes(out: usize, words: usize): void {
  wordsFromBytes(out, words);
}

export function isZeroWords(a: usize): bool {
  return (load<u64>(a) | load<u64>(a, 8) | load<u64>(a, 16) | load<u64>(a, 24)) === 0;
}

export function isBelowWords(a: usize, b: usize): bool {
  for (let i: usize = 32; i > 0; i -= 8) {
    const x = load<u64>(a + i - 8);
    const y = load<u64>(b + i - 8);
    if (x !== y) return x < y;
  }
  return false;
}

/** out = a + b; returns the carry, 0 or 1. */
export function addWords(out: usize, a: usize, b: usize): u64 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const x = load<u64>(a + i);
    const partial = x + load<u64>(b + i);
    const sum = partial + carry;
    carry = u64(partial < x) | u64(sum < partial);
    store<u64>(out + i, sum);
  }
  return carry;
}

/** out = a - b; returns the borrow, 0 or 1. */
export function subWords(out: usize, a: usize, b: usize): u64 {
  let borrow: u64 = 0;
  for (let i: usize = 0; i < 32; i += 8) {
    const x = load<u64>(a + i);
    const y = load<u64>(b + i);
    const partial = x - y;
    const difference = partial - borrow;
    borrow = u64(x < y) | u64(partial < borrow);
    store<u64>(out + i, difference);
  }
  return borrow;
}

// @ts-ignore: decorator
@inline
export function copyWords(out: usize, a: usize): void {
  memory.copy(out, a, WORDS_BYTES);
}
