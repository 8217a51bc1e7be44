import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Allowance, createRandomFraction, Sampler } from "../../../../accel/checked/sampler.ts";
import { Random } from "../../../fuzz/random.ts";

describe("sampling", () => {
  test("one of 1 is everything, one of 0 is nothing", () => {
    const all = new Sampler(1);
    assert.deepEqual([all.draw(3), all.draw(0), all.draw(2)], [[0, 1, 2], [], [0, 1]]);
    assert.deepEqual(new Sampler(0).draw(100_000), []);
  });

  for (const { every, size } of [
    { every: 2, size: 1 },
    { every: 10, size: 7 },
    { every: 100, size: 1000 },
  ]) {
    test(`one of ${every} is drawn, whatever the batches are (${size}), and every place as often`, (t) => {
      const seed = "sampler";
      t.diagnostic(`seed ${seed}`);
      const random = new Random(seed);
      const sampler = new Sampler(every, () => (random.bits() + 1) / 2 ** 32);
      const items = 200_000;
      const places = new Array<number>(4).fill(0);
      let drawn = 0;
      for (let start = 0; start < items; start += size) {
        const indices = sampler.draw(size);
        assert.ok(indices.every((index, i) => index < size && index > (indices[i - 1] ?? -1)));
        drawn += indices.length;
        for (const index of indices) places[(start + index) % 4]!++;
      }
      const expected = items / every;
      // Five standard deviations: with this seed the outcome is always the same.
      assert.ok(Math.abs(drawn - expected) < 5 * Math.sqrt(expected), `${drawn} drawn, ${expected} expected`);
      for (const count of places) assert.ok(Math.abs(count - expected / 4) < 5 * Math.sqrt(expected / 4), `${places}`);
    });
  }

  test("fractions of the operating system's generator are above 0 and at most 1", () => {
    const random = createRandomFraction();
    const values = Array.from({ length: 2000 }, random);
    assert.ok(values.every((value) => value > 0 && value <= 1));
    assert.ok(new Set(values).size > 1990);
  });
});

test("an allowance is spent, comes back with time, and is saved up for a second at most", () => {
  const allowance = new Allowance(10, 0);
  assert.equal(allowance.take(7, 0), 7);
  assert.equal(allowance.take(7, 0), 3);
  assert.equal(allowance.take(7, 0), 0);
  assert.equal(allowance.take(7, 250), 2);
  assert.equal(allowance.take(100, 60_000), 10);
});
