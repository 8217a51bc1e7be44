/**
 * The committed state in memory: every key that was touched has a slot, a small dense number, and its value beside it.
 *
 * Execution asks for the slot of a key once and works with the number (DESIGN 5(a)). A slot's value is loaded from the store
 * when it is first read. What blocks changed since the last checkpoint exists only here and in the block log, so such slots
 * are *dirty* and stay; all others are a cache and may be dropped. `trim` does that at a block border, when no one holds a
 * slot number: numbers are valid until the next `trim`.
 *
 *   clean --commitValue--> dirty --beginCheckpoint--> being written --endCheckpoint--> clean
 *                            ^---------- commitValue ------------'
 */
import { NodeError } from "../../vm/errors.ts";
import { KeyOrder } from "./key-order.ts";
import { KeyTable, type SharedKeys, type TableSeed } from "./key-table.ts";
import type { SharedValues } from "./shared-values.ts";
import type { SlotValues, SlotWrites } from "./slot-values.ts";

const LOADED = 1;
/** Changed since the last checkpoint began. */
const DIRTY = 2;
/** Part of the checkpoint that is being written. */
const WRITING = 4;
/** Read or written since the last trim. */
const USED = 8;

/** Array entries of a slot beside its key and value, roughly. */
const SLOT_OVERHEAD_BYTES = 64;
const INITIAL_CAPACITY = 1024;
/** A trim copies what it keeps, so it is worth its cost when it drops at least this share of the table. */
const TRIM_SHARE_MIN = 1 / 4;
/** After a trim the table may grow by this factor above what was left, so that the copying is a constant for each byte added. */
const TRIM_GROWTH = 5 / 4;

export interface SlotTableOptions {
  readonly seed: TableSeed;
  /** Returns the value under a key in the store, as it was at the last checkpoint or since (for a clean key the same). */
  readonly load: (key: Uint8Array) => Uint8Array | undefined;
  /** Bytes of keys, values and slots above which `trim` drops clean slots; dirty ones may exceed it. */
  readonly bytesMax: number;
  /** Where other threads see keys and values of the table; without it they see nothing. */
  readonly shared?: SharedValues | undefined;
}

/** A key with its value after a change; undefined: there is none. */
export interface StateChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export class SlotTable implements SlotValues {
  /**
   * The keys of the last committed state, those without a slot too. Commits keep it; who makes a table over a store with
   * entries adds their keys.
   */
  readonly order = new KeyOrder();
  readonly #options: SlotTableOptions;
  #keys: KeyTable;
  #flags = new Uint8Array(INITIAL_CAPACITY);
  #values: (Uint8Array | undefined)[] = [];
  #valueBytes = 0;
  #dirty: number[] = [];
  #dirtyBytes = 0;
  /** Bytes above which `trim` looks for something to drop. */
  #trimAbove: number;
  #rebuildCount = 0;
  #writing: readonly number[] | undefined;

  constructor(options: SlotTableOptions) {
    this.#options = options;
    this.#keys = this.#newKeys();
    this.#trimAbove = options.bytesMax;
  }

  /** Where other threads see the values, if they do. */
  get shared(): SharedValues | undefined {
    return this.#options.shared;
  }

  /** The keys as other threads read them; another object after `keysVersion` has changed. */
  get sharedKeys(): SharedKeys {
    return this.#keys.shared;
  }

  /** Grows when `sharedKeys` moves; slots keep their numbers unless `rebuildCount` has grown, too. */
  get keysVersion(): number {
    return this.#rebuildCount * 2 ** 20 + this.#keys.growthCount;
  }

  get slotCount(): number {
    return this.#keys.count;
  }

  get dirtyCount(): number {
    return this.#dirty.length;
  }

  /** Bytes of dirty slots, counted as in `bytes`: what no trim can drop. */
  get dirtyBytes(): number {
    return this.#dirtyBytes;
  }

  /** How often the table was copied to drop slots. */
  get rebuildCount(): number {
    return this.#rebuildCount;
  }

  /** Memory held, estimated: keys, values and the arrays beside them. */
  get bytes(): number {
    return this.#keys.keyBytes + this.#valueBytes + this.#keys.count * SLOT_OVERHEAD_BYTES;
  }

