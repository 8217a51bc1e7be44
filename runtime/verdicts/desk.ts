/**
 * The verifier that contracts ask, in front of one that answers at once: it may give up an attempt instead of answering,
 * so that the verdicts come from a device.
 *
 *   outside of a block   queries, traces, replay: every question goes to the inner verifier
 *   `attempt(work)`      what is known is answered; the first question that is not is noted and the attempt is aborted
 *   `inPlace(work)`      what is known is answered, the rest by the inner verifier: this never aborts
 *
 * Answers are the same in all three, because they are all the chain's acceptance rule; so outcome, gas, events and roots do
 * not depend on which questions were answered how, and a block is what the third gives.
 *
 * What an aborted attempt costs. It is run up to the question and not charged, and the block's own run passes the same
 * way and is charged for it: nothing before the question depends on a missing verdict. With at most ABORTS_MAX = 2 aborts
 * the calling thread does at most 3 times the work that the sender pays, whoever wrote the contract; after them the rest
 * is verified in place, as without a device. To presume a verdict and go on would gather more questions in one attempt, and
 * is wrong: a contract that loops for ever when a bad signature is accepted would have its whole gas limit run for the price
 * of one question.
 */
import type { ContractVerifier, Hashes, SignatureItem, VerdictBitmap } from "../../accel/device.ts";
import { ATTEMPT_ABORTED } from "../../vm/host/abort.ts";
import { itemVerdictKey, VerdictStore, verdictAt } from "./store.ts";

/** A transaction that verifies one signature, or one list, is aborted once; the second is for one that chains two. */
export const ABORTS_MAX = 2;
/** A question of more bytes is answered in place: it is copied and carried over, and hashing it is most of the work. */
const QUESTION_BYTES_MAX = 1024 * 1024;
/** Noted questions above which no more are gathered ahead: what waits in memory stays small. */
const WANTED_BYTES_MAX = 4 * 1024 * 1024;
const WANTED_ITEMS_MAX = 4096;
/** Half of the store's own bound: verdicts of contracts serve again when a transaction is run again or repeated. */
const STORE = { acceptedMax: 8192, rejectedMax: 2048 };

export interface VerdictDeskOptions {
  /** Answers at once. */
  readonly inner: ContractVerifier;
  readonly hashes: Pick<Hashes, "sha256">;
  /**
   * Fewest missing verdicts of one question for which an attempt is given up; default 1. A verifier that answers one in less
   * than a hop to a thread and back (about 0.1 ms) is better asked in place.
   */
  readonly itemsMin?: number;
  readonly verdicts?: VerdictStore;
}

export interface VerdictDeskStatistics {
  /** Attempts given up for a transaction's turn, and for a look ahead. */
  readonly aborts: number;
  readonly lookAheads: number;
  /** Signatures asked of the device, and verified at once inside a block. */
  readonly offloadedItems: number;
  readonly inPlaceItems: number;
  /** Of verdicts that were known. */
  readonly hits: number;
}

type Mode = "outside" | "attempt" | "inPlace";

export class VerdictDesk implements ContractVerifier {
  readonly #inner: ContractVerifier;
  readonly #hashes: Pick<Hashes, "sha256">;
  readonly #itemsMin: number;
  readonly #store: VerdictStore;
  /** Verdicts that came since the transaction at hand began: it is not asked twice for them, however small the store. */
  readonly #fresh = new Map<string, boolean>();
  readonly #wanted = new Map<string, SignatureItem>();
  #wantedBytes = 0;
  #mode: Mode = "outside";
  #aborts = 0;
  #lookAheads = 0;
  #offloadedItems = 0;
  #inPlaceItems = 0;

  constructor({ inner, hashes, itemsMin = 1, verdicts = new VerdictStore(STORE) }: VerdictDeskOptions) {
    this.#inner = inner;
    this.#hashes = hashes;
    this.#itemsMin = itemsMin;
    this.#store = verdicts;
  }

  /** Returns what `work` gives; undefined when it was aborted for verdicts, which are `wanted` now. */
  attempt<T>(work: () => T, isLookAhead = false): T | undefined {
    try {
      return this.#within("attempt", work);
    } catch (error) {
      if (error !== ATTEMPT_ABORTED) throw error;
      if (isLookAhead) this.#lookAheads += 1;
      else this.#aborts += 1;
      return undefined;
    }
  }

  /** Returns what `work` gives; it is never aborted. */
  inPlace<T>(work: () => T): T {
    return this.#within("inPlace", work);
  }

  /** True when single signatures are asked for: a list's price is above what a look ahead may use. */
  get looksAhead(): boolean {
    return this.#itemsMin === 1;
  }

  /** True while more questions may be gathered for the batch that leaves next. */
  get hasRoom(): boolean {
    return this.#wanted.size < WANTED_ITEMS_MAX && this.#wantedBytes < WANTED_BYTES_MAX;
  }

