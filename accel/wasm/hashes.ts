/**
 * Hashes by the kernels of accel/kernels/hashes.ts, on the calling thread: levels of a tree, many messages in one call,
 * and one message of the algorithms that OpenSSL lacks.
 *
 * Every use of the module is tried on known answers before it is given out (`createKernelHashes`). Calls copy in, run,
 * copy out; nothing of one call is left for the next.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DIGEST_LENGTH, type HashName, type HashPairs } from "../device.ts";
import { AccelError } from "../errors.ts";

/** The numbers of the module; BLAKE2b has no kernel. */
const KERNEL_NUMBER = { sha256: 0, sha512: 1, sm3: 2, keccak256: 3, blake3: 4 } as const satisfies Partial<
  Record<HashName, number>
>;
/** Hashes that have a kernel. */
export type KernelHashName = keyof typeof KERNEL_NUMBER;
export const KERNEL_HASHES = Object.freeze(Object.keys(KERNEL_NUMBER) as KernelHashName[]);

const WORD = 4;
const PAIR_LENGTH = 64;
const NODE_DIGEST_LENGTH = 32;
/** Bytes of messages that one call copies; what is more goes through several calls, a longer message alone. */
const COPY_BYTES_MAX = 1 << 22;

interface HashKernelExports {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly manyMax: () => number;
  readonly prefixBytesMax: () => number;
  readonly hashMany: (algorithm: number, count: number, messages: number, offsets: number, digests: number) => void;
  readonly hashNodes: (
    algorithm: number,
    prefix: number,
    prefixBytes: number,
    count: number,
    pairs: number,
    digests: number,
  ) => void;
  readonly _start?: () => void;
}

/** Messages one behind the other: message i is `bytes[offsets[i] .. offsets[i + 1])`. */
export interface MessageList {
  readonly count: number;
  readonly bytes: Uint8Array;
  readonly offsets: Uint32Array;
}

export class KernelHashes {
  readonly #kernel: HashKernelExports;
  readonly #manyMax: number;

  constructor(module: WebAssembly.Module) {
    this.#kernel = new WebAssembly.Instance(module).exports as unknown as HashKernelExports;
    this.#kernel._start?.();
    this.#manyMax = this.#kernel.manyMax();
  }

  /** Most bytes of the prefix of `hashPairs`. */
  get prefixBytesMax(): number {
    return this.#kernel.prefixBytesMax();
  }

  /** Returns the digest of one message. @errors accel.messagesTooLong when the module's memory cannot hold it */
  hash(algorithm: KernelHashName, message: Uint8Array): Uint8Array {
    const digest = new Uint8Array(DIGEST_LENGTH[algorithm]);
    const list = { count: 1, bytes: message, offsets: Uint32Array.of(0, message.length) };
    this.#run(algorithm, { list, from: 0, to: 1, digests: digest });
    return digest;
  }

  /**
   * `digests` holds the digest of message i at i times its length.
   * @errors accel.batchShape (offsets that run backwards or leave the bytes, no room for the digests),
   *   accel.messagesTooLong
   */
  hashMany(algorithm: KernelHashName, list: MessageList, digests: Uint8Array): void {
    checkList(list, DIGEST_LENGTH[algorithm], digests);
    for (let from = 0; from < list.count; ) {
      const to = this.#endOfCall(list, from);
      this.#run(algorithm, { list, from, to, digests });
      from = to;
    }
  }

