/**
 * Why the accel room refused or failed. A bad signature is never an error: it is verdict 0 or `false`.
 *
 * Codes are stable, texts may change and nobody branches on them.
 */
export const ACCEL_CODES = [
  /** An option of a driver or builder is outside its range. */
  "accel.badOption",
  /** A lane outside 0..95. */
  "accel.badLane",
  /** More items than `batchItemsMax`. */
  "accel.batchTooLarge",
  /** More message bytes than `messageBytesMax`. */
  "accel.messagesTooLong",
  /** Arrays of a batch that are too short for its count, or message offsets that run backwards or past the end. */
  "accel.batchShape",
  /** The lane has no room now; wait for `whenReady`. */
  "accel.laneFull",
  /** The caller cancelled the batch. */
  "accel.cancelled",
  /** The device was closed, before or while it held the batch. */
  "accel.closed",
  /** The workers that held a part of this batch died or hung, again and again. The device goes on. */
  "accel.batchFailed",
  /** The device can not go on: its workers do not start, or die or hang without finishing anything. */
  "accel.deviceFailed",
  /** The compiled kernels are not there, or none of them passes its self-check on this machine. */
  "accel.noKernels",
  /** A number that is no algorithm, given to a function that signs. */
  "accel.unknownAlgorithm",
  /** Not a secret key of the algorithm. */
  "accel.badSecretKey",
  /** An SM2 user id of more than 8191 bytes of UTF-8. */
  "accel.badUserId",
  /** A hash of the platform gives wrong bytes. */
  "accel.hashSelfTest",
] as const;

export type AccelCode = (typeof ACCEL_CODES)[number];

export class AccelError extends Error {
  readonly code: AccelCode;

  constructor(code: AccelCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AccelError";
    this.code = code;
  }
}