  /** Returns what aborted attempts asked for, each item once, and begins an empty list. */
  takeWanted(): readonly SignatureItem[] {
    const items = [...this.#wanted.values()];
    this.#wanted.clear();
    this.#wantedBytes = 0;
    return items;
  }

  /** The verdicts of these items are known. */
  learn(items: readonly SignatureItem[], verdicts: VerdictBitmap): void {
    this.#offloadedItems += items.length;
    for (const [index, item] of items.entries()) {
      this.#remember(itemVerdictKey(item, this.#hashes), verdictAt(verdicts, index, items.length));
    }
  }

  /** The next transaction begins: verdicts that came for the one before are known as long as the store has room. */
  beginTransaction(): void {
    this.#fresh.clear();
  }

  /** No verdict is known any more: whoever gave them was found wrong. */
  forget(): void {
    this.#fresh.clear();
    this.#store.clear();
  }

  statistics(): VerdictDeskStatistics {
    return {
      aborts: this.#aborts,
      lookAheads: this.#lookAheads,
      offloadedItems: this.#offloadedItems,
      inPlaceItems: this.#inPlaceItems,
      hits: this.#store.statistics().hits,
    };
  }

  verify(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
    if (this.#mode === "outside") return this.#inner.verify(algorithm, publicKey, signature, message);
    return verdictAt(this.#answer([{ algorithm, publicKey, signature, message }]), 0, 1);
  }

  verifyMany(items: readonly SignatureItem[]): VerdictBitmap {
    if (this.#mode === "outside") return this.#inner.verifyMany(items);
    return this.#answer(items);
  }

  /** A recovered key is no verdict, and no device computes it yet: in place. */
  recoverSecp256k1(digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array | undefined {
    return this.#inner.recoverSecp256k1(digest, signature, recoveryId);
  }

  blsFastAggregateVerify(publicKeys: readonly Uint8Array[], message: Uint8Array, signature: Uint8Array): boolean {
    return this.#inner.blsFastAggregateVerify(publicKeys, message, signature);
  }

  blsAggregateVerify(
    publicKeys: readonly Uint8Array[],
    messages: readonly Uint8Array[],
    signature: Uint8Array,
  ): boolean {
    return this.#inner.blsAggregateVerify(publicKeys, messages, signature);
  }

  blsPopVerify(publicKey: Uint8Array, proof: Uint8Array): boolean {
    return this.#inner.blsPopVerify(publicKey, proof);
  }

  #within<T>(mode: Mode, work: () => T): T {
    this.#mode = mode;
    try {
      return work();
    } finally {
      this.#mode = "outside";
    }
  }

  #answer(items: readonly SignatureItem[]): VerdictBitmap {
    const verdicts = new Uint8Array((items.length + 7) >> 3);
    const missing: { readonly key: string; readonly index: number }[] = [];
    for (const [index, item] of items.entries()) {
      const key = itemVerdictKey(item, this.#hashes);
      const known = this.#fresh.get(key) ?? this.#store.find(key);
      if (known === undefined) missing.push({ key, index });
      else if (known) verdicts[index >> 3]! |= 1 << (index & 7);
    }
    if (missing.length === 0) return verdicts;
    const unknown = missing.map(({ index }) => items[index]!);
    if (this.#mode === "attempt" && missing.length >= this.#itemsMin && bytesOf(unknown) <= QUESTION_BYTES_MAX) {
      for (const { key, index } of missing) this.#want(key, items[index]!);
      throw ATTEMPT_ABORTED;
    }
    this.#inPlaceItems += missing.length;
    const answers = this.#inner.verifyMany(unknown);
    for (const [place, { key, index }] of missing.entries()) {
      const isAccepted = verdictAt(answers, place, missing.length);
      this.#remember(key, isAccepted);
      if (isAccepted) verdicts[index >> 3]! |= 1 << (index & 7);
    }
    return verdicts;
  }

  /** The bytes are the contract's memory, which the next call writes over: they are copied. */
  #want(key: string, { algorithm, publicKey, signature, message }: SignatureItem): void {
    if (this.#wanted.has(key)) return;
    const item = { algorithm, publicKey: publicKey.slice(), signature: signature.slice(), message: message.slice() };
    this.#wanted.set(key, item);
    this.#wantedBytes += bytesOf([item]);
  }

  #remember(key: string, isAccepted: boolean): void {
    this.#fresh.set(key, isAccepted);
    this.#store.remember(key, isAccepted);
  }
}

function bytesOf(items: readonly SignatureItem[]): number {
  return items.reduce((sum, { publicKey, signature, message }) => {
    return sum + publicKey.length + signature.length + message.length;
  }, 0);
}
