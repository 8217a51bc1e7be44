/**
 * The schedule report of a block: why it took the time it took, and what would make it shorter.
 *
 *   of each transaction   its lane, what it costs, what it waits for and by which key; what the lanes did with it, where known
 *   of the block          its work, the critical path (the longest chain of transactions that wait for each other), the
 *                         bound max(work / 96, critical path), the load of each lane
 *   of each contract      the keys that are waited for most, and what the critical path would be if they were counters
 *
 * Costs are gas unless somebody has measured durations: gas is the same for everybody and always there. All of it is computed
 * from what stands in the block's record, so it can be made again at any time; nothing of it is a result of the chain.
 */

import {
  ACCESS_ADDED,
  ACCESS_READ,
  ACCESS_WRITTEN,
  type AccessRecord,
  accessFlagsOf,
  accessKey,
} from "../format/accesses.ts";
import { bytesToHex } from "../format/bytes.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import { type ReadableKey, readableKey } from "../format/readable-key.ts";
import type { Block, Receipt } from "../format/types.ts";
import { DependencyGraph, type LongestPaths, longestPaths, withCounters } from "./dependency-graph.ts";
import { FATE_NAMES, type FateName, type LaneFacts } from "./lane-log.ts";
import { LANE_COUNT, Placement } from "./placement.ts";
import { CORES, Plan, type Prediction } from "./prediction.ts";

/** What a report is made from: a block's record. */
export interface ReportedBlock {
  readonly block: Pick<Block, "transactions"> & { readonly header: { readonly height: number } };
  readonly receipts: readonly Receipt[];
  readonly accesses: AccessRecord;
}

export interface ReportOptions {
  readonly abiOf: (contract: string) => ContractAbi | undefined;
  /** What the lanes of the node that executed it did. */
  readonly facts?: LaneFacts | undefined;
  /** Measured nanoseconds of each transaction, in place of its gas. */
  readonly durations?: ArrayLike<number> | undefined;
  /** What the access record may ask for, in pairs looked at. Default as in `visitDependencies`. */
  readonly workMax?: number;
}

export type CostUnit = "gas" | "ns";

/** A transaction needs what another one did to these keys. */
export interface Wait {
  readonly transaction: number;
  readonly keys: readonly string[];
}

export interface TransactionSchedule {
  readonly id: string;
  readonly contract: string;
  readonly method: string;
  /** As in its receipt. */
  readonly outcome: number;
  readonly lane: number;
  readonly cost: number;
  /** When it could begin if there were a core for everything. */
  readonly start: number;
  /** What it waits for, the one that is over last first; at most 4. */
  readonly waits: readonly Wait[];
  /** Beyond those. */
  readonly moreWaits: number;
  /** Undefined where nobody knows. */
  readonly fate: FateName | undefined;
  /** The key that its attempt failed on, and the transaction of this block that had changed it; -1: an earlier block had. */
  readonly conflict: { readonly key: string; readonly by: number } | undefined;
}

/** One transaction of the critical path, and the keys by which it waits for the one before it. */
export interface ChainLink {
  readonly transaction: number;
  readonly keys: readonly string[];
}

/** A key, or all keys of one storage, and those who used it. */
export interface HotKey {
  readonly key: string;
  /** Transactions that read it and left it, that wrote it, that added to it and did nothing else. */
  readonly readers: number;
  readonly writers: number;
  readonly adders: number;
  /** Dependencies that hang on it. */
  readonly waits: number;
  /** Cost of those transactions of the critical path that wait for the one before them by it. */
  readonly pathCost: number;
  /** The critical path if whoever reads and writes it added to it instead; undefined where it was not computed. */
  readonly pathAsCounter: number | undefined;
}

export interface ContractSchedule {
  readonly contract: string;
  readonly transactions: number;
  readonly cost: number;
  /** Those that something waited for, the hottest first; at most 8. */
  readonly keys: readonly HotKey[];
  /** The same for its storages as wholes: one declaration makes all their keys counters. At most 4. */
  readonly storages: readonly HotKey[];
}

