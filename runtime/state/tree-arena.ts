/**
 * The nodes of all versions of one tree, in flat arrays.
 *
 * A million keys are two million nodes. As objects with byte arrays they took 1,040 MB of heap and 800 ms for one full
 * collection, as objects with strings 300 MB and 290 ms; in flat arrays 140 MB outside the heap and nothing to collect
 * (Node 20.20, 2 cores). So nodes are numbers here, and a count of references does what the collector would do.
 *
 * A node is a number: 0 is the empty subtree, an odd number a leaf, an even one an inner node; the rest of the number is the
 * record's index in its pool. Records never change while they are referenced. A new record has no reference; the parent
 * that takes it as a child, or the version that takes it as a root, adds one. A record without references is reused.
 *
 *   leaf record:  hash 32 | keyHash 32 | valueHash 32          inner record:  hash 32; left, right and height in a second array
 *
 * New nodes have no hash until `hashNew`: then all leaves are hashed together, and after them the inner nodes level by level,
 * so that a hash of many pairs at once has many to do.
 */

import type { HashPairs } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import { HASH_LENGTH } from "../format/block.ts";
import { utf8Bytes } from "../format/codec.ts";

export const EMPTY = 0;

const LEAF_PREFIX = utf8Bytes("JMT::LeafNode");
const INNER_PREFIX = utf8Bytes("JMT::IntrnalNode");
const EMPTY_HASH = utf8Bytes("SPARSE_MERKLE_PLACEHOLDER_HASH__");

const CHUNK_BITS = 14;
const CHUNK_RECORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_RECORDS - 1;
/** A node number holds the index and one bit, and stays a small integer of the engine. */
const RECORDS_MAX = 0x3fff_fff0;

/** Copies 32 bytes; a loop, because a view for `set` costs more than the copy. */
function copyHash(source: Uint8Array, sourceOffset: number, target: Uint8Array, targetOffset: number): void {
  for (let i = 0; i < HASH_LENGTH; i++) target[targetOffset + i] = source[sourceOffset + i]!;
}

/** 32 bytes in words of four: a quarter of the steps. The words of two arrays are copied as they are, in any byte order. */
const HASH_WORDS = HASH_LENGTH / Int32Array.BYTES_PER_ELEMENT;
const EMPTY_WORDS = wordsOf(Uint8Array.from(EMPTY_HASH));

/** The bytes as words. */
function wordsOf(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / Int32Array.BYTES_PER_ELEMENT);
}

function copyHashWords(source: Int32Array, sourceOffset: number, target: Int32Array, targetOffset: number): void {
  for (let i = 0; i < HASH_WORDS; i++) target[targetOffset + i] = source[sourceOffset + i]!;
}

/** Records of one size in chunks that never move, their references and the list of free ones. Index 0 is not used. */
class Pool {
  readonly #recordBytes: number;
  readonly #numbersPerRecord: number;
  readonly #bytes: Uint8Array[] = [];
  /** The same memory in words. */
  readonly #words: Int32Array[] = [];
  readonly #numbers: Int32Array[] = [];
  readonly #references: Int32Array[] = [];
  readonly #free: number[] = [];
  #next = 1;

  constructor(recordBytes: number, numbersPerRecord: number) {
    this.#recordBytes = recordBytes;
    this.#numbersPerRecord = numbersPerRecord;
  }

  get liveCount(): number {
    return this.#next - 1 - this.#free.length;
  }

  get byteSize(): number {
    return this.#bytes.length * CHUNK_RECORDS * (this.#recordBytes + 4 * this.#numbersPerRecord + 4);
  }

  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const index = this.#next++;
    if (index > RECORDS_MAX) throw new NodeError("tree.full", "the tree has no room for another node");
    if (index >> CHUNK_BITS >= this.#bytes.length) this.#addChunk();
    return index;
  }

  #addChunk(): void {
    const bytes = new Uint8Array(CHUNK_RECORDS * this.#recordBytes);
    this.#bytes.push(bytes);
    this.#words.push(wordsOf(bytes));
    this.#numbers.push(new Int32Array(CHUNK_RECORDS * this.#numbersPerRecord));
    this.#references.push(new Int32Array(CHUNK_RECORDS));
  }

  /** The chunk that holds the record's bytes; they begin at `offset(index)`. */
  chunk(index: number): Uint8Array {
    return this.#bytes[index >> CHUNK_BITS]!;
  }

  offset(index: number): number {
    return (index & CHUNK_MASK) * this.#recordBytes;
  }

