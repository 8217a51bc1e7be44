/**
 * One instance of the signatures module (accel/kernels/signatures.ts) and its memory.
 *
 * A batch is copied once into the module's arena; then each algorithm is one call with the list of its items, whatever
 * order they stand in. Which algorithms the instance is used for is decided by the self-check (known-answers.ts); the
 * others are not asked for again. A call that traps leaves the module's scratch memory in an unknown state, so the
 * instance is not used after it.
 *
 *   arena: [ message offsets | items | signatures | public keys | verdicts | messages ]
 */
import { randomFillSync } from "node:crypto";
import {
  ALGORITHMS,
  type Algorithm,
  type AlgorithmName,
  PUBLIC_KEY_STRIDE,
  RECOVERED_KEY_LENGTH,
  RECOVERY_DIGEST_LENGTH,
  SIGNATURE_LENGTH,
} from "../device.ts";
import { AccelError } from "../errors.ts";
import { acceptInto } from "../verdicts.ts";
import type { ItemRange } from "../verify-batch.ts";

/** Items of one call at most. */
export const KERNEL_ITEMS_MAX = 4096;
const SEED_LENGTH = 32;
const WORD = 4;

type Pointer = number;
type VerifyCall = (
  count: number,
  items: Pointer,
  publicKeys: Pointer,
  signatures: Pointer,
  messages: Pointer,
  messageOffsets: Pointer,
  verdicts: Pointer,
) => void;

/** What the module exports; an algorithm that it lacks is the reference's. */
interface KernelExports {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => Pointer;
  readonly seed: (pointer: Pointer) => void;
  readonly sm2UserId?: (pointer: Pointer, length: number) => void;
  readonly ed25519Verify?: VerifyCall;
  readonly secp256k1Verify?: VerifyCall;
  readonly p256Verify?: VerifyCall;
  readonly sm2Verify?: VerifyCall;
  readonly secp256k1Recover?: (
    count: number,
    digests: Pointer,
    signatures: Pointer,
    recoveryIds: Pointer,
    publicKeys: Pointer,
  ) => void;
  /** What runs once, before anything else, in a module that has such code. */
  readonly _start?: () => void;
  readonly isFused?: () => number | boolean;
}

/** Addresses of the parts of a batch in the arena. */
interface Layout {
  readonly messageOffsets: Pointer;
  readonly items: Pointer;
  readonly signatures: Pointer;
  readonly publicKeys: Pointer;
  readonly verdicts: Pointer;
  readonly messages: Pointer;
  readonly end: Pointer;
}

function layoutFrom(start: Pointer, items: number, messageBytes: number): Layout {
  const messageOffsets = start;
  const list = messageOffsets + WORD * (items + 1);
  const signatures = list + WORD * items;
  const publicKeys = signatures + SIGNATURE_LENGTH * items;
  const verdicts = publicKeys + PUBLIC_KEY_STRIDE * items;
  const messages = verdicts + items;
  return { messageOffsets, items: list, signatures, publicKeys, verdicts, messages, end: messages + messageBytes };
}

const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as AlgorithmName[];

/** A module built without `--use abort=` asks for this one import; the kernels never call it. */
function imports(): WebAssembly.Imports {
  const abort = (): never => {
    throw new AccelError("accel.deviceFailed", "the kernel aborted");
  };
  return { env: { abort } };
}

export class SignatureKernel {
  readonly #exports: KernelExports;
  readonly #verifyCalls: ReadonlyMap<Algorithm, VerifyCall>;
  #layout: Layout = layoutFrom(0, 0, 0);

