/**
 * The nodes of all versions of one tree, in flat arrays.
 *
 * A million keys are two million nodes. As objects with byte arrays they took 1,040 MB of heap and 800 ms for one full
 * collection, as objects with strings 300 MB and 290 ms; in flat arrays 140 MB outside the heap and nothing to collect
 * (Node 20.20, 2 cores). So nodes are numbers here, and versions (tree-version.ts) say which ones are free.
 *
 * A node is a number: 0 is the empty subtree, an odd number a leaf, an even one an inner node; the rest of the number is the
 * record's index in its pool. Records never change while a version has them.
 *
 *   leaf record:  keyHash 32 | valueHash 32          inner record:  hash of left 32 | hash of right 32 | left 4 | right 4
 *
 * The hash of a node stands with its parent, that of a root with its version: what a hash is made of lies in one place. With
 * each node's hash in its own record, to hash an inner node meant to read two records elsewhere, and in a large tree such a
 * read costs as much as the hash. A *slot* is the place of a hash: the number of the inner node, plus 1 for the right one.
 */

import { NodeError } from "../../vm/errors.ts";
import { utf8Bytes } from "../format/codec.ts";
import { copyHashWords, HASH_WORDS, sameHashWords, wordsOf } from "./hash-words.ts";

export const EMPTY = 0;
/** Slots of the inner record that is no node: the roots of the version an update begins with and of the one it makes. */
export const OLD_ROOT_SLOT = 0;
export const NEW_ROOT_SLOT = 1;

const EMPTY_HASH = Uint8Array.from(utf8Bytes("SPARSE_MERKLE_PLACEHOLDER_HASH__"));
const EMPTY_WORDS = wordsOf(EMPTY_HASH);

const CHUNK_BITS = 14;
const CHUNK_RECORDS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_RECORDS - 1;
/** A node number holds the index and one bit, and stays a small integer of the engine. */
const RECORDS_MAX = 0x3fff_fff0;

const PAIR_WORDS = 2 * HASH_WORDS;
const LEAF_WORDS = PAIR_WORDS;
const LEFT = PAIR_WORDS;
const RIGHT = PAIR_WORDS + 1;
const INNER_WORDS = PAIR_WORDS + 2;

/** Records of one size in chunks that never move, and the list of free ones. Index 0 is no node. */
class Pool {
  readonly recordWords: number;
  readonly #chunks: Int32Array[] = [];
  /** The same memory in bytes. */
  readonly #bytes: Uint8Array[] = [];
  readonly #free: number[] = [];
  #next = 1;

  constructor(recordWords: number) {
    this.recordWords = recordWords;
    this.#addChunk();
  }

  get liveCount(): number {
    return this.#next - 1 - this.#free.length;
  }

  get byteSize(): number {
    return this.#chunks.length * CHUNK_RECORDS * this.recordWords * Int32Array.BYTES_PER_ELEMENT;
  }

  allocate(): number {
    const reused = this.#free.pop();
    if (reused !== undefined) return reused;
    const index = this.#next++;
    if (index > RECORDS_MAX) throw new NodeError("tree.full", "the tree has no room for another node");
    if (index >> CHUNK_BITS >= this.#chunks.length) this.#addChunk();
    return index;
  }

  #addChunk(): void {
    const chunk = new Int32Array(CHUNK_RECORDS * this.recordWords);
    this.#chunks.push(chunk);
    this.#bytes.push(new Uint8Array(chunk.buffer));
  }

  free(index: number): void {
    this.#free.push(index);
  }

  /** The chunk that holds the record; its words begin at `offset(index)`. */
  chunk(index: number): Int32Array {
    return this.#chunks[index >> CHUNK_BITS]!;
  }

  bytes(index: number): Uint8Array {
    return this.#bytes[index >> CHUNK_BITS]!;
  }

  offset(index: number): number {
    return (index & CHUNK_MASK) * this.recordWords;
  }
}

export function isLeaf(node: number): boolean {
  return (node & 1) === 1;
}

export function isInner(node: number): boolean {
  return node !== EMPTY && (node & 1) === 0;
}

/** Returns 32 bytes of a chunk, as a copy. */
function bytesAt(chunk: Int32Array, offset: number): Uint8Array {
  return new Uint8Array(chunk.slice(offset, offset + HASH_WORDS).buffer);
}

export class NodeArena {
  readonly #leaves = new Pool(LEAF_WORDS);
  readonly #inners = new Pool(INNER_WORDS);

  get leafCount(): number {
    return this.#leaves.liveCount;
  }

  get innerCount(): number {
    return this.#inners.liveCount;
  }

  get byteSize(): number {
    return this.#leaves.byteSize + this.#inners.byteSize;
  }

