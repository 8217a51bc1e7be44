/**
 * The one codec: arguments, state, events, transactions, receipts, blocks.
 *
 *   bool            one byte, 0 or 1
 *   u8 .. u64       little-endian, fixed width          i8 .. i64   the same, two's complement
 *   string          u32 length in bytes, then UTF-8     bytes       u32 length, then the bytes
 *   fixed bytes     the bytes, no length                array       u32 count, then the elements
 *   optional        one byte, 0 or 1, then the value    struct      its fields in order
 *
 * There is one byte string for each value and at most one value for each byte string: no varints, no padding, no defaults,
 * booleans only 0 and 1, UTF-8 without surrogates or over-long forms, nothing after the end. So the hash of the bytes is a
 * name of the value, and re-encoding what was accepted gives the bytes that came in.
 *
 * The writer keeps one growing buffer and writes fields into it in place; only `finish` allocates. The reader is total: on any
 * bytes it returns a value or throws Rejected `codec.*` with the offset, and never allocates more than the input is long.
 */
import { Rejected } from "../../vm/errors.ts";
import type { TextMemory } from "./text-memory.ts";

const INITIAL_CAPACITY = 256;
/** Longest output of one writer: far above every bound of the chain, far below what an ArrayBuffer can hold. */
export const WRITER_BYTES_MAX = 0x4000_0000;
const U32_MAX = 0xffff_ffff;
const TWO_32 = 0x1_0000_0000;
const U64_MAX = 0xffff_ffff_ffff_ffffn;
const I64_MIN = -0x8000_0000_0000_0000n;
const I64_MAX = 0x7fff_ffff_ffff_ffffn;
/** Strings up to this many bytes are decoded here when they are ASCII; TextDecoder costs more than the loop below it. */
const SHORT_STRING_BYTES = 64;

/** Up to so many bytes a loop copies faster than the platform does. */
const LOOP_BYTES_MAX = 24;

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const LONE_SURROGATE = /\p{Surrogate}/u;

/** True when `text` holds half of a surrogate pair, which has no UTF-8 form. */
export function hasLoneSurrogate(text: string): boolean {
  return LONE_SURROGATE.test(text);
}

/** Returns the UTF-8 bytes of `text`. @errors codec.utf8 (a lone surrogate has none) */
export function utf8Bytes(text: string): Uint8Array {
  if (hasLoneSurrogate(text)) throw loneSurrogate(text);
  return utf8Encoder.encode(text);
}

function loneSurrogate(text: string): Rejected {
  const value = JSON.stringify(text.slice(0, 100));
  return new Rejected("codec.utf8", "the text holds a lone surrogate, which has no UTF-8 form", { value });
}

function outOfRange(value: number | bigint, kind: string): Rejected {
  return new Rejected("codec.range", `${value} is not a ${kind}`, { value: String(value), limit: kind });
}

