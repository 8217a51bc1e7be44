/**
 * Blocks that were executed and are not committed, over the committed state.
 *
 * A block waits for its roots and its record while the next ones are executed over what it wrote (DESIGN section 3). So the
 * newest value of a slot is that of the last block here that wrote it, or else the table's.
 *
 *   overlay of the running block  ->  held blocks, the newest first  ->  table
 *
 * Blocks leave in their order, the oldest by `commitOldest`; or all at once by `undoAll`, when the oldest of them turns out not
 * to be a block. Slots must keep their numbers as long as something is held: no `trim` of the table until then.
 */
import { NodeError } from "../../vm/errors.ts";
import type { KeyOrder } from "./key-order.ts";
import type { SharedValues } from "./shared-values.ts";
import type { SlotTable } from "./slot-table.ts";
import type { SlotValues, SlotWrites, Value } from "./slot-values.ts";

export class HeldWrites implements SlotValues {
  readonly #table: SlotTable;
  readonly #blocks: SlotWrites[] = [];
  /** Number of the oldest block held; they are counted from 1. */
  #oldest = 1;
  /** Slot -> number of the newest block that wrote it; below `#oldest`: none that is held. */
  #writers = new Uint32Array(1024);
  /** By slot; what is there counts only where the writer is held. */
  #values: Value[] = [];
  /** The keys with values as the newest block has them; made when it is asked for, and empty when nothing is held. */
  #order: KeyOrder | undefined;

  constructor(table: SlotTable) {
    this.#table = table;
  }

  /** Blocks held. */
  get count(): number {
    return this.#blocks.length;
  }

  get order(): KeyOrder {
    if (this.#blocks.length === 0) return this.#table.order;
    if (this.#order === undefined) {
      this.#order = this.#table.order.fork();
      for (const { slots } of this.#blocks) this.#refreshOrder(this.#order, slots);
    }
    return this.#order;
  }

  get shared(): SharedValues | undefined {
    return this.#table.shared;
  }

  slotOf(key: Uint8Array, length: number): number {
    return this.#table.slotOf(key, length);
  }

  valueOf(slot: number): Value {
    if (this.#blocks.length === 0 || (this.#writers[slot] ?? 0) < this.#oldest) return this.#table.valueOf(slot);
    return this.#values[slot];
  }

  keyOf(slot: number): Uint8Array {
    return this.#table.keyOf(slot);
  }

  compareKeys(left: number, right: number): number {
    return this.#table.compareKeys(left, right);
  }

  /** The block is the newest; who executes the next one sees what it wrote. */
  hold(writes: SlotWrites): void {
    this.#blocks.push(writes);
    this.#place(writes, this.#oldest + this.#blocks.length - 1);
    if (this.#order !== undefined) this.#refreshOrder(this.#order, writes.slots);
  }

  /** What the oldest block changed is the table's committed state. @errors state.nothingHeld (NodeError) */
  commitOldest(): void {
    const oldest = this.#blocks.shift();
    if (oldest === undefined) throw new NodeError("state.nothingHeld", "a block is committed that was not executed");
    this.#table.commitWrites(oldest);
    for (const slot of oldest.slots) if (this.#writers[slot] === this.#oldest) this.#values[slot] = undefined;
    this.#oldest += 1;
    if (this.#blocks.length === 0) this.#order = undefined;
  }

  /** As `hold` and `commitOldest`. @errors state.stillHeld (NodeError) when another block is held */
  commitWrites(writes: SlotWrites): void {
    this.#requireNothingHeld();
    this.hold(writes);
    this.commitOldest();
  }

  /** Nothing is held: the newest values are the table's. */
  undoAll(): void {
    const blocks = this.#blocks.splice(0);
    this.#oldest += blocks.length;
    this.#order = undefined;
    for (const { slots } of blocks) {
      for (const slot of slots) {
        this.#values[slot] = undefined;
        this.shared?.show(slot, this.#table.valueOf(slot));
      }
    }
  }

  /** Slots have other numbers now. @errors state.stillHeld (NodeError) */
  forgetSlots(): void {
    this.#requireNothingHeld();
    this.#writers = new Uint32Array(1024);
    this.#values = [];
    this.#oldest = 1;
  }

  #requireNothingHeld(): void {
    if (this.#blocks.length === 0) return;
    throw new NodeError("state.stillHeld", "blocks hold writes over a table that is about to change");
  }

  #place({ slots, values }: SlotWrites, writer: number): void {
    for (let index = 0; index < slots.length; index += 1) {
      const slot = slots[index]!;
      if (slot >= this.#writers.length) this.#grow(slot);
      // One after the other, so that the array never has holes: the engine would make a dictionary of it.
      while (this.#values.length <= slot) this.#values.push(undefined);
      this.#writers[slot] = writer;
      this.#values[slot] = values[index];
    }
  }

  #refreshOrder(order: KeyOrder, slots: Uint32Array): void {
    for (const slot of slots) {
      const key = this.#table.keyOf(slot);
      if (this.valueOf(slot) === undefined) order.remove(key);
      else order.add(key);
    }
  }

  #grow(slot: number): void {
    const larger = new Uint32Array(Math.max(this.#writers.length * 2, slot + 1));
    larger.set(this.#writers);
    this.#writers = larger;
  }
}
