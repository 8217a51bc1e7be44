/**
 * The reference device: the reference verifier behind the interface of a device with lanes.
 *
 *   submit -> LaneQueues (FIFO per lane, back-pressure) -> chunks -> ThreadRunner | WorkerRunner -> verdict bitmap
 *
 * It is the driver that always works, and the one that others are compared with.
 */
import { Worker } from "node:worker_threads";
import {
  ALGORITHMS,
  type DeviceCapability,
  type DeviceStatistics,
  LANE_COUNT,
  type SignatureDevice,
} from "../device.ts";
import { AccelError } from "../errors.ts";
import { LaneQueues } from "../lane-queues.ts";
import { SM2_DEFAULT_USER_ID } from "./sm2.ts";
import { type ChunkRunner, ThreadRunner } from "./thread-runner.ts";
import { createReferenceVerifier } from "./verify.ts";
import type { WorkerSettings } from "./worker-messages.ts";
import { WorkerRunner } from "./worker-runner.ts";

const WORKERS_MAX = LANE_COUNT;
const BATCH_ITEMS_MAX = 1024;
/** 4 KiB for each item of a full batch; a transaction signs 32 bytes. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Four full batches: a lane's wait stays below about 10 s of one worker. */
const QUEUED_ITEMS_MAX = 4 * BATCH_ITEMS_MAX;

export interface ReferenceDeviceOptions {
  /** Worker threads, 0..96. 0 verifies on the calling thread, a few items between turns of the event loop. */
  readonly workers: number;
  /** The identity that SM2 signatures bind; default `SM2_DEFAULT_USER_ID`. */
  readonly sm2UserId?: string | undefined;
  /** Items of one batch; default 1024. */
  readonly batchItemsMax?: number | undefined;
  /** Bytes of all messages of one batch; default 4 MiB. */
  readonly messageBytesMax?: number | undefined;
  /** Items that may wait on one lane, at least `batchItemsMax`; default 4096, or `batchItemsMax` if that is more. */
  readonly queuedItemsMax?: number | undefined;
  /** Starts a worker in place of `worker.js`; it must speak `worker-messages.ts`. For tests of what goes wrong. */
  readonly spawnWorker?: ((settings: WorkerSettings) => Worker) | undefined;
}

export interface ReferenceDeviceStatistics extends DeviceStatistics {
  /** Workers that died and were replaced. */
  readonly workerRestarts: number;
}

export interface ReferenceDevice extends SignatureDevice {
  statistics(): ReferenceDeviceStatistics;
}

function checkRange(name: string, value: number, min: number, max: number): number {
  if (Number.isSafeInteger(value) && value >= min && value <= max) return value;
  throw new AccelError("accel.badOption", `${name} is ${value}, must be a whole number in ${min}..${max}`);
}

function capabilityOf(options: ReferenceDeviceOptions): DeviceCapability {
  const itemsMax = checkRange("batchItemsMax", options.batchItemsMax ?? BATCH_ITEMS_MAX, 1, 2 ** 20);
  const messageBytesMax = checkRange("messageBytesMax", options.messageBytesMax ?? MESSAGE_BYTES_MAX, 1, 2 ** 30);
  const queuedItemsMax = options.queuedItemsMax ?? Math.max(QUEUED_ITEMS_MAX, itemsMax);
  return Object.freeze({
    name: "reference",
    lanes: LANE_COUNT,
    algorithms: Object.freeze(Object.values(ALGORITHMS)),
    batchItemsMax: itemsMax,
    messageBytesMax,
    queuedItemsMax: checkRange("queuedItemsMax", queuedItemsMax, itemsMax, 2 ** 24),
  });
}

/** worker.ts is worker.js after the build, beside this file. */
function spawnReferenceWorker(settings: WorkerSettings): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
}

function createRunner(queues: LaneQueues, options: ReferenceDeviceOptions): ChunkRunner {
  const workers = checkRange("workers", options.workers, 0, WORKERS_MAX);
  const sm2UserId = options.sm2UserId ?? SM2_DEFAULT_USER_ID;
  const verifier = createReferenceVerifier({ sm2UserId });
  if (workers === 0) return new ThreadRunner(queues, verifier);
  const spawn = options.spawnWorker ?? spawnReferenceWorker;
  return new WorkerRunner(queues, () => spawn({ sm2UserId }), workers);
}

/**
 * Returns a device that is ready for work; its workers are started. `close` ends them: what is open then rejects with
 * accel.closed. An idle device does not keep the process alive, a waiting batch does.
 * @errors accel.badOption, accel.badUserId; from `submit` besides: accel.batchFailed, accel.deviceFailed
 * @cost 1 to 3 ms an item and worker
 */
export function createReferenceDevice(options: ReferenceDeviceOptions): ReferenceDevice {
  const capability = capabilityOf(options);
  const queues: LaneQueues = new LaneQueues(capability, () => runner.wake());
  const runner = createRunner(queues, options);
  return Object.freeze({
    capability,
    canAcceptWork: (lane: number, itemCount: number) => queues.canAcceptWork(lane, itemCount),
    whenReady: (lane: number, itemCount: number) => queues.whenReady(lane, itemCount),
    submit: (lane: number, batch: Parameters<SignatureDevice["submit"]>[1]) => queues.submit(lane, batch),
    statistics: () => ({ ...queues.statistics(), workerRestarts: runner.restarts }),
    close: async () => {
      queues.failAll(new AccelError("accel.closed", "the device was closed"));
      await runner.close();
    },
  });
}
