/** The accel room for outsiders (`cinnabar/accel`). Inside the project, import the files themselves. */
export { type BatchLimits, SignatureBatchBuilder } from "./batch.ts";
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
  type VerdictBitmap,
} from "./device.ts";
export { ACCEL_CODES, type AccelCode, AccelError } from "./errors.ts";
export { createHashes } from "./hashes.ts";
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
export { countAccepted, isAccepted } from "./verdicts.ts";
