/** What the BLS rules refuse, with keys and signatures made here. The published vectors are in test/vectors/bls.test.ts. */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { BLS_POSSESSION_TAG, BLS_SIGNATURE_TAG } from "../../../../accel/reference/bls.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";

const verifier = createReferenceVerifier();
const { longSignatures, fields } = bls12_381;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

const pairs = [1, 2, 3].map((seed) => longSignatures.keygen(new Uint8Array(48).fill(seed)));
const keys = pairs.map(({ publicKey }) => publicKey.toBytes());
const messages = ["a", "b", ""].map((text) => new TextEncoder().encode(text));
const sign = (index: number, message: Uint8Array, tag = BLS_SIGNATURE_TAG) =>
  longSignatures.sign(longSignatures.hash(message, tag), pairs[index]!.secretKey);

const [first] = messages;
const good = sign(0, first!).toBytes();
const isSigned = (key: Uint8Array, signature: Uint8Array, message = first!): boolean =>
  verifier.blsFastAggregateVerify([key], message, signature);

const INFINITE_KEY = Uint8Array.from([0xc0, ...new Uint8Array(47)]);
const INFINITE_SIGNATURE = Uint8Array.from([0xc0, ...new Uint8Array(95)]);
const ROOT_ORDER = G1.Fn.ORDER;

function changed(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= mask;
  return copy;
}

/** A key whose x is written as x + p, when that still fits under the flag bits. */
function withOverlongX(key: Uint8Array): Uint8Array | undefined {
  const flags = key[0]! & 0xe0;
  const x = BigInt(`0x${Buffer.from(changed(key, 0, flags)).toString("hex")}`) + fields.Fp.ORDER;
  if (x >= 1n << 381n) return undefined;
  const bytes = Uint8Array.from(Buffer.from(x.toString(16).padStart(96, "0"), "hex"));
  return changed(bytes, 0, flags);
}

describe("keys", () => {
  test("of a good signature are accepted", () => assert.equal(isSigned(keys[0]!, good), true));

  test("of another length are refused", () => {
    const [key] = keys;
    for (const bytes of [key!.subarray(1), Uint8Array.from([...key!, 0]), new Uint8Array(0)]) {
      assert.equal(isSigned(bytes, good), false, `${bytes.length}`);
    }
    assert.equal(isSigned(pairs[0]!.publicKey.toBytes(false), good), false, "uncompressed");
  });

  test("with other flag bits are refused", () => {
    const x = keys[0]![0]! & 0x1f;
    for (const flags of [0x00, 0x20, 0x40, 0x60, 0xc0, 0xe0]) {
      const bytes = keys[0]!.slice();
      bytes[0] = flags | x;
      assert.equal(isSigned(bytes, good), false, `${flags}`);
    }
    assert.equal(isSigned(changed(keys[0]!, 0, 0x20), good), false, "the other y");
  });

  test("at infinity are refused, however it is written", () => {
    for (const bytes of [INFINITE_KEY, changed(INFINITE_KEY, 0, 0x20), changed(INFINITE_KEY, 47, 1)]) {
      assert.equal(isSigned(bytes, INFINITE_SIGNATURE), false);
      assert.equal(isSigned(bytes, good), false);
    }
  });

  test("with a coordinate of p or more are refused", () => {
    let tried = 0;
    for (let seed = 10; tried < 2; seed++) {
      const { publicKey, secretKey } = longSignatures.keygen(new Uint8Array(48).fill(seed));
      const overlong = withOverlongX(publicKey.toBytes());
      if (overlong === undefined) continue;
      const signature = longSignatures.sign(longSignatures.hash(first!, BLS_SIGNATURE_TAG), secretKey).toBytes();
      assert.equal(isSigned(publicKey.toBytes(), signature), true);
      assert.equal(isSigned(overlong, signature), false);
      tried++;
    }
  });

  test("that are no points, or points of small order, are refused", () => {
    // x = 1: 1 + 4 = 5 is no square. x = 0: y = 2 or -2, on the curve and of order 3.
    const noPoint = Uint8Array.from([0x80, ...new Uint8Array(46), 1]);
    const orderThree = Uint8Array.from([0x80, ...new Uint8Array(47)]);
    const point = G1.fromAffine({ x: 0n, y: 2n });
    assert.ok(point.double().add(point).is0(), "of order 3");
    assert.throws(() => point.assertValidity(), "noble agrees that it is outside of the subgroup");
    for (const bytes of [noPoint, orderThree, changed(orderThree, 0, 0x20)]) {
      for (const signature of [good, INFINITE_SIGNATURE]) assert.equal(isSigned(bytes, signature), false);
    }
  });

  test("that differ from a good one by a point of small order are refused", () => {
    const shifted = pairs[0]!.publicKey.add(G1.fromAffine({ x: 0n, y: 2n }));
    const { x, y } = shifted.toAffine();
    const bytes = Uint8Array.from(Buffer.from(x.toString(16).padStart(96, "0"), "hex"));
    bytes[0]! |= 2n * y > fields.Fp.ORDER ? 0xa0 : 0x80;
    assert.equal(isSigned(bytes, good), false);
  });

  test("that cancel out are refused: their sum is infinity", () => {
    const negative = pairs[0]!.publicKey.negate().toBytes();
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!, negative], first!, INFINITE_SIGNATURE), false);
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!, negative], first!, good), false);
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!, negative, keys[0]!], first!, good), true);
    // The draft would accept this one; the chain's rule is that no signature is infinity.
    assert.equal(verifier.blsAggregateVerify([keys[0]!, negative], [first!, first!], INFINITE_SIGNATURE), false);
  });

  test("are all looked at: one bad key among good ones refuses", () => {
    const sum = longSignatures.aggregateSignatures([sign(0, first!), sign(1, first!)]).toBytes();
    assert.equal(verifier.blsFastAggregateVerify(keys.slice(0, 2), first!, sum), true);
    assert.equal(verifier.blsFastAggregateVerify([...keys.slice(0, 2), INFINITE_KEY], first!, sum), false);
  });
});

