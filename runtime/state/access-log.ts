/**
 * What each transaction of a block saw and changed, in numbers of slots: the raw form of the block's access record.
 *
 * The same transactions over the same state give the same entries, whether they ran in place or were attempted elsewhere:
 *
 *   READ      its value went into the transaction, also in a frame that failed
 *   WRITTEN   it has been put or deleted, and that was not undone
 *   ADDED     it was added to and nothing else, and every add counted: any order of such transactions gives the same
 *
 * An add that was refused or undone has shown its answer and counts as a read; so does one beside a put of the same key.
 * Entries of a transaction are in the order of its first touches.
 */
import type { KeyRange, StateScan } from "./state-scan.ts";

export const READ = 1;
export const WRITTEN = 2;
export const ADDED = 4;

/** What a transaction did with a key so far, whether or not it lasts. */
export const SEEN_READ = 1;
export const SEEN_PUT = 2;
export const SEEN_ADD = 4;

/** Returns the flags of an entry. @param seen bits of SEEN_*  @param isChanged a put, delete or add has not been undone */
export function accessFlags(seen: number, isChanged: boolean): number {
  const isMixed = (seen & SEEN_ADD) !== 0 && (seen & SEEN_PUT) !== 0;
  const isRead = (seen & SEEN_READ) !== 0 || isMixed || (!isChanged && (seen & SEEN_ADD) !== 0);
  if (!isChanged) return isRead ? READ : 0;
  if ((seen & SEEN_PUT) === 0 && !isRead) return ADDED;
  return WRITTEN | (isRead ? READ : 0);
}

/** A walk of one transaction and what it covered. */
export interface LoggedRange {
  readonly transaction: number;
  readonly range: KeyRange;
}

export class AccessLog {
  /** Slot of each entry, what was seen of it (of the running transaction) or its flags (of those before). */
  #slots = new Uint32Array(4096);
  #seen = new Uint8Array(4096);
  /** Changes of the running transaction that are not undone. */
  #changes = new Uint32Array(4096);
  #count = 0;
  /** Where the entries of each transaction end. */
  #ends: number[] = [];
  #ranges: LoggedRange[] = [];
  /** Walks of the running transaction: what they cover is known at its end. */
  #scans: StateScan[] = [];
  /** Slot -> entry + 1 of the running transaction. */
  #entryOf = new Uint32Array(4096);

  get transactionCount(): number {
    return this.#ends.length;
  }

  get ranges(): readonly LoggedRange[] {
    return this.#ranges;
  }

  /** Entries of a transaction, as places of `slotAt` and `flagsAt`. */
  startOf(transaction: number): number {
    return transaction === 0 ? 0 : this.#ends[transaction - 1]!;
  }

  endOf(transaction: number): number {
    return this.#ends[transaction]!;
  }

  slotAt(entry: number): number {
    return this.#slots[entry]!;
  }

  flagsAt(entry: number): number {
    return this.#seen[entry]!;
  }

  /** Nothing is logged: a block begins. */
  clear(): void {
    this.endTransaction(false);
    this.#count = 0;
    this.#ends = [];
    this.#ranges = [];
  }

  read(slot: number): void {
    // The entry first: it may be the one for which the arrays grow.
    const entry = this.#entry(slot);
    this.#seen[entry]! |= SEEN_READ;
  }

  put(slot: number): void {
    const entry = this.#entry(slot);
    this.#seen[entry]! |= SEEN_PUT;
    this.#changes[entry]! += 1;
  }

  /** @param isMade false: it was refused */
  add(slot: number, isMade: boolean): void {
    const entry = this.#entry(slot);
    this.#seen[entry]! |= isMade ? SEEN_ADD : SEEN_ADD | SEEN_READ;
    if (isMade) this.#changes[entry]! += 1;
  }

  /** The last change of the slot is undone. */
  undo(slot: number): void {
    const entry = this.#entry(slot);
    this.#changes[entry]! -= 1;
    if ((this.#seen[entry]! & SEEN_ADD) !== 0) this.#seen[entry]! |= SEEN_READ;
  }

  /** The entry of an attempt that was made elsewhere. */
  attempted(slot: number, flags: number): void {
    const entry = this.#entry(slot);
    this.#seen[entry] =
      (flags & READ) | ((flags & WRITTEN) !== 0 ? SEEN_PUT : 0) | ((flags & ADDED) !== 0 ? SEEN_ADD : 0);
    this.#changes[entry] = (flags & (WRITTEN | ADDED)) !== 0 ? 1 : 0;
  }

  scan(scan: StateScan): void {
    this.#scans.push(scan);
  }

  /** The running transaction has ended. @param isKept false: it is not one of the block */
  endTransaction(isKept = true): void {
    const start = this.#ends.at(-1) ?? 0;
    for (let entry = start; entry < this.#count; entry += 1) {
      this.#entryOf[this.#slots[entry]!] = 0;
      this.#seen[entry] = accessFlags(this.#seen[entry]!, this.#changes[entry]! > 0);
    }
    if (isKept) this.#keep();
    else this.#count = start;
    if (this.#scans.length > 0) this.#scans = [];
  }

  #keep(): void {
    for (const scan of this.#scans) {
      const range = scan.covered();
      if (range !== undefined) this.#ranges.push({ transaction: this.#ends.length, range });
    }
    this.#ends.push(this.#count);
  }

  #entry(slot: number): number {
    if (slot >= this.#entryOf.length) this.#entryOf = grown(this.#entryOf, slot + 1);
    const known = this.#entryOf[slot]!;
    if (known !== 0) return known - 1;
    if (this.#count === this.#slots.length) {
      this.#slots = grown(this.#slots, this.#count + 1);
      this.#changes = grown(this.#changes, this.#count + 1);
      const seen = new Uint8Array(this.#slots.length);
      seen.set(this.#seen);
      this.#seen = seen;
    }
    const entry = this.#count;
    this.#slots[entry] = slot;
    this.#seen[entry] = 0;
    this.#changes[entry] = 0;
    this.#count += 1;
    this.#entryOf[slot] = this.#count;
    return entry;
  }
}

function grown(array: Uint32Array, lengthMin: number): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(array.length * 2, lengthMin));
  larger.set(array);
  return larger;
}
