/**
 * Ids of transactions that the store's index does not have yet, or whose repetition is still possible.
 *
 * A transaction may appear once. Its id covers its expiry height, so an id matters for that only until the expiry; until the
 * next checkpoint it is also the only way from an id to its block. After both it is forgotten here: an older id is refused for
 * its expiry, and found in the store.
 */
import { KeyTable, type TableSeed } from "../state/key-table.ts";
import type { TransactionLocation } from "../state/store.ts";

const FORGET_MIN = 4096;

interface Entry extends TransactionLocation {
  readonly expiryHeight: number;
}

export interface IndexedTransaction {
  readonly id: Uint8Array;
  readonly location: TransactionLocation;
}

export class TransactionIndex {
  readonly #seed: TableSeed;
  #ids: KeyTable;
  /** By number of the id; heights ascend. */
  #entries: Entry[] = [];
  /** Entries at which forgetting is tried next, so that its cost is a constant for each added. */
  #forgetAt = FORGET_MIN;

  constructor(seed: TableSeed) {
    this.#seed = seed;
    this.#ids = new KeyTable(seed);
  }

  get size(): number {
    return this.#entries.length;
  }

  /** @param entry of a height not below those before */
  add(id: Uint8Array, entry: Entry): void {
    if (this.#ids.intern(id, id.length) === this.#entries.length) this.#entries.push(entry);
  }

  find(id: Uint8Array): TransactionLocation | undefined {
    const number = this.#ids.find(id, id.length);
    return number < 0 ? undefined : this.#entries[number];
  }

  /** Returns the transactions of the blocks above `height`, in their order. */
  above(height: number): readonly IndexedTransaction[] {
    let first = this.#entries.length;
    while (first > 0 && this.#entries[first - 1]!.height > height) first -= 1;
    return this.#entries.slice(first).map(({ height: at, index }, offset) => ({
      id: this.#ids.keyOf(first + offset),
      location: { height: at, index },
    }));
  }

  /**
   * What is in the store's index up to `storedHeight` and has expired for every block above `headHeight` is forgotten, some
   * time after: when there are twice as many as were left the last time.
   */
  forget(storedHeight: number, headHeight: number): void {
    const isNeeded = (entry: Entry) => entry.height > storedHeight || entry.expiryHeight > headHeight;
    if (this.#entries.length < this.#forgetAt) return;
    const old = { ids: this.#ids, entries: this.#entries };
    this.#ids = new KeyTable(this.#seed);
    this.#entries = [];
    for (const [number, entry] of old.entries.entries()) if (isNeeded(entry)) this.add(old.ids.keyOf(number), entry);
    this.#forgetAt = Math.max(FORGET_MIN, 2 * this.#entries.length);
  }
}
