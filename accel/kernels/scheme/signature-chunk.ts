/**
 * Up to 64 signatures of one curve on their way through a verification: what the steps share.
 *
 * A record is one signature. Records 2 j and 2 j + 1 are lanes A and B of pair j; when their number is odd the last one
 * stands in both lanes.
 */

const CHUNK_ITEMS: i32 = 64;
const RECORD_BYTES: u32 = 512;

/** Offsets in a record: the item, its state, then integers in words, then odd scalars (window.ts). */
export const ITEM: u32 = 0;
/** 1 while the signature may still be valid. */
export const IS_OPEN: u32 = 4;
/** 0 or 1: the parity of y. */
export const PARITY: u32 = 8;
/** Slot + 1 of the key's table (key-tables.ts); the same for all records of a chunk: none has one, or all have. */
export const SLOT: u32 = 12;
export const KEY_X: u32 = 16;
export const R: u32 = 48;
export const S: u32 = 80;
export const DIGEST: u32 = 112;
/** The factors of G and of the key. */
export const U: u32 = 144;
export const V: u32 = 176;
export const PREFIX: u32 = 208;
/** What x of the sum has to be, modulo n. */
export const WANTED_X: u32 = 240;
export const ODD_U: u32 = 272;
/** One odd scalar of 256 bits, or two of 130. */
export const ODD_V: u32 = 312;

const RECORDS: usize = memory.data(64 * 512, 16);
const CHUNK: usize = memory.data(16, 16);

// @ts-ignore: decorator
@inline
export function recordAt(index: i32): usize {
  return RECORDS + <u32>index * RECORD_BYTES;
}

/** Signatures in the chunk. */
export function chunkCount(): i32 {
  return load<i32>(CHUNK);
}

export function chunkPairs(): i32 {
  return (chunkCount() + 1) >> 1;
}

export function clearChunk(): void {
  store<i32>(CHUNK, 0);
}

export function isChunkFull(): bool {
  return chunkCount() === CHUNK_ITEMS;
}

/** A new record at the end, for `item`. */
export function appendRecord(item: u32): usize {
  const record = recordAt(chunkCount());
  store<u32>(record, item, ITEM);
  store<u32>(record, 1, IS_OPEN);
  store<u32>(record, 0, SLOT);
  store<i32>(CHUNK, chunkCount() + 1);
  return record;
}

/** The record in lane A of the pair. */
// @ts-ignore: decorator
@inline
export function laneA(pair: i32): usize {
  return recordAt(2 * pair);
}

// @ts-ignore: decorator
@inline
export function laneB(pair: i32): usize {
  const index = 2 * pair + 1;
  return recordAt(index < chunkCount() ? index : 2 * pair);
}
