/**
 * A software model of the chip, as a device: 96 lanes, each a queue of its own on the far side of a hop.
 *
 *   submit --hop--> [ lane 0: batch | batch | batch ] --hop--> verdicts
 *                   [ lane 1: ...                   ]
 *
 * A lane works on one batch at a time, in the order of their arrival, for a fixed time a batch and a fixed time an
 * item; nothing moves from lane to lane. Times are reckoned in microseconds on a clock of the model's own, so that what
 * is due stands still only for the timers' grain (about 1 ms) at the end, not at every step. Verdicts are those of a real
 * verifier, so the model is a device like any other; who wants to plan schedules without that cost gives one that
 * knows the answers.
 *
 * What a schedule gives in throughput and latency is worked out in virtual time by `npm run bench -- accel-model`.
 */
import type { SignatureDevice, SignatureVerifier } from "../device.ts";
import { capabilityOf, checkRange, type LimitOptions } from "../device-options.ts";
import type { Chunk, LaneQueues } from "../lane-queues.ts";
import { createQueuedDevice } from "../queued-device.ts";
import { createReferenceVerifier } from "../reference/verify.ts";
import type { ChunkRunner } from "../thread-runner.ts";
import { verifyRangeInto } from "../verify-batch.ts";

export interface ModelDeviceOptions extends LimitOptions {
  /** Microseconds that a lane works on one item. */
  readonly serviceUs: number;
  /** Microseconds from here to the lane, and the same back. */
  readonly hopUs: number;
  /** Microseconds that a batch costs a lane besides its items; default 0. */
  readonly batchUs?: number | undefined;
  /** Decides the verdicts; default the reference verifier. */
  readonly verifier?: SignatureVerifier | undefined;
}

const BATCH_ITEMS_MAX = 4096;
const MESSAGE_BYTES_MAX = 4 * 1024 * 1024;
const TIME_US_MAX = 60_000_000;

/** A batch on the card, by when its verdicts are here. */
interface Travelling {
  readonly chunk: Chunk;
  readonly busyMs: number;
  readonly dueMs: number;
}

class ModelRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: LaneQueues;
  readonly #times: { readonly serviceUs: number; readonly hopUs: number; readonly batchUs: number };
  readonly #verifier: SignatureVerifier;
  /** When each lane has done all that is on its way to it. */
  readonly #laneFreeMs: Float64Array;
  /** By due time, the earliest last. */
  readonly #travelling: Travelling[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(source: LaneQueues, lanes: number, options: ModelDeviceOptions) {
    this.#source = source;
    this.#times = {
      serviceUs: checkRange("serviceUs", options.serviceUs, 0, TIME_US_MAX),
      hopUs: checkRange("hopUs", options.hopUs, 0, TIME_US_MAX),
      batchUs: checkRange("batchUs", options.batchUs ?? 0, 0, TIME_US_MAX),
    };
    this.#verifier = options.verifier ?? createReferenceVerifier();
    this.#laneFreeMs = new Float64Array(lanes);
  }

  wake(): void {
    const limits = { items: Number.POSITIVE_INFINITY, messageBytes: Number.POSITIVE_INFINITY };
    for (let chunk = this.#source.takeChunk(limits); chunk !== undefined; chunk = this.#source.takeChunk(limits)) {
      this.#send(chunk);
    }
    this.#arm();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#travelling.length = 0;
  }

  #send(chunk: Chunk): void {
    const { serviceUs, hopUs, batchUs } = this.#times;
    const busyMs = (batchUs + serviceUs * (chunk.to - chunk.from)) / 1000;
    const startMs = Math.max(performance.now() + hopUs / 1000, this.#laneFreeMs[chunk.lane]!);
    this.#laneFreeMs[chunk.lane] = startMs + busyMs;
    const travelling = { chunk, busyMs, dueMs: startMs + busyMs + hopUs / 1000 };
    const place = this.#travelling.findLastIndex(({ dueMs }) => dueMs > travelling.dueMs);
    this.#travelling.splice(place + 1, 0, travelling);
  }

  #arm(): void {
    const next = this.#travelling.at(-1);
    if (next === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#deliver(), Math.max(0, next.dueMs - performance.now()));
  }

  /** Delivers the next batch that is due, one a turn: the verifier may take its time. */
  #deliver(): void {
    const next = this.#travelling.at(-1);
    if (next !== undefined && next.dueMs <= performance.now()) {
      this.#travelling.pop();
      verifyRangeInto(next.chunk.verdicts, this.#verifier, next.chunk);
      this.#source.finishChunk(next.chunk, next.busyMs);
    }
    this.#arm();
  }
}

/**
 * Returns a model of the chip. Batches hold 4096 items and 4 MiB of messages unless the options say otherwise.
 * @errors accel.badOption
 */
export function createModelDevice(options: ModelDeviceOptions): SignatureDevice {
  const defaults = { batchItemsMax: BATCH_ITEMS_MAX, messageBytesMax: MESSAGE_BYTES_MAX };
  const capability = capabilityOf("model", options, defaults);
  return Object.freeze(
    createQueuedDevice(capability, (source) => new ModelRunner(source, capability.lanes, options)).device,
  );
}
