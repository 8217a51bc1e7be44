/**
 * Byte strings to dense ids: the first time a key is seen it gets the next id, from then on the same.
 *
 * State keys and transaction ids are looked up several times in each transaction. As strings in a Map one look-up costs
 * 400 to 600 ns and an allocation; here the bytes lie one after the other in an arena, an open addressing table of ids points
 * at them, and a look-up compares bytes only where the 32-bit hash agrees. Ids are 0, 1, 2, ... in the order of interning,
 * so that everything known of a key can live in flat arrays beside this table.
 *
 * Who sends transactions chooses the keys, so the hash is a keyed one (HalfSipHash-1-3, made for hash tables: Aumasson and
 * Bernstein's SipHash in 32-bit words, as in the Linux kernel) with a secret seed: keys that collide cannot be prepared.
 * The seed changes the time of a look-up and never a result: nothing iterates in table order.
 */
import { NodeError } from "../../vm/errors.ts";

const CAPACITY_DEFAULT = 1024;
/** Arena bytes for each key that a new table has room for. */
const ARENA_BYTES_PER_KEY = 32;
/** Offsets are 32-bit; the owner trims long before this. */
const ARENA_BYTES_MAX = 0xffff_ffff;
export const KEY_LENGTH_MAX = 0xffff;
/** A power of two. A call reads and writes the same few keys, and a block the same hot ones: most look-ups find theirs here. */
const RECENT_COUNT = 256;

const WORD_BYTES = 4;
const NO_KEY = new Uint8Array(0);

export interface TableSeed {
  readonly low: number;
  readonly high: number;
}

/** The arrays of a table in shared memory: enough to find keys in it from another thread, until it grows. */
export interface SharedKeys {
  readonly seed: TableSeed;
  readonly buckets: Uint32Array;
  readonly hashes: Uint32Array;
  readonly offsets: Uint32Array;
  readonly lengths: Uint16Array;
  readonly arena: Uint8Array;
}

export class KeyTable {
  readonly #seed: TableSeed;
  readonly #isShared: boolean;
  /** id + 1, or 0 where empty; the length is a power of two, at most half of it in use. */
  #buckets: Uint32Array;
  #hashes: Uint32Array;
  #offsets: Uint32Array;
  #lengths: Uint16Array;
  #arena: Uint8Array;
  #arenaView: DataView;
  /** The buffer of keys last given, and a view of it: who looks up many keys puts them into one buffer. */
  #lent: Uint8Array = NO_KEY;
  #lentView: DataView = new DataView(NO_KEY.buffer);
  #arenaUsed = 0;
  #count = 0;
  /**
   * The id + 1 last found at each place (`recentPlace`), 0 where none: compared before the hash is made, which costs three
   * times as much.
   */
  readonly #recent = new Uint32Array(RECENT_COUNT);
  #growthCount = 0;

  /**
   * @param capacity keys it has room for before it grows; a power of two
   * @param isShared its arrays lie in shared memory
   */
  constructor(seed: TableSeed, capacity: number = CAPACITY_DEFAULT, isShared = false) {
    this.#seed = seed;
    this.#isShared = isShared;
    this.#buckets = new Uint32Array(this.#memory(capacity * 2 * 4));
    this.#hashes = new Uint32Array(this.#memory(capacity * 4));
    this.#offsets = new Uint32Array(this.#memory(capacity * 4));
    this.#lengths = new Uint16Array(this.#memory(capacity * 2));
    this.#arena = new Uint8Array(this.#memory(capacity * ARENA_BYTES_PER_KEY));
    this.#arenaView = viewOf(this.#arena);
  }

  /**
   * Returns the table of another thread, for `find` and `keyOf` alone. That thread may add keys meanwhile: one that is being
   * added is found or not, and none is found wrongly, because bytes are compared before an id is returned.
   */
  static reading(shared: SharedKeys): KeyTable {
    const table = new KeyTable(shared.seed, 1);
    table.#buckets = shared.buckets;
    table.#hashes = shared.hashes;
    table.#offsets = shared.offsets;
    table.#lengths = shared.lengths;
    table.#arena = shared.arena;
    table.#arenaView = viewOf(shared.arena);
    return table;
  }

