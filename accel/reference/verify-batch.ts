/** Items of a batch through a verifier for single signatures: what the calling thread and the workers share. */
import type { SignatureBatch, SignatureVerifier, VerdictBitmap } from "../device.ts";
import { PUBLIC_KEY_LENGTH, PUBLIC_KEY_STRIDE, SIGNATURE_LENGTH } from "../device.ts";
import { acceptInto } from "../verdicts.ts";
import { isAlgorithm } from "./verify.ts";

/** True when item `index` of the batch is accepted. */
export function verifyItem(verifier: SignatureVerifier, batch: SignatureBatch, index: number): boolean {
  const algorithm = batch.algorithms[index]!;
  if (!isAlgorithm(algorithm)) return false;
  const keyStart = index * PUBLIC_KEY_STRIDE;
  const signatureStart = index * SIGNATURE_LENGTH;
  return verifier.verify(
    algorithm,
    batch.publicKeys.subarray(keyStart, keyStart + PUBLIC_KEY_LENGTH[algorithm]),
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

/** Returns the items of the range as a batch of its own in fresh arrays, whose buffers may be transferred. */
export function copyRange(range: ItemRange): SignatureBatch {
  const { batch, from, to } = range;
  const firstByte = batch.messageOffsets[from]!;
  return {
    count: to - from,
    algorithms: batch.algorithms.slice(from, to),
    publicKeys: batch.publicKeys.slice(from * PUBLIC_KEY_STRIDE, to * PUBLIC_KEY_STRIDE),
    signatures: batch.signatures.slice(from * SIGNATURE_LENGTH, to * SIGNATURE_LENGTH),
    messages: batch.messages.slice(firstByte, batch.messageOffsets[to]),
    messageOffsets: batch.messageOffsets.slice(from, to + 1).map((offset) => offset - firstByte),
  };
}
