import type { TestContext } from "node:test";

/** Returns a generator of integers in [0, limit), the same for the same seed (mulberry32); the seed is printed. */
export function seededNumbers(t: TestContext, seed: number): (limit: number) => number {
  t.diagnostic(`seed ${seed}`);
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
