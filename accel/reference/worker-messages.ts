/** What the pool and its workers say to each other. All arrays are fresh and transferred, none is shared. */
import type { SignatureBatch, VerdictBitmap } from "../device.ts";

/** `workerData` of a worker. */
export interface WorkerSettings {
  readonly sm2UserId: string;
  /** It says that it is ready when its first verifications, which are slow, are behind it. */
  readonly isWarm: boolean;
}

/** Pool to worker: verify these items. */
export interface WorkerRequest {
  /** Unique for this worker; the answer carries it. */
  readonly id: number;
  readonly batch: SignatureBatch;
}

/** Worker to pool, once, before anything else: it is loaded and works. */
export interface WorkerReady {
  readonly kind: "ready";
}

/** Worker to pool, one for each request, in the order of the requests. */
export interface WorkerAnswer {
  readonly kind: "answer";
  readonly id: number;
  readonly verdicts: VerdictBitmap;
  readonly busyMs: number;
}

export type WorkerMessage = WorkerReady | WorkerAnswer;
