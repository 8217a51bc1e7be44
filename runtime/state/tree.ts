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
 * hashes each. Nodes live in flat arrays, hence `release`.
 *
 *   tree-changes.ts   the changes, flat and sorted        tree-arena.ts     the nodes
 *   tree-update.ts    the way down, and the hashes        tree-version.ts   which nodes are free
 */

import type { HashPairs } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import { compareBytes } from "../format/bytes.ts";
import { EMPTY, emptyHash, isInner, isLeaf, NodeArena } from "./tree-arena.ts";
import { ChangeRows, type TreeChange } from "./tree-changes.ts";
import { TreeUpdater } from "./tree-update.ts";
import { TreeVersion } from "./tree-version.ts";

export type { TreeChange } from "./tree-changes.ts";

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

/** What all versions share. */
interface Shared {
  readonly arena: NodeArena;
  readonly updater: TreeUpdater;
}

/** One version of the state. Immutable; versions made from each other share nodes. */
export class StateTree {
  readonly #shared: Shared;
  readonly #arena: NodeArena;
  readonly #version: TreeVersion;
  readonly #root: Uint8Array;

  private constructor(shared: Shared, version: TreeVersion, root: Uint8Array) {
    this.#shared = shared;
    this.#arena = shared.arena;
    this.#version = version;
    this.#root = root;
  }

  /** Returns the tree without keys. @param hashPairs the chain's hash; must not keep or change the prefix and the pairs */
  static empty(hashPairs: HashPairs): StateTree {
    const arena = new NodeArena();
    const shared = { arena, updater: new TreeUpdater(arena, hashPairs) };
    return new StateTree(shared, new TreeVersion(arena, EMPTY, undefined), emptyHash());
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
  update(changes: readonly TreeChange[] | ChangeRows): StateTree {
    this.#assertAlive();
    const rows = changes instanceof ChangeRows ? changes : ChangeRows.of(changes);
    const { node, hash, lists } = this.#shared.updater.update(this.#version.rootNode, this.#root, rows.sorted());
    return new StateTree(this.#shared, new TreeVersion(this.#arena, node, this.#version, lists), hash);
  }

  /**
   * The version is gone, and its nodes that no other version has are free, at the latest when the versions before it are gone
   * too (tree-version.ts). Without this call they stay in memory: about 0.8 KB for each changed key of a million.
   */
  release(): void {
    this.#version.release();
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
    const node = this.#walk(keyHash, (inner, bit) => {
      const sibling = bit === 1 ? this.#arena.left(inner) : this.#arena.right(inner);
      if (sibling !== EMPTY) (bit === 1 ? lefts : rights).push(sibling);
    });
    if (this.#isLeafOf(node, keyHash)) return { kind: "present", leaf: this.#pathOf(node) };
    if (node !== EMPTY) (compareBytes(this.#arena.keyHashOf(node), keyHash) < 0 ? lefts : rights).push(node);
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
    if (this.#version.isReleased) {
      throw new NodeError("tree.released", "a version of the tree is used after its release");
    }
  }

  #isLeafOf(node: number, keyHash: Uint8Array): boolean {
    return isLeaf(node) && compareBytes(this.#arena.keyHashOf(node), keyHash) === 0;
  }

  /** Returns the leaf or empty subtree where the way of the key ends; `visit` gets each inner node and the bit taken. */
  #walk(keyHash: Uint8Array, visit: (inner: number, bit: number) => void): number {
    let node = this.#version.rootNode;
    for (let depth = 0; isInner(node); depth++) {
      const bit = bitOf(keyHash, depth);
      visit(node, bit);
      node = bit === 1 ? this.#arena.right(node) : this.#arena.left(node);
    }
    return node;
  }

  /** The last (side 1) or first (side 0) leaf of a subtree. */
  #outermost(subtree: number, side: 0 | 1): number {
    let node = subtree;
    while (isInner(node)) {
      const near = side === 1 ? this.#arena.right(node) : this.#arena.left(node);
      const far = side === 1 ? this.#arena.left(node) : this.#arena.right(node);
      node = near === EMPTY ? far : near;
    }
    return node;
  }

  #pathOf(leaf: number): LeafPath {
    const keyHash = this.#arena.keyHashOf(leaf);
    const siblings: Uint8Array[] = [];
    this.#walk(keyHash, (inner, bit) => {
      siblings.push(this.#arena.hashIn(inner + 1 - bit));
    });
    return { keyHash, valueHash: this.#arena.valueHashOf(leaf), siblings: siblings.reverse() };
  }
}
