import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { KeyOrder } from "../../../../runtime/state/key-order.ts";
import { seededNumbers } from "../seeded-numbers.ts";

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const textOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
const listed = (order: KeyOrder, start = ""): string[] => [...order.from(latin(start))].map(textOf);
const inByteOrder = (keys: Iterable<string>): string[] => [...keys].sort((left, right) => (left < right ? -1 : 1));

/** Short keys over few bytes, so that one often begins another; now and then a long one. */
function keyGenerator(pick: (limit: number) => number): () => string {
  const alphabet = ["\x00", "a", "b", "\xff"];
  return () => {
    const length = pick(50) === 0 ? 300 + pick(246) : 1 + pick(7);
    return Array.from({ length }, () => alphabet[pick(alphabet.length)]).join("");
  };
}

test("keys stand in byte order, a key before those it begins", () => {
  const order = new KeyOrder();
  const keys = ["b", "a\xff", "a", "", "a\x00", "ab"];
  for (const key of keys) assert.equal(order.add(latin(key)), true, key);
  assert.deepEqual(listed(order), ["", "a", "a\x00", "ab", "a\xff", "b"]);
  assert.deepEqual(listed(order, "aa"), ["ab", "a\xff", "b"]);
  assert.deepEqual(listed(order, "b"), ["b"]);
  assert.deepEqual(listed(order, "b\x00"), []);
  assert.equal(order.add(latin("a")), false);
  assert.deepEqual([order.remove(latin("a")), order.remove(latin("a")), order.count], [true, false, 5]);
});

/** Adds and removes at random, and now and then compares all of it with a set. */
function checkAgainstSet(t: TestContext, seed: number, removeShare: number): void {
  const pick = seededNumbers(t, seed);
  const nextKey = keyGenerator(pick);
  const order = new KeyOrder();
  const model = new Set<string>();
  for (let step = 1; step <= 6000; step++) {
    const key = nextKey();
    const isRemoval = pick(100) < (step > 3000 ? removeShare : 20);
    if (isRemoval) assert.equal(order.remove(latin(key)), model.delete(key));
    else {
      assert.equal(order.add(latin(key)), !model.has(key));
      model.add(key);
    }
    assert.equal(order.has(latin(key)), model.has(key));
    if (step % 500 !== 0) continue;
    const want = inByteOrder(model);
    const start = nextKey();
    assert.deepEqual(listed(order), want);
    assert.deepEqual(
      listed(order, start),
      want.filter((each) => each >= start),
    );
    assert.equal(order.count, model.size);
  }
}

for (const [seed, removeShare] of [
  [1, 20],
  [2, 80],
  [3, 97],
] as const) {
  test(`an order is a sorted set, ${removeShare} removals in 100 at the end`, (t) =>
    checkAgainstSet(t, seed, removeShare));
}

test("keys added in order, forwards and backwards, and all removed again, leave what they should", () => {
  const keys = Array.from({ length: 2000 }, (_, index) => `key ${String(index).padStart(6, "0")}`);
  for (const added of [keys, keys.toReversed()]) {
    const order = new KeyOrder();
    for (const key of added) order.add(latin(key));
    assert.deepEqual(listed(order), keys);
    for (const key of added) assert.equal(order.remove(latin(key)), true);
    assert.deepEqual([listed(order), order.count], [[], 0]);
  }
});

test("forks of forks change alone, in any order of changes", (t) => {
  const pick = seededNumbers(t, 4);
  const nextKey = keyGenerator(pick);
  const versions = [{ order: new KeyOrder(), model: new Set<string>() }];
  for (let step = 0; step < 4000; step++) {
    const version = versions[pick(versions.length)]!;
    if (step % 400 === 0) versions.push({ order: version.order.fork(), model: new Set(version.model) });
    const key = nextKey();
    if (pick(3) === 0) assert.equal(version.order.remove(latin(key)), version.model.delete(key));
    else {
      version.order.add(latin(key));
      version.model.add(key);
    }
  }
  for (const { order, model } of versions) assert.deepEqual(listed(order), inByteOrder(model));
});
