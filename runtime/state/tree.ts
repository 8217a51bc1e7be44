/**
 * The authenticated tree of the state: a Jellyfish Merkle tree by the rules of the `jmt` crate, so that its proofs are ICS-23
 * proofs that other people's software can verify (runtime/format/proof.ts makes them).
 *
 * With H the chain's hash, a state entry is the pair H(key), H(value). The bits of H(key), the most significant first, are the
 * way from the root: 0 left, 1 right. The root of a set of pairs is
 *
 *   of none:   the 32 bytes "SPARSE_MERKLE_PLACEHOLDER_HASH__"
 *   of one:    H("JMT::LeafNode" ‖ H(key) ‖ H(value)), at whatever depth: a subtree with one key is its leaf
 *   of more:   H("JMT::IntrnalNode" ‖ root of those with bit 0 ‖ root of those with bit 1)
 *
 * so it depends on the set alone, not on the order of inserts, and a delete leaves what would be there without the insert.
 *
 *        root                     root                          Insert C = 00.. into {A = 01.., B = 1..}: A, which was the
 *       /    \                   /    \                         subtree of 0, moves one level down beside C. Delete C
 *      A      B        ->       o      B                        and A moves up again.
 *                              / \
 *                             C   A
 *
 * `update` takes all changes of a block, sorted, and goes down once: a range of changes meets a subtree, is split by the next
 * bit, and each subtree that changed is hashed once, the lowest ones first. Nodes are never changed, so the version before stays
 * whole and can be proven against until it is released. Random changes to n keys cost about log2(n) - log2(changes) + 2
 * hashes each. Nodes live in flat arrays (tree-arena.ts says why), hence `release`.
 */

import type { HashPairs } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import { HASH_LENGTH } from "../format/block.ts";
import { compareBytes } from "../format/bytes.ts";
import { EMPTY, NodeArena } from "./tree-arena.ts";

export interface TreeChange {
  /** H(key), 32 bytes. */
  readonly keyHash: Uint8Array;
  /** H(value), 32 bytes; null deletes. */
  readonly valueHash: Uint8Array | null;
}

/** A leaf and the hashes beside its way to the root, from the leaf upwards. */
export interface LeafPath {
  readonly keyHash: Uint8Array;
  readonly valueHash: Uint8Array;
  readonly siblings: readonly Uint8Array[];
}

/** What shows that a key is there, or the nearest keys on both sides where it is not (null: there is none on that side). */
export type TreeProof =
  | { readonly kind: "present"; readonly leaf: LeafPath }
  | { readonly kind: "absent"; readonly left: LeafPath | null; readonly right: LeafPath | null };

export interface TreeMemory {
  /** Leaves and inner nodes of all versions that are not released. */
  readonly leaves: number;
  readonly inners: number;
  readonly bytes: number;
}

function bitOf(keyHash: Uint8Array, depth: number): number {
  return (keyHash[depth >> 3]! >> (7 - (depth & 7))) & 1;
}

