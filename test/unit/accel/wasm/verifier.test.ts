import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALGORITHMS, type SignatureItem } from "../../../../accel/device.ts";
import { referenceHashes } from "../../../../accel/reference/hashes.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { isAccepted } from "../../../../accel/verdicts.ts";
import { createWasmVerifier } from "../../../../accel/wasm/verifier.ts";
import { ALL_ALGORITHMS, signedItem, withOtherMessage } from "../signed-items.ts";

const reference = createReferenceVerifier();
const verifier = createWasmVerifier();
const GOOD: readonly SignatureItem[] = ALL_ALGORITHMS.map((algorithm) => signedItem(algorithm));

function turned(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = bytes.slice();
  copy[(bit >> 3) % copy.length]! ^= 1 << (bit & 7);
  return copy;
}

/** Good, spoilt and malformed items. */
const ITEMS: readonly SignatureItem[] = GOOD.flatMap((good, i) => [
  good,
  withOtherMessage(good),
  { ...good, signature: turned(good.signature, 8 * i + 3) },
  { ...good, publicKey: turned(good.publicKey, 8 * i + 70) },
  { ...good, algorithm: ((good.algorithm % 4) + 1) as number },
  { ...good, algorithm: 200 + i },
  { ...good, signature: good.signature.subarray(1) },
  { ...good, publicKey: new Uint8Array(0) },
]);

const referenceVerdict = ({ algorithm, publicKey, signature, message }: SignatureItem): boolean =>
  reference.verify(algorithm, publicKey, signature, message);

describe("the contract verifier on kernels", () => {
  test("gives the verdicts of the reference, one by one", () => {
    for (const [i, item] of ITEMS.entries()) {
      const { algorithm, publicKey, signature, message } = item;
      assert.equal(verifier.verify(algorithm, publicKey, signature, message), referenceVerdict(item), `item ${i}`);
    }
  });

  for (const count of [0, 1, 5, 8, 32, 100, 5000]) {
    test(`gives the verdicts of the reference for a list of ${count}`, () => {
      const wanted = ITEMS.map(referenceVerdict);
      const list = Array.from({ length: count }, (_, i) => ITEMS[i % ITEMS.length]!);
      const verdicts = verifier.verifyMany(list);
      assert.equal(verdicts.length, (count + 7) >> 3);
      for (let i = 0; i < count; i++) assert.equal(isAccepted(verdicts, i), wanted[i % ITEMS.length], `item ${i}`);
    });
  }

  test("a message longer than a list may hold is verified all the same", () => {
    const [good] = GOOD as [SignatureItem];
    const huge = { ...good, message: new Uint8Array(17 * 1024 * 1024) };
    const verdicts = verifier.verifyMany([good, huge, withOtherMessage(good), good]);
    assert.deepEqual([...verdicts], [0b1001]);
  });

  test("recovers the keys that the reference recovers, and none where it finds none", () => {
    const item = signedItem(ALGORITHMS.secp256k1);
    const digest = referenceHashes.sha256(item.message);
    const { signature } = item;
    const cases: readonly (readonly [Uint8Array, Uint8Array, number])[] = [
      [digest, signature, 0],
      [digest, signature, 1],
      [digest, signature, 2],
      [digest, signature, -1],
      [digest, signature, 0.5],
      [digest, turned(signature, 17), 0],
      [digest, new Uint8Array(64), 0],
      [digest, new Uint8Array(64).fill(0xff), 1],
      [digest.subarray(1), signature, 0],
      [digest, signature.subarray(1), 0],
    ];
    const keys = cases.map((args) => verifier.recoverSecp256k1(...args));
    assert.deepEqual(
      keys,
      cases.map((args) => reference.recoverSecp256k1(...args)),
    );
    const isFound = (key: Uint8Array | undefined): boolean =>
      key !== undefined && Buffer.from(key).equals(item.publicKey);
    assert.equal(keys.filter(isFound).length, 1);
  });
});
