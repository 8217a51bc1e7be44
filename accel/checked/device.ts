/**
 * A fast device that is trusted but checked: a share of its verdicts is computed again by the reference, and the first
 * one that differs ends the trust.
 *
 *   submit -> LaneQueues -> fast device: all items         -> equal: verdicts
 *                        -> reference: some, drawn by chance -> not: quarantine, all by the reference
 *
 * What is checked. Each verdict with the same chance, drawn so that nobody can foresee it (sampler.ts), whatever it
 * says. And every refusal of a well-formed item, as long as there are few: honest senders' signatures are good, so a
 * refusal is either someone's mistake, which costs one verification more, or the device's, which would lose an honest
 * transaction. Someone who sends bad signatures by the thousand gets an allowance (64 a second): the reference is a
 * hundred times slower than kernels, and a rule without a bound would let him choose how slow the node is. What exceeds
 * the allowance is sampled like all else.
 *
 * A batch settles after its check, so a difference that is found is never delivered.
 *
 * Quarantine. A difference, a verdict bitmap of another shape, a rejection that the caller did not cause, or no answer
 * in time: the fast device is closed, the alarm is told once, and every batch that is open is decided by the reference,
 * as is all that comes later. No request is lost and none is answered twice. A new device is the only way back: someone
 * has to look at what happened.
 */
import { SignatureBatchBuilder } from "../batch.ts";
import {
  type Algorithm,
  type DeviceCapability,
  type DeviceStatistics,
  PUBLIC_KEY_LENGTH,
  PUBLIC_KEY_STRIDE,
  SIGNATURE_LENGTH,
  type SignatureBatch,
  type SignatureDevice,
  type VerdictBitmap,
} from "../device.ts";
import { checkRange } from "../device-options.ts";
import { AccelError } from "../errors.ts";
import type { Chunk, LaneQueues } from "../lane-queues.ts";
import { createQueuedDevice } from "../queued-device.ts";
import { submitWhenReady } from "../submit.ts";
import type { ChunkRunner } from "../thread-runner.ts";
import { copyVerdictsInto, createVerdicts, isAccepted } from "../verdicts.ts";
import { Allowance, type RandomFraction, Sampler } from "./sampler.ts";

/** At 1 to 2 ms a check, 0.1 % of the items cost a tenth of a core at 100,000 signatures a second. */
const SAMPLE_EVERY = 1024;
const REFUSALS_PER_SECOND = 64;
const HANG_MS = 30_000;
/** As for the workers of a pool: what an item may take on top. */
const ITEM_HANG_MS = 30;
/** A device that does not let go is left behind after this. */
const CLOSE_MS = 5000;
const EVIDENCE_MESSAGE_BYTES = 1024;

export type QuarantineKind = "mismatch" | "badAnswer" | "failed" | "hung";

/** What an operator needs to see the difference again; bytes are hex, the message is cut after 1 KiB. */
export interface MismatchEvidence {
  readonly algorithm: number;
  readonly publicKey: string;
  readonly signature: string;
  readonly message: string;
  readonly messageBytes: number;
  readonly deviceVerdict: boolean;
  readonly referenceVerdict: boolean;
}

export interface Quarantine {
  readonly kind: QuarantineKind;
  /** Name of the device that is out. */
  readonly device: string;
  readonly message: string;
  readonly evidence?: MismatchEvidence;
  readonly cause?: unknown;
}

export interface CheckedDeviceOptions {
  /** Is closed with this device, or when it is quarantined. */
  readonly fast: SignatureDevice;
  /** Checks the samples. Is closed with this device. */
  readonly reference: SignatureDevice;
  /** Makes the device that decides everything after a quarantine; default `reference` itself. */
  readonly createFallback?: (() => SignatureDevice) | undefined;
  /** One verdict of so many is checked, on average; 1: every one, 0: none. Default 1024. */
  readonly sampleEvery?: number | undefined;
  /** Refusals of well-formed items that are checked besides, in any second; default 64. */
  readonly refusalsPerSecond?: number | undefined;
  /** The fast device hangs when nothing of it settles for so long, and 30 ms for each open item; default 30,000. */
  readonly hangMs?: number | undefined;
  /** Told once, when the fast device is quarantined. */
  readonly onQuarantine?: ((quarantine: Quarantine) => void) | undefined;
  /** For tests that need the same draws again. */
  readonly random?: RandomFraction | undefined;
}

