/**
 * What the node counts, in the words of Prometheus: prefix, base units, `_total`. Labels are bounded: an outcome, a
 * code, a route's pattern, a method; never an address, a transaction or anything else that a caller can invent.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { LaneStatistics } from "../../runtime/lanes/lanes.ts";
import type { VerdictDeskStatistics } from "../../runtime/verdicts/desk.ts";
import type { VerdictStoreStatistics } from "../../runtime/verdicts/store.ts";
import type { AcceleratorReport } from "../accelerator.ts";

export interface Metrics {
  readonly registry: Registry;
  readonly blocks: Counter;
  readonly blockSeconds: Histogram;
  readonly blockTransactions: Histogram;
  readonly transactions: Counter<"outcome">;
  readonly gas: Counter;
  readonly rejected: Counter<"code">;
  readonly signatureBatch: Histogram;
  readonly signatureWait: Histogram;
  readonly height: Gauge;
  readonly requests: Counter<"method" | "route" | "status">;
  readonly requestSeconds: Histogram<"method" | "route">;
}

export interface MetricSources {
  /** Transactions that wait. */
  pending(): number;
  accelerator(): AcceleratorReport;
  verdicts(): VerdictStoreStatistics;
  contractVerdicts(): VerdictDeskStatistics;
  /** Undefined without lanes. */
  lanes(): LaneStatistics | undefined;
  laneThreads(): number;
  isReady(): boolean;
}

const BATCH_BUCKETS = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024];
const SECONDS_BUCKETS = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10];

