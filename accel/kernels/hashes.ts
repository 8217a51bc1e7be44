/**
 * The hash module: many messages a call in lanes, levels of a tree, long messages in pieces.
 *
 * A call with many messages sorts them by their number of blocks as it goes: as soon as a number has as many messages
 * as a vector has lanes they are hashed together; what is left over at the end shares its lanes with itself, or is
 * hashed alone. Nothing is constant in time: for public data.
 *
 * All of the arena that a call is given may be read 16 bytes past the end of a message: its caller asks `arena` for that.
 */
import { blockCount, digestBytes, laneBlocksMax, laneCount, SHA256, SM3 } from "./hash/algorithms";
import { hashAlone } from "./hash/alone";
import { LANE_INPUTS, LANE_LENGTHS, LANE_OUTPUTS } from "./hash/lanes";
import { sha256LanesPrepare } from "./hash/sha256-lanes";
import { sm3LanesPrepare } from "./hash/sm3-lanes";
import { hashPadded, hashTogether, hashTogether64 } from "./hash/together";

export { aloneBegin, aloneEnd, alonePiece, hashAlone } from "./hash/alone";
export { arena } from "./memory";

/** Messages that wait for others of their number of blocks: how many (u32), for each number. */
const WAITING_COUNTS: usize = memory.data(132, 16);
/** Their indices, four for each number. */
const WAITING: usize = memory.data(528, 16);

let isPrepared = false;

function prepare(): void {
  if (isPrepared) return;
  sha256LanesPrepare();
  sm3LanesPrepare();
  isPrepared = true;
}

// @ts-ignore: decorator
@inline
function fillLane(lane: usize, input: usize, length: u32, output: usize): void {
  store<u32>(LANE_INPUTS + (lane << 2), input);
  store<u32>(LANE_LENGTHS + (lane << 2), length);
  store<u32>(LANE_OUTPUTS + (lane << 2), output);
}

/**
 * The digests of `count` messages are at `digests`, one after the other. Message i is
 * `messages + offsets[i] .. messages + offsets[i + 1]`; addresses wrap around at 2^32, so `messages` may be negative.
 */
export function hashMany(algorithm: u32, count: u32, messages: usize, offsets: usize, digests: usize): void {
  prepare();
  const bytes = digestBytes(algorithm);
  const lanes = laneCount(algorithm);
  const blocksMax = laneBlocksMax(algorithm);
  // A call that trapped may have left some.
  memory.fill(WAITING_COUNTS, 0, 132);
  let i: u32 = 0;
  if (algorithm === SHA256 || algorithm === SM3) i = hashRuns64(algorithm, count, messages, offsets, digests);
  for (; i < count; i++) {
    const at = offsets + (<usize>i << 2);
    const start = load<u32>(at);
    const length = load<u32>(at, 4) - start;
    const blocks = blockCount(algorithm, length);
    if (blocks > blocksMax) {
      hashAlone(algorithm, messages + start, length, digests + <usize>i * bytes);
      continue;
    }
    const counter = WAITING_COUNTS + (<usize>blocks << 2);
    const waiting = load<u32>(counter);
    store<u32>(WAITING + (<usize>blocks << 4) + (<usize>waiting << 2), i);
    store<u32>(counter, waiting + 1);
    if (waiting + 1 === lanes) flush(algorithm, blocks, messages, offsets, digests);
  }
  for (let blocks: u32 = 1; blocks <= blocksMax; blocks++) flush(algorithm, blocks, messages, offsets, digests);
}

/** Hashes messages of 64 bytes by fours, as long as there are such; returns the index of the first that is left. */
function hashRuns64(algorithm: u32, count: u32, messages: usize, offsets: usize, digests: usize): u32 {
  let i: u32 = 0;
  for (; i + 4 <= count; i += 4) {
    const at = offsets + (<usize>i << 2);
    const start = load<u32>(at);
    const is64 =
      load<u32>(at, 4) - start === 64 &&
      load<u32>(at, 8) - start === 128 &&
      load<u32>(at, 12) - start === 192 &&
      load<u32>(at, 16) - start === 256;
    if (!is64) return i;
    fourOf64(algorithm, messages + start, digests + (<usize>i << 5));
  }
  return i;
}

// @ts-ignore: decorator
@inline
function fourOf64(algorithm: u32, input: usize, output: usize): void {
  for (let lane: usize = 0; lane < 4; lane++) fillLane(lane, input + (lane << 6), 64, output + (lane << 5));
  hashTogether64(algorithm);
}

/** Hashes the messages that wait with this number of blocks. */
function flush(algorithm: u32, blocks: u32, messages: usize, offsets: usize, digests: usize): void {
  const counter = WAITING_COUNTS + (<usize>blocks << 2);
  const waiting = load<u32>(counter);
  if (waiting === 0) return;
  store<u32>(counter, 0);
  const bytes = digestBytes(algorithm);
  const indices = WAITING + (<usize>blocks << 4);
  for (let lane: u32 = 0; lane < 4; lane++) {
    const i: usize = load<u32>(indices + (<usize>min(lane, waiting - 1) << 2));
    const start = load<u32>(offsets + (i << 2));
    const length = load<u32>(offsets + (i << 2), 4) - start;
    if (waiting === 1) {
      hashAlone(algorithm, messages + start, length, digests + i * bytes);
      return;
    }
    fillLane(lane, messages + start, length, digests + i * bytes);
  }
  hashTogether(algorithm, blocks);
}

/** Four messages of two blocks, padded, before they are hashed. */
const NODES: usize = memory.data(576, 16);
const NODE_BYTES: usize = 144;

/**
 * The digests of `count` nodes of a tree are at `digests`: node i is the prefix, of at most 55 bytes, and the 64 bytes at
 * `pairs + 64 i`. SHA-256 or SM3.
 */
export function hashNodes(
  algorithm: u32,
  prefix: usize,
  prefixLength: u32,
  count: u32,
  pairs: usize,
  digests: usize,
): void {
  prepare();
  if (prefixLength !== 0) frameNodes(prefix, prefixLength);
  for (let i: u32 = 0; i < count; i += 4) {
    for (let lane: usize = 0; lane < 4; lane++) {
      const node: usize = min(i + <u32>lane, count - 1);
      fillLane(lane, pairs + (node << 6), 64, digests + (node << 5));
      if (prefixLength !== 0) copyPair(NODES + lane * NODE_BYTES + prefixLength, pairs + (node << 6));
    }
    if (prefixLength === 0) hashTogether64(algorithm);
    else hashPadded(algorithm, NODES, NODE_BYTES);
  }
}

// @ts-ignore: decorator
@inline
function copyPair(target: usize, pair: usize): void {
  v128.store(target, v128.load(pair));
  v128.store(target, v128.load(pair, 16), 16);
  v128.store(target, v128.load(pair, 32), 32);
  v128.store(target, v128.load(pair, 48), 48);
}

/** Prefix and padding stand; the pairs are written between them. */
function frameNodes(prefix: usize, prefixLength: u32): void {
  const length: usize = prefixLength + 64;
  for (let lane: usize = 0; lane < 4; lane++) {
    const node = NODES + lane * NODE_BYTES;
    memory.fill(node, 0, 128);
    memory.copy(node, prefix, prefixLength);
    store<u8>(node + length, 0x80);
    store<u64>(node, bswap<u64>(<u64>length << 3), 120);
  }
}
