/**
 * Strict UTF-8 (RFC 3629): one byte form for each string and one string for each accepted byte form. Over-long forms,
 * surrogates, code points above U+10FFFF and cut sequences are refused; a byte order mark is a character like others.
 *
 * The decoder goes over the bytes twice: first it validates and counts the UTF-16 units, then it writes into a string
 * of the right size. Nothing is allocated for text that is refused. Most text is ASCII, so each of the three loops takes
 * several characters at a time until the first that is not.
 */
import { revert } from "./revert";
import { SdkFailure } from "./failure";

/** Bits that are set in no byte, and in no UTF-16 unit, of ASCII. */
const NOT_ASCII_BYTES: u64 = 0x8080808080808080;
const NOT_ASCII_UNITS: u64 = 0xff80ff80ff80ff80;

/** Four bytes, in the low half, as four units. */
function unitsOfBytes(bytes: u64): u64 {
  const pairs = (bytes | (bytes << 16)) & 0x0000ffff0000ffff;
  return (pairs | (pairs << 8)) & 0x00ff00ff00ff00ff;
}

/** Four units below 256 as four bytes, in the low half. */
function bytesOfUnits(units: u64): u64 {
  const pairs = (units | (units >> 8)) & 0x0000ffff0000ffff;
  return pairs | (pairs >> 16);
}

/** UTF-16 units of the UTF-8 text at `source`, or -1 when it is not UTF-8. */
export function utf16Length(source: usize, length: u32): i32 {
  const end = source + length;
  let units = 0;
  while (end - source >= 8 && (load<u64>(source) & NOT_ASCII_BYTES) == 0) {
    source += 8;
    units += 8;
  }
  while (source < end) {
    const size = sequenceLength(source, end);
    if (size == 0) return -1;
    source += size;
    units += size == 4 ? 2 : 1;
  }
  return units;
}

/** Bytes of the sequence that begins at `source`; 0 when it is not valid or goes past `end`. RFC 3629, section 4. */
function sequenceLength(source: usize, end: usize): u32 {
  const first: u32 = load<u8>(source);
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const size: u32 = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (source + size > end) return 0;
  const second: u32 = load<u8>(source + 1);
  let low: u32 = 0x80;
  let high: u32 = 0xbf;
  if (first == 0xe0) low = 0xa0;
  else if (first == 0xed) high = 0x9f;
  else if (first == 0xf0) low = 0x90;
  else if (first == 0xf4) high = 0x8f;
  if (second < low || second > high) return 0;
  if (size > 2 && (load<u8>(source + 2) & 0xc0) != 0x80) return 0;
  if (size > 3 && (load<u8>(source + 3) & 0xc0) != 0x80) return 0;
  return size;
}

/** The string whose UTF-8 form is the `length` bytes at `source`, which `utf16Length` accepted with `units`. */
export function utf8Decode(source: usize, length: u32, units: i32): string {
  const text = __new((<usize>units) << 1, idof<string>());
  const end = source + length;
  let target = text;
  while (end - source >= 4) {
    const bytes: u64 = load<u32>(source);
    if ((bytes & NOT_ASCII_BYTES) != 0) break;
    store<u64>(target, unitsOfBytes(bytes));
    source += 4;
    target += 8;
  }
  while (source < end) {
    const first: u32 = load<u8>(source);
    if (first < 0x80) {
      store<u16>(target, first as u16);
      source += 1;
    } else if (first < 0xe0) {
      store<u16>(target, (((first & 0x1f) << 6) | continuation(source + 1)) as u16);
      source += 2;
    } else if (first < 0xf0) {
      const unit = ((first & 0x0f) << 12) | (continuation(source + 1) << 6) | continuation(source + 2);
      store<u16>(target, unit as u16);
      source += 3;
    } else {
      const high = ((first & 0x07) << 18) | (continuation(source + 1) << 12);
      const point = (high | (continuation(source + 2) << 6) | continuation(source + 3)) - 0x10000;
      store<u16>(target, (0xd800 | (point >> 10)) as u16);
      store<u16>(target, (0xdc00 | (point & 0x3ff)) as u16, 2);
      source += 4;
      target += 2;
    }
    target += 2;
  }
  return changetype<string>(text);
}

function continuation(source: usize): u32 {
  return load<u8>(source) & 0x3f;
}

/**
 * Writes the UTF-8 form of `text` at `target`, where 3 bytes a UTF-16 unit have room, and returns its length in
 * bytes.
 */
export function utf8WriteInto(target: usize, text: string): u32 {
  const start = target;
  let source = changetype<usize>(text);
  const end = source + ((<usize>text.length) << 1);
  while (end - source >= 8) {
    const units = load<u64>(source);
    if ((units & NOT_ASCII_UNITS) != 0) break;
    store<u32>(target, bytesOfUnits(units) as u32);
    source += 8;
    target += 4;
  }
  while (source < end) {
    const unit: u32 = load<u16>(source);
    source += 2;
    if (unit < 0x80) {
      store<u8>(target, unit as u8);
      target += 1;
    } else if (unit < 0x800) {
      store<u8>(target, (0xc0 | (unit >> 6)) as u8);
      storeContinuation(target + 1, unit);
      target += 2;
    } else if ((unit & 0xf800) != 0xd800) {
      store<u8>(target, (0xe0 | (unit >> 12)) as u8);
      storeContinuation(target + 1, unit >> 6);
      storeContinuation(target + 2, unit);
      target += 3;
    } else {
      const low: u32 = source < end ? load<u16>(source) : 0;
      if (unit > 0xdbff || (low & 0xfc00) != 0xdc00) revert(SdkFailure.loneSurrogate, "lone surrogate");
      const point = 0x10000 + (((unit & 0x3ff) << 10) | (low & 0x3ff));
      source += 2;
      store<u8>(target, (0xf0 | (point >> 18)) as u8);
      storeContinuation(target + 1, point >> 12);
      storeContinuation(target + 2, point >> 6);
      storeContinuation(target + 3, point);
      target += 4;
    }
  }
  return (target - start) as u32;
}

function storeContinuation(target: usize, bits: u32): void {
  store<u8>(target, (0x80 | (bits & 0x3f)) as u8);
}

/** The UTF-8 form of `text`. */
export function utf8Encode(text: string): Uint8Array {
  const buffer = new Uint8Array(text.length * 3);
  const length = utf8WriteInto(buffer.dataStart, text);
  return buffer.subarray(0, length);
}
