/**
 * How segments and records of the block log look on disk.
 *
 *   segment   head, padded with zeros to 4096 bytes, then records
 *   head      magic "CINNALOG" | format u32 | segment number u32 | salt 16 | checksum 16
 *   record    magic u32 | payload length u32 | height u64 | checksum 16 | payload, padded with zeros to a multiple of 4096
 *
 * Numbers are little-endian. A checksum is the first 16 bytes of SHA-256 over everything else of the head or record; for a
 * record also over the salt, the segment number and the offset, so that bytes which are whole but in the wrong place do not
 * count. The salt is the log's own and secret: a payload holds bytes that strangers chose, and without it they could put in
 * something that looks like a record. Records begin on a page of their own, so that writing one never rewrites the page of a
 * record that was acknowledged.
 */
import { createHash } from "node:crypto";
import { equalBytes } from "../format/bytes.ts";

export const PAGE_BYTES = 4096;
export const SALT_LENGTH = 16;
export const RECORD_HEAD_BYTES = 32;
const CHECKSUM_LENGTH = 16;
const CHECKSUM_OFFSET = 16;
const SEGMENT_MAGIC = new TextEncoder().encode("CINNALOG");
const SEGMENT_FORMAT = 1;
const SEGMENT_HEAD_BYTES = 48;
const SEGMENT_CHECKSUM_OFFSET = 32;
/** "CREC" */
const RECORD_MAGIC = 0x43455243;

export interface RecordPlace {
  readonly salt: Uint8Array;
  readonly segment: number;
  readonly offset: number;
}

export interface RecordHead {
  readonly payloadLength: number;
  readonly height: number;
}

/** Bytes that a record with a payload of this length takes in its segment. */
export function recordBytes(payloadLength: number): number {
  return Math.ceil((RECORD_HEAD_BYTES + payloadLength) / PAGE_BYTES) * PAGE_BYTES;
}

export function encodeSegmentHead(segment: number, salt: Uint8Array): Uint8Array {
  const head = new Uint8Array(SEGMENT_HEAD_BYTES);
  const view = new DataView(head.buffer);
  head.set(SEGMENT_MAGIC);
  view.setUint32(8, SEGMENT_FORMAT, true);
  view.setUint32(12, segment, true);
  head.set(salt, 16);
  head.set(checksum([head.subarray(0, SEGMENT_CHECKSUM_OFFSET)]), SEGMENT_CHECKSUM_OFFSET);
  return head;
}

/** Returns the salt of the segment whose first page is given; undefined when it is not the head of that segment. */
export function decodeSegmentHead(page: Uint8Array, segment: number): Uint8Array | undefined {
  const salt = page.slice(16, 16 + SALT_LENGTH);
  return equalBytes(page.subarray(0, SEGMENT_HEAD_BYTES), encodeSegmentHead(segment, salt)) ? salt : undefined;
}

export function encodeRecord(place: RecordPlace, height: number, payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEAD_BYTES + payload.length);
  const view = new DataView(record.buffer);
  view.setUint32(0, RECORD_MAGIC, true);
  view.setUint32(4, payload.length, true);
  view.setBigUint64(8, BigInt(height), true);
  record.set(payload, RECORD_HEAD_BYTES);
  record.set(recordChecksum(place, record, payload), CHECKSUM_OFFSET);
  return record;
}

/** Returns what the first bytes of a record say, unproven; undefined when they cannot be a record's. */
export function peekRecordHead(bytes: Uint8Array): RecordHead | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEAD_BYTES);
  if (view.getUint32(0, true) !== RECORD_MAGIC) return undefined;
  const height = view.getBigUint64(8, true);
  if (height > BigInt(Number.MAX_SAFE_INTEGER)) return undefined;
  return { payloadLength: view.getUint32(4, true), height: Number(height) };
}

/** True when `record` (head and payload) is what `encodeRecord` wrote at this place. */
export function isWholeRecord(place: RecordPlace, record: Uint8Array): boolean {
  const stored = record.subarray(CHECKSUM_OFFSET, CHECKSUM_OFFSET + CHECKSUM_LENGTH);
  return equalBytes(stored, recordChecksum(place, record, record.subarray(RECORD_HEAD_BYTES)));
}

function recordChecksum(place: RecordPlace, record: Uint8Array, payload: Uint8Array): Uint8Array {
  const position = new Uint8Array(12);
  const view = new DataView(position.buffer);
  view.setUint32(0, place.segment, true);
  view.setBigUint64(4, BigInt(place.offset), true);
  return checksum([place.salt, position, record.subarray(0, CHECKSUM_OFFSET), payload]);
}

function checksum(parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest().subarray(0, CHECKSUM_LENGTH);
}
