/**
 * State keys and their hashes, both ways.
 *
 * The tree knows only H(key); a proof of absence names its neighbours by their keys. And the hash of a key that was written
 * before is looked up here in a tenth of the time it takes to compute. Keys and hashes are interned side by side, so that one
 * id means both: about 130 bytes an entry beside the key, without an object.
 */
import { NodeError } from "../../vm/errors.ts";
import { KeyTable, type TableSeed } from "./key-table.ts";

export class KeyHashes {
  readonly #seed: TableSeed;
  readonly #hash: (message: Uint8Array) => Uint8Array;
  #keys: KeyTable;
  #hashes: KeyTable;

  constructor(seed: TableSeed, hash: (message: Uint8Array) => Uint8Array) {
    this.#seed = seed;
    this.#hash = hash;
    this.#keys = new KeyTable(seed);
    this.#hashes = new KeyTable(seed);
  }

  /** Number of keys. */
  get count(): number {
    return this.#keys.count;
  }

  /** Returns the 32-byte hash of the key, which is known from now on. */
  hashOf(key: Uint8Array): Uint8Array {
    const known = this.#keys.find(key, key.length);
    if (known >= 0) return this.#hashes.keyOf(known);
    const keyHash = this.#hash(key);
    this.#add(key, keyHash);
    return keyHash;
  }

  /** Returns the key with this hash; undefined when it was never asked for, or was dropped. */
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
      if (isWanted(keyHash)) this.#add(old.keys.keyOf(id), keyHash);
    }
  }

  #add(key: Uint8Array, keyHash: Uint8Array): void {
    if (this.#keys.intern(key, key.length) !== this.#hashes.intern(keyHash, keyHash.length)) {
      throw new NodeError("state.keyHashes", "two keys have the same hash");
    }
  }
}
