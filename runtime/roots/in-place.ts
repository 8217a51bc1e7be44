/** Roots on the calling thread: a block's are there before `add` returns. */
import type { StateEntry } from "../state/store.ts";
import { BlockTrees, type BlockTreesOptions } from "./block-trees.ts";
import type { AddedBlock, KeyedProof, RootedBlock, Roots } from "./roots.ts";

export class InPlaceRoots implements Roots {
  readonly #trees: BlockTrees;

  constructor(options: BlockTreesOptions) {
    this.#trees = new BlockTrees(options);
  }

  async load(entries: readonly StateEntry[]): Promise<void> {
    this.#trees.load(entries);
  }

  async begin(height: number): Promise<Uint8Array> {
    return this.#trees.begin(height);
  }

  async add(block: RootedBlock): Promise<AddedBlock> {
    return this.#trees.add(block);
  }

  dropAbove(height: number): void {
    this.#trees.dropAbove(height);
  }

  dropBelow(height: number): void {
    this.#trees.dropBelow(height);
  }

  async prove(height: number, key: Uint8Array): Promise<KeyedProof> {
    return this.#trees.prove(height, key);
  }

  async close(): Promise<void> {}
}
