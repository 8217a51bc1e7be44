/**
 * The wasm device: kernels compiled from accel/kernels, on worker threads, behind the interface of a device with lanes.
 *
 *   submit -> LaneQueues -> tasks (chunks of many lanes together) -> shared memory -> worker: one call an algorithm
 *
 * Each worker has an instance of its own, with its own tables of keys seen often, and lets it prove itself before its
 * first task. What a kernel cannot decide, the reference verifier decides in the same worker (range-verifier.ts).
 */
import { Worker } from "node:worker_threads";
import {
  ALGORITHMS,
  type Algorithm,
  type AlgorithmName,
  type DeviceStatistics,
  type SignatureBatch,
  type SignatureDevice,
  type VerdictBitmap,
} from "../device.ts";
import { capabilityOf, checkRange, type LimitOptions, WORKERS_MAX } from "../device-options.ts";
import { AccelError } from "../errors.ts";
import type { LaneQueues } from "../lane-queues.ts";
import { createQueuedDevice } from "../queued-device.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix } from "../reference/sm2.ts";
import { createReferenceVerifier } from "../reference/verify.ts";
import { type ChunkRunner, ThreadRunner } from "../thread-runner.ts";
import { type LinkEvents, type WorkerLink, WorkerPool } from "../worker-pool.ts";
import { createExchangeMemory, ExchangeSender } from "./exchange.ts";
import { type ChosenKernel, chooseKernel, type KernelVariant } from "./kernel-files.ts";
import { RangeVerifier } from "./range-verifier.ts";
import type { WorkerMessage, WorkerSettings } from "./worker-messages.ts";

/** What one kernel call takes. */
const BATCH_ITEMS_MAX = 4096;
/** 1 KiB for each item of a full batch; a transaction signs 32 bytes. */
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
/** Each worker has room for two batches' messages in shared memory. */
const MESSAGE_BYTES_LIMIT = 256 * 1024 * 1024;
/** Below this a batch equation loses more than a second worker brings; above, it gains little more. */
const TASK_ITEMS_MIN = 64;
const TASK_ITEMS_MAX = 1024;
/** On the calling thread: about 4 ms of kernels. */
const TURN_ITEMS = 256;
const DEADLINE_MS = 10_000;

export interface WasmDeviceOptions extends LimitOptions {
  /** Worker threads, 0..96. 0 verifies on the calling thread, some items between turns of the event loop. */
  readonly workers: number;
  /** The identity that SM2 signatures bind; default `SM2_DEFAULT_USER_ID`. */
  readonly sm2UserId?: string | undefined;
  /** A worker that does not answer within this time and 30 ms for each item is ended; default 10,000 ms. */
  readonly deadlineMs?: number | undefined;
  /** Where the compiled kernels lie; default build/kernels of the project. */
  readonly kernelFolder?: string | undefined;
  /** This variant and no other; default the fastest that works here. */
  readonly kernelVariant?: KernelVariant | undefined;
  /** Starts a worker in place of `worker.js`; it must do as worker.ts does. For tests of what goes wrong. */
  readonly spawnWorker?: ((settings: WorkerSettings) => Worker) | undefined;
}

export interface WasmDeviceStatistics extends DeviceStatistics {
  /** Workers that died or hung and were replaced. */
  readonly workerRestarts: number;
  readonly kernelVariant: KernelVariant;
  /** Algorithms that the kernel decides in every worker that has said so. */
  readonly kernelAlgorithms: readonly AlgorithmName[];
  /** Items that the reference verifier decided: malformed ones, and all those of an algorithm without a kernel. */
  readonly fallbackItems: number;
}

export interface WasmDevice extends SignatureDevice {
  statistics(): WasmDeviceStatistics;
}

/** What the workers say about their kernels. */
class KernelReports {
  #fallbackItems = 0;
  #algorithms: readonly Algorithm[] = Object.values(ALGORITHMS);

  get fallbackItems(): number {
    return this.#fallbackItems;
  }