  /** The chunk in words; the record's begin at `wordOffset(index)`. */
  words(index: number): Int32Array {
    return this.#words[index >> CHUNK_BITS]!;
  }

  wordOffset(index: number): number {
    return (index & CHUNK_MASK) * (this.#recordBytes / Int32Array.BYTES_PER_ELEMENT);
  }

  number(index: number, which: number): number {
    return this.#numbers[index >> CHUNK_BITS]![(index & CHUNK_MASK) * this.#numbersPerRecord + which]!;
  }

  setNumber(index: number, which: number, value: number): void {
    this.#numbers[index >> CHUNK_BITS]![(index & CHUNK_MASK) * this.#numbersPerRecord + which] = value;
  }

  addReference(index: number): void {
    this.#references[index >> CHUNK_BITS]![index & CHUNK_MASK]!++;
  }

  /** True when that was the last reference: the record is free now. */
  dropReference(index: number): boolean {
    const references = this.#references[index >> CHUNK_BITS]!;
    references[index & CHUNK_MASK]!--;
    const left = references[index & CHUNK_MASK]!;
    if (left < 0) throw new NodeError("tree.references", "a tree node was released more often than it was taken");
    if (left === 0) this.#free.push(index);
    return left === 0;
  }
}

/** Numbers of an inner node. The height is that over the nodes that have a hash; 0: it has one itself. */
const LEFT = 0;
const RIGHT = 1;
const HEIGHT = 2;
/** Pairs of one call of the hash. */
const PAIRS_MAX = 512;
const PAIR_BYTES = 2 * HASH_LENGTH;

export class NodeArena {
  readonly #hashPairs: HashPairs;
  readonly #leaves = new Pool(3 * HASH_LENGTH, 0);
  readonly #inners = new Pool(HASH_LENGTH, 3);
  readonly #newLeaves: number[] = [];
  /** New inner nodes by their height; index 0 is not used. */
  readonly #newInners: number[][] = [];
  readonly #pairs = new Uint8Array(PAIRS_MAX * PAIR_BYTES);
  readonly #digests = new Uint8Array(PAIRS_MAX * HASH_LENGTH);
  readonly #pairWords = wordsOf(this.#pairs);
  readonly #digestWords = wordsOf(this.#digests);

  constructor(hashPairs: HashPairs) {
    this.#hashPairs = hashPairs;
  }

  get leafCount(): number {
    return this.#leaves.liveCount;
  }

  get innerCount(): number {
    return this.#inners.liveCount;
  }

  get byteSize(): number {
    return this.#leaves.byteSize + this.#inners.byteSize;
  }

  isLeaf(node: number): boolean {
    return (node & 1) === 1;
  }

  isInner(node: number): boolean {
    return node !== EMPTY && (node & 1) === 0;
  }

  left(inner: number): number {
    return this.#inners.number(inner >> 1, LEFT);
  }

  right(inner: number): number {
    return this.#inners.number(inner >> 1, RIGHT);
  }

  /** Returns a copy of the node's hash; a new node has none yet. */
  hashOf(node: number): Uint8Array {
    const bytes = new Uint8Array(HASH_LENGTH);
    this.#copyHashOf(node, wordsOf(bytes), 0);
    return bytes;
  }

  #copyHashOf(node: number, target: Int32Array, offset: number): void {
    if (node === EMPTY) copyHashWords(EMPTY_WORDS, 0, target, offset);
    else {
      const pool = this.isLeaf(node) ? this.#leaves : this.#inners;
      copyHashWords(pool.words(node >> 1), pool.wordOffset(node >> 1), target, offset);
    }
  }

  keyHashOf(leaf: number): Uint8Array {
    const start = this.#leaves.offset(leaf >> 1) + HASH_LENGTH;
    return this.#leaves.chunk(leaf >> 1).slice(start, start + HASH_LENGTH);
  }

  valueHashOf(leaf: number): Uint8Array {
    const start = this.#leaves.offset(leaf >> 1) + 2 * HASH_LENGTH;
    return this.#leaves.chunk(leaf >> 1).slice(start, start + HASH_LENGTH);
  }

  /** Negative, zero or positive as the leaf's key hash is before, equal to or after `keyHash`. */
  compareKey(leaf: number, keyHash: Uint8Array): number {
    return this.#compare(leaf, HASH_LENGTH, keyHash);
  }

  hasValue(leaf: number, valueHash: Uint8Array): boolean {
    return this.#compare(leaf, 2 * HASH_LENGTH, valueHash) === 0;
  }

