/**
 * Which calls are worth the way to another thread. Giving a transaction away and taking its attempt costs the owner of the
 * state some time of its own; what takes no longer than that in place is never given away.
 *
 * Times are by the caller's clock, of one turn in eight, and by kind: a contract's method. Each is a low quantile of what was
 * measured: it falls faster than it rises, so that a turn in which another process had the processor moves it little.
 */

/** Turns for each that is measured. */
const SAMPLE_EVERY = 8;
const FALL = 1 / 1.25;
const RISE = 1.05;
/** In place it must take this much longer than the way. */
const WORTH_FACTOR = 1.3;
/** Milliseconds that the way takes, before it was measured. */
const WAY_FIRST_MS = 0.001;
/** Beyond it the memory begins anew. */
const KINDS_MAX = 4096;

/** Kind 0 is not known: it is neither measured nor given away. */
export const NO_KIND = 0;

export class Payoff {
  readonly #clock: (() => number) | undefined;
  /** By contract, then by method. */
  readonly #kinds = new Map<string, Map<string, number>>();
  #kindCount = 0;
  /** Milliseconds in place, by kind; 0: not measured. */
  readonly #inPlaceMs = new Float64Array(KINDS_MAX + 1);
  readonly #isWorth = new Uint8Array(KINDS_MAX + 1);
  #worthCount = 0;
  #giveMs = WAY_FIRST_MS / 2;
  #takeMs = WAY_FIRST_MS / 2;
  #turn = 0;
  #start = -1;
  #lastContract = "";
  #lastMethod = "";
  #lastKind = NO_KIND;

  /** @param clock milliseconds, never going back; without it everything is worth it */
  constructor(clock: (() => number) | undefined) {
    this.#clock = clock;
  }

  /** True when some kind that was met is worth it. */
  get hasWorth(): boolean {
    return this.#clock === undefined || this.#worthCount > 0;
  }

  kindOf(contract: string, method: string): number {
    if (contract === this.#lastContract && method === this.#lastMethod) return this.#lastKind;
    this.#lastContract = contract;
    this.#lastMethod = method;
    this.#lastKind = this.#kinds.get(contract)?.get(method) ?? this.#learn(contract, method);
    return this.#lastKind;
  }

  isWorth(kind: number): boolean {
    return this.#clock === undefined || this.#isWorth[kind] === 1;
  }

  /** What the way takes as a share of the time in place; 1 where it is not known. */
  wayShare(kind: number): number {
    const inPlaceMs = this.#inPlaceMs[kind]!;
    return inPlaceMs === 0 ? 1 : Math.min(1, (this.#giveMs + this.#takeMs) / inPlaceMs);
  }

  /** A transaction begins in place; now and then it is measured until `ended`. */
  begins(): void {
    if (this.#clock === undefined) return;
    this.#turn += 1;
    if (this.#turn % SAMPLE_EVERY === 0) this.#start = this.#clock();
  }

  /** What began has ended. @param kind its kind; asked for when it was measured */
  ended(kind: () => number): void {
    if (this.#start < 0) return;
    const ms = this.#clock!() - this.#start;
    this.#start = -1;
    this.#measured(kind(), ms);
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

  /** Does `work`, which takes an attempt. */
  taking<T>(work: () => T): T {
    this.#turn += 1;
    if (this.#clock === undefined || this.#turn % SAMPLE_EVERY !== 0) return work();
    const start = this.#clock();
    const result = work();
    this.#takeMs = moved(this.#takeMs, this.#clock() - start);
    return result;
  }

  #measured(kind: number, ms: number): void {
    if (kind === NO_KIND) return;
    const before = this.#inPlaceMs[kind]!;
    this.#inPlaceMs[kind] = before === 0 ? ms : moved(before, ms);
    const isWorth = this.#inPlaceMs[kind]! > WORTH_FACTOR * (this.#giveMs + this.#takeMs) ? 1 : 0;
    this.#worthCount += isWorth - this.#isWorth[kind]!;
    this.#isWorth[kind] = isWorth;
  }

  #learn(contract: string, method: string): number {
    if (this.#kindCount === KINDS_MAX) this.#clear();
    this.#kindCount += 1;
    const methods = this.#kinds.get(contract);
    if (methods === undefined) this.#kinds.set(contract, new Map([[method, this.#kindCount]]));
    else methods.set(method, this.#kindCount);
    return this.#kindCount;
  }

  #clear(): void {
    this.#kinds.clear();
    this.#kindCount = 0;
    this.#inPlaceMs.fill(0);
    this.#isWorth.fill(0);
    this.#worthCount = 0;
  }
}

function moved(estimate: number, measured: number): number {
  return measured > estimate ? Math.min(estimate * RISE, measured) : Math.max(estimate * FALL, measured);
}
