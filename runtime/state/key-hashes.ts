/**
 * The state keys of the leaves of the tree, by their hashes.
 *
 * The tree knows only H(key); a proof of absence names its neighbours by their keys. Keys and hashes are interned side by
 * side, so that one id means both: about 130 bytes an entry beside the key, without an object. Nothing is looked up here to
 * hash a key: with a million keys that took 1.5 us, and to hash many together takes 0.2.
 */
import { NodeError } from "../../vm/errors.ts";
import { HASH_LENGTH } from "../format/block.ts";
import { KeyTable, type TableSeed } from "./key-table.ts";

export class KeyHashes {
  readonly #seed: TableSeed;
  #keys: KeyTable;
  #hashes: KeyTable;

  constructor(seed: TableSeed) {
    this.#seed = seed;
    this.#keys = new KeyTable(seed);
    this.#hashes = new KeyTable(seed);
  }

  /** Number of keys. */
  get count(): number {
    return this.#keys.count;
  }

  /** The key is known by its 32-byte hash. @errors state.keyHashes (of the node) when the two belong to others */
  learn(key: Uint8Array, keyHash: Uint8Array): void {
    if (this.#keys.intern(key, key.length) !== this.#hashes.intern(keyHash, HASH_LENGTH)) {
      throw new NodeError("state.keyHashes", "two keys have the same hash");
    }
  }

  /** Returns the key with this hash; undefined when it was never learned, or was dropped. */
  keyOf(keyHash: Uint8Array): Uint8Array | undefined {
    const id = this.#hashes.find(keyHash, keyHash.length);
    return id < 0 ? undefined : this.#keys.keyOf(id);
  }

  /** Only the keys whose hashes are wanted stay. */
  keep(isWanted: (keyHash: Uint8Array) => boolean): void {
    const old = { keys: this.#keys, hashes: this.#hashes };
    this.#keys = new KeyTable(this.#seed);
    this.#hashes = new KeyTable(this.#seed);
    for (let id = 0; id < old.keys.count; id += 1) {
      const keyHash = old.hashes.keyOf(id);
      if (isWanted(keyHash)) this.learn(old.keys.keyOf(id), keyHash);
    }
  }
}
