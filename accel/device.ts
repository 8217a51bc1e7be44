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
 *
 * docs/accelerator.md says all of this at length, for those who write a driver.
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
 * The arrays belong to the device from `submit` until the promise settles: it reads and never writes them, and the
 * caller does not write to them. Of a batch that was cancelled it may read a while longer, but uses nothing of that.
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

/** Counts in fixed buckets: bucket i holds values <= `bounds[i]` and above the bound before; the last has no bound. */
export interface Histogram {
  readonly bounds: readonly number[];
  /** One more than `bounds`. */
  readonly counts: readonly number[];
}

/** Counters since the device was made, and how it stands now. Reading them costs; counting does not allocate. */
export interface DeviceStatistics {
  /** Batches that resolved, their items, and those of the items that were accepted. */
  readonly batches: number;
  readonly items: number;
  readonly accepted: number;
  /** Batches that rejected after they were taken: cancelled by the caller; anything else. */
  readonly cancelledBatches: number;
  readonly failedBatches: number;
  /** Items and batches that are submitted and not settled. */
  readonly queuedItems: number;
  readonly openBatches: number;
  /** Time that verdicts took on whatever computes them, all lanes together and by lane; milliseconds. */
  readonly busyMs: number;
  readonly laneBusyMs: readonly number[];
  /** Items of each batch that resolved. */
  readonly batchSizes: Histogram;
  /** From `submit` to the verdicts, milliseconds, of each batch that resolved. */
  readonly latencyMs: Histogram;
  /** Half, and 99 of 100, of those batches took at most this; the upper bound of a bucket. 0 before the first batch. */
  readonly latencyP50Ms: number;
  readonly latencyP99Ms: number;
}

export interface SubmitOptions {
  /**
   * Cancels the batch. The promise then rejects with accel.cancelled (the signal's reason is the cause) and its items
   * count no more, at once. Items that nobody has begun are never verified; work that has begun may run to its end, and
   * its verdicts are dropped. A batch that is settled already stays as it is.
   */
  readonly signal?: AbortSignal | undefined;
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
   * only a batch that breaks `capability`, is cancelled, or meets a device that failed, rejects (AccelError with a
   * code).
   */
  submit(lane: number, batch: SignatureBatch, options?: SubmitOptions): Promise<VerdictBitmap>;
  statistics(): DeviceStatistics;
  /** Everything that is open rejects with accel.closed; resolves when the device has let go of its threads. */
  close(): Promise<void>;
}

/** Verifies one signature at once, on the calling thread. */
export interface SignatureVerifier {
  verify(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean;
}

/** One signature of a list. The bytes belong to the caller and are only read, during the call. */
export interface SignatureItem {
  readonly algorithm: number;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly message: Uint8Array;
}

/** Bytes of a compressed public key of secp256k1. */
export const RECOVERED_KEY_LENGTH = 33;
/** Bytes of a digest that a key is recovered from. */
export const RECOVERY_DIGEST_LENGTH = 32;
/** Bytes of a BLS12-381 public key: a compressed point of G1. */
export const BLS_KEY_LENGTH = 48;
/** Bytes of a BLS12-381 signature or proof of possession: a compressed point of G2. */
export const BLS_SIGNATURE_LENGTH = 96;

/**
 * What contracts ask about signatures, at once, on the calling thread.
 *
 * All functions are total: whatever the bytes and their lengths, they answer and never throw. The answers are
 * consensus; a driver may only be faster. The rules stand in reference/verify.ts, reference/recover.ts and
 * reference/bls.ts.
 */
export interface ContractVerifier extends SignatureVerifier {
  /** One verdict for each item, that of `verify`. */
  verifyMany(items: readonly SignatureItem[]): VerdictBitmap;
  /**
   * The compressed key under which the 64-byte signature over the 32-byte digest is valid; undefined when there is
   * none: a length, r or s out of range, s high, a recovery id that is not 0 or 1, no such point.
   */
  recoverSecp256k1(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined;
  /** True when the aggregate signature is that of all the keys over the one message. */
  blsFastAggregateVerify(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean;
  /** True when the aggregate signature is that of each key over the message at its place. */
  blsAggregateVerify(
    publicKeys: readonly Uint8Array[],
    messages: readonly Uint8Array[],
    signature: Uint8Array,
  ): boolean;
  /** True when the proof shows that someone has the secret key of the public key. */
  blsPopVerify(publicKey: Uint8Array, proof: Uint8Array): boolean;
}

/**
 * Hashes pairs that begin alike, as the nodes of a level of a tree do: `digests[32 i .. 32 i + 32)` is
 * H(prefix ‖ pairs[64 i .. 64 i + 64)) for each i below `count`. The prefix has at most 55 bytes.
 */
export type HashPairs = (prefix: Uint8Array, pairs: Uint8Array, count: number, digests: Uint8Array) => void;

/** Messages one behind the other: message i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface MessageList {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

/**
 * Hashes messages of any lengths: `digests[32 i .. 32 i + 32)` is H(message i) for each i below `list.count`.
 */
export type HashMany = (list: MessageList, digests: Uint8Array) => void;

/** Hashes one message at once, on the calling thread. Every implementation gives the same bytes. */
export interface Hashes {
  sha256(message: Uint8Array): Uint8Array;
  /** 64 bytes. */
  sha512(message: Uint8Array): Uint8Array;
  sm3(message: Uint8Array): Uint8Array;
  /** Keccak-256 with the padding of 2011. */
  keccak256(message: Uint8Array): Uint8Array;
  /** BLAKE2b (RFC 7693), without a key, with a digest of 32 bytes: not the first half of the one of 64. */
  blake2b256(message: Uint8Array): Uint8Array;
  /** BLAKE2b (RFC 7693), without a key, with a digest of 64 bytes. */
  blake2b512(message: Uint8Array): Uint8Array;
  /** BLAKE3 in hash mode, 32 bytes. */
  blake3(message: Uint8Array): Uint8Array;
  /** Many at a time, where this implementation is faster at that. */
  readonly pairs?: Readonly<Record<"sha256" | "sm3", HashPairs>>;
  readonly many?: Readonly<Record<"sha256" | "sm3", HashMany>>;
}

/** The name of a hash of one message. */
export type HashName = Exclude<keyof Hashes, "pairs" | "many">;

/** Bytes of each digest. */
export const DIGEST_LENGTH: Readonly<Record<HashName, number>> = {
  sha256: 32,
  sha512: 64,
  sm3: 32,
  keccak256: 32,
  blake2b256: 32,
  blake2b512: 64,
  blake3: 32,
};
