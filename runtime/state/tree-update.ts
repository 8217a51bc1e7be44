/**
 * One update of the tree: down through the nodes with the sorted changes, then the hashes.
 *
 * Going down makes the new nodes without their hashes. Each of them has a number and three notes: the node, its level (0 a
 * leaf, above it 1 + that of its higher new child) and the slot where its hash will go. Then all leaves are hashed together,
 * and after them the inner nodes level by level, so that a hash of many pairs at once has many to do.
 *
 * A subtree is passed around as its node and the *origin* of its hash: the slot where it stands, or ~number of a new node.
 * The origin of a result is left in a field, since a pair as the result would be an object for each node.
 *
 * In a large tree most of the time is waiting for memory. So the changes are made in blocks, subtrees with a few hundred of
 * them, from end to end: a block's new nodes are hashed while they are in the cache. And before a block is begun the ways of
 * its changes are walked side by side: the place of a node is known only when its parent has been read, but the ways do not
 * depend on each other, and the processor waits for many reads at once.
 */
import type { HashPairs } from "../../accel/device.ts";
import { HASH_LENGTH } from "../format/block.ts";
import { utf8Bytes } from "../format/codec.ts";
import { HASH_WORDS, wordsOf } from "./hash-words.ts";
import { EMPTY, isInner, isLeaf, NEW_ROOT_SLOT, type NodeArena, OLD_ROOT_SLOT } from "./tree-arena.ts";
import { ChangeRows } from "./tree-changes.ts";
import type { NodeLists } from "./tree-version.ts";

const LEAF_PREFIX = utf8Bytes("JMT::LeafNode");
const INNER_PREFIX = utf8Bytes("JMT::IntrnalNode");
/** Pairs of one call of the hash. */
const PAIRS_MAX = 512;
/** Changes of a block. */
const BLOCK_MAX = 256;

export interface UpdatedRoot {
  readonly node: number;
  readonly hash: Uint8Array;
  readonly lists: NodeLists;
}

export class TreeUpdater {
  readonly #arena: NodeArena;
  readonly #hashPairs: HashPairs;
  /** The notes on new nodes without a hash, by their number. */
  readonly #nodes: number[] = [];
  readonly #levels: number[] = [];
  readonly #targets: number[] = [];
  readonly #created: number[] = [];
  readonly #retired: number[] = [];
  /** Inner records that are no nodes: the hashes of the roots of blocks, until these have a parent. */
  readonly #scratch: number[] = [];
  #rows = new ChangeRows(0);
  /** Changes below this one are in blocks that were begun. */
  #begunEnd = 0;
  readonly #walkers = new Int32Array(BLOCK_MAX);
  /** Of the last result. */
  #origin = 0;
  readonly #pairs = new Uint8Array(PAIRS_MAX * 2 * HASH_LENGTH);
  readonly #digests = new Uint8Array(PAIRS_MAX * HASH_LENGTH);
  readonly #pairWords = wordsOf(this.#pairs);
  readonly #digestWords = wordsOf(this.#digests);

  constructor(arena: NodeArena, hashPairs: HashPairs) {
    this.#arena = arena;
    this.#hashPairs = hashPairs;
  }

