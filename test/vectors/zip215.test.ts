/**
 * The 14 x 14 edge cases of "It's 255:19AM" (small-order and non-canonical points as key and as R) under ZIP-215. Two
 * libraries that each follow RFC 8032 disagree on most of them; for a chain there can be one answer.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SignatureBatchBuilder } from "../../accel/batch.ts";
import { ALGORITHMS } from "../../accel/device.ts";
import { createReferenceDevice } from "../../accel/reference/device.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { isAccepted } from "../../accel/verdicts.ts";
import { bytesOf, needsVectors, readVectors, utf8 } from "./vector-files.ts";

interface Zip215Case {
  readonly vk_bytes: string;
  readonly sig_bytes: string;
  readonly valid_legacy: boolean;
  readonly valid_zip215: boolean;
}

const FILE = "zip215/zip215.json";
const MESSAGE = utf8("Zcash");

function readCases(): readonly Zip215Case[] {
  return JSON.parse(readVectors(FILE)) as Zip215Case[];
}

test("every ZIP-215 edge case gets the verdict of ZIP-215, not that of RFC 8032", needsVectors(FILE), (t) => {
  const verifier = createReferenceVerifier();
  const cases = readCases();
  for (const [i, { vk_bytes, sig_bytes, valid_zip215 }] of cases.entries()) {
    const verdict = verifier.verify(ALGORITHMS.ed25519, bytesOf(vk_bytes), bytesOf(sig_bytes), MESSAGE);
    assert.equal(verdict, valid_zip215, `case ${i}: key ${vk_bytes}, signature ${sig_bytes}`);
  }
  const stricter = cases.filter((c) => c.valid_zip215 && !c.valid_legacy).length;
  t.diagnostic(`${cases.length} cases, ${stricter} of them refused by the legacy rule`);
  assert.equal(cases.length, 196);
  assert.ok(stricter > 0, "cases that tell the rules apart");
});

test("a device gives the ZIP-215 verdicts for all cases in one batch", needsVectors(FILE), async () => {
  const device = createReferenceDevice({ workers: 0 });
  const builder = new SignatureBatchBuilder(device.capability);
  const cases = readCases();
  for (const { vk_bytes, sig_bytes } of cases) {
    builder.append(ALGORITHMS.ed25519, bytesOf(vk_bytes), bytesOf(sig_bytes), MESSAGE);
  }
  const verdicts = await device.submit(0, builder.take());
  await device.close();
  assert.deepEqual(
    cases.map((_, i) => isAccepted(verdicts, i)),
    cases.map((c) => c.valid_zip215),
  );
});