export interface CheckedDeviceStatistics extends DeviceStatistics {
  readonly quarantine: Quarantine | null;
  /** Items that the reference decided again. */
  readonly checkedItems: number;
  /** Checks that were other than the fast device's verdict; more than one when several were under way. */
  readonly mismatches: number;
  /** Items that the reference decided in place of the fast device. */
  readonly fallbackItems: number;
  readonly fast: DeviceStatistics;
  readonly reference: DeviceStatistics;
}

export interface CheckedDevice extends SignatureDevice {
  statistics(): CheckedDeviceStatistics;
}

/** A batch on the fast device. */
interface Attempt {
  readonly items: number;
  /** The caller waits no more for the fast device. */
  readonly giveUp: () => void;
}

/** Items that the reference decides again, and what it will say. */
interface Check {
  readonly indices: readonly number[];
  readonly answers: Promise<VerdictBitmap>;
}

const NO_ANSWERS = Promise.resolve(createVerdicts(0));
const KEY_LENGTHS: Readonly<Record<number, number>> = PUBLIC_KEY_LENGTH;

/** The chunk as a batch of views; the whole batch is the usual case. */
function viewOf({ batch, from, to }: Chunk): SignatureBatch {
  if (from === 0 && to === batch.count) return batch;
  return {
    count: to - from,
    algorithms: batch.algorithms.subarray(from, to),
    publicKeys: batch.publicKeys.subarray(from * PUBLIC_KEY_STRIDE, to * PUBLIC_KEY_STRIDE),
    signatures: batch.signatures.subarray(from * SIGNATURE_LENGTH, to * SIGNATURE_LENGTH),
    messages: batch.messages,
    messageOffsets: batch.messageOffsets.subarray(from, to + 1),
  };
}

interface ItemBytes {
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

function itemOf(batch: SignatureBatch, index: number): ItemBytes {
  const algorithm = batch.algorithms[index]!;
  const keyStart = index * PUBLIC_KEY_STRIDE;
  const keyLength = KEY_LENGTHS[algorithm] ?? 0;
  return {
    algorithm,
    publicKey: batch.publicKeys.subarray(keyStart, keyStart + keyLength),
    signature: batch.signatures.subarray(index * SIGNATURE_LENGTH, (index + 1) * SIGNATURE_LENGTH),
    message: batch.messages.subarray(batch.messageOffsets[index], batch.messageOffsets[index + 1]),
  };
}

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function evidenceOf(batch: SignatureBatch, index: number, deviceVerdict: boolean): MismatchEvidence {
  const { algorithm, publicKey, signature, message } = itemOf(batch, index);
  return {
    algorithm,
    publicKey: hexOf(publicKey),
    signature: hexOf(signature),
    message: hexOf(message.subarray(0, EVIDENCE_MESSAGE_BYTES)),
    messageBytes: message.length,
    deviceVerdict,
    referenceVerdict: !deviceVerdict,
  };
}

/** True when the bitmap has the bytes of `count` items and nothing behind them. */
function isBitmapOf(verdicts: unknown, count: number): verdicts is VerdictBitmap {
  if (!(verdicts instanceof Uint8Array) || verdicts.length !== (count + 7) >> 3) return false;
  return (count & 7) === 0 || verdicts.at(-1)! >> (count & 7) === 0;
}

class CheckedRunner implements ChunkRunner {
  readonly restarts = 0;
  readonly #source: LaneQueues;
  readonly #options: CheckedDeviceOptions;
  readonly #sampler: Sampler;
  readonly #refusals: Allowance;
  readonly #hangMs: number;
  readonly #attempts = new Set<Attempt>();
  /** The fast device for who waits at it; when it is out nobody waits any more, whatever it says about its room. */
  readonly #door: Pick<SignatureDevice, "canAcceptWork" | "whenReady" | "submit">;
  #fallback: SignatureDevice;
  #quarantine: Quarantine | null = null;
  #openItems = 0;
  #lastProgressMs = 0;
  #watch: NodeJS.Timeout | undefined;
  #checkedItems = 0;
  #mismatches = 0;
  #fallbackItems = 0;
  #isClosed = false;

