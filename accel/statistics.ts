/**
 * What a device counts: plain numbers and two arrays of fixed length, so that counting allocates nothing. A snapshot
 * does, and is taken when someone asks.
 *
 * Latencies go into buckets whose bounds double, from 0.0625 ms to 16 s: a percentile read from them is at most twice
 * the true one and never below it. That is enough to see a device that is slow, hangs or stands in a queue.
 */
import type { DeviceStatistics, Histogram } from "./device.ts";

/** 1, 2, 4, ... 4096 items. */
const BATCH_BOUNDS: readonly number[] = Object.freeze(Array.from({ length: 13 }, (_, i) => 2 ** i));
/** 1/16, 1/8, ... 16,384 ms. */
const LATENCY_BOUNDS: readonly number[] = Object.freeze(Array.from({ length: 19 }, (_, i) => 2 ** (i - 4)));

/** The bucket of `value`: the first whose bound is not below it. */
function bucketOf(bounds: readonly number[], value: number): number {
  let bucket = 0;
  while (bucket < bounds.length && value > bounds[bucket]!) bucket++;
  return bucket;
}

/**
 * The bound below which `share` of the counted values lie; 0 when nothing was counted, Infinity when they lie above the
 * last bound.
 */
export function percentileOf({ bounds, counts }: Histogram, share: number): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return 0;
  let seen = 0;
  for (const [bucket, count] of counts.entries()) {
    seen += count;
    if (seen >= share * total) return bounds[bucket] ?? Number.POSITIVE_INFINITY;
  }
  return Number.POSITIVE_INFINITY;
}

export class DeviceCounters {
  readonly #laneBusyMs: Float64Array;
  readonly #batchSizes = new Float64Array(BATCH_BOUNDS.length + 1);
  readonly #latencies = new Float64Array(LATENCY_BOUNDS.length + 1);
  #batches = 0;
  #items = 0;
  #accepted = 0;
  #cancelled = 0;
  #failed = 0;
  #queuedItems = 0;
  #openBatches = 0;
  #busyMs = 0;

  constructor(lanes: number) {
    this.#laneBusyMs = new Float64Array(lanes);
  }

  /** A batch was taken. */
  countOpened(items: number): void {
    this.#queuedItems += items;
    this.#openBatches++;
  }

  /** A batch is open no more, whatever became of it. */
  countClosed(items: number): void {
    this.#queuedItems -= items;
    this.#openBatches--;
  }

  countResolved(items: number, accepted: number, latencyMs: number): void {
    this.#batches++;
    this.#items += items;
    this.#accepted += accepted;
    this.#batchSizes[bucketOf(BATCH_BOUNDS, items)]!++;
    this.#latencies[bucketOf(LATENCY_BOUNDS, latencyMs)]!++;
  }

  countCancelled(): void {
    this.#cancelled++;
  }

  countFailed(): void {
    this.#failed++;
  }

  addBusy(lane: number, busyMs: number): void {
    this.#busyMs += busyMs;
    this.#laneBusyMs[lane]! += busyMs;
  }

  snapshot(): DeviceStatistics {
    const latencyMs: Histogram = { bounds: LATENCY_BOUNDS, counts: Array.from(this.#latencies) };
    return {
      batches: this.#batches,
      items: this.#items,
      accepted: this.#accepted,
      cancelledBatches: this.#cancelled,
      failedBatches: this.#failed,
      queuedItems: this.#queuedItems,
      openBatches: this.#openBatches,
      busyMs: this.#busyMs,
      laneBusyMs: Array.from(this.#laneBusyMs),
      batchSizes: { bounds: BATCH_BOUNDS, counts: Array.from(this.#batchSizes) },
      latencyMs,
      latencyP50Ms: percentileOf(latencyMs, 0.5),
      latencyP99Ms: percentileOf(latencyMs, 0.99),
    };
  }
}
