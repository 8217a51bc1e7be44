import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashes } from "../../../../accel/hashes.ts";
import { KeyHashes } from "../../../../runtime/state/key-hashes.ts";

const { sha256 } = createHashes();
const keyOf = (number: number): Uint8Array => new TextEncoder().encode(`key ${number}`);

function learned(...numbers: readonly number[]): KeyHashes {
  const keyHashes = new KeyHashes({ low: 1, high: 2 });
  for (const number of numbers) keyHashes.learn(keyOf(number), sha256(keyOf(number)));
  return keyHashes;
}

test("a key is found by its hash, as often as it was learned, and no other", () => {
  const keyHashes = learned(1, 2, 3, 2, 1);
  assert.equal(keyHashes.count, 3);
  for (const number of [1, 2, 3]) assert.deepEqual(keyHashes.keyOf(sha256(keyOf(number))), keyOf(number));
  assert.equal(keyHashes.keyOf(sha256(keyOf(4))), undefined);
});

test("what is not kept is gone, until it is learned again", () => {
  const keyHashes = learned(1, 2, 3, 4);
  keyHashes.keep((keyHash) => Buffer.compare(keyHash, sha256(keyOf(2))) !== 0);
  assert.equal(keyHashes.count, 3);
  assert.equal(keyHashes.keyOf(sha256(keyOf(2))), undefined);
  keyHashes.learn(keyOf(2), sha256(keyOf(2)));
  assert.deepEqual(keyHashes.keyOf(sha256(keyOf(2))), keyOf(2));
  assert.deepEqual(keyHashes.keyOf(sha256(keyOf(4))), keyOf(4));
});

test("one hash of two keys is a fault of the node", () => {
  const keyHashes = learned(1, 2);
  assert.throws(() => keyHashes.learn(keyOf(3), sha256(keyOf(1))), { code: "state.keyHashes" });
});
