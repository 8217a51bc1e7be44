/**
 * Which verdicts are checked: drawn by chance that nobody outside can know or steer.
 *
 * Each item is drawn with the same probability, whatever its bytes, its sender and its place in a batch. The draws are
 * geometric gaps from the random numbers of the operating system's generator, so an item that is not drawn costs a
 * subtraction. Someone who sees which batches took longer learns nothing about the next draw.
 */
import { randomBytes } from "node:crypto";

const POOL_BYTES = 1024;
const WORD_BYTES = 4;

/** A uniform number in (0, 1], from 32 random bits. */
export type RandomFraction = () => number;

/** Returns a source of fractions from the operating system's generator. */
export function createRandomFraction(): RandomFraction {
  let pool = randomBytes(POOL_BYTES);
  let at = 0;
  return () => {
    if (at === POOL_BYTES) {
      pool = randomBytes(POOL_BYTES);
      at = 0;
    }
    at += WORD_BYTES;
    return (pool.readUInt32LE(at - WORD_BYTES) + 1) / 2 ** 32;
  };
}

export class Sampler {
  readonly #every: number;
  readonly #random: RandomFraction;
  #gap: number;

  /** @param every  one item of so many is drawn, on average; 0: none, 1: all */
  constructor(every: number, random: RandomFraction = createRandomFraction()) {
    this.#every = every;
    this.#random = random;
    this.#gap = this.#nextGap();
  }

  /** Returns the drawn indices of the next `count` items, ascending. */
  draw(count: number): number[] {
    const drawn: number[] = [];
    while (this.#gap < count) {
      drawn.push(this.#gap);
      this.#gap += 1 + this.#nextGap();
    }
    this.#gap -= count;
    return drawn;
  }

  /** Items that are passed over before the next one is drawn: geometric with probability 1 / every. */
  #nextGap(): number {
    if (this.#every === 0) return Number.POSITIVE_INFINITY;
    if (this.#every === 1) return 0;
    return Math.floor(Math.log(this.#random()) / Math.log1p(-1 / this.#every));
  }
}

/**
 * How many refusals may be checked: at most so many in any second, saved up for one second at most.
 */
export class Allowance {
  readonly #perSecond: number;
  #left: number;
  #lastMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond;
    this.#lastMs = nowMs;
  }

  /** Returns how many of `wanted` are allowed now, and uses them up. */
  take(wanted: number, nowMs: number): number {
    const earned = ((nowMs - this.#lastMs) / 1000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond, this.#left + earned);
    this.#lastMs = nowMs;
    const allowed = Math.min(wanted, Math.floor(this.#left));
    this.#left -= allowed;
    return allowed;
  }
}
