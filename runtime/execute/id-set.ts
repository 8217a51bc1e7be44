/**
 * The ids of one block's transactions: has this one been in it already?
 *
 * An id is a SHA-256, so its own first bytes are as even a hash as any, and nothing has to be computed: a look-up takes a
 * few nanoseconds, where a general table of keys (state/key-table.ts) takes a hundred. The set lives for one block, whose
 * count is bounded and whose every member has paid gas; nothing iterates in its order.
 */

/** The set is made anew for each block, most of which have few transactions: 12 KiB, which cost about a microsecond. */
const INITIAL_BUCKETS = 2048;
const GROWTH = 4;

export class IdSet {
  readonly #ids: Uint8Array[] = [];
  /** The first word of each id: compared before the id, and all that growing needs. */
  #words = new Uint32Array(INITIAL_BUCKETS / 2);
  /** Position of the id + 1, or 0 where empty; the length is a power of two, at most half of it in use. */
  #buckets = new Uint32Array(INITIAL_BUCKETS);

  get count(): number {
    return this.#ids.length;
  }

  /** @param id 32 bytes */
  has(id: Uint8Array): boolean {
    const buckets = this.#buckets;
    const mask = buckets.length - 1;
    const word = wordOf(id);
    for (let bucket = word & mask; ; bucket = (bucket + 1) & mask) {
      const entry = buckets[bucket]!;
      if (entry === 0) return false;
      if (this.#words[entry - 1] === word && isSame(this.#ids[entry - 1]!, id)) return true;
    }
  }

  /** The id, which was not in the set, is in it. @param id kept, not copied */
  add(id: Uint8Array): void {
    if (this.#ids.length === this.#words.length) this.#grow();
    const word = wordOf(id);
    this.#words[this.#ids.length] = word;
    this.#ids.push(id);
    place(this.#buckets, word, this.#ids.length);
  }

  #grow(): void {
    const words = new Uint32Array(this.#words.length * GROWTH);
    words.set(this.#words);
    this.#words = words;
    this.#buckets = new Uint32Array(2 * words.length);
    for (let index = 0; index < this.#ids.length; index += 1) place(this.#buckets, words[index]!, index + 1);
  }
}

function wordOf(id: Uint8Array): number {
  return (id[0]! | (id[1]! << 8) | (id[2]! << 16) | (id[3]! << 24)) >>> 0;
}

function place(buckets: Uint32Array, word: number, entry: number): void {
  const mask = buckets.length - 1;
  let bucket = word & mask;
  while (buckets[bucket] !== 0) bucket = (bucket + 1) & mask;
  buckets[bucket] = entry;
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  for (let at = 0; at < right.length; at += 1) {
    if (left[at] !== right[at]) return false;
  }
  return true;
}
