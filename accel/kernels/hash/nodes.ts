/**
 * A level of a tree in one call: the digests of prefix and pair, for many pairs of 64 bytes. All messages are equally
 * long, so nothing is sorted, and the padding is written once.
 */
import { loadBigEndian, storeDigests } from "./lanes";
import { sha256Lanes, sha256LanesInit, sha256Rounds, sha256Spread } from "./sha256-lanes";
import { sm3Lanes, sm3LanesInit, sm3LanesPrepare, sm3Rounds, sm3Spread } from "./sm3-lanes";

const PAIR_BYTES: usize = 64;
/** With a longer prefix a node has more than two blocks. */
export const PREFIX_BYTES_MAX: u32 = 55;
/** Two blocks for each lane: prefix, pair, padding. */
const NODES: usize = memory.data(512, 16);
const NODE_BYTES: usize = 128;
const STATE: usize = memory.data(128, 16);
const ORDER: usize = memory.data(16, 16);
/** The block that follows a message of 64 bytes, spread: it is always the same. */
const PADDING_256: usize = memory.data(1024, 16);
const PADDING_SM3: usize = memory.data(1088, 16);

/** The tables of this file are there. To be called once, before any other function. */
export function nodesPrepare(): void {
  sm3LanesPrepare();
  memory.fill(NODES, 0, PAIR_BYTES);
  store<u8>(NODES, 0x80);
  store<u64>(NODES, bswap<u64>(PAIR_BYTES << 3), 56);
  loadBigEndian(PADDING_256, NODES, NODES, NODES, NODES);
  sha256Spread(PADDING_256);
  loadBigEndian(PADDING_SM3, NODES, NODES, NODES, NODES);
  sm3Spread(PADDING_SM3);
}

/** `digests` holds the digest of `prefix ‖ pair` of each of the `count` pairs; the prefix has at most 55 bytes. */
export function hashNodes(
  isSm3: bool,
  prefix: usize,
  prefixBytes: u32,
  count: u32,
  pairs: usize,
  digests: usize,
): void {
  if (prefixBytes !== 0) prepareNodes(prefix, prefixBytes);
  for (let first: u32 = 0; first < count; first += 4) {
    const lanes = min<u32>(4, count - first);
    const from = pairs + <usize>first * PAIR_BYTES;
    // A lane without a pair takes the first one's.
    const b = from + (lanes > 1 ? PAIR_BYTES : 0);
    const c = from + (lanes > 2 ? 2 * PAIR_BYTES : 0);
    const d = from + (lanes > 3 ? 3 * PAIR_BYTES : 0);
    if (prefixBytes === 0) isSm3 ? bareSm3(from, b, c, d) : bareSha256(from, b, c, d);
    else prefixed(isSm3, prefixBytes, from, b, c, d);
    for (let lane: u32 = 0; lane < 4; lane++) store<u32>(ORDER + (<usize>lane << 2), first + lane);
    storeDigests(STATE, true, lanes, digests, ORDER);
  }
}

function prepareNodes(prefix: usize, prefixBytes: u32): void {
  memory.fill(NODES, 0, 4 * NODE_BYTES);
  for (let node = NODES; node < NODES + 4 * NODE_BYTES; node += NODE_BYTES) {
    memory.copy(node, prefix, prefixBytes);
    store<u8>(node + prefixBytes + PAIR_BYTES, 0x80);
    store<u64>(node, bswap<u64>((<u64>prefixBytes + PAIR_BYTES) << 3), 120);
  }
}

function bareSha256(a: usize, b: usize, c: usize, d: usize): void {
  sha256LanesInit(STATE);
  sha256Lanes(STATE, a, b, c, d);
  sha256Rounds(STATE, PADDING_256);
}

function bareSm3(a: usize, b: usize, c: usize, d: usize): void {
  sm3LanesInit(STATE);
  sm3Lanes(STATE, a, b, c, d);
  sm3Rounds(STATE, PADDING_SM3);
}

function prefixed(isSm3: bool, prefixBytes: u32, a: usize, b: usize, c: usize, d: usize): void {
  memory.copy(NODES + prefixBytes, a, PAIR_BYTES);
  memory.copy(NODES + NODE_BYTES + prefixBytes, b, PAIR_BYTES);
  memory.copy(NODES + 2 * NODE_BYTES + prefixBytes, c, PAIR_BYTES);
  memory.copy(NODES + 3 * NODE_BYTES + prefixBytes, d, PAIR_BYTES);
  if (isSm3) sm3LanesInit(STATE);
  else sha256LanesInit(STATE);
  for (let at: usize = NODES; at < NODES + NODE_BYTES; at += 64) {
    if (isSm3) sm3Lanes(STATE, at, at + NODE_BYTES, at + 2 * NODE_BYTES, at + 3 * NODE_BYTES);
    else sha256Lanes(STATE, at, at + NODE_BYTES, at + 2 * NODE_BYTES, at + 3 * NODE_BYTES);
  }
}