  /** The arrays, for `reading`; of a table made with `isShared`. */
  get shared(): SharedKeys {
    return {
      seed: this.#seed,
      buckets: this.#buckets,
      hashes: this.#hashes,
      offsets: this.#offsets,
      lengths: this.#lengths,
      arena: this.#arena,
    };
  }

  /** How often `shared` has become another. */
  get growthCount(): number {
    return this.#growthCount;
  }

  /** Number of keys; ids are 0 to `count - 1`. */
  get count(): number {
    return this.#count;
  }

  /** Bytes of all keys. */
  get keyBytes(): number {
    return this.#arenaUsed;
  }

  /** Returns the id of the first `length` bytes of `key`, or -1 when they were never interned. */
  find(key: Uint8Array, length: number): number {
    const place = recentPlace(key, length);
    const recent = this.#recent[place]! - 1;
    if (recent >= 0 && this.#lengths[recent] === length && this.#equals(recent, key, length)) return recent;
    const found = this.#probe(key, length, halfSipHash(this.#seed, key, length));
    if (found >= 0) this.#recent[place] = found + 1;
    return found;
  }

  /** Returns the id of the first `length` (at most 65535) bytes of `key`, giving it the next one when it has none. */
  intern(key: Uint8Array, length: number): number {
    const place = recentPlace(key, length);
    const recent = this.#recent[place]! - 1;
    if (recent >= 0 && this.#lengths[recent] === length && this.#equals(recent, key, length)) return recent;
    const hash = halfSipHash(this.#seed, key, length);
    const found = this.#probe(key, length, hash);
    const id = found >= 0 ? found : this.#add(key, length, hash);
    this.#recent[place] = id + 1;
    return id;
  }

  /** Returns a copy of the key's bytes. */
  keyOf(id: number): Uint8Array {
    const offset = this.#offsets[id]!;
    return this.#arena.slice(offset, offset + this.#lengths[id]!);
  }

  lengthOf(id: number): number {
    return this.#lengths[id]!;
  }

  /** Byte order of two keys: negative, zero (same id) or positive. */
  compare(left: number, right: number): number {
    const leftLength = this.#lengths[left]!;
    const rightLength = this.#lengths[right]!;
    const leftOffset = this.#offsets[left]!;
    const rightOffset = this.#offsets[right]!;
    const arena = this.#arena;
    for (let at = 0; at < leftLength && at < rightLength; at += 1) {
      const difference = arena[leftOffset + at]! - arena[rightOffset + at]!;
      if (difference !== 0) return difference;
    }
    return leftLength - rightLength;
  }

  #probe(key: Uint8Array, length: number, hash: number): number {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    for (let bucket = hash & mask; ; bucket = (bucket + 1) & mask) {
      const entry = buckets[bucket]!;
      if (entry === 0) return -1;
      const id = entry - 1;
      if (this.#hashes[id] === hash && this.#lengths[id] === length && this.#equals(id, key, length)) return id;
    }
  }

  /** From the end: keys of one contract begin alike. A buffer that is lent is longer than its key, and worth a view. */
  #equals(id: number, key: Uint8Array, length: number): boolean {
    const offset = this.#offsets[id]!;
    if (key.length > length && length >= WORD_BYTES) return this.#equalWords(offset, key, length);
    const arena = this.#arena;
    for (let at = length - 1; at >= 0; at -= 1) {
      if (arena[offset + at] !== key[at]) return false;
    }
    return true;
  }

  /** The first word is compared last and may overlap with the one before. */
  #equalWords(offset: number, key: Uint8Array, length: number): boolean {
    if (key !== this.#lent) {
      this.#lent = key;
      this.#lentView = viewOf(key);
    }
    const ours = this.#arenaView;
    const theirs = this.#lentView;
    // Of a table of another thread the arena may be an older one, in which the key is not yet.
    if (offset + length > ours.byteLength) return false;
    for (let at = length - WORD_BYTES; at > 0; at -= WORD_BYTES) {
      if (ours.getInt32(offset + at, true) !== theirs.getInt32(at, true)) return false;
    }
    return ours.getInt32(offset, true) === theirs.getInt32(0, true);
  }

