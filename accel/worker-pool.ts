/**
 * A pool of worker threads behind the queues of a device: what all drivers with threads share. How a task gets to a
 * worker and its verdicts back is the driver's (`WorkerLink`); who gets what, and what happens when a worker dies or
 * hangs, stands here.
 *
 * Every worker has at most two tasks: one it works on and one behind it, so that it does not stand still while this
 * thread is busy with something else. The link copies the items of a task; the originals stay with their batches, so
 * nothing is lost with a worker.
 *
 * A worker that dies (an error, out of memory, `terminate` from outside) gives its chunks back to the queues, where
 * others take them, and is replaced. A worker that does not answer in time is ended and counts as dead. Whose fault a
 * death is decides how often that may happen. A worker that was ready died of the task it worked on: after the third
 * death of one chunk its batch rejects, and the pool goes on. A worker that never became ready, or died idle, died of
 * itself: when that happens again and again with nothing finished between, the pool gives up.
 */
import type { Worker } from "node:worker_threads";
import type { VerdictBitmap } from "./device.ts";
import { AccelError } from "./errors.ts";
import type { Chunk, ChunkSource } from "./lane-queues.ts";
import { finishTask, type Task, takeTask } from "./tasks.ts";
import type { ChunkRunner } from "./thread-runner.ts";

const TASKS_PER_WORKER = 2;
/** A chunk that this many workers died of is not given to another. */
const CHUNK_DEATHS_MAX = 3;
/** Deaths that no chunk is to blame for, per worker of the pool, without one finished task between. */
const OWN_DEATHS_MAX = 3;
/** Time for an answer that lies in the mailbox already: this thread may have been the one that stood still. */
const GRACE_MS = 250;
/** Loading and self-check of a worker on a machine with much else to do. */
const START_DEADLINE_MS = 60_000;
/**
 * Time an item may take on top of the base: the reference verifier needs 1 to 3 ms on a free core, and ten times that
 * on a machine where many want it.
 */
const ITEM_DEADLINE_MS = 30;

/** What a worker says, in the driver's own form, told to the pool. Answers come in the order of the tasks. */
export interface LinkEvents {
  /** It is loaded and works; once, before any answer. */
  ready(): void;
  /** Verdicts of the oldest task, item i of it at bit i. */
  answer(verdicts: VerdictBitmap, busyMs: number): void;
  /** It said what it must not say, and is not to be trusted any more. */
  broken(error: unknown): void;
}

/** One worker and the way to it. The pool listens to its errors and its end. */
export interface WorkerLink {
  readonly worker: Worker;
  /** Copies the items and lets the worker know; it has fewer than two tasks. */
  send(task: Task): void;
}

export interface WorkerPoolOptions {
  /** At least 1; they are started at once. */
  readonly workers: number;
  /** Items of a task: no fewer than the first while more wait, no more than the second. */
  readonly taskItemsMin: number;
  readonly taskItemsMax: number;
  /** Message bytes of a task; a whole batch fits. */
  readonly messageBytesMax: number;
  /** A worker that does not answer a task within this time, and 30 ms more for each item, is ended. */
  readonly deadlineMs: number;
  /** Starts one worker. */
  readonly connect: (events: LinkEvents) => WorkerLink;
}

/** One worker thread and the tasks it has, the one it works on first. */
interface Slot {
  readonly link: WorkerLink;
  readonly tasks: Task[];
  isReady: boolean;
  /** It is being ended: nothing it says counts any more. */
  isStopped: boolean;
  lastError: unknown;
  /** When the first task has to be answered; Infinity while there is none. */
  dueMs: number;
  isLate: boolean;
}

export class WorkerPool implements ChunkRunner {
  readonly #source: ChunkSource;
  readonly #options: WorkerPoolOptions;
  readonly #slots = new Set<Slot>();
  #watch: NodeJS.Timeout | undefined;
  #watchMs = Number.POSITIVE_INFINITY;
  #ownDeaths = 0;
  #restarts = 0;
  #isWaking = false;
  #isClosed = false;

  constructor(source: ChunkSource, options: WorkerPoolOptions) {
    this.#source = source;
    this.#options = options;
    for (let i = 0; i < options.workers; i++) this.#startWorker();
  }

  get restarts(): number {
    return this.#restarts;
  }

