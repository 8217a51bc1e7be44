/**
 * Keccak-256 with the padding of 2011 (The Keccak reference 3.0; not SHA3-256 of FIPS 202, whose suffix differs) of two
 * messages, one in each lane. The state is 25 vectors, lane (x, y) of Keccak at 5 y + x.
 *
 * 25 vectors are more than the registers of any engine, so that a round reads one state and writes another.
 */
import { laneInput, laneLength, laneOutput, rotateLeft64 } from "./lanes";

export const KECCAK_RATE: usize = 136;
const STATE: usize = memory.data(400, 16);
const OTHER: usize = memory.data(400, 16);
/** The last block of each message, padded; 16 bytes behind each are written over. */
const TAILS: usize = memory.data(304, 16);
const TAIL_BYTES: usize = 152;

/** The round constants of iota. */
const CONSTANTS: usize = memory.data<u64>([
  0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000, 0x000000000000808b,
  0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008a, 0x0000000000000088,
  0x0000000080008009, 0x000000008000000a, 0x000000008000808b, 0x800000000000008b, 0x8000000000008089,
  0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
  0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
]);

/** The state is that of two empty messages. */
export function keccakLanesInit(): void {
  for (let i: usize = 0; i < 400; i += 16) v128.store(STATE + i, i64x2.splat(0));
}

/** 136 bytes of each message are part of its hash. */
export function keccakLanesBlock(a: usize, b: usize): void {
  for (let i: usize = 0; i < KECCAK_RATE; i += 8) {
    const words = v128.load64_lane(b + i, v128.load64_zero(a + i), 1);
    const lane = STATE + (i << 1);
    v128.store(lane, v128.xor(v128.load(lane), words));
  }
  permute();
}

/** The rest of each message, from byte `done` on, ends it; both have less than a block left. */
export function keccakLanesFinish(done: usize): void {
  for (let lane: usize = 0; lane < 2; lane++) {
    keccakTail(TAILS + lane * TAIL_BYTES, laneInput(lane) + done, <usize>laneLength(lane) - done);
  }
  keccakLanesBlock(TAILS, TAILS + TAIL_BYTES);
  for (let lane: usize = 0; lane < 2; lane++) keccakDigest(lane, laneOutput(lane));
}

/** The last block of a message: what is left of it, and the padding. */
function keccakTail(tail: usize, source: usize, length: usize): void {
  let i: usize = 0;
  for (; i + 8 <= length; i += 8) store<u64>(tail + i, load<u64>(source + i));
  for (; i < length; i++) store<u8>(tail + i, load<u8>(source + i));
  store<u8>(tail + length, 1);
  for (i = length + 1; i & 7; i++) store<u8>(tail + i, 0);
  for (; i < KECCAK_RATE; i += 8) store<u64>(tail + i, 0);
  store<u8>(tail, load<u8>(tail, KECCAK_RATE - 1) | 0x80, KECCAK_RATE - 1);
}

function keccakDigest(lane: usize, output: usize): void {
  const from = STATE + (lane << 3);
  for (let i: usize = 0; i < 32; i += 8) store<u64>(output + i, load<u64>(from + (i << 1)));
}

// @ts-ignore: decorator
@inline
function parity(from: usize, x: usize): v128 {
  const column = from + (x << 4);
  const upper = v128.xor(v128.load(column), v128.load(column, 80));
  const lower = v128.xor(v128.load(column, 160), v128.load(column, 240));
  return v128.xor(v128.xor(upper, lower), v128.load(column, 320));
}

/** One lane after theta, rho: the vector with the column's difference, rotated. */
// @ts-ignore: decorator
@inline
function moved(from: usize, lane: usize, difference: v128, bits: i32): v128 {
  const x = v128.xor(v128.load(from + (lane << 4)), difference);
  return bits === 0 ? x : rotateLeft64(x, bits);
}

/** chi of one row. */
// @ts-ignore: decorator
@inline
function storeRow(to: usize, row: usize, a: v128, b: v128, c: v128, d: v128, e: v128): void {
  const at = to + row * 80;
  v128.store(at, v128.xor(a, v128.andnot(c, b)));
  v128.store(at, v128.xor(b, v128.andnot(d, c)), 16);
  v128.store(at, v128.xor(c, v128.andnot(e, d)), 32);
  v128.store(at, v128.xor(d, v128.andnot(a, e)), 48);
  v128.store(at, v128.xor(e, v128.andnot(b, a)), 64);
}

// @ts-ignore: decorator
@inline
function round(to: usize, from: usize, constant: usize): void {
  const p0 = parity(from, 0);
  const p1 = parity(from, 1);
  const p2 = parity(from, 2);
  const p3 = parity(from, 3);
  const p4 = parity(from, 4);
  const d0 = v128.xor(p4, rotateLeft64(p1, 1));
  const d1 = v128.xor(p0, rotateLeft64(p2, 1));
  const d2 = v128.xor(p1, rotateLeft64(p3, 1));
  const d3 = v128.xor(p2, rotateLeft64(p4, 1));
  const d4 = v128.xor(p3, rotateLeft64(p0, 1));
  // pi: row y of the result takes its five lanes from one diagonal.
  storeRow(to, 0, moved(from, 0, d0, 0), moved(from, 6, d1, 44), moved(from, 12, d2, 43), moved(from, 18, d3, 21),
    moved(from, 24, d4, 14));
  storeRow(to, 1, moved(from, 3, d3, 28), moved(from, 9, d4, 20), moved(from, 10, d0, 3), moved(from, 16, d1, 45),
    moved(from, 22, d2, 61));
  storeRow(to, 2, moved(from, 1, d1, 1), moved(from, 7, d2, 6), moved(from, 13, d3, 25), moved(from, 19, d4, 8),
    moved(from, 20, d0, 18));
  storeRow(to, 3, moved(from, 4, d4, 27), moved(from, 5, d0, 36), moved(from, 11, d1, 10), moved(from, 17, d2, 15),
    moved(from, 23, d3, 56));
  storeRow(to, 4, moved(from, 2, d2, 62), moved(from, 8, d3, 55), moved(from, 14, d4, 39), moved(from, 15, d0, 41),
    moved(from, 21, d1, 2));
  v128.store(to, v128.xor(v128.load(to), v128.load64_splat(constant)));
}

function permute(): void {
  for (let constant = CONSTANTS; constant < CONSTANTS + 192; constant += 16) {
    round(OTHER, STATE, constant);
    round(STATE, OTHER, constant + 8);
  }
}
