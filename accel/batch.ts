/**
 * Building a batch: items one after another into flat arrays that grow by doubling.
 *
 * The arrays of a taken batch belong to the device until its promise settles. Who gives them back afterwards
 * (`reuse`) saves the allocation: a steady stream of batches then allocates nothing but a few views a batch.
 *
 *   append append append -> take() -> device.submit(...) ... settled -> reuse(batch)
 */
import type { DeviceCapability, SignatureBatch } from "./device.ts";
import { PUBLIC_KEY_LENGTH, PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH } from "./device.ts";
import { AccelError } from "./errors.ts";

/** The bounds of a device that a batch has to keep; a `DeviceCapability` is one. */
export type BatchLimits = Pick<DeviceCapability, "batchItemsMax" | "messageBytesMax">;

/** Stands for an item that no device can accept: algorithm numbers begin at 1. */
const NO_ALGORITHM = 0;
const FIRST_ITEMS = 64;
const FIRST_MESSAGE_BYTES = 64 * 32;
/** Arenas kept for reuse: one being filled, one on the device and one settled are in use at the same time. */
const SPARES_MAX = 2;

/** The arrays of one batch at their full length. */
interface Arenas {
  algorithms: Uint8Array;
  publicKeys: Uint8Array;
  signatures: Uint8Array;
  messages: Uint8Array;
  messageOffsets: Uint32Array;
}

function createArenas(): Arenas {
  return {
    algorithms: new Uint8Array(FIRST_ITEMS),
    publicKeys: new Uint8Array(FIRST_ITEMS * PUBLIC_KEY_STRIDE),
    signatures: new Uint8Array(FIRST_ITEMS * SIGNATURE_LENGTH),
    messages: new Uint8Array(FIRST_MESSAGE_BYTES),
    messageOffsets: new Uint32Array(FIRST_ITEMS + 1),
  };
}

function grownBytes(bytes: Uint8Array, length: number): Uint8Array {
  const grown = new Uint8Array(length);
  grown.set(bytes);
  return grown;
}

function growItems(arenas: Arenas): void {
  const items = arenas.algorithms.length * 2;
  arenas.algorithms = grownBytes(arenas.algorithms, items);
  arenas.publicKeys = grownBytes(arenas.publicKeys, items * PUBLIC_KEY_STRIDE);
  arenas.signatures = grownBytes(arenas.signatures, items * SIGNATURE_LENGTH);
  const offsets = new Uint32Array(items + 1);
  offsets.set(arenas.messageOffsets);
  arenas.messageOffsets = offsets;
}

function growMessages(arenas: Arenas, bytesNeeded: number): void {
  let length = arenas.messages.length;
  while (length < bytesNeeded) length *= 2;
  arenas.messages = grownBytes(arenas.messages, length);
}

/** True when `publicKey` and `signature` have the lengths of `algorithm`. */
function isWellFormed(algorithm: number, publicKey: Uint8Array, signature: Uint8Array): boolean {
  const lengths: Readonly<Record<number, number>> = PUBLIC_KEY_LENGTH;
  return publicKey.length === lengths[algorithm] && signature.length === SIGNATURE_LENGTH;
}

export class SignatureBatchBuilder {
  readonly #limits: BatchLimits;
  readonly #spares: Arenas[] = [];
  readonly #taken = new WeakMap<SignatureBatch, Arenas>();
  #arenas = createArenas();
  #count = 0;
  #messageBytes = 0;

  /** @param limits  those of the device the batches go to, usually its `capability` */
  constructor(limits: BatchLimits) {
    this.#limits = { batchItemsMax: limits.batchItemsMax, messageBytesMax: limits.messageBytesMax };
  }

  /** Items appended since the last `take`. */
  get count(): number {
    return this.#count;
  }

  /** Message bytes appended since the last `take`. */
  get messageBytes(): number {
    return this.#messageBytes;
  }

  /** True when one more item with a message of `messageLength` bytes fits the batch. */
  hasRoomFor(messageLength: number): boolean {
    return (
      this.#count < this.#limits.batchItemsMax && this.#messageBytes + messageLength <= this.#limits.messageBytesMax
    );
  }

  /**
   * Copies the item behind the others and returns its index in the batch. An item that no device could accept (unknown
   * algorithm, wrong length of key or signature) takes its place too and gets verdict 0, so that indices stay in step.
   * @errors accel.batchTooLarge, accel.messagesTooLong   (the batch is unchanged; see `hasRoomFor`)
   */
  append(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): number {
    this.#checkRoom(message.length);
    this.#reserve(message.length);
    const index = this.#count;
    const { algorithms, publicKeys, signatures, messages, messageOffsets } = this.#arenas;
    publicKeys.fill(0, index * PUBLIC_KEY_STRIDE, (index + 1) * PUBLIC_KEY_STRIDE);
    if (isWellFormed(algorithm, publicKey, signature)) {
      algorithms[index] = algorithm;
      publicKeys.set(publicKey, index * PUBLIC_KEY_STRIDE);
      signatures.set(signature, index * SIGNATURE_LENGTH);
    } else {
      algorithms[index] = NO_ALGORITHM;
      signatures.fill(0, index * SIGNATURE_LENGTH, (index + 1) * SIGNATURE_LENGTH);
    }
    messages.set(message, this.#messageBytes);
    this.#messageBytes += message.length;
    this.#count = index + 1;
    messageOffsets[this.#count] = this.#messageBytes;
    return index;
  }

  /** Returns the items as one batch of views (nothing is copied) and begins the next, empty batch in other arrays. */
  take(): SignatureBatch {
    const arenas = this.#arenas;
    const count = this.#count;
    const batch: SignatureBatch = {
      count,
      algorithms: arenas.algorithms.subarray(0, count),
      publicKeys: arenas.publicKeys.subarray(0, count * PUBLIC_KEY_STRIDE),
      signatures: arenas.signatures.subarray(0, count * SIGNATURE_LENGTH),
      messages: arenas.messages.subarray(0, this.#messageBytes),
      messageOffsets: arenas.messageOffsets.subarray(0, count + 1),
    };
    this.#taken.set(batch, arenas);
    this.#arenas = this.#spares.pop() ?? createArenas();
    this.#count = 0;
    this.#messageBytes = 0;
    return batch;
  }

  /**
   * Takes back the arrays of a batch of this builder, whose bytes later batches overwrite. Call it once, after the
   * promise of `submit` has settled. A batch of another builder, or one given back before, is left alone.
   */
  reuse(batch: SignatureBatch): void {
    const arenas = this.#taken.get(batch);
    if (arenas === undefined) return;
    this.#taken.delete(batch);
    if (this.#spares.length < SPARES_MAX) this.#spares.push(arenas);
  }

  #checkRoom(messageLength: number): void {
    const { batchItemsMax, messageBytesMax } = this.#limits;
    if (this.#count >= batchItemsMax) {
      throw new AccelError("accel.batchTooLarge", `a batch of this device holds at most ${batchItemsMax} items`);
    }
    if (this.#messageBytes + messageLength > messageBytesMax) {
      throw new AccelError("accel.messagesTooLong", `a batch holds at most ${messageBytesMax} bytes of messages`);
    }
  }

  #reserve(messageLength: number): void {
    const needed = this.#messageBytes + messageLength;
    if (this.#count === this.#arenas.algorithms.length) growItems(this.#arenas);
    if (needed > this.#arenas.messages.length) growMessages(this.#arenas, needed);
  }
}
