/** Lists of signatures, recovered keys and BLS aggregates, as a contract sees them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { BLS_POSSESSION_TAG, BLS_SIGNATURE_TAG } from "../../../../accel/reference/bls.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import type { Probe } from "./probe.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

export function signatureTests({ chain }: Probe): void {
  const view = (method: string, args: unknown[]): unknown => {
    const { result, error } = chain.view("probe", method, args);
    assert.equal(error, null);
    return result;
  };

  const signed = Object.values(ALGORITHMS).map((algorithm) => {
    const secretKey = new Uint8Array(32).fill(algorithm);
    const message = utf8Bytes("pay".repeat(algorithm));
    const publicKey = hex(publicKeyOf(algorithm, secretKey));
    return { algorithm, publicKey, signature: hex(sign(algorithm, secretKey, message)), message: hex(message) };
  });

  test("a list of signatures has one verdict for each, and one for all", () => {
    assert.deepEqual(view("areSigned", [signed]), [true, true, true, true, true]);
    const [first, second] = signed;
    const others = [
      { ...first!, message: "00" },
      second!,
      { ...first!, signature: first!.signature.slice(2) },
      { ...first!, publicKey: `${first!.publicKey}00` },
      first!,
    ];
    assert.deepEqual(view("areSigned", [others]), [false, true, false, false, true, false]);
    assert.deepEqual(view("areSigned", [[{ ...first!, publicKey: "" }]]), [false, false]);
    assert.deepEqual(view("areSigned", [[]]), [true]);
  });

  test("a list with an unknown algorithm, or too long, ends the call", () => {
    for (const algorithm of [0, 5, 257, 2 ** 32 - 1]) {
      const { error } = chain.view("probe", "areSigned", [[{ ...signed[1]!, algorithm }]]);
      assert.equal(error?.name, "badAlgorithm", `${algorithm}`);
    }
    const many = Array.from({ length: 257 }, () => ({ ...signed[0]!, message: "" }));
    assert.equal(chain.view("probe", "areSigned", [many]).error?.name, "tooManyItems");
  });

  test("a key is recovered from a digest and its signature, or null", () => {
    const secretKey = new Uint8Array(32).fill(6);
    const digest = new Uint8Array(32).fill(8);
    const bytes = secp256k1.sign(digest, secretKey, { prehash: false, format: "recovered" });
    const [id, signature] = [bytes[0]!, hex(bytes.subarray(1))];
    const recovered = (text: string, each: number): unknown => view("recovered", [hex(digest), text, each]);
    assert.equal(recovered(signature, id), hex(secp256k1.getPublicKey(secretKey)));
    assert.notEqual(recovered(signature, 1 - id), hex(secp256k1.getPublicKey(secretKey)));
    assert.equal(recovered(signature, 27), null);
    assert.equal(recovered(signature.slice(2), id), null);
    assert.equal(recovered("00".repeat(64), id), null);
  });

  test("BLS aggregates of one message and of many, and proofs of possession", () => {
    const { longSignatures } = bls12_381;
    const pairs = [1, 2].map((seed) => longSignatures.keygen(new Uint8Array(48).fill(seed)));
    const keys = pairs.map(({ publicKey }) => hex(publicKey.toBytes()));
    const messages = ["one", "two"].map(utf8Bytes);
    const signBy = (i: number, message: Uint8Array, tag = BLS_SIGNATURE_TAG) =>
      longSignatures.sign(longSignatures.hash(message, tag), pairs[i]!.secretKey);
    const together = (signatures: readonly ReturnType<typeof signBy>[]): string =>
      hex(longSignatures.aggregateSignatures([...signatures]).toBytes());
    const same = together([signBy(0, messages[0]!), signBy(1, messages[0]!)]);
    const own = together([signBy(0, messages[0]!), signBy(1, messages[1]!)]);

    assert.equal(view("isSignedByAll", [keys, hex(messages[0]!), same]), true);
    assert.equal(view("isSignedByAll", [keys, hex(messages[1]!), same]), false);
    assert.equal(view("isSignedByAll", [[], hex(messages[0]!), same]), false);
    assert.equal(view("isSignedByAll", [[keys[0]!, "00"], hex(messages[0]!), same]), false);
    assert.equal(view("isSignedByAll", [keys, hex(messages[0]!), same.slice(2)]), false);
    assert.equal(view("isSignedByEach", [keys, messages.map(hex), own]), true);
    assert.equal(view("isSignedByEach", [keys, messages.map(hex).reverse(), own]), false);
    assert.equal(view("isSignedByEach", [keys, [hex(messages[0]!)], own]), false);

    const proof = hex(signBy(0, pairs[0]!.publicKey.toBytes(), BLS_POSSESSION_TAG).toBytes());
    assert.equal(view("isPossessed", [keys[0]!, proof]), true);
    assert.equal(view("isPossessed", [keys[1]!, proof]), false);
    assert.equal(view("isPossessed", [keys[0]!, proof.slice(2)]), false);
    assert.equal(view("isPossessed", [keys[0]!.slice(2), proof]), false);
  });
}
