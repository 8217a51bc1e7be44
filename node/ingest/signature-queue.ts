/**
 * Signature checks on the way to the accelerator, in batches that size themselves.
 *
 * All lanes share one list of what waits: a batch is worth more the larger it is, and the verdict of an item depends on
 * no other, so nothing is gained by keeping objects apart here. A batch leaves
 *
 *   at once             when none of ours is under way: an idle node sends one item alone. The first waits for the end of
 *                       the event loop's current round, so that a burst that arrived together goes together.
 *   when it is full     `batchItemsMax`
 *   when it is old      its first item has waited `batchWaitMs`
 *
 * and never when BATCHES_MAX of ours are under way: then the device is full, what arrives makes the next batches larger,
 * which it does faster, and so it catches up. Back-pressure goes on from there: what waits here counts against the pool's
 * bound on unverified transactions, and beyond it the door answers `ingest.busy`.
 *
 * A batch goes to the lane of its first item, or the next one with room.
 */
import { SignatureBatchBuilder } from "../../accel/batch.ts";
import type { Algorithm, SignatureBatch, SignatureDevice } from "../../accel/device.ts";
import { submitWhenReady } from "../../accel/submit.ts";
import { isAccepted } from "../../accel/verdicts.ts";
import { NodeError } from "../../vm/errors.ts";

/** Two for each of four threads: one that is verified and one behind it. */
const BATCHES_MAX = 8;

export interface SignatureItem {
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

interface Waiting {
  readonly lane: number;
  readonly item: SignatureItem;
  readonly sinceMs: number;
  readonly resolve: (accepted: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

export interface SignatureQueueOptions {
  readonly device: SignatureDevice;
  readonly batchItemsMax: number;
  /** Longest wait of an item for others, milliseconds. */
  readonly batchWaitMs: number;
  /** Milliseconds that only go forward; default the process's. */
  readonly clock?: () => number;
  /** Told the number of items of each batch and how long its first one waited, for metrics. */
  readonly onBatch?: (itemCount: number, waitedMs: number) => void;
}

export class SignatureQueue {
  readonly #options: SignatureQueueOptions;
  readonly #batchItemsMax: number;
  readonly #clock: () => number;
  readonly #builder: SignatureBatchBuilder;
  readonly #waiting: Waiting[] = [];
  #underWay = 0;
  /** A look at what waits is due at the end of the event loop's round. */
  #isLookDue = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SignatureQueueOptions) {
    this.#options = options;
    this.#clock = options.clock ?? (() => performance.now());
    this.#builder = new SignatureBatchBuilder(options.device.capability);
    this.#batchItemsMax = Math.min(options.batchItemsMax, options.device.capability.batchItemsMax);
  }

  /** Items that are in no batch yet. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /**
   * Resolves to the device's verdict.
   * @errors ingest.deviceFailed (NodeError): the device broke; no verdict is guessed
   */
  verify(lane: number, item: SignatureItem): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lane, item, sinceMs: this.#clock(), resolve, reject });
      if (this.#underWay === 0) this.#lookLater();
      else this.#look();
    });
  }

  #lookLater(): void {
    if (this.#isLookDue) return;
    this.#isLookDue = true;
    setImmediate(() => {
      this.#isLookDue = false;
      this.#look();
    });
  }

  /** Sends every batch that is to leave now, and sees to it that the oldest item left is looked at in time. */
  #look(): void {
    while (this.#underWay < BATCHES_MAX && this.#isBatchDue()) {
      void this.#send(this.#waiting.splice(0, this.#itemsThatFit()));
    }
    if (this.#waiting.length > 0 && this.#underWay > 0 && this.#underWay < BATCHES_MAX) this.#setTimer();
  }

  /** How many from the front go into one batch; one at least, which the device may refuse. */
  #itemsThatFit(): number {
    const { messageBytesMax } = this.#options.device.capability;
    const most = Math.min(this.#waiting.length, this.#batchItemsMax);
    let bytes = 0;
    for (let count = 0; count < most; count++) {
      bytes += this.#waiting[count]!.item.message.length;
      if (bytes > messageBytesMax) return Math.max(1, count);
    }
    return most;
  }

  #isBatchDue(): boolean {
    const first = this.#waiting[0];
    if (first === undefined) return false;
    if (this.#underWay === 0 || this.#waiting.length >= this.#batchItemsMax) return true;
    return this.#clock() - first.sinceMs >= this.#options.batchWaitMs;
  }

  #setTimer(): void {
    if (this.#timer !== undefined) return;
    const leftMs = this.#waiting[0]!.sinceMs + this.#options.batchWaitMs - this.#clock();
    this.#timer = setTimeout(
      () => {
        this.#timer = undefined;
        this.#look();
      },
      Math.max(1, Math.ceil(leftMs)),
    );
  }

  async #send(batch: readonly Waiting[]): Promise<void> {
    const { device, onBatch } = this.#options;
    const first = batch[0]!;
    onBatch?.(batch.length, this.#clock() - first.sinceMs);
    this.#underWay += 1;
    try {
      const signatures = this.#build(batch);
      const lane = this.#laneWithRoom(first.lane, batch.length);
      const verdicts = await submitWhenReady(device, lane, signatures);
      this.#builder.reuse(signatures);
      for (const [i, waiting] of batch.entries()) waiting.resolve(isAccepted(verdicts, i));
    } catch (cause) {
      const fault = new NodeError("ingest.deviceFailed", "The accelerator failed to give verdicts.", { cause });
      for (const waiting of batch) waiting.reject(fault);
    }
    this.#underWay -= 1;
    this.#look();
  }

  /** The first lane from `lane` on that takes so many items; `lane` itself when none does. */
  #laneWithRoom(lane: number, itemCount: number): number {
    const { capability } = this.#options.device;
    for (let step = 0; step < capability.lanes; step++) {
      const candidate = (lane + step) % capability.lanes;
      if (this.#options.device.canAcceptWork(candidate, itemCount)) return candidate;
    }
    return lane;
  }

  #build(batch: readonly Waiting[]): SignatureBatch {
    try {
      for (const { item } of batch) {
        this.#builder.append(item.algorithm, item.publicKey, item.signature, item.message);
      }
      return this.#builder.take();
    } catch (error) {
      // Nothing of a batch that was refused may stand before the next one.
      this.#builder.take();
      throw error;
    }
  }
}