  get names(): readonly AlgorithmName[] {
    const names = Object.keys(ALGORITHMS) as AlgorithmName[];
    return names.filter((name) => this.#algorithms.includes(ALGORITHMS[name]));
  }

  /** An algorithm that is missing in one worker does not come back: what it cost is to be seen. */
  add(algorithms: readonly Algorithm[], fallbackItems: number): void {
    this.#fallbackItems += fallbackItems;
    if (this.#algorithms.every((algorithm) => algorithms.includes(algorithm))) return;
    this.#algorithms = this.#algorithms.filter((algorithm) => algorithms.includes(algorithm));
  }
}

/** worker.ts is worker.js after the build, beside this file. */
function spawnWasmWorker(settings: WorkerSettings): Worker {
  return new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
}

function linkBySharedMemory(
  spawn: (settings: WorkerSettings) => Worker,
  settings: WorkerSettings,
  events: LinkEvents,
  reports: KernelReports,
): WorkerLink {
  const worker = spawn(settings);
  const sender = new ExchangeSender(settings.memory);
  let answered = 0;
  worker.on("message", (message: WorkerMessage) => {
    reports.add(message.algorithms, message.kind === "answer" ? message.fallbackItems : 0);
    if (message.kind === "ready") events.ready();
    else if (message.id === answered++) events.answer(message.verdicts, message.busyMs);
    else events.broken(new AccelError("accel.deviceFailed", "a worker answered what it was not asked"));
  });
  return { worker, send: (task) => sender.send(task) };
}

interface RunnerParts {
  readonly options: WasmDeviceOptions;
  readonly kernel: ChosenKernel;
  readonly reports: KernelReports;
  readonly messageBytesMax: number;
  readonly batchItemsMax: number;
}

function createThreadRunner(queues: LaneQueues, parts: RunnerParts): ChunkRunner {
  const { kernel, reports, options, messageBytesMax } = parts;
  const sm2UserId = options.sm2UserId ?? SM2_DEFAULT_USER_ID;
  const reference = createReferenceVerifier({ sm2UserId });
  const verifier = new RangeVerifier(kernel.kernel, reference, sm2UserIdPrefix(sm2UserId), kernel.check);
  reports.add(verifier.algorithms, 0);
  const verify = (verdicts: VerdictBitmap, batch: SignatureBatch): void => {
    const before = verifier.fallbackItems;
    verifier.verifyInto(verdicts, { batch, from: 0, to: batch.count });
    reports.add(verifier.algorithms, verifier.fallbackItems - before);
  };
  return new ThreadRunner(queues, verify, { items: TURN_ITEMS, messageBytes: messageBytesMax });
}

function createRunner(queues: LaneQueues, parts: RunnerParts): ChunkRunner {
  const { options, kernel, reports, messageBytesMax, batchItemsMax } = parts;
  const workers = checkRange("workers", options.workers, 0, WORKERS_MAX);
  const deadlineMs = checkRange("deadlineMs", options.deadlineMs ?? DEADLINE_MS, 1, 2 ** 31 - 1);
  if (workers === 0) return createThreadRunner(queues, parts);
  const taskItemsMax = Math.min(TASK_ITEMS_MAX, batchItemsMax);
  const sm2UserId = options.sm2UserId ?? SM2_DEFAULT_USER_ID;
  const spawn = options.spawnWorker ?? spawnWasmWorker;
  return new WorkerPool(queues, {
    workers,
    taskItemsMin: Math.min(TASK_ITEMS_MIN, taskItemsMax),
    taskItemsMax,
    messageBytesMax,
    deadlineMs,
    connect: (events) => {
      const memory = createExchangeMemory(taskItemsMax, messageBytesMax);
      return linkBySharedMemory(spawn, { module: kernel.module, sm2UserId, memory }, events, reports);
    },
  });
}

/**
 * Returns a device that is ready for work; its workers are started. `close` ends them: what is open then rejects with
 * accel.closed. An idle device does not keep the process alive, a waiting batch does. Batches hold 4096 items and 4 MiB
 * of messages unless the options say otherwise.
 * @errors accel.badOption, accel.badUserId, accel.noKernels; from `submit` besides: accel.batchFailed,
 * accel.deviceFailed
 */
export function createWasmDevice(options: WasmDeviceOptions): WasmDevice {
  checkRange("messageBytesMax", options.messageBytesMax ?? MESSAGE_BYTES_MAX, 1, MESSAGE_BYTES_LIMIT);
  sm2UserIdPrefix(options.sm2UserId ?? SM2_DEFAULT_USER_ID);
  const defaults = { batchItemsMax: BATCH_ITEMS_MAX, messageBytesMax: MESSAGE_BYTES_MAX };
  const capability = capabilityOf("wasm", options, defaults);
  const kernel = chooseKernel(options.kernelFolder, options.kernelVariant);
  const reports = new KernelReports();
  const { messageBytesMax, batchItemsMax } = capability;
  const { device, queues, runner } = createQueuedDevice(capability, (source) =>
    createRunner(source, { options, kernel, reports, messageBytesMax, batchItemsMax }),
  );
  return Object.freeze({
    ...device,
    statistics: () => ({
      ...queues.statistics(),
      workerRestarts: runner.restarts,
      kernelVariant: kernel.variant,
      kernelAlgorithms: reports.names,
      fallbackItems: reports.fallbackItems,
    }),
  });
}
