/**
 * Words of several messages side by side: four of 32 bits or two of 64 bits in one vector.
 *
 * WebAssembly has no rotation of lanes; by a multiple of eight it is one shuffle of bytes, else two shifts and an or.
 */

// @ts-ignore: decorator
@inline
export function rotateRight32(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

// @ts-ignore: decorator
@inline
export function rotateLeft32(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

// @ts-ignore: decorator
@inline
export function rotateRight64(x: v128, bits: i32): v128 {
  return v128.or(i64x2.shr_u(x, bits), i64x2.shl(x, 64 - bits));
}

// @ts-ignore: decorator
@inline
export function rotateLeft64(x: v128, bits: i32): v128 {
  return v128.or(i64x2.shl(x, bits), i64x2.shr_u(x, 64 - bits));
}

// @ts-ignore: decorator
@inline
export function swapBytes32(x: v128): v128 {
  return i8x16.shuffle(x, x, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
}

// @ts-ignore: decorator
@inline
export function swapBytes64(x: v128): v128 {
  return i8x16.shuffle(x, x, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

/**
 * Rows to columns: word i of the vectors a, b, c, d is vector i at `target`. It is its own inverse.
 */
// @ts-ignore: decorator
@inline
export function storeTransposed(target: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab01 = i32x4.shuffle(a, b, 0, 4, 1, 5);
  const cd01 = i32x4.shuffle(c, d, 0, 4, 1, 5);
  const ab23 = i32x4.shuffle(a, b, 2, 6, 3, 7);
  const cd23 = i32x4.shuffle(c, d, 2, 6, 3, 7);
  v128.store(target, i64x2.shuffle(ab01, cd01, 0, 2));
  v128.store(target, i64x2.shuffle(ab01, cd01, 1, 3), 16);
  v128.store(target, i64x2.shuffle(ab23, cd23, 0, 2), 32);
  v128.store(target, i64x2.shuffle(ab23, cd23, 1, 3), 48);
}

/** The addresses of the messages in flight, one for each lane; u32 each. */
export const LANE_INPUTS: usize = memory.data(16, 16);
/** Where their digests go. */
export const LANE_OUTPUTS: usize = memory.data(16, 16);
/** Bytes of each message. */
export const LANE_LENGTHS: usize = memory.data(16, 16);

// @ts-ignore: decorator
@inline
export function laneInput(lane: usize): usize {
  return load<u32>(LANE_INPUTS + (lane << 2));
}

// @ts-ignore: decorator
@inline
export function laneOutput(lane: usize): usize {
  return load<u32>(LANE_OUTPUTS + (lane << 2));
}

// @ts-ignore: decorator
@inline
export function laneLength(lane: usize): u32 {
  return load<u32>(LANE_LENGTHS + (lane << 2));
}

/** Sixteen words of 64 bytes of each of four inputs, most significant byte first, are sixteen vectors at `target`. */
// @ts-ignore: decorator
@inline
export function gatherBigEndian(target: usize, a: usize, b: usize, c: usize, d: usize): void {
  for (let i: usize = 0; i < 64; i += 16) {
    const rowA = swapBytes32(v128.load(a + i));
    const rowB = swapBytes32(v128.load(b + i));
    const rowC = swapBytes32(v128.load(c + i));
    const rowD = swapBytes32(v128.load(d + i));
    storeTransposed(target + (i << 2), rowA, rowB, rowC, rowD);
  }
}

const COLUMNS: usize = memory.data(64, 16);

/** Eight words of the state of each lane are the 32 bytes of its digest, most significant byte first. */
export function scatterBigEndian(state: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = state + (half << 6);
    storeTransposed(COLUMNS, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
    for (let lane: usize = 0; lane < 4; lane++) {
      v128.store(laneOutput(lane) + (half << 4), swapBytes32(v128.load(COLUMNS + (lane << 4))));
    }
  }
}

/** The same, least significant byte first. */
export function scatterLittleEndian(state: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = state + (half << 6);
    storeTransposed(COLUMNS, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
    for (let lane: usize = 0; lane < 4; lane++) {
      v128.store(laneOutput(lane) + (half << 4), v128.load(COLUMNS + (lane << 4)));
    }
  }
}

/**
 * Copies `length` bytes in steps of 16 and clears what follows them up to `end`. Reads up to 15 bytes behind the source
 * and writes up to 15 behind `end`: both must be there.
 */
// @ts-ignore: decorator
@inline
export function copyCleared(target: usize, source: usize, length: usize, end: usize): void {
  for (let i: usize = 0; i < length; i += 16) v128.store(target + i, v128.load(source + i));
  for (let i = target + length; i < end; i += 16) v128.store(i, i64x2.splat(0));
}
