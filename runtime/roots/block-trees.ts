/**
 * The tree of the state, version by version, with the keys of its leaves. It works on the calling thread, whichever that is.
 *
 * Versions share what did not change, so that the last heights can be proven for little. A key's hash is kept as long as one
 * of the versions has the key; what was deleted in them is noted by version, for a proof at an older height may still name it.
 */
import type { HashPairs } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import type { HashFunction } from "../format/block.ts";
import { merkleRoot } from "../format/merkle.ts";
import { KeyHashes } from "../state/key-hashes.ts";
import type { TableSeed } from "../state/key-table.ts";
import type { StateChange } from "../state/slot-table.ts";
import type { StateEntry } from "../state/store.ts";
import { type LeafPath, StateTree, type TreeChange, type TreeProof } from "../state/tree.ts";
import type { BlockRoots, KeyedProof, ProvenKey, RootedBlock } from "./roots.ts";

/** Keys of deleted entries that are remembered before they are swept out. */
const DELETED_KEYS_MAX = 100_000;

interface Version {
  readonly tree: StateTree;
  readonly entryCount: number;
  /** Keys that the block deleted. */
  readonly deleted: readonly Uint8Array[];
}

export interface BlockTreesOptions {
  readonly hash: HashFunction;
  readonly hashPairs: HashPairs;
  readonly seed: TableSeed;
}

export class BlockTrees {
  readonly #options: BlockTreesOptions;
  readonly #keyHashes: KeyHashes;
  /** Of heights without a gap, ascending; never empty. */
  #versions: Version[];
  /** -1: the empty tree before genesis. */
  #oldestHeight = -1;

  constructor(options: BlockTreesOptions) {
    this.#options = options;
    this.#keyHashes = new KeyHashes(options.seed, options.hash);
    this.#versions = [{ tree: StateTree.empty(options.hashPairs), entryCount: 0, deleted: [] }];
  }

  get #newest(): Version {
    return this.#versions.at(-1)!;
  }

  load(entries: readonly StateEntry[]): void {
    const { tree, entryCount } = this.#newest;
    const changed = tree.update(entries.map((entry) => this.#treeChange(entry)));
    this.#versions = [{ tree: changed, entryCount: entryCount + entries.length, deleted: [] }];
    tree.release();
  }

  begin(height: number): Uint8Array {
    this.#oldestHeight = height;
    return this.#newest.tree.root;
  }

  add({ transactionBytes, receiptBytes, writes, entryCount }: RootedBlock): BlockRoots {
    const { hash, hashPairs } = this.#options;
    const tree = this.#newest.tree.update(writes.map((write) => this.#treeChange(write)));
    const deleted = writes.filter(({ value }) => value === undefined).map(({ key }) => key);
    this.#versions.push({ tree, entryCount, deleted });
    return {
      transactionsRoot: merkleRoot(transactionBytes, hash, hashPairs),
      receiptsRoot: merkleRoot(receiptBytes, hash, hashPairs),
      stateRoot: tree.root,
    };
  }

  dropAbove(height: number): void {
    for (const { tree } of this.#versions.splice(height - this.#oldestHeight + 1)) tree.release();
  }

  dropBelow(height: number): void {
    if (height <= this.#oldestHeight) return;
    for (const { tree } of this.#versions.splice(0, height - this.#oldestHeight)) tree.release();
    this.#oldestHeight = height;
    this.#sweepKeys();
  }

  prove(height: number, key: Uint8Array): KeyedProof {
    const version = this.#versions[height - this.#oldestHeight];
    if (version === undefined) throw new NodeError("roots.height", `the state of height ${height} is not kept`);
    const proof = version.tree.prove(this.#options.hash(key));
    return { proof, keys: leavesOf(proof).map((leaf) => this.#provenKey(leaf)) };
  }

  #provenKey({ keyHash }: LeafPath): ProvenKey {
    const key = this.#keyHashes.keyOf(keyHash);
    if (key === undefined) throw new NodeError("roots.noKey", "the tree has a leaf whose key is not known");
    return { keyHash, key };
  }

  #treeChange({ key, value }: StateChange): TreeChange {
    return {
      keyHash: this.#keyHashes.hashOf(key),
      valueHash: value === undefined ? null : this.#options.hash(value),
    };
  }

  #sweepKeys(): void {
    const { tree, entryCount } = this.#newest;
    if (this.#keyHashes.count <= 2 * entryCount + DELETED_KEYS_MAX) return;
    this.#keyHashes.keep((keyHash) => tree.get(keyHash) !== undefined);
    for (const { deleted } of this.#versions) for (const key of deleted) this.#keyHashes.hashOf(key);
  }
}

function leavesOf(proof: TreeProof): readonly LeafPath[] {
  if (proof.kind === "present") return [proof.leaf];
  return [proof.left, proof.right].filter((leaf) => leaf !== null);
}