  /** `HashPairs` of the algorithm. @errors accel.batchShape */
  hashPairs(algorithm: "sha256" | "sm3", prefix: Uint8Array, pairs: Uint8Array, count: number, digests: Uint8Array) {
    if (prefix.length > this.prefixBytesMax) {
      throw new AccelError("accel.batchShape", `a prefix of ${prefix.length} bytes, at most ${this.prefixBytesMax}`);
    }
    if (pairs.length < count * PAIR_LENGTH || digests.length < count * NODE_DIGEST_LENGTH) {
      throw new AccelError("accel.batchShape", `the arrays do not hold ${count} pairs and their digests`);
    }
    const prefixAt = this.#arena(64 + count * (PAIR_LENGTH + NODE_DIGEST_LENGTH));
    const pairsAt = prefixAt + 64;
    const digestsAt = pairsAt + count * PAIR_LENGTH;
    const memory = new Uint8Array(this.#kernel.memory.buffer);
    memory.set(prefix, prefixAt);
    memory.set(pairs.subarray(0, count * PAIR_LENGTH), pairsAt);
    this.#kernel.hashNodes(KERNEL_NUMBER[algorithm], prefixAt, prefix.length, count, pairsAt, digestsAt);
    digests.set(memory.subarray(digestsAt, digestsAt + count * NODE_DIGEST_LENGTH));
  }

  /** The first message that does not go with message `from` into one call. */
  #endOfCall({ offsets, count }: MessageList, from: number): number {
    const last = Math.min(count, from + this.#manyMax);
    let to = from + 1;
    while (to < last && offsets[to + 1]! - offsets[from]! <= COPY_BYTES_MAX) to++;
    return to;
  }

  #run(algorithm: KernelHashName, call: Call): void {
    const { list, from, to, digests } = call;
    const count = to - from;
    const first = list.offsets[from]!;
    const length = list.offsets[to]! - first;
    const digestLength = DIGEST_LENGTH[algorithm];
    const offsetsAt = this.#arena(WORD * (count + 1) + digestLength * count + length);
    const digestsAt = offsetsAt + WORD * (count + 1);
    const messagesAt = digestsAt + digestLength * count;
    const memory = new Uint8Array(this.#kernel.memory.buffer);
    const offsets = new Uint32Array(this.#kernel.memory.buffer, offsetsAt, count + 1);
    for (let i = 0; i <= count; i++) offsets[i] = list.offsets[from + i]! - first;
    memory.set(list.bytes.subarray(first, first + length), messagesAt);
    this.#kernel.hashMany(KERNEL_NUMBER[algorithm], count, messagesAt, offsetsAt, digestsAt);
    digests.set(memory.subarray(digestsAt, digestsAt + digestLength * count), from * digestLength);
  }

  #arena(bytes: number): number {
    const start = this.#kernel.arena(bytes);
    if (start === 0) throw new AccelError("accel.messagesTooLong", `the kernel's memory does not hold ${bytes} bytes`);
    return start;
  }
}

interface Call {
  readonly list: MessageList;
  readonly from: number;
  readonly to: number;
  readonly digests: Uint8Array;
}

function checkList({ count, bytes, offsets }: MessageList, digestLength: number, digests: Uint8Array): void {
  const isShaped = count >= 0 && offsets.length > count && digests.length >= count * digestLength;
  if (!isShaped) throw new AccelError("accel.batchShape", `the arrays do not hold ${count} messages and their digests`);
  for (let i = 0; i < count; i++) {
    if (offsets[i]! > offsets[i + 1]!) throw new AccelError("accel.batchShape", `offset ${i + 1} runs backwards`);
  }
  if (offsets[count]! > bytes.length) throw new AccelError("accel.batchShape", "an offset leaves the bytes");
}

/** build/kernels/hashes.wasm, from dist/accel/wasm. */
function defaultPath(): string {
  return fileURLToPath(new URL("../../../build/kernels/hashes.wasm", import.meta.url));
}

/** Returns the kernels of the hashes; undefined where they were not built or the engine does not know SIMD. */
export function loadKernelHashes(path: string = defaultPath()): KernelHashes | undefined {
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  return WebAssembly.validate(bytes) ? new KernelHashes(new WebAssembly.Module(bytes)) : undefined;
}

/** The hash of pairs of the algorithm by the kernels. */
export function kernelPairs(kernels: KernelHashes, algorithm: "sha256" | "sm3"): HashPairs {
  return (prefix, pairs, count, digests) => kernels.hashPairs(algorithm, prefix, pairs, count, digests);
}
