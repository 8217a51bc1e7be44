/**
 * The state as an attempt sees it on another thread: the newest values that the owner of the state has shown, what the attempt
 * wrote over them, and a record of what it saw.
 *
 * What was seen decides whether the attempt counts. Of each key it touched the record has the version it read, or none where
 * nothing of the attempt depends on the value:
 *
 *   read       the value went into the attempt: the version must be the current one at the attempt's turn
 *   written    put or deleted; a write alone depends on nothing
 *   added      only added to, and only the answers were seen: the owner adds again in order, and each answer must be the same
 *
 * Whatever is seen in a frame that fails stays in the record: the failure may have come of it. A key of which the owner has
 * no slot was not there when the attempt looked; its bytes are the record.
 */
import { ATTEMPT_ABORTED } from "../../vm/host/abort.ts";
import { changedCounter } from "../../vm/host/counter-value.ts";
import type { CounterAnswer, CounterChange } from "../../vm/host/environment.ts";
import { accessFlags, SEEN_ADD, SEEN_PUT, SEEN_READ } from "../state/access-log.ts";
import { KeyTable, type SharedKeys } from "../state/key-table.ts";
import { NOT_SHOWN, type SharedReader } from "../state/shared-values.ts";
import type { StateScan } from "../state/state-scan.ts";
import type { Checkpoint, MutableState } from "../state/state-view.ts";

/** What the owner must validate of a key. */
export const READ = 1;
export const WRITTEN = 2;
export const ADDED = 4;

type Value = Uint8Array | undefined;

/** One add and the answer it got. */
export interface CounterAdd {
  readonly change: CounterChange;
  readonly answer: CounterAnswer;
}

/** What an attempt did with one key. */
export interface Access {
  /** -1: the owner had none. */
  slot: number;
  /** Set where there is no slot. */
  key: Uint8Array | undefined;
  version: number;
  flags: number;
  value: Value;
  adds: CounterAdd[];
  /** For the access log (state/access-log.ts): what was done whether or not it lasts, and changes that are not undone. */
  seen: number;
  changes: number;
}

/** One step of the journal: what an access was before a write. */
interface Step {
  readonly access: Access;
  readonly flags: number;
  readonly value: Value;
}

/** Returns the access's flags in the access log. */
export function loggedFlags({ seen, changes }: Access): number {
  return accessFlags(seen, changes > 0);
}

/** Why an attempt cannot go on here; the transaction runs in place. */
export type Obstacle = "none" | "notShown" | "scan";

export class SpeculativeState implements MutableState {
  readonly #reader: SharedReader;
  #keys: KeyTable;
  /** Slot -> place in the list of accesses + 1. */
  #placeOfSlot = new Uint32Array(1024);
  readonly #accesses: Access[] = [];
  #count = 0;
  /** Places of accesses without a slot. */
  #withoutSlot: number[] = [];
  #journal: Step[] = [];
  obstacle: Obstacle = "none";

  constructor(reader: SharedReader, keys: SharedKeys) {
    this.#reader = reader;
    this.#keys = KeyTable.reading(keys);
  }

  /** The owner's table has moved; slots may have got other numbers. */
  moveTo(keys: SharedKeys): void {
    this.#keys = KeyTable.reading(keys);
    this.#reader.forget();
  }

