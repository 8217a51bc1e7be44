/**
 * Verdicts computed on the calling thread, a few items at a time.
 *
 * Between two chunks the event loop runs (`setImmediate`), so that timers, sockets and the caller's own promises stay
 * alive while thousands of signatures wait. Nothing is verified inside `submit`. The first chunk is small; the next are
 * as long as what was measured before fits the turn.
 */
import type { VerdictBitmap } from "./device.ts";
import { AccelError } from "./errors.ts";
import type { Chunk, ChunkSource } from "./lane-queues.ts";

/** The event loop waits about this long for one chunk. */
const TURN_MS = 4;
/** Items of a chunk while nothing is known of their cost, and at least: a slow item may cost 3 ms. */
const FIRST_ITEMS = 4;
/** Share of a new measurement in the running mean. */
const MEAN_WEIGHT = 0.25;

/** What computes the verdicts of a device's queues. */
export interface ChunkRunner {
  /** Chunks have appeared. */
  wake(): void;
  /** Times that a worker was replaced. */
  readonly restarts: number;
  /** Resolves when nothing runs any more. The queues are closed before. */
  close(): Promise<void>;
}

/** Sets the bits of the accepted items of the chunk; total, whatever the bytes. */
export type VerifyChunk = (verdicts: VerdictBitmap, chunk: Chunk) => void;

export class ThreadRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: ChunkSource;
  readonly #verify: VerifyChunk;
  readonly #itemsMax: number;
  #itemMs = TURN_MS / FIRST_ITEMS;
  #isScheduled = false;

  /** @param itemsMax  items of one chunk, at least 4 */
  constructor(source: ChunkSource, verify: VerifyChunk, itemsMax: number) {
    this.#source = source;
    this.#verify = verify;
    this.#itemsMax = itemsMax;
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#runChunk());
  }

  async close(): Promise<void> {}

  #runChunk(): void {
    this.#isScheduled = false;
    const items = Math.min(this.#itemsMax, Math.max(FIRST_ITEMS, Math.floor(TURN_MS / this.#itemMs)));
    const chunk = this.#source.takeChunk({ items, messageBytes: Number.POSITIVE_INFINITY });
    if (chunk === undefined) return;
    this.wake();
    const start = performance.now();
    try {
      this.#verify(chunk.verdicts, chunk);
    } catch (cause) {
      this.#source.failAll(new AccelError("accel.deviceFailed", "the verifier threw", { cause }));
      return;
    }
    const busyMs = performance.now() - start;
    this.#itemMs += MEAN_WEIGHT * (busyMs / (chunk.to - chunk.from) - this.#itemMs);
    this.#source.finishChunk(chunk, busyMs);
  }
}