/** First index in [start, end) whose key has bit `depth` set; the keys are sorted and agree in the bits before. */
function firstWithBit(changes: readonly TreeChange[], start: number, end: number, depth: number): number {
  let low = start;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (bitOf(changes[middle]!.keyHash, depth) === 1) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sortedChanges(changes: readonly TreeChange[]): readonly TreeChange[] {
  for (const { keyHash, valueHash } of changes) {
    if (keyHash.length !== HASH_LENGTH || (valueHash !== null && valueHash.length !== HASH_LENGTH)) {
      throw new NodeError("tree.hashLength", "a key or value hash does not have 32 bytes");
    }
  }
  const sorted = [...changes].sort((a, b) => compareBytes(a.keyHash, b.keyHash));
  for (let i = 1; i < sorted.length; i++) {
    if (compareBytes(sorted[i - 1]!.keyHash, sorted[i]!.keyHash) === 0) {
      throw new NodeError("tree.duplicateKey", "one batch changes a key twice");
    }
  }
  return sorted;
}

/** One version of the state. Immutable; versions made from each other share nodes. */
export class StateTree {
  readonly #arena: NodeArena;
  readonly #rootNode: number;
  readonly #root: Uint8Array;
  #isReleased = false;

  private constructor(arena: NodeArena, rootNode: number) {
    this.#arena = arena;
    this.#rootNode = rootNode;
    this.#root = arena.hashOf(rootNode);
    arena.addReference(rootNode);
  }

  /** Returns the tree without keys. @param hashPairs the chain's hash; must not keep or change the prefix and the pairs */
  static empty(hashPairs: HashPairs): StateTree {
    return new StateTree(new NodeArena(hashPairs), EMPTY);
  }

  /** The 32-byte root; stays readable after `release`. A fresh copy. */
  get root(): Uint8Array {
    return this.#root.slice();
  }

  /**
   * Returns the version with these changes; this one stays as it is.
   * @param changes in any order, each key once; deleting a key that is not there changes nothing
   * @errors tree.duplicateKey, tree.hashLength, tree.released, tree.full (all of the node)
   */
  update(changes: readonly TreeChange[]): StateTree {
    this.#assertAlive();
    const sorted = sortedChanges(changes);
    const rootNode = this.#apply(this.#rootNode, sorted, 0, sorted.length, 0);
    this.#arena.hashNew();
    return new StateTree(this.#arena, rootNode);
  }

  /**
   * The version is gone and its nodes that no other version has are free. Without this call they stay in memory: about 0.5 KB
   * for each changed key of a million.
   */
  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#arena.dropReference(this.#rootNode);
  }

  /** Returns H(value) under H(key), or undefined. @errors tree.released */
  get(keyHash: Uint8Array): Uint8Array | undefined {
    this.#assertAlive();
    const node = this.#walk(keyHash, () => undefined);
    return this.#isLeafOf(node, keyHash) ? this.#arena.valueHashOf(node) : undefined;
  }

  /** Returns what shows that the key is there or is not. @errors tree.released */
  prove(keyHash: Uint8Array): TreeProof {
    this.#assertAlive();
    const lefts: number[] = [];
    const rights: number[] = [];
    const node = this.#walk(keyHash, (sibling, bit) => {
      if (sibling !== EMPTY) (bit === 1 ? lefts : rights).push(sibling);
    });
    if (this.#isLeafOf(node, keyHash)) return { kind: "present", leaf: this.#pathOf(node) };
    if (node !== EMPTY) (this.#arena.compareKey(node, keyHash) < 0 ? lefts : rights).push(node);
    // The deepest subtree on a side holds the nearest key of that side.
    const left = this.#outermost(lefts.at(-1) ?? EMPTY, 1);
    const right = this.#outermost(rights.at(-1) ?? EMPTY, 0);
    return {
      kind: "absent",
      left: left === EMPTY ? null : this.#pathOf(left),
      right: right === EMPTY ? null : this.#pathOf(right),
    };
  }

  /** Nodes of this version and all that share nodes with it. */
  memory(): TreeMemory {
    return { leaves: this.#arena.leafCount, inners: this.#arena.innerCount, bytes: this.#arena.byteSize };
  }

  #assertAlive(): void {
    if (this.#isReleased) throw new NodeError("tree.released", "a version of the tree is used after its release");
  }

  /** Returns the subtree of `node` with the changes [start, end), which all belong into it. */
  #apply(node: number, changes: readonly TreeChange[], start: number, end: number, depth: number): number {
    if (start === end) return node;
    if (end - start === 1) {
      const change = changes[start]!;
      if (node === EMPTY) return this.#leafFor(change);
      if (this.#isLeafOf(node, change.keyHash)) return this.#replaced(node, change);
    }
    const middle = firstWithBit(changes, start, end, depth);
    const [left, right] = this.#halves(node, depth);
    const newLeft = this.#apply(left, changes, start, middle, depth + 1);
    const newRight = this.#apply(right, changes, middle, end, depth + 1);
    if (newLeft === left && newRight === right && this.#arena.isInner(node)) return node;
    return this.#joined(newLeft, newRight);
  }

  #leafFor({ keyHash, valueHash }: TreeChange): number {
    return valueHash === null ? EMPTY : this.#arena.createLeaf(keyHash, valueHash);
  }

  #replaced(leaf: number, change: TreeChange): number {
    const isSame = change.valueHash !== null && this.#arena.hasValue(leaf, change.valueHash);
    return isSame ? leaf : this.#leafFor(change);
  }

  /** The subtrees of bit 0 and bit 1; a lone leaf stands in one of them. */
  #halves(node: number, depth: number): readonly [number, number] {
    if (this.#arena.isInner(node)) return [this.#arena.left(node), this.#arena.right(node)];
    if (node === EMPTY) return [EMPTY, EMPTY];
    return this.#arena.keyBit(node, depth) === 0 ? [node, EMPTY] : [EMPTY, node];
  }

  #joined(left: number, right: number): number {
    if (right === EMPTY && !this.#arena.isInner(left)) return left;
    if (left === EMPTY && !this.#arena.isInner(right)) return right;
    return this.#arena.createInner(left, right);
  }

  #isLeafOf(node: number, keyHash: Uint8Array): boolean {
    return this.#arena.isLeaf(node) && this.#arena.compareKey(node, keyHash) === 0;
  }

  /** Returns the leaf or empty subtree where the way of the key ends; `visit` gets each node beside the way and the bit taken. */
  #walk(keyHash: Uint8Array, visit: (sibling: number, bit: number) => void): number {
    let node = this.#rootNode;
    for (let depth = 0; this.#arena.isInner(node); depth++) {
      const left = this.#arena.left(node);
      const right = this.#arena.right(node);
      const bit = bitOf(keyHash, depth);
      visit(bit === 1 ? left : right, bit);
      node = bit === 1 ? right : left;
    }
    return node;
  }

  /** The last (side 1) or first (side 0) leaf of a subtree. */
  #outermost(subtree: number, side: 0 | 1): number {
    let node = subtree;
    while (this.#arena.isInner(node)) {
      const near = side === 1 ? this.#arena.right(node) : this.#arena.left(node);
      const far = side === 1 ? this.#arena.left(node) : this.#arena.right(node);
      node = near === EMPTY ? far : near;
    }
    return node;
  }

  #pathOf(leaf: number): LeafPath {
    const keyHash = this.#arena.keyHashOf(leaf);
    const siblings: Uint8Array[] = [];
    this.#walk(keyHash, (sibling) => {
      siblings.push(this.#arena.hashOf(sibling));
    });
    return { keyHash, valueHash: this.#arena.valueHashOf(leaf), siblings: siblings.reverse() };
  }
}
