/** The hashes of the module by number; accel/wasm/hashes.ts has the same list. */
export const SHA256: u32 = 0;
export const SHA512: u32 = 1;
export const SM3: u32 = 2;
export const KECCAK256: u32 = 3;
export const BLAKE3: u32 = 4;

// @ts-ignore: decorator
@inline
export function digestBytes(algorithm: u32): usize {
  return algorithm === SHA512 ? 64 : 32;
}

/** Messages that go together: what fits a vector. */
// @ts-ignore: decorator
@inline
export function laneCount(algorithm: u32): u32 {
  return algorithm === SHA512 || algorithm === KECCAK256 ? 2 : 4;
}

/** Blocks of a message, its padding among them. Messages with the same number of blocks can go together. */
// @ts-ignore: decorator
@inline
export function blockCount(algorithm: u32, length: u32): u32 {
  if (algorithm === SHA512) return ((length + 16) >> 7) + 1;
  if (algorithm === KECCAK256) return length / 136 + 1;
  if (algorithm === BLAKE3) return length === 0 ? 1 : (length >> 6) + ((length & 63) !== 0 ? 1 : 0);
  return ((length + 8) >> 6) + 1;
}

/** The longest messages that go together. BLAKE3: those of one chunk. Longer ones are one after the other. */
export const LANE_BLOCKS_MAX: u32 = 32;

// @ts-ignore: decorator
@inline
export function laneBlocksMax(algorithm: u32): u32 {
  return algorithm === BLAKE3 ? 16 : LANE_BLOCKS_MAX;
}