  constructor(source: LaneQueues, options: CheckedDeviceOptions) {
    this.#source = source;
    this.#options = options;
    this.#fallback = options.reference;
    this.#door = this.#doorOf(options.fast);
    const sampleEvery = checkRange("sampleEvery", options.sampleEvery ?? SAMPLE_EVERY, 0, 2 ** 31 - 1);
    const refusals = checkRange("refusalsPerSecond", options.refusalsPerSecond ?? REFUSALS_PER_SECOND, 0, 2 ** 20);
    this.#hangMs = checkRange("hangMs", options.hangMs ?? HANG_MS, 1, 2 ** 30);
    this.#sampler = new Sampler(sampleEvery, options.random);
    this.#refusals = new Allowance(refusals, performance.now());
  }

  get counts() {
    return {
      quarantine: this.#quarantine,
      checkedItems: this.#checkedItems,
      mismatches: this.#mismatches,
      fallbackItems: this.#fallbackItems,
    };
  }

  /** Whoever decides after a quarantine. */
  get fallback(): SignatureDevice {
    return this.#fallback;
  }

  wake(): void {
    const limits = { items: this.#options.fast.capability.batchItemsMax, messageBytes: Number.POSITIVE_INFINITY };
    for (let chunk = this.#source.takeChunk(limits); chunk !== undefined; chunk = this.#source.takeChunk(limits)) {
      void this.#decide(chunk);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#watch);
    const { fast, reference } = this.#options;
    await Promise.all([closeInTime(fast), reference.close(), this.#fallback.close()]);
  }

  async #decide(chunk: Chunk): Promise<void> {
    const batch = viewOf(chunk);
    try {
      const trusted = this.#quarantine === null ? await this.#byFast(chunk, batch) : undefined;
      const verdicts = trusted ?? (await this.#byFallback(chunk, batch));
      copyVerdictsInto({ verdicts: chunk.verdicts, at: chunk.from }, { verdicts, at: 0 }, batch.count);
      this.#source.finishChunk(chunk, 0);
    } catch (error) {
      this.#failChunk(chunk, error);
    }
  }

  /** The reference did not give verdicts: there is nobody else to ask. */
  #failChunk(chunk: Chunk, error: unknown): void {
    if (this.#isClosed || chunk.signal?.aborted === true) return;
    if (error instanceof AccelError && error.code === "accel.batchFailed") this.#source.failBatch(chunk, error);
    else {
      const message = "the reference that checks a device failed";
      this.#source.failAll(new AccelError("accel.deviceFailed", message, { cause: error }));
    }
  }

  /**
   * Resolves to verdicts that may be delivered; undefined when the fast device's are not to be used. What chance draws is
   * known before, so the reference works on it while the fast device works on the batch.
   */
  async #byFast(chunk: Chunk, batch: SignatureBatch): Promise<VerdictBitmap | undefined> {
    const sample = this.#check(chunk, batch, this.#sampler.draw(batch.count));
    const verdicts = await this.#attempt(chunk, batch);
    if (verdicts === undefined) return undefined;
    const refusals = this.#check(chunk, batch, this.#drawRefusals(batch, verdicts, sample.indices));
    const isRight = await this.#agree(batch, verdicts, [sample, refusals]);
    // Another batch may have ended the trust while this one was checked.
    return isRight && this.#quarantine === null ? verdicts : undefined;
  }

  #doorOf(fast: SignatureDevice): Pick<SignatureDevice, "canAcceptWork" | "whenReady" | "submit"> {
    return {
      canAcceptWork: (lane, itemCount) => this.#quarantine !== null || fast.canAcceptWork(lane, itemCount),
      whenReady: (lane, itemCount) => fast.whenReady(lane, itemCount),
      submit: async (lane, batch, options) => {
        if (this.#quarantine === null) return await fast.submit(lane, batch, options);
        throw new AccelError("accel.deviceFailed", "the device is given up");
      },
    };
  }

  /** Resolves to a copy of what the fast device says; undefined when it says nothing of use. */
  #attempt({ lane, signal }: Chunk, batch: SignatureBatch): Promise<VerdictBitmap | undefined> {
    return new Promise((resolve) => {
      const attempt: Attempt = { items: batch.count, giveUp: () => resolve(undefined) };
      this.#begin(attempt);
      submitWhenReady(this.#door, lane, batch, { signal }).then(
        (verdicts) => {
          this.#end(attempt);
          if (isBitmapOf(verdicts, batch.count)) resolve(verdicts.slice());
          else this.#endTrust({ kind: "badAnswer", message: `no bitmap of ${batch.count} verdicts` }, attempt);
        },
        (cause: unknown) => {
          this.#end(attempt);
          if (signal?.aborted === true || this.#isClosed) attempt.giveUp();
          else this.#endTrust({ kind: "failed", message: "it rejected a batch", cause }, attempt);
        },
      );
    });
  }

  /** The reference begins to decide these items. */
  #check(chunk: Chunk, batch: SignatureBatch, indices: readonly number[]): Check {
    if (indices.length === 0) return { indices, answers: NO_ANSWERS };
    this.#checkedItems += indices.length;
    const answers = this.#ask(this.#options.reference, chunk, batch, indices);
    // When the fast device does not answer, nobody waits for these.
    answers.catch(() => undefined);
    return { indices, answers };
  }

  /** Resolves to true when the reference says what the fast device says; ends the trust when not. */
  async #agree(batch: SignatureBatch, verdicts: VerdictBitmap, checks: readonly Check[]): Promise<boolean> {
    for (const { indices, answers } of checks) {
      const bits = await answers;
      const wrong = indices.find((index, i) => isAccepted(verdicts, index) !== isAccepted(bits, i));
      if (wrong === undefined) continue;
      this.#mismatches++;
      const evidence = evidenceOf(batch, wrong, isAccepted(verdicts, wrong));
      this.#endTrust({ kind: "mismatch", message: "a verdict is not the reference's", evidence });
      return false;
    }
    return true;
  }

  /** Refused items to check besides those that were drawn, as far as the allowance goes. */
  #drawRefusals(batch: SignatureBatch, verdicts: VerdictBitmap, drawn: readonly number[]): number[] {
    const refused: number[] = [];
    const isDrawn = new Set(drawn);
    for (let i = 0; i < batch.count; i++) {
      const isWellFormed = KEY_LENGTHS[batch.algorithms[i]!] !== undefined;
      if (!isAccepted(verdicts, i) && isWellFormed && !isDrawn.has(i)) refused.push(i);
    }
    return refused.slice(0, this.#refusals.take(refused.length, performance.now()));
  }

  async #byFallback(chunk: Chunk, batch: SignatureBatch): Promise<VerdictBitmap> {
    if (chunk.signal?.aborted === true) return createVerdicts(batch.count);
    this.#fallbackItems += batch.count;
    const all = Array.from({ length: batch.count }, (_, i) => i);
    return await this.#ask(this.#fallback, chunk, batch, all);
  }

