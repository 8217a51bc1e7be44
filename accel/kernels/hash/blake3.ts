/** BLAKE3 (specification, 2.4 and 2.5): messages of one chunk in lanes; the tree of chunks of a longer one. */
import { blake3Lanes, blake3LanesInit, CHUNK_END, CHUNK_START, PARENT, ROOT } from "./blake3-lanes";
import { blockPointer, Padding, setLane, storeDigests } from "./lanes";

const CHUNK_BYTES: u32 = 1024;
const BLOCK: u32 = 64;
const STATE: usize = memory.data(128, 16);
/** Lane i to place i. */
const IDENTITY = memory.data<u32>([0, 1, 2, 3]);
const CVS: usize = memory.data(128, 16);
/** Chaining values of whole subtrees, the largest first: at most one for each bit of the number of chunks. */
const STACK: usize = memory.data(1024, 16);
const PAIR: usize = memory.data(64, 16);

/** The digests of the messages in the lanes (at most a chunk each), of `bytes` bytes in whole blocks. */
export function blake3Group(bytes: u32, lanes: u32, order: usize, offsets: usize, digests: usize): void {
  let last = i32x4.splat(0);
  for (let lane: u32 = 0; lane < 4; lane++) {
    const index = load<u32>(order + ((lane < lanes ? <usize>lane : 0) << 2));
    const length = load<u32>(offsets + (<usize>index << 2), 4) - load<u32>(offsets + (<usize>index << 2));
    last = withLane(last, lane, length - (bytes - BLOCK));
  }
  chunks(bytes, i32x4.splat(0), last, ROOT);
  storeDigests(STATE, false, lanes, digests, order);
}

function withLane(vector: v128, lane: u32, value: u32): v128 {
  if (lane === 0) return i32x4.replace_lane(vector, 0, value);
  if (lane === 1) return i32x4.replace_lane(vector, 1, value);
  return lane === 2 ? i32x4.replace_lane(vector, 2, value) : i32x4.replace_lane(vector, 3, value);
}

/** STATE holds the chaining values of the chunks in the lanes; `last`: bytes in the last block of each. */
function chunks(bytes: u32, counters: v128, last: v128, lastFlags: u32): void {
  blake3LanesInit(STATE);
  for (let at: u32 = 0; at < bytes; at += BLOCK) {
    const isLast = at + BLOCK === bytes;
    const flags = (at === 0 ? CHUNK_START : 0) | (isLast ? CHUNK_END | lastFlags : 0);
    blake3Lanes(
      STATE,
      blockPointer(0, at),
      blockPointer(1, at),
      blockPointer(2, at),
      blockPointer(3, at),
      counters,
      isLast ? last : i32x4.splat(BLOCK),
      i32x4.splat(flags),
    );
  }
}

/** The digest of a message of more than one chunk. */
export function blake3Long(message: usize, length: u32, output: usize): void {
  const lastChunk = (length - 1) / CHUNK_BYTES;
  let depth: u32 = 0;
  let chunk: u32 = 0;
  for (; chunk + 4 <= lastChunk; chunk += 4) {
    wholeChunks(message + chunk * CHUNK_BYTES, chunk, 4);
    for (let i: u32 = 0; i < 4; i++) depth = push(depth, CVS + (<usize>i << 5), chunk + i + 1);
  }
  if (chunk < lastChunk) {
    wholeChunks(message + chunk * CHUNK_BYTES, chunk, lastChunk - chunk);
    for (let i: u32 = 0; i < lastChunk - chunk; i++) depth = push(depth, CVS + (<usize>i << 5), chunk + i + 1);
  }
  finalChunk(message + lastChunk * CHUNK_BYTES, lastChunk, length - lastChunk * CHUNK_BYTES);
  memory.copy(output, CVS, 32);
  while (depth > 0) {
    depth -= 1;
    parent(STACK + (<usize>depth << 5), output, depth === 0 ? PARENT | ROOT : PARENT, output);
  }
}

/** CVS holds the chaining values of up to four whole chunks. */
function wholeChunks(first: usize, index: u32, count: u32): void {
  for (let lane: u32 = 0; lane < 4; lane++) {
    setLane(lane, first + (lane < count ? <usize>lane : 0) * CHUNK_BYTES, CHUNK_BYTES, BLOCK, Padding.ZEROS);
  }
  const counters = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
  chunks(CHUNK_BYTES, counters, i32x4.splat(BLOCK), 0);
  storeDigests(STATE, false, count, CVS, IDENTITY);
}

/** CVS holds the chaining value of the last chunk, of 1 to 1024 bytes. */
function finalChunk(message: usize, index: u32, length: u32): void {
  for (let lane: u32 = 0; lane < 4; lane++) setLane(lane, message, length, BLOCK, Padding.ZEROS);
  const bytes = (length + BLOCK - 1) & ~(BLOCK - 1);
  chunks(bytes, i32x4.splat(index), i32x4.splat(length - (bytes - BLOCK)), 0);
  storeDigests(STATE, false, 1, CVS, IDENTITY);
}

/** The chaining value of the chunk that makes `total` of them is on the stack, complete subtrees are joined. */
function push(depth: u32, value: usize, total: u32): u32 {
  for (; (total & 1) === 0; total >>= 1) {
    depth -= 1;
    parent(STACK + (<usize>depth << 5), value, PARENT, value);
  }
  memory.copy(STACK + (<usize>depth << 5), value, 32);
  return depth + 1;
}

/** `output` is the chaining value of the parent of two. */
function parent(left: usize, right: usize, flags: u32, output: usize): void {
  memory.copy(PAIR, left, 32);
  memory.copy(PAIR + 32, right, 32);
  blake3LanesInit(STATE);
  blake3Lanes(STATE, PAIR, PAIR, PAIR, PAIR, i32x4.splat(0), i32x4.splat(BLOCK), i32x4.splat(flags));
  storeDigests(STATE, false, 1, output, IDENTITY);
}