  /** Returns the slot of the first `length` bytes of `key`. */
  slotOf(key: Uint8Array, length: number): number {
    const slot = this.#keys.intern(key, length);
    if (slot >= this.#flags.length) this.#grow();
    return slot;
  }

  /** Returns the slot's value in the last committed state, loading it when it is not known yet. */
  valueOf(slot: number): Uint8Array | undefined {
    const flags = this.#flags[slot]!;
    if ((flags & LOADED) === 0) return this.#load(slot);
    this.#flags[slot] = flags | USED;
    return this.#values[slot];
  }

  /** As `valueOf`, without making a slot: what queries use, so that they cannot fill the table. */
  peek(key: Uint8Array, length: number): Uint8Array | undefined {
    const slot = this.#keys.find(key, length);
    if (slot >= 0) return this.valueOf(slot);
    return this.#options.load(key.slice(0, length));
  }

  keyOf(slot: number): Uint8Array {
    return this.#keys.keyOf(slot);
  }

  compareKeys(left: number, right: number): number {
    return this.#keys.compare(left, right);
  }

  commitWrites({ slots, values }: SlotWrites): void {
    for (let index = 0; index < slots.length; index += 1) this.commitValue(slots[index]!, values[index]);
  }

  /** The slot's committed value is `value` (kept, not copied) and waits for the next checkpoint. */
  commitValue(slot: number, value: Uint8Array | undefined): void {
    this.#keepOrder(slot, value);
    const flags = this.#flags[slot]!;
    const bytesBefore = (flags & DIRTY) === 0 ? 0 : this.#bytesOf(slot);
    this.#replaceValue(slot, value);
    this.#dirtyBytes += this.#bytesOf(slot) - bytesBefore;
    if ((flags & DIRTY) === 0) this.#dirty.push(slot);
    this.#flags[slot] = flags | LOADED | DIRTY | USED;
  }

  /**
   * Returns every change since the last checkpoint began; they are dirty no more, but kept until `endCheckpoint`.
   * Only one checkpoint can be open.
   */
  beginCheckpoint(): readonly StateChange[] {
    if (this.#writing !== undefined)
      throw new NodeError("state.checkpointOpen", "a checkpoint is being written already");
    const slots = this.#dirty;
    this.#dirty = [];
    this.#dirtyBytes = 0;
    this.#writing = slots;
    return slots.map((slot) => {
      this.#flags[slot] = (this.#flags[slot]! & ~DIRTY) | WRITING;
      return { key: this.#keys.keyOf(slot), value: this.#values[slot] };
    });
  }

  /** What `beginCheckpoint` returned is durable in the store. */
  endCheckpoint(): void {
    for (const slot of this.#writing ?? []) this.#flags[slot] = this.#flags[slot]! & ~WRITING;
    this.#writing = undefined;
    this.#trimAbove = this.#options.bytesMax;
  }

  /**
   * True when `trim` would do something: the table is above its limit, no checkpoint is being written, and not almost all is
   * dirty. A chain that recovers without its store trims after every block, and a copy of the whole table would free nothing.
   */
  get wantsTrim(): boolean {
    if (this.bytes <= this.#trimAbove || this.#writing !== undefined) return false;
    return this.bytes - this.#dirtyBytes >= this.bytes * TRIM_SHARE_MIN;
  }

  /**
   * When the table wants it, clean slots are dropped until it is at most half of its limit: those not used since the last
   * trim first, then all. Slot numbers change then, and it returns true.
   */
  trim(): boolean {
    if (!this.wantsTrim) return false;
    const budget = this.#options.bytesMax / 2;
    this.#keep((flags) => (flags & (DIRTY | USED)) !== 0);
    if (this.bytes > budget) this.#keep((flags) => (flags & DIRTY) !== 0);
    for (let slot = 0; slot < this.#keys.count; slot += 1) this.#flags[slot] = this.#flags[slot]! & ~USED;
    this.#trimAbove = Math.max(this.#options.bytesMax, this.bytes * TRIM_GROWTH);
    return true;
  }

  #keepOrder(slot: number, value: Uint8Array | undefined): void {
    const isThere = this.valueOf(slot) !== undefined;
    if (isThere === (value !== undefined)) return;
    if (isThere) this.order.remove(this.#keys.keyOf(slot));
    else this.order.add(this.#keys.keyOf(slot));
  }

  #bytesOf(slot: number): number {
    return this.#keys.lengthOf(slot) + (this.#values[slot]?.length ?? 0) + SLOT_OVERHEAD_BYTES;
  }

  #load(slot: number): Uint8Array | undefined {
    const value = this.#options.load(this.#keys.keyOf(slot));
    this.#replaceValue(slot, value);
    this.#flags[slot] = this.#flags[slot]! | LOADED | USED;
    return value;
  }

  #newKeys(): KeyTable {
    const { seed, shared } = this.#options;
    return new KeyTable(seed, INITIAL_CAPACITY, shared !== undefined);
  }

  #replaceValue(slot: number, value: Uint8Array | undefined): void {
    this.#options.shared?.showFirst(slot, value);
    this.#valueBytes += (value?.length ?? 0) - (this.#values[slot]?.length ?? 0);
    this.#values[slot] = value;
  }

  #grow(): void {
    const flags = new Uint8Array(this.#flags.length * 2);
    flags.set(this.#flags);
    this.#flags = flags;
  }

  /** Dirty slots must be among those that are kept. */
  #keep(isKept: (flags: number) => boolean): void {
    this.#rebuildCount += 1;
    const old = { keys: this.#keys, flags: this.#flags, values: this.#values };
    this.#keys = this.#newKeys();
    this.#options.shared?.clear();
    this.#flags = new Uint8Array(INITIAL_CAPACITY);
    this.#values = [];
    this.#valueBytes = 0;
    this.#dirty = [];
    for (let oldSlot = 0; oldSlot < old.keys.count; oldSlot += 1) {
      const flags = old.flags[oldSlot]!;
      if (!isKept(flags)) continue;
      const key = old.keys.keyOf(oldSlot);
      const slot = this.slotOf(key, key.length);
      this.#replaceValue(slot, old.values[oldSlot]);
      this.#flags[slot] = flags;
      if ((flags & DIRTY) !== 0) this.#dirty.push(slot);
    }
  }
}
