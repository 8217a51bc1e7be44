/**
 * The part of verification that ECDSA and SM2 share: x(u G + v Q) = wanted modulo n, for a chunk of signatures.
 *
 * The steps run over the whole chunk, so that one inverse serves all: keys to points, tables of odd multiples of all
 * keys, sums, comparison. x is never computed: with the sum in Jacobian coordinates X = wanted Z^2 is compared, and for
 * wanted < p - n also X = (wanted + n) Z^2. A sum with Z = 0 met an exception and is done again by complete.ts.
 */
import { coordinateBytes, decompressPair } from "../curve/decompress";
import { clearMarks, sumRows } from "../curve/affine-sums";
import { COMB_WIDTH, combRows, combWindows, makeComb, makeTables } from "../curve/comb";
import { completeSum } from "../curve/complete";
import { isZeroLane } from "../curve/canonical";
import {
  AFFINE_BYTES,
  curve,
  GENERATOR,
  generatorComb,
  generatorTables,
  IS_PREPARED,
  JACOBIAN_BYTES,
  ORDER,
  PRIME,
  Y,
  Z,
} from "../curve/curve";
import { oddMultiples } from "../curve/odd-multiples";
import { pairFromIntegers, prepareConstants } from "../curve/prepare";
import { oddScalar } from "../curve/window";
import {
  GENERATOR_DISTANCE,
  GENERATOR_TABLES,
  GENERATOR_WIDTH,
  generatorWindows,
  joinWindows,
  keyWindows,
  TABLE_BYTES,
  TABLE_ENTRIES,
  windowSum,
} from "../curve/window-sum";
import { keyOfItem } from "./batch-items";
import { considerTable, isTableDue, KEY_WIDTH, tableOf } from "./key-tables";
import { join, LANE_BYTES, PAIR_BYTES, spreadLane, sub } from "../field/pair";
import { addWords, isBelowWords } from "../field/words";
import {
  chunkCount,
  chunkPairs,
  IS_OPEN,
  ITEM,
  KEY_X,
  laneA,
  laneB,
  ODD_U,
  ODD_V,
  PARITY,
  recordAt,
  SLOT,
  U,
  V,
  WANTED_X,
} from "./signature-chunk";

/** Of the 32 pairs of a chunk: keys as affine pairs, their tables, their sums. */
const KEYS: usize = memory.data(32 * 160, 16);
const TABLES: usize = memory.data(32 * 2560, 16);
const SUMS: usize = memory.data(32 * 240, 16);
const SINGLE: usize = memory.data(240, 16);
const SINGLE_KEY: usize = memory.data(160, 16);
const COORDINATES: usize = memory.data(96, 16);
const T0: usize = memory.data(80, 16);
const T1: usize = memory.data(80, 16);
const ALTERNATIVE: usize = memory.data(32, 16);

/** The curve's constants and the comb of its generator are complete. */
export function prepareCurve<C>(): void {
  const c = curve<C>();
  if (load<u32>(c.constants(), IS_PREPARED) !== 0) return;
  prepareConstants<C>();
  const generator = c.constants() + GENERATOR;
  makeComb<C>(generatorComb<C>(), generator, COMB_WIDTH);
  makeTables<C>(generatorTables<C>(), generator, GENERATOR_WIDTH, GENERATOR_TABLES, GENERATOR_DISTANCE);
  store<u32>(c.constants(), 1, IS_PREPARED);
}

// @ts-ignore: decorator
@inline
export function keyOf(pair: i32): usize {
  return KEYS + <u32>pair * AFFINE_BYTES;
}

// @ts-ignore: decorator
@inline
export function sumOf(pair: i32): usize {
  return SUMS + <u32>pair * JACOBIAN_BYTES;
}

/** Turns KEY_X and PARITY into points; a record whose x is that of no point is closed. */
export function decompressKeys<C>(): void {
  for (let j = 0, pairs = chunkPairs(); j < pairs; j++) {
    const a = laneA(j);
    const b = laneB(j);
    const found = decompressPair<C>(keyOf(j), a + KEY_X, b + KEY_X, load<u32>(a, PARITY), load<u32>(b, PARITY));
    if ((found & 1) === 0) store<u32>(a, 0, IS_OPEN);
    if ((found & 2) === 0) store<u32>(b, 0, IS_OPEN);
  }
}

