/**
 * Verdicts computed on the calling thread, a few items at a time.
 *
 * Between two chunks the event loop runs (`setImmediate`), so that timers, sockets and the caller's own promises stay
 * alive while thousands of signatures wait. Nothing is verified inside `submit`.
 */

import type { SignatureVerifier } from "../device.ts";
import { AccelError } from "../errors.ts";
import type { ChunkSource } from "../lane-queues.ts";
import { verifyRangeInto } from "./verify-batch.ts";

/** Items between two turns of the event loop: at 1 to 3 ms each, the loop waits at most about 10 ms. */
const CHUNK_ITEMS = 4;

/** What computes the verdicts of a device's queues. */
export interface ChunkRunner {
  /** Chunks have appeared. */
  wake(): void;
  /** Times that a worker was replaced. */
  readonly restarts: number;
  /** Resolves when nothing runs any more. The queues are closed before. */
  close(): Promise<void>;
}

export class ThreadRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: ChunkSource;
  readonly #verifier: SignatureVerifier;
  #isScheduled = false;

  constructor(source: ChunkSource, verifier: SignatureVerifier) {
    this.#source = source;
    this.#verifier = verifier;
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#runChunk());
  }

  async close(): Promise<void> {}

  #runChunk(): void {
    this.#isScheduled = false;
    const chunk = this.#source.takeChunk(CHUNK_ITEMS);
    if (chunk === undefined) return;
    this.wake();
    const start = performance.now();
    try {
      verifyRangeInto(chunk.verdicts, this.#verifier, chunk);
    } catch (cause) {
      this.#source.failAll(new AccelError("accel.deviceFailed", "the reference verifier threw", { cause }));
      return;
    }
    this.#source.finishChunk(chunk, performance.now() - start);
  }
}
