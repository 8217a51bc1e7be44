/**
 * BLAKE3 in hash mode, 32 bytes (the BLAKE3 paper, 2.1-2.5): one message, whose chunks and parents go through the lanes.
 *
 * A message is taken in groups of 64 chunks. The values of a group are joined level by level; those of whole groups wait
 * on a stack, where two of the same size become one as soon as more input follows, so that the last joint, which alone
 * has the flag of the root, is always made at the end.
 */
import { LANE_OUTPUTS, scatterLittleEndian } from "./lanes";
import { blake3LanesBlock, blake3LanesInit, BLAKE3_IV } from "./blake3-lanes";

export const BLAKE3_CHUNK: usize = 1024;
export const BLAKE3_GROUP: usize = 65_536;
export const CHUNK_START: u32 = 1;
export const CHUNK_END: u32 = 2;
export const PARENT: u32 = 4;
export const ROOT: u32 = 8;
const BLOCK: usize = 64;
const VALUE: usize = 32;

const LANES: usize = memory.data(128, 16);
const VALUES: usize = memory.data(2048, 16);
/** A message of 2^32 bytes has 2^16 groups; one more place for the value that comes. */
const STACK: usize = memory.data(576, 16);
const WORDS: usize = memory.data(64, 16);
let depth: usize = 0;
let groups: u32 = 0;

/** Where the words of a block stand in each of the seven rounds, in the order in which the rows take them. */
const ORDER = memory.data<u8>([
  0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15, 2, 3, 7, 4, 6, 10, 0, 13, 1, 12, 9, 15, 11, 5, 14, 8, 3, 10,
  13, 7, 4, 12, 2, 14, 6, 9, 11, 8, 5, 0, 15, 1, 10, 12, 14, 13, 7, 9, 3, 15, 4, 11, 5, 1, 0, 2, 8, 6, 12, 9, 15, 14,
  13, 11, 10, 8, 7, 5, 0, 6, 2, 3, 1, 4, 9, 11, 8, 15, 14, 5, 12, 1, 13, 0, 2, 4, 3, 10, 6, 7, 11, 5, 1, 8, 15, 0, 9,
  6, 14, 2, 3, 7, 10, 12, 4, 13,
]);

/** Nothing of a message has come. */
export function blake3Begin(): void {
  depth = 0;
  groups = 0;
}

/** The next bytes: whole groups, and more will follow. */
export function blake3Groups(input: usize, length: usize): void {
  for (let done: usize = 0; done < length; done += BLAKE3_GROUP) {
    joinGroup(input + done, BLAKE3_GROUP, 0);
    memory.copy(STACK + depth * VALUE, VALUES, VALUE);
    depth++;
    groups++;
    for (let size = groups; !(size & 1); size >>= 1) joinTop(0);
  }
}

/** The last bytes, at most a group; 32 bytes of digest are at `output`. */
export function blake3End(input: usize, length: usize, output: usize): void {
  joinGroup(input, length, depth === 0 ? ROOT : 0);
  memory.copy(STACK + depth * VALUE, VALUES, VALUE);
  depth++;
  while (depth > 1) joinTop(depth === 2 ? ROOT : 0);
  memory.copy(output, STACK, VALUE);
}

/** The two values at the top of the stack are one. */
function joinTop(flags: u32): void {
  const left = STACK + (depth - 2) * VALUE;
  parent(left, left, flags);
  depth--;
}

function parent(children: usize, output: usize, flags: u32): void {
  memory.copy(WORDS, children, BLOCK);
  memory.copy(output, BLAKE3_IV, VALUE);
  blake3Block(output, WORDS, 0, 64, PARENT | flags);
}

/** The value of up to 64 chunks is at VALUES; `flags` are those of its last joint. */
function joinGroup(input: usize, length: usize, flags: u32): void {
  let count: usize = length === 0 ? 1 : (length + BLAKE3_CHUNK - 1) / BLAKE3_CHUNK;
  chunkValues(input, length, count, count === 1 ? flags : 0);
  for (; count > 1; count = (count + 1) >> 1) joinLevel(count, count === 2 ? flags : 0);
}

function chunkValues(input: usize, length: usize, count: usize, flags: u32): void {
  const first = <u64>groups << 6;
  let i: usize = 0;
  for (; (i + 4) * BLAKE3_CHUNK <= length; i += 4) fourChunks(input + i * BLAKE3_CHUNK, first + i, VALUES + i * VALUE);
  for (; i < count; i++) {
    const done = i * BLAKE3_CHUNK;
    chunk(input + done, min(length - done, BLAKE3_CHUNK), first + i, VALUES + i * VALUE, flags);
  }
}

function outputsFrom(values: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) store<u32>(LANE_OUTPUTS + (lane << 2), values + lane * VALUE);
}

