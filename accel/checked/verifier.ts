/**
 * A fast contract verifier that is trusted but checked, on the calling thread.
 *
 * What contracts ask becomes state, so an answer that is found wrong later cannot be taken back: every "no" is asked
 * of the reference too (the caller has paid the gas of the reference's work), and so is a drawn share of every "yes".
 * The first difference is told, the reference's answer is the one that counts, and it gives all answers from then on.
 */
import type { ContractVerifier, SignatureItem, VerdictBitmap } from "../device.ts";
import { checkRange } from "../device-options.ts";
import { acceptInto, createVerdicts, isAccepted } from "../verdicts.ts";
import { type RandomFraction, Sampler } from "./sampler.ts";

const SAMPLE_EVERY = 1024;

/** An answer of the fast verifier that was not the reference's. */
export interface WrongAnswer {
  /** Which question: the name of a function of `ContractVerifier`. */
  readonly question: "verify" | "recoverSecp256k1";
  readonly algorithm: number;
  /** What was asked and answered, hex; the message is cut after 1 KiB. */
  readonly publicKey: string;
  readonly signature: string;
  readonly message: string;
}

export interface CheckedVerifierOptions {
  readonly fast: ContractVerifier;
  readonly reference: ContractVerifier;
  /** One "yes" of so many is checked, on average; 1: every one, 0: none. Default 1024. */
  readonly sampleEvery?: number | undefined;
  /** Told once, at the first wrong answer. Earlier ones may be in the state: the node must not go on. */
  readonly onWrongAnswer: (wrong: WrongAnswer) => void;
  /** For tests that need the same draws again. */
  readonly random?: RandomFraction | undefined;
}

const EVIDENCE_BYTES = 1024;
const SECP256K1 = 2;
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes.subarray(0, EVIDENCE_BYTES)).toString("hex");

function isSame(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

class CheckedVerifier {
  readonly #options: CheckedVerifierOptions;
  readonly #sampler: Sampler;
  /** False from the first wrong answer on. */
  #isTrusted = true;

  constructor(options: CheckedVerifierOptions) {
    this.#options = options;
    const every = checkRange("sampleEvery", options.sampleEvery ?? SAMPLE_EVERY, 0, 2 ** 31 - 1);
    this.#sampler = new Sampler(every, options.random);
  }

  verifyMany(items: readonly SignatureItem[]): VerdictBitmap {
    const { fast, reference } = this.#options;
    if (!this.#isTrusted) return reference.verifyMany(items);
    const answers = fast.verifyMany(items);
    const drawn = new Set(this.#sampler.draw(items.length));
    const verdicts = createVerdicts(items.length);
    items.forEach((item, i) => {
      const answer = isAccepted(answers, i);
      const isChecked = !answer || drawn.has(i) || !this.#isTrusted;
      if (isChecked ? this.#decide(item, answer) : answer) acceptInto(verdicts, i);
    });
    return verdicts;
  }

  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined {
    const { fast, reference } = this.#options;
    if (!this.#isTrusted) return reference.recoverSecp256k1(digest, signature, recoveryId);
    const answer = fast.recoverSecp256k1(digest, signature, recoveryId);
    if (answer !== undefined && this.#sampler.draw(1).length === 0) return answer;
    const key = reference.recoverSecp256k1(digest, signature, recoveryId);
    if (!isSame(key, answer)) {
      this.#tell({
        question: "recoverSecp256k1",
        algorithm: SECP256K1,
        publicKey: answer === undefined ? "" : hexOf(answer),
        signature: hexOf(signature),
        message: hexOf(digest),
      });
    }
    return key;
  }

  /** The reference's answer; a difference is told. */
  #decide({ algorithm, publicKey, signature, message }: SignatureItem, answer: boolean): boolean {
    const verdict = this.#options.reference.verify(algorithm, publicKey, signature, message);
    if (verdict !== answer) {
      this.#tell({
        question: "verify",
        algorithm,
        publicKey: hexOf(publicKey),
        signature: hexOf(signature),
        message: hexOf(message),
      });
    }
    return verdict;
  }

  #tell(wrong: WrongAnswer): void {
    if (!this.#isTrusted) return;
    this.#isTrusted = false;
    this.#options.onWrongAnswer(wrong);
  }
}

/**
 * Returns a verifier whose "no" is always the reference's, and whose "yes" is the fast one's but for the drawn share.
 * @errors accel.badOption
 * @cost that of `fast`; that of `reference` for each "no" and each drawn "yes"
 */
export function createCheckedVerifier(options: CheckedVerifierOptions): ContractVerifier {
  const checked = new CheckedVerifier(options);
  return Object.freeze({
    ...options.reference,
    verify: (algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array) =>
      isAccepted(checked.verifyMany([{ algorithm, publicKey, signature, message }]), 0),
    verifyMany: (items: readonly SignatureItem[]) => checked.verifyMany(items),
    recoverSecp256k1: (digest: Uint8Array, signature: Uint8Array, recoveryId: number) =>
      checked.recover(digest, signature, recoveryId),
  });
}
