/**
 * Verdicts computed on the calling thread, a few items at a time.
 *
 * Between two chunks the event loop runs (`setImmediate`), so that timers, sockets and the caller's own promises stay
 * alive while thousands of signatures wait. Nothing is verified inside `submit`. The first turn has few items; the next
 * have as many as fit by what was measured before, small batches of many lanes together.
 */
import type { SignatureBatch, VerdictBitmap } from "./device.ts";
import { AccelError } from "./errors.ts";
import type { ChunkLimits, ChunkSource } from "./lane-queues.ts";
import { batchOfTask, finishTask, takeTask } from "./tasks.ts";
import { createVerdicts } from "./verdicts.ts";

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

/** Sets the bits of the accepted items of the batch; total, whatever the bytes. */
export type VerifyBatch = (verdicts: VerdictBitmap, batch: SignatureBatch) => void;

export class ThreadRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: ChunkSource;
  readonly #verify: VerifyBatch;
  readonly #limits: ChunkLimits;
  #itemMs = TURN_MS / FIRST_ITEMS;
  #isScheduled = false;

  /** @param limits  of one turn: at least 4 items, and message bytes for a whole batch */
  constructor(source: ChunkSource, verify: VerifyBatch, limits: ChunkLimits) {
    this.#source = source;
    this.#verify = verify;
    this.#limits = limits;
  }

  wake(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => this.#runTask());
  }

  async close(): Promise<void> {}

  #runTask(): void {
    this.#isScheduled = false;
    const items = Math.min(this.#limits.items, Math.max(FIRST_ITEMS, Math.floor(TURN_MS / this.#itemMs)));
    const task = takeTask(this.#source, { ...this.#limits, items });
    if (task === undefined) return;
    this.wake();
    const start = performance.now();
    const verdicts = createVerdicts(task.items);
    try {
      this.#verify(verdicts, batchOfTask(task));
    } catch (cause) {
      this.#source.failAll(new AccelError("accel.deviceFailed", "the verifier threw", { cause }));
      return;
    }
    const busyMs = performance.now() - start;
    this.#itemMs += MEAN_WEIGHT * (busyMs / task.items - this.#itemMs);
    finishTask(this.#source, task, verdicts, busyMs);
  }
}