function fourChunks(input: usize, counter: u64, values: usize): void {
  // Groups of chunks are aligned to four: the upper half of the counter is the same in all lanes.
  const low = i32x4.add(i32x4.splat(<i32>counter), i32x4(0, 1, 2, 3));
  const high = i32x4.splat(<i32>(counter >> 32));
  const lengths = i32x4.splat(64);
  blake3LanesInit(LANES);
  for (let at: usize = 0; at < BLAKE3_CHUNK; at += BLOCK) {
    const flags = (at === 0 ? CHUNK_START : 0) | (at === BLAKE3_CHUNK - BLOCK ? CHUNK_END : 0);
    const a = input + at;
    const c = a + 2 * BLAKE3_CHUNK;
    blake3LanesBlock(LANES, a, a + BLAKE3_CHUNK, c, c + BLAKE3_CHUNK, low, high, lengths, flags);
  }
  outputsFrom(values);
  scatterLittleEndian(LANES);
}

/** Neighbours are joined; the last of an odd count moves up as it is. */
function joinLevel(count: usize, flags: u32): void {
  const zero = i32x4.splat(0);
  let i: usize = 0;
  for (; i + 8 <= count; i += 8) {
    const at = VALUES + i * VALUE;
    blake3LanesInit(LANES);
    blake3LanesBlock(LANES, at, at + 64, at + 128, at + 192, zero, zero, i32x4.splat(64), PARENT);
    outputsFrom(VALUES + (i >> 1) * VALUE);
    scatterLittleEndian(LANES);
  }
  for (; i + 2 <= count; i += 2) parent(VALUES + i * VALUE, VALUES + (i >> 1) * VALUE, flags);
  if (i < count) memory.copy(VALUES + (i >> 1) * VALUE, VALUES + i * VALUE, VALUE);
}

function chunk(input: usize, length: usize, counter: u64, output: usize, flags: u32): void {
  memory.copy(output, BLAKE3_IV, VALUE);
  let start = CHUNK_START;
  for (; length > BLOCK; length -= BLOCK, input += BLOCK) {
    blake3Block(output, input, counter, 64, start);
    start = 0;
  }
  memory.fill(WORDS, 0, BLOCK);
  memory.copy(WORDS, input, length);
  blake3Block(output, WORDS, counter, <u32>length, start | CHUNK_END | flags);
}

// @ts-ignore: decorator
@inline
function words(order: usize): v128 {
  let row = v128.load32_zero(WORDS_OF_BLOCK + (<usize>load<u8>(order) << 2));
  row = v128.load32_lane(WORDS_OF_BLOCK + (<usize>load<u8>(order, 1) << 2), row, 1);
  row = v128.load32_lane(WORDS_OF_BLOCK + (<usize>load<u8>(order, 2) << 2), row, 2);
  return v128.load32_lane(WORDS_OF_BLOCK + (<usize>load<u8>(order, 3) << 2), row, 3);
}

const WORDS_OF_BLOCK: usize = memory.data(64, 16);

// @ts-ignore: decorator
@inline
function right(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shr_u(x, bits), i32x4.shl(x, 32 - bits));
}

/** The value takes in one block: one message, the four columns of the state in four lanes. */
function blake3Block(value: usize, block: usize, counter: u64, length: u32, flags: u32): void {
  for (let i: usize = 0; i < BLOCK; i += 16) v128.store(WORDS_OF_BLOCK + i, v128.load(block + i));
  let a = v128.load(value);
  let b = v128.load(value, 16);
  let c = v128.load(BLAKE3_IV);
  let d = i32x4.replace_lane(i32x4.replace_lane(i64x2.splat(<i64>counter), 2, length), 3, flags);
  for (let order = ORDER; order < ORDER + 112; order += 16) {
    for (let half: usize = 0; half < 16; half += 8) {
      a = i32x4.add(i32x4.add(a, b), words(order + half));
      d = right(v128.xor(d, a), 16);
      c = i32x4.add(c, d);
      b = right(v128.xor(b, c), 12);
      a = i32x4.add(i32x4.add(a, b), words(order + half + 4));
      d = right(v128.xor(d, a), 8);
      c = i32x4.add(c, d);
      b = right(v128.xor(b, c), 7);
      // Columns to diagonals, and back: which way the rows turn depends on the half.
      const isBack = half !== 0;
      const turnedB = isBack ? i32x4.shuffle(b, b, 3, 0, 1, 2) : i32x4.shuffle(b, b, 1, 2, 3, 0);
      const turnedD = isBack ? i32x4.shuffle(d, d, 1, 2, 3, 0) : i32x4.shuffle(d, d, 3, 0, 1, 2);
      b = turnedB;
      d = turnedD;
      c = i32x4.shuffle(c, c, 2, 3, 0, 1);
    }
  }
  v128.store(value, v128.xor(a, c));
  v128.store(value, v128.xor(b, d), 16);
}
