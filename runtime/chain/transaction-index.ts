/**
 * Ids of transactions that the store's index does not have.
 *
 * A transaction may appear once, so every id is asked for here and then in the store. Here are those of the blocks above the
 * last checkpoint; one that a checkpoint has written is forgotten. A replay has no store: it forgets ids when they expire,
 * because an id covers its transaction's expiry height, and behind that it is refused without being known.
 */
import { KeyTable, type TableSeed } from "../state/key-table.ts";
import type { TransactionLocation } from "../state/store.ts";

/** Fewer than these are kept without looking: a new table costs more than they do. */
const KEPT_MIN_DEFAULT = 4096;

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
  readonly #keptMin: number;
  #forgetExpiredAt: number;

  /** @param keptMin entries below which nothing is forgotten */
  constructor(seed: TableSeed, keptMin: number = KEPT_MIN_DEFAULT) {
    this.#seed = seed;
    this.#keptMin = keptMin;
    this.#forgetExpiredAt = keptMin;
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

  /** What is in the store's index, up to `storedHeight`, is forgotten: from there it is found in the store. */
  forgetStored(storedHeight: number): void {
    if (this.#entries.length < this.#keptMin) return;
    this.#keep((entry) => entry.height > storedHeight);
  }

  /**
   * What can be in no block above `headHeight` is forgotten, some time after: when there are twice as many as were left the
   * last time, so that its cost is a constant for each added.
   */
  forgetExpired(headHeight: number): void {
    if (this.#entries.length < this.#forgetExpiredAt) return;
    this.#keep((entry) => entry.expiryHeight > headHeight);
    this.#forgetExpiredAt = Math.max(this.#keptMin, 2 * this.#entries.length);
  }

  #keep(isKept: (entry: Entry) => boolean): void {
    const old = { ids: this.#ids, entries: this.#entries };
    this.#ids = new KeyTable(this.#seed);
    this.#entries = [];
    for (const [number, entry] of old.entries.entries()) if (isKept(entry)) this.add(old.ids.keyOf(number), entry);
  }
}
