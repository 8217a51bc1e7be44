/** Chance that can be replayed: the same seed gives the same draws on every machine. */
import { createHash } from "node:crypto";

export class Random {
  readonly #state: Uint32Array;

  /** Any text or bytes as a seed. */
  constructor(seed: string | Uint8Array) {
    const digest = createHash("sha256").update(seed).digest();
    this.#state = Uint32Array.from([0, 4, 8, 12], (offset) => digest.readUInt32LE(offset));
  }

  /** 32 random bits (sfc32 of PractRand). */
  bits(): number {
    const state = this.#state;
    const [a, b, c, counter] = state as unknown as [number, number, number, number];
    const result = (a + b + counter) | 0;
    state[3] = counter + 1;
    state[0] = b ^ (b >>> 9);
    state[1] = c + (c << 3);
    state[2] = ((c << 21) | (c >>> 11)) + result;
    return result >>> 0;
  }

  /** A whole number from 0 to count - 1. */
  below(count: number): number {
    return Math.floor((this.bits() / 2 ** 32) * count);
  }

  between(low: number, high: number): number {
    return low + this.below(high - low + 1);
  }

  /** True once in `often` draws on average. */
  once(often: number): boolean {
    return this.below(often) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  /** A key of the table, drawn as often as its number says. */
  weighted<K extends string>(table: Readonly<Partial<Record<K, number>>>): K {
    const entries = Object.entries(table) as [K, number][];
    let rest = this.below(entries.reduce((sum, [, weight]) => sum + weight, 0));
    for (const [key, weight] of entries) {
      if (rest < weight) return key;
      rest -= weight;
    }
    return entries.at(-1)![0];
  }

  i64(): bigint {
    return BigInt.asIntN(64, (BigInt(this.bits()) << 32n) | BigInt(this.bits()));
  }
}
