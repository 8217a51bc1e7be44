/**
 * Numbers and byte strings in shared memory, in words of 32 bits: what one thread of a process writes for another one of the
 * same process. Not a format: nothing of it leaves the process, and the byte order is the machine's.
 */

const WORD_BYTES = 4;
/** Names of contracts and events repeat: a reader compares with those it met last before it makes a string. */
const NAMES_KEPT = 8;

/** Writes from the front of a region; once something found no room, `isFull` is true and what was written is void. */
export class WordWriter {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  #at = 0;
  isFull = false;

  /** @param words the region; shared memory  */
  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** Words written. */
  get position(): number {
    return this.#at;
  }

  /** What is written next stands at `position`. */
  seek(position: number): void {
    this.#at = position;
    this.isFull = false;
  }

  word(value: number): void {
    if (this.#at >= this.#words.length) this.isFull = true;
    else this.#words[this.#at++] = value;
  }

  /** A whole number from 0 to 2^53 - 1. */
  integer(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 2 ** 32));
  }

  bytes(value: Uint8Array): void {
    this.word(value.length);
    const words = (value.length + WORD_BYTES - 1) >> 2;
    if (this.isFull || this.#at + words > this.#words.length) {
      this.isFull = true;
      return;
    }
    this.#bytes.set(value, this.#at * WORD_BYTES);
    this.#at += words;
  }

  /** @param value characters below 256 */
  name(value: string): void {
    this.word(value.length);
    const words = (value.length + WORD_BYTES - 1) >> 2;
    if (this.isFull || this.#at + words > this.#words.length) {
      this.isFull = true;
      return;
    }
    const start = this.#at * WORD_BYTES;
    for (let i = 0; i < value.length; i += 1) this.#bytes[start + i] = value.charCodeAt(i);
    this.#at += words;
  }
}

interface KnownName {
  readonly bytes: Uint8Array;
  readonly text: string;
}

export class WordReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #names: KnownName[] = [];
  #namesNext = 0;
  #at = 0;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  seek(position: number): void {
    this.#at = position;
  }

  get position(): number {
    return this.#at;
  }

  word(): number {
    return this.#words[this.#at++]!;
  }

  integer(): number {
    const low = this.word() >>> 0;
    return low + this.word() * 2 ** 32;
  }

  /** A copy, which is the caller's own. */
  bytes(): Uint8Array {
    const length = this.word();
    const start = this.#at * WORD_BYTES;
    this.#at += (length + WORD_BYTES - 1) >> 2;
    return this.#bytes.slice(start, start + length);
  }

  name(): string {
    const length = this.word();
    const start = this.#at * WORD_BYTES;
    this.#at += (length + WORD_BYTES - 1) >> 2;
    for (const known of this.#names) {
      if (known.bytes.length === length && this.#stands(known.bytes, start)) return known.text;
    }
    const bytes = this.#bytes.slice(start, start + length);
    const text = String.fromCharCode(...bytes);
    this.#names[this.#namesNext] = { bytes, text };
    this.#namesNext = (this.#namesNext + 1) % NAMES_KEPT;
    return text;
  }

  #stands(bytes: Uint8Array, start: number): boolean {
    for (let i = 0; i < bytes.length; i += 1) if (this.#bytes[start + i] !== bytes[i]) return false;
    return true;
  }
}
