/**
 * Keys in byte order: a sorted list of chunks of sorted keys.
 *
 *   chunks    [ a  ab  b ]  [ ca  cb ]  [ d  e  ee  f ]        a chunk's keys lie one after the other in one byte array
 *
 * A key is found by two binary searches, the first over the chunks' first keys; one that is new moves the bytes behind it in
 * its chunk of at most 128 keys or 8 KiB. So a key of 40 bytes takes about 70, not an object of its own, and a million keys are
 * ten thousand chunks, whose list is moved only when a chunk is split or joined. A tree over the chunks would save
 * that move, and cost every search its nodes.
 *
 * `fork` gives a second order with the same keys for the price of copying the list. The two share their chunks until one of
 * them changes: whoever changes a chunk that is not its own copies it first.
 */
import { compareBytes } from "../format/bytes.ts";

const CHUNK_KEYS_MAX = 128;
const CHUNK_BYTES_MAX = 8192;
/** A chunk of fewer keys is joined with the one behind it, when they fit in half a chunk. */
const CHUNK_KEYS_MIN = 16;
const INITIAL_BYTES = 512;

/** Marks the chunks that an order may change in place. */
type Owner = object;

interface Chunk {
  readonly owner: Owner;
  bytes: Uint8Array;
  /** Where each key ends in `bytes`; it begins where the one before it ends. */
  ends: number[];
}

/** A place in an order: an index into a chunk, which may be one behind its last key. */
interface Place {
  readonly chunk: number;
  readonly index: number;
  readonly isFound: boolean;
}

export class KeyOrder {
  #chunks: Chunk[] = [];
  #owner: Owner = {};
  #count = 0;

  /** Number of keys. */
  get count(): number {
    return this.#count;
  }

  /** Returns an order with the same keys; from now on each changes alone. */
  fork(): KeyOrder {
    const other = new KeyOrder();
    other.#chunks = this.#chunks.slice();
    other.#count = this.#count;
    this.#owner = {};
    return other;
  }

  has(key: Uint8Array): boolean {
    return this.#find(key).isFound;
  }

