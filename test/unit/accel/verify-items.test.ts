import assert from "node:assert/strict";
import { test } from "node:test";
import { createReferenceDevice } from "../../../accel/reference/device.ts";
import { isAccepted } from "../../../accel/verdicts.ts";
import { verifyItems } from "../../../accel/verify-items.ts";
import { ALL_ALGORITHMS, signedItem } from "./signed-items.ts";

const ITEMS = ALL_ALGORITHMS.map((algorithm) => signedItem(algorithm));

test("items of any number get their own verdicts, in batches that the device takes", async () => {
  const device = createReferenceDevice({ workers: 0, batchItemsMax: 3 });
  const items = Array.from({ length: 11 }, (_, i) => {
    const item = ITEMS[i % ITEMS.length]!;
    return i % 3 === 0 ? { ...item, message: Uint8Array.of(i) } : item;
  });
  const verdicts = await verifyItems(device, items);
  assert.deepEqual(
    items.map((_, i) => isAccepted(verdicts, i)),
    items.map((_, i) => i % 3 !== 0),
  );
  assert.equal(device.statistics().batches, 4);
  assert.equal((await verifyItems(device, [])).length, 0);
  await device.close();
});

test("long messages are spread over batches, and one that no batch holds is refused", async () => {
  const device = createReferenceDevice({ workers: 0, messageBytesMax: 100 });
  const long = { ...ITEMS[0]!, message: new Uint8Array(60) };
  const verdicts = await verifyItems(device, [long, ITEMS[1]!, long, long]);
  assert.deepEqual(
    [0, 1, 2, 3].map((i) => isAccepted(verdicts, i)),
    [false, true, false, false],
  );
  const tooLong = { ...ITEMS[0]!, message: new Uint8Array(101) };
  await assert.rejects(verifyItems(device, [tooLong]), { code: "accel.messagesTooLong" });
  await device.close();
});

test("a device that is closed rejects, and nothing is guessed", async () => {
  const device = createReferenceDevice({ workers: 0 });
  await device.close();
  await assert.rejects(verifyItems(device, ITEMS), { code: "accel.closed" });
});
