/**
 * A device with lanes: many signatures in, one verdict for each out.
 *
 * The execution side has 96 lanes, and so has the chip it is matched to. A lane of a device is a submission queue:
 * batches of one lane are finished in the order of their submission, batches of different lanes in any order. A driver
 * may use one thread, ninety-six cores or a card; the verdict of an item depends on its bytes and on nothing else, so
 * that a faster driver can only answer faster.
 *
 * Back-pressure is part of the interface: a caller asks `canAcceptWork` and waits for `whenReady`; `submit` refuses a
 * batch that does not fit rather than queue without bound.
 */

export const LANE_COUNT = 96;

/** Signature algorithms; the numbers are consensus (they stand in transactions) and are never reused. */
export const ALGORITHMS = { ed25519: 1, secp256k1: 2, p256: 3, sm2: 4 } as const;
export type AlgorithmName = keyof typeof ALGORITHMS;
export type Algorithm = (typeof ALGORITHMS)[AlgorithmName];

/** Bytes of a public key: ed25519 raw, the others SEC 1 compressed. */
export const PUBLIC_KEY_LENGTH: Readonly<Record<Algorithm, number>> = { 1: 32, 2: 33, 3: 33, 4: 33 };
/** Bytes of a signature, all algorithms: ed25519 R||s, the others r||s big-endian. */
export const SIGNATURE_LENGTH = 64;
/** Bytes reserved for one public key in an arena. */
export const PUBLIC_KEY_STRIDE = 33;

/**
 * A batch of mixed algorithms in flat arrays (structure of arrays).
 * Item i: `algorithms[i]`, public key at `publicKeys[33 i]` (length by algorithm), signature at `signatures[64 i]`,
 * message `messages[messageOffsets[i] .. messageOffsets[i + 1])`.
 * The arrays belong to the device from `submit` until the promise settles; the caller must not write to them meanwhile.
 */
export interface SignatureBatch {
  readonly count: number;
  readonly algorithms: Uint8Array;
  readonly publicKeys: Uint8Array;
  readonly signatures: Uint8Array;
  readonly messages: Uint8Array;
  readonly messageOffsets: Uint32Array;
}

/** One bit an item: bit (i & 7) of byte (i >> 3) is 1 when item i is accepted. */
export type VerdictBitmap = Uint8Array;

export interface DeviceCapability {
  readonly name: string;
  readonly lanes: number;
  readonly algorithms: readonly Algorithm[];
  readonly batchItemsMax: number;
  /** Bytes of all messages of one batch together. */
  readonly messageBytesMax: number;
  /** Items that may wait on one lane before `canAcceptWork` says no. */
  readonly queuedItemsMax: number;
}

export interface DeviceStatistics {
  readonly batches: number;
  readonly items: number;
  readonly accepted: number;
  readonly queuedItems: number;
  readonly busyMs: number;
}

export interface SignatureDevice {
  readonly capability: DeviceCapability;
  /** True when a batch of `itemCount` items may be submitted to `lane` now. */
  canAcceptWork(lane: number, itemCount: number): boolean;
  /**
   * Resolves when `lane` has room for `itemCount` items; rejects when it never will. Several callers may wake for the
   * same room, so ask `canAcceptWork` again (`submitWhenReady` in submit.ts does).
   */
  whenReady(lane: number, itemCount: number): Promise<void>;
  /**
   * Resolves to one verdict for each item. Malformed items (bad point, bad length, unknown algorithm) get verdict 0;
   * only a batch that breaks `capability`, or a device that failed, rejects (AccelError with a code).
   */
  submit(lane: number, batch: SignatureBatch): Promise<VerdictBitmap>;
  statistics(): DeviceStatistics;
  /** Everything that is open rejects with accel.closed; resolves when the device has let go of its threads. */
  close(): Promise<void>;
}

/** Verifies one signature at once, on the calling thread. What a contract's host call uses. */
export interface SignatureVerifier {
  verify(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean;
}

/** Hashes one message at once, on the calling thread. Every implementation gives the same bytes. */
export interface Hashes {
  sha256(message: Uint8Array): Uint8Array;
  sm3(message: Uint8Array): Uint8Array;
  keccak256(message: Uint8Array): Uint8Array;
}
