/**
 * Text that a contract hands out: names, which must be plain ASCII, and messages, which become well-formed UTF-8 of
 * bounded length whatever the contract wrote. Written out here rather than left to a decoder of the platform, because
 * the bytes go into receipts.
 */
import type { Frame } from "./frame.ts";
import { guestRange } from "./memory.ts";

const REPLACEMENT = 0xfffd;
const DASH = 0x2d;
const UNDERSCORE = 0x5f;

const isLower = (code: number): boolean => code >= 0x61 && code <= 0x7a;
const isUpper = (code: number): boolean => code >= 0x41 && code <= 0x5a;
const isDigit = (code: number): boolean => code >= 0x30 && code <= 0x39;

export interface NameRule {
  readonly bytesMax: number;
  readonly isFirst: (code: number) => boolean;
  readonly isNext: (code: number) => boolean;
}

export function contractNameRule(bytesMax: number): NameRule {
  return { bytesMax, isFirst: isLower, isNext: (code) => isLower(code) || isDigit(code) || code === DASH };
}

export function methodNameRule(bytesMax: number): NameRule {
  const isFirst = (code: number): boolean => isLower(code) || isUpper(code);
  return { bytesMax, isFirst, isNext: (code) => isFirst(code) || isDigit(code) || code === UNDERSCORE };
}

export function eventNameRule(bytesMax: number): NameRule {
  const isNext = (code: number): boolean => isLower(code) || isUpper(code) || isDigit(code) || code === UNDERSCORE;
  return { bytesMax, isFirst: isNext, isNext };
}

/** Names of one rule that are remembered; a power of two. */
const NAMES_REMEMBERED = 64;

interface RememberedName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

/** Reads names of one rule. A contract uses few names again and again, and to make a string of bytes is slow. */
export class NameReader {
  readonly #rule: NameRule;
  readonly #remembered: (RememberedName | undefined)[] = Array.from({ length: NAMES_REMEMBERED });

  constructor(rule: NameRule) {
    this.#rule = rule;
  }

  /** The name at the address; ends the frame with badName when the rule does not allow it. */
  read(frame: Frame, address: number, length: number): string {
    const size = length >>> 0;
    if (size === 0 || size > this.#rule.bytesMax) frame.refuse("badName");
    const start = guestRange(frame, address, size);
    const { memory } = frame;
    // Any choice of place gives the same name: what stands there is compared, and replaced when it is another.
    const place = (size * 31 + memory[start]! * 7 + memory[start + size - 1]!) & (NAMES_REMEMBERED - 1);
    const known = this.#remembered[place];
    if (known !== undefined && standsAt(known.bytes, memory, start, size)) return known.text;
    const bytes = memory.slice(start, start + size);
    if (!isName(bytes, this.#rule)) frame.refuse("badName");
    const text = String.fromCharCode(...bytes);
    this.#remembered[place] = { bytes, text };
    return text;
  }
}

function standsAt(bytes: Uint8Array, memory: Uint8Array, start: number, size: number): boolean {
  if (bytes.length !== size) return false;
  for (let index = 0; index < size; index += 1) {
    if (bytes[index] !== memory[start + index]) return false;
  }
  return true;
}

function isName(bytes: Uint8Array, rule: NameRule): boolean {
  return bytes.every((code, index) => (index === 0 ? rule.isFirst(code) : rule.isNext(code)));
}

/**
 * The text of UTF-8 bytes as well-formed UTF-8: each maximal part of an invalid sequence becomes U+FFFD (the rule of
 * the WHATWG Encoding Standard), cut behind the last whole character that fits in `bytesMax`.
 */
export function wellFormedUtf8(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const writer = new Utf8Writer(bytesMax);
  for (let position = 0; position < bytes.length && writer.hasRoom; ) {
    const { code, length } = decodeUtf8(bytes, position);
    writer.push(code);
    position += length;
  }
  return writer.bytes();
}

/** The same from little-endian UTF-16; a lone surrogate becomes U+FFFD, an odd last byte is left out. */
export function utf8OfUtf16(bytes: Uint8Array, bytesMax: number): Uint8Array {
  const writer = new Utf8Writer(bytesMax);
  const count = bytes.length >>> 1;
  const unitAt = (index: number): number => (index < count ? bytes[2 * index]! | (bytes[2 * index + 1]! << 8) : 0);
  for (let index = 0; index < count && writer.hasRoom; index++) {
    const unit = unitAt(index);
    const next = unitAt(index + 1);
    if (isLeadSurrogate(unit) && isTrailSurrogate(next)) {
      writer.push(0x1_0000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
      index += 1;
    } else {
      writer.push(isLeadSurrogate(unit) || isTrailSurrogate(unit) ? REPLACEMENT : unit);
    }
  }
  return writer.bytes();
}

const isLeadSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isTrailSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

class Utf8Writer {
  readonly #bytes: Uint8Array;
  #length = 0;
  /** False once a character did not fit: nothing behind it may be written. */
  hasRoom = true;

  constructor(bytesMax: number) {
    this.#bytes = new Uint8Array(bytesMax);
  }

  push(code: number): void {
    const length = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x1_0000 ? 3 : 4;
    if (this.#length + length > this.#bytes.length) {
      this.hasRoom = false;
      return;
    }
    if (length === 1) {
      this.#bytes[this.#length++] = code;
      return;
    }
    // The lead byte holds `length` ones, a zero, and the highest bits; each other byte 10 and six bits.
    this.#bytes[this.#length++] = ((0xf00 >> length) & 0xff) | (code >> (6 * (length - 1)));
    for (let rest = length - 2; rest >= 0; rest--) this.#bytes[this.#length++] = 0x80 | ((code >> (6 * rest)) & 0x3f);
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }
}

/**
 * The character at a position and the bytes it takes; for an invalid sequence U+FFFD and its maximal valid beginning.
 */
function decodeUtf8(bytes: Uint8Array, start: number): { code: number; length: number } {
  const lead = bytes[start]!;
  if (lead < 0x80) return { code: lead, length: 1 };
  const count = lead >= 0xc2 && lead < 0xe0 ? 1 : lead >= 0xe0 && lead < 0xf0 ? 2 : lead >= 0xf0 && lead < 0xf5 ? 3 : 0;
  let code = lead & (0x3f >> count);
  for (let index = 1; index <= count; index++) {
    const byte = bytes[start + index] ?? 0;
    const [low, high] = index === 1 ? secondByteRange(lead) : [0x80, 0xbf];
    if (byte < low || byte > high) return { code: REPLACEMENT, length: index };
    code = (code << 6) | (byte & 0x3f);
  }
  return count === 0 ? { code: REPLACEMENT, length: 1 } : { code, length: count + 1 };
}

/** Unicode, table 3-7: what keeps out over-long forms, surrogates and codes above U+10FFFF. */
function secondByteRange(lead: number): [number, number] {
  switch (lead) {
    case 0xe0:
      return [0xa0, 0xbf];
    case 0xed:
      return [0x80, 0x9f];
    case 0xf0:
      return [0x90, 0xbf];
    case 0xf4:
      return [0x80, 0x8f];
    default:
      return [0x80, 0xbf];
  }
}
