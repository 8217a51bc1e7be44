import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { itemVerdictKey, transactionVerdictKey, VerdictStore, verdictAt } from "../../../../runtime/verdicts/store.ts";
import { hashes } from "../test-chain.ts";

test("verdicts of both kinds are found, unknown ones are not, and all is counted", () => {
  const store = new VerdictStore();
  store.remember("good", true);
  store.remember("bad", false);
  assert.deepEqual([store.find("good"), store.find("bad"), store.find("new")], [true, false, undefined]);
  assert.deepEqual(store.statistics(), { hits: 2, misses: 1, forgotten: 0, accepted: 1, rejected: 1 });
});

test("each kind forgets its own oldest: a flood of bad signatures takes no room of good ones", () => {
  const store = new VerdictStore({ acceptedMax: 3, rejectedMax: 2 });
  for (const key of ["a", "b", "c"]) store.remember(key, true);
  for (let i = 0; i < 1000; i++) store.remember(`bad ${i}`, false);
  assert.deepEqual(
    ["a", "b", "c"].map((key) => store.find(key)),
    [true, true, true],
  );
  assert.deepEqual([store.find("bad 997"), store.find("bad 998"), store.find("bad 999")], [undefined, false, false]);
  store.remember("d", true);
  assert.deepEqual(
    ["a", "b", "c", "d"].map((key) => store.find(key)),
    [undefined, true, true, true],
  );
  assert.equal(store.statistics().forgotten, 999);
});

test("nothing is known any more when whoever gave the verdicts was found wrong", () => {
  const store = new VerdictStore();
  store.remember("good", true);
  store.remember("bad", false);
  store.clear();
  assert.deepEqual([store.find("good"), store.find("bad")], [undefined, undefined]);
});

test("another signature of the same transaction has a verdict of its own", () => {
  const id = new Uint8Array(32).fill(7);
  const store = new VerdictStore();
  store.remember(transactionVerdictKey(id, new Uint8Array(64).fill(1)), true);
  assert.equal(store.find(transactionVerdictKey(id, new Uint8Array(64).fill(2))), undefined);
  assert.equal(store.find(transactionVerdictKey(new Uint8Array(32).fill(8), new Uint8Array(64).fill(1))), undefined);
  assert.equal(store.find(transactionVerdictKey(id, new Uint8Array(64).fill(1))), true);
});

test("no two items have one key, whichever part differs", () => {
  const item = {
    algorithm: ALGORITHMS.secp256k1,
    publicKey: new Uint8Array(33).fill(1),
    signature: new Uint8Array(64).fill(2),
    message: Uint8Array.of(3, 4),
  };
  const others = [
    item,
    { ...item, algorithm: ALGORITHMS.p256 },
    { ...item, publicKey: new Uint8Array(33).fill(9) },
    { ...item, publicKey: new Uint8Array(32).fill(1), message: Uint8Array.of(2, 3, 4) },
    { ...item, publicKey: new Uint8Array(33 + 256).fill(1) },
    { ...item, algorithm: ALGORITHMS.secp256k1 + 256 },
    { ...item, signature: new Uint8Array(64).fill(9) },
    { ...item, signature: new Uint8Array(63).fill(2), message: Uint8Array.of(2, 3, 4) },
    { ...item, message: Uint8Array.of(3) },
    { ...item, message: new Uint8Array(0) },
  ];
  assert.equal(new Set(others.map((other) => itemVerdictKey(other, hashes))).size, others.length);
});

test("a bitmap of another length is a fault of the node", () => {
  assert.equal(verdictAt(Uint8Array.of(0b10), 1, 2), true);
  assert.throws(() => verdictAt(new Uint8Array(2), 0, 2), { code: "chain.verdicts" });
});
