/**
 * The block log: the point of durability. A block counts when its record was written and synced here; everything else (state,
 * indexes, tree) can be made again from it.
 *
 * Records are appended to segment files that were filled with zeros and synced before (log-files.ts), one write and one
 * fdatasync each; their form is in log-record.ts. Opening reads on from a known record to the end (log-scan.ts), cuts off a
 * torn last write by zeroing it, and refuses a log with a damaged record inside. After a failed write or sync nothing is
 * known about the disk (a second fdatasync may succeed without the data): the log refuses everything from then on.
 */
import { NodeError } from "../../vm/errors.ts";
import type { LogPosition } from "../state/store.ts";
import { type LogFiles, UNFINISHED_SUFFIX } from "./log-files.ts";
import { encodeRecord, encodeSegmentHead, PAGE_BYTES, recordBytes } from "./log-record.ts";
import { corrupt, nonZeroPages, openSegments, readRecord, type Segment, scanRecords, segmentName } from "./log-scan.ts";

export const SEGMENT_BYTES_DEFAULT = 64 * 1024 * 1024;
/** A record's length is a u32; a block is far smaller, the rest of it bounds what a damaged length can make us read. */
const PAYLOAD_BYTES_MAX = 0x4000_0000;

export interface BlockLogOptions {
  readonly files: LogFiles;
  /** Length of a segment file; a multiple of 4096. A record that is longer gets a segment of its own. */
  readonly segmentBytes?: number;
  /** 16 bytes nobody can guess; kept in a new log, ignored by one that exists. */
  readonly salt: Uint8Array;
  /** The record of the last checkpoint: reading begins with it, those before it are not looked at. */
  readonly from?: { readonly position: LogPosition; readonly height: number };
}

export interface RecordAt {
  readonly height: number;
  readonly position: LogPosition;
}

const FIRST_RECORD: LogPosition = { segment: 1, offset: PAGE_BYTES };

/**
 * Resolves to the log, its torn end cut off.
 * @errors log.corrupt, log.writeFailed, log.readFailed (NodeError)
 */
export async function openBlockLog(options: BlockLogOptions): Promise<BlockLog> {
  for (const name of options.files.list()) {
    if (name.endsWith(UNFINISHED_SUFFIX)) await options.files.remove(name);
  }
  const segments = openSegments(options.files);
  if (segments.length === 0 && options.from !== undefined) {
    throw new NodeError("log.corrupt", `the block log is gone, the store stands at height ${options.from.height}`);
  }
  if (segments.length === 0) segments.push(await prepareSegment(options, 1, options.salt, 0));
  const { records, end } = findEnd(segments, options);
  await clearBehind(segments, end);
  return new BlockLog(options, segments, records, end);
}

function findEnd(
  segments: readonly Segment[],
  options: BlockLogOptions,
): { readonly records: RecordAt[]; readonly end: LogPosition } {
  const { from } = options;
  const scan = scanRecords(segments, from?.position ?? FIRST_RECORD, from?.height ?? 0);
  const records: RecordAt[] = [];
  for (;;) {
    const { done, value } = scan.next();
    if (!done) {
      records.push({ height: value.height, position: value.position });
      continue;
    }
    if (from !== undefined && records.length === 0) {
      const { file } = segments[value.segment - 1]!;
      throw corrupt(file, value.offset, `the record of the checkpoint at height ${from.height} is damaged or gone`);
    }
    return { records, end: value };
  }
}

/** What a torn write left behind the end is zeroed, so that it can never be taken for a record later. */
async function clearBehind(segments: readonly Segment[], end: LogPosition): Promise<void> {
  for (const { number, file } of segments.slice(end.segment - 1)) {
    const pages = [...nonZeroPages(file, number === end.segment ? end.offset : PAGE_BYTES)];
    if (pages.length === 0) continue;
    await orWriteFailed(file.name, async () => {
      for (const page of pages) file.write(new Uint8Array(Math.min(PAGE_BYTES, file.size - page)), page);
      await file.sync();
    });
  }
}

async function prepareSegment(
  options: BlockLogOptions,
  number: number,
  salt: Uint8Array,
  recordLength: number,
): Promise<Segment> {
  const size = Math.max(options.segmentBytes ?? SEGMENT_BYTES_DEFAULT, PAGE_BYTES + recordLength);
  const name = segmentName(number);
  const file = await orWriteFailed(name, () => options.files.prepare(name, encodeSegmentHead(number, salt), size));
  return { number, file, salt };
}

async function orWriteFailed<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new NodeError("log.writeFailed", `the block log cannot write ${name}: ${text}`, { cause: error });
  }
}

