/**
 * The roots of blocks: the tree of the state, and the trees of a block's two lists.
 *
 * Blocks are added one over the other as they are executed, each with what it wrote, and give their roots in that order. One
 * that turns out not to be a block is taken back together with those over it; one that is no longer proven against is
 * dropped. Whoever implements this owns the tree and the hashes of the keys, and nobody else has a part of them:
 * in place (in-place.ts), or on a thread of its own (thread.ts).
 */
import type { NodeError } from "../../vm/errors.ts";
import type { StateEntry } from "../state/store.ts";
import type { TreeProof } from "../state/tree.ts";
import type { BlockLists } from "./block-body.ts";

/** What a block's roots are made of. */
export interface RootedBlock extends BlockLists {
  /** Numbers of the writes whose keys had no value before the block: the tree does not know these yet. */
  readonly newKeys: Uint32Array;
  /** Entries of the state after the block. */
  readonly entryCount: number;
}

export interface BlockRoots {
  readonly transactionsRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  readonly stateRoot: Uint8Array;
}

export interface AddedBlock extends BlockRoots {
  /** The block's lists as bytes (block-body.ts), where they were needed for the roots. */
  readonly body?: Uint8Array;
}

/** A proof of the tree, and the state keys of the leaves that it names. */
export interface KeyedProof {
  readonly proof: TreeProof;
  readonly keys: readonly ProvenKey[];
}

export interface ProvenKey {
  readonly keyHash: Uint8Array;
  readonly key: Uint8Array;
}

export interface Roots {
  /** Resolves when the tree is lost while the process goes on; what is asked then and later rejects with the same. */
  readonly lost?: Promise<NodeError>;
  /** Resolves when the state has the entries too: the way to a state that no block is given for. */
  load(entries: readonly StateEntry[]): Promise<void>;
  /** Resolves to the state root when everything loaded is the state at `height`, and the next block added is the one above. */
  begin(height: number): Promise<Uint8Array>;
  /** Resolves to the roots of the block over the one added last. Blocks may be added before the roots of others are there. */
  add(block: RootedBlock): Promise<AddedBlock>;
  /** Blocks above `height` were never added. */
  dropAbove(height: number): void;
  /** States below `height` cannot be proven any more. */
  dropBelow(height: number): void;
  /**
   * Resolves to what shows the state key, or its absence, at a height that is kept.
   * @errors roots.height, roots.noKey (NodeError)
   */
  prove(height: number, key: Uint8Array): Promise<KeyedProof>;
  close(): Promise<void>;
}
