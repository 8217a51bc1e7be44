/**
 * Every published signature vector through every driver: alone, and inside batches of 1 to 256 items of all algorithms
 * in an order that is drawn from a printed seed. The reference verifier, which the tests beside this one compare with
 * the published verdicts, says what is wanted.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHMS, type SignatureDevice, type SignatureItem } from "../../accel/device.ts";
import { publicKeyOf, sign } from "../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { submitWhenReady } from "../../accel/submit.ts";
import { isAccepted } from "../../accel/verdicts.ts";
import { createWasmDevice } from "../../accel/wasm/device.ts";
import { createWasmVerifier } from "../../accel/wasm/verifier.ts";
import { Random } from "../fuzz/random.ts";
import { DRIVERS } from "../unit/accel/drivers.ts";
import { variantsOf } from "../unit/accel/kernels/kernel-modules.ts";
import { batchOf } from "../unit/accel/signed-items.ts";
import { readSignatureVectors, SIGNATURE_VECTOR_FILES } from "./signature-vectors.ts";
import { needsVectors, utf8 } from "./vector-files.ts";

const SEED = "vectors on drivers";
const SIZES = [...Array.from({ length: 17 }, (_, i) => i + 1), 31, 32, 33, 63, 64, 65, 100, 127, 128, 129, 255, 256];
const needed = SIGNATURE_VECTOR_FILES.map(needsVectors).find(({ skip }) => skip !== false) ?? { skip: false };

interface Vector {
  readonly item: SignatureItem;
  readonly want: boolean;
}

/** Few vectors are SM2: signatures of our own, good and spoilt, keep that kernel busy as well. */
function ownSm2Items(): SignatureItem[] {
  return Array.from({ length: 60 }, (_, i) => {
    const secretKey = new Uint8Array(32).fill(i % 7, 1);
    secretKey[0] = 1 + i;
    const message = utf8(`message ${i}`.repeat(1 + (i % 20)));
    const signature = sign(ALGORITHMS.sm2, secretKey, message);
    if (i % 4 === 3) signature[i]! ^= 1 << (i % 8);
    return { algorithm: ALGORITHMS.sm2, publicKey: publicKeyOf(ALGORITHMS.sm2, secretKey), signature, message };
  });
}

function readVectorsWithVerdicts(): readonly Vector[] {
  const reference = createReferenceVerifier();
  return [...readSignatureVectors(), ...ownSm2Items()].map((item) => {
    const { algorithm, publicKey, signature, message } = item;
    return { item, want: reference.verify(algorithm, publicKey, signature, message) };
  });
}

const vectors = needed.skip === false ? readVectorsWithVerdicts() : [];

async function check(device: SignatureDevice, lane: number, chosen: readonly Vector[], what: string): Promise<void> {
  const verdicts = await submitWhenReady(device, lane, batchOf(chosen.map(({ item }) => item)));
  const wrong = chosen.findIndex(({ want }, i) => isAccepted(verdicts, i) !== want);
  assert.equal(wrong, -1, `${what}: item ${wrong} is ${JSON.stringify(chosen[wrong]?.item)}`);
}

/** The sizes in turn, each filled with the next vectors of a drawn order. */
function mixedBatches(): Vector[][] {
  const random = new Random(SEED);
  const order = vectors.map((vector) => ({ vector, at: random.bits() })).sort((a, b) => a.at - b.at);
  let next = 0;
  return SIZES.map((size) => Array.from({ length: size }, () => order[next++ % order.length]!.vector));
}

for (const { id, create } of DRIVERS) {
  test(`${id}: vectors in mixed batches of 1 to 256`, needed, async (t) => {
    const device = create({});
    const batches = mixedBatches();
    await Promise.all(batches.map((chosen, i) => check(device, i % device.capability.lanes, chosen, `batch ${i}`)));
    await device.close();
    const items = batches.reduce((sum, { length }) => sum + length, 0);
    t.diagnostic(`seed ${SEED}: ${items} items of ${vectors.length} vectors in ${batches.length} batches`);
    assert.ok(vectors.length > 2000 && items > 1400);
  });
}

test("wasm: every vector alone", needed, async (t) => {
  const device = createWasmDevice({ workers: 1 });
  for (const [i, vector] of vectors.entries()) await check(device, i % 96, [vector], `vector ${i}`);
  const { kernelVariant } = device.statistics();
  await device.close();
  const accepted = vectors.filter(({ want }) => want).length;
  t.diagnostic(`${vectors.length} vectors, ${accepted} accepted; ${kernelVariant} kernels`);
  assert.equal(kernelVariant, variantsOf("signatures").length > 1 ? "relaxed" : "integer");
});

test("contract verifier on kernels: every vector alone, and all of them as one list", needed, () => {
  const verifier = createWasmVerifier();
  for (const [i, { item, want }] of vectors.entries()) {
    const { algorithm, publicKey, signature, message } = item;
    assert.equal(verifier.verify(algorithm, publicKey, signature, message), want, `vector ${i}`);
  }
  const verdicts = verifier.verifyMany(vectors.map(({ item }) => item));
  for (const [i, { want }] of vectors.entries()) assert.equal(isAccepted(verdicts, i), want, `vector ${i} in the list`);
});
