/** From the access log of a block to its access record, and from a record to what waits for what. */
import {
  ACCESS_ADDED,
  ACCESS_READ,
  ACCESS_WRITTEN,
  type AccessRecord,
  accessFlagsOf,
  accessKey,
  accessOf,
  type RangeAccess,
} from "../format/accesses.ts";
import type { AccessLog } from "../state/access-log.ts";
import { isInRange } from "../state/state-scan.ts";

/** Returns the record of the logged transactions. @param keyOf the key of a slot */
export function accessRecordOf(log: AccessLog, keyOf: (slot: number) => Uint8Array): AccessRecord {
  const places = new Map<number, number>();
  const keys: Uint8Array[] = [];
  const transactions: Uint32Array[] = [];
  for (let transaction = 0; transaction < log.transactionCount; transaction += 1) {
    const start = log.startOf(transaction);
    const accesses = new Uint32Array(log.endOf(transaction) - start);
    for (let at = 0; at < accesses.length; at += 1) {
      const slot = log.slotAt(start + at);
      let place = places.get(slot);
      if (place === undefined) {
        place = keys.length;
        places.set(slot, place);
        keys.push(keyOf(slot));
      }
      accesses[at] = accessOf(place, log.flagsAt(start + at));
    }
    transactions.push(accesses);
  }
  return { keys, transactions, ranges: log.ranges.map(({ transaction, range }) => ({ transaction, ...range })) };
}

/** A transaction sees what an earlier one of its block did to a key. */
export interface Dependency {
  readonly transaction: number;
  readonly on: number;
  /** Place of the key in the record. */
  readonly key: number;
}

/** Pairs of walks and keys, or dependencies, that are looked at: a record with more comes from a hostile sender. */
const WORK_MAX = 10_000_000;

/**
 * Visits every dependency, transaction by transaction. A read waits for the last write and the adds behind it; an add waits
 * for the last write and for no other add; a write that reads nothing waits for nobody, because whoever writes applies in
 * order. A walk waits for whoever changed a key of its range. False: the record names keys that it has not, or is too large
 * to be worth it, and what was visited is not all.
 * @param workMax what the record may ask for at most, in pairs looked at
 */
export function visitDependencies(
  record: AccessRecord,
  visit: (dependency: Dependency) => void,
  workMax = WORK_MAX,
): boolean {
  const { keys, transactions, ranges } = record;
  if (ranges.length * keys.length > workMax || !hasItsKeys(record)) return false;
  const history = new KeyHistory(keys.length);
  const walks = rangesByTransaction(ranges);
  let visits = 0;
  for (const [transaction, accesses] of transactions.entries()) {
    const meet = (on: number, key: number): void => {
      visits += 1;
      if (visits <= workMax) visit({ transaction, on, key });
    };
    for (const access of accesses) history.meet(accessKey(access), accessFlagsOf(access), meet);
    for (const range of walks.get(transaction) ?? []) {
      for (const key of history.changed) if (isInRange(range, keys[key]!)) history.meet(key, ACCESS_READ, meet);
    }
    for (const access of accesses) history.change(accessKey(access), accessFlagsOf(access), transaction);
    if (visits > workMax) return false;
  }
  return true;
}

function hasItsKeys({ keys, transactions }: AccessRecord): boolean {
  return transactions.every((accesses) => accesses.every((access) => accessKey(access) < keys.length));
}

/** Who changed each key so far. */
class KeyHistory {
  readonly #lastWrite: Int32Array;
  /** Those who have added since the last write. */
  readonly #adders = new Map<number, number[]>();
  readonly changed = new Set<number>();

  constructor(keyCount: number) {
    this.#lastWrite = new Int32Array(keyCount).fill(-1);
  }

  meet(key: number, flags: number, visit: (on: number, key: number) => void): void {
    const isRead = (flags & ACCESS_READ) !== 0;
    if (!isRead && (flags & ACCESS_ADDED) === 0) return;
    const write = this.#lastWrite[key]!;
    if (write >= 0) visit(write, key);
    if (isRead) for (const adder of this.#adders.get(key) ?? []) visit(adder, key);
  }

  change(key: number, flags: number, transaction: number): void {
    if ((flags & (ACCESS_WRITTEN | ACCESS_ADDED)) === 0) return;
    this.changed.add(key);
    if ((flags & ACCESS_WRITTEN) !== 0) {
      this.#lastWrite[key] = transaction;
      this.#adders.delete(key);
      return;
    }
    const adders = this.#adders.get(key);
    if (adders === undefined) this.#adders.set(key, [transaction]);
    else adders.push(transaction);
  }
}

/**
 * Returns of each transaction the last one before it that it depends on, -1 where it depends on none; undefined for a record
 * that cannot be used.
 */
export function lastDependencies(record: AccessRecord): Int32Array | undefined {
  const last = new Int32Array(record.transactions.length).fill(-1);
  const isUsable = visitDependencies(record, ({ transaction, on }) => {
    if (on > last[transaction]!) last[transaction] = on;
  });
  return isUsable ? last : undefined;
}

function rangesByTransaction(ranges: readonly RangeAccess[]): Map<number, RangeAccess[]> {
  const found = new Map<number, RangeAccess[]>();
  for (const range of ranges) {
    const known = found.get(range.transaction);
    if (known === undefined) found.set(range.transaction, [range]);
    else known.push(range);
  }
  return found;
}
