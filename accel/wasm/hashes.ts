/**
 * Hashes by the kernels of accel/kernels/hashes.ts, on the calling thread: levels of a tree, many messages in one call,
 * and one message of the algorithms that OpenSSL lacks.
 *
 * Every use of the module is tried on known answers before it is given out (`createKernelHashes`). Calls copy in, run,
 * copy out; nothing of one call is left for the next.
 */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { DIGEST_LENGTH, type HashMany, type HashName, type HashPairs, type MessageList } from "../device.ts";
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
/** With a longer prefix a node of a tree has more than two blocks. */
const PREFIX_BYTES_MAX = 55;
/** Pieces of a long message: whole groups of BLAKE3 (65,536 bytes) and whole blocks of Keccak-256 (136). */
const PIECE_BYTES = 65_536 * 17;
/** Bytes of messages that one call copies, and messages; what is longer than a piece goes alone. */
const COPY_BYTES_MAX = 1 << 18;
const COPY_COUNT_MAX = 4096;
/** The kernels read whole vectors: up to 15 bytes behind a message. */
const SLACK_BYTES = 16;
/** The digest of a single message, at the start of the arena; the message comes behind it. */
const SINGLE_DIGEST_BYTES = 64;
const SINGLE_BYTES_MAX = 4096;

interface HashKernelExports {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly hashMany: (algorithm: number, count: number, messages: number, offsets: number, digests: number) => void;
  readonly hashNodes: (
    algorithm: number,
    prefix: number,
    prefixBytes: number,
    count: number,
    pairs: number,
    digests: number,
  ) => void;
  readonly hashAlone: (algorithm: number, input: number, length: number, output: number) => void;
  readonly aloneBegin: (algorithm: number) => void;
  readonly alonePiece: (algorithm: number, input: number, length: number) => void;
  readonly aloneEnd: (algorithm: number, input: number, length: number, output: number) => void;
  readonly _start?: () => void;
}

export class KernelHashes {
  readonly #kernel: HashKernelExports;
  readonly #start: number;
  /** All of the module's memory; made anew when the memory has grown. */
  #view: Uint8Array;

