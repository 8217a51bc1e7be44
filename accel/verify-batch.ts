/** Items of a batch through a verifier for single signatures. */
import {
  type Algorithm,
  PUBLIC_KEY_LENGTH,
  PUBLIC_KEY_STRIDE,
  SIGNATURE_LENGTH,
  type SignatureBatch,
  type SignatureVerifier,
  type VerdictBitmap,
} from "./device.ts";
import { acceptInto } from "./verdicts.ts";

const KEY_LENGTHS: Readonly<Record<number, number>> = PUBLIC_KEY_LENGTH;

/** True when item `index` of the batch is accepted. */
export function verifyItem(verifier: SignatureVerifier, batch: SignatureBatch, index: number): boolean {
  const algorithm = batch.algorithms[index]! as Algorithm;
  const keyLength = KEY_LENGTHS[algorithm];
  if (keyLength === undefined) return false;
  const keyStart = index * PUBLIC_KEY_STRIDE;
  const signatureStart = index * SIGNATURE_LENGTH;
  return verifier.verify(
    algorithm,
    batch.publicKeys.subarray(keyStart, keyStart + keyLength),
    batch.signatures.subarray(signatureStart, signatureStart + SIGNATURE_LENGTH),
    batch.messages.subarray(batch.messageOffsets[index], batch.messageOffsets[index + 1]),
  );
}

/** Items [from, to) of a batch. */
export interface ItemRange {
  readonly batch: SignatureBatch;
  readonly from: number;
  readonly to: number;
}

/** Sets the bit of every accepted item of the range in `verdicts`, the bitmap of the whole batch. */
export function verifyRangeInto(verdicts: VerdictBitmap, verifier: SignatureVerifier, range: ItemRange): void {
  for (let i = range.from; i < range.to; i++) {
    if (verifyItem(verifier, range.batch, i)) acceptInto(verdicts, i);
  }
}
