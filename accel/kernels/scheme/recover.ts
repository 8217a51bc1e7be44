/**
 * Keys of secp256k1 signatures (SEC 1, 4.1.6; the rule of accel/reference/recover.ts), in batches.
 *
 * r and the parity give the point R, and Q = -(e / r) G + (s / r) R: the sum of a verification with R for the key.
 * Candidates with x(R) = r + n are refused, as by the reference.
 */
import { coordinateBytes } from "../curve/decompress";
import { isZeroLane } from "../curve/canonical";
import { curve, Y, Z } from "../curve/curve";
import { invertPair } from "../curve/invert";
import { Secp256k1 } from "../curve/secp256k1";
import { PAIR_BYTES } from "../field/pair";
import { mulOrder, reduceOrder, subOrder } from "../field/order";
import { copyWords, wordsFromBytes } from "../field/words";
import { invertScalars, isLowS, readScalars } from "./ecdsa";
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
  R,
  recordAt,
  S,
  U,
  V,
} from "./signature-chunk";
import { completeSumOf, computeSums, decompressKeys, prepareCurve, sumOf } from "./weierstrass-verify";

const KEY_BYTES: u32 = 33;
const ZERO = memory.data<u64>([0, 0, 0, 0]);
const INVERSE: usize = memory.data(80, 16);
const SUM: usize = memory.data(240, 16);
const X_BYTES: usize = memory.data(64, 16);
const Y_BYTES: usize = memory.data(64, 16);

function readItem(item: u32, digest: usize, signature: usize, recoveryId: u32): void {
  const c = curve<Secp256k1>().constants();
  if (recoveryId > 1 || !readScalars(signature, c) || !isLowS(c)) return;
  const record = appendRecord(item);
  store<u32>(record, recoveryId, PARITY);
  wordsFromBytes(record + R, signature);
  wordsFromBytes(record + S, signature + 32);
  copyWords(record + KEY_X, record + R);
  wordsFromBytes(record + DIGEST, digest);
  reduceOrder(record + DIGEST, record + DIGEST, c);
}

function computeFactors(): void {
  const c = curve<Secp256k1>().constants();
  invertScalars<Secp256k1>(R);
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    mulOrder(record + U, record + DIGEST, record + V, c);
    subOrder(record + U, ZERO, record + U, c);
    mulOrder(record + V, record + S, record + V, c);
  }
}

/** Writes the compressed point of one lane of a finite sum. */
function storeKey(out: usize, sum: usize, lane: u32): void {
  const c = curve<Secp256k1>();
  invertPair<Secp256k1>(INVERSE, sum + Z);
  c.mul(sum + Y, sum + Y, INVERSE);
  c.sqr(INVERSE, INVERSE);
  c.mul(sum, sum, INVERSE);
  c.mul(sum + Y, sum + Y, INVERSE);
  coordinateBytes<Secp256k1>(X_BYTES, X_BYTES + 32, sum);
  coordinateBytes<Secp256k1>(Y_BYTES, Y_BYTES + 32, sum + Y);
  store<u8>(out, 2 + (load<u8>(Y_BYTES + 32 * lane, 31) & 1));
  memory.copy(out + 1, X_BYTES + 32 * lane, 32);
}

function settle(index: i32, publicKeys: usize): void {
  const record = recordAt(index);
  if (load<u32>(record, IS_OPEN) === 0) return;
  const out = publicKeys + load<u32>(record, ITEM) * KEY_BYTES;
  const lane = index & 1;
  memory.copy(SUM, sumOf(index >> 1), 3 * PAIR_BYTES);
  if (!isZeroLane<Secp256k1>(SUM + Z, lane)) storeKey(out, SUM, lane);
  else if (completeSumOf<Secp256k1>(SUM, index)) storeKey(out, SUM, 0);
}

function finishChunk(publicKeys: usize): void {
  const count = chunkCount();
  if (count === 0) return;
  decompressKeys<Secp256k1>();
  computeFactors();
  computeSums<Secp256k1>();
  for (let i = 0; i < count; i++) settle(i, publicKeys);
  clearChunk();
}

/** Writes 33 bytes for each of the `count` signatures: the compressed key, or zeros when there is none. */
export function recoverKeys(count: u32, digests: usize, signatures: usize, ids: usize, publicKeys: usize): void {
  prepareCurve<Secp256k1>();
  clearChunk();
  memory.fill(publicKeys, 0, count * KEY_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    readItem(i, digests + 32 * i, signatures + 64 * i, load<u8>(ids + i));
    if (isChunkFull()) finishChunk(publicKeys);
  }
  finishChunk(publicKeys);
}