  #compare(leaf: number, fieldOffset: number, bytes: Uint8Array): number {
    const chunk = this.#leaves.chunk(leaf >> 1);
    const start = this.#leaves.offset(leaf >> 1) + fieldOffset;
    for (let i = 0; i < HASH_LENGTH; i++) {
      const difference = chunk[start + i]! - bytes[i]!;
      if (difference !== 0) return difference;
    }
    return 0;
  }

  /** Bit `depth` of the leaf's key hash, counted from the most significant. */
  keyBit(leaf: number, depth: number): number {
    const byte = this.#leaves.chunk(leaf >> 1)[this.#leaves.offset(leaf >> 1) + HASH_LENGTH + (depth >> 3)]!;
    return (byte >> (7 - (depth & 7))) & 1;
  }

  /** Returns a new leaf, not hashed. */
  createLeaf(keyHash: Uint8Array, valueHash: Uint8Array): number {
    const index = this.#leaves.allocate();
    const chunk = this.#leaves.chunk(index);
    const offset = this.#leaves.offset(index);
    copyHash(keyHash, 0, chunk, offset + HASH_LENGTH);
    copyHash(valueHash, 0, chunk, offset + 2 * HASH_LENGTH);
    this.#newLeaves.push(index);
    return index * 2 + 1;
  }

  /** Returns a new inner node, not hashed; its children have one more reference. */
  createInner(left: number, right: number): number {
    const index = this.#inners.allocate();
    const height = 1 + Math.max(this.#heightOf(left), this.#heightOf(right));
    this.#inners.setNumber(index, LEFT, left);
    this.#inners.setNumber(index, RIGHT, right);
    this.#inners.setNumber(index, HEIGHT, height);
    while (this.#newInners.length <= height) this.#newInners.push([]);
    this.#newInners[height]!.push(index);
    this.addReference(left);
    this.addReference(right);
    return index * 2;
  }

  #heightOf(node: number): number {
    return this.isInner(node) ? this.#inners.number(node >> 1, HEIGHT) : 0;
  }

  /** Every node has its hash. @cost one hash of 77 bytes for each new leaf, of 80 for each new inner node */
  hashNew(): void {
    this.#hashAll(this.#newLeaves, LEAF_PREFIX, this.#leaves, (index, offset) => {
      const words = this.#leaves.words(index);
      const start = this.#leaves.wordOffset(index) + HASH_WORDS;
      copyHashWords(words, start, this.#pairWords, offset);
      copyHashWords(words, start + HASH_WORDS, this.#pairWords, offset + HASH_WORDS);
    });
    for (const level of this.#newInners) {
      this.#hashAll(level, INNER_PREFIX, this.#inners, (index, offset) => {
        this.#copyHashOf(this.#inners.number(index, LEFT), this.#pairWords, offset);
        this.#copyHashOf(this.#inners.number(index, RIGHT), this.#pairWords, offset + HASH_WORDS);
        this.#inners.setNumber(index, HEIGHT, 0);
      });
    }
  }

  /**
   * The records have their hashes and the list is empty. `writePair`: both halves of a record go into the pairs, from
   * the word `offset` on.
   */
  #hashAll(
    records: number[],
    prefix: Uint8Array,
    pool: Pool,
    writePair: (index: number, offset: number) => void,
  ): void {
    for (let first = 0; first < records.length; first += PAIRS_MAX) {
      const count = Math.min(PAIRS_MAX, records.length - first);
      for (let i = 0; i < count; i++) writePair(records[first + i]!, i * 2 * HASH_WORDS);
      this.#hashPairs(prefix, this.#pairs, count, this.#digests);
      for (let i = 0; i < count; i++) {
        const index = records[first + i]!;
        copyHashWords(this.#digestWords, i * HASH_WORDS, pool.words(index), pool.wordOffset(index));
      }
    }
    records.length = 0;
  }

  addReference(node: number): void {
    if (node === EMPTY) return;
    (this.isLeaf(node) ? this.#leaves : this.#inners).addReference(node >> 1);
  }

  /** One reference to `node` less; what nothing refers to any more is free. @cost the number of nodes that become free */
  dropReference(node: number): void {
    const pending = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === EMPTY) continue;
      if (this.isLeaf(next)) this.#leaves.dropReference(next >> 1);
      else if (this.#inners.dropReference(next >> 1)) pending.push(this.left(next), this.right(next));
    }
  }
}