  /**
   * Returns the tree of `root` with the changes.
   * @param rootHash of `root`
   * @param rows     in ascending order of their key hashes, each once
   * @cost one hash of 77 bytes for each new leaf, of 80 for each new inner node
   */
  update(root: number, rootHash: Uint8Array, rows: ChangeRows): UpdatedRoot {
    this.#begin(rootHash, rows);
    const node = this.#apply(root, OLD_ROOT_SLOT, 0, rows.count, 0);
    this.#place(NEW_ROOT_SLOT, node, this.#origin);
    this.#hashNew(0);
    for (const inner of this.#scratch) this.#arena.free(inner);
    const lists = { created: Int32Array.from(this.#created), retired: Int32Array.from(this.#retired) };
    return { node, hash: this.#arena.hashIn(NEW_ROOT_SLOT), lists };
  }

  #begin(rootHash: Uint8Array, rows: ChangeRows): void {
    for (const list of [this.#nodes, this.#levels, this.#targets, this.#created, this.#retired, this.#scratch]) {
      list.length = 0;
    }
    this.#rows = rows;
    this.#begunEnd = 0;
    this.#arena.setHash(OLD_ROOT_SLOT, wordsOf(rootHash), 0);
  }

  #bit(change: number, depth: number): number {
    return (this.#rows.keyHashes[change * HASH_LENGTH + (depth >> 3)]! >> (7 - (depth & 7))) & 1;
  }

  /** First change in [start, end) whose key has bit `depth` set; the keys are sorted and agree in the bits before. */
  #firstWithBit(start: number, end: number, depth: number): number {
    let low = start;
    let high = end;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#bit(middle, depth) === 1) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Returns the subtree of `node` with the changes [start, end), which all belong into it. */
  #apply(node: number, origin: number, start: number, end: number, depth: number): number {
    if (start === end) return this.#result(node, origin);
    if (end - start <= BLOCK_MAX && start >= this.#begunEnd) return this.#applyBlock(node, origin, start, end, depth);
    if (isInner(node)) return this.#applyToInner(node, origin, start, end, depth);
    if (end - start === 1) {
      if (node === EMPTY) return this.#leafFor(start);
      if (this.#arena.hasKey(node, this.#rows.keyWords, start * HASH_WORDS)) return this.#replaced(node, origin, start);
    }
    return this.#split(node, origin, start, end, depth);
  }

  /** A block: its changes are made and all its nodes are hashed. */
  #applyBlock(node: number, origin: number, start: number, end: number, depth: number): number {
    this.#begunEnd = end;
    this.#walkAhead(node, start, end, depth);
    const first = this.#nodes.length;
    const result = this.#apply(node, origin, start, end, depth);
    if (this.#nodes.length === first) return result;
    const scratch = this.#arena.createInner(EMPTY, EMPTY);
    this.#scratch.push(scratch);
    this.#place(scratch, result, this.#origin);
    this.#hashNew(first);
    return this.#result(result, scratch);
  }

  #applyToInner(inner: number, origin: number, start: number, end: number, depth: number): number {
    const middle = this.#firstWithBit(start, end, depth);
    const left = this.#arena.left(inner);
    const right = this.#arena.right(inner);
    const newLeft = this.#apply(left, inner, start, middle, depth + 1);
    const leftOrigin = this.#origin;
    const newRight = this.#apply(right, inner + 1, middle, end, depth + 1);
    if (newLeft === left && newRight === right) return this.#result(inner, origin);
    this.#retired.push(inner);
    return this.#joined(newLeft, leftOrigin, newRight, this.#origin);
  }

  /** A leaf or nothing, with changes of other keys: they go to both sides, the leaf to its own. */
  #split(node: number, origin: number, start: number, end: number, depth: number): number {
    const middle = this.#firstWithBit(start, end, depth);
    const side = node === EMPTY ? -1 : this.#arena.keyBit(node, depth);
    const left = this.#apply(side === 0 ? node : EMPTY, origin, start, middle, depth + 1);
    const leftOrigin = this.#origin;
    const right = this.#apply(side === 1 ? node : EMPTY, origin, middle, end, depth + 1);
    return this.#joined(left, leftOrigin, right, this.#origin);
  }

  #result(node: number, origin: number): number {
    this.#origin = origin;
    return node;
  }

  /** The nodes that the changes [start, end) will meet are in the cache, or on their way there. */
  #walkAhead(root: number, start: number, end: number, rootDepth: number): void {
    const count = end - start;
    for (let i = 0; i < count; i++) this.#walkers[i] = root;
    let moved = isInner(root);
    for (let depth = rootDepth; moved; depth++) {
      moved = false;
      for (let i = 0; i < count; i++) {
        const node = this.#walkers[i]!;
        if (!isInner(node)) continue;
        this.#walkers[i] = this.#arena.touchInner(node, this.#bit(start + i, depth));
        moved = true;
      }
    }
    let seen = 0;
    for (let i = 0; i < count; i++) {
      if (isLeaf(this.#walkers[i]!)) seen ^= this.#arena.touchLeaf(this.#walkers[i]!);
    }
    this.#walkers[0] = seen;
  }

  #leafFor(change: number): number {
    if (this.#rows.deletes[change] === 1) return EMPTY;
    const leaf = this.#arena.createLeaf(this.#rows.keyWords, this.#rows.valueWords, change * HASH_WORDS);
    this.#note(leaf, 0);
    return leaf;
  }

  #replaced(leaf: number, origin: number, change: number): number {
    const isSame =
      this.#rows.deletes[change] === 0 && this.#arena.hasValue(leaf, this.#rows.valueWords, change * HASH_WORDS);
    if (isSame) return this.#result(leaf, origin);
    this.#retired.push(leaf);
    return this.#leafFor(change);
  }

  /** The tree of two subtrees: the one when it is a leaf alone, else an inner node. */
  #joined(left: number, leftOrigin: number, right: number, rightOrigin: number): number {
    if (right === EMPTY && !isInner(left)) return this.#result(left, leftOrigin);
    if (left === EMPTY && !isInner(right)) return this.#result(right, rightOrigin);
    const inner = this.#arena.createInner(left, right);
    const leftLevel = this.#place(inner, left, leftOrigin);
    const rightLevel = this.#place(inner + 1, right, rightOrigin);
    this.#note(inner, 1 + Math.max(leftLevel, rightLevel));
    return inner;
  }

  /** A new node has a number, which is the origin of the result. */
  #note(node: number, level: number): void {
    this.#origin = ~this.#nodes.length;
    this.#nodes.push(node);
    this.#created.push(node);
    this.#levels.push(level);
    this.#targets.push(0);
  }

