/** Random access records, and what they mean by the plainest reading of the rules: slow, and nothing shared with the product. */
import {
  ACCESS_ADDED,
  ACCESS_READ,
  ACCESS_WRITTEN,
  type AccessRecord,
  accessFlagsOf,
  accessKey,
  accessOf,
} from "../../../../runtime/format/accesses.ts";
import { stateKey } from "../../../../runtime/format/state-key.ts";
import { isInRange } from "../../../../runtime/state/state-scan.ts";
import type { Random } from "../../../fuzz/random.ts";
import { utf8 } from "../test-chain.ts";

const FLAGS = [ACCESS_READ, ACCESS_WRITTEN, ACCESS_READ | ACCESS_WRITTEN, ACCESS_ADDED];

export interface RecordShape {
  readonly transactions: number;
  readonly keys: number;
  /** Most accesses of one transaction. */
  readonly accesses: number;
  readonly withRanges?: boolean;
}

export function randomRecord(random: Random, shape: RecordShape): AccessRecord {
  const keys = Array.from({ length: shape.keys }, (_, place) => stateKey("pa", utf8(`k${place}`)));
  const transactions = Array.from({ length: shape.transactions }, () => {
    const places = new Set(Array.from({ length: random.below(shape.accesses + 1) }, () => random.below(shape.keys)));
    return Uint32Array.from(places, (place) => accessOf(place, random.pick(FLAGS)));
  });
  const ranges = transactions.flatMap((_, transaction) => {
    if (shape.withRanges !== true || !random.once(4)) return [];
    const prefix = stateKey("pa", utf8("k"));
    const through = random.once(2) ? undefined : random.pick(keys);
    return [{ transaction, prefix, from: random.pick(keys), through }];
  });
  return { keys, transactions, ranges };
}

/** Of each transaction those that it waits for. */
export function plainDependencies(record: AccessRecord): Set<number>[] {
  return record.transactions.map((accesses, transaction) => {
    const found = new Set<number>();
    const waitForKey = (key: number, isRead: boolean): void => {
      for (let earlier = transaction - 1; earlier >= 0; earlier -= 1) {
        const access = record.transactions[earlier]!.find((each) => accessKey(each) === key);
        const flags = access === undefined ? 0 : accessFlagsOf(access);
        if (isRead && (flags & ACCESS_ADDED) !== 0) found.add(earlier);
        if ((flags & ACCESS_WRITTEN) === 0) continue;
        found.add(earlier);
        return;
      }
    };
    for (const access of accesses) {
      const isRead = (accessFlagsOf(access) & ACCESS_READ) !== 0;
      if (isRead || (accessFlagsOf(access) & ACCESS_ADDED) !== 0) waitForKey(accessKey(access), isRead);
    }
    for (const range of record.ranges) {
      if (range.transaction !== transaction) continue;
      for (const [key, bytes] of record.keys.entries()) if (isInRange(range, bytes)) waitForKey(key, true);
    }
    return found;
  });
}

/** The longest chain, found by trying every one. */
export function plainCriticalPath(dependencies: readonly ReadonlySet<number>[], costs: ArrayLike<number>): number {
  const endOf = (transaction: number): number =>
    costs[transaction]! + Math.max(0, ...[...dependencies[transaction]!].map(endOf));
  return Math.max(0, ...dependencies.map((_, transaction) => endOf(transaction)));
}

/** The shortest makespan on so many cores: every order in which transactions can be begun is tried, each as soon as it may. */
export function shortestMakespan(
  dependencies: readonly ReadonlySet<number>[],
  costs: ArrayLike<number>,
  cores: number,
): number {
  const ends = new Map<number, number>();
  let best = Number.POSITIVE_INFINITY;
  const tryNext = (freeAt: readonly number[], makespan: number): void => {
    if (makespan >= best) return;
    if (ends.size === dependencies.length) best = makespan;
    for (const [transaction, before] of dependencies.entries()) {
      if (ends.has(transaction) || ![...before].every((other) => ends.has(other))) continue;
      const core = freeAt.indexOf(Math.min(...freeAt));
      const start = Math.max(freeAt[core]!, ...[...before].map((other) => ends.get(other)!));
      const end = start + costs[transaction]!;
      ends.set(transaction, end);
      tryNext(freeAt.with(core, end), Math.max(makespan, end));
      ends.delete(transaction);
    }
  };
  tryNext(new Array<number>(cores).fill(0), 0);
  return best;
}
