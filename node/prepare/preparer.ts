/**
 * Contracts compiled off the way of blocks.
 *
 *   code -> queue -> worker thread: admit, instrument, compile -> WebAssembly.Module -> machine.adopt
 *
 * One worker, one module at a time, with limits of memory and of time. A preparation is a courtesy: when it fails, is
 * too slow, or the worker dies, the machine does the same work itself when a block needs it, with the same result. So
 * the limits here decide nothing but who waits.
 */
import { Worker } from "node:worker_threads";
import type { Machine } from "../../vm/execute/machine.ts";
import { Deferred } from "../ingest/deferred.ts";
import type { PreparationAnswer, PreparationRequest } from "./preparation-messages.ts";

/** The worst admissible module takes some seconds in the slowest tier. */
const TIME_LIMIT_MS = 30_000;
/** Modules that wait at one time; they are at most 512 KiB each. */
export const PREPARATIONS_MAX = 64;
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 64, stackSizeMb: 4 } as const;

export interface PreparerOptions {
  readonly machine: Pick<Machine, "adopt" | "allowsDebug">;
  /** After so long the worker is ended and the module left to the machine. Default 30 seconds. */
  readonly timeLimitMs?: number;
  /** Starts a worker in place of `worker.js`; it must speak `preparation-messages.ts`. For tests of what goes wrong. */
  readonly spawnWorker?: () => Worker;
}

export interface PreparerStatistics {
  readonly adopted: number;
  /** Refused, too slow, or lost with a worker. */
  readonly givenUp: number;
}

interface Preparation {
  readonly id: number;
  readonly code: Uint8Array;
  readonly done: Deferred<void>;
}

/** worker.ts is worker.js after the build, beside this file. */
function spawnPreparationWorker(): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { resourceLimits: RESOURCE_LIMITS });
}

export class Preparer {
  readonly #options: PreparerOptions;
  readonly #queue: Preparation[] = [];
  #worker: Worker | undefined;
  #timer: NodeJS.Timeout | undefined;
  #nextId = 0;
  #adopted = 0;
  #givenUp = 0;
  #isClosed = false;

  constructor(options: PreparerOptions) {
    this.#options = options;
  }

  get statistics(): PreparerStatistics {
    return { adopted: this.#adopted, givenUp: this.#givenUp };
  }

  /** Resolves when the machine has the contract, or nothing more will be tried; never rejects. @param code not written to */
  prepare(code: Uint8Array): Promise<void> {
    const done = new Deferred<void>();
    if (this.#isClosed || this.#queue.length >= PREPARATIONS_MAX) {
      this.#givenUp += 1;
      done.resolve();
      return done.promise;
    }
    this.#queue.push({ id: this.#nextId++, code, done });
    if (this.#queue.length === 1) this.#begin();
    return done.promise;
  }

  /** Resolves when the worker has ended; whoever waits for a preparation goes on without it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    for (const { done } of this.#queue.splice(0)) done.resolve();
    await this.#endWorker();
  }

  /** The head of the queue is given to the worker. */
  #begin(): void {
    const head = this.#queue[0];
    if (head === undefined) {
      this.#worker?.unref();
      return;
    }
    const { id, code } = head;
    const request: PreparationRequest = { id, code, allowsDebug: this.#options.machine.allowsDebug };
    this.#worker ??= this.#startWorker();
    this.#worker.ref();
    this.#worker.postMessage(request);
    this.#timer = setTimeout(() => void this.#giveUp(), this.#options.timeLimitMs ?? TIME_LIMIT_MS);
  }

  #startWorker(): Worker {
    const worker = (this.#options.spawnWorker ?? spawnPreparationWorker)();
    const lost = (): void => {
      if (this.#worker === worker) void this.#giveUp();
    };
    worker.on("message", (answer: PreparationAnswer) => this.#finish(answer));
    worker.on("messageerror", lost);
    worker.on("error", lost);
    worker.on("exit", lost);
    return worker;
  }

  #finish({ id, prepared }: PreparationAnswer): void {
    if (this.#queue[0]?.id !== id) return;
    // Not adopted when a block needed it meanwhile and the machine did it itself.
    if (prepared !== undefined && this.#options.machine.adopt(prepared)) this.#adopted += 1;
    else this.#givenUp += 1;
    this.#next();
  }

  /** The worker is ended, since it may never answer; the next preparation has a new one. */
  async #giveUp(): Promise<void> {
    this.#givenUp += 1;
    const ended = this.#endWorker();
    this.#next();
    await ended;
  }

  #next(): void {
    clearTimeout(this.#timer);
    this.#queue.shift()?.done.resolve();
    if (!this.#isClosed) this.#begin();
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}