  #add(key: Uint8Array, length: number, hash: number): number {
    if (length > KEY_LENGTH_MAX || length > key.length) {
      throw new NodeError("state.keyLength", `a key of ${length} bytes cannot be interned`);
    }
    if (this.#count === this.#hashes.length) this.#grow();
    this.#reserveArena(length);
    const id = this.#count;
    this.#hashes[id] = hash;
    this.#offsets[id] = this.#arenaUsed;
    this.#lengths[id] = length;
    this.#arena.set(length === key.length ? key : key.subarray(0, length), this.#arenaUsed);
    this.#arenaUsed += length;
    this.#count += 1;
    placeId(this.#buckets, id, hash);
    return id;
  }

  #memory(bytes: number): ArrayBuffer | SharedArrayBuffer {
    return this.#isShared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
  }

  #grow(): void {
    const capacity = this.#hashes.length * 2;
    this.#growthCount += 1;
    this.#hashes = enlarged(this.#hashes, new Uint32Array(this.#memory(capacity * 4)));
    this.#offsets = enlarged(this.#offsets, new Uint32Array(this.#memory(capacity * 4)));
    this.#lengths = enlarged(this.#lengths, new Uint16Array(this.#memory(capacity * 2)));
    this.#buckets = new Uint32Array(this.#memory(capacity * 2 * 4));
    for (let id = 0; id < this.#count; id += 1) placeId(this.#buckets, id, this.#hashes[id]!);
  }

  #reserveArena(length: number): void {
    const needed = this.#arenaUsed + length;
    if (needed <= this.#arena.length) return;
    if (needed > ARENA_BYTES_MAX) throw new NodeError("state.tableFull", "the keys in memory exceed 4 GiB");
    const size = Math.min(ARENA_BYTES_MAX, Math.max(this.#arena.length * 2, needed));
    this.#growthCount += 1;
    this.#arena = enlarged(this.#arena, new Uint8Array(this.#memory(size)));
    this.#arenaView = viewOf(this.#arena);
  }
}

/** Any place gives the same id: what stands there is compared. Keys of one contract differ at their end, in numbers first. */
function recentPlace(key: Uint8Array, length: number): number {
  if (length < 4) return length;
  return (
    (key[length - 1]! + 31 * key[length - 2]! + 7 * key[length - 3]! + key[length - 4]! + length) & (RECENT_COUNT - 1)
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function placeId(buckets: Uint32Array, id: number, hash: number): void {
  const mask = buckets.length - 1;
  let bucket = hash & mask;
  while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
  buckets[bucket] = id + 1;
}

function enlarged<T extends Uint8Array | Uint16Array | Uint32Array>(source: T, target: T): T {
  target.set(source);
  return target;
}

/** Returns the 32-bit HalfSipHash-1-3 of the first `length` bytes of `key`, as an unsigned number. */
export function halfSipHash(seed: TableSeed, key: Uint8Array, length: number): number {
  let v0 = seed.low | 0;
  let v1 = seed.high | 0;
  let v2 = 0x6c796765 ^ seed.low;
  let v3 = 0x74656462 ^ seed.high;
  const wholeLength = length & ~3;
  // One loop makes the word rounds, the tail word and the three closing rounds, so that the round stands here once.
  for (let at = 0; at <= wholeLength + 12; at += 4) {
    const word = at <= wholeLength ? wordAt(key, at, length) : 0;
    if (at === wholeLength + 4) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = (v1 << 5) | (v1 >>> 27);
    v1 ^= v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = (v3 << 8) | (v3 >>> 24);
    v3 ^= v2;
    v0 = (v0 + v3) | 0;
    v3 = (v3 << 7) | (v3 >>> 25);
    v3 ^= v0;
    v2 = (v2 + v1) | 0;
    v1 = (v1 << 13) | (v1 >>> 19);
    v1 ^= v2;
    v2 = (v2 << 16) | (v2 >>> 16);
    v0 ^= word;
  }
  return (v1 ^ v3) >>> 0;
}

/** The little-endian word at `at`; the last one, of fewer than four bytes, has the length in its top byte. */
function wordAt(key: Uint8Array, at: number, length: number): number {
  if (at + 4 <= length) return key[at]! | (key[at + 1]! << 8) | (key[at + 2]! << 16) | (key[at + 3]! << 24);
  let word = length << 24;
  for (let byte = 0; at + byte < length; byte += 1) word |= key[at + byte]! << (8 * byte);
  return word;
}
