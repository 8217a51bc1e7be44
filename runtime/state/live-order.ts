/**
 * The order of the keys as the running block has them.
 *
 * Most blocks never walk over keys, so nothing is done until one does; then the order before it is forked, and before each walk
 * the keys that were written or undone since the last one are added or taken away. So a write costs nothing here by itself,
 * and is looked at once for each time it is made or undone. Keys that the block deleted are not in the order: a walk never
 * steps over them, whatever was deleted before it, so what it costs depends on the state alone and not on the way there.
 */
import type { KeyOrder } from "./key-order.ts";

export class LiveOrder {
  readonly #base: { readonly order: KeyOrder };
  #order: KeyOrder | undefined;
  /** Entries of the journal that the order has taken in. */
  #journalSeen = 0;
  /** Slots whose writes were taken in and are undone. */
  #undone: number[] = [];

  /** @param base has the order before the block, which does not change while the block runs */
  constructor(base: { readonly order: KeyOrder }) {
    this.#base = base;
  }

  /** The slot's write is undone, and the journal is so long now. */
  undo(slot: number, journalLength: number): void {
    if (this.#order === undefined || journalLength >= this.#journalSeen) return;
    this.#undone.push(slot);
    this.#journalSeen = journalLength;
  }

  /** Nothing of the block is left. */
  clear(): void {
    this.#order = undefined;
    this.#journalSeen = 0;
    this.#undone = [];
  }

  /**
   * Returns the order of the keys that have values now.
   * @param slotAt the slot of a journal's entry  @param refresh puts a slot's key into the order, or takes it out
   */
  upToDate(
    journalLength: number,
    slotAt: (journalEntry: number) => number,
    refresh: (order: KeyOrder, slot: number) => void,
  ): KeyOrder {
    if (this.#order === undefined && journalLength === 0) return this.#base.order;
    this.#order ??= this.#base.order.fork();
    for (const slot of this.#undone) refresh(this.#order, slot);
    this.#undone = [];
    for (let entry = this.#journalSeen; entry < journalLength; entry += 1) refresh(this.#order, slotAt(entry));
    this.#journalSeen = journalLength;
    return this.#order;
  }
}
