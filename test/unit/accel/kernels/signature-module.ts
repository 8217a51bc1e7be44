/** The signature kernels as tests and benches drive them: arrays in, verdicts out. The product has accel/wasm. */
import type { SignatureItem } from "../../../../accel/device.ts";
import { sm2UserIdPrefix } from "../../../../accel/reference/sm2.ts";
import { instantiateKernel } from "./kernel-modules.ts";

const KEY_STRIDE = 33;
const SIGNATURE_LENGTH = 64;
const DIGEST_LENGTH = 32;

type VerifyCall = (
  count: number,
  items: number,
  publicKeys: number,
  signatures: number,
  messages: number,
  messageOffsets: number,
  verdicts: number,
) => void;

interface SignatureExports {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly sm2UserId: (pointer: number, length: number) => void;
  readonly secp256k1Verify: VerifyCall;
  readonly p256Verify: VerifyCall;
  readonly sm2Verify: VerifyCall;
  readonly secp256k1Recover: (
    count: number,
    digests: number,
    signatures: number,
    recoveryIds: number,
    publicKeys: number,
  ) => void;
}

export const WEIERSTRASS_NAMES = ["secp256k1", "p256", "sm2"] as const;
export type WeierstrassName = (typeof WEIERSTRASS_NAMES)[number];

export interface RecoveryItem {
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly recoveryId: number;
}

/** What of an item the kernels read. */
export type KernelItem = Omit<SignatureItem, "algorithm">;

const aligned = (bytes: number): number => (bytes + 15) & ~15;

export class SignatureModule {
  readonly #exports: SignatureExports;

  /** @param name  a module of build/kernels */
  constructor(name = "signatures") {
    this.#exports = instantiateKernel<SignatureExports>(name);
  }

  setSm2UserId(userId: string): void {
    const bytes = sm2UserIdPrefix(userId);
    const start = this.#arena(bytes.length);
    this.#bytes().set(bytes, start);
    this.#exports.sm2UserId(start, bytes.length);
  }

  /** One verdict for each item. */
  verify(curve: WeierstrassName, items: readonly KernelItem[]): boolean[] {
    const { call, verdicts } = this.prepare(curve, items);
    call();
    return Array.from(this.#bytes().subarray(verdicts, verdicts + items.length), (byte) => byte === 1);
  }

  /** Lays the items out in the arena; `call` verifies them, as often as one likes, until the arena is used again. */
  prepare(curve: WeierstrassName, items: readonly KernelItem[]): { call: () => void; verdicts: number } {
    const count = items.length;
    const messageBytes = items.reduce((sum, { message }) => sum + message.length, 0);
    const sizes = [4 * count, KEY_STRIDE * count, SIGNATURE_LENGTH * count, messageBytes, 4 * count + 4, count];
    const places: number[] = [];
    let end = 0;
    for (const size of sizes) {
      places.push(end);
      end += aligned(size);
    }
    const start = this.#arena(end);
    const at = places.map((place) => start + place) as [number, number, number, number, number, number];
    this.#store(items, at);
    const verify = this.#exports[`${curve}Verify`];
    return { call: () => verify(count, ...at), verdicts: at[5] };
  }

  recover(items: readonly RecoveryItem[]): (Uint8Array | undefined)[] {
    const count = items.length;
    const digests = this.#arena((DIGEST_LENGTH + SIGNATURE_LENGTH + KEY_STRIDE + 1) * count);
    const signatures = digests + DIGEST_LENGTH * count;
    const ids = signatures + SIGNATURE_LENGTH * count;
    const keys = ids + count;
    const bytes = this.#bytes();
    items.forEach(({ digest, signature, recoveryId }, i) => {
      bytes.set(digest, digests + DIGEST_LENGTH * i);
      bytes.set(signature, signatures + SIGNATURE_LENGTH * i);
      bytes[ids + i] = recoveryId;
    });
    this.#exports.secp256k1Recover(count, digests, signatures, ids, keys);
    return items.map((_, i) => {
      const key = this.#bytes().slice(keys + KEY_STRIDE * i, keys + KEY_STRIDE * (i + 1));
      return key[0] === 0 ? undefined : key;
    });
  }

  #arena(bytes: number): number {
    const start = this.#exports.arena(bytes);
    if (start === 0) throw new RangeError(`no room for ${bytes} bytes`);
    return start;
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#exports.memory.buffer);
  }

  #store(items: readonly KernelItem[], at: readonly [number, number, number, number, number, number]): void {
    const [indices, keys, signatures, messages, offsets, verdicts] = at;
    const bytes = this.#bytes();
    const view = new DataView(bytes.buffer);
    let offset = 0;
    items.forEach(({ publicKey, signature, message }, i) => {
      view.setUint32(indices + 4 * i, i, true);
      bytes.set(publicKey, keys + KEY_STRIDE * i);
      bytes.set(signature, signatures + SIGNATURE_LENGTH * i);
      view.setUint32(offsets + 4 * i, offset, true);
      bytes.set(message, messages + offset);
      offset += message.length;
      bytes[verdicts + i] = 0xff;
    });
    view.setUint32(offsets + 4 * items.length, offset, true);
  }
}