  /** Nothing of the last attempt is left. */
  begin(): void {
    for (let place = 0; place < this.#count; place += 1) {
      const { slot } = this.#accesses[place]!;
      if (slot >= 0) this.#placeOfSlot[slot] = 0;
    }
    this.#count = 0;
    if (this.#withoutSlot.length > 0) this.#withoutSlot = [];
    this.#journal.length = 0;
    this.obstacle = "none";
  }

  get accessCount(): number {
    return this.#count;
  }

  /** In the order of the first touch. */
  access(place: number): Access {
    return this.#accesses[place]!;
  }

  get(key: Uint8Array, length: number): Value {
    const access = this.#touch(key, length);
    this.#read(access);
    return access.value;
  }

  /** Modules come from the owner, compiled. */
  constant(): Value {
    return this.#stop("notShown");
  }

  put(key: Uint8Array, length: number, value: Uint8Array): void {
    this.#write(this.#touch(key, length), value);
  }

  remove(key: Uint8Array, length: number): boolean {
    const access = this.#touch(key, length);
    this.#read(access);
    if (access.value === undefined) return false;
    this.#write(access, undefined);
    return true;
  }

  addCounter(key: Uint8Array, length: number, change: CounterChange): CounterAnswer {
    const access = this.#touch(key, length);
    const changed = changedCounter(access.value, change);
    const answer = typeof changed === "string" ? changed : "added";
    const dependsOnOwner = (access.flags & WRITTEN) === 0;
    access.seen |= answer === "added" ? SEEN_ADD : SEEN_ADD | SEEN_READ;
    if (dependsOnOwner) access.adds.push({ change: change.slice(), answer });
    if (typeof changed === "string") {
      if (dependsOnOwner) access.flags |= ADDED;
      return changed;
    }
    this.#journal.push({ access, flags: access.flags, value: access.value });
    access.changes += 1;
    access.value = changed;
    if (dependsOnOwner) access.flags |= ADDED;
    return "added";
  }

  /** Ranges are not shared: the attempt ends here. */
  scan(): StateScan {
    return this.#stop("scan");
  }

  checkpoint(): Checkpoint {
    return this.#journal.length;
  }

  revertTo(checkpoint: Checkpoint): void {
    while (this.#journal.length > checkpoint) {
      const { access, flags, value } = this.#journal.pop()!;
      // An add that is undone has shown its answer to a frame, and cannot be made again by the owner: it becomes a read.
      const wasAdd = (access.flags & WRITTEN) === 0;
      access.flags = flags | (access.flags & (READ | ADDED)) | (wasAdd ? READ : 0);
      access.value = value;
      access.changes -= 1;
      if ((access.seen & SEEN_ADD) !== 0) access.seen |= SEEN_READ;
    }
  }

  #read(access: Access): void {
    access.flags |= READ;
    access.seen |= SEEN_READ;
  }

  #write(access: Access, value: Value): void {
    this.#journal.push({ access, flags: access.flags, value: access.value });
    // The answers of the adds before it were seen, and they are not made again.
    if ((access.flags & ADDED) !== 0) access.flags |= READ;
    access.flags |= WRITTEN;
    access.seen |= SEEN_PUT;
    access.changes += 1;
    access.value = value;
  }

  #touch(key: Uint8Array, length: number): Access {
    const slot = this.#keys.find(key, length);
    if (slot < 0) return this.#touchWithoutSlot(key, length);
    if (slot >= this.#placeOfSlot.length) this.#grow(slot);
    const place = this.#placeOfSlot[slot]!;
    if (place !== 0) return this.#accesses[place - 1]!;
    // The owner may have given the key its slot since the attempt met it without one.
    const before = this.#withoutSlot.length > 0 ? this.#withoutSlotOf(key, length) : undefined;
    if (before !== undefined) return before;
    const value = this.#reader.read(slot);
    if (value === NOT_SHOWN) return this.#stop("notShown");
    const access = this.#next(slot, undefined, this.#reader.version, value);
    this.#placeOfSlot[slot] = this.#count;
    return access;
  }

  #touchWithoutSlot(key: Uint8Array, length: number): Access {
    const known = this.#withoutSlotOf(key, length);
    if (known !== undefined) return known;
    this.#withoutSlot.push(this.#count);
    return this.#next(-1, key.slice(0, length), 0, undefined);
  }

  #withoutSlotOf(key: Uint8Array, length: number): Access | undefined {
    for (const place of this.#withoutSlot) {
      const access = this.#accesses[place]!;
      if (sameKey(access.key!, key, length)) return access;
    }
    return undefined;
  }

  /** The next access of the list, made once and used again by later attempts. */
  #next(slot: number, key: Uint8Array | undefined, version: number, value: Value): Access {
    const place = this.#count;
    this.#count += 1;
    const used = this.#accesses[place];
    if (used === undefined) {
      const access: Access = { slot, key, version, flags: 0, value, adds: [], seen: 0, changes: 0 };
      this.#accesses.push(access);
      return access;
    }
    used.slot = slot;
    used.key = key;
    used.version = version;
    used.flags = 0;
    used.seen = 0;
    used.changes = 0;
    used.value = value;
    if (used.adds.length > 0) used.adds = [];
    return used;
  }

  #stop(obstacle: Obstacle): never {
    this.obstacle = obstacle;
    throw ATTEMPT_ABORTED;
  }

  #grow(slot: number): void {
    const larger = new Uint32Array(Math.max(this.#placeOfSlot.length * 2, slot + 1));
    larger.set(this.#placeOfSlot);
    this.#placeOfSlot = larger;
  }
}

function sameKey(own: Uint8Array, key: Uint8Array, length: number): boolean {
  if (own.length !== length) return false;
  for (let at = 0; at < length; at += 1) if (own[at] !== key[at]) return false;
  return true;
}
