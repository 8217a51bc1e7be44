/**
 * Reads the primitive values of the binary format (core specification, chapter 5) from a window of a module.
 *
 * The cursor is total: the first value that cannot be read is kept in `failure`, and from then on every read gives zero
 * and moves nothing. Loops over counted vectors therefore ask `ok` in their condition, which also bounds them by the
 * bytes there are: a vector that claims 4294967295 entries ends with its bytes.
 */
import type { ReasonCode } from "./reasons.ts";

export interface ReadFailure {
  readonly code: ReasonCode;
  readonly offset: number;
  readonly specifics: string;
}

// Not `ignoreBOM: false`: a byte order mark is part of a name and must survive a round trip.
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class ByteCursor {
  readonly bytes: Uint8Array;
  /** Offset in the module of the first byte behind the window. */
  readonly end: number;
  /** Offset in the module of the next byte. */
  position: number;
  #failure: ReadFailure | null = null;

  /** Reads `bytes` from `start` to `end`, both at most `bytes.length`. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    this.bytes = bytes;
    this.position = start;
    this.end = end;
  }

  get ok(): boolean {
    return this.#failure === null;
  }

  get failure(): ReadFailure | null {
    return this.#failure;
  }

  get remaining(): number {
    return this.end - this.position;
  }

  /** Nothing more can be read; the first failure stands. */
  fail(code: ReasonCode, offset: number, specifics = ""): void {
    this.#failure ??= { code, offset, specifics };
  }

  u8(): number {
    if (!this.ok) return 0;
    if (this.position >= this.end) {
      this.fail("encoding.truncated", this.position, "1 byte wanted, 0 left");
      return 0;
    }
    return this.bytes[this.position++]!;
  }

  skip(count: number): void {
    if (!this.ok) return;
    if (count > this.remaining)
      this.fail("encoding.truncated", this.position, `${count} bytes wanted, ${this.remaining} left`);
    else this.position += count;
  }

  u32(): number {
    return this.#leb({ bits: 32, signed: false }) >>> 0;
  }

  s32(): number {
    return this.#leb({ bits: 32, signed: true }) | 0;
  }

  /** A block type: negative for a value type or nothing, else a type index. */
  s33(): number {
    return this.#leb({ bits: 33, signed: true });
  }

  /** Checks and skips a 64-bit constant, whose value nobody needs here. */
  skipS64(): void {
    this.#leb({ bits: 64, signed: true });
  }

  /** A UTF-8 name with its byte length in front. */
  name(): string {
    return this.text(this.u32());
  }

  /** The next `length` bytes as UTF-8. */
  text(length: number): string {
    const start = this.position;
    this.skip(length);
    if (!this.ok) return "";
    try {
      return utf8.decode(this.bytes.subarray(start, start + length));
    } catch {
      this.fail("encoding.utf8", start, `${length} bytes`);
      return "";
    }
  }

  /** A cursor over the next `size` bytes, which this one skips; null when there are fewer. */
  window(size: number): ByteCursor | null {
    if (!this.ok || size > this.remaining) return null;
    const start = this.position;
    this.position += size;
    return new ByteCursor(this.bytes, start, start + size);
  }

  /**
   * Strict LEB128 (core specification, 5.2.2): at most ceil(bits / 7) bytes, and the bits of the last byte that do not
   * fit must repeat the sign (or be zero). Padding inside that length is allowed, as linkers write it. The value is
   * exact up to 33 bits; of a 64-bit one only the form is checked.
   */
  #leb(form: { readonly bits: number; readonly signed: boolean }): number {
    const start = this.position;
    const lengthMax = Math.ceil(form.bits / 7);
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= lengthMax; length++) {
      const byte = this.u8();
      if (!this.ok) return 0;
      value += (byte & 0x7f) * scale;
      scale *= 128;
      if (length === lengthMax && !isLastByteValid(byte, form.bits - 7 * (length - 1), form.signed)) break;
      if ((byte & 0x80) === 0) return form.signed && (byte & 0x40) !== 0 ? value - scale : value;
    }
    this.fail("encoding.leb", start, `${form.signed ? "signed" : "unsigned"} ${form.bits} bits`);
    return 0;
  }
}

/**
 * True when the byte has no continuation and its bits above `bitsUsed` repeat the sign bit (or are zero if unsigned).
 */
function isLastByteValid(byte: number, bitsUsed: number, signed: boolean): boolean {
  if (!signed) return byte < 1 << bitsUsed;
  const signBits = (0x7f << (bitsUsed - 1)) & 0x7f;
  return (byte & 0x80) === 0 && ((byte & signBits) === 0 || (byte & signBits) === signBits);
}
