/**
 * How long recorded blocks take on n cores: a replay of their transactions, event by event, on cores that do not have to
 * exist. What is known beforehand, from the access record, is what waits for what; a cost of each transaction is given, in gas
 * or in measured time; nothing else is guessed.
 *
 * The plan that is replayed:
 *
 *   placement    lane l is core l % n's
 *   order        of the transactions that may begin, the one with the longest path to the end first (critical path list
 *                scheduling; Graham 1969: never above work / n + (1 - 1 / n) * critical path)
 *   stealing     a core with nothing to do takes the whole lane of the first transaction that waits for a busy core
 *   validation   in block order, by core 0, before anything else it could do; n = 1 executes in place and validates nothing
 *
 *   hop          from the end on one core to the moment when another can begin with it; a stolen lane costs its thief one too
 *
 * What an attempt may see decides more than any of these. `executed`: it sees what it waits for as soon as that has run.
 * `applied`: only when that has been validated, in block order, as the lanes of today do; a transaction then waits for all
 * before the one it needs.
 */
import { type DependencyGraph, longestPaths, pathsToEnd } from "./dependency-graph.ts";
import { LANE_COUNT } from "./placement.ts";

/** For which numbers of cores a plan is replayed unless others are named. */
export const CORES: readonly number[] = [1, 2, 4, 8, 16, 32, 64, LANE_COUNT];

export interface PlanOptions {
  /** Both in the unit of the costs. Default 0. */
  readonly hop?: number;
  readonly validation?: number;
  /** Default `executed`. */
  readonly visible?: "executed" | "applied";
}

/** Which of the bounds is the largest: work / n, the critical path, or the validations one after the other. */
export type Limit = "work" | "chain" | "validator";

export interface Prediction {
  readonly cores: number;
  readonly makespan: number;
  /** max(work / cores, critical path): no plan is shorter. */
  readonly bound: number;
  readonly limit: Limit;
}

/** A replay, transaction by transaction. */
export interface Replayed {
  readonly makespan: number;
  readonly starts: Float64Array;
  readonly ends: Float64Array;
  readonly cores: Uint8Array;
  /** When each had been validated, in block order. */
  readonly applied: Float64Array;
}

export class Plan {
  readonly work: number;
  readonly criticalPath: number;
  readonly #graph: DependencyGraph;
  readonly #costs: Float64Array;
  readonly #lanes: Uint8Array;
  readonly #options: Required<PlanOptions>;
  /** Who waits for a transaction: where they begin, and they. */
  readonly #dependentStarts: Uint32Array;
  readonly #dependents: Uint32Array;
  /** Of each transaction its place in the order, and of each place its transaction. */
  readonly #rankOf: Uint32Array;
  readonly #byRank: Uint32Array;