export class BlockLog {
  readonly #options: BlockLogOptions;
  readonly #segments: Segment[];
  /** Records found when the log was opened, from the checkpoint's on. */
  readonly found: readonly RecordAt[];
  #head: RecordAt | undefined;
  #end: LogPosition;
  #isAppending = false;
  #failure: NodeError | undefined;
  /** The next segment, being prepared or ready; undefined also after its preparation failed. */
  #spare: Promise<Segment | undefined> | undefined;

  constructor(options: BlockLogOptions, segments: Segment[], found: readonly RecordAt[], end: LogPosition) {
    this.#options = options;
    this.#segments = segments;
    this.found = found;
    this.#head = found.at(-1);
    this.#end = end;
  }

  /** The last record; undefined in a new log. */
  get head(): RecordAt | undefined {
    return this.#head;
  }

  /**
   * Resolves to the record's position when it is durable.
   * @param height one above the last record's (0 in a new log)
   * @errors log.writeFailed (NodeError): the disk is full or failing, nothing can be appended any more
   */
  async append(height: number, payload: Uint8Array): Promise<LogPosition> {
    this.#checkAppend(height, payload);
    this.#isAppending = true;
    try {
      const { segment, position } = await this.#placeFor(recordBytes(payload.length));
      const place = { salt: segment.salt, ...position };
      await orWriteFailed(segment.file.name, async () => {
        segment.file.write(encodeRecord(place, height, payload), position.offset);
        await segment.file.sync();
      });
      this.#head = { height, position };
      this.#end = { segment: position.segment, offset: position.offset + recordBytes(payload.length) };
      this.#prepareAhead(segment);
      return position;
    } catch (error) {
      if (error instanceof NodeError) this.#failure = error;
      throw error;
    } finally {
      this.#isAppending = false;
    }
  }

  /**
   * Returns the payload of the record at a position.
   * @errors log.corrupt (NodeError) when the record of `height` is not there or damaged
   */
  read(position: LogPosition, height: number): Uint8Array {
    const segment = this.#segments[position.segment - 1];
    if (segment === undefined) throw new NodeError("log.corrupt", `${segmentName(position.segment)} is missing`);
    const record = readRecord(segment, position.offset);
    if (record === undefined || record.height !== height) {
      throw corrupt(segment.file, position.offset, `no whole record of height ${height}`);
    }
    return record.payload;
  }

  /** The files are closed; a preparation under way is waited for. */
  async close(): Promise<void> {
    const spare = await this.#spare;
    for (const { file } of spare === undefined ? this.#segments : [...this.#segments, spare]) file.close();
  }

  #checkAppend(height: number, payload: Uint8Array): void {
    if (this.#failure !== undefined) throw this.#failure;
    const due = this.#head === undefined ? 0 : this.#head.height + 1;
    if (height !== due || this.#isAppending) {
      throw new NodeError("log.order", `height ${height} appended where ${due} is due, or during another append`);
    }
    if (payload.length > PAYLOAD_BYTES_MAX) {
      throw new NodeError("log.recordTooLong", `a record of ${payload.length} bytes`);
    }
  }

  async #placeFor(length: number): Promise<{ readonly segment: Segment; readonly position: LogPosition }> {
    const current = this.#segments[this.#end.segment - 1]!;
    if (this.#end.offset + length <= current.file.size) return { segment: current, position: this.#end };
    const segment = await this.#nextSegment(length);
    return { segment, position: { segment: segment.number, offset: PAGE_BYTES } };
  }

  /** Returns the segment after the current one: one left by an earlier process, the prepared one, or a new one. */
  async #nextSegment(length: number): Promise<Segment> {
    const number = this.#end.segment + 1;
    const candidate = this.#segments[number - 1] ?? (await this.#spare);
    this.#spare = undefined;
    if (candidate !== undefined && PAGE_BYTES + length <= candidate.file.size) {
      this.#segments[number - 1] = candidate;
      return candidate;
    }
    if (candidate !== undefined) {
      candidate.file.close();
      await orWriteFailed(candidate.file.name, () => this.#options.files.remove(candidate.file.name));
    }
    const segment = await prepareSegment(this.#options, number, this.#segments[0]!.salt, length);
    this.#segments[number - 1] = segment;
    return segment;
  }

  /** The next segment is prepared once half of this one is used, so that no append waits for it. */
  #prepareAhead(current: Segment): void {
    const number = current.number + 1;
    if (this.#spare !== undefined || this.#segments[number - 1] !== undefined) return;
    if (this.#end.offset < current.file.size / 2) return;
    // A failure here loses nothing: the append that needs the segment tries again and reports it.
    this.#spare = prepareSegment(this.#options, number, current.salt, 0).catch(() => undefined);
  }
}