  /** Tasks are given at the end of the caller's run, so that batches submitted in one go travel together. */
  wake(): void {
    if (this.#isWaking) return;
    this.#isWaking = true;
    queueMicrotask(() => {
      this.#isWaking = false;
      this.#giveTasks();
    });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#watch);
    const slots = [...this.#slots];
    await Promise.all(slots.map(({ link }) => link.worker.terminate()));
  }

  #giveTasks(): void {
    if (this.#isClosed) return;
    const itemsMax = this.#shareOfWaiting();
    // One task each before a second for any, so that the work is spread over the workers.
    for (let depth = 1; depth <= TASKS_PER_WORKER; depth++) {
      for (const slot of this.#slots) {
        if (slot.isStopped || slot.tasks.length >= depth) continue;
        if (!this.#giveTask(slot, itemsMax)) return;
      }
    }
  }

  /** An equal share for each worker, within the bounds. */
  #shareOfWaiting(): number {
    const { workers, taskItemsMin, taskItemsMax } = this.#options;
    const share = Math.ceil(this.#source.waitingItems / workers);
    return Math.min(taskItemsMax, Math.max(taskItemsMin, share));
  }

  #startWorker(): void {
    const link = this.#options.connect({
      ready: () => {
        if (slot.isStopped) return;
        slot.isReady = true;
        this.#setDue(slot);
      },
      answer: (verdicts, busyMs) => this.#finish(slot, verdicts, busyMs),
      broken: (error) => this.#stop(slot, error),
    });
    const slot: Slot = {
      link,
      tasks: [],
      isReady: false,
      isStopped: false,
      lastError: undefined,
      dueMs: Number.POSITIVE_INFINITY,
      isLate: false,
    };
    this.#slots.add(slot);
    // An idle pool must not keep a process alive that has forgotten to close it; a task does (`ref` below).
    link.worker.unref();
    link.worker.on("messageerror", (error) => this.#stop(slot, error));
    link.worker.on("error", (error) => {
      slot.lastError = error;
    });
    link.worker.on("exit", () => this.#bury(slot));
  }

  /** Gives the next task to the worker; false when there is none. */
  #giveTask(slot: Slot, items: number): boolean {
    const task = takeTask(this.#source, { items, messageBytes: this.#options.messageBytesMax });
    if (task === undefined) return false;
    slot.tasks.push(task);
    slot.link.worker.ref();
    slot.link.send(task);
    if (slot.tasks.length === 1) this.#setDue(slot);
    return true;
  }

  #finish(slot: Slot, verdicts: VerdictBitmap, busyMs: number): void {
    if (slot.isStopped) return;
    const [task] = slot.tasks;
    if (task === undefined || verdicts.length !== (task.items + 7) >> 3) {
      this.#stop(slot, new AccelError("accel.deviceFailed", "a worker answered what it was not asked"));
      return;
    }
    slot.tasks.shift();
    this.#ownDeaths = 0;
    finishTask(this.#source, task, verdicts, busyMs);
    this.#giveTasks();
    this.#setDue(slot);
    if (slot.tasks.length === 0) slot.link.worker.unref();
  }

  /** The time for the first task of the worker begins now. */
  #setDue(slot: Slot): void {
    const [task] = slot.tasks;
    slot.isLate = false;
    if (task === undefined) {
      slot.dueMs = Number.POSITIVE_INFINITY;
      return;
    }
    const workMs = this.#options.deadlineMs + ITEM_DEADLINE_MS * task.items;
    slot.dueMs = performance.now() + (slot.isReady ? workMs : START_DEADLINE_MS);
    this.#watchUntil(slot.dueMs);
  }

  /**
   * One timer for all workers, for the earliest moment that was asked for since it was set: most answers come in time
   * and cost no timer. It does not keep the process alive; the worker at work does.
   */
  #watchUntil(dueMs: number): void {
    if (dueMs >= this.#watchMs || this.#isClosed) return;
    clearTimeout(this.#watch);
    this.#watchMs = dueMs;
    this.#watch = setTimeout(() => this.#endLate(), Math.max(1, dueMs - performance.now()));
    this.#watch.unref();
  }

  #endLate(): void {
    this.#watchMs = Number.POSITIVE_INFINITY;
    const now = performance.now();
    for (const slot of this.#slots) {
      if (slot.dueMs > now) continue;
      if (slot.isLate) {
        this.#stop(slot, new AccelError("accel.deviceFailed", "a worker did not answer in time"));
      } else {
        slot.isLate = true;
        slot.dueMs = now + GRACE_MS;
      }
    }
    this.#watchUntil(Math.min(...Array.from(this.#slots, ({ dueMs }) => dueMs)));
  }

  /** Ends a worker that can not be trusted any more; its exit returns the chunks. */
  #stop(slot: Slot, error: unknown): void {
    slot.isStopped = true;
    slot.dueMs = Number.POSITIVE_INFINITY;
    slot.lastError ??= error;
    void slot.link.worker.terminate();
  }

  /** The worker is gone: its chunks go back to the queues and another takes its place. */
  #bury(slot: Slot): void {
    this.#slots.delete(slot);
    if (this.#isClosed) return;
    const isTaskBlamed = slot.isReady && slot.tasks.length > 0;
    if (!isTaskBlamed) this.#ownDeaths++;
    if (this.#ownDeaths > OWN_DEATHS_MAX * this.#options.workers) {
      this.#giveUp(slot.lastError);
      return;
    }
    if (!this.#replaceWorker()) return;
    const [current, ...waiting] = slot.tasks;
    for (const chunk of current?.chunks ?? []) this.#handBack(chunk, isTaskBlamed, slot.lastError);
    for (const { chunks } of waiting) for (const chunk of chunks) this.#handBack(chunk, false, slot.lastError);
    this.wake();
  }

  /** False when the system gives no new thread: then the pool gives up. */
  #replaceWorker(): boolean {
    try {
      this.#startWorker();
      this.#restarts++;
      return true;
    } catch (error) {
      this.#giveUp(error);
      return false;
    }
  }

  #handBack(chunk: Chunk, isBlamed: boolean, cause: unknown): void {
    if (!isBlamed || chunk.deaths + 1 < CHUNK_DEATHS_MAX) {
      this.#source.returnChunk(chunk, isBlamed);
      return;
    }
    const message = `${CHUNK_DEATHS_MAX} workers died of the same part of this batch`;
    this.#source.failBatch(chunk, new AccelError("accel.batchFailed", message, { cause }));
  }

  #giveUp(cause: unknown): void {
    this.#isClosed = true;
    clearTimeout(this.#watch);
    const message = `workers do not stay alive: ${this.#ownDeaths} died without work and none finished anything`;
    this.#source.failAll(new AccelError("accel.deviceFailed", message, { cause }));
    for (const { link } of this.#slots) void link.worker.terminate();
  }
}