  /** Instantiates the module and gives it random weights. */
  constructor(module: WebAssembly.Module) {
    this.#exports = new WebAssembly.Instance(module, imports()).exports as unknown as KernelExports;
    this.#exports._start?.();
    this.#verifyCalls = new Map(
      ALGORITHM_NAMES.flatMap((name): [Algorithm, VerifyCall][] => {
        const call = this.#exports[`${name}Verify`];
        return call === undefined ? [] : [[ALGORITHMS[name], call]];
      }),
    );
    this.#place(randomFillSync(new Uint8Array(SEED_LENGTH)), this.#exports.seed);
  }

  /** Algorithms that the module has. */
  get algorithms(): readonly Algorithm[] {
    return [...this.#verifyCalls.keys()];
  }

  get canRecover(): boolean {
    return this.#exports.secp256k1Recover !== undefined;
  }

  /** True when this machine multiplies and adds in one step, which the relaxed kernels are written for. */
  get isFused(): boolean {
    const answer = this.#exports.isFused?.() ?? false;
    return answer === true || answer === 1;
  }

  /** SM2 signatures are verified for this identity: ENTL and id, as `sm2UserIdPrefix` gives them. */
  setSm2UserId(prefix: Uint8Array): void {
    const { sm2UserId } = this.#exports;
    if (sm2UserId === undefined) return;
    this.#place(prefix, (pointer) => sm2UserId(pointer, prefix.length));
  }

  /**
   * Copies the items of the range into the arena; false when the module has no room for them. At most
   * `KERNEL_ITEMS_MAX` items.
   */
  load(range: ItemRange): boolean {
    const { batch, from, to } = range;
    const firstByte = batch.messageOffsets[from]!;
    const messageBytes = batch.messageOffsets[to]! - firstByte;
    const { end } = layoutFrom(0, to - from, messageBytes);
    const start = this.#exports.arena(end);
    if (start === 0) return false;
    const layout = layoutFrom(start, to - from, messageBytes);
    const memory = new Uint8Array(this.#exports.memory.buffer);
    memory.set(batch.signatures.subarray(from * SIGNATURE_LENGTH, to * SIGNATURE_LENGTH), layout.signatures);
    memory.set(batch.publicKeys.subarray(from * PUBLIC_KEY_STRIDE, to * PUBLIC_KEY_STRIDE), layout.publicKeys);
    memory.set(batch.messages.subarray(firstByte, batch.messageOffsets[to]), layout.messages);
    memory.fill(0, layout.verdicts, layout.messages);
    const offsets = new Uint32Array(memory.buffer, layout.messageOffsets, to - from + 1);
    for (let i = from; i <= to; i++) offsets[i - from] = batch.messageOffsets[i]! - firstByte;
    this.#layout = layout;
    return true;
  }

  /**
   * Sets the bits of the accepted items of one algorithm among those that were loaded; returns how many items have the
   * algorithm.
   * @errors what the module throws: it is broken then
   */
  verifyInto(verdicts: Uint8Array, algorithm: Algorithm, { batch, from, to }: ItemRange): number {
    const call = this.#verifyCalls.get(algorithm);
    if (call === undefined) return 0;
    const layout = this.#layout;
    const items = new Uint32Array(this.#exports.memory.buffer, layout.items, to - from);
    let count = 0;
    for (let i = from; i < to; i++) if (batch.algorithms[i] === algorithm) items[count++] = i - from;
    if (count === 0) return 0;
    const { publicKeys, signatures, messages, messageOffsets } = layout;
    call(count, layout.items, publicKeys, signatures, messages, messageOffsets, layout.verdicts);
    // The call may have grown the memory, and then the views from before are empty.
    const memory = new Uint8Array(this.#exports.memory.buffer);
    for (let i = from; i < to; i++) {
      const isOurs = batch.algorithms[i] === algorithm;
      if (isOurs && memory[layout.verdicts + i - from] === 1) acceptInto(verdicts, i);
    }
    return count;
  }

  /** The compressed key of `ContractVerifier.recoverSecp256k1`; the lengths and the id are checked before. */
  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined {
    const { secp256k1Recover, arena, memory } = this.#exports;
    const signatureAt = RECOVERY_DIGEST_LENGTH;
    const idAt = signatureAt + SIGNATURE_LENGTH;
    const keyAt = idAt + 1;
    const start = arena(keyAt + RECOVERED_KEY_LENGTH);
    if (secp256k1Recover === undefined || start === 0) {
      throw new AccelError("accel.deviceFailed", "the kernel has no recovery or no memory");
    }
    const before = new Uint8Array(memory.buffer, start);
    before.set(digest);
    before.set(signature, signatureAt);
    before[idAt] = recoveryId;
    secp256k1Recover(1, start, start + signatureAt, start + idAt, start + keyAt);
    const key = new Uint8Array(memory.buffer, start + keyAt, RECOVERED_KEY_LENGTH).slice();
    return key[0] === 0 ? undefined : key;
  }

  /** Hands bytes to a call that copies them. */
  #place(bytes: Uint8Array, call: (pointer: Pointer) => void): void {
    const start = this.#exports.arena(bytes.length);
    if (start === 0) throw new AccelError("accel.deviceFailed", "the kernel has no memory");
    new Uint8Array(this.#exports.memory.buffer).set(bytes, start);
    call(start);
  }
}