  /** Resolves to one bit for each index, in their order; in pieces, where the device takes no batch so large. */
  async #ask(
    device: SignatureDevice,
    { lane, signal }: Chunk,
    batch: SignatureBatch,
    indices: readonly number[],
  ): Promise<VerdictBitmap> {
    const answers = createVerdicts(indices.length);
    const builder = new SignatureBatchBuilder(device.capability);
    const pieces: Promise<void>[] = [];
    let at = 0;
    const send = (): void => {
      const start = at;
      const { count } = builder;
      at += count;
      const settled = submitWhenReady(device, lane, builder.take(), { signal });
      pieces.push(
        settled.then((verdicts) => copyVerdictsInto({ verdicts: answers, at: start }, { verdicts, at: 0 }, count)),
      );
    };
    for (const index of indices) {
      const { algorithm, publicKey, signature, message } = itemOf(batch, index);
      if (!builder.hasRoomFor(message.length)) send();
      builder.append(algorithm as Algorithm, publicKey, signature, message);
    }
    send();
    await Promise.all(pieces);
    return answers;
  }

  #begin(attempt: Attempt): void {
    if (this.#attempts.size === 0) this.#lastProgressMs = performance.now();
    this.#attempts.add(attempt);
    this.#openItems += attempt.items;
    this.#watchForHang();
  }

