/** BLAKE3 of four blocks, one in each lane (the BLAKE3 paper, 2.2). A state is eight vectors. */
import { rotateRight32, storeTransposed } from "./lanes";

/** The first half of the constants of SHA-256's initial state; they are all eight words of it. */
export const BLAKE3_IV = memory.data<u32>(
  [0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19],
  16,
);
const WORDS: usize = memory.data(256, 16);

/** Which word of the block stands where, in each of the seven rounds. */
const ORDER = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8, 3, 4,
  10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1, 10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6, 12, 13, 9, 11,
  15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4, 9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7, 11, 15, 5, 0, 1, 9, 8,
  6, 14, 10, 2, 12, 3, 4, 7, 13,
]);

/** The values are those before the first block of a chunk, or of a parent. */
export function blake3LanesInit(state: usize): void {
  for (let i: usize = 0; i < 32; i += 4) v128.store(state + (i << 2), v128.load32_splat(BLAKE3_IV + i));
}

// @ts-ignore: decorator
@inline
function word(order: usize): v128 {
  return v128.load(WORDS + (<usize>load<u8>(order) << 4));
}

/** Rotations to the right by 16 and 8. */
// @ts-ignore: decorator
@inline
function turn16(x: v128): v128 {
  return i16x8.shuffle(x, x, 1, 0, 3, 2, 5, 4, 7, 6);
}

// @ts-ignore: decorator
@inline
function turn8(x: v128): v128 {
  return i8x16.shuffle(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

// @ts-ignore: decorator
@inline
function gatherWords(a: usize, b: usize, c: usize, d: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    storeTransposed(WORDS + (i << 2), v128.load(a + i), v128.load(b + i), v128.load(c + i), v128.load(d + i));
  }
}

/** The values take in one block each, of `lengths` bytes. */
export function blake3LanesBlock(
  state: usize,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  counterLow: v128,
  counterHigh: v128,
  lengths: v128,
  flags: u32,
): void {
  gatherWords(a, b, c, d);
  rounds(state, counterLow, counterHigh, lengths, i32x4.splat(flags));
}

// The sixteen words of the state; four mixtures at a time, step by step, because they do not wait for each other.
function rounds(state: usize, v12: v128, v13: v128, v14: v128, v15: v128): void {
  let v0 = v128.load(state);
  let v1 = v128.load(state, 16);
  let v2 = v128.load(state, 32);
  let v3 = v128.load(state, 48);
  let v4 = v128.load(state, 64);
  let v5 = v128.load(state, 80);
  let v6 = v128.load(state, 96);
  let v7 = v128.load(state, 112);
  let v8 = v128.load32_splat(BLAKE3_IV);
  let v9 = v128.load32_splat(BLAKE3_IV + 4);
  let v10 = v128.load32_splat(BLAKE3_IV + 8);
  let v11 = v128.load32_splat(BLAKE3_IV + 12);
  for (let order: usize = ORDER; order < ORDER + 112; order += 16) {
    v0 = i32x4.add(i32x4.add(v0, v4), word(order));
    v1 = i32x4.add(i32x4.add(v1, v5), word(order + 2));
    v2 = i32x4.add(i32x4.add(v2, v6), word(order + 4));
    v3 = i32x4.add(i32x4.add(v3, v7), word(order + 6));
    v12 = turn16(v128.xor(v12, v0));
    v13 = turn16(v128.xor(v13, v1));
    v14 = turn16(v128.xor(v14, v2));
    v15 = turn16(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rotateRight32(v128.xor(v4, v8), 12);
    v5 = rotateRight32(v128.xor(v5, v9), 12);
    v6 = rotateRight32(v128.xor(v6, v10), 12);
    v7 = rotateRight32(v128.xor(v7, v11), 12);
    v0 = i32x4.add(i32x4.add(v0, v4), word(order + 1));
    v1 = i32x4.add(i32x4.add(v1, v5), word(order + 3));
    v2 = i32x4.add(i32x4.add(v2, v6), word(order + 5));
    v3 = i32x4.add(i32x4.add(v3, v7), word(order + 7));
    v12 = turn8(v128.xor(v12, v0));
    v13 = turn8(v128.xor(v13, v1));
    v14 = turn8(v128.xor(v14, v2));
    v15 = turn8(v128.xor(v15, v3));
    v8 = i32x4.add(v8, v12);
    v9 = i32x4.add(v9, v13);
    v10 = i32x4.add(v10, v14);
    v11 = i32x4.add(v11, v15);
    v4 = rotateRight32(v128.xor(v4, v8), 7);
    v5 = rotateRight32(v128.xor(v5, v9), 7);
    v6 = rotateRight32(v128.xor(v6, v10), 7);
    v7 = rotateRight32(v128.xor(v7, v11), 7);
    v0 = i32x4.add(i32x4.add(v0, v5), word(order + 8));
    v1 = i32x4.add(i32x4.add(v1, v6), word(order + 10));
    v2 = i32x4.add(i32x4.add(v2, v7), word(order + 12));
    v3 = i32x4.add(i32x4.add(v3, v4), word(order + 14));
    v15 = turn16(v128.xor(v15, v0));
    v12 = turn16(v128.xor(v12, v1));
    v13 = turn16(v128.xor(v13, v2));
    v14 = turn16(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rotateRight32(v128.xor(v5, v10), 12);
    v6 = rotateRight32(v128.xor(v6, v11), 12);
    v7 = rotateRight32(v128.xor(v7, v8), 12);
    v4 = rotateRight32(v128.xor(v4, v9), 12);
    v0 = i32x4.add(i32x4.add(v0, v5), word(order + 9));
    v1 = i32x4.add(i32x4.add(v1, v6), word(order + 11));
    v2 = i32x4.add(i32x4.add(v2, v7), word(order + 13));
    v3 = i32x4.add(i32x4.add(v3, v4), word(order + 15));
    v15 = turn8(v128.xor(v15, v0));
    v12 = turn8(v128.xor(v12, v1));
    v13 = turn8(v128.xor(v13, v2));
    v14 = turn8(v128.xor(v14, v3));
    v10 = i32x4.add(v10, v15);
    v11 = i32x4.add(v11, v12);
    v8 = i32x4.add(v8, v13);
    v9 = i32x4.add(v9, v14);
    v5 = rotateRight32(v128.xor(v5, v10), 7);
    v6 = rotateRight32(v128.xor(v6, v11), 7);
    v7 = rotateRight32(v128.xor(v7, v8), 7);
    v4 = rotateRight32(v128.xor(v4, v9), 7);
  }
  v128.store(state, v128.xor(v0, v8));
  v128.store(state, v128.xor(v1, v9), 16);
  v128.store(state, v128.xor(v2, v10), 32);
  v128.store(state, v128.xor(v3, v11), 48);
  v128.store(state, v128.xor(v4, v12), 64);
  v128.store(state, v128.xor(v5, v13), 80);
  v128.store(state, v128.xor(v6, v14), 96);
  v128.store(state, v128.xor(v7, v15), 112);
}
