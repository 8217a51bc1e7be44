/**
 * Verdicts computed by a pool of worker threads.
 *
 * Every worker has at most two chunks: one it works on and one behind it, so that it does not stand still while this
 * thread is busy with something else. The arrays of a chunk are copied and the copies transferred; the originals stay
 * with the batch, so nothing is lost with a worker.
 *
 * A worker that dies (an error, out of memory, `terminate` from outside) gives its chunks back to the queues, where
 * others take them, and is replaced. Whose fault a death is decides how often that may happen. A worker that was ready
 * died of the chunk it worked on: after the third death of one chunk its batch rejects, and the pool goes on. A worker
 * that never became ready, or died idle, died of itself: when that happens again and again with nothing finished
 * between, the pool gives up.
 */
import type { Worker } from "node:worker_threads";
import { AccelError } from "../errors.ts";
import type { Chunk, ChunkSource } from "../lane-queues.ts";
import type { ChunkRunner } from "./thread-runner.ts";
import { copyRange } from "./verify-batch.ts";
import type { WorkerAnswer, WorkerMessage, WorkerRequest } from "./worker-messages.ts";

/**
 * A hop between threads costs about 50 us, a chunk 16 to 50 ms. A multiple of 8: its verdicts are whole bytes of the
 * bitmap.
 */
const CHUNK_ITEMS = 16;
const CHUNKS_PER_WORKER = 2;
/** A chunk that this many workers died of is not given to another. */
const CHUNK_DEATHS_MAX = 3;
/** Deaths that no chunk is to blame for, per worker of the pool, without one finished chunk between. */
const OWN_DEATHS_MAX = 3;

/** One worker thread and the chunks it has. */
interface Slot {
  readonly worker: Worker;
  /** By the id of their request, the one it works on first. */
  readonly chunks: Map<number, Chunk>;
  isReady: boolean;
  lastError: unknown;
}

export class WorkerRunner implements ChunkRunner {
  readonly #source: ChunkSource;
  readonly #spawn: () => Worker;
  readonly #slots = new Set<Slot>();
  readonly #ownDeathsMax: number;
  #nextId = 0;
  #ownDeaths = 0;
  #restarts = 0;
  #isClosed = false;

  /**
   * @param spawn  starts one worker that speaks `worker-messages.ts`
   * @param count  workers in the pool, at least 1; they are started at once
   */
  constructor(source: ChunkSource, spawn: () => Worker, count: number) {
    this.#source = source;
    this.#spawn = spawn;
    this.#ownDeathsMax = OWN_DEATHS_MAX * count;
    for (let i = 0; i < count; i++) this.#startWorker();
  }

  get restarts(): number {
    return this.#restarts;
  }

  wake(): void {
    if (this.#isClosed) return;
    // One chunk each before a second for any, so that a small batch is spread over the workers.
    for (let depth = 1; depth <= CHUNKS_PER_WORKER; depth++) {
      for (const slot of this.#slots) {
        if (slot.chunks.size < depth && !this.#giveChunk(slot)) return;
      }
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const slots = [...this.#slots];
    await Promise.all(slots.map((slot) => slot.worker.terminate()));
  }

  #startWorker(): void {
    const worker = this.#spawn();
    const slot: Slot = { worker, chunks: new Map(), isReady: false, lastError: undefined };
    this.#slots.add(slot);
    // An idle pool must not keep a process alive that has forgotten to close it; a chunk does (`ref` below).
    worker.unref();
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "ready") slot.isReady = true;
      else this.#finish(slot, message);
    });
    worker.on("messageerror", (error) => this.#stop(slot, error));
    worker.on("error", (error) => {
      slot.lastError = error;
    });
    worker.on("exit", () => this.#bury(slot));
  }

  /** Gives the next chunk to the worker; false when there is none. */
  #giveChunk(slot: Slot): boolean {
    const chunk = this.#source.takeChunk(CHUNK_ITEMS);
    if (chunk === undefined) return false;
    const id = this.#nextId++;
    const batch = copyRange(chunk);
    slot.chunks.set(id, chunk);
    slot.worker.ref();
    const request: WorkerRequest = { id, batch };
    const arrays = [batch.algorithms, batch.publicKeys, batch.signatures, batch.messages, batch.messageOffsets];
    slot.worker.postMessage(
      request,
      arrays.map((array) => array.buffer as ArrayBuffer),
    );
    return true;
  }

  #finish(slot: Slot, answer: WorkerAnswer): void {
    const chunk = slot.chunks.get(answer.id);
    if (chunk === undefined || answer.verdicts.length !== (chunk.to - chunk.from + 7) >> 3) {
      this.#stop(slot, new AccelError("accel.deviceFailed", "a worker answered what it was not asked"));
      return;
    }
    slot.chunks.delete(answer.id);
    this.#ownDeaths = 0;
    chunk.verdicts.set(answer.verdicts, chunk.from >> 3);
    this.#source.finishChunk(chunk, answer.busyMs);
    this.wake();
    if (slot.chunks.size === 0) slot.worker.unref();
  }

  /** Ends a worker that can not be trusted any more; its exit returns the chunks. */
  #stop(slot: Slot, error: unknown): void {
    slot.lastError ??= error;
    void slot.worker.terminate();
  }

  /** The worker is gone: its chunks go back to the queues and another takes its place. */
  #bury(slot: Slot): void {
    this.#slots.delete(slot);
    if (this.#isClosed) return;
    const isChunkBlamed = slot.isReady && slot.chunks.size > 0;
    if (!isChunkBlamed) this.#ownDeaths++;
    if (this.#ownDeaths > this.#ownDeathsMax) {
      this.#giveUp(slot.lastError);
      return;
    }
    if (!this.#replaceWorker()) return;
    const [current, ...waiting] = slot.chunks.values();
    if (current !== undefined) this.#handBack(current, isChunkBlamed, slot.lastError);
    for (const chunk of waiting) this.#handBack(chunk, false, slot.lastError);
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
    const message = `workers do not stay alive: ${this.#ownDeaths} died without work and none finished anything`;
    this.#source.failAll(new AccelError("accel.deviceFailed", message, { cause }));
    for (const slot of this.#slots) void slot.worker.terminate();
  }
}
