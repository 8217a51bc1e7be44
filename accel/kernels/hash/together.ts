/**
 * Messages of the same number of blocks in lanes, from their first block to their digests.
 *
 * Whole blocks are read where they are. The last one or two of each, with the padding, are made in TAILS.
 */
import { BLAKE3, KECCAK256, SHA512, SM3 } from "./algorithms";
import { blake3LanesBlock, blake3LanesInit } from "./blake3-lanes";
import { CHUNK_END, CHUNK_START, ROOT } from "./blake3";
import { keccakLanesBlock, keccakLanesFinish, keccakLanesInit, KECCAK_RATE } from "./keccak-lanes";
import { copyCleared, LANE_LENGTHS, laneInput, laneLength, scatterBigEndian, scatterLittleEndian } from "./lanes";
import { sha256LanesBlock, sha256LanesInit, sha256LanesPad64 } from "./sha256-lanes";
import { sha512LanesBlock, sha512LanesInit, sha512LanesScatter } from "./sha512-lanes";
import { sm3LanesBlock, sm3LanesInit, sm3LanesPad64 } from "./sm3-lanes";

const STATE: usize = memory.data(128, 16);
/** Two blocks of up to 128 bytes for each lane, and 16 bytes more that clearing may touch. */
const TAIL_BYTES: usize = 272;
const TAILS: usize = memory.data(1088, 16);

/** The digests of the messages in all lanes, `blocks` blocks each, are at their outputs. */
export function hashTogether(algorithm: u32, blocks: usize): void {
  if (algorithm === SHA512) sha512Together(blocks);
  else if (algorithm === KECCAK256) keccakTogether(blocks);
  else if (algorithm === BLAKE3) blake3Together(blocks);
  else four(algorithm, blocks);
}

/** The same for messages of exactly 64 bytes, SHA-256 or SM3. */
export function hashTogether64(algorithm: u32): void {
  init(algorithm);
  block(algorithm, laneInput(0), laneInput(1), laneInput(2), laneInput(3));
  if (algorithm === SM3) sm3LanesPad64(STATE);
  else sha256LanesPad64(STATE);
  scatterBigEndian(STATE);
}

/** Two blocks at each of four addresses, padded already. */
export function hashPadded(algorithm: u32, first: usize, stride: usize): void {
  const third = first + 2 * stride;
  init(algorithm);
  block(algorithm, first, first + stride, third, third + stride);
  block(algorithm, first + 64, first + stride + 64, third + 64, third + stride + 64);
  scatterBigEndian(STATE);
}

// @ts-ignore: decorator
@inline
function init(algorithm: u32): void {
  if (algorithm === SM3) sm3LanesInit(STATE);
  else sha256LanesInit(STATE);
}

// @ts-ignore: decorator
@inline
function block(algorithm: u32, a: usize, b: usize, c: usize, d: usize): void {
  if (algorithm === SM3) sm3LanesBlock(STATE, a, b, c, d);
  else sha256LanesBlock(STATE, a, b, c, d);
}

/** What is left of a message from byte `done` on, and its padding: the bit, zeros, the length in bits. */
function pad(lane: usize, done: usize, bytes: usize): usize {
  const tail = TAILS + lane * TAIL_BYTES;
  const length: usize = laneLength(lane);
  const left = length - done;
  copyCleared(tail, laneInput(lane) + done, left, tail + bytes);
  store<u8>(tail + left, 0x80);
  store<u64>(tail + bytes - 8, bswap<u64>(<u64>length << 3));
  return tail;
}

function four(algorithm: u32, blocks: usize): void {
  const tailBlocks: usize = min(blocks, 2);
  const done = (blocks - tailBlocks) << 6;
  init(algorithm);
  for (let at: usize = 0; at < done; at += 64) {
    block(algorithm, laneInput(0) + at, laneInput(1) + at, laneInput(2) + at, laneInput(3) + at);
  }
  for (let lane: usize = 0; lane < 4; lane++) pad(lane, done, tailBlocks << 6);
  for (let at: usize = TAILS; at < TAILS + (tailBlocks << 6); at += 64) {
    block(algorithm, at, at + TAIL_BYTES, at + 2 * TAIL_BYTES, at + 3 * TAIL_BYTES);
  }
  scatterBigEndian(STATE);
}

function sha512Together(blocks: usize): void {
  const tailBlocks: usize = min(blocks, 2);
  const done = (blocks - tailBlocks) << 7;
  sha512LanesInit(STATE);
  for (let at: usize = 0; at < done; at += 128) sha512LanesBlock(STATE, laneInput(0) + at, laneInput(1) + at);
  const a = pad(0, done, tailBlocks << 7);
  const b = pad(1, done, tailBlocks << 7);
  for (let at: usize = 0; at < tailBlocks << 7; at += 128) sha512LanesBlock(STATE, a + at, b + at);
  sha512LanesScatter(STATE);
}

function keccakTogether(blocks: usize): void {
  const done = (blocks - 1) * KECCAK_RATE;
  keccakLanesInit();
  for (let at: usize = 0; at < done; at += KECCAK_RATE) keccakLanesBlock(laneInput(0) + at, laneInput(1) + at);
  keccakLanesFinish(done);
}

function blake3Together(blocks: usize): void {
  const done = (blocks - 1) << 6;
  const zero = i32x4.splat(0);
  let flags = CHUNK_START;
  blake3LanesInit(STATE);
  for (let at: usize = 0; at < done; at += 64) {
    const c = laneInput(2) + at;
    const d = laneInput(3) + at;
    blake3LanesBlock(STATE, laneInput(0) + at, laneInput(1) + at, c, d, zero, zero, i32x4.splat(64), flags);
    flags = 0;
  }
  for (let lane: usize = 0; lane < 4; lane++) {
    const tail = TAILS + lane * TAIL_BYTES;
    copyCleared(tail, laneInput(lane) + done, <usize>laneLength(lane) - done, tail + 64);
  }
  const lengths = i32x4.sub(v128.load(LANE_LENGTHS), i32x4.splat(<i32>done));
  const third = TAILS + 2 * TAIL_BYTES;
  flags |= CHUNK_END | ROOT;
  blake3LanesBlock(STATE, TAILS, TAILS + TAIL_BYTES, third, third + TAIL_BYTES, zero, zero, lengths, flags);
  scatterLittleEndian(STATE);
}
