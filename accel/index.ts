/** The accel room for outsiders (`cinnabar/accel`). Inside the project, import the files themselves. */
export { type BatchLimits, SignatureBatchBuilder } from "./batch.ts";
export {
  type CheckedDevice,
  type CheckedDeviceOptions,
  type CheckedDeviceStatistics,
  createCheckedDevice,
  type MismatchEvidence,
  type Quarantine,
  type QuarantineKind,
} from "./checked/device.ts";
export {
  ALGORITHMS,
  type Algorithm,
  type AlgorithmName,
  BLS_KEY_LENGTH,
  BLS_SIGNATURE_LENGTH,
  type ContractVerifier,
  type DeviceCapability,
  type DeviceStatistics,
  DIGEST_LENGTH,
  type Hashes,
  type Histogram,
  LANE_COUNT,
  PUBLIC_KEY_LENGTH,
  PUBLIC_KEY_STRIDE,
  RECOVERED_KEY_LENGTH,
  RECOVERY_DIGEST_LENGTH,
  SIGNATURE_LENGTH,
  type SignatureBatch,
  type SignatureDevice,
  type SignatureItem,
  type SignatureVerifier,
  type SubmitOptions,
  type VerdictBitmap,
} from "./device.ts";
export { ACCEL_CODES, type AccelCode, AccelError } from "./errors.ts";
export { createHashes } from "./hashes.ts";
export { type Chunk, type ChunkLimits, type ChunkSource, LaneQueues } from "./lane-queues.ts";
export { createModelDevice, type ModelDeviceOptions } from "./model/device.ts";
export { createQueuedDevice } from "./queued-device.ts";
export { BLS_POSSESSION_TAG, BLS_SIGNATURE_TAG } from "./reference/bls.ts";
export {
  createReferenceDevice,
  type ReferenceDevice,
  type ReferenceDeviceOptions,
  type ReferenceDeviceStatistics,
} from "./reference/device.ts";
export { referenceHashes } from "./reference/hashes.ts";
export { generateSecretKey, publicKeyOf, type SignOptions, sign } from "./reference/sign.ts";
export { SM2_DEFAULT_USER_ID } from "./reference/sm2.ts";
export { createReferenceVerifier, isAlgorithm, type ReferenceVerifierOptions } from "./reference/verify.ts";
export { submitWhenReady } from "./submit.ts";
export { type ChunkRunner, ThreadRunner } from "./thread-runner.ts";
export { countAccepted, isAccepted } from "./verdicts.ts";
export {
  createWasmDevice,
  type WasmDevice,
  type WasmDeviceOptions,
  type WasmDeviceStatistics,
} from "./wasm/device.ts";
export type { KernelVariant } from "./wasm/kernel-files.ts";
export { createWasmVerifier, type WasmVerifierOptions } from "./wasm/verifier.ts";
export { type LinkEvents, type WorkerLink, WorkerPool, type WorkerPoolOptions } from "./worker-pool.ts";
