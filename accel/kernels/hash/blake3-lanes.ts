/**
 * BLAKE3 (specification of January 2020, 2.1 to 2.4), hash mode: the compression of four blocks at once, word i of all
 * four in one vector. They may be four messages, four chunks of one, or four parents.
 */
import { loadLittleEndian } from "./lanes";

export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;

const M: usize = memory.data(256, 16);
/** Which word of the message goes where in each round: the permutation, applied round by round. */
const SCHEDULE = memory.data<u8>([
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
  2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8,
  3, 4, 10, 12, 13, 2, 7, 14, 6, 5, 9, 0, 11, 15, 8, 1,
  10, 7, 12, 9, 14, 3, 13, 15, 4, 0, 11, 2, 5, 8, 1, 6,
  12, 13, 9, 11, 15, 10, 14, 8, 7, 2, 5, 3, 0, 1, 6, 4,
  9, 14, 11, 5, 8, 12, 15, 1, 13, 3, 0, 10, 2, 6, 4, 7,
  11, 15, 5, 0, 1, 9, 8, 6, 14, 10, 2, 12, 3, 4, 7, 13,
]);

export const BLAKE3_IV = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** Eight vectors at `state`: four times the initial chaining value. */
export function blake3LanesInit(state: usize): void {
  for (let i: usize = 0; i < 8; i++) v128.store(state + (i << 4), v128.load_splat<u32>(BLAKE3_IV + (i << 2)));
}

// @ts-ignore: decorator
@inline
function turn16(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13);
}

// @ts-ignore: decorator
@inline
function turn8(x: v128): v128 {
  return v128.shuffle<u8>(x, x, 1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12);
}

// @ts-ignore: decorator
@inline
function turn(x: v128, n: i32): v128 {
  return v128.or(i32x4.shr_u(x, n), i32x4.shl(x, 32 - n));
}

// @ts-ignore: decorator
@inline
function word(row: usize, index: usize): v128 {
  return v128.load(M + (<usize>load<u8>(row + index) << 4));
}

const V: usize = memory.data(256, 16);

/** Column or diagonal (a, b, c, d) of the working state at V, with words `x` and `y` of the row of the schedule. */
// @ts-ignore: decorator
@inline
function mix(ia: usize, ib: usize, ic: usize, id: usize, x: v128, y: v128): void {
  let a = v128.load(V + (ia << 4));
  let b = v128.load(V + (ib << 4));
  let c = v128.load(V + (ic << 4));
  let d = v128.load(V + (id << 4));
  a = i32x4.add(i32x4.add(a, b), x);
  d = turn16(v128.xor(d, a));
  c = i32x4.add(c, d);
  b = turn(v128.xor(b, c), 12);
  a = i32x4.add(i32x4.add(a, b), y);
  d = turn8(v128.xor(d, a));
  c = i32x4.add(c, d);
  b = turn(v128.xor(b, c), 7);
  v128.store(V + (ia << 4), a);
  v128.store(V + (ib << 4), b);
  v128.store(V + (ic << 4), c);
  v128.store(V + (id << 4), d);
}

/**
 * The blocks at `a`..`d` go into the four chaining values at `state`. `counters`, `lengths`, `flags`: one u32 a lane
 * (counters below 2^32: messages are shorter than 4 TiB).
 */
// @ts-ignore: decorator
@inline
export function blake3Lanes(
  state: usize,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  counters: v128,
  lengths: v128,
  flags: v128,
): void {
  loadLittleEndian(M, a, b, c, d);
  memory.copy(V, state, 128);
  for (let i: usize = 0; i < 4; i++) v128.store(V + 128 + (i << 4), v128.load_splat<u32>(BLAKE3_IV + (i << 2)));
  v128.store(V, counters, 192);
  v128.store(V, i32x4.splat(0), 208);
  v128.store(V, lengths, 224);
  v128.store(V, flags, 240);
  for (let row = SCHEDULE; row < SCHEDULE + 112; row += 16) {
    mix(0, 4, 8, 12, word(row, 0), word(row, 1));
    mix(1, 5, 9, 13, word(row, 2), word(row, 3));
    mix(2, 6, 10, 14, word(row, 4), word(row, 5));
    mix(3, 7, 11, 15, word(row, 6), word(row, 7));
    mix(0, 5, 10, 15, word(row, 8), word(row, 9));
    mix(1, 6, 11, 12, word(row, 10), word(row, 11));
    mix(2, 7, 8, 13, word(row, 12), word(row, 13));
    mix(3, 4, 9, 14, word(row, 14), word(row, 15));
  }
  for (let i: usize = 0; i < 128; i += 16) {
    v128.store(state + i, v128.xor(v128.load(V + i), v128.load(V + i, 128)));
  }
}
