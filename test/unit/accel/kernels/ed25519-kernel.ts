/** The kernel of ed25519 called as its driver calls it, for tests and measurements. */
import { randomBytes } from "node:crypto";
import { PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH } from "../../../../accel/device.ts";
import { instantiateKernel } from "./kernel-modules.ts";

export interface Ed25519Item {
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

interface SignatureExports {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly seed: (pointer: number) => void;
  readonly isFused: () => number;
  readonly ed25519Verify: (
    count: number,
    items: number,
    publicKeys: number,
    signatures: number,
    messages: number,
    messageOffsets: number,
    verdicts: number,
  ) => void;
}

/** What is written where a verdict belongs beforehand: neither of the two. */
const UNTOUCHED = 0xa5;

export class Ed25519Kernel {
  readonly #exports: SignatureExports;

  /** @param name  a module of build/kernels */
  constructor(name = "signatures") {
    this.#exports = instantiateKernel<SignatureExports>(name);
    const start = this.#exports.arena(32);
    new Uint8Array(this.#exports.memory.buffer, start, 32).set(randomBytes(32));
    this.#exports.seed(start);
  }

  get isFused(): boolean {
    return this.#exports.isFused() !== 0;
  }

  /**
   * Returns the verdicts of all items, decided in one call.
   * @param shift  bytes that keys, signatures and messages stand off their alignment
   * @param chosen the places of the items that are verified (default: all); the others get the verdict undefined
   */
  verify(items: readonly Ed25519Item[], shift = 0, chosen?: readonly number[]): (boolean | undefined)[] {
    return Array.from(this.run(packItems(items, shift, chosen)), (byte) => {
      if (byte > 1 && byte !== UNTOUCHED) throw new RangeError(`verdict ${byte}`);
      return byte === UNTOUCHED ? undefined : byte === 1;
    });
  }

  /** Copies packed items in and verifies them; returns the bytes of the verdicts, valid until the next call. */
  run({ bytes, count, chosenCount, offsets }: PackedItems): Uint8Array {
    const start = this.#exports.arena(bytes.length);
    if (start === 0) throw new RangeError(`no room for ${bytes.length} bytes`);
    const { buffer } = this.#exports.memory;
    new Uint8Array(buffer, start, bytes.length).set(bytes);
    this.#exports.ed25519Verify(
      chosenCount,
      start,
      start + offsets.publicKeys,
      start + offsets.signatures,
      start + offsets.messages,
      start + offsets.messageOffsets,
      start + offsets.verdicts,
    );
    return new Uint8Array(buffer, start + offsets.verdicts, count);
  }
}

/** Items as they lie in the arena of a kernel. */
export interface PackedItems {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly chosenCount: number;
  readonly offsets: {
    readonly messageOffsets: number;
    readonly publicKeys: number;
    readonly signatures: number;
    readonly verdicts: number;
    readonly messages: number;
  };
}

export function packItems(items: readonly Ed25519Item[], shift = 0, chosen?: readonly number[]): PackedItems {
  const count = items.length;
  const places = chosen ?? items.map((_, place) => place);
  const messageBytes = items.reduce((sum, { message }) => sum + message.length, 0);
  const publicKeys = 4 * places.length + 4 * (count + 1) + shift;
  const signatures = publicKeys + PUBLIC_KEY_STRIDE * count + shift;
  const verdicts = signatures + SIGNATURE_LENGTH * count;
  const messages = verdicts + count + shift;
  const bytes = new Uint8Array(messages + messageBytes);
  new Uint32Array(bytes.buffer, 0, places.length).set(places);
  const starts = new Uint32Array(bytes.buffer, 4 * places.length, count + 1);
  for (const [place, { publicKey, signature, message }] of items.entries()) {
    bytes.set(publicKey, publicKeys + PUBLIC_KEY_STRIDE * place);
    bytes.set(signature, signatures + SIGNATURE_LENGTH * place);
    bytes.set(message, messages + starts[place]!);
    starts[place + 1] = starts[place]! + message.length;
  }
  bytes.fill(UNTOUCHED, verdicts, verdicts + count);
  const offsets = { messageOffsets: 4 * places.length, publicKeys, signatures, verdicts, messages };
  return { bytes, count, chosenCount: places.length, offsets };
}
