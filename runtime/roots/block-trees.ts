/**
 * The tree of the state, version by version, with the keys of its leaves. It works on the calling thread, whichever that is.
 *
 * Versions share what did not change, so that the last heights can be proven for little. A key's hash is kept as long as one
 * of the versions has the key; what was deleted in them is noted by version, for a proof at an older height may still name it.
 */
import type { HashMany, HashPairs } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import type { HashFunction } from "../format/block.ts";
import { digestsInto } from "../format/many-hashes.ts";
import { merkleRoot } from "../format/merkle.ts";
import { KeyHashes } from "../state/key-hashes.ts";
import type { TableSeed } from "../state/key-table.ts";
import type { StateChange } from "../state/slot-table.ts";
import type { StateEntry } from "../state/store.ts";
import { type LeafPath, StateTree, type TreeProof } from "../state/tree.ts";
import { ChangeRows } from "../state/tree-changes.ts";
import type { BlockRoots, KeyedProof, ProvenKey, RootedBlock } from "./roots.ts";

/** Keys of deleted entries that are remembered before they are swept out. */
const DELETED_KEYS_MAX = 100_000;
const NO_VALUE = new Uint8Array(0);

interface Version {
  readonly tree: StateTree;
  readonly entryCount: number;
  /** Keys that the block deleted. */
  readonly deleted: readonly Uint8Array[];
}

export interface BlockTreesOptions {
  readonly hash: HashFunction;
  readonly hashPairs: HashPairs;
  readonly hashMany: HashMany;
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
    this.#keyHashes = new KeyHashes(options.seed);
    this.#versions = [{ tree: StateTree.empty(options.hashPairs), entryCount: 0, deleted: [] }];
  }

  get #newest(): Version {
    return this.#versions.at(-1)!;
  }

  load(entries: readonly StateEntry[]): void {
    const { tree, entryCount } = this.#newest;
    const changed = tree.update(this.#rowsOf(entries, Uint32Array.from(entries.keys())));
    this.#versions = [{ tree: changed, entryCount: entryCount + entries.length, deleted: [] }];
    tree.release();
  }

  begin(height: number): Uint8Array {
    this.#oldestHeight = height;
    return this.#newest.tree.root;
  }

  add({ transactionBytes, receiptBytes, writes, newKeys, entryCount }: RootedBlock): BlockRoots {
    const { hash, hashPairs, hashMany } = this.#options;
    const tree = this.#newest.tree.update(this.#rowsOf(writes, newKeys));
    const deleted = writes.filter(({ value }) => value === undefined).map(({ key }) => key);
    this.#versions.push({ tree, entryCount, deleted });
    return {
      transactionsRoot: merkleRoot(transactionBytes, hash, hashPairs, hashMany),
      receiptsRoot: merkleRoot(receiptBytes, hash, hashPairs, hashMany),
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

  /** The hashes of keys and values; a value that goes has that of nothing, which nobody reads. */
  #rowsOf(changes: readonly StateChange[], newKeys: Uint32Array): ChangeRows {
    const { hashMany } = this.#options;
    const rows = new ChangeRows(changes.length);
    const keys = changes.map(({ key }) => key);
    const values = changes.map(({ value }) => value ?? NO_VALUE);
    digestsInto(rows.keyHashes, keys, hashMany);
    digestsInto(rows.valueHashes, values, hashMany);
    for (const [i, { value }] of changes.entries()) if (value === undefined) rows.deletes[i] = 1;
    for (const i of newKeys) this.#keyHashes.learn(keys[i]!, rows.keyHashOf(i));
    return rows;
  }

  #sweepKeys(): void {
    const { tree, entryCount } = this.#newest;
    if (this.#keyHashes.count <= 2 * entryCount + DELETED_KEYS_MAX) return;
    this.#keyHashes.keep((keyHash) => tree.get(keyHash) !== undefined);
    for (const { deleted } of this.#versions)
      for (const key of deleted) this.#keyHashes.learn(key, this.#options.hash(key));
  }
}

function leavesOf(proof: TreeProof): readonly LeafPath[] {
  if (proof.kind === "present") return [proof.leaf];
  return [proof.left, proof.right].filter((leaf) => leaf !== null);
}
