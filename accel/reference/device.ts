/**
 * The reference device: the reference verifier behind the interface of a device with lanes.
 *
 *   submit -> LaneQueues (FIFO per lane, back-pressure) -> chunks -> ThreadRunner | WorkerPool -> verdict bitmap
 *
 * It is the driver that always works, and the one that others are compared with.
 */
import { Worker } from "node:worker_threads";
import type { DeviceStatistics, SignatureBatch, SignatureDevice, VerdictBitmap } from "../device.ts";
import { capabilityOf, checkRange, type LimitOptions, WORKERS_MAX } from "../device-options.ts";
import type { LaneQueues } from "../lane-queues.ts";
import { createQueuedDevice } from "../queued-device.ts";
import { type ChunkRunner, ThreadRunner } from "../thread-runner.ts";
import { verifyRangeInto } from "../verify-batch.ts";
import { WorkerPool } from "../worker-pool.ts";
import { SM2_DEFAULT_USER_ID } from "./sm2.ts";
import { createReferenceVerifier } from "./verify.ts";
import { linkByMessages } from "./worker-link.ts";
import type { WorkerSettings } from "./worker-messages.ts";

/** Four full batches: a lane's wait stays below about 10 s of one worker. */
const BATCH_ITEMS_MAX = 1024;
/** 4 KiB for each item of a full batch; a transaction signs 32 bytes. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** A hop between threads costs about 0.1 ms, 16 items 16 to 50 ms. */
const TASK_ITEMS = 16;
/** At 1 to 3 ms each, the event loop waits at most about 10 ms. */
const TURN_ITEMS = 4;
const DEADLINE_MS = 30_000;

export interface ReferenceDeviceOptions extends LimitOptions {
  /** Worker threads, 0..96. 0 verifies on the calling thread, a few items between turns of the event loop. */
  readonly workers: number;
  /** The identity that SM2 signatures bind; default `SM2_DEFAULT_USER_ID`. */
  readonly sm2UserId?: string | undefined;
  /** A worker that does not answer within this time and 30 ms for each item is ended; default 30,000 ms. */
  readonly deadlineMs?: number | undefined;
  /** Workers verify something before their first task, 0.1 s each, so that it takes no longer than later ones. */
  readonly isWarm?: boolean | undefined;
  /** Starts a worker in place of `worker.js`; it must speak `worker-messages.ts`. For tests of what goes wrong. */
  readonly spawnWorker?: ((settings: WorkerSettings) => Worker) | undefined;
}

export interface ReferenceDeviceStatistics extends DeviceStatistics {
  /** Workers that died or hung and were replaced. */
  readonly workerRestarts: number;
}

export interface ReferenceDevice extends SignatureDevice {
  statistics(): ReferenceDeviceStatistics;
}

/** worker.ts is worker.js after the build, beside this file. */
function spawnReferenceWorker(settings: WorkerSettings): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
}

function createRunner(queues: LaneQueues, options: ReferenceDeviceOptions, messageBytesMax: number): ChunkRunner {
  const workers = checkRange("workers", options.workers, 0, WORKERS_MAX);
  const deadlineMs = checkRange("deadlineMs", options.deadlineMs ?? DEADLINE_MS, 1, 2 ** 31 - 1);
  const sm2UserId = options.sm2UserId ?? SM2_DEFAULT_USER_ID;
  const verifier = createReferenceVerifier({ sm2UserId });
  if (workers === 0) {
    const verify = (verdicts: VerdictBitmap, batch: SignatureBatch): void =>
      verifyRangeInto(verdicts, verifier, { batch, from: 0, to: batch.count });
    return new ThreadRunner(queues, verify, { items: TURN_ITEMS, messageBytes: messageBytesMax });
  }
  const spawn = options.spawnWorker ?? spawnReferenceWorker;
  return new WorkerPool(queues, {
    workers,
    taskItemsMin: TASK_ITEMS,
    taskItemsMax: TASK_ITEMS,
    messageBytesMax,
    deadlineMs,
    connect: (events) => linkByMessages(spawn({ sm2UserId, isWarm: options.isWarm === true }), events),
  });
}

/**
 * Returns a device that is ready for work; its workers are started. `close` ends them: what is open then rejects with
 * accel.closed. An idle device does not keep the process alive, a waiting batch does. Batches hold 1024 items and 4 MiB
 * of messages unless the options say otherwise.
 * @errors accel.badOption, accel.badUserId; from `submit` besides: accel.batchFailed, accel.deviceFailed
 * @cost 1 to 3 ms an item and worker
 */
export function createReferenceDevice(options: ReferenceDeviceOptions): ReferenceDevice {
  const defaults = { batchItemsMax: BATCH_ITEMS_MAX, messageBytesMax: MESSAGE_BYTES_MAX };
  const capability = capabilityOf("reference", options, defaults);
  const { device, queues, runner } = createQueuedDevice(capability, (source) =>
    createRunner(source, options, capability.messageBytesMax),
  );
  return Object.freeze({
    ...device,
    statistics: () => ({ ...queues.statistics(), workerRestarts: runner.restarts }),
  });
}
