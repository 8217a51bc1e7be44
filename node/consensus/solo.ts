/**
 * Blocks of a chain with one producer.
 *
 * The loop has no timer: a block is made as soon as a transaction waits, and what arrives while its record is on the
 * way to the disk is the next block. So an idle node answers after one durable append, and a loaded one makes large
 * blocks, which share that append. When enough waits to make the next block a large one too, it is begun while the one
 * before is on its way: its transactions are executed while the other's roots are computed. Who waits for a transaction is told after `produceBlock` has resolved, which is
 * after the record is on disk, and never before. The time of a block is the clock's, or that of the block before where
 * the clock went back.
 *
 * A failure of the chain is ours, not a transaction's: nothing is retried and nothing is guessed. The transactions of
 * that block are neither committed nor refused as far as anyone can know, so their senders hear that the node failed;
 * at the next start the log says what happened.
 */
import type { Chain, ProducedBlock } from "../../runtime/chain/chain.ts";
import type { Receipt } from "../../runtime/format/types.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { Pool, PoolEntry, TakeLimits } from "../ingest/pool.ts";
import { type IngestRejection, rejectTransaction } from "../ingest/rejections.ts";

/**
 * Transactions that must wait for a block to be begun beside another. A block costs about as much as a hundred transfers,
 * whatever is in it (seal, roots of nothing, append): of a few it would only be one more block.
 */
const OVERLAP_TRANSACTIONS_MIN = 256;
/** Blocks asked for and not on disk: one that is written, one whose roots are computed, one that is executed. */
const BLOCKS_UNDER_WAY_MAX = 3;

export interface ProducerObserver {
  block?(block: ProducedBlock, durationMs: number): void;
}

export interface SoloProducerOptions {
  readonly chain: Pick<Chain, "produceBlock">;
  readonly pool: Pool;
  readonly limits: TakeLimits;
  /** Milliseconds since 1970-01-01. */
  readonly clock: () => number;
  readonly onFault: (fault: NodeError) => void;
  readonly observer?: ProducerObserver;
}

export class SoloProducer {
  readonly #options: SoloProducerOptions;
  readonly #underWay = new Set<Promise<void>>();
  #fault: NodeError | undefined;
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: SoloProducerOptions) {
    this.#options = options;
  }

  /** Blocks are made from now on. */
  start(): void {
    this.#stopped ??= this.#run().catch((error: unknown) => this.#fail(faultOf(error)));
  }

  /** Resolves when no block is being made and none will be; what the pool holds stays there. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#options.pool.wake();
    await this.#stopped;
  }

  async #run(): Promise<void> {
    while (!this.#stopping && this.#fault === undefined) {
      await this.#options.pool.whenReady(this.#underWay.size === 0 ? 1 : OVERLAP_TRANSACTIONS_MIN);
      if (this.#mayBegin()) this.#beginBlock();
      else if (this.#underWay.size >= BLOCKS_UNDER_WAY_MAX) await Promise.race(this.#underWay);
    }
    await Promise.all(this.#underWay);
  }

  #mayBegin(): boolean {
    if (this.#stopping || this.#fault !== undefined) return false;
    if (this.#underWay.size === 0) return true;
    return this.#underWay.size < BLOCKS_UNDER_WAY_MAX && this.#options.pool.readyCount >= OVERLAP_TRANSACTIONS_MIN;
  }

  /** The block is asked for; its end wakes whoever waits for transactions, and is told nowhere else. */
  #beginBlock(): void {
    const { pool, limits, clock } = this.#options;
    const startMs = clock();
    const entries = pool.take(limits);
    if (entries.length === 0) return;
    const block = this.#makeBlock(entries, startMs).catch((error: unknown) => {
      const fault = faultOf(error);
      for (const entry of entries) pool.reject(entry, fault);
      this.#fail(fault);
    });
    const done = block.then(() => {
      this.#underWay.delete(done);
      pool.wake();
    });
    this.#underWay.add(done);
  }

  /** Only the first fault is told: the others are its consequences. */
  #fail(fault: NodeError): void {
    if (this.#fault !== undefined) return;
    this.#fault = fault;
    this.#options.onFault(fault);
  }

  async #makeBlock(entries: readonly PoolEntry[], startMs: number): Promise<void> {
    const { chain, pool, clock, observer } = this.#options;
    const transactions = entries.map((entry) => entry.transaction);
    const block = await chain.produceBlock(transactions, Math.floor(startMs / 1000));
    settleAll(pool, entries, block);
    observer?.block?.(block, clock() - startMs);
  }
}

/** Each entry is settled by its receipt, refused for good, or waits for the next block. */
function settleAll(pool: Pool, entries: readonly PoolEntry[], block: ProducedBlock): void {
  const reasons = new Map(block.refused.map(({ transaction, reason }) => [transaction, reason]));
  if (block.receipts.length + reasons.size !== entries.length) {
    throw new NodeError("consensus.receiptCount", "The chain answered with another number of receipts.");
  }
  const crowdedOut: PoolEntry[] = [];
  const { height } = block.block.header;
  let index = 0;
  for (const entry of entries) {
    const reason = reasons.get(entry.transaction);
    if (reason === undefined) {
      pool.settle(entry, { height, index, receipt: block.receipts[index] as Receipt });
      index += 1;
    } else if (reason.code.startsWith("block.")) crowdedOut.push(entry);
    else pool.reject(entry, rejectionOf(reason));
  }
  pool.putBack(crowdedOut);
}

/**
 * What the chain refuses between ingest and block, in the words of ingest: the sender need not know who looked last.
 */
const CHAIN_REFUSALS: Readonly<Record<string, IngestRejection>> = {
  "transaction.duplicate": "duplicate",
  "transaction.expired": "expired",
  "transaction.expiryTooFar": "expiryTooFar",
  "transaction.gasAboveMax": "gasTooHigh",
  "transaction.tooLarge": "tooLarge",
  "transaction.wrongChain": "wrongChain",
};

function rejectionOf(reason: Rejected): Rejected {
  const known = CHAIN_REFUSALS[reason.code];
  return known === undefined ? reason : rejectTransaction(known, reason.details);
}

/** Anything the chain throws at its producer is a fault: also a refusal, for its input was ours. */
function faultOf(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const detail = error instanceof Rejected ? `${error.code}: ${error.message}` : "an unexpected error";
  return new NodeError("consensus.blockFailed", `The block could not be made: ${detail}`, { cause: error });
}
