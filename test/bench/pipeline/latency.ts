/**
 * How long a transfer takes from its arrival to a durable block, at a rate that the machine can bear.
 *
 * Transfers arrive at even distances, whatever becomes of those before (an open loop): one that comes late because the
 * thread was busy counts from when it was due. What has arrived goes to the device together; a block is begun when nothing is
 * under way, or when enough is ready to make a second one worth its cost, as the node's producer does it.
 */
import { setTimeout } from "node:timers/promises";
import type { SignatureDevice } from "../../../accel/device.ts";
import type { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import type { Sink } from "./chains.ts";
import { BLOCK_TRANSACTIONS, BLOCKS_UNDER_WAY, decodeAll, Signatures } from "./feed.ts";

const BATCH_MAX = 512;
const OVERLAP_MIN = 256;
const TICK_MS = 1;

export interface Latencies {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

interface Arrived {
  readonly transaction: DecodedTransaction;
  readonly dueMs: number;
}

/** Resolves to the latencies of all but the first fifth, which warms up. */
export async function measureLatency(
  signed: readonly Uint8Array[],
  ratePerSecond: number,
  sink: Sink,
  device: SignatureDevice,
): Promise<Latencies> {
  const run = new Arrivals(sink, device);
  const start = performance.now();
  const dueOf = (index: number): number => start + (index * 1000) / ratePerSecond;
  for (let next = 0; next < signed.length; ) {
    const now = performance.now();
    let end = next;
    while (end < signed.length && end - next < BATCH_MAX && dueOf(end) <= now) end += 1;
    if (end === next) {
      await setTimeout(TICK_MS);
      continue;
    }
    const transactions = decodeAll(signed.slice(next, end), sink.hashes);
    run.arrive(transactions.map((transaction, index) => ({ transaction, dueMs: dueOf(next + index) })));
    next = end;
    // The others' turn: verdicts, roots and syncs.
    await new Promise(setImmediate);
  }
  await run.finish();
  const measured = run.latencies.slice(signed.length / 5).sort((left, right) => left - right);
  return { p50Ms: measured[measured.length >> 1]!, p99Ms: measured[Math.floor(measured.length * 0.99)]! };
}

class Arrivals {
  /** In the order of the blocks. */
  readonly latencies: number[] = [];
  readonly #sink: Sink;
  readonly #signatures: Signatures;
  #ready: Arrived[] = [];
  readonly #verifying = new Set<Promise<void>>();
  /** Ends when those before have been added to what is ready. */
  #inOrder: Promise<void> = Promise.resolve();
  readonly #underWay = new Set<Promise<void>>();

  constructor(sink: Sink, device: SignatureDevice) {
    this.#sink = sink;
    this.#signatures = new Signatures(device);
  }

  arrive(arrived: readonly Arrived[]): void {
    const verified = this.#signatures.verify(arrived.map(({ transaction }) => transaction));
    const before = this.#inOrder;
    const added = Promise.all([verified, before]).then(() => {
      this.#verifying.delete(added);
      this.#ready.push(...arrived);
      this.#beginBlocks();
    });
    this.#inOrder = added;
    this.#verifying.add(added);
  }

  async finish(): Promise<void> {
    while (this.#verifying.size > 0) await Promise.all(this.#verifying);
    while (this.#underWay.size > 0 || this.#ready.length > 0) {
      this.#beginBlocks();
      await Promise.race(this.#underWay);
    }
  }

  #beginBlocks(): void {
    while (this.#ready.length > 0) {
      const isIdle = this.#underWay.size === 0;
      if (!isIdle && (this.#underWay.size >= BLOCKS_UNDER_WAY || this.#ready.length < OVERLAP_MIN)) return;
      this.#begin(this.#ready.splice(0, BLOCK_TRANSACTIONS));
    }
  }

  #begin(block: readonly Arrived[]): void {
    const made = this.#sink.block(block.map(({ transaction }) => transaction)).then(() => {
      const now = performance.now();
      for (const { dueMs } of block) this.latencies.push(now - dueMs);
      this.#underWay.delete(made);
      this.#beginBlocks();
    });
    this.#underWay.add(made);
  }
}
