/** Signed items for tests of the accel room: made once, because signing and verifying cost milliseconds. */
import { SignatureBatchBuilder } from "../../../accel/batch.ts";
import { ALGORITHMS, type Algorithm, type SignatureBatch } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";

export interface SignedItem {
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

export const ALL_ALGORITHMS: readonly Algorithm[] = Object.values(ALGORITHMS);
const WIDE_LIMITS = { batchItemsMax: 1 << 20, messageBytesMax: 1 << 27 };

/** A fixed secret key: the same for every run, valid for every algorithm. */
export function secretKeyOf(seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed, 1);
}

export function signedItem(algorithm: Algorithm, seed = 7): SignedItem {
  const secretKey = secretKeyOf(seed);
  const message = new TextEncoder().encode(`message ${seed} of algorithm ${algorithm}`);
  return {
    algorithm,
    publicKey: publicKeyOf(algorithm, secretKey),
    signature: sign(algorithm, secretKey, message),
    message,
  };
}

/** The same item with one bit of its message turned. */
export function withOtherMessage(item: SignedItem): SignedItem {
  const message = item.message.slice();
  message[0]! ^= 1;
  return { ...item, message };
}

/** `count` items, over and over from `items`. */
export function batchOf(items: readonly SignedItem[], count = items.length): SignatureBatch {
  const builder = new SignatureBatchBuilder(WIDE_LIMITS);
  for (let i = 0; i < count; i++) {
    const { algorithm, publicKey, signature, message } = items[i % items.length]!;
    builder.append(algorithm, publicKey, signature, message);
  }
  return builder.take();
}
