/**
 * Digests of many messages in one call: those with the same number of blocks go through the lanes together, whatever
 * their order; a lane without a message does another's work once more. Long messages go one by one.
 */
import { blake3Group, blake3Long } from "./blake3";
import { KECCAK_RATE, KECCAK_STATE_BYTES, keccakAbsorb, keccakDigest } from "./keccak-lanes";
import { blockCount, blockPointer, LANES_MAX, Padding, setLane, storeDigests } from "./lanes";
import { sha256Final, sha256Init, sha256Update } from "./sha256";
import { sha256Lanes, sha256LanesInit } from "./sha256-lanes";
import { sha512Final, sha512Init, sha512Update } from "./sha512";
import { sha512Lanes, sha512LanesDigest, sha512LanesInit } from "./sha512-lanes";
import { sm3Final, sm3Init, sm3Update } from "./sm3";
import { sm3Lanes, sm3LanesInit } from "./sm3-lanes";

export namespace Algorithm {
  export const SHA256: u32 = 0;
  export const SHA512: u32 = 1;
  export const SM3: u32 = 2;
  export const KECCAK256: u32 = 3;
  export const BLAKE3: u32 = 4;
}

/** Messages of one call. */
export const MANY_MAX: u32 = 4096;
/** Messages of more blocks go one by one. BLAKE3: those of more than a chunk. */
const GROUPED_BLOCKS_MAX: u32 = 16;

/** Indices of the messages, sorted by their blocks. */
const ORDER: usize = memory.data(16384, 16);
/** Where in ORDER the messages of each number of blocks begin; the last place is for the long ones. */
const STARTS: usize = memory.data(80, 16);
const STATE: usize = memory.data(400, 16);

function blockBytes(algorithm: u32): u32 {
  return algorithm === Algorithm.SHA512 ? 128 : algorithm === Algorithm.KECCAK256 ? KECCAK_RATE : 64;
}

function paddingOf(algorithm: u32): u32 {
  if (algorithm === Algorithm.SHA512) return Padding.LENGTH_16;
  if (algorithm === Algorithm.KECCAK256) return Padding.KECCAK;
  return algorithm === Algorithm.BLAKE3 ? Padding.ZEROS : Padding.LENGTH_8;
}

export function digestBytes(algorithm: u32): u32 {
  return algorithm === Algorithm.SHA512 ? 64 : 32;
}

// @ts-ignore: decorator
@inline
function lengthOf(offsets: usize, index: u32): u32 {
  return load<u32>(offsets + (<usize>index << 2), 4) - load<u32>(offsets + (<usize>index << 2));
}

// @ts-ignore: decorator
@inline
function classOf(offsets: usize, index: u32, size: u32, padding: u32): u32 {
  return min(blockCount(lengthOf(offsets, index), size, padding), GROUPED_BLOCKS_MAX + 1);
}

/** Counting sort; STARTS[blocks] is then the end of the messages of so many blocks, and the start of those of more. */
function sortByBlocks(count: u32, offsets: usize, size: u32, padding: u32): void {
  memory.fill(STARTS, 0, 80);
  for (let i: u32 = 0; i < count; i++) {
    const slot = STARTS + (<usize>classOf(offsets, i, size, padding) << 2);
    store<u32>(slot, load<u32>(slot, 4) + 1, 4);
  }
  for (let i: usize = STARTS + 4; i < STARTS + 76; i += 4) store<u32>(i, load<u32>(i) + load<u32>(i - 4));
  for (let i: u32 = 0; i < count; i++) {
    const slot = STARTS + (<usize>classOf(offsets, i, size, padding) << 2);
    const place = load<u32>(slot);
    store<u32>(ORDER + (<usize>place << 2), i);
    store<u32>(slot, place + 1);
  }
}

/**
 * `digests` holds the digest of message i at 32 i (SHA-512: 64 i). Message i is `messages + offsets[i]` up to
 * `offsets[i + 1]`; `count` at most MANY_MAX.
 */
