/** What a worker of the wasm device is told at its start, and what it says. Tasks go through the shared memory. */
import type { Algorithm, VerdictBitmap } from "../device.ts";
import type { ExchangeMemory } from "./exchange.ts";

/** `workerData` of a worker. */
export interface WorkerSettings {
  readonly module: WebAssembly.Module;
  readonly sm2UserId: string;
  readonly memory: ExchangeMemory;
}

/** Once, before anything else: it is loaded, has checked itself, and works. */
export interface WorkerReady {
  readonly kind: "ready";
  /** Algorithms that its kernel decides. */
  readonly algorithms: readonly Algorithm[];
}

/** One for each task, in their order. */
export interface WorkerAnswer {
  readonly kind: "answer";
  /** Number of the task for this worker, from 0. */
  readonly id: number;
  readonly verdicts: VerdictBitmap;
  readonly busyMs: number;
  /** Items of the task that the reference verifier decided. */
  readonly fallbackItems: number;
  /** As in `WorkerReady`; fewer after a trap. */
  readonly algorithms: readonly Algorithm[];
}

export type WorkerMessage = WorkerReady | WorkerAnswer;
