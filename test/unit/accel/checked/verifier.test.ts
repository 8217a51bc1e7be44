/** A fast contract verifier that lies: what is told, and that the reference's answers count. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createCheckedVerifier, type WrongAnswer } from "../../../../accel/checked/verifier.ts";
import { ALGORITHMS, type ContractVerifier, type SignatureItem } from "../../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { isAccepted } from "../../../../accel/verdicts.ts";
import { createWasmVerifier } from "../../../../accel/wasm/verifier.ts";

const reference = createReferenceVerifier();
const secret = new Uint8Array(32).fill(7);

function itemOf(algorithm: (typeof ALGORITHMS)[keyof typeof ALGORITHMS], text: string): SignatureItem {
  const message = new TextEncoder().encode(text);
  const signature = sign(algorithm, secret, message);
  return { algorithm, publicKey: publicKeyOf(algorithm, secret), signature, message };
}

const good = Object.values(ALGORITHMS).map((algorithm) => itemOf(algorithm, "paid"));
const bad = good.map((item) => ({ ...item, message: new TextEncoder().encode("not paid") }));

function checked(fast: ContractVerifier, sampleEvery: number) {
  const told: WrongAnswer[] = [];
  const verifier = createCheckedVerifier({ fast, reference, sampleEvery, onWrongAnswer: (wrong) => told.push(wrong) });
  return { verifier, told };
}

describe("a checked contract verifier", () => {
  const answering = (answer: boolean): ContractVerifier => ({
    ...reference,
    verifyMany: (items) => new Uint8Array((items.length + 7) >> 3).fill(answer ? 0xff : 0),
  });

  it("gives the kernels' answers, which are the reference's", () => {
    const { verifier, told } = checked(createWasmVerifier(), 1);
    const verdicts = verifier.verifyMany([...good, ...bad]);
    good.forEach((item, i) => {
      assert.equal(isAccepted(verdicts, i), true);
      assert.equal(isAccepted(verdicts, good.length + i), false);
      assert.equal(verifier.verify(item.algorithm, item.publicKey, item.signature, item.message), true);
    });
    assert.deepEqual(told, []);
  });

  it("never lets a wrong no through, and tells the first one only", () => {
    const { verifier, told } = checked(answering(false), 0);
    const verdicts = verifier.verifyMany([...bad, ...good]);
    good.forEach((_, i) => {
      assert.equal(isAccepted(verdicts, i), false);
      assert.equal(isAccepted(verdicts, bad.length + i), true);
    });
    assert.equal(told.length, 1);
    assert.equal(told[0]!.question, "verify");
    assert.equal(told[0]!.signature, Buffer.from(good[0]!.signature).toString("hex"));
  });

  it("finds a wrong yes that is drawn, and trusts no more from there", () => {
    const { verifier, told } = checked(answering(true), 1);
    const { algorithm, publicKey, signature, message } = bad[0]!;
    assert.equal(verifier.verify(algorithm, publicKey, signature, message), false);
    assert.equal(told.length, 1);
    const verdicts = verifier.verifyMany(bad);
    bad.forEach((_, i) => {
      assert.equal(isAccepted(verdicts, i), false);
    });
    assert.equal(told.length, 1);
  });

  it("asks the reference for a key that the fast one does not find, and for a drawn one", () => {
    const digest = new Uint8Array(32).fill(3);
    const signature = new Uint8Array(64).fill(1);
    const key = reference.recoverSecp256k1(digest, signature, 0);
    assert.ok(key !== undefined);
    const lost = checked({ ...reference, recoverSecp256k1: () => undefined }, 0);
    assert.deepEqual(lost.verifier.recoverSecp256k1(digest, signature, 0), key);
    assert.equal(lost.told[0]!.question, "recoverSecp256k1");
    const other = checked({ ...reference, recoverSecp256k1: () => new Uint8Array(33) }, 1);
    assert.deepEqual(other.verifier.recoverSecp256k1(digest, signature, 0), key);
    assert.equal(other.told.length, 1);
  });
});