  /** The key (copied) is in the order; returns false when it was already. */
  add(key: Uint8Array): boolean {
    const { chunk, index, isFound } = this.#find(key);
    if (isFound) return false;
    this.#count += 1;
    if (this.#chunks.length === 0) this.#chunks.push(emptyChunk(this.#owner));
    insertKey(this.#own(chunk), index, key);
    this.#splitWhenFull(chunk, index);
    return true;
  }

  /** The key is not in the order; returns false when it was not before. */
  remove(key: Uint8Array): boolean {
    const { chunk, index, isFound } = this.#find(key);
    if (!isFound) return false;
    this.#count -= 1;
    removeKey(this.#own(chunk), index);
    this.#joinWhenSmall(chunk);
    return true;
  }

  /** Returns the keys from the first that is not before `start` on. The order must not change until the last was read. */
  *from(start: Uint8Array): Generator<Uint8Array, undefined> {
    const place = this.#find(start);
    for (let chunk = place.chunk; chunk < this.#chunks.length; chunk += 1) {
      const { bytes, ends } = this.#chunks[chunk]!;
      for (let index = chunk === place.chunk ? place.index : 0; index < ends.length; index += 1) {
        yield bytes.slice(startOf(ends, index), ends[index]!);
      }
    }
    return undefined;
  }

  /** The place of the key, or where it would be put. */
  #find(key: Uint8Array): Place {
    const chunk = Math.max(0, this.#firstChunkBehind(key) - 1);
    const entry = this.#chunks[chunk];
    if (entry === undefined) return { chunk: 0, index: 0, isFound: false };
    let low = 0;
    let high = entry.ends.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(entry, middle, key) < 0) low = middle + 1;
      else high = middle;
    }
    const isFound = low < entry.ends.length && compareAt(entry, low, key) === 0;
    return { chunk, index: low, isFound };
  }

  /** The first chunk whose first key is behind `key`. */
  #firstChunkBehind(key: Uint8Array): number {
    let low = 0;
    let high = this.#chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compareAt(this.#chunks[middle]!, 0, key) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** The chunk, this order's own. */
  #own(index: number): Chunk {
    const chunk = this.#chunks[index]!;
    if (chunk.owner === this.#owner) return chunk;
    const own: Chunk = { owner: this.#owner, bytes: chunk.bytes.slice(), ends: chunk.ends.slice() };
    this.#chunks[index] = own;
    return own;
  }

  /** A chunk that is full because keys come in order is left full: the last key begins the next one. */
  #splitWhenFull(at: number, inserted: number): void {
    const chunk = this.#chunks[at]!;
    const count = chunk.ends.length;
    if (count < 2 || (count <= CHUNK_KEYS_MAX && usedBytes(chunk) <= CHUNK_BYTES_MAX)) return;
    const isAppending = at === this.#chunks.length - 1 && inserted === count - 1;
    const middle = isAppending ? count - 1 : count >>> 1;
    const halves = [part(chunk, 0, middle, this.#owner), part(chunk, middle, count, this.#owner)];
    this.#chunks.splice(at, 1, ...halves);
  }

  #joinWhenSmall(at: number): void {
    const chunk = this.#chunks[at]!;
    if (chunk.ends.length === 0) {
      this.#chunks.splice(at, 1);
      return;
    }
    const next = this.#chunks[at + 1];
    if (chunk.ends.length >= CHUNK_KEYS_MIN || next === undefined) return;
    const keyCount = chunk.ends.length + next.ends.length;
    const byteCount = usedBytes(chunk) + usedBytes(next);
    if (keyCount > CHUNK_KEYS_MAX / 2 || byteCount > CHUNK_BYTES_MAX / 2) return;
    this.#chunks.splice(at, 2, joined(chunk, next, this.#owner));
  }
}

function emptyChunk(owner: Owner): Chunk {
  return { owner, bytes: new Uint8Array(INITIAL_BYTES), ends: [] };
}

function startOf(ends: readonly number[], index: number): number {
  return index === 0 ? 0 : ends[index - 1]!;
}

function usedBytes({ ends }: Chunk): number {
  return startOf(ends, ends.length);
}

/** Byte order of a chunk's key and `key`: negative, zero or positive. */
function compareAt({ bytes, ends }: Chunk, index: number, key: Uint8Array): number {
  const start = startOf(ends, index);
  const length = ends[index]! - start;
  for (let at = 0; at < length && at < key.length; at += 1) {
    const difference = bytes[start + at]! - key[at]!;
    if (difference !== 0) return difference;
  }
  return length - key.length;
}

function insertKey(chunk: Chunk, index: number, key: Uint8Array): void {
  const used = usedBytes(chunk);
  const start = startOf(chunk.ends, index);
  if (used + key.length > chunk.bytes.length) chunk.bytes = enlarged(chunk.bytes, used + key.length);
  chunk.bytes.copyWithin(start + key.length, start, used);
  chunk.bytes.set(key, start);
  chunk.ends.splice(index, 0, start);
  for (let at = index; at < chunk.ends.length; at += 1) chunk.ends[at]! += key.length;
}

function removeKey(chunk: Chunk, index: number): void {
  const start = startOf(chunk.ends, index);
  const end = chunk.ends[index]!;
  chunk.bytes.copyWithin(start, end, usedBytes(chunk));
  chunk.ends.splice(index, 1);
  for (let at = index; at < chunk.ends.length; at += 1) chunk.ends[at]! -= end - start;
}

/** A chunk of the keys from `first` up to `end`, with no room to spare. */
function part(chunk: Chunk, first: number, end: number, owner: Owner): Chunk {
  const start = startOf(chunk.ends, first);
  const ends = chunk.ends.slice(first, end).map((at) => at - start);
  return { owner, bytes: chunk.bytes.slice(start, startOf(chunk.ends, end)), ends };
}

function joined(left: Chunk, right: Chunk, owner: Owner): Chunk {
  const leftBytes = usedBytes(left);
  const rightBytes = usedBytes(right);
  const bytes = new Uint8Array(leftBytes + rightBytes);
  bytes.set(left.bytes.subarray(0, leftBytes));
  bytes.set(right.bytes.subarray(0, rightBytes), leftBytes);
  return { owner, bytes, ends: [...left.ends, ...right.ends.map((at) => at + leftBytes)] };
}

function enlarged(bytes: Uint8Array, needed: number): Uint8Array {
  const larger = new Uint8Array(Math.max(needed, 2 * bytes.length));
  larger.set(bytes);
  return larger;
}

/** True when `key` begins with `prefix`. */
export function hasPrefix(key: Uint8Array, prefix: Uint8Array): boolean {
  return key.length >= prefix.length && compareBytes(key.subarray(0, prefix.length), prefix) === 0;
}
