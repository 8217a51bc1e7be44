/**
 * Which calls are worth the way to another thread. Giving a transaction away and taking its attempt costs the owner of the
 * state some time of its own; what gains nothing by it is never given away.
 *
 *   in place   from its turn until it is in the block
 *   taken      the same, with an attempt
 *   give       for each transaction of a batch
 *
 * Times are by the caller's clock, of one turn in 32, by kind: a contract's method. Each is a low quantile of what was
 * measured: it falls faster than it rises, so that a turn in which another process had the processor moves it little.
 */

/** Turns for each that is measured. */
const SAMPLE_EVERY = 32;
const FALL = 1 / 1.25;
const RISE = 1.05;
/** What is gained must be so many times what giving costs, */
const GIVE_FACTOR = 1.5;
/** and this share of the time in place: less than that a wrong measurement takes away again. */
const GAIN_MIN = 0.1;
/** Milliseconds before something was measured. */
const GIVE_FIRST_MS = 0.0005;
const TAKEN_FIRST_MS = 0.002;
/** Of what taking took, left after each measurement in place: what was not worth it is tried again some time. */
const FORGET = 0.996;
/** Beyond it the memory begins anew. */
const KINDS_MAX = 4096;

/** How a turn went: by an attempt, in place from the start, or in place after an attempt had failed. */
export type Way = "taken" | "inPlace" | "failed";

export class Payoff {
  readonly #clock: (() => number) | undefined;
  /** By contract, then by method; from 0. */
  readonly #kinds = new Map<string, Map<string, number>>();
  #kindCount = 0;
  /** Milliseconds by kind; 0: not measured. */
  readonly #inPlaceMs = new Float64Array(KINDS_MAX);
  readonly #takenMs = new Float64Array(KINDS_MAX).fill(TAKEN_FIRST_MS);
  readonly #isWorth = new Uint8Array(KINDS_MAX);
  #worthCount = 0;
  #giveMs = GIVE_FIRST_MS;
  #turn = 0;
  #start = -1;
  #lastContract = "";
  #lastMethod = "";
  #lastKind = -1;

  /** @param clock milliseconds, never going back; without it everything is worth it */
  constructor(clock: (() => number) | undefined) {
    this.#clock = clock;
  }

  /** True when some kind that was met is worth it. */
  get hasWorth(): boolean {
    return this.#clock === undefined || this.#worthCount > 0;
  }

  kindOf(contract: string, method: string): number {
    if (this.#lastKind >= 0 && contract === this.#lastContract && method === this.#lastMethod) return this.#lastKind;
    this.#lastContract = contract;
    this.#lastMethod = method;
    this.#lastKind = this.#kinds.get(contract)?.get(method) ?? this.#learn(contract, method);
    return this.#lastKind;
  }

  isWorth(kind: number): boolean {
    return this.#clock === undefined || this.#isWorth[kind] === 1;
  }

  /** What the way costs the owner as a share of the time in place; 1 where it is not known. */
  wayShare(kind: number): number {
    const inPlaceMs = this.#inPlaceMs[kind]!;
    return inPlaceMs === 0 ? 1 : Math.min(1, (this.#giveMs + this.#takenMs[kind]!) / inPlaceMs);
  }

  /** A transaction's turn begins; now and then it is measured until `ended`. */
  begins(): void {
    if (this.#clock === undefined) return;
    this.#turn += 1;
    if (this.#turn % SAMPLE_EVERY === 0) this.#start = this.#clock();
  }

  /** True when what began is measured: `ended` wants to know. */
  get isMeasuring(): boolean {
    return this.#start >= 0;
  }

  /** The transaction is in the block. */
  ended(kind: number, way: Way): void {
    const ms = this.#clock!() - this.#start;
    this.#start = -1;
    if (way === "taken") this.#takenMs[kind] = moved(this.#takenMs[kind]!, ms);
    else if (way === "inPlace") this.#measuredInPlace(kind, ms);
    this.#judge(kind);
  }

  /** What began will not end. */
  forget(): void {
    this.#start = -1;
  }

  /** Does `work`, which gives as many transactions away as it returns. */
  giving(work: () => number): number {
    if (this.#clock === undefined) return work();
    const start = this.#clock();
    const count = work();
    if (count > 0) this.#giveMs = moved(this.#giveMs, (this.#clock() - start) / count);
    return count;
  }

  #measuredInPlace(kind: number, ms: number): void {
    const before = this.#inPlaceMs[kind]!;
    this.#inPlaceMs[kind] = before === 0 ? ms : moved(before, ms);
    if (this.#isWorth[kind] === 0) this.#takenMs[kind]! *= FORGET;
  }

  #judge(kind: number): void {
    const inPlaceMs = this.#inPlaceMs[kind]!;
    const gainMs = inPlaceMs - this.#takenMs[kind]!;
    const isWorth = gainMs > GIVE_FACTOR * this.#giveMs + GAIN_MIN * inPlaceMs ? 1 : 0;
    this.#worthCount += isWorth - this.#isWorth[kind]!;
    this.#isWorth[kind] = isWorth;
  }

  #learn(contract: string, method: string): number {
    if (this.#kindCount === KINDS_MAX) this.#clear();
    const kind = this.#kindCount;
    this.#kindCount += 1;
    const methods = this.#kinds.get(contract);
    if (methods === undefined) this.#kinds.set(contract, new Map([[method, kind]]));
    else methods.set(method, kind);
    return kind;
  }

  #clear(): void {
    this.#kinds.clear();
    this.#kindCount = 0;
    this.#inPlaceMs.fill(0);
    this.#takenMs.fill(TAKEN_FIRST_MS);
    this.#isWorth.fill(0);
    this.#worthCount = 0;
  }
}

function moved(estimate: number, measured: number): number {
  return measured > estimate ? Math.min(estimate * RISE, measured) : Math.max(estimate * FALL, measured);
}
