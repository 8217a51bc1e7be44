import assert from "node:assert/strict";
import { test } from "node:test";
import * as accel from "../../../accel/index.ts";

test("a newcomer signs, batches, submits and reads the verdicts with what the room exports", async () => {
  const { ALGORITHMS } = accel;
  const secretKey = accel.generateSecretKey(ALGORITHMS.sm2);
  const publicKey = accel.publicKeyOf(ALGORITHMS.sm2, secretKey);
  const message = accel.createHashes().sm3(new TextEncoder().encode("a document"));
  const signature = accel.sign(ALGORITHMS.sm2, secretKey, message);

  const device = accel.createReferenceDevice({ workers: 0 });
  const batch = new accel.SignatureBatchBuilder(device.capability);
  batch.append(ALGORITHMS.sm2, publicKey, signature, message);
  batch.append(ALGORITHMS.p256, publicKey, signature, message);
  const verdicts = await accel.submitWhenReady(device, 17, batch.take());
  await device.close();

  assert.deepEqual([accel.isAccepted(verdicts, 0), accel.isAccepted(verdicts, 1)], [true, false]);
  assert.equal(accel.countAccepted(verdicts), 1);
});

test("no code of an error stands twice in the table", () => {
  assert.equal(new Set(accel.ACCEL_CODES).size, accel.ACCEL_CODES.length);
});
