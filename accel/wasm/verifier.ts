/**
 * The contract verifier on kernels: signatures and recovery by an instance of its own on the calling thread, aggregates
 * by the reference.
 */
import { SignatureBatchBuilder } from "../batch.ts";
import {
  type ContractVerifier,
  RECOVERY_DIGEST_LENGTH,
  SIGNATURE_LENGTH,
  type SignatureItem,
  type VerdictBitmap,
} from "../device.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix } from "../reference/sm2.ts";
import { createReferenceVerifier } from "../reference/verify.ts";
import { acceptInto, createVerdicts, isAccepted } from "../verdicts.ts";
import { KERNEL_ITEMS_MAX } from "./kernel.ts";
import { chooseKernel, type KernelVariant } from "./kernel-files.ts";
import { RangeVerifier } from "./range-verifier.ts";

export interface WasmVerifierOptions {
  /** The identity that SM2 signatures of the chain bind; default `SM2_DEFAULT_USER_ID`. */
  readonly sm2UserId?: string | undefined;
  readonly kernelFolder?: string | undefined;
  readonly kernelVariant?: KernelVariant | undefined;
}

/** A call of `verifyMany` is cut where its messages get longer than this together. */
const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/**
 * Returns a verifier with the answers of `createReferenceVerifier`, total like that one.
 * @errors accel.badUserId, accel.noKernels
 * @cost verifyMany: 15 to 60 us an item in long lists; verify: about 0.1 ms
 */
export function createWasmVerifier(options: WasmVerifierOptions = {}): ContractVerifier {
  const sm2UserId = options.sm2UserId ?? SM2_DEFAULT_USER_ID;
  const reference = createReferenceVerifier({ sm2UserId });
  const { kernel, check } = chooseKernel(options.kernelFolder, options.kernelVariant);
  const ranges = new RangeVerifier(kernel, reference, sm2UserIdPrefix(sm2UserId), check);
  const builder = new SignatureBatchBuilder({ batchItemsMax: KERNEL_ITEMS_MAX, messageBytesMax: MESSAGE_BYTES_MAX });

  /** The items from `from` on that fit one call; returns where the next call begins. */
  const verifyFrom = (verdicts: VerdictBitmap, items: readonly SignatureItem[], from: number): number => {
    let to = from;
    for (let item = items[to]; item !== undefined && builder.hasRoomFor(item.message.length); item = items[++to]) {
      builder.append(item.algorithm, item.publicKey, item.signature, item.message);
    }
    const batch = builder.take();
    const part = createVerdicts(batch.count);
    ranges.verifyInto(part, { batch, from: 0, to: batch.count });
    builder.reuse(batch);
    for (let i = from; i < to; i++) if (isAccepted(part, i - from)) acceptInto(verdicts, i);
    return to;
  };

  const verifyMany = (items: readonly SignatureItem[]): VerdictBitmap => {
    const verdicts = createVerdicts(items.length);
    for (let from = 0; from < items.length; ) {
      const to = verifyFrom(verdicts, items, from);
      if (to === from) {
        const { algorithm, publicKey, signature, message } = items[from]!;
        if (reference.verify(algorithm, publicKey, signature, message)) acceptInto(verdicts, from);
      }
      from = Math.max(to, from + 1);
    }
    return verdicts;
  };

  return Object.freeze({
    ...reference,
    verifyMany,
    verify: (algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) =>
      isAccepted(verifyMany([{ algorithm, publicKey, signature, message }]), 0),
    recoverSecp256k1: (digest: Uint8Array, signature: Uint8Array, recoveryId: number) => {
      const isWellFormed = digest.length === RECOVERY_DIGEST_LENGTH && signature.length === SIGNATURE_LENGTH;
      if (!isWellFormed || (recoveryId !== 0 && recoveryId !== 1)) return undefined;
      const found = ranges.recover(digest, signature, recoveryId);
      return found === undefined ? reference.recoverSecp256k1(digest, signature, recoveryId) : found.key;
    },
  });
}
