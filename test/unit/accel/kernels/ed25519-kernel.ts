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
    const count = items.length;
    const places = chosen ?? items.map((_, place) => place);
    const messageBytes = items.reduce((sum, { message }) => sum + message.length, 0);
    const offsetOf = {
      items: 0,
      messageOffsets: 4 * places.length,
      publicKeys: 4 * places.length + 4 * (count + 1) + shift,
      signatures: 4 * places.length + 4 * (count + 1) + PUBLIC_KEY_STRIDE * count + 2 * shift,
    };
    const verdictOffset = offsetOf.signatures + SIGNATURE_LENGTH * count;
    const messageOffset = verdictOffset + count + shift;
    const start = this.#exports.arena(messageOffset + messageBytes);
    if (start === 0) throw new RangeError(`no room for ${messageBytes} bytes of messages`);
    const { buffer } = this.#exports.memory;
    const bytes = new Uint8Array(buffer, start);
    new Uint32Array(buffer, start, places.length).set(places);
    const messageStarts = new Uint32Array(buffer, start + offsetOf.messageOffsets, count + 1);
    let at = 0;
    for (const [place, { publicKey, signature, message }] of items.entries()) {
      bytes.set(publicKey, offsetOf.publicKeys + PUBLIC_KEY_STRIDE * place);
      bytes.set(signature, offsetOf.signatures + SIGNATURE_LENGTH * place);
      bytes.set(message, messageOffset + at);
      at += message.length;
      messageStarts[place + 1] = at;
    }
    messageStarts[0] = 0;
    bytes.fill(UNTOUCHED, verdictOffset, verdictOffset + count);
    this.#exports.ed25519Verify(
      places.length,
      start,
      start + offsetOf.publicKeys,
      start + offsetOf.signatures,
      start + messageOffset,
      start + offsetOf.messageOffsets,
      start + verdictOffset,
    );
    return Array.from(bytes.subarray(verdictOffset, verdictOffset + count), (byte) => {
      if (byte > 1 && byte !== UNTOUCHED) throw new RangeError(`verdict ${byte}`);
      return byte === UNTOUCHED ? undefined : byte === 1;
    });
  }
}
