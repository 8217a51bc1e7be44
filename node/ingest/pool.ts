/**
 * The transactions between their arrival and their block, in the order of arrival.
 *
 * An entry enters the queue before its signature is known, so that the order of blocks is the order of arrival and not
 * the order in which the accelerator answers: who sends two transactions in order has them executed in order. The head
 * of the queue waits for its verdict, at most one batch of one lane; the accelerator works on those behind it
 * meanwhile. One kind stands aside: a deployment whose module is being prepared (node/prepare) is *held*, so that nobody
 * waits behind it, and joins the end of the queue when that is done.
 *
 * An entry counts against the bounds from `add` to `settle`: also while its block is made, so that a slow disk is felt
 * as back-pressure at the door and not as memory. Anyone can send entries with a bad signature, so those whose
 * signature is not known yet have a bound of their own, in count and, by the same share, in bytes: they can never take
 * the room that is left for verified ones.
 */
import type { Receipt, Transaction } from "../../runtime/format/types.ts";
import { Deferred } from "./deferred.ts";
import { rejectTransaction } from "./rejections.ts";

/** Where a transaction ended: known only after the record of its block is on disk. */
export interface Commitment {
  readonly height: number;
  /** Place in the block. */
  readonly index: number;
  readonly receipt: Receipt;
}

export interface PoolEntry {
  readonly transaction: Transaction;
  readonly id: Uint8Array;
  /** The id as a key of maps. */
  readonly idText: string;
  readonly byteLength: number;
  readonly accepted: Deferred<void>;
  readonly committed: Deferred<Commitment>;
  state: "verifying" | "held" | "verified" | "rejected" | "settled";
}

export interface PoolLimits {
  readonly pendingMax: number;
  readonly pendingBytesMax: number;
  /** Entries whose signature is not known yet; default a quarter of `pendingMax`, at least 1. */
  readonly verifyingMax?: number;
}

const VERIFYING_SHARE = 0.25;
const SEND_AGAIN = "Send it again a little later.";

export interface TakeLimits {
  readonly transactionsMax: number;
  readonly bytesMax: number;
}

export class Pool {
  readonly #limits: PoolLimits;
  readonly #verifyingMax: number;
  readonly #verifyingBytesMax: number;
  /** Entries from `#head` on are waiting; those before it have been taken. */
  #queue: PoolEntry[] = [];
  #head = 0;
  /** Entries before it may go into a block: what `readyCount` has looked at. */
  #readyEnd = 0;
  readonly #held = new Set<PoolEntry>();
  #pending = 0;
  #pendingBytes = 0;
  #verifying = 0;
  #verifyingBytes = 0;
  readonly #verified = new Map<string, PoolEntry>();
  #ready: Deferred<void> | undefined;
  /** How many must be ready before who waits for it goes on. */
  #readyWanted = 1;
  #changed: Deferred<void> | undefined;

  constructor(limits: PoolLimits) {
    const { pendingMax, pendingBytesMax } = limits;
    this.#limits = limits;
    this.#verifyingMax = limits.verifyingMax ?? Math.max(1, Math.floor(pendingMax * VERIFYING_SHARE));
    this.#verifyingBytesMax = Math.min(1, this.#verifyingMax / pendingMax) * pendingBytesMax;
  }

  /** Transactions that arrived and have no answer yet. */
  get pending(): number {
    return this.#pending;
  }

  get pendingBytes(): number {
    return this.#pendingBytes;
  }

  /** True when a transaction of this id with a good signature waits for its block. */
  has(idText: string): boolean {
    return this.#verified.has(idText);
  }

  /** The transaction of this id that waits for its block. */
  find(idText: string): Transaction | undefined {
    return this.#verified.get(idText)?.transaction;
  }

  /** Entries, from the head of the queue on, that may go into a block at once. */
  get readyCount(): number {
    this.#readyEnd = Math.max(this.#readyEnd, this.#head);
    while (this.#mayGo(this.#readyEnd)) this.#readyEnd += 1;
    return this.#readyEnd - this.#head;
  }

  /** @errors ingest.busy */
  checkRoom(byteLength: number): void {
    const { pendingMax, pendingBytesMax } = this.#limits;
    if (this.#pending >= pendingMax || this.#pendingBytes + byteLength > pendingBytesMax) {
      throw rejectTransaction("busy", {
        value: `${this.#pending} transactions, ${this.#pendingBytes} bytes waiting`,
        limit: `${pendingMax} transactions, ${pendingBytesMax} bytes`,
        hint: SEND_AGAIN,
      });
    }
    if (!this.#hasRoomToVerify(byteLength)) {
      throw rejectTransaction("busy", {
        value: `${this.#verifying} signatures, ${this.#verifyingBytes} bytes waiting for their check`,
        limit: `${this.#verifyingMax} signatures, ${Math.floor(this.#verifyingBytesMax)} bytes`,
        hint: SEND_AGAIN,
      });
    }
  }

  /** One entry may always be checked, however long it is: the share of the bytes may be less than the longest. */
  #hasRoomToVerify(byteLength: number): boolean {
    if (this.#verifying === 0) return true;
    return this.#verifying < this.#verifyingMax && this.#verifyingBytes + byteLength <= this.#verifyingBytesMax;
  }

  add(entry: PoolEntry): void {
    this.checkRoom(entry.byteLength);
    this.#pending += 1;
    this.#pendingBytes += entry.byteLength;
    this.#verifying += 1;
    this.#verifyingBytes += entry.byteLength;
    this.#queue.push(entry);
  }

  /**
   * The entry may go into a block, or is held until `letGo`; a second one of the same id is refused, whichever arrived
   * first.
   */
  markVerified(entry: PoolEntry, isHeld = false): void {
    if (entry.state !== "verifying") return;
    if (this.#verified.has(entry.idText)) {
      this.reject(entry, rejectTransaction("duplicate", { value: entry.idText }));
      return;
    }
    this.#releaseVerifying(entry);
    entry.state = "verified";
    this.#verified.set(entry.idText, entry);
    if (isHeld) this.#hold(entry);
    entry.accepted.resolve();
    this.#announce();
  }

  #hold(entry: PoolEntry): void {
    entry.state = "held";
    this.#held.add(entry);
    this.#queue.splice(this.#queue.indexOf(entry, this.#head), 1);
    this.#readyEnd = this.#head;
  }

