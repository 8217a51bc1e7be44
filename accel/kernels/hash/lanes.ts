/**
 * Several messages side by side: where the blocks of each lie, and words of four blocks turned into vectors.
 *
 * A group is up to `LANES_MAX` messages of the same number of blocks. All but the last blocks are read where the caller
 * put them; the last ones, which hold the padding, are copied into a tail of the lane.
 */
export const LANES_MAX: u32 = 4;
/** Two blocks of the largest size of a block. */
const TAIL_BYTES: usize = 288;
const TAILS: usize = memory.data(1152, 16);
const POINTERS: usize = memory.data(16, 16);
/** Bytes of each lane's message that are read in place. */
const WHOLE: usize = memory.data(16, 16);

/** How a message becomes whole blocks. */
export namespace Padding {
  /** A bit 1, zeros, the length in bits as 8 bytes, big-endian (SHA-256, SM3). */
  export const LENGTH_8: u32 = 0;
  /** The same with 16 bytes of length (SHA-512). */
  export const LENGTH_16: u32 = 1;
  /** Keccak of 2011: a bit 1, zeros, a bit 1. */
  export const KECCAK: u32 = 2;
  /** Zeros, none when the message fills its block (BLAKE3); an empty message has one block. */
  export const ZEROS: u32 = 3;
}

/** Blocks of a message of `length` bytes with its padding. */
export function blockCount(length: u32, blockBytes: u32, padding: u32): u32 {
  if (padding === Padding.ZEROS) return length === 0 ? 1 : <u32>((<u64>length + blockBytes - 1) / blockBytes);
  const least: u64 = padding === Padding.LENGTH_8 ? 9 : padding === Padding.LENGTH_16 ? 17 : 1;
  return <u32>((<u64>length + least + blockBytes - 1) / blockBytes);
}

/** Lane `lane` holds the message; `blockPointer` says where its blocks are. */
export function setLane(lane: u32, message: usize, length: u32, blockBytes: u32, padding: u32): void {
  const whole = length - (length % blockBytes);
  const tail = TAILS + <usize>lane * TAIL_BYTES;
  const rest = length - whole;
  const tailBytes = blockCount(length, blockBytes, padding) * blockBytes - whole;
  memory.copy(tail, message + whole, rest);
  memory.fill(tail + rest, 0, tailBytes - rest);
  if (padding === Padding.KECCAK) {
    store<u8>(tail + rest, load<u8>(tail + rest) | 1);
    store<u8>(tail + tailBytes - 1, load<u8>(tail + tailBytes - 1) | 0x80);
  } else if (padding !== Padding.ZEROS) {
    store<u8>(tail + rest, 0x80);
    store<u64>(tail + tailBytes - 8, bswap<u64>(<u64>length << 3));
  }
  store<usize>(POINTERS + (<usize>lane << 2), message);
  store<u32>(WHOLE + (<usize>lane << 2), whole);
}

/** Where the block of the lane's message that begins at byte `offset` is. */
// @ts-ignore: decorator
@inline
export function blockPointer(lane: u32, offset: u32): usize {
  const whole = load<u32>(WHOLE + (<usize>lane << 2));
  if (offset < whole) return load<usize>(POINTERS + (<usize>lane << 2)) + offset;
  return TAILS + <usize>lane * TAIL_BYTES + (offset - whole);
}

/** Bytes of each word in the other order. */
// @ts-ignore: decorator
@inline
function swapped(words: v128): v128 {
  return v128.shuffle<u8>(words, words, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

/** Four vectors of one message each become four of one word each, and back: 64 bytes at `out`. */
// @ts-ignore: decorator
@inline
function transpose(a: v128, b: v128, c: v128, d: v128, out: usize): void {
  const low = v128.shuffle<u32>(a, b, 0, 4, 1, 5);
  const high = v128.shuffle<u32>(a, b, 2, 6, 3, 7);
  const lowNext = v128.shuffle<u32>(c, d, 0, 4, 1, 5);
  const highNext = v128.shuffle<u32>(c, d, 2, 6, 3, 7);
  v128.store(out, v128.shuffle<u64>(low, lowNext, 0, 2));
  v128.store(out, v128.shuffle<u64>(low, lowNext, 1, 3), 16);
  v128.store(out, v128.shuffle<u64>(high, highNext, 0, 2), 32);
  v128.store(out, v128.shuffle<u64>(high, highNext, 1, 3), 48);
}

/** The sixteen 32-bit words, big-endian, of the four blocks at `a`..`d` are sixteen vectors at `out`. */
export function loadBigEndian(out: usize, a: usize, b: usize, c: usize, d: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    transpose(
      swapped(v128.load(a + i)),
      swapped(v128.load(b + i)),
      swapped(v128.load(c + i)),
      swapped(v128.load(d + i)),
      out + (i << 2),
    );
  }
}

/** The same for little-endian words. */
export function loadLittleEndian(out: usize, a: usize, b: usize, c: usize, d: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    transpose(v128.load(a + i), v128.load(b + i), v128.load(c + i), v128.load(d + i), out + (i << 2));
  }
}

const TURNED: usize = memory.data(64, 16);

/** Words 0..7 of four states, eight vectors at `state`, become four digests of 32 bytes in the byte order wanted. */
export function storeDigests(state: usize, isBigEndian: bool, lanes: u32, first: usize, order: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = state + (half << 6);
    transpose(v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48), TURNED);
    for (let lane: u32 = 0; lane < lanes; lane++) {
      const words = v128.load(TURNED + (<usize>lane << 4));
      const out = first + (<usize>load<u32>(order + (lane << 2)) << 5) + (half << 4);
      v128.store(out, isBigEndian ? swapped(words) : words);
    }
  }
}
