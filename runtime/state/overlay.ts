/**
 * What the running block has written, over what the blocks before it left (held-writes.ts).
 *
 * A write goes in place and leaves the value it replaced in a journal; a checkpoint is a position in the journal, and going
 * back to it undoes the entries above it, last first. So a transaction that succeeds costs nothing extra, one that fails pays
 * for what it wrote, and checkpoints nest as deep as calls do.
 *
 *   entries   one for each slot written, in the order of its first write: slot, value now
 *   journal   one for each write: entry, value before (FIRST_WRITE: the entry was not there)
 *
 * First writes are undone last first too, so the entry to take away is always the last one.
 */
import { NodeError } from "../../vm/errors.ts";
import { changedCounter } from "../../vm/host/counter-value.ts";
import type { CounterAnswer, CounterChange } from "../../vm/host/environment.ts";
import { LiveOrder } from "./live-order.ts";
import type { StateChange } from "./slot-table.ts";
import { type SlotValues, type SlotWrites, sameValue, type Value } from "./slot-values.ts";
import { OrderedScan, type StateScan } from "./state-scan.ts";
import type { Checkpoint, MutableState } from "./state-view.ts";

/** Not a value: the journal's mark of a slot's first write. */
const FIRST_WRITE = Symbol("first write");

/** A change with the value before the block: what a look at an earlier height needs. */
export interface StateWrite extends StateChange {
  readonly before: Uint8Array | undefined;
}

/** What a block changed: one entry for each key whose value differs from before, in byte order of the keys. */
export type WriteSet = readonly StateWrite[];

export class Overlay implements MutableState {
  readonly #table: SlotValues;
  /** Slot -> entry + 1, 0 where the block has not written. */
  #entryOfSlot = new Uint32Array(1024);
  #slots: number[] = [];
  #values: Value[] = [];
  #journalEntries: number[] = [];
  #journalValues: (Value | typeof FIRST_WRITE)[] = [];
  readonly #order: LiveOrder;

  constructor(table: SlotValues) {
    this.#table = table;
    this.#order = new LiveOrder(table);
  }

  get(key: Uint8Array, length: number): Value {
    return this.read(this.#table.slotOf(key, length));
  }

  put(key: Uint8Array, length: number, value: Uint8Array): void {
    this.write(this.#table.slotOf(key, length), value);
  }

  remove(key: Uint8Array, length: number): boolean {
    const slot = this.#table.slotOf(key, length);
    if (this.read(slot) === undefined) return false;
    this.write(slot, undefined);
    return true;
  }

  addCounter(key: Uint8Array, length: number, change: CounterChange): CounterAnswer {
    const slot = this.#table.slotOf(key, length);
    const changed = changedCounter(this.read(slot), change);
    if (typeof changed === "string") return changed;
    this.write(slot, changed);
    return "added";
  }

  scan(prefix: Uint8Array, start: Uint8Array): StateScan {
    const order = this.#order.upToDate(
      this.#journalEntries.length,
      (journalEntry) => this.#slots[this.#journalEntries[journalEntry]!]!,
      (keys, slot) => {
        const key = this.#table.keyOf(slot);
        if (this.read(slot) === undefined) keys.remove(key);
        else keys.add(key);
      },
    );
    return new OrderedScan(order, { prefix, start }, (key) => this.get(key, key.length));
  }

  /** Returns the value of a slot of the table as the running block sees it. */
  read(slot: number): Value {
    const entry = this.#entryOfSlot[slot] ?? 0;
    return entry === 0 ? this.#table.valueOf(slot) : this.#values[entry - 1];
  }

  write(slot: number, value: Value): void {
    if (slot >= this.#entryOfSlot.length) this.#grow(slot);
    const entry = this.#entryOfSlot[slot]! - 1;
    if (entry < 0) {
      this.#slots.push(slot);
      this.#values.push(value);
      this.#entryOfSlot[slot] = this.#slots.length;
      this.#journalEntries.push(this.#slots.length - 1);
      this.#journalValues.push(FIRST_WRITE);
    } else {
      this.#journalEntries.push(entry);
      this.#journalValues.push(this.#values[entry]);
      this.#values[entry] = value;
    }
  }

  checkpoint(): Checkpoint {
    return this.#journalEntries.length;
  }

  revertTo(checkpoint: Checkpoint): void {
    while (this.#journalEntries.length > checkpoint) {
      const entry = this.#journalEntries.pop()!;
      this.#order.undo(this.#slots[entry]!, this.#journalEntries.length);
      const before = this.#journalValues.pop();
      if (before !== FIRST_WRITE) {
        this.#values[entry] = before;
        continue;
      }
      if (entry !== this.#slots.length - 1) throw new NodeError("state.journal", "the undo journal is out of order");
      this.#entryOfSlot[this.#slots.pop()!] = 0;
      this.#values.pop();
    }
  }

  /**
   * Returns the net changes: a slot written back to its value before the block is not one of them, so the result depends on the two
   * states and not on the way between them.
   */
  writeSet(): WriteSet {
    const changed = this.#slots.filter((slot) => !sameValue(this.read(slot), this.#table.valueOf(slot)));
    changed.sort((left, right) => this.#table.compareKeys(left, right));
    return changed.map((slot) => ({
      key: this.#table.keyOf(slot),
      value: this.read(slot),
      before: this.#table.valueOf(slot),
    }));
  }

  /** The net changes are committed values, and the overlay is empty. What it stands on must hold no other block. */
  commit(): void {
    this.#table.commitWrites(this.takeWrites());
  }

  /** Returns what was written, and the overlay is empty. */
  takeWrites(): SlotWrites {
    const writes = { slots: this.#slots, values: this.#values };
    this.discard();
    return writes;
  }

  /** Everything written is forgotten, and the overlay is empty. */
  discard(): void {
    for (const slot of this.#slots) this.#entryOfSlot[slot] = 0;
    this.#slots = [];
    this.#values = [];
    this.#journalEntries = [];
    this.#journalValues = [];
    this.#order.clear();
  }

  #grow(slot: number): void {
    const larger = new Uint32Array(Math.max(this.#entryOfSlot.length * 2, slot + 1));
    larger.set(this.#entryOfSlot);
    this.#entryOfSlot = larger;
  }
}
