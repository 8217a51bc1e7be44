/**
 * ECDSA over SHA-256 with r || s and low s (SEC 1, 4.1.4; the rule of accel/reference/verify.ts), in batches.
 *
 * With w = 1 / s, u = e w and v = r w: accept when x(u G + v Q) = r modulo n. One inverse serves a whole chunk.
 */
import { HALF_ORDER, curve, ORDER_SQUARE, PRIME } from "../curve/curve";
import { invertOrder, isScalar, leaveOrder, mulOrder, reduceOrder } from "../field/order";
import { copyWords, isBelowWords, wordsFromBytes } from "../field/words";
import { SHA256_STATE_BYTES, sha256Final, sha256Init, sha256Update } from "../hash/sha256";
import { keyOfItem, messageLength, messageOfItem, setVerdict, signatureOfItem } from "./batch-items";
import {
  appendRecord,
  chunkCount,
  clearChunk,
  DIGEST,
  IS_OPEN,
  isChunkFull,
  ITEM,
  KEY_X,
  PARITY,
  PREFIX,
  R,
  recordAt,
  S,
  SLOT,
  U,
  V,
  WANTED_X,
} from "./signature-chunk";
import { countKey } from "./key-tables";
import {
  computeSums,
  computeTableSums,
  considerTables,
  decompressKeys,
  isAccepted,
  prepareCurve,
} from "./weierstrass-verify";

const HASH: usize = memory.data(112, 16);
const BYTES: usize = memory.data(32, 16);
const INVERSE: usize = memory.data(32, 16);
const KEY: usize = memory.data(32, 16);
const SCALARS: usize = memory.data(64, 16);
/** Items that are looked at together. */
export const SLICE_ITEMS: u32 = 4096;
/** Those of a slice whose keys have no table. */
export const COLD_ITEMS: usize = memory.data(4 * 4096, 16);

/** True when the key has the form of a compressed point: its x is then at KEY. */
export function readKey(key: usize, constants: usize): bool {
  const prefix = load<u8>(key);
  if (prefix !== 2 && prefix !== 3) return false;
  wordsFromBytes(KEY, key + 1);
  return isBelowWords(KEY, constants + PRIME);
}

/** True when r and s are in the range of scalars: they are then at SCALARS. */
export function readScalars(signature: usize, constants: usize): bool {
  wordsFromBytes(SCALARS, signature);
  wordsFromBytes(SCALARS + 32, signature + 32);
  return isScalar(SCALARS, constants) && isScalar(SCALARS + 32, constants);
}

/** A record of the item with its key, r and s; after `readKey` and `readScalars`. */
export function appendRead(item: u32, slot: u32): usize {
  const record = appendRecord(item);
  store<u32>(record, slot, SLOT);
  store<u32>(record, load<u8>(keyOfItem(item)) & 1, PARITY);
  copyWords(record + KEY_X, KEY);
  copyWords(record + R, SCALARS);
  copyWords(record + S, SCALARS + 32);
  return record;
}

/** True when s is at most (n - 1) / 2. */
export function isLowS(constants: usize): bool {
  return !isBelowWords(constants + HALF_ORDER, SCALARS + 32);
}

function readItem<C>(item: u32, slot: u32): void {
  const c = curve<C>().constants();
  setVerdict(item, false);
  if (!readKey(keyOfItem(item), c) || !readScalars(signatureOfItem(item), c) || !isLowS(c)) return;
  const record = appendRead(item, slot);
  sha256Init(HASH);
  sha256Update(HASH, messageOfItem(item), messageLength(item));
  sha256Final(HASH, BYTES);
  wordsFromBytes(BYTES, BYTES);
  reduceOrder(record + DIGEST, BYTES, c);
  copyWords(record + WANTED_X, record + R);
}

/** V = 1 / (the scalar at `offset`) in Montgomery's form, for all records (Montgomery's trick). */
export function invertScalars<C>(offset: usize): void {
  const c = curve<C>().constants();
  const count = chunkCount();
  copyWords(recordAt(0) + PREFIX, recordAt(0) + offset);
  for (let i = 1; i < count; i++) {
    mulOrder(recordAt(i) + PREFIX, recordAt(i) + offset, recordAt(i - 1) + PREFIX, c);
  }
  invertOrder(INVERSE, recordAt(count - 1) + PREFIX, c);
  // One factor 2^256 less, once, is one less in every inverse.
  leaveOrder(INVERSE, INVERSE, c);
  for (let i = count - 1; i > 0; i--) {
    mulOrder(recordAt(i) + V, recordAt(i - 1) + PREFIX, INVERSE, c);
    mulOrder(INVERSE, recordAt(i) + offset, INVERSE, c);
  }
  copyWords(recordAt(0) + V, INVERSE);
}

function computeFactors<C>(): void {
  const c = curve<C>().constants();
  invertScalars<C>(S);
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    mulOrder(record + U, record + DIGEST, record + V, c);
    mulOrder(record + V, record + R, record + V, c);
  }
}

/** Verdicts of the records are written. */
export function settleRecords<C>(): void {
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    if (load<u32>(record, IS_OPEN) !== 0) setVerdict(load<u32>(record, ITEM), isAccepted<C>(i));
  }
}

function finishChunk<C>(): void {
  if (chunkCount() === 0) return;
  decompressKeys<C>();
  computeFactors<C>();
  computeSums<C>();
  settleRecords<C>();
  considerTables<C>();
  clearChunk();
}

function finishTableChunk<C>(): void {
  if (chunkCount() === 0) return;
  computeFactors<C>();
  computeTableSums<C>();
  settleRecords<C>();
  clearChunk();
}

/** Verifies the items whose keys have tables; the others are listed in COLD_ITEMS. Returns how many those are. */
function verifyWithTables<C>(count: u32, items: usize): u32 {
  let cold: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const item = load<u32>(items + 4 * i);
    const slot = countKey<C>(keyOfItem(item));
    if (slot === 0) store<u32>(COLD_ITEMS + 4 * cold++, item);
    else readItem<C>(item, slot);
    if (isChunkFull()) finishTableChunk<C>();
  }
  finishTableChunk<C>();
  return cold;
}

function verifySlice<C>(count: u32, items: usize): void {
  const cold = verifyWithTables<C>(count, items);
  for (let i: u32 = 0; i < cold; i++) {
    readItem<C>(load<u32>(COLD_ITEMS + 4 * i), 0);
    if (isChunkFull()) finishChunk<C>();
  }
  finishChunk<C>();
}

/** Writes the verdict of each of the `count` items whose indices are at `items`; the batch is open (batch-items.ts). */
export function verifyEcdsa<C>(count: u32, items: usize): void {
  prepareCurve<C>();
  clearChunk();
  for (let from: u32 = 0; from < count; from += SLICE_ITEMS) {
    verifySlice<C>(min(count - from, SLICE_ITEMS), items + 4 * from);
  }
}
