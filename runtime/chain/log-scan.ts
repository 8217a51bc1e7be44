/**
 * Reading a block log from a position to its end, and deciding what the end is.
 *
 * Whatever is not a whole record of the expected height ends the reading there, and what lies behind decides what it means:
 *
 *   nothing whole behind it                                   the end; bytes there are a torn write, never acknowledged
 *   next segment begins with the expected record, zeros here  the segment was full: go on there
 *   anything else whole behind it                             log.corrupt: a record that was acknowledged is damaged or gone
 *
 * A damaged *last* record looks like a torn write, because nothing whole is behind it. The last checkpoint names a height the
 * log must reach, which finds that case for everything before it and, after an orderly stop, for everything.
 */
import { NodeError } from "../../vm/errors.ts";
import type { LogPosition } from "../state/store.ts";
import type { LogFile, LogFiles } from "./log-files.ts";
import {
  decodeSegmentHead,
  isWholeRecord,
  PAGE_BYTES,
  peekRecordHead,
  RECORD_HEAD_BYTES,
  recordBytes,
} from "./log-record.ts";

/** Bytes read at a time where whole regions are looked through. */
const CHUNK_BYTES = 1024 * 1024;
const SEGMENT_NAME = /^segment-([0-9]{8})$/;

export interface Segment {
  readonly number: number;
  readonly file: LogFile;
  readonly salt: Uint8Array;
}

export interface LoggedRecord {
  readonly height: number;
  readonly position: LogPosition;
  readonly payload: Uint8Array;
}

export function segmentName(number: number): string {
  return `segment-${String(number).padStart(8, "0")}`;
}

export function corrupt(file: LogFile, offset: number, text: string): NodeError {
  return new NodeError("log.corrupt", `${text} in ${file.name} at byte ${offset}`);
}

/** Returns the log's segments in order, open. @errors log.corrupt when one is missing or its head is damaged */
export function openSegments(files: Pick<LogFiles, "list" | "open">): Segment[] {
  const numbers: number[] = [];
  for (const name of files.list()) {
    const match = SEGMENT_NAME.exec(name);
    if (match !== null) numbers.push(Number(match[1]));
  }
  numbers.sort((left, right) => left - right);
  const segments: Segment[] = [];
  try {
    for (const [index, number] of numbers.entries()) {
      if (number !== index + 1)
        throw new NodeError("log.corrupt", `${segmentName(index + 1)} of the block log is missing`);
      segments.push(openSegment(files.open(segmentName(number)), number, segments[0]?.salt));
    }
  } catch (error) {
    for (const { file } of segments) file.close();
    throw error;
  }
  return segments;
}

function openSegment(file: LogFile, number: number, firstSalt: Uint8Array | undefined): Segment {
  const page = new Uint8Array(PAGE_BYTES);
  file.read(page, 0);
  const salt = decodeSegmentHead(page, number);
  if (salt === undefined || (firstSalt !== undefined && Buffer.compare(salt, firstSalt) !== 0)) {
    file.close();
    throw corrupt(file, 0, "a damaged head");
  }
  return { number, file, salt };
}

/** Returns the payload of the whole record of `height` at a place, undefined when there is none. */
export function readRecord(segment: Segment, offset: number): Omit<LoggedRecord, "position"> | undefined {
  if (offset + RECORD_HEAD_BYTES > segment.file.size) return undefined;
  const headBytes = new Uint8Array(RECORD_HEAD_BYTES);
  segment.file.read(headBytes, offset);
  const head = peekRecordHead(headBytes);
  if (head === undefined || head.payloadLength > segment.file.size - offset - RECORD_HEAD_BYTES) return undefined;
  const record = new Uint8Array(RECORD_HEAD_BYTES + head.payloadLength);
  segment.file.read(record, offset);
  if (!isWholeRecord({ salt: segment.salt, segment: segment.number, offset }, record)) return undefined;
  return { height: head.height, payload: record.subarray(RECORD_HEAD_BYTES) };
}

/**
 * Yields the records from `start` on (a record's position, or where the first one would stand) and returns the position behind
 * the last.
 * @errors log.corrupt (NodeError) with file and offset, before anything wrong is yielded
 */
