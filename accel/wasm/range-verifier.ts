/**
 * Verdicts for items of a batch: by the kernel where it has passed its self-check, by the reference for everything else.
 *
 * Everything else is: algorithms that the module lacks or that failed, batches that do not fit the module's memory, and,
 * after a trap, all there is. So this is total, and its verdicts are those of the rule, whatever becomes of the kernel.
 */
import type { Algorithm, SignatureVerifier, VerdictBitmap } from "../device.ts";
import { acceptInto } from "../verdicts.ts";
import { type ItemRange, verifyItem } from "../verify-batch.ts";
import { KERNEL_ITEMS_MAX, type SignatureKernel } from "./kernel.ts";
import { type SelfCheck, selfCheck } from "./known-answers.ts";

export class RangeVerifier {
  readonly #kernel: SignatureKernel;
  readonly #check: SelfCheck;
  readonly #reference: SignatureVerifier;
  #isBroken: boolean;
  #fallbackItems = 0;

  /**
   * Lets the kernel prove itself, unless it has.
   * @param reference      decides what the kernel cannot
   * @param sm2UserPrefix  `sm2UserIdPrefix` of the chain's identity, the same as the reference's
   */
  constructor(
    kernel: SignatureKernel,
    reference: SignatureVerifier,
    sm2UserPrefix: Uint8Array,
    check: SelfCheck = selfCheck(kernel),
  ) {
    this.#kernel = kernel;
    this.#check = check;
    this.#reference = reference;
    this.#isBroken = this.#check.isBroken;
    if (!this.#isBroken) this.#kernel.setSm2UserId(sm2UserPrefix);
  }

  /** Algorithms that the kernel decides; none after a trap. */
  get algorithms(): readonly Algorithm[] {
    return this.#isBroken ? [] : this.#check.algorithms;
  }

  get canRecover(): boolean {
    return !this.#isBroken && this.#check.canRecover;
  }

  /** Items that the reference decided. */
  get fallbackItems(): number {
    return this.#fallbackItems;
  }

  /** Sets the bit of every accepted item of the range, which has to be 0 before. */
  verifyInto(verdicts: VerdictBitmap, range: ItemRange): void {
    for (let from = range.from; from < range.to; from += KERNEL_ITEMS_MAX) {
      this.#verifyPart(verdicts, { batch: range.batch, from, to: Math.min(range.to, from + KERNEL_ITEMS_MAX) });
    }
  }

  /** See `ContractVerifier.recoverSecp256k1`; undefined as the first element: the kernel cannot say. */
  recover(digest: Uint8Array, signature: Uint8Array, recoveryId: number): { key: Uint8Array | undefined } | undefined {
    if (!this.canRecover) return undefined;
    try {
      return { key: this.#kernel.recover(digest, signature, recoveryId) };
    } catch {
      this.#isBroken = true;
      return undefined;
    }
  }

  #verifyPart(verdicts: VerdictBitmap, range: ItemRange): void {
    const decided = this.#verifyByKernel(verdicts, range);
    const { batch, from, to } = range;
    for (let i = from; i < to; i++) {
      const algorithm = batch.algorithms[i]! as Algorithm;
      if (decided.includes(algorithm)) continue;
      this.#fallbackItems++;
      if (verifyItem(this.#reference, batch, i)) acceptInto(verdicts, i);
    }
  }

  /** Returns the algorithms whose items have their verdicts. */
  #verifyByKernel(verdicts: VerdictBitmap, range: ItemRange): readonly Algorithm[] {
    const decided: Algorithm[] = [];
    if (this.#isBroken) return decided;
    try {
      if (!this.#kernel.load(range)) return decided;
      for (const algorithm of this.#check.algorithms) {
        this.#kernel.verifyInto(verdicts, algorithm, range);
        decided.push(algorithm);
      }
    } catch {
      this.#isBroken = true;
    }
    return decided;
  }
}