  /** @param costs and lanes of each transaction of the graph */
  constructor(
    graph: DependencyGraph,
    { costs, lanes }: { readonly costs: ArrayLike<number>; readonly lanes: ArrayLike<number> },
    options: PlanOptions = {},
  ) {
    this.#graph = graph;
    this.#costs = Float64Array.from(costs);
    this.#lanes = Uint8Array.from(lanes);
    this.#options = { hop: 0, validation: 0, visible: "executed", ...options };
    this.work = this.#costs.reduce((sum, cost) => sum + cost, 0);
    this.criticalPath = longestPaths(graph, this.#costs).length;
    [this.#dependentStarts, this.#dependents] = reversed(graph);
    const toEnd = pathsToEnd(graph, this.#costs);
    const order = Uint32Array.from(toEnd.keys());
    // What is only seen when it is applied, in block order, had better be done in that order.
    if (this.#options.visible === "executed") order.sort((left, right) => toEnd[right]! - toEnd[left]! || left - right);
    this.#byRank = order;
    this.#rankOf = new Uint32Array(order.length);
    for (const [rank, transaction] of order.entries()) this.#rankOf[transaction] = rank;
  }

  /** Returns how long it takes on so many cores, 1 to 96. */
  predict(cores: number): Prediction {
    const { makespan } = this.replay(cores);
    const perCore = this.work / cores;
    const validations = cores === 1 ? 0 : this.#options.validation * this.#costs.length;
    const bound = Math.max(perCore, this.criticalPath);
    const limit = validations > bound ? "validator" : perCore >= this.criticalPath ? "work" : "chain";
    return { cores, makespan, bound, limit };
  }

  replay(cores: number): Replayed {
    const parts: ReplayParts = {
      graph: this.#graph,
      costs: this.#costs,
      lanes: this.#lanes,
      dependentStarts: this.#dependentStarts,
      dependents: this.#dependents,
      rankOf: this.#rankOf,
      byRank: this.#byRank,
    };
    const alone = { hop: 0, validation: 0 };
    return new Replay(parts, cores, cores === 1 ? { ...this.#options, ...alone } : this.#options).run();
  }
}

function reversed({ transactionCount, starts, on }: DependencyGraph): [Uint32Array, Uint32Array] {
  const dependentStarts = new Uint32Array(transactionCount + 1);
  for (const earlier of on) dependentStarts[earlier + 1]! += 1;
  for (let at = 0; at < transactionCount; at += 1) dependentStarts[at + 1]! += dependentStarts[at]!;
  const next = dependentStarts.slice();
  const dependents = new Uint32Array(on.length);
  for (let transaction = 0; transaction < transactionCount; transaction += 1) {
    for (let at = starts[transaction]!; at < starts[transaction + 1]!; at += 1) {
      dependents[next[on[at]!]!++] = transaction;
    }
  }
  return [dependentStarts, dependents];
}

interface ReplayParts {
  readonly graph: DependencyGraph;
  readonly costs: Float64Array;
  readonly lanes: Uint8Array;
  readonly dependentStarts: Uint32Array;
  readonly dependents: Uint32Array;
  readonly rankOf: Uint32Array;
  readonly byRank: Uint32Array;
}

/** What a core does: nothing, a validation, or the transaction of that number. */
const IDLE = -1;
const VALIDATING = -2;

class Replay {
  readonly #parts: ReplayParts;
  readonly #options: Required<PlanOptions>;
  readonly #doing: Int32Array;
  readonly #busyUntil: Float64Array;
  /** The core that has each lane. */
  readonly #coreOfLane: Uint8Array;
  readonly #open: Uint32Array;
  readonly #ready = new RankHeap();
  readonly #isExecuted: Uint8Array;
  readonly #result: { -readonly [K in keyof Replayed]: Replayed[K] };
  #now = 0;
  /** Transactions before this one are applied. */
  #nextToApply = 0;

  constructor(parts: ReplayParts, cores: number, options: Required<PlanOptions>) {
    const count = parts.costs.length;
    this.#parts = parts;
    this.#options = options;
    this.#doing = new Int32Array(cores).fill(IDLE);
    this.#busyUntil = new Float64Array(cores);
    this.#coreOfLane = Uint8Array.from({ length: LANE_COUNT }, (_, lane) => lane % cores);
    this.#open = Uint32Array.from({ length: count }, (_, at) => parts.graph.starts[at + 1]! - parts.graph.starts[at]!);
    this.#isExecuted = new Uint8Array(count);
    const times = (): Float64Array => new Float64Array(count);
    this.#result = { makespan: 0, starts: times(), ends: times(), cores: new Uint8Array(count), applied: times() };
  }

  run(): Replayed {
    for (const [transaction, open] of this.#open.entries()) if (open === 0) this.#push(transaction);
    this.#assign();
    for (let end = this.#nextEnd(); end !== Number.POSITIVE_INFINITY; end = this.#nextEnd()) {
      this.#now = end;
      for (let core = 0; core < this.#doing.length; core += 1) {
        const doing = this.#doing[core]!;
        if (doing !== IDLE && this.#busyUntil[core] === end) this.#complete(core, doing);
      }
      this.#assign();
    }
    this.#result.makespan = this.#now;
    return this.#result;
  }

  /** Twice a transaction over all cores: loops over numbers, not over iterators. */
  #nextEnd(): number {
    const doing = this.#doing;
    const busyUntil = this.#busyUntil;
    let end = Number.POSITIVE_INFINITY;
    for (let core = 0; core < doing.length; core += 1) {
      if (doing[core] !== IDLE && busyUntil[core]! < end) end = busyUntil[core]!;
    }
    return end;
  }

  #complete(core: number, doing: number): void {
    this.#doing[core] = IDLE;
    if (doing === VALIDATING) this.#apply();
    else {
      this.#isExecuted[doing] = 1;
      this.#result.ends[doing] = this.#now;
      if (this.#options.visible === "executed") this.#release(doing);
    }
    if (this.#options.validation > 0) return;
    while (this.#isExecuted[this.#nextToApply] === 1) this.#apply();
  }

  #apply(): void {
    const transaction = this.#nextToApply;
    this.#result.applied[transaction] = this.#now;
    this.#nextToApply += 1;
    if (this.#options.visible === "applied") this.#release(transaction);
  }

  /** What waited for nothing but this may begin. */
  #release(transaction: number): void {
    const { dependentStarts, dependents } = this.#parts;
    for (let at = dependentStarts[transaction]!; at < dependentStarts[transaction + 1]!; at += 1) {
      const dependent = dependents[at]!;
      this.#open[dependent]! -= 1;
      if (this.#open[dependent] === 0) this.#push(dependent);
    }
  }

  #push(transaction: number): void {
    this.#ready.push(this.#parts.rankOf[transaction]!);
  }

  #assign(): void {
    if (this.#options.validation > 0 && this.#doing[0] === IDLE && this.#isExecuted[this.#nextToApply] === 1) {
      this.#doing[0] = VALIDATING;
      this.#busyUntil[0] = this.#now + this.#options.validation;
    }
    // Core 0 last: it validates.
    for (let idle = this.#doing.lastIndexOf(IDLE); idle >= 0; idle = this.#doing.lastIndexOf(IDLE)) {
      const rank = this.#ready.pop();
      if (rank === undefined) return;
      const transaction = this.#parts.byRank[rank]!;
      const owner = this.#coreOfLane[this.#parts.lanes[transaction]!]!;
      this.#begin(transaction, this.#doing[owner] === IDLE ? owner : idle);
    }
  }

  #begin(transaction: number, core: number): void {
    const { costs, lanes } = this.#parts;
    const lane = lanes[transaction]!;
    const theft = this.#coreOfLane[lane] === core ? 0 : this.#options.hop;
    this.#coreOfLane[lane] = core;
    const start = Math.max(this.#now + theft, this.#arrival(transaction, core));
    this.#result.starts[transaction] = start;
    this.#result.cores[transaction] = core;
    this.#doing[core] = transaction;
    this.#busyUntil[core] = start + costs[transaction]!;
  }

  /** When this core can see all that the transaction needs. */
  #arrival(transaction: number, core: number): number {
    const { hop, visible } = this.#options;
    if (hop === 0) return this.#now;
    const { starts, on } = this.#parts.graph;
    let arrival = this.#now;
    for (let at = starts[transaction]!; at < starts[transaction + 1]!; at += 1) {
      const other = on[at]!;
      const isHere = (visible === "executed" ? this.#result.cores[other]! : 0) === core;
      const end = visible === "executed" ? this.#result.ends[other]! : this.#result.applied[other]!;
      arrival = Math.max(arrival, isHere ? end : end + hop);
    }
    return arrival;
  }
}

/** Numbers of which the least comes out first. */
class RankHeap {
  readonly #ranks: number[] = [];

  push(rank: number): void {
    const ranks = this.#ranks;
    let at = ranks.push(rank) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (ranks[parent]! <= rank) break;
      ranks[at] = ranks[parent]!;
      at = parent;
    }
    ranks[at] = rank;
  }

  pop(): number | undefined {
    const ranks = this.#ranks;
    const least = ranks[0];
    const moved = ranks.pop();
    if (moved === undefined || ranks.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= ranks.length) break;
      if (child + 1 < ranks.length && ranks[child + 1]! < ranks[child]!) child += 1;
      if (ranks[child]! >= moved) break;
      ranks[at] = ranks[child]!;
      at = child;
    }
    ranks[at] = moved;
    return least;
  }
}
