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

const NO_BYTES = new Uint8Array(0);

/**
 * Reads a part of a region. What does not fit into the part is read as nothing and leaves `isBroken` true, so that a caller
 * may read words that make no sense and look once at the end.
 */
export class WordReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #names: KnownName[] = [];
  #namesNext = 0;
  #at = 0;
  #end = 0;
  isBroken = false;

  constructor(words: Int32Array) {
    this.#words = words;
    this.#bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  /** What is read next stands at `position`, and nothing at or behind `end` is. */
  open(position: number, end: number = this.#words.length): void {
    this.#at = position;
    this.#end = Math.min(end, this.#words.length);
    this.isBroken = false;
  }

  get position(): number {
    return this.#at;
  }

  word(): number {
    if (this.#at < this.#end) return this.#words[this.#at++]!;
    this.isBroken = true;
    return 0;
  }

  /** How many entries follow. @param wordsMin the fewest that one of them takes */
  count(wordsMin: number): number {
    const count = this.word();
    if (count >= 0 && count * wordsMin <= this.#end - this.#at) return count;
    this.isBroken = true;
    return 0;
  }

  integer(): number {
    const low = this.word() >>> 0;
    return low + this.word() * 2 ** 32;
  }

  /** A copy, which is the caller's own. */
  bytes(): Uint8Array {
    const length = this.word();
    const start = this.#skip(length);
    return start < 0 ? NO_BYTES : this.#bytes.slice(start, start + length);
  }

  name(): string {
    const length = this.word();
    const start = this.#skip(length);
    if (start < 0) return "";
    for (const known of this.#names) {
      if (known.bytes.length === length && this.#stands(known.bytes, start)) return known.text;
    }
    const bytes = this.#bytes.slice(start, start + length);
    const text = String.fromCharCode(...bytes);
    this.#names[this.#namesNext] = { bytes, text };
    this.#namesNext = (this.#namesNext + 1) % NAMES_KEPT;
    return text;
  }

  /** Steps over so many bytes and returns where they begin; -1 when they do not fit. */
  #skip(length: number): number {
    const start = this.#at;
    const next = start + ((length + WORD_BYTES - 1) >> 2);
    if (length < 0 || next > this.#end || next < start) {
      this.isBroken = true;
      return -1;
    }
    this.#at = next;
    return start * WORD_BYTES;
  }

  #stands(bytes: Uint8Array, start: number): boolean {
    for (let i = 0; i < bytes.length; i += 1) if (this.#bytes[start + i] !== bytes[i]) return false;
    return true;
  }
}
