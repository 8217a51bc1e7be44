/**
 * What became of each transaction of a block in the lanes: for the schedule report, after the block. While it runs a few
 * numbers are written down; keys and who wrote them are looked up when somebody asks.
 */

/** By which a transaction's way is written down; the names are those of the statistics. */
export const FATES = {
  /** Not given away: it ran in place. */
  inPlace: 0,
  /** Its attempt was taken. */
  taken: 1,
  /** Its attempt had seen a value, or an add had got an answer, that was another one at its turn. */
  value: 2,
  counter: 3,
  /** Its turn came before the thread had done it. */
  late: 4,
  /** The thread died or hung. */
  lost: 5,
  /** The thread made no attempt, for one of these reasons. */
  notShown: 6,
  scan: 7,
  tooLarge: 8,
  failed: 9,
  noModule: 10,
  /** What the thread wrote cannot be read. */
  broken: 11,
} as const;

export type FateName = keyof typeof FATES;

export const FATE_NAMES = Object.keys(FATES) as readonly FateName[];

/** What happened to the transactions of one block, in its order. */
export interface LaneFacts {
  /** Of each transaction, one of FATES. */
  readonly fates: Uint8Array;
  /** Those whose attempts were refused, and the state key that refused each. */
  readonly conflicts: readonly { readonly transaction: number; readonly key: Uint8Array }[];
}

export class LaneLog {
  #fates = new Uint8Array(1024);
  #slots = new Int32Array(1024);
  #count = 0;

  /** A block begins, or there is none. @param countMax transactions that may come */
  clear(countMax: number): void {
    this.#count = 0;
    if (countMax <= this.#fates.length) return;
    this.#fates = new Uint8Array(countMax);
    this.#slots = new Int32Array(countMax);
  }

  /** The block's next transaction had this fate. @param slot that its attempt failed on */
  note(fate: number, slot = -1): void {
    this.#fates[this.#count] = fate;
    this.#slots[this.#count] = slot;
    this.#count += 1;
  }

  /** Returns what was written down since the block began; undefined when that is not of so many transactions. */
  facts(transactionCount: number, keyOf: (slot: number) => Uint8Array): LaneFacts | undefined {
    if (this.#count !== transactionCount) return undefined;
    const keys = new Map<number, Uint8Array>();
    const conflicts: { transaction: number; key: Uint8Array }[] = [];
    for (let transaction = 0; transaction < transactionCount; transaction += 1) {
      const slot = this.#slots[transaction]!;
      if (slot < 0) continue;
      const key = keys.get(slot) ?? keyOf(slot);
      keys.set(slot, key);
      conflicts.push({ transaction, key });
    }
    return { fates: this.#fates.slice(0, transactionCount), conflicts };
  }
}

/** Transactions whose facts are kept, all blocks together. */
const TRANSACTIONS_KEPT_MAX = 65_536;
const BLOCKS_KEPT_MAX = 1024;

/** The facts of the newest blocks. */
export class RecentLaneFacts {
  readonly #facts = new Map<number, LaneFacts>();
  #transactionCount = 0;

  get(height: number): LaneFacts | undefined {
    return this.#facts.get(height);
  }

  /** The block's facts are there, and of older blocks as many as there is room for. */
  set(height: number, facts: LaneFacts): void {
    this.#drop(height);
    this.#facts.set(height, facts);
    this.#transactionCount += facts.fates.length;
    while (this.#facts.size > BLOCKS_KEPT_MAX || (this.#facts.size > 1 && this.#isTooMuch)) {
      this.#drop(this.#facts.keys().next().value!);
    }
  }

  get #isTooMuch(): boolean {
    return this.#transactionCount > TRANSACTIONS_KEPT_MAX;
  }

  #drop(height: number): void {
    this.#transactionCount -= this.#facts.get(height)?.fates.length ?? 0;
    this.#facts.delete(height);
  }
}
