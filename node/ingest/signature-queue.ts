/**
 * Signature checks on the way to the accelerator, in batches that size themselves.
 *
 * One batch of a lane is under way at a time, and what arrives meanwhile is the lane's next batch. So an idle node
 * sends one item at once, and a loaded one sends full batches, without a timer and without a tuning knob but the
 * largest batch. The first item of an idle lane waits for the end of the event loop's current round, so that a burst
 * that arrived together goes together. Back-pressure is the device's: a lane without room waits for `whenReady`, and
 * the pool's bound, which counts these items too, shuts the door.
 */
import { SignatureBatchBuilder } from "../../accel/batch.ts";
import type { Algorithm, SignatureBatch, SignatureDevice } from "../../accel/device.ts";
import { submitWhenReady } from "../../accel/submit.ts";
import { isAccepted } from "../../accel/verdicts.ts";
import { NodeError } from "../../vm/errors.ts";

export interface SignatureItem {
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

interface Waiting {
  readonly item: SignatureItem;
  readonly resolve: (accepted: boolean) => void;
  readonly reject: (reason: unknown) => void;
}

export interface SignatureQueueOptions {
  readonly device: SignatureDevice;
  readonly batchItemsMax: number;
  /** Told the number of items of each batch, for metrics. */
  readonly onBatch?: (itemCount: number) => void;
}

export class SignatureQueue {
  readonly #options: SignatureQueueOptions;
  readonly #batchItemsMax: number;
  readonly #builder: SignatureBatchBuilder;
  readonly #lanes = new Map<number, Waiting[]>();

  constructor(options: SignatureQueueOptions) {
    this.#options = options;
    this.#builder = new SignatureBatchBuilder(options.device.capability);
    this.#batchItemsMax = Math.min(options.batchItemsMax, options.device.capability.batchItemsMax);
  }

  /**
   * Resolves to the device's verdict.
   * @errors ingest.deviceFailed (NodeError): the device broke; no verdict is guessed
   */
  verify(lane: number, item: SignatureItem): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { item, resolve, reject };
      const queue = this.#lanes.get(lane);
      if (queue !== undefined) {
        queue.push(waiting);
        return;
      }
      this.#lanes.set(lane, [waiting]);
      setImmediate(() => void this.#drain(lane));
    });
  }

  /** Sends the lane's items, batch after batch, until none waits; the lane then leaves the map and is idle. */
  async #drain(lane: number): Promise<void> {
    for (;;) {
      const queue = this.#lanes.get(lane) ?? [];
      const batch = queue.splice(0, this.#batchItemsMax);
      if (batch.length === 0) break;
      await this.#send(lane, batch);
    }
    this.#lanes.delete(lane);
  }

  async #send(lane: number, batch: readonly Waiting[]): Promise<void> {
    const { device } = this.#options;
    this.#options.onBatch?.(batch.length);
    try {
      const signatures = this.#build(batch);
      const verdicts = await submitWhenReady(device, lane, signatures);
      this.#builder.reuse(signatures);
      batch.forEach((waiting, i) => {
        waiting.resolve(isAccepted(verdicts, i));
      });
    } catch (cause) {
      const fault = new NodeError("ingest.deviceFailed", "The accelerator failed to give verdicts.", { cause });
      for (const waiting of batch) waiting.reject(fault);
    }
  }

  #build(batch: readonly Waiting[]): SignatureBatch {
    for (const { item } of batch) {
      this.#builder.append(item.algorithm, item.publicKey, item.signature, item.message);
    }
    return this.#builder.take();
  }
}
