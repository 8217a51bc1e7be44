import assert from "node:assert/strict";
import { test } from "node:test";
import type { SignatureVerifier } from "../../../accel/device.ts";
import { createModelDevice } from "../../../accel/model/device.ts";
import { countAccepted } from "../../../accel/verdicts.ts";
import { describeDevice } from "./device-conformance.ts";
import { batchOf, signedItem } from "./signed-items.ts";

describeDevice("model of the chip", (limits) =>
  createModelDevice({ serviceUs: 20, hopUs: 50, batchUs: 10, ...limits }),
);

const ACCEPTING: SignatureVerifier = { verify: () => true };
const ITEM = signedItem(1);

test("lanes work side by side, batches of one lane behind each other", async () => {
  const device = createModelDevice({ serviceUs: 1000, hopUs: 5000, batchUs: 3000, verifier: ACCEPTING });
  const order: string[] = [];
  const start = performance.now();
  const submit = (lane: number, name: string, items: number) =>
    device.submit(lane, batchOf([ITEM], items)).then((verdicts) => {
      order.push(name);
      assert.equal(countAccepted(verdicts), items);
      return performance.now() - start;
    });
  const ends = await Promise.all([submit(0, "a1", 30), submit(0, "a2", 30), submit(1, "b1", 10), submit(2, "c1", 20)]);
  await device.close();
  assert.deepEqual(order, ["b1", "c1", "a1", "a2"]);
  // Hop, batch, items, hop: never earlier, whatever the machine does besides.
  const least = [5 + 3 + 30 + 5, 5 + 3 + 30 + 3 + 30 + 5, 5 + 3 + 10 + 5, 5 + 3 + 20 + 5];
  for (const [i, ms] of least.entries()) assert.ok(ends[i]! >= ms - 1, `${i}: ${ends[i]} ms, at least ${ms}`);
  const { laneBusyMs, busyMs } = device.statistics();
  assert.deepEqual([laneBusyMs[0], laneBusyMs[1], laneBusyMs[2], busyMs], [66, 13, 23, 102]);
});

test("refuses times that are none", () => {
  assert.throws(() => createModelDevice({ serviceUs: -1, hopUs: 0 }), { code: "accel.badOption" });
  assert.throws(() => createModelDevice({ serviceUs: 1, hopUs: 0.5 }), { code: "accel.badOption" });
});