/** What the lanes did, where that is known. */
export interface FateSummary {
  readonly fate: FateName;
  readonly transactions: number;
  readonly cost: number;
}

export interface ScheduleReport {
  readonly height: number;
  readonly unit: CostUnit;
  readonly work: number;
  /** False: the access record cannot be used, and no dependency is known. */
  readonly hasDependencies: boolean;
  readonly criticalPath: number;
  /** No plan on 96 cores is over before. */
  readonly bound: number;
  /** Cost and number of the transactions of each lane. */
  readonly lanes: readonly { readonly cost: number; readonly transactions: number }[];
  readonly transactions: readonly TransactionSchedule[];
  readonly chain: readonly ChainLink[];
  /** In the order of what they cost. */
  readonly contracts: readonly ContractSchedule[];
  /** Empty where nobody knows. */
  readonly fates: readonly FateSummary[];
  /** How long the plan of prediction.ts takes, without overheads; empty where no dependency is known. */
  readonly predictions: readonly BlockPrediction[];
}

export interface BlockPrediction extends Prediction {
  /** The makespan where an attempt sees only what has been applied in block order. */
  readonly appliedMakespan: number;
}

const WAITS_SHOWN_MAX = 4;
const KEYS_OF_WAIT_MAX = 4;
const HOT_KEYS_MAX = 8;
const HOT_STORAGES_MAX = 4;
/** Accesses and dependencies that are looked at in all to compute the critical path again, for keys as counters. */
const WHAT_IF_WORK_MAX = 1_000_000;

/** Returns the report of a block. */
export function scheduleReport(reported: ReportedBlock, options: ReportOptions): ScheduleReport {
  return new Reporter(reported, options).report();
}

class Reporter {
  readonly #reported: ReportedBlock;
  readonly #options: ReportOptions;
  readonly #costs: Float64Array;
  readonly #lanes: Uint8Array;
  readonly #graph: DependencyGraph;
  readonly #hasDependencies: boolean;
  readonly #paths: LongestPaths;
  readonly #chain: readonly number[];
  readonly #keys: (ReadableKey | undefined)[] = [];
  #whatIfWorkLeft = WHAT_IF_WORK_MAX;

  constructor(reported: ReportedBlock, options: ReportOptions) {
    const { block, receipts, accesses } = reported;
    const { transactions } = block;
    const { durations, abiOf, workMax } = options;
    const placement = new Placement(abiOf);
    this.#reported = reported;
    this.#options = options;
    this.#costs = Float64Array.from(receipts, ({ gasUsed }, index) => durations?.[index] ?? gasUsed);
    this.#lanes = Uint8Array.from(transactions, (transaction) => placement.laneOf(transaction));
    const isWhole = accesses.transactions.length === transactions.length;
    const graph = isWhole ? DependencyGraph.of(accesses, workMax) : undefined;
    this.#hasDependencies = graph !== undefined;
    this.#graph = graph ?? DependencyGraph.empty(transactions.length);
    this.#paths = longestPaths(this.#graph, this.#costs);
    this.#chain = this.#findChain();
  }

