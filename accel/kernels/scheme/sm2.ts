/**
 * SM2 signatures (GB/T 32918.2-2016; the rule of accel/reference/sm2.ts), in batches.
 *
 * With t = r + s modulo n, not zero: accept when e + x(s G + t Q) = r modulo n, so the sum's x has to be r - e. The
 * digest e binds the user id and both coordinates of the key, so keys become points before messages are hashed.
 */
import { COEFFICIENT_A, COEFFICIENT_B, GENERATOR_X, GENERATOR_Y, Y } from "../curve/curve";
import { coordinateBytes } from "../curve/decompress";
import { curve } from "../curve/curve";
import { prepareConstants } from "../curve/prepare";
import { Sm2 } from "../curve/sm2";
import { addOrder, reduceOrder, subOrder } from "../field/order";
import { copyWords, isZeroWords, wordsFromBytes, wordsToBytes } from "../field/words";
import { SM3_STATE_BYTES, sm3Final, sm3Init, sm3Update } from "../hash/sm3";
import { keyOfItem, messageLength, messageOfItem, setVerdict, signatureOfItem } from "./batch-items";
import { appendRead, COLD_ITEMS, readKey, readScalars, settleRecords, SLICE_ITEMS } from "./ecdsa";
import {
  chunkCount,
  chunkPairs,
  clearChunk,
  IS_OPEN,
  isChunkFull,
  ITEM,
  laneA,
  laneB,
  R,
  recordAt,
  S,
  SLOT,
  U,
  V,
  WANTED_X,
} from "./signature-chunk";
import { coordinatesOf, countKey } from "./key-tables";
import {
  computeSums,
  computeTableSums,
  considerTables,
  decompressKeys,
  keyOf,
  prepareCurve,
} from "./weierstrass-verify";

/** The state after ENTL, the user id, a, b and G: the same for every key. */
const PREFIX_STATE: usize = memory.data(112, 16);
const HASH: usize = memory.data(112, 16);
/** x and y of both lanes, then ZA, then e. */
const KEY_BYTES: usize = memory.data(128, 16);
const ZA: usize = memory.data(32, 16);
const E: usize = memory.data(32, 16);
const CONSTANT_BYTES: usize = memory.data(32, 16);

function hashConstant(offset: usize): void {
  wordsToBytes(CONSTANT_BYTES, curve<Sm2>().constants() + offset);
  sm3Update(PREFIX_STATE, CONSTANT_BYTES, 32);
}

/** Signatures are over the user id whose ENTL || id are the `length` bytes at `pointer`, from now on. */
export function setUserId(pointer: usize, length: u32): void {
  prepareConstants<Sm2>();
  sm3Init(PREFIX_STATE);
  sm3Update(PREFIX_STATE, pointer, length);
  hashConstant(COEFFICIENT_A);
  hashConstant(COEFFICIENT_B);
  hashConstant(GENERATOR_X);
  hashConstant(GENERATOR_Y);
}

function readItem(item: u32, slot: u32): void {
  const c = curve<Sm2>().constants();
  setVerdict(item, false);
  if (!readKey(keyOfItem(item), c) || !readScalars(signatureOfItem(item), c)) return;
  const record = appendRead(item, slot);
  copyWords(record + U, record + S);
  addOrder(record + V, record + R, record + S, c);
  if (!isZeroWords(record + V)) return;
  // The rule refuses t = 0. Any other factor will do for a record that is closed.
  store<u32>(record, 0, IS_OPEN);
  copyWords(record + V, record + S);
}

/** WANTED_X = r - e of the record, whose key's coordinates are the 64 bytes at `key`. */
function computeWanted(record: usize, key: usize): void {
  const c = curve<Sm2>().constants();
  const item = load<u32>(record, ITEM);
  memory.copy(HASH, PREFIX_STATE, SM3_STATE_BYTES);
  sm3Update(HASH, key, 64);
  sm3Final(HASH, ZA);
  sm3Init(HASH);
  sm3Update(HASH, ZA, 32);
  sm3Update(HASH, messageOfItem(item), messageLength(item));
  sm3Final(HASH, E);
  wordsFromBytes(E, E);
  reduceOrder(E, E, c);
  subOrder(record + WANTED_X, record + R, E, c);
}

function computeDigests(): void {
  for (let j = 0, pairs = chunkPairs(); j < pairs; j++) {
    coordinateBytes<Sm2>(KEY_BYTES, KEY_BYTES + 64, keyOf(j));
    coordinateBytes<Sm2>(KEY_BYTES + 32, KEY_BYTES + 96, keyOf(j) + Y);
    computeWanted(laneA(j), KEY_BYTES);
    if (laneB(j) !== laneA(j)) computeWanted(laneB(j), KEY_BYTES + 64);
  }
}

function computeTableDigests(): void {
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    computeWanted(record, coordinatesOf<Sm2>(load<u32>(record, SLOT)));
  }
}

function finishChunk(): void {
  if (chunkCount() === 0) return;
  decompressKeys<Sm2>();
  computeDigests();
  computeSums<Sm2>();
  settleRecords<Sm2>();
  considerTables<Sm2>();
  clearChunk();
}

function finishTableChunk(): void {
  if (chunkCount() === 0) return;
  computeTableDigests();
  computeTableSums<Sm2>();
  settleRecords<Sm2>();
  clearChunk();
}

/** As in ecdsa.ts. */
function verifyWithTables(count: u32, items: usize): u32 {
  let cold: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const item = load<u32>(items + 4 * i);
    const slot = countKey<Sm2>(keyOfItem(item));
    if (slot === 0) store<u32>(COLD_ITEMS + 4 * cold++, item);
    else readItem(item, slot);
    if (isChunkFull()) finishTableChunk();
  }
  finishTableChunk();
  return cold;
}

function verifySlice(count: u32, items: usize): void {
  const cold = verifyWithTables(count, items);
  for (let i: u32 = 0; i < cold; i++) {
    readItem(load<u32>(COLD_ITEMS + 4 * i), 0);
    if (isChunkFull()) finishChunk();
  }
  finishChunk();
}

/** Writes the verdict of each of the `count` items whose indices are at `items`; the batch is open (batch-items.ts). */
export function verifySm2(count: u32, items: usize): void {
  prepareCurve<Sm2>();
  clearChunk();
  for (let from: u32 = 0; from < count; from += SLICE_ITEMS) {
    verifySlice(min(count - from, SLICE_ITEMS), items + 4 * from);
  }
}
