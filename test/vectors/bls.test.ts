/**
 * BLS aggregates against the vectors of Ethereum's consensus layer (github.com/ethereum/bls12-381-tests, the same
 * ciphersuite). The positive ones cannot be right by accident: no one can make such a signature.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { bytesOf } from "./vector-files.ts";

const verifier = createReferenceVerifier();

/** The public keys of the set's three secret keys. */
const KEYS = [
  "a491d1b0ecd9bb917989f0e74f0dea0422eac4a873e5e2644f368dffb9a6e20fd6e10c1b77654d067c0618f6e5a7f79a",
  "b301803f8b5ac4a1133581fc676dfedc60d891dd5fa99028805e5ea5b08d3491af75d0707adab3b70c6a6a580217bf81",
  "b53d21a4cfd562c469cc81514d4ce5a6b577d8403d32a394dc265dd190b47fa9f829fdd7963afdf972e5e77854051f6f",
].map(bytesOf);
const MESSAGES = [0x00, 0x56, 0xab].map((byte) => new Uint8Array(32).fill(byte));

/** sign_case: the second key over the message of zeros. */
const SINGLE = bytesOf(
  "b23c46be3a001c63ca711f87a005c200cc550b9429d5f4eb38d74322144f1b63926da3388979e5321012fb1a0526bcd1" +
    "00b5ef5fe72628ce4cd5e904aeaa3279527843fae5ca9ca675f4f51ed8f83bbf7155da9ecc9663100a885d5dc6df96d9",
);
/** fast_aggregate_verify_valid: all three over the message of ab. */
const ALL_SAME = bytesOf(
  "9712c3edd73a209c742b8250759db12549b3eaf43b5ca61376d9f30e2747dbcf842d8b2ac0901d2a093713e20284a767" +
    "0fcf6954e9ab93de991bb9b313e664785a075fc285806fa5224c82bde146561b446ccfc706a64b8579513cfc4ff1d930",
);
/** aggregate_verify_valid: each over the message at its place. */
const EACH_OWN = bytesOf(
  "9104e74b9dfd3ad502f25d6a5ef57db0ed7d9a0e00f3500586d8ce44231212542fcfaf87840539b398bf07626705cf11" +
    "05d246ca1062c6c2e1a53029a0f790ed5e3cb1f52f8234dc5144c45fc847c0cd37a92d68e7c5ba7c648a8a339f171244",
);
const INFINITE_KEY = bytesOf(`c0${"00".repeat(47)}`);
const INFINITE_SIGNATURE = bytesOf(`c0${"00".repeat(95)}`);

/** As the set's "tampered" cases: the last four bytes are ff. */
function tampered(signature: Uint8Array): Uint8Array {
  return Uint8Array.from([...signature.subarray(0, 92), 0xff, 0xff, 0xff, 0xff]);
}

describe("fast aggregates", () => {
  const cases = [
    { id: "valid, one key", keys: [KEYS[1]!], message: MESSAGES[0]!, signature: SINGLE, want: true },
    { id: "valid, three keys", keys: KEYS, message: MESSAGES[2]!, signature: ALL_SAME, want: true },
    {
      id: "a key more than signed",
      keys: [...KEYS, KEYS[0]!],
      message: MESSAGES[2]!,
      signature: ALL_SAME,
      want: false,
    },
    { id: "a key too few", keys: KEYS.slice(0, 2), message: MESSAGES[2]!, signature: ALL_SAME, want: false },
    { id: "another message", keys: KEYS, message: MESSAGES[0]!, signature: ALL_SAME, want: false },
    { id: "tampered signature", keys: KEYS, message: MESSAGES[2]!, signature: tampered(ALL_SAME), want: false },
    { id: "an infinite key", keys: [...KEYS, INFINITE_KEY], message: MESSAGES[2]!, signature: ALL_SAME, want: false },
    { id: "no keys, infinite signature", keys: [], message: MESSAGES[2]!, signature: INFINITE_SIGNATURE, want: false },
    { id: "no keys, signature of zeros", keys: [], message: MESSAGES[2]!, signature: new Uint8Array(96), want: false },
  ];
  for (const { id, keys, message, signature, want } of cases) {
    test(id, () => assert.equal(verifier.blsFastAggregateVerify(keys, message, signature), want));
  }
});

describe("aggregates", () => {
  const cases = [
    { id: "valid", keys: KEYS, messages: MESSAGES, signature: EACH_OWN, want: true },
    { id: "valid, one key", keys: [KEYS[1]!], messages: [MESSAGES[0]!], signature: SINGLE, want: true },
    {
      id: "valid, equal messages",
      keys: KEYS,
      messages: KEYS.map(() => MESSAGES[2]!),
      signature: ALL_SAME,
      want: true,
    },
    { id: "messages in another order", keys: KEYS, messages: MESSAGES.toReversed(), signature: EACH_OWN, want: false },
    { id: "tampered signature", keys: KEYS, messages: MESSAGES, signature: tampered(EACH_OWN), want: false },
    { id: "no keys, infinite signature", keys: [], messages: [], signature: INFINITE_SIGNATURE, want: false },
    { id: "no keys, signature of zeros", keys: [], messages: [], signature: new Uint8Array(96), want: false },
    {
      id: "an infinite key",
      keys: [...KEYS, INFINITE_KEY],
      messages: [...MESSAGES, MESSAGES[0]!],
      signature: EACH_OWN,
      want: false,
    },
  ];
  for (const { id, keys, messages, signature, want } of cases) {
    test(id, () => assert.equal(verifier.blsAggregateVerify(keys, messages, signature), want));
  }
});