export class ByteWriter {
  #buffer: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(capacity: number = INITIAL_CAPACITY) {
    this.#buffer = new Uint8Array(capacity);
    this.#view = new DataView(this.#buffer.buffer);
  }

  get length(): number {
    return this.#length;
  }

  /** The writer is empty and keeps its buffer. */
  reset(): this {
    this.#length = 0;
    return this;
  }

  /** Returns a copy of what was written; the writer may be used on. */
  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#length);
  }

  /** Returns the offset at which `byteCount` bytes may be written, and counts them as written. */
  #take(byteCount: number): number {
    const offset = this.#length;
    const end = offset + byteCount;
    if (end > this.#buffer.length) this.#grow(end);
    this.#length = end;
    return offset;
  }

  #grow(needed: number): void {
    if (needed > WRITER_BYTES_MAX) {
      throw new Rejected("codec.length", `${needed} bytes are too many`, { limit: String(WRITER_BYTES_MAX) });
    }
    const larger = new Uint8Array(Math.min(Math.max(needed, 2 * this.#buffer.length), WRITER_BYTES_MAX));
    larger.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = larger;
    this.#view = new DataView(larger.buffer);
  }

  #integer(value: number, minimum: number, maximum: number, kind: string): number {
    if (!Number.isInteger(value) || value < minimum || value > maximum || Object.is(value, -0)) {
      throw outOfRange(value, kind);
    }
    return value;
  }

  boolean(value: boolean): this {
    return this.u8(value ? 1 : 0);
  }

  u8(value: number): this {
    this.#integer(value, 0, 0xff, "u8");
    const offset = this.#take(1);
    this.#buffer[offset] = value;
    return this;
  }

  u16(value: number): this {
    this.#integer(value, 0, 0xffff, "u16");
    const offset = this.#take(2);
    this.#view.setUint16(offset, value, true);
    return this;
  }

  u32(value: number): this {
    this.#integer(value, 0, U32_MAX, "u32");
    const offset = this.#take(4);
    this.#view.setUint32(offset, value, true);
    return this;
  }

  u64(value: bigint): this {
    if (value < 0n || value > U64_MAX) throw outOfRange(value, "u64");
    const offset = this.#take(8);
    this.#view.setBigUint64(offset, value, true);
    return this;
  }

  i8(value: number): this {
    this.#integer(value, -0x80, 0x7f, "i8");
    const offset = this.#take(1);
    this.#view.setInt8(offset, value);
    return this;
  }

  i16(value: number): this {
    this.#integer(value, -0x8000, 0x7fff, "i16");
    const offset = this.#take(2);
    this.#view.setInt16(offset, value, true);
    return this;
  }

  i32(value: number): this {
    this.#integer(value, -0x8000_0000, 0x7fff_ffff, "i32");
    const offset = this.#take(4);
    this.#view.setInt32(offset, value, true);
    return this;
  }

  i64(value: bigint): this {
    if (value < I64_MIN || value > I64_MAX) throw outOfRange(value, "i64");
    const offset = this.#take(8);
    this.#view.setBigInt64(offset, value, true);
    return this;
  }

  /** A u64 that is a safe integer, without a BigInt: heights, times, gas. */
  safeInteger(value: number): this {
    this.#integer(value, 0, Number.MAX_SAFE_INTEGER, "safe integer");
    const offset = this.#take(8);
    // Not `%`: the remainder of floating-point numbers is a call of the platform.
    const high = Math.floor(value / TWO_32);
    this.#view.setUint32(offset, value - high * TWO_32, true);
    this.#view.setUint32(offset + 4, high, true);
    return this;
  }

  /** Bytes without a length; `length` says how many there must be. */
  fixed(bytes: Uint8Array, length: number): this {
    if (bytes.length !== length) {
      throw new Rejected("codec.length", `${bytes.length} bytes where ${length} are due`, { limit: String(length) });
    }
    this.#copy(bytes, this.#take(length));
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const offset = this.#take(4 + bytes.length);
    this.#view.setUint32(offset, bytes.length, true);
    this.#copy(bytes, offset + 4);
    return this;
  }

  #copy(bytes: Uint8Array, offset: number): void {
    const { length } = bytes;
    if (length > LOOP_BYTES_MAX) this.#buffer.set(bytes, offset);
    else for (let i = 0; i < length; i++) this.#buffer[offset + i] = bytes[i]!;
  }

  string(text: string): this {
    const start = this.#length;
    const offset = this.#take(4 + text.length) + 4;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) {
        this.#length = start;
        return this.#wideString(text);
      }
      this.#buffer[offset + i] = code;
    }
    this.#view.setUint32(start, text.length, true);
    return this;
  }

  /** UTF-8 takes at most three bytes for each UTF-16 unit; the space not used is given back. */
  #wideString(text: string): this {
    if (hasLoneSurrogate(text)) throw loneSurrogate(text);
    const offset = this.#take(4 + 3 * text.length);
    const { written } = utf8Encoder.encodeInto(text, this.#buffer.subarray(offset + 4));
    this.#view.setUint32(offset, written, true);
    this.#length = offset + 4 + written;
    return this;
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  /** @param bytes read in place; what is handed out is copied, unless it is called a view */
  constructor(bytes: Uint8Array) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  /** Throws Rejected `codec.<cause>` for the bytes at `offset`. */
  refuse(cause: string, text: string, offset: number = this.#offset): never {
    throw new Rejected(`codec.${cause}`, `${text} (at byte ${offset})`, { offset });
  }

  /** All bytes were read. @errors codec.trailing */
  end(): void {
    if (this.remaining > 0) this.refuse("trailing", `${this.remaining} bytes follow the end`);
  }

  #take(byteCount: number): number {
    const offset = this.#offset;
    if (byteCount > this.#bytes.length - offset) {
      this.refuse("truncated", `${byteCount} bytes are due, ${this.remaining} are left`);
    }
    this.#offset = offset + byteCount;
    return offset;
  }

  boolean(): boolean {
    const offset = this.#take(1);
    const byte = this.#bytes[offset]!;
    if (byte > 1) this.refuse("boolean", `a boolean is 0 or 1, not ${byte}`, offset);
    return byte === 1;
  }

  u8(): number {
    return this.#bytes[this.#take(1)]!;
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  /** A u64 that must be a safe integer. @errors codec.range */
  safeInteger(): number {
    const offset = this.#take(8);
    const high = this.#view.getUint32(offset + 4, true);
    if (high > 0x1f_ffff) this.refuse("range", "the number is above 2^53 - 1", offset);
    return high * TWO_32 + this.#view.getUint32(offset, true);
  }

  fixed(length: number): Uint8Array {
    const offset = this.#take(length);
    return this.#bytes.slice(offset, offset + length);
  }

  /** The same bytes where they stand. */
  view(length: number): Uint8Array {
    const offset = this.#take(length);
    return this.#bytes.subarray(offset, offset + length);
  }

  skip(byteCount: number): void {
    this.#take(byteCount);
  }

  /** True when the next bytes are these; they are read either way. */
  matches(bytes: Uint8Array): boolean {
    const offset = this.#take(bytes.length);
    for (let i = 0; i < bytes.length; i++) {
      if (this.#bytes[offset + i] !== bytes[i]) return false;
    }
    return true;
  }

  /** The string that is next when the memory has it; undefined, and nothing was read, when not. */
  recall(memory: TextMemory): string | undefined {
    if (this.remaining < 4) return undefined;
    const start = this.#offset + 4;
    const length = this.#view.getUint32(this.#offset, true);
    const text = memory.find(this.#bytes, start, length);
    if (text !== undefined) this.#offset = start + length;
    return text;
  }

  /** A length or count that must be at most `maximum`. @errors codec.length */
  #prefix(maximum: number, what: string): number {
    const offset = this.#offset;
    const value = this.u32();
    if (value > maximum) this.refuse("length", `${value} ${what} where at most ${maximum} are allowed`, offset);
    return value;
  }

  /**
   * The count of an array whose elements take at least `elementBytesMin` (> 0) bytes each, so that no count can ask for more
   * elements than the input can hold.
   * @errors codec.length, codec.truncated
   */
  count(countMax: number, elementBytesMin: number): number {
    const offset = this.#offset;
    const count = this.#prefix(countMax, "elements");
    if (count * elementBytesMin > this.remaining) {
      this.refuse("truncated", `${count} elements do not fit in the ${this.remaining} bytes left`, offset);
    }
    return count;
  }

  bytes(lengthMax: number): Uint8Array {
    return this.fixed(this.#prefix(lengthMax, "bytes"));
  }

  bytesView(lengthMax: number): Uint8Array {
    return this.view(this.#prefix(lengthMax, "bytes"));
  }

  /** @param lengthMax bytes of UTF-8 */
  string(lengthMax: number): string {
    const length = this.#prefix(lengthMax, "bytes of text");
    const offset = this.#take(length);
    return this.#ascii(offset, length) ?? this.#utf8(offset, length);
  }

  #ascii(offset: number, length: number): string | null {
    if (length > SHORT_STRING_BYTES) return null;
    let text = "";
    for (let i = offset; i < offset + length; i++) {
      const byte = this.#bytes[i]!;
      if (byte > 0x7f) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #utf8(offset: number, length: number): string {
    try {
      return utf8Decoder.decode(this.#bytes.subarray(offset, offset + length));
    } catch {
      return this.refuse("utf8", "the text is not UTF-8", offset);
    }
  }
}