  report(): ScheduleReport {
    const work = this.#costs.reduce((sum, cost) => sum + cost, 0);
    const criticalPath = this.#paths.length;
    return {
      height: this.#reported.block.header.height,
      unit: this.#options.durations === undefined ? "gas" : "ns",
      work,
      hasDependencies: this.#hasDependencies,
      criticalPath,
      bound: Math.max(Math.ceil(work / LANE_COUNT), criticalPath),
      lanes: this.#lanesOf(),
      transactions: this.#transactionsOf(),
      chain: this.#chain.map((transaction, place) => ({
        transaction,
        keys: place === 0 ? [] : this.#keysBetween(transaction, this.#chain[place - 1]!),
      })),
      contracts: this.#contractsOf(),
      fates: this.#fatesOf(),
      predictions: this.#hasDependencies ? predictionsOf(this.#graph, this.#costs, this.#lanes) : [],
    };
  }

  #keyOf(place: number): ReadableKey {
    const known = this.#keys[place];
    if (known !== undefined) return known;
    const made = readableKey(this.#reported.accesses.keys[place]!, this.#options.abiOf);
    this.#keys[place] = made;
    return made;
  }

  /** The critical path from its begin. */
  #findChain(): number[] {
    const { via, last } = this.#paths;
    const chain: number[] = [];
    for (let at = last; at >= 0; at = via[at]! < 0 ? -1 : this.#graph.on[via[at]!]!) chain.push(at);
    return chain.reverse();
  }

  #keysBetween(transaction: number, on: number): string[] {
    const { starts, on: others, keys } = this.#graph;
    const texts: string[] = [];
    for (let at = starts[transaction]!; at < starts[transaction + 1]!; at += 1) {
      if (others[at] !== on || texts.length === KEYS_OF_WAIT_MAX) continue;
      const { text } = this.#keyOf(keys[at]!);
      if (!texts.includes(text)) texts.push(text);
    }
    return texts;
  }

  #lanesOf(): ScheduleReport["lanes"] {
    const lanes = Array.from({ length: LANE_COUNT }, () => ({ cost: 0, transactions: 0 }));
    for (const [index, lane] of this.#lanes.entries()) {
      lanes[lane]!.cost += this.#costs[index]!;
      lanes[lane]!.transactions += 1;
    }
    return lanes;
  }

  #transactionsOf(): TransactionSchedule[] {
    const { block, receipts } = this.#reported;
    const conflicts = this.#conflictsOf();
    return block.transactions.map(({ contract, method }, index) => {
      const { transactionId, outcome } = receipts[index]!;
      const id = bytesToHex(transactionId);
      const place = { lane: this.#lanes[index]!, cost: this.#costs[index]!, start: this.#paths.starts[index]! };
      const live = { fate: this.#fateOf(index), conflict: conflicts.get(index) };
      return { id, contract, method, outcome, ...place, ...this.#waitsOf(index), ...live };
    });
  }

  #waitsOf(transaction: number): Pick<TransactionSchedule, "waits" | "moreWaits"> {
    const { starts, on } = this.#graph;
    const all = [...new Set(on.subarray(starts[transaction]!, starts[transaction + 1]!))];
    const endOf = (other: number): number => this.#paths.starts[other]! + this.#costs[other]!;
    const shown = all.sort((left, right) => endOf(right) - endOf(left) || left - right).slice(0, WAITS_SHOWN_MAX);
    const waits = shown.map((other) => ({ transaction: other, keys: this.#keysBetween(transaction, other) }));
    return { waits, moreWaits: all.length - shown.length };
  }

  #fateOf(transaction: number): FateName | undefined {
    const fate = this.#options.facts?.fates[transaction];
    return fate === undefined ? undefined : FATE_NAMES[fate];
  }

  #fatesOf(): FateSummary[] {
    const { facts } = this.#options;
    if (facts === undefined) return [];
    return FATE_NAMES.map((fate, number) => {
      const costs = this.#costs.filter((_, transaction) => facts.fates[transaction] === number);
      return { fate, transactions: costs.length, cost: costs.reduce((sum, cost) => sum + cost, 0) };
    }).filter(({ transactions }) => transactions > 0);
  }

  /** The keys that attempts failed on, and who in the block had changed them last before. */
  #conflictsOf(): Map<number, { key: string; by: number }> {
    const found = new Map<number, { key: string; by: number }>();
    const { facts, abiOf } = this.#options;
    if (facts === undefined || facts.conflicts.length === 0) return found;
    const changers = this.#changers();
    for (const { transaction, key } of facts.conflicts) {
      const by = lastBelow(changers.get(bytesToHex(key)) ?? [], transaction);
      found.set(transaction, { key: readableKey(key, abiOf).text, by });
    }
    return found;
  }

  /** Of each key the transactions that changed it, in their order. */
  #changers(): Map<string, number[]> {
    const { keys, transactions } = this.#reported.accesses;
    const names = keys.map(bytesToHex);
    const changes = transactions.flatMap((accesses, transaction) =>
      [...accesses]
        .filter((access) => (accessFlagsOf(access) & (ACCESS_WRITTEN | ACCESS_ADDED)) !== 0)
        .map((access) => ({ name: names[accessKey(access)] ?? "", transaction })),
    );
    const changers = grouped(changes, ({ name }) => name);
    return new Map([...changers].map(([name, each]) => [name, each.map(({ transaction }) => transaction)]));
  }

  #contractsOf(): ContractSchedule[] {
    const uses = this.#usesOfKeys();
    const byContract = new Map<string, { transactions: number; cost: number }>();
    const totalsOf = (contract: string): { transactions: number; cost: number } => {
      const totals = byContract.get(contract) ?? { transactions: 0, cost: 0 };
      byContract.set(contract, totals);
      return totals;
    };
    for (const [index, { contract }] of this.#reported.block.transactions.entries()) {
      const totals = totalsOf(contract);
      totals.transactions += 1;
      totals.cost += this.#costs[index]!;
    }
    for (const { contract } of uses) totalsOf(contract);
    const inOrder = [...byContract].sort(
      ([left, { cost }], [right, other]) => other.cost - cost || compare(left, right),
    );
    const usesOf = grouped(uses, ({ contract }) => contract);
    return inOrder.map(([contract, totals]) => {
      const own = usesOf.get(contract) ?? [];
      const keys = this.#hottest(own, HOT_KEYS_MAX);
      return { contract, ...totals, keys, storages: this.#hottest(storagesOf(own), HOT_STORAGES_MAX) };
    });
  }

  /** The keys that somebody waited for. */
  #usesOfKeys(): KeyUse[] {
    const uses = new Map<number, KeyUse>();
    for (const place of this.#graph.keys) {
      const known = uses.get(place);
      if (known === undefined) uses.set(place, newUse(this.#keyOf(place), place));
      else known.waits += 1;
    }
    for (const accesses of this.#reported.accesses.transactions) {
      for (const access of accesses) {
        const use = uses.get(accessKey(access));
        if (use !== undefined) count(use, accessFlagsOf(access));
      }
    }
    this.#addPathCosts(uses);
    return [...uses.values()];
  }

  #addPathCosts(uses: ReadonlyMap<number, KeyUse>): void {
    const { starts, on, keys } = this.#graph;
    for (const [place, transaction] of this.#chain.entries()) {
      if (place === 0) continue;
      const between = new Set<number>();
      for (let at = starts[transaction]!; at < starts[transaction + 1]!; at += 1) {
        if (on[at] === this.#chain[place - 1]) between.add(keys[at]!);
      }
      for (const key of between) uses.get(key)!.links.push(transaction);
    }
  }

  #hottest(uses: readonly KeyUse[], countMax: number): HotKey[] {
    const costOf = ({ links }: KeyUse): number =>
      links.reduce((sum, transaction) => sum + this.#costs[transaction]!, 0);
    const ranked = uses.map((use) => ({ use, pathCost: costOf(use) }));
    ranked.sort((a, b) => b.pathCost - a.pathCost || b.use.waits - a.use.waits || compare(a.use.text, b.use.text));
    return ranked.slice(0, countMax).map(({ use, pathCost }) => {
      const { text, readers, writers, adders, waits } = use;
      return {
        key: text,
        readers,
        writers,
        adders,
        waits,
        pathCost,
        pathAsCounter: this.#pathWithCounters(use, pathCost),
      };
    });
  }

  /** A key that is not on the critical path cannot shorten it, and one without pairs of read and write is no sum. */
  #pathWithCounters({ places, pairs }: KeyUse, pathCost: number): number | undefined {
    if (pathCost === 0 || pairs === 0 || this.#whatIfWorkLeft <= 0) return undefined;
    const { accesses } = this.#reported;
    const chosen = new Set(places);
    this.#whatIfWorkLeft -= accesses.transactions.reduce((sum, each) => sum + each.length, 0);
    const counted = withCounters(accesses, (key) => chosen.has(key));
    const graph = DependencyGraph.of(counted, this.#whatIfWorkLeft);
    this.#whatIfWorkLeft -= graph?.dependencyCount ?? this.#whatIfWorkLeft;
    return graph && longestPaths(graph, this.#costs).length;
  }
}

/** Returns the predictions for the numbers of CORES. */
export function predictionsOf(
  graph: DependencyGraph,
  costs: ArrayLike<number>,
  lanes: ArrayLike<number>,
  overheads: { readonly hop?: number; readonly validation?: number } = {},
): BlockPrediction[] {
  const plan = new Plan(graph, { costs, lanes }, overheads);
  const applied = new Plan(graph, { costs, lanes }, { ...overheads, visible: "applied" });
  return CORES.map((cores) => ({ ...plan.predict(cores), appliedMakespan: applied.replay(cores).makespan }));
}

/** How the transactions of a block used a key, or the keys of one storage. */
interface KeyUse {
  readonly contract: string;
  readonly storage: string;
  readonly text: string;
  /** Of the keys in the record. */
  readonly places: readonly number[];
  readers: number;
  writers: number;
  adders: number;
  /** Writers that read it too. */
  pairs: number;
  waits: number;
  /** Transactions of the critical path that wait for the one before them by it, each once. */
  links: number[];
}

function newUse({ contract, storage, text }: ReadableKey, place: number): KeyUse {
  return { contract, storage, text, places: [place], readers: 0, writers: 0, adders: 0, pairs: 0, waits: 1, links: [] };
}

function count(use: KeyUse, flags: number): void {
  if ((flags & ACCESS_ADDED) !== 0) use.adders += 1;
  else if ((flags & ACCESS_WRITTEN) === 0) use.readers += 1;
  else {
    use.writers += 1;
    if ((flags & ACCESS_READ) !== 0) use.pairs += 1;
  }
}

/** The uses of keys that one storage declares, as one; of storages with several such keys. */
function storagesOf(uses: readonly KeyUse[]): KeyUse[] {
  const declared = uses.filter(({ storage }) => storage !== "");
  return [...grouped(declared, ({ storage }) => storage).values()].filter(({ length }) => length > 1).map(joinedUse);
}

function joinedUse(uses: readonly KeyUse[]): KeyUse {
  const { contract, storage } = uses[0]!;
  const sum = (of: (use: KeyUse) => number): number => uses.reduce((total, use) => total + of(use), 0);
  return {
    contract,
    storage,
    text: `${contract}/${storage}/*`,
    places: uses.flatMap(({ places }) => places),
    readers: sum(({ readers }) => readers),
    writers: sum(({ writers }) => writers),
    adders: sum(({ adders }) => adders),
    pairs: sum(({ pairs }) => pairs),
    waits: sum(({ waits }) => waits),
    links: [...new Set(uses.flatMap(({ links }) => links))],
  };
}

function compare(left: string, right: string): number {
  return left < right ? -1 : Number(left > right);
}

function grouped<T>(all: readonly T[], nameOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const known = groups.get(nameOf(each));
    if (known === undefined) groups.set(nameOf(each), [each]);
    else known.push(each);
  }
  return groups;
}

/** Returns the last of the ascending numbers that is below a bound, -1 when there is none. */
function lastBelow(numbers: readonly number[], bound: number): number {
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (numbers[middle]! < bound) low = middle + 1;
    else high = middle;
  }
  return numbers[low - 1] ?? -1;
}
