/**
 * Blocks of a chain with one producer.
 *
 * The loop has no timer: a block is made as soon as a transaction waits, and what arrives while its record is on the way to
 * the disk is the next block. So an idle node answers after one durable append, and a loaded one makes large blocks, which
 * share that append. Who waits for a transaction is told after `produceBlock` has resolved, which is after the record is on
 * disk, and never before.
 *
 * A failure of the chain is ours, not a transaction's: nothing is retried and nothing is guessed. The transactions of that
 * block are neither committed nor refused as far as anyone can know, so their senders hear that the node failed; at the next
 * start the log says what happened.
 */
import type { Receipt, Transaction } from "../../runtime/format/types.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { Pool, PoolEntry, TakeLimits } from "../ingest/pool.ts";
import { rejectTransaction } from "../ingest/rejections.ts";

/** What the producer needs of a chain. */
export interface BlockMaker {
  height(): number;
  /** Time of the last block. */
  timeSeconds(): number;
  /** Resolves when the block's record is on disk. Rejects only with a fault of the node. */
  produceBlock(transactions: readonly Transaction[], timeSeconds: number): Promise<MadeBlock>;
}

export interface MadeBlock {
  readonly height: number;
  /** One for each transaction, in order. */
  readonly receipts: readonly Receipt[];
}

export interface ProducerObserver {
  block?(block: MadeBlock, durationMs: number): void;
}

export interface SoloProducerOptions {
  readonly chain: BlockMaker;
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
    const entries = pool.take(limits).filter((entry) => this.#isInTime(entry));
    if (entries.length === 0) return;
    const timeSeconds = Math.max(chain.timeSeconds(), Math.floor(startMs / 1000));
    try {
      const block = await chain.produceBlock(
        entries.map((entry) => entry.transaction),
        timeSeconds,
      );
      settleAll(pool, entries, block);
      observer?.block?.(block, clock() - startMs);
    } catch (error) {
      const fault = faultOf(error);
      for (const entry of entries) pool.reject(entry, fault);
      throw fault;
    }
  }

  /** A transaction that waited past its expiry is refused here: the next block may not hold it. */
  #isInTime(entry: PoolEntry): boolean {
    const { chain, pool } = this.#options;
    const next = chain.height() + 1;
    const { expiryHeight } = entry.transaction;
    if (expiryHeight >= next) return true;
    pool.reject(entry, rejectTransaction("expired", { value: String(expiryHeight), limit: `next block is ${next}` }));
    return false;
  }
}

function settleAll(pool: Pool, entries: readonly PoolEntry[], block: MadeBlock): void {
  if (block.receipts.length !== entries.length) {
    throw new NodeError("consensus.receiptCount", "The chain answered with another number of receipts.");
  }
  block.receipts.forEach((receipt, index) => {
    pool.settle(entries[index] as PoolEntry, { height: block.height, index, receipt });
  });
}

/** Anything the chain throws at its producer is a fault: also a refusal, for its input was ours. */
function faultOf(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  const detail = error instanceof Rejected ? `${error.code}: ${error.message}` : "an unexpected error";
  return new NodeError("consensus.blockFailed", `The block could not be made: ${detail}`, { cause: error });
}