  /** The hash of the node is in the slot, or will be; returns the node's level, 0 when it has its hash. */
  #place(slot: number, node: number, origin: number): number {
    if (node === EMPTY) this.#arena.setEmptyHash(slot);
    else if (origin >= 0) this.#arena.copyHash(origin, slot);
    else {
      this.#targets[~origin] = slot;
      return this.#levels[~origin]!;
    }
    return 0;
  }

  /** The new nodes from number `first` on have their hashes in their slots, and no number any more. */
  #hashNew(first: number): void {
    const { numbers, ends } = this.#byLevel(first);
    let start = 0;
    for (const [level, end] of ends.entries()) {
      const prefix = level === 0 ? LEAF_PREFIX : INNER_PREFIX;
      for (; start < end; start += PAIRS_MAX) this.#hashSome(numbers, start, Math.min(end, start + PAIRS_MAX), prefix);
      start = end;
    }
    for (const list of [this.#nodes, this.#levels, this.#targets]) list.length = first;
  }

  /** The numbers from `first` on, the lowest level first, and where each level ends. */
  #byLevel(first: number): { numbers: Int32Array; ends: readonly number[] } {
    const levels = this.#levels;
    const ends: number[] = [];
    for (let number = first; number < levels.length; number++) {
      while (ends.length <= levels[number]!) ends.push(0);
      ends[levels[number]!]!++;
    }
    for (let level = 0, sum = 0; level < ends.length; level++) {
      const size = ends[level]!;
      ends[level] = sum;
      sum += size;
    }
    const numbers = new Int32Array(levels.length - first);
    for (let number = first; number < levels.length; number++) numbers[ends[levels[number]!]!++] = number;
    return { numbers, ends };
  }

  #hashSome(numbers: Int32Array, start: number, end: number, prefix: Uint8Array): void {
    const count = end - start;
    for (let i = 0; i < count; i++) {
      this.#arena.copyPair(this.#nodes[numbers[start + i]!]!, this.#pairWords, i * 2 * HASH_WORDS);
    }
    this.#hashPairs(prefix, this.#pairs, count, this.#digests);
    for (let i = 0; i < count; i++) {
      this.#arena.setHash(this.#targets[numbers[start + i]!]!, this.#digestWords, i * HASH_WORDS);
    }
  }
}