export function* scanRecords(
  segments: readonly Segment[],
  start: LogPosition,
  firstHeight: number | undefined,
): Generator<LoggedRecord, LogPosition, void> {
  let position = start;
  let expected = firstHeight;
  for (;;) {
    const segment = segments[position.segment - 1];
    if (segment === undefined) throw new NodeError("log.corrupt", `${segmentName(position.segment)} is missing`);
    const record = readRecord(segment, position.offset);
    if (record === undefined) {
      const next = recordBehind(segments, position, expected);
      if (next === undefined) return position;
      position = next;
      continue;
    }
    if (expected !== undefined && record.height !== expected) {
      throw corrupt(segment.file, position.offset, `height ${record.height} where ${expected} is due`);
    }
    yield { ...record, position };
    expected = record.height + 1;
    position = { segment: segment.number, offset: position.offset + recordBytes(record.payload.length) };
  }
}

/** Returns how many records the heads promise from `start` on, unproven: the total of a progress report. */
export function countRecords(segments: readonly Segment[], start: LogPosition): number {
  const headBytes = new Uint8Array(RECORD_HEAD_BYTES);
  let count = 0;
  for (const { number, file } of segments.slice(start.segment - 1)) {
    let offset = number === start.segment ? start.offset : PAGE_BYTES;
    while (offset + RECORD_HEAD_BYTES <= file.size) {
      file.read(headBytes, offset);
      const head = peekRecordHead(headBytes);
      if (head === undefined) break;
      count += 1;
      offset += recordBytes(head.payloadLength);
    }
  }
  return count;
}

/** Returns where reading goes on when there is no record at `end`: the next segment, or undefined at the end of the log. */
function recordBehind(
  segments: readonly Segment[],
  end: LogPosition,
  expected: number | undefined,
): LogPosition | undefined {
  const found = firstWholeRecord(segments, { segment: end.segment, offset: end.offset + PAGE_BYTES });
  if (found === undefined) return undefined;
  const here = segments[end.segment - 1]!;
  const isNextSegment = found.position.segment === end.segment + 1 && found.position.offset === PAGE_BYTES;
  if (isNextSegment && found.height === expected && firstNonZeroPage(here.file, end.offset) === undefined) {
    return found.position;
  }
  const place = `a whole record of height ${found.height} is in ${segmentName(found.position.segment)}`;
  const wanted = expected === undefined ? "no whole record" : `no whole record of height ${expected}`;
  throw corrupt(here.file, end.offset, `${wanted}, but ${place} at byte ${found.position.offset} behind it,`);
}

function firstWholeRecord(
  segments: readonly Segment[],
  from: LogPosition,
): { readonly height: number; readonly position: LogPosition } | undefined {
  for (const segment of segments.slice(from.segment - 1)) {
    const start = segment.number === from.segment ? from.offset : PAGE_BYTES;
    for (const offset of pagesWhere(segment.file, start, (page) => peekRecordHead(page) !== undefined)) {
      const record = readRecord(segment, offset);
      if (record !== undefined) return { height: record.height, position: { segment: segment.number, offset } };
    }
  }
  return undefined;
}

export function firstNonZeroPage(file: LogFile, from: number): number | undefined {
  return nonZeroPages(file, from).next().value ?? undefined;
}

/** Yields the offsets of the pages from `from` on that hold anything. */
export function nonZeroPages(file: LogFile, from: number): Generator<number, undefined, void> {
  const zeros = new Uint8Array(PAGE_BYTES);
  return pagesWhere(file, from, (page) => Buffer.compare(page, zeros.subarray(0, page.length)) !== 0);
}

function* pagesWhere(
  file: LogFile,
  from: number,
  isWanted: (page: Uint8Array) => boolean,
): Generator<number, undefined, void> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  for (let at = from; at < file.size; at += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, file.size - at);
    file.read(chunk.subarray(0, length), at);
    for (let page = 0; page < length; page += PAGE_BYTES) {
      if (isWanted(chunk.subarray(page, Math.min(page + PAGE_BYTES, length)))) yield at + page;
    }
  }
  return undefined;
}