/** Sums u G + v Q of all pairs are at `sumOf`, from U and V of the records. */
export function computeSums<C>(): void {
  const c = curve<C>();
  const pairs = chunkPairs();
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    oddScalar(record + ODD_U, record + U, c.constants());
    c.prepareScalar(record + ODD_V, record + V);
  }
  oddMultiples<C>(KEYS, TABLES, TABLE_ENTRIES, pairs);
  clearMarks();
  for (let j = 0; j < pairs; j++) {
    const a = laneA(j);
    const b = laneB(j);
    keyWindows<C>(j, pairs, TABLES + j * TABLE_BYTES, a + ODD_V, b + ODD_V);
    generatorWindows<C>(j, pairs, a + ODD_U, b + ODD_U);
  }
  joinWindows<C>(pairs);
  for (let j = 0; j < pairs; j++) {
    windowSum<C>(sumOf(j), j, pairs, TABLES + j * TABLE_BYTES, laneA(j) + ODD_V, laneB(j) + ODD_V);
  }
}

/** The same for a chunk whose keys all have tables; the keys' points are read from there. */
export function computeTableSums<C>(): void {
  const c = curve<C>();
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    oddScalar(record + ODD_U, record + U, c.constants());
    oddScalar(record + ODD_V, record + V, c.constants());
  }
  const comb = generatorComb<C>();
  const pairs = chunkPairs();
  const keyRows = combWindows(KEY_WIDTH);
  clearMarks();
  for (let j = 0; j < pairs; j++) {
    const a = laneA(j);
    const b = laneB(j);
    const tableA = tableOf<C>(load<u32>(a, SLOT));
    const tableB = tableOf<C>(load<u32>(b, SLOT));
    // The first entry of a comb is the point itself.
    join(keyOf(j), tableA, tableB);
    join(keyOf(j) + Y, tableA + LANE_BYTES, tableB + LANE_BYTES);
    combRows(0, j, pairs, tableA, tableB, a + ODD_V, b + ODD_V, KEY_WIDTH);
    combRows(keyRows, j, pairs, comb, comb, a + ODD_U, b + ODD_U, COMB_WIDTH);
  }
  sumRows<C>(sumOf(0), keyRows + combWindows(COMB_WIDTH), pairs);
}

/** Keys of the chunk that have come often enough get a table, if there is a place. */
export function considerTables<C>(): void {
  for (let i = 0, count = chunkCount(); i < count; i++) {
    const record = recordAt(i);
    if (load<u32>(record, IS_OPEN) === 0) continue;
    const key = keyOfItem(load<u32>(record, ITEM));
    if (!isTableDue<C>(key)) continue;
    loadSingleKey(i);
    coordinateBytes<C>(COORDINATES, COORDINATES + 64, SINGLE_KEY);
    coordinateBytes<C>(COORDINATES + 32, COORDINATES + 64, SINGLE_KEY + Y);
    considerTable<C>(key, SINGLE_KEY, COORDINATES);
  }
}

/** SINGLE_KEY is the key of one record, in both lanes. */
function loadSingleKey(index: i32): void {
  const key = keyOf(index >> 1);
  for (let i: usize = 0; i < AFFINE_BYTES; i += PAIR_BYTES) spreadLane(SINGLE_KEY + i, key + i, index & 1);
}

/** The sum of one record by the complete formulas, in both lanes of `sum`; false when it is infinity. */
export function completeSumOf<C>(sum: usize, index: i32): bool {
  loadSingleKey(index);
  return completeSum<C>(sum, recordAt(index) + U, recordAt(index) + V, SINGLE_KEY);
}

function isSumX<C>(sum: usize, lane: u32, words: usize): bool {
  const c = curve<C>();
  pairFromIntegers<C>(T1, words, words);
  c.sqr(T0, sum + Z);
  c.mul(T0, T0, T1);
  sub(T0, T0, sum);
  return isZeroLane<C>(T0, lane);
}

/** True when x of the finite sum is `wanted` modulo n. */
function isWantedX<C>(sum: usize, lane: u32, wanted: usize): bool {
  if (isSumX<C>(sum, lane, wanted)) return true;
  const c = curve<C>().constants();
  const carry = addWords(ALTERNATIVE, wanted, c + ORDER);
  return carry === 0 && isBelowWords(ALTERNATIVE, c + PRIME) && isSumX<C>(sum, lane, ALTERNATIVE);
}

/** The verdict of an open record whose fast sum is computed. */
export function isAccepted<C>(index: i32): bool {
  const record = recordAt(index);
  const sum = sumOf(index >> 1);
  const lane = index & 1;
  if (!isZeroLane<C>(sum + Z, lane)) return isWantedX<C>(sum, lane, record + WANTED_X);
  return completeSumOf<C>(SINGLE, index) && isWantedX<C>(SINGLE, 0, record + WANTED_X);
}