describe("signatures", () => {
  test("of another length, form or place are refused", () => {
    const point = sign(0, first!);
    const { x, y } = point.toAffine();
    const halves = [x.c1, x.c0, y.c1, y.c0].map((part) => part.toString(16).padStart(96, "0"));
    const uncompressed = Uint8Array.from(Buffer.from(halves.join(""), "hex"));
    for (const bytes of [good.subarray(1), Uint8Array.from([...good, 0]), uncompressed, new Uint8Array(96)]) {
      assert.equal(isSigned(keys[0]!, bytes), false, `${bytes.length}`);
    }
    for (const mask of [0x20, 0x40, 0x60, 0x80, 0xa0, 0xc0, 0xe0]) {
      assert.equal(isSigned(keys[0]!, changed(good, 0, mask)), false, `flags ${mask}`);
    }
    assert.equal(isSigned(keys[0]!, point.negate().toBytes()), false);
    assert.equal(isSigned(keys[0]!, INFINITE_SIGNATURE), false);
    for (let bit = 3; bit < 768; bit += 37) {
      assert.equal(isSigned(keys[0]!, changed(good, bit >> 3, 0x80 >> (bit & 7))), false, `bit ${bit}`);
    }
  });

  test("outside of the subgroup are refused, though the curve has them", () => {
    const b = fields.Fp2.fromBigTuple([4n, 4n]);
    for (let tried = 0, c0 = 1n; tried < 3; c0++) {
      const x = fields.Fp2.fromBigTuple([c0, 0n]);
      const square = fields.Fp2.add(fields.Fp2.mul(fields.Fp2.sqr(x), x), b);
      let y: typeof square;
      try {
        y = fields.Fp2.sqrt(square);
      } catch {
        continue;
      }
      if (!fields.Fp2.eql(fields.Fp2.sqr(y), square)) continue;
      const point = G2.fromAffine({ x, y });
      assert.equal(point.isTorsionFree(), false);
      for (const flags of [0x80, 0xa0]) {
        const bytes = new Uint8Array(96);
        bytes.set(fields.Fp.toBytes(c0), 48);
        bytes[0] = flags;
        assert.equal(isSigned(keys[0]!, bytes), false);
      }
      tried++;
    }
  });
});

describe("aggregates", () => {
  const all = longSignatures.aggregateSignatures(messages.map((message, i) => sign(i, message))).toBytes();

  test("have each key's message at its place", () => {
    assert.equal(verifier.blsAggregateVerify(keys, messages, all), true);
    assert.equal(verifier.blsAggregateVerify([keys[1]!, keys[0]!, keys[2]!], messages, all), false);
    assert.equal(
      verifier.blsAggregateVerify([keys[1]!, keys[0]!, keys[2]!], [messages[1]!, messages[0]!, messages[2]!], all),
      true,
    );
  });

  test("of another number of messages, or none, are refused", () => {
    assert.equal(verifier.blsAggregateVerify(keys, messages.slice(1), all), false);
    assert.equal(verifier.blsAggregateVerify(keys.slice(1), messages, all), false);
    assert.equal(verifier.blsAggregateVerify([], [], all), false);
    assert.equal(verifier.blsFastAggregateVerify([], first!, good), false);
  });

  test("take one key twice, when it signed twice", () => {
    const twice = longSignatures.aggregateSignatures([sign(0, first!), sign(0, first!)]).toBytes();
    assert.equal(verifier.blsAggregateVerify([keys[0]!, keys[0]!], [first!, first!], twice), true);
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!, keys[0]!], first!, twice), true);
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!], first!, twice), false);
  });

  test("a rogue key passes as an aggregate, but its possession cannot be proven", () => {
    // The rogue key is the attacker's own less the victim's, so that the sum is the attacker's.
    const rogue = pairs[1]!.publicKey.subtract(pairs[0]!.publicKey).toBytes();
    const forged = sign(1, first!).toBytes();
    assert.equal(verifier.blsFastAggregateVerify([keys[0]!, rogue], first!, forged), true);
    assert.equal(verifier.blsPopVerify(rogue, sign(1, rogue, BLS_POSSESSION_TAG).toBytes()), false);
  });
});

describe("proofs of possession", () => {
  const proof = sign(0, keys[0]!, BLS_POSSESSION_TAG).toBytes();

  test("are of the key itself, under their own tag", () => {
    assert.equal(verifier.blsPopVerify(keys[0]!, proof), true);
    assert.equal(verifier.blsPopVerify(keys[1]!, proof), false);
    assert.equal(verifier.blsPopVerify(keys[0]!, sign(0, keys[0]!).toBytes()), false, "a signature is no proof");
    assert.equal(isSigned(keys[0]!, proof, keys[0]!), false, "a proof is no signature");
  });

  test("of a bad key or in a bad form are refused", () => {
    for (const key of [INFINITE_KEY, keys[0]!.subarray(1), new Uint8Array(48)]) {
      assert.equal(verifier.blsPopVerify(key, proof), false);
    }
    for (const bytes of [proof.subarray(1), INFINITE_SIGNATURE, changed(proof, 0, 0x20)]) {
      assert.equal(verifier.blsPopVerify(keys[0]!, bytes), false);
    }
  });
});

test("the order of the groups is that of the draft", () => {
  assert.equal(ROOT_ORDER, 0x73eda753_299d7d48_3339d808_09a1d805_53bda402_fffe5bfe_ffffffff_00000001n);
});