  /** @errors accel.noKernels when the module has no memory to begin with */
  constructor(module: WebAssembly.Module) {
    this.#kernel = new WebAssembly.Instance(module).exports as unknown as HashKernelExports;
    this.#kernel._start?.();
    this.#start = this.#kernel.arena(SINGLE_DIGEST_BYTES + SINGLE_BYTES_MAX + SLACK_BYTES);
    if (this.#start === 0) throw new AccelError("accel.noKernels", "the hash kernels get no memory");
    this.#view = new Uint8Array(this.#kernel.memory.buffer);
  }

  /** Most bytes of the prefix of `hashPairs`. */
  get prefixBytesMax(): number {
    return PREFIX_BYTES_MAX;
  }

  /** Returns the digest of one message, of any length. @errors accel.messagesTooLong where memory is short */
  hash(algorithm: KernelHashName, message: Uint8Array): Uint8Array {
    const length = DIGEST_LENGTH[algorithm];
    const start = this.#start;
    if (message.length <= SINGLE_BYTES_MAX) {
      this.#view.set(message, start + SINGLE_DIGEST_BYTES);
      this.#kernel.hashAlone(KERNEL_NUMBER[algorithm], start + SINGLE_DIGEST_BYTES, message.length, start);
    } else {
      this.#hashPieces(KERNEL_NUMBER[algorithm], message);
    }
    return this.#view.slice(start, start + length);
  }

  /**
   * `digests` holds the digest of message i at i times its length.
   * @errors accel.batchShape (offsets that run backwards or leave the bytes, no room for the digests),
   *   accel.messagesTooLong where memory is short
   */
  hashMany(algorithm: KernelHashName, list: MessageList, digests: Uint8Array): void {
    const { bytes, offsets, count } = list;
    checkList(list, DIGEST_LENGTH[algorithm], digests);
    for (let from = 0; from < count; ) {
      const to = endOfCall(list, from);
      if (offsets[to]! - offsets[from]! > COPY_BYTES_MAX) {
        const message = bytes.subarray(offsets[from], offsets[to]);
        digests.set(this.hash(algorithm, message), from * DIGEST_LENGTH[algorithm]);
      } else {
        this.#run(algorithm, { list, from, to, digests });
      }
      from = to;
    }
  }

  /** `HashPairs` of the algorithm. @errors accel.batchShape, accel.messagesTooLong where memory is short */
  hashPairs(
    algorithm: "sha256" | "sm3",
    prefix: Uint8Array,
    pairs: Uint8Array,
    count: number,
    digests: Uint8Array,
  ): void {
    if (prefix.length > PREFIX_BYTES_MAX) {
      throw new AccelError("accel.batchShape", `a prefix of ${prefix.length} bytes, at most ${PREFIX_BYTES_MAX}`);
    }
    if (pairs.length < count * PAIR_LENGTH || digests.length < count * NODE_DIGEST_LENGTH) {
      throw new AccelError("accel.batchShape", `the arrays do not hold ${count} pairs and their digests`);
    }
    for (let done = 0; done < count; done += COPY_COUNT_MAX) {
      const some = Math.min(COPY_COUNT_MAX, count - done);
      const from = pairs.subarray(done * PAIR_LENGTH, (done + some) * PAIR_LENGTH);
      digests.set(this.#somePairs(algorithm, prefix, from, some), done * NODE_DIGEST_LENGTH);
    }
  }

  /** Returns the digests where they are in the module's memory: to be copied before the next call. */
  #somePairs(algorithm: "sha256" | "sm3", prefix: Uint8Array, pairs: Uint8Array, count: number): Uint8Array {
    const pairsAt = this.#start + PAIR_LENGTH;
    const digestsAt = pairsAt + count * PAIR_LENGTH;
    this.#reserve(PAIR_LENGTH + count * (PAIR_LENGTH + NODE_DIGEST_LENGTH));
    this.#view.set(prefix, this.#start);
    this.#view.set(pairs, pairsAt);
    this.#kernel.hashNodes(KERNEL_NUMBER[algorithm], this.#start, prefix.length, count, pairsAt, digestsAt);
    return this.#view.subarray(digestsAt, digestsAt + count * NODE_DIGEST_LENGTH);
  }

  #run(algorithm: KernelHashName, { list, from, to, digests }: Call): void {
    const count = to - from;
    const first = list.offsets[from]!;
    const length = list.offsets[to]! - first;
    const digestLength = DIGEST_LENGTH[algorithm];
    const offsetsAt = this.#start;
    const digestsAt = offsetsAt + WORD * (count + 1);
    const messagesAt = digestsAt + digestLength * count;
    this.#reserve(WORD * (count + 1) + digestLength * count + length);
    new Uint32Array(this.#view.buffer, offsetsAt, count + 1).set(list.offsets.subarray(from, to + 1));
    this.#view.set(list.bytes.subarray(first, first + length), messagesAt);
    // The offsets are those of the caller; addresses of the module wrap around, so its base may lie before them.
    this.#kernel.hashMany(KERNEL_NUMBER[algorithm], count, messagesAt - first, offsetsAt, digestsAt);
    digests.set(this.#view.subarray(digestsAt, digestsAt + digestLength * count), from * digestLength);
  }

  /** The digest of a long message, which is never in the module's memory as a whole, is at the start of the arena. */
  #hashPieces(algorithm: number, message: Uint8Array): void {
    const at = this.#start + SINGLE_DIGEST_BYTES;
    this.#reserve(SINGLE_DIGEST_BYTES + Math.min(message.length, PIECE_BYTES));
    this.#kernel.aloneBegin(algorithm);
    let done = 0;
    for (; message.length - done > PIECE_BYTES; done += PIECE_BYTES) {
      this.#view.set(message.subarray(done, done + PIECE_BYTES), at);
      this.#kernel.alonePiece(algorithm, at, PIECE_BYTES);
    }
    this.#view.set(message.subarray(done), at);
    this.#kernel.aloneEnd(algorithm, at, message.length - done, this.#start);
  }

  #reserve(bytes: number): void {
    if (this.#kernel.arena(bytes + SLACK_BYTES) === 0) {
      throw new AccelError("accel.messagesTooLong", `the kernel's memory does not hold ${bytes} bytes`);
    }
    if (this.#view.length === 0) this.#view = new Uint8Array(this.#kernel.memory.buffer);
  }
}

/** The first message that does not go with message `from` into one call. */
function endOfCall({ offsets, count }: MessageList, from: number): number {
  const last = Math.min(count, from + COPY_COUNT_MAX);
  let to = from + 1;
  while (to < last && offsets[to + 1]! - offsets[from]! <= COPY_BYTES_MAX) to++;
  return to;
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

/** The hash of many messages of the algorithm by the kernels. */
export function kernelMany(kernels: KernelHashes, algorithm: "sha256" | "sm3"): HashMany {
  return (list, digests) => kernels.hashMany(algorithm, list, digests);
}
