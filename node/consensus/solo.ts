/**
 * Blocks of a chain with one producer.
 *
 * The loop has no timer: a block is made as soon as a transaction waits, and what arrives while its record is on the
 * way to the disk is the next block. So an idle node answers after one durable append, and a loaded one makes large
 * blocks, which share that append. Who waits for a transaction is told after `produceBlock` has resolved, which is
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
  #stopping = false;
  #stopped: Promise<void> | undefined;

  constructor(options: SoloProducerOptions) {
    this.#options = options;
  }

  /** Blocks are made from now on. */
  start(): void {
    this.#stopped ??= this.#run();
  }

  /** Resolves when no block is being made and none will be; what the pool holds stays there. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#options.pool.wake();
    await this.#stopped;
  }

  async #run(): Promise<void> {
    try {
      while (!this.#stopping) {
        await this.#options.pool.whenReady();
        if (!this.#stopping) await this.#makeBlock();
      }
    } catch (error) {
      this.#options.onFault(faultOf(error));
    }
  }

  async #makeBlock(): Promise<void> {
    const { chain, pool, limits, clock, observer } = this.#options;
    const startMs = clock();
    const entries = pool.take(limits);
    if (entries.length === 0) return;
    const transactions = entries.map((entry) => entry.transaction);
    try {
      const block = await chain.produceBlock(transactions, Math.floor(startMs / 1000));
      settleAll(pool, entries, block);
      observer?.block?.(block, clock() - startMs);
    } catch (error) {
      const fault = faultOf(error);
      for (const entry of entries) pool.reject(entry, fault);
      throw fault;
    }
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