  left(inner: number): number {
    return this.#inners.chunk(inner >> 1)[this.#inners.offset(inner >> 1) + LEFT]!;
  }

  right(inner: number): number {
    return this.#inners.chunk(inner >> 1)[this.#inners.offset(inner >> 1) + RIGHT]!;
  }

  /** Reads of an inner record what an update will need, so that it is in the cache; returns the child of the bit. */
  touchInner(inner: number, bit: number): number {
    const chunk = this.#inners.chunk(inner >> 1);
    const offset = this.#inners.offset(inner >> 1);
    // The record lies in two lines of the cache; the second is read by the child. 0 & x is not left out by the engine.
    return chunk[offset + LEFT + bit]! + (chunk[offset]! & 0);
  }

  touchLeaf(leaf: number): number {
    return this.#leaves.chunk(leaf >> 1)[this.#leaves.offset(leaf >> 1)]!;
  }

  /** Returns a copy of the hash in a slot. */
  hashIn(slot: number): Uint8Array {
    return bytesAt(this.#inners.chunk(slot >> 1), this.#slotOffset(slot));
  }

  #slotOffset(slot: number): number {
    return this.#inners.offset(slot >> 1) + (slot & 1) * HASH_WORDS;
  }

  /** The hash at `offset` of `words` is in the slot. */
  setHash(slot: number, words: Int32Array, offset: number): void {
    copyHashWords(words, offset, this.#inners.chunk(slot >> 1), this.#slotOffset(slot));
  }

  /** The hash in one slot is in another too. */
  copyHash(from: number, to: number): void {
    this.setHash(to, this.#inners.chunk(from >> 1), this.#slotOffset(from));
  }

  setEmptyHash(slot: number): void {
    this.setHash(slot, EMPTY_WORDS, 0);
  }

  keyHashOf(leaf: number): Uint8Array {
    return bytesAt(this.#leaves.chunk(leaf >> 1), this.#leaves.offset(leaf >> 1));
  }

  valueHashOf(leaf: number): Uint8Array {
    return bytesAt(this.#leaves.chunk(leaf >> 1), this.#leaves.offset(leaf >> 1) + HASH_WORDS);
  }

  hasKey(leaf: number, words: Int32Array, offset: number): boolean {
    return sameHashWords(this.#leaves.chunk(leaf >> 1), this.#leaves.offset(leaf >> 1), words, offset);
  }

  hasValue(leaf: number, words: Int32Array, offset: number): boolean {
    return sameHashWords(this.#leaves.chunk(leaf >> 1), this.#leaves.offset(leaf >> 1) + HASH_WORDS, words, offset);
  }

  /** Bit `depth` of the leaf's key hash, counted from the most significant. */
  keyBit(leaf: number, depth: number): number {
    const byte = this.#leaves.bytes(leaf >> 1)[
      this.#leaves.offset(leaf >> 1) * Int32Array.BYTES_PER_ELEMENT + (depth >> 3)
    ]!;
    return (byte >> (7 - (depth & 7))) & 1;
  }

  /** Returns a new leaf with the hashes at `offset` of both arrays. */
  createLeaf(keys: Int32Array, values: Int32Array, offset: number): number {
    const index = this.#leaves.allocate();
    const chunk = this.#leaves.chunk(index);
    const start = this.#leaves.offset(index);
    copyHashWords(keys, offset, chunk, start);
    copyHashWords(values, offset, chunk, start + HASH_WORDS);
    return index * 2 + 1;
  }

  /** Returns a new inner node; its slots are not filled. */
  createInner(left: number, right: number): number {
    const index = this.#inners.allocate();
    const chunk = this.#inners.chunk(index);
    const offset = this.#inners.offset(index);
    chunk[offset + LEFT] = left;
    chunk[offset + RIGHT] = right;
    return index * 2;
  }

  /** What the node's hash is made of, behind its prefix, is at `offset` of `target`. */
  copyPair(node: number, target: Int32Array, offset: number): void {
    const pool = isLeaf(node) ? this.#leaves : this.#inners;
    const chunk = pool.chunk(node >> 1);
    const start = pool.offset(node >> 1);
    for (let i = 0; i < PAIR_WORDS; i++) target[offset + i] = chunk[start + i]!;
  }

  /** No version has the node any more. */
  free(node: number): void {
    (isLeaf(node) ? this.#leaves : this.#inners).free(node >> 1);
  }

  /** No version has any node of the subtree any more. */
  freeSubtree(node: number): void {
    const pending = [node];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (next === EMPTY) continue;
      if (isInner(next)) pending.push(this.left(next), this.right(next));
      this.free(next);
    }
  }
}

/** Returns the hash of the empty subtree. */
export function emptyHash(): Uint8Array {
  return EMPTY_HASH.slice();
}
