/**
 * What waits for what in a block, or in several one behind the other, and how long that makes them: the longest chain of
 * transactions of which each needs what the one before it did. No number of cores executes a block in less.
 *
 * Dependencies go from later transactions to earlier ones, so every longest path is found in one pass.
 */
import {
  ACCESS_ADDED,
  ACCESS_READ,
  ACCESS_WRITTEN,
  type AccessRecord,
  accessFlagsOf,
  accessKey,
  accessOf,
} from "../format/accesses.ts";
import { visitDependencies } from "./access-record.ts";

export class DependencyGraph {
  readonly transactionCount: number;
  /** Where the dependencies of each transaction begin; one more number for where the last ones end. */
  readonly starts: Uint32Array;
  /** Of each dependency: the earlier transaction, and the place of the key in the record. */
  readonly on: Uint32Array;
  readonly keys: Uint32Array;

  private constructor(starts: Uint32Array, on: Uint32Array, keys: Uint32Array) {
    this.transactionCount = starts.length - 1;
    this.starts = starts;
    this.on = on;
    this.keys = keys;
  }

  /** Returns the graph; undefined for a record that cannot be used (`visitDependencies`). @param workMax default as there */
  static of(record: AccessRecord, workMax?: number): DependencyGraph | undefined {
    const count = record.transactions.length;
    const starts = new Uint32Array(count + 1);
    const on: number[] = [];
    const keys: number[] = [];
    const isUsable = visitDependencies(
      record,
      (dependency) => {
        starts[dependency.transaction + 1]! += 1;
        on.push(dependency.on);
        keys.push(dependency.key);
      },
      workMax,
    );
    if (!isUsable) return undefined;
    for (let transaction = 0; transaction < count; transaction += 1) starts[transaction + 1]! += starts[transaction]!;
    return new DependencyGraph(starts, Uint32Array.from(on), Uint32Array.from(keys));
  }

  /** A graph in which nothing waits. */
  static empty(transactionCount: number): DependencyGraph {
    return new DependencyGraph(new Uint32Array(transactionCount + 1), new Uint32Array(0), new Uint32Array(0));
  }

  get dependencyCount(): number {
    return this.on.length;
  }
}

export interface LongestPaths {
  /** Of each transaction: when it could begin if there were a core for everything. */
  readonly starts: Float64Array;
  /** The dependency that is over last, -1 where there is none. */
  readonly via: Int32Array;
  /** The end of all. */
  readonly length: number;
  /** The transaction that ends then, the first of them; -1 in an empty block. */
  readonly last: number;
}

/** Returns the longest paths from the begin. @param costs of each transaction */
export function longestPaths(graph: DependencyGraph, costs: ArrayLike<number>): LongestPaths {
  const starts = new Float64Array(graph.transactionCount);
  const via = new Int32Array(graph.transactionCount).fill(-1);
  let length = 0;
  let last = -1;
  for (let transaction = 0; transaction < graph.transactionCount; transaction += 1) {
    for (let at = graph.starts[transaction]!; at < graph.starts[transaction + 1]!; at += 1) {
      const end = starts[graph.on[at]!]! + costs[graph.on[at]!]!;
      if (via[transaction]! >= 0 && end <= starts[transaction]!) continue;
      starts[transaction] = end;
      via[transaction] = at;
    }
    const end = starts[transaction]! + costs[transaction]!;
    if (last >= 0 && end <= length) continue;
    length = end;
    last = transaction;
  }
  return { starts, via, length, last };
}

/** Returns of each transaction the longest path from its begin to the end of all, its own cost included. */
export function pathsToEnd(graph: DependencyGraph, costs: ArrayLike<number>): Float64Array {
  const paths = Float64Array.from({ length: graph.transactionCount }, (_, transaction) => costs[transaction]!);
  for (let transaction = graph.transactionCount - 1; transaction >= 0; transaction -= 1) {
    for (let at = graph.starts[transaction]!; at < graph.starts[transaction + 1]!; at += 1) {
      const on = graph.on[at]!;
      paths[on] = Math.max(paths[on]!, costs[on]! + paths[transaction]!);
    }
  }
  return paths;
}

/**
 * Returns the record as it would be if some keys were counters: whoever reads and writes one of them adds to it instead. Who
 * only reads still reads.
 */
export function withCounters(record: AccessRecord, isCounter: (key: number) => boolean): AccessRecord {
  const both = ACCESS_READ | ACCESS_WRITTEN;
  const transactions = record.transactions.map((accesses) =>
    accesses.map((access) => {
      const isPair = (accessFlagsOf(access) & both) === both && isCounter(accessKey(access));
      return isPair ? accessOf(accessKey(access), ACCESS_ADDED) : access;
    }),
  );
  return { ...record, transactions };
}

/** The place of no key: a record that names one that it has not is as unusable when it is joined. */
const NO_KEY = 0x1fff_ffff;

/** Returns the records of blocks that follow each other as one: a key that several of them name stands in it once. */
export function joinedRecords(records: readonly AccessRecord[]): AccessRecord {
  const places = new Map<string, number>();
  const keys: Uint8Array[] = [];
  const placeOf = (key: Uint8Array): number => {
    const text = String.fromCharCode(...key);
    const known = places.get(text);
    if (known !== undefined) return known;
    places.set(text, keys.length);
    return keys.push(key) - 1;
  };
  let first = 0;
  const parts = records.map((record) => {
    const moved = record.keys.map(placeOf);
    const transactions = record.transactions.map((accesses) =>
      accesses.map((access) => accessOf(moved[accessKey(access)] ?? NO_KEY, accessFlagsOf(access))),
    );
    const ranges = record.ranges.map((range) => ({ ...range, transaction: range.transaction + first }));
    first += transactions.length;
    return { transactions, ranges };
  });
  return {
    keys,
    transactions: parts.flatMap((part) => part.transactions),
    ranges: parts.flatMap((part) => part.ranges),
  };
}