  /** A held entry waits for its block behind all others. */
  letGo(entry: PoolEntry): void {
    if (!this.#held.delete(entry)) return;
    entry.state = "verified";
    this.#queue.push(entry);
    this.#announce();
  }

  /** The entry will be in no block; its sender hears `reason`. */
  reject(entry: PoolEntry, reason: unknown): void {
    if (entry.state === "rejected" || entry.state === "settled") return;
    this.#release(entry);
    entry.state = "rejected";
    entry.accepted.reject(reason);
    entry.committed.reject(reason);
    this.#announce();
  }

  /** The entry's block is on disk. */
  settle(entry: PoolEntry, commitment: Commitment): void {
    this.#release(entry);
    entry.state = "settled";
    entry.committed.resolve(commitment);
  }

  /** Every waiting entry is refused; those already taken are left to who took them. */
  rejectWaiting(reason: unknown): void {
    for (const entry of [...this.#queue.slice(this.#head), ...this.#held]) this.reject(entry, reason);
    this.#held.clear();
    this.#queue = [];
    this.#head = 0;
    this.#readyEnd = 0;
  }

  /** Resolves when the first `count` of the queue may go into a block, or `wake` is called. One caller at a time. */
  whenReady(count = 1): Promise<void> {
    this.#readyWanted = count;
    if (this.#headIsReady() && this.readyCount >= count) return Promise.resolve();
    this.#ready ??= new Deferred<void>();
    return this.#ready.promise;
  }

  /** Resolves when the next entry has its answer. */
  whenChanged(): Promise<void> {
    this.#changed ??= new Deferred<void>();
    return this.#changed.promise;
  }

  /** Who waits in `whenReady` goes on, to see that it is time to stop. */
  wake(): void {
    this.#ready?.resolve();
    this.#ready = undefined;
  }

  /** Entries for one block, in order, as many as fit; at least one when the head is ready. */
  take(limits: TakeLimits): PoolEntry[] {
    const taken: PoolEntry[] = [];
    let bytes = 0;
    while (this.#headIsReady() && taken.length < limits.transactionsMax) {
      const entry = this.#queue[this.#head] as PoolEntry;
      bytes += entry.byteLength;
      if (taken.length > 0 && bytes > limits.bytesMax) break;
      this.#head += 1;
      taken.push(entry);
    }
    this.#compact();
    return taken;
  }

  /** Entries that were taken and found no room wait again, before all others, in their order. */
  putBack(entries: readonly PoolEntry[]): void {
    this.#queue.splice(this.#head, 0, ...entries);
    this.#readyEnd = this.#head;
    this.#announce();
  }

  /** Refused entries stand in the queue until they are passed over. */
  #mayGo(index: number): boolean {
    const state = this.#queue[index]?.state;
    return state === "verified" || state === "rejected";
  }

  /** True when the head, behind those that were refused, is verified. */
  #headIsReady(): boolean {
    while (this.#queue[this.#head]?.state === "rejected") this.#head += 1;
    return this.#queue[this.#head]?.state === "verified";
  }

  #announce(): void {
    if (this.#ready !== undefined && this.#headIsReady() && this.readyCount >= this.#readyWanted) this.wake();
  }

  #releaseVerifying(entry: PoolEntry): void {
    this.#verifying -= 1;
    this.#verifyingBytes -= entry.byteLength;
  }

  #release(entry: PoolEntry): void {
    if (entry.state === "verifying") this.#releaseVerifying(entry);
    this.#pending -= 1;
    this.#pendingBytes -= entry.byteLength;
    if (this.#verified.get(entry.idText) === entry) this.#verified.delete(entry.idText);
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  /** Forgets what was taken when it is more than half, so that each entry is moved once on average. */
  #compact(): void {
    if (this.#head * 2 <= this.#queue.length) return;
    this.#queue = this.#queue.slice(this.#head);
    this.#readyEnd = Math.max(0, this.#readyEnd - this.#head);
    this.#head = 0;
  }
}