  #end(attempt: Attempt): void {
    if (!this.#attempts.delete(attempt)) return;
    this.#openItems -= attempt.items;
    this.#lastProgressMs = performance.now();
    if (this.#attempts.size > 0) return;
    clearTimeout(this.#watch);
    this.#watch = undefined;
  }

  /** The timer keeps the process alive: a device that hangs may have nothing left that would. */
  #watchForHang(): void {
    if (this.#watch !== undefined) return;
    const dueMs = this.#lastProgressMs + this.#hangMs + ITEM_HANG_MS * this.#openItems;
    this.#watch = setTimeout(() => this.#lookForHang(dueMs), Math.max(1, dueMs - performance.now()));
  }

  #lookForHang(askedMs: number): void {
    this.#watch = undefined;
    const allowedMs = this.#hangMs + ITEM_HANG_MS * this.#openItems;
    if (this.#lastProgressMs + allowedMs > askedMs) this.#watchForHang();
    // Answers may lie in the mailbox when it was this thread that stood still: they are read before the timer's turn ends.
    else setImmediate(() => this.#endHang(askedMs - allowedMs));
  }

  #endHang(progressMs: number): void {
    if (this.#attempts.size === 0 || this.#quarantine !== null) return;
    if (this.#lastProgressMs > progressMs) this.#watchForHang();
    else this.#endTrust({ kind: "hung", message: `nothing settled for ${this.#hangMs} ms` });
  }

  /** The fast device is out; what is open on it goes to the fallback. */
  #endTrust(reason: Omit<Quarantine, "device">, attempt?: Attempt): void {
    if (this.#quarantine === null) {
      const { fast, createFallback, onQuarantine } = this.#options;
      this.#quarantine = { ...reason, device: fast.capability.name };
      if (createFallback !== undefined) this.#fallback = createFallback();
      onQuarantine?.(this.#quarantine);
      void closeInTime(fast);
    }
    attempt?.giveUp();
    for (const open of [...this.#attempts]) {
      this.#end(open);
      open.giveUp();
    }
  }
}

/** Resolves when the device has closed, or does not in time; never rejects: nobody waits for it any more. */
async function closeInTime(device: SignatureDevice): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, CLOSE_MS);
  });
  await Promise.race([device.close().catch(() => undefined), late]);
  clearTimeout(timer);
}

function capabilityOf({ fast, reference }: CheckedDeviceOptions): DeviceCapability {
  const { capability } = fast;
  return Object.freeze({
    ...capability,
    name: `${capability.name}, checked`,
    messageBytesMax: Math.min(capability.messageBytesMax, reference.capability.messageBytesMax),
  });
}

function sumByLane(a: readonly number[], b: readonly number[]): readonly number[] {
  return a.map((busyMs, lane) => busyMs + (b[lane] ?? 0));
}

/**
 * Returns a device with the limits of the fast one, whose verdicts are checked. It owns the devices it is given.
 * @errors accel.badOption; from `submit` besides: accel.batchFailed, accel.deviceFailed, from the reference only
 */
export function createCheckedDevice(options: CheckedDeviceOptions): CheckedDevice {
  const { device, queues, runner } = createQueuedDevice(capabilityOf(options), (source) => {
    return new CheckedRunner(source, options);
  });
  return Object.freeze({
    ...device,
    statistics: (): CheckedDeviceStatistics => {
      const fast = options.fast.statistics();
      const reference = runner.fallback.statistics();
      return {
        ...queues.statistics(),
        ...runner.counts,
        busyMs: fast.busyMs + reference.busyMs,
        laneBusyMs: sumByLane(fast.laneBusyMs, reference.laneBusyMs),
        fast,
        reference,
      };
    },
  });
}
