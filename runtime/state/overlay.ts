/**
 * What the running block has written, over what the blocks before it left (held-writes.ts).
 *
 * A write goes in place and leaves the value it replaced in a journal; a checkpoint is a position in the journal, and going
 * back to it undoes the entries above it, last first. So a transaction that succeeds costs nothing extra, one that fails pays
 * for what it wrote, and checkpoints nest as deep as calls do.
 *
 *   entries   one for each slot written, in the order of its first write: slot, value now
 *   journal   one for each write: its entry, or ~entry where the entry was not there before
 *   replaced  the value before, one for each write that was not the first of its entry
 *
 * First writes are undone last first too, so the entry to take away is always the last one. What is a number stands in
 * typed arrays that are kept from block to block.
 */
import { NodeError } from "../../vm/errors.ts";
import { changedCounter } from "../../vm/host/counter-value.ts";
import type { CounterAnswer, CounterChange } from "../../vm/host/environment.ts";
import type { AccessLog } from "./access-log.ts";
import { LiveOrder } from "./live-order.ts";
import type { StateChange } from "./slot-table.ts";
import { type SlotValues, type SlotWrites, sameValue, type Value } from "./slot-values.ts";
import { OrderedScan, type StateScan } from "./state-scan.ts";
import type { Checkpoint, MutableState } from "./state-view.ts";

const INITIAL_CAPACITY = 1024;

/** A change with the value before the block: what a look at an earlier height needs. */
export interface StateWrite extends StateChange {
  readonly before: Uint8Array | undefined;
}

/** What a block changed: one entry for each key whose value differs from before, in byte order of the keys. */
export type WriteSet = readonly StateWrite[];

/** The net changes by key and by slot, in the same order. */
export interface NetWrites extends SlotWrites {
  readonly writeSet: WriteSet;
}

export class Overlay implements MutableState {
  readonly #table: SlotValues;
  /** Slot -> entry + 1, 0 where the block has not written. */
  #entryOfSlot: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #slots: Uint32Array = new Uint32Array(INITIAL_CAPACITY);
  #values: Value[] = [];
  #journal = new Int32Array(INITIAL_CAPACITY);
  #journalLength = 0;
  #replaced: Value[] = [];
  readonly #order: LiveOrder;
  readonly #log: AccessLog | undefined;

  /** @param log is told what is read and changed through the functions of `MutableState` */
  constructor(table: SlotValues, log?: AccessLog) {
    this.#table = table;
    this.#log = log;
    this.#order = new LiveOrder(table);
  }

  get(key: Uint8Array, length: number): Value {
    const slot = this.#table.slotOf(key, length);
    this.#log?.read(slot);
    return this.read(slot);
  }

  constant(key: Uint8Array, length: number): Value {
    return this.read(this.#table.slotOf(key, length));
  }

  put(key: Uint8Array, length: number, value: Uint8Array): void {
    const slot = this.#table.slotOf(key, length);
    this.#log?.put(slot);
    this.write(slot, value);
  }

  remove(key: Uint8Array, length: number): boolean {
    const slot = this.#table.slotOf(key, length);
    this.#log?.read(slot);
    if (this.read(slot) === undefined) return false;
    this.#log?.put(slot);
    this.write(slot, undefined);
    return true;
  }

  addCounter(key: Uint8Array, length: number, change: CounterChange): CounterAnswer {
    const slot = this.#table.slotOf(key, length);
    const changed = changedCounter(this.read(slot), change);
    this.#log?.add(slot, typeof changed !== "string");
    if (typeof changed === "string") return changed;
    this.write(slot, changed);
    return "added";
  }

  scan(prefix: Uint8Array, start: Uint8Array): StateScan {
    const order = this.#order.upToDate(
      this.#journalLength,
      (place) => this.#slots[entryOf(this.#journal[place]!)]!,
      (keys, slot) => {
        const key = this.#table.keyOf(slot);
        if (this.read(slot) === undefined) keys.remove(key);
        else keys.add(key);
      },
    );
    const scan = new OrderedScan(order, { prefix, start }, (key) => this.get(key, key.length));
    this.#log?.scan(scan);
    return scan;
  }

  /** Returns the value of a slot of the table as the running block sees it. */
  read(slot: number): Value {
    const entry = this.#entryOfSlot[slot] ?? 0;
    return entry === 0 ? this.#table.valueOf(slot) : this.#values[entry - 1];
  }