export function hashMany(algorithm: u32, count: u32, messages: usize, offsets: usize, digests: usize): void {
  const size = blockBytes(algorithm);
  const padding = paddingOf(algorithm);
  const lanesMax: u32 = algorithm === Algorithm.SHA512 || algorithm === Algorithm.KECCAK256 ? 2 : LANES_MAX;
  sortByBlocks(count, offsets, size, padding);
  let next: u32 = 0;
  for (let blocks: u32 = 1; blocks <= GROUPED_BLOCKS_MAX; blocks++) {
    const end = load<u32>(STARTS + (<usize>blocks << 2));
    for (; next < end; next += lanesMax) {
      const lanes = min(lanesMax, end - next);
      const order = ORDER + (<usize>next << 2);
      for (let lane: u32 = 0; lane < lanesMax; lane++) {
        const index = load<u32>(order + ((lane < lanes ? <usize>lane : 0) << 2));
        const message = messages + load<u32>(offsets + (<usize>index << 2));
        setLane(lane, message, lengthOf(offsets, index), size, padding);
      }
      group(algorithm, blocks * size, lanes, order, offsets, digests);
    }
    next = end;
  }
  for (; next < count; next++) {
    const index = load<u32>(ORDER + (<usize>next << 2));
    const message = messages + load<u32>(offsets + (<usize>index << 2));
    long(algorithm, message, lengthOf(offsets, index), digests + index * digestBytes(algorithm));
  }
}

/** The digests of the messages in the lanes, each of `bytes` bytes with its padding. */
function group(algorithm: u32, bytes: u32, lanes: u32, order: usize, offsets: usize, digests: usize): void {
  switch (algorithm) {
    case Algorithm.SHA256: {
      sha256LanesInit(STATE);
      for (let at: u32 = 0; at < bytes; at += 64) {
        sha256Lanes(STATE, blockPointer(0, at), blockPointer(1, at), blockPointer(2, at), blockPointer(3, at));
      }
      storeDigests(STATE, true, lanes, digests, order);
      break;
    }
    case Algorithm.SM3: {
      sm3LanesInit(STATE);
      for (let at: u32 = 0; at < bytes; at += 64) {
        sm3Lanes(STATE, blockPointer(0, at), blockPointer(1, at), blockPointer(2, at), blockPointer(3, at));
      }
      storeDigests(STATE, true, lanes, digests, order);
      break;
    }
    case Algorithm.SHA512: {
      sha512LanesInit(STATE);
      for (let at: u32 = 0; at < bytes; at += 128) sha512Lanes(STATE, blockPointer(0, at), blockPointer(1, at));
      for (let lane: u32 = 0; lane < lanes; lane++) {
        sha512LanesDigest(STATE, lane, digests + (<usize>load<u32>(order + (<usize>lane << 2)) << 6));
      }
      break;
    }
    case Algorithm.KECCAK256: {
      memory.fill(STATE, 0, KECCAK_STATE_BYTES);
      for (let at: u32 = 0; at < bytes; at += KECCAK_RATE) {
        keccakAbsorb(STATE, blockPointer(0, at), blockPointer(1, at));
      }
      for (let lane: u32 = 0; lane < lanes; lane++) {
        keccakDigest(STATE, lane, digests + (<usize>load<u32>(order + (<usize>lane << 2)) << 5));
      }
      break;
    }
    default:
      blake3Group(bytes, lanes, order, offsets, digests);
  }
}

/** The digest of one message at `output`. */
function long(algorithm: u32, message: usize, length: u32, output: usize): void {
  switch (algorithm) {
    case Algorithm.SHA256: {
      sha256Init(STATE);
      sha256Update(STATE, message, length);
      sha256Final(STATE, output);
      break;
    }
    case Algorithm.SM3: {
      sm3Init(STATE);
      sm3Update(STATE, message, length);
      sm3Final(STATE, output);
      break;
    }
    case Algorithm.SHA512: {
      sha512Init(STATE);
      sha512Update(STATE, message, length);
      sha512Final(STATE, output);
      break;
    }
    case Algorithm.KECCAK256: {
      longKeccak(message, length, output);
      break;
    }
    default:
      blake3Long(message, length, output);
  }
}

function longKeccak(message: usize, length: u32, output: usize): void {
  setLane(0, message, length, KECCAK_RATE, Padding.KECCAK);
  memory.fill(STATE, 0, KECCAK_STATE_BYTES);
  const bytes = blockCount(length, KECCAK_RATE, Padding.KECCAK) * KECCAK_RATE;
  for (let at: u32 = 0; at < bytes; at += KECCAK_RATE) keccakAbsorb(STATE, blockPointer(0, at), blockPointer(0, at));
  keccakDigest(STATE, 0, output);
}
