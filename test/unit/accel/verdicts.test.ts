import assert from "node:assert/strict";
import { test } from "node:test";
import { acceptInto, countAccepted, createVerdicts, isAccepted } from "../../../accel/verdicts.ts";

test("a bitmap has one bit an item and whole bytes", () => {
  const lengths = [0, 1, 7, 8, 9, 16, 17].map((count) => createVerdicts(count).length);
  assert.deepEqual(lengths, [0, 1, 1, 1, 2, 2, 3]);
});

test("item i is bit i & 7 of byte i >> 3", () => {
  const verdicts = createVerdicts(20);
  for (const index of [0, 7, 8, 19]) acceptInto(verdicts, index);
  assert.deepEqual([...verdicts], [0b1000_0001, 0b0000_0001, 0b0000_1000]);
  const accepted = Array.from({ length: 20 }, (_, i) => i).filter((i) => isAccepted(verdicts, i));
  assert.deepEqual(accepted, [0, 7, 8, 19]);
  assert.equal(countAccepted(verdicts), 4);
});

test("beyond the bitmap nothing is accepted", () => {
  assert.equal(isAccepted(Uint8Array.of(0xff), 8), false);
});
