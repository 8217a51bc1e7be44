/**
 * What one thread of a node pays to put signatures through a device: items into a batch, submission, verdicts out.
 *
 * The device under it answers at once and computes nothing, so all that is measured is ours: the builder, the queues of
 * the lanes, the promises, the reading of the bitmap. What the node does with a transaction besides, before its signature
 * is sent (decoding, hashing its id), is measured apart.
 */
import { SignatureBatchBuilder } from "../../../accel/batch.ts";
import { ALGORITHMS, type SignatureDevice } from "../../../accel/device.ts";
import { capabilityOf } from "../../../accel/device-options.ts";
import { createHashes } from "../../../accel/hashes.ts";
import type { LaneQueues } from "../../../accel/lane-queues.ts";
import { createQueuedDevice } from "../../../accel/queued-device.ts";
import { submitWhenReady } from "../../../accel/submit.ts";
import type { ChunkRunner } from "../../../accel/thread-runner.ts";
import { acceptInto, isAccepted } from "../../../accel/verdicts.ts";
import { decodeTransaction, encodeTransaction, transactionIdOfBytes } from "../../../runtime/format/transaction.ts";
import { NodeError } from "../../../vm/errors.ts";
import { median } from "../harness.ts";
import { cpuNanoseconds } from "../machine.ts";

const SIZES = [1, 4, 16, 64, 256, 1024];
const ITEMS_PER_ROUND = 40_000;
const BATCHES_PER_ROUND = 4000;
const LIMITS = { batchItemsMax: 1024, messageBytesMax: 1 << 20 };

/** Accepts all it is given, at once. */
class InstantRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: LaneQueues;

  constructor(source: LaneQueues) {
    this.#source = source;
  }

  wake(): void {
    const limits = { items: LIMITS.batchItemsMax, messageBytes: LIMITS.messageBytesMax };
    for (let chunk = this.#source.takeChunk(limits); chunk !== undefined; chunk = this.#source.takeChunk(limits)) {
      for (let i = chunk.from; i < chunk.to; i++) acceptInto(chunk.verdicts, i);
      this.#source.finishChunk(chunk, 0);
    }
  }

  async close(): Promise<void> {}
}

function createInstantDevice(): SignatureDevice {
  const capability = capabilityOf("instant", {}, LIMITS);
  return createQueuedDevice(capability, (source) => new InstantRunner(source)).device;
}

export interface ThreadCost {
  readonly batchUs: number;
  readonly itemUs: number;
  /** Microseconds of one batch, by its items. */
  readonly bySize: readonly { readonly items: number; readonly us: number }[];
  /** Decoding a transaction and hashing its id. */
  readonly transactionUs: number;
}

async function batchesUs(device: SignatureDevice, items: number, batches: number): Promise<number> {
  const builder = new SignatureBatchBuilder(device.capability);
  const publicKey = new Uint8Array(32);
  const signature = new Uint8Array(64);
  const message = new Uint8Array(32);
  let accepted = 0;
  const start = cpuNanoseconds();
  for (let i = 0; i < batches; i++) {
    for (let k = 0; k < items; k++) builder.append(ALGORITHMS.ed25519, publicKey, signature, message);
    const batch = builder.take();
    const verdicts = await submitWhenReady(device, i % 96, batch);
    builder.reuse(batch);
    for (let k = 0; k < items; k++) if (isAccepted(verdicts, k)) accepted++;
  }
  const us = (cpuNanoseconds() - start) / 1000 / batches;
  if (accepted !== items * batches) throw new NodeError("bench.verdict", "a verdict was lost on the way");
  return us;
}

/** Time of one transaction of the usual size on the way in, until its signature is sent. */
function transactionUs(count: number): number {
  const hashes = createHashes();
  const bytes = encodeTransaction({
    chainId: "bench",
    algorithm: ALGORITHMS.ed25519,
    publicKey: new Uint8Array(32),
    contract: "payment",
    method: "transfer",
    args: new Uint8Array(64),
    gasLimit: 10_000_000,
    expiryHeight: 1000,
    salt: new Uint8Array(16),
    signature: new Uint8Array(64),
  });
  const start = cpuNanoseconds();
  for (let i = 0; i < count; i++) {
    const { publicKey } = decodeTransaction(bytes, { bytesMax: 65_536 });
    const id = transactionIdOfBytes(bytes, hashes);
    if (publicKey.length + id.length !== 64) throw new NodeError("bench.decode", "a transaction came out wrong");
  }
  return (cpuNanoseconds() - start) / 1000 / count;
}

/** The straight line of least squares of relative errors: the small batches count as much as the large ones. */
function fitLine(points: ThreadCost["bySize"]): { batchUs: number; itemUs: number } {
  const sums = { w: 0, x: 0, y: 0, xx: 0, xy: 0 };
  for (const { items: x, us: y } of points) {
    const w = 1 / (y * y);
    sums.w += w;
    sums.x += w * x;
    sums.y += w * y;
    sums.xx += w * x * x;
    sums.xy += w * x * y;
  }
  const itemUs = (sums.w * sums.xy - sums.x * sums.y) / (sums.w * sums.xx - sums.x * sums.x);
  return { itemUs, batchUs: Math.max(0, (sums.y - itemUs * sums.x) / sums.w) };
}

/** Resolves to the medians of interleaved rounds, in processor time. */
export async function measureThreadCost(rounds: number, progress: (text: string) => void): Promise<ThreadCost> {
  const device = createInstantDevice();
  const bySize = SIZES.map(() => [] as number[]);
  const transactions: number[] = [];
  for (let round = 0; round <= rounds; round++) {
    progress(`accel-model: cost of the thread, round ${round} of ${rounds}`);
    for (const [place, items] of SIZES.entries()) {
      const batches = Math.min(BATCHES_PER_ROUND, Math.ceil(ITEMS_PER_ROUND / items));
      const us = await batchesUs(device, items, batches);
      if (round > 0) bySize[place]!.push(us);
    }
    const us = transactionUs(ITEMS_PER_ROUND / 4);
    if (round > 0) transactions.push(us);
  }
  await device.close();
  const points = SIZES.map((items, place) => ({ items, us: median(bySize[place]!) }));
  return { ...fitLine(points), bySize: points, transactionUs: median(transactions) };
}