  write(slot: number, value: Value): void {
    if (slot >= this.#entryOfSlot.length) this.#entryOfSlot = enlarged(this.#entryOfSlot, slot + 1);
    if (this.#journalLength === this.#journal.length) this.#growJournal();
    const entry = this.#entryOfSlot[slot]! - 1;
    if (entry < 0) {
      this.#journal[this.#journalLength] = ~this.#values.length;
      this.#slots[this.#values.length] = slot;
      this.#values.push(value);
      this.#entryOfSlot[slot] = this.#values.length;
    } else {
      this.#journal[this.#journalLength] = entry;
      this.#replaced.push(this.#values[entry]);
      this.#values[entry] = value;
    }
    this.#journalLength += 1;
  }

  /** Returns the slot of the first `length` bytes of `key`, for `read` and `write`. */
  slotOf(key: Uint8Array, length: number): number {
    return this.#table.slotOf(key, length);
  }

  /** Threads that read the table's shared values see what was written since the checkpoint. */
  showSince(checkpoint: Checkpoint): void {
    const { shared } = this.#table;
    if (shared === undefined) return;
    for (let at = checkpoint; at < this.#journalLength; at += 1) {
      const slot = this.#slots[entryOf(this.#journal[at]!)]!;
      shared.show(slot, this.read(slot));
    }
  }

  checkpoint(): Checkpoint {
    return this.#journalLength;
  }

  revertTo(checkpoint: Checkpoint): void {
    while (this.#journalLength > checkpoint) {
      this.#journalLength -= 1;
      const written = this.#journal[this.#journalLength]!;
      const entry = entryOf(written);
      const slot = this.#slots[entry]!;
      this.#order.undo(slot, this.#journalLength);
      this.#log?.undo(slot);
      if (written >= 0) {
        this.#values[entry] = this.#replaced.pop();
        continue;
      }
      if (entry !== this.#values.length - 1) throw new NodeError("state.journal", "the undo journal is out of order");
      this.#entryOfSlot[slot] = 0;
      this.#values.pop();
    }
  }

  /**
   * Returns the net changes: a slot written back to its value before the block is not one of them, so the result depends on
   * the two states and not on the way between them.
   */
  netWrites(): NetWrites {
    const changed = this.#changedSlots();
    changed.sort((left, right) => this.#table.compareKeys(left, right));
    const values = changed.map((slot) => this.read(slot));
    const writeSet = changed.map((slot, index) => ({
      key: this.#table.keyOf(slot),
      value: values[index],
      before: this.#table.valueOf(slot),
    }));
    return { writeSet, slots: Uint32Array.from(changed), values };
  }

  /** Returns the net changes by their keys. */
  writeSet(): WriteSet {
    return this.netWrites().writeSet;
  }

  /** The net changes are committed values, and the overlay is empty. What it stands on must hold no other block. */
  commit(): void {
    const slots = this.#changedSlots();
    const values = slots.map((slot) => this.read(slot));
    this.#table.commitWrites({ slots: Uint32Array.from(slots), values });
    this.discard();
  }

  #changedSlots(): number[] {
    const changed: number[] = [];
    for (let entry = 0; entry < this.#values.length; entry += 1) {
      const slot = this.#slots[entry]!;
      if (!sameValue(this.#values[entry], this.#table.valueOf(slot))) changed.push(slot);
    }
    return changed;
  }

  /** Everything written is forgotten, and the overlay is empty. @param visit is called with each slot that was written */
  discard(visit?: (slot: number) => void): void {
    const slots = visit === undefined ? undefined : this.#slots.slice(0, this.#values.length);
    this.#clear();
    if (visit !== undefined) for (const slot of slots!) visit(slot);
  }

  #clear(): void {
    for (let entry = 0; entry < this.#values.length; entry += 1) this.#entryOfSlot[this.#slots[entry]!] = 0;
    this.#values = [];
    this.#replaced = [];
    this.#journalLength = 0;
    this.#order.clear();
  }

  /** There are at most as many entries as writes. */
  #growJournal(): void {
    const journal = new Int32Array(this.#journal.length * 2);
    journal.set(this.#journal);
    this.#journal = journal;
    this.#slots = enlarged(this.#slots, journal.length);
  }
}

function entryOf(written: number): number {
  return written < 0 ? ~written : written;
}

function enlarged(source: Uint32Array, lengthMin: number): Uint32Array {
  const larger = new Uint32Array(Math.max(2 * source.length, lengthMin));
  larger.set(source);
  return larger;
}