function addAcceleratorMetrics(registry: Registry, report: () => AcceleratorReport): void {
  const registers = [registry];
  const gauge = (name: string, help: string, read: (report: AcceleratorReport) => number) =>
    new Gauge({
      name: `cinnabar_${name}`,
      help,
      registers,
      collect() {
        this.set(read(report()));
      },
    });
  // The device counts; a counter of ours is what it says at the moment of asking.
  const counter = (name: string, help: string, read: (report: AcceleratorReport) => number) =>
    new Counter({
      name: `cinnabar_accelerator_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read(report()));
      },
    });
  gauge("pending_signatures", "Signatures that wait on the accelerator.", ({ queuedItems }) => queuedItems);
  gauge("accelerator_quarantined", "1 when a device was found wrong and the reference decides.", ({ state }) =>
    state === "ok" ? 0 : 1,
  );
  gauge("accelerator_latency_p50_seconds", "Bound of half of the batches.", (r) => r.latencyP50Ms / 1000);
  gauge("accelerator_latency_p99_seconds", "Bound of 99 of 100 batches.", (r) => r.latencyP99Ms / 1000);
  counter("items", "Signatures that got a verdict.", ({ items }) => items);
  counter("checked_items", "Verdicts that the reference computed again.", ({ checkedItems }) => checkedItems);
  counter("mismatches", "Checked verdicts that differed.", ({ mismatches }) => mismatches);
  counter("fallback_items", "Signatures decided by the reference instead.", ({ fallbackItems }) => fallbackItems);
  counter("worker_restarts", "Threads that died or hung and were replaced.", ({ workerRestarts }) => workerRestarts);
  counter("busy_seconds", "Time that verdicts took, all threads together.", ({ busyMs }) => busyMs / 1000);
}

/** Verdicts that were known, and what contracts asked. */
function addVerdictMetrics(registry: Registry, { verdicts, contractVerdicts }: MetricSources): void {
  const registers = [registry];
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `cinnabar_${name}_total`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  counter("verdict_hits", "Transaction signatures whose verdict was known.", () => verdicts().hits);
  counter("verdict_misses", "Transaction signatures that were verified.", () => verdicts().misses);
  counter("verdicts_forgotten", "Verdicts that made room for newer ones.", () => verdicts().forgotten);
  counter("attempts_aborted", "Attempts given up for a verdict.", () => contractVerdicts().aborts);
  counter("attempts_ahead_aborted", "Looks ahead that found a question.", () => contractVerdicts().lookAheads);
  counter("contract_items_offloaded", "Contracts' signatures by the accelerator.", () => {
    return contractVerdicts().offloadedItems;
  });
  counter("contract_items_in_place", "Contracts' signatures in place, in blocks.", () => {
    return contractVerdicts().inPlaceItems;
  });
  counter("contract_verdict_hits", "Contracts' signatures whose verdict was known.", () => contractVerdicts().hits);
}

/** What became of transactions in the lanes. */
function addLaneMetrics(registry: Registry, { lanes, laneThreads }: MetricSources): void {
  const registers = [registry];
  new Gauge({
    name: "cinnabar_lane_threads",
    help: "Threads that attempt transactions.",
    registers,
    collect() {
      this.set(laneThreads());
    },
  });
  new Counter({
    name: "cinnabar_lane_transactions_total",
    help: "Transactions by what became of them in the lanes.",
    labelNames: ["fate"],
    registers,
    collect() {
      this.reset();
      const statistics = lanes();
      if (statistics === undefined) return;
      const { taken, conflicts, late, withoutAttempt, inPlace } = statistics;
      const broken = conflicts.broken + withoutAttempt.broken;
      const all = { taken, ...conflicts, late, ...withoutAttempt, broken, inPlace };
      for (const [fate, count] of Object.entries(all)) this.inc({ fate }, count);
    },
  });
  new Counter({
    name: "cinnabar_lane_restarts_total",
    help: "Threads of lanes that died or hung and were replaced.",
    registers,
    collect() {
      this.reset();
      this.inc(lanes()?.restarts ?? 0);
    },
  });
}

/** A registry of this node's own: two nodes in a process do not share a counter. */
export function createMetrics(sources: MetricSources): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  addGauges(registry, sources);
  addAcceleratorMetrics(registry, () => sources.accelerator());
  addVerdictMetrics(registry, sources);
  addLaneMetrics(registry, sources);
  return {
    registry,
    blocks: new Counter({ name: "cinnabar_blocks_total", help: "Blocks made.", registers }),
    blockSeconds: new Histogram({
      name: "cinnabar_block_duration_seconds",
      help: "From the first transaction taken to the record on disk.",
      buckets: SECONDS_BUCKETS,
      registers,
    }),
    blockTransactions: new Histogram({
      name: "cinnabar_block_transactions",
      help: "Transactions in a block.",
      buckets: BATCH_BUCKETS,
      registers,
    }),
    transactions: new Counter({
      name: "cinnabar_transactions_total",
      help: "Transactions committed, by how they ended.",
      labelNames: ["outcome"],
      registers,
    }),
    gas: new Counter({ name: "cinnabar_gas_total", help: "Gas used by committed transactions.", registers }),
    rejected: new Counter({
      name: "cinnabar_rejected_total",
      help: "Transactions refused before execution, by code.",
      labelNames: ["code"],
      registers,
    }),
    signatureBatch: new Histogram({
      name: "cinnabar_signature_batch_items",
      help: "Signatures in a batch for the accelerator.",
      buckets: BATCH_BUCKETS,
      registers,
    }),
    signatureWait: new Histogram({
      name: "cinnabar_signature_wait_seconds",
      help: "Wait of the first signature of a batch until it left.",
      buckets: SECONDS_BUCKETS,
      registers,
    }),
    height: new Gauge({ name: "cinnabar_block_height", help: "Height of the last block.", registers }),
    requests: new Counter({
      name: "cinnabar_http_requests_total",
      help: "Requests answered.",
      labelNames: ["method", "route", "status"],
      registers,
    }),
    requestSeconds: new Histogram({
      name: "cinnabar_http_request_duration_seconds",
      help: "Time to answer a request.",
      labelNames: ["method", "route"],
      buckets: SECONDS_BUCKETS,
      registers,
    }),
  };
}

function addGauges(registry: Registry, sources: MetricSources): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("cinnabar_pending_transactions", "Transactions that wait for a block.", () => sources.pending());
  gauge("cinnabar_ready", "1 when the node takes transactions.", () => (sources.isReady() ? 1 : 0));
}
