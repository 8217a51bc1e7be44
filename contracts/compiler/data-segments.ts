/**
 * Joins neighbouring data segments.
 *
 * The optimiser cuts static data at every run of zeros, which makes two segments of each string: a contract with a
 * hundred messages would pass the profile's limit on segments although it has few bytes of data. Here segments whose
 * gap is small become one again. A gap of up to 32 zeros costs at most 32 bytes, about what the header of a segment
 * and of a string take.
 */
import { ByteCursor } from "../../vm/admission/reader.ts";
import { NodeError } from "../../vm/errors.ts";

const HEADER_BYTES = 8;
const DATA_SECTION = 11;
const DATA_COUNT_SECTION = 12;
const I32_CONST = 0x41;
const END = 0x0b;
const GAP_BYTES_MAX = 32;

interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

function unsignedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    rest >>>= 7;
  } while (rest > 0);
  return bytes;
}

/** LEB128 of a number from 0 to 2^31 - 1, as the signed operand of i32.const. */
function signedLeb(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x3f; rest >>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return bytes;
}

function readSegment(cursor: ByteCursor): Segment {
  const isActive = cursor.u32() === 0 && cursor.u8() === I32_CONST;
  const offset = cursor.s32();
  if (!isActive || cursor.u8() !== END || offset < 0) {
    throw new NodeError("compiler.dataSegment", "the compiler wrote a data segment of another form");
  }
  const length = cursor.u32();
  const start = cursor.position;
  cursor.skip(length);
  return { offset, bytes: cursor.bytes.subarray(start, start + length) };
}

function joined(left: Segment, right: Segment): Segment {
  const bytes = new Uint8Array(right.offset - left.offset + right.bytes.length);
  bytes.set(left.bytes);
  bytes.set(right.bytes, right.offset - left.offset);
  return { offset: left.offset, bytes };
}

function joinNeighbours(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of [...segments].sort((a, b) => a.offset - b.offset)) {
    const last = result.at(-1);
    const gap = last === undefined ? Number.POSITIVE_INFINITY : segment.offset - last.offset - last.bytes.length;
    if (last !== undefined && gap >= 0 && gap <= GAP_BYTES_MAX) result[result.length - 1] = joined(last, segment);
    else result.push(segment);
  }
  return result;
}

function dataSection(segments: readonly Segment[]): Uint8Array {
  const parts = segments.map(({ offset, bytes }) =>
    Buffer.from([0, I32_CONST, ...signedLeb(offset), END, ...unsignedLeb(bytes.length), ...bytes]),
  );
  const contents = Buffer.concat([Buffer.from(unsignedLeb(segments.length)), ...parts]);
  return Buffer.concat([Buffer.from([DATA_SECTION, ...unsignedLeb(contents.length)]), contents]);
}

function joinedSection(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const cursor = new ByteCursor(bytes, start, end);
  const segments = Array.from({ length: cursor.u32() }, () => readSegment(cursor));
  return dataSection(joinNeighbours(segments));
}

/**
 * The same module with its neighbouring data segments joined. The data count section is left out: only memory.init and
 * data.drop need it, which the profile does not have.
 */
export function joinDataSegments(module: Uint8Array): Uint8Array {
  const cursor = new ByteCursor(module, HEADER_BYTES, module.length);
  const parts: Uint8Array[] = [module.subarray(0, HEADER_BYTES)];
  while (cursor.ok && cursor.remaining > 0) {
    const start = cursor.position;
    const id = cursor.u8();
    const length = cursor.u32();
    const contents = cursor.position;
    cursor.skip(length);
    if (id === DATA_SECTION) parts.push(joinedSection(module, contents, cursor.position));
    else if (id !== DATA_COUNT_SECTION) parts.push(module.subarray(start, cursor.position));
  }
  return new Uint8Array(Buffer.concat(parts));
}
