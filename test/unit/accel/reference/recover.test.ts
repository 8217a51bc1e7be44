import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import fc from "fast-check";
import { referenceHashes } from "../../../../accel/reference/hashes.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";

const verifier = createReferenceVerifier();
const ALGORITHM = 2;
const { ORDER } = secp256k1.Point.Fn;

const scalar = (value: bigint): Uint8Array => Uint8Array.from(Buffer.from(value.toString(16).padStart(64, "0"), "hex"));
const hex = (bytes: Uint8Array | undefined): string =>
  bytes === undefined ? "none" : Buffer.from(bytes).toString("hex");

interface Recoverable {
  readonly message: Uint8Array;
  readonly digest: Uint8Array;
  readonly signature: Uint8Array;
  readonly id: number;
  readonly key: Uint8Array;
}

function signed(secret: bigint, message: Uint8Array): Recoverable {
  const secretKey = scalar(secret);
  const digest = referenceHashes.sha256(message);
  const bytes = secp256k1.sign(digest, secretKey, { prehash: false, format: "recovered", lowS: true });
  return { message, digest, signature: bytes.slice(1), id: bytes[0]!, key: secp256k1.getPublicKey(secretKey) };
}

const sample = signed(7n, new TextEncoder().encode("sample"));
const recover = (over: Partial<Recoverable>): Uint8Array | undefined => {
  const { digest, signature, id } = { ...sample, ...over };
  return verifier.recoverSecp256k1(digest, signature, id);
};

/** r ‖ s with one half replaced. */
const withR = (r: bigint): Uint8Array => Uint8Array.from([...scalar(r), ...sample.signature.subarray(32)]);
const withS = (s: bigint): Uint8Array => Uint8Array.from([...sample.signature.subarray(0, 32), ...scalar(s)]);

describe("a recovered key", () => {
  test("is the signer's", () => {
    assert.equal(hex(recover({})), hex(sample.key));
    assert.notEqual(hex(recover({ id: 1 - sample.id })), hex(sample.key));
  });

  test("is that of Ethereum's ecrecover for a published call of it", () => {
    // go-ethereum, crypto/signature_test.go: message hash, signature with v, uncompressed key.
    const digest = Buffer.from("ce0677bb30baa8cf067c88db9811f4333d131bf8bcf12fe7065d211dce971008", "hex");
    const signature = Buffer.from(
      "90f27b8b488db00b00606796d2987f6a5f59ae62ea05effe84fef5b8b0e549984a691139ad57a3f0b906637673aa2f63d1f55cb1a69199d4009eea23ceaddc93",
      "hex",
    );
    const want = "02e32df42865e97135acfb65f3bae71bdc86f4d49150ad6a440b6f15878109880a";
    assert.equal(hex(recover({ digest, signature, id: 1 })), want);
  });

  test("of any signature is one under which it verifies, and one of the two is the signer's", () => {
    const secret = fc.bigInt({ min: 1n, max: ORDER - 1n });
    const property = fc.property(secret, fc.uint8Array({ maxLength: 80 }), (d, message) => {
      const { digest, signature, id, key } = signed(d, message);
      const found = [0, 1].map((each) => verifier.recoverSecp256k1(digest, signature, each));
      assert.equal(hex(found[id]), hex(key));
      for (const each of found) if (each) assert.ok(verifier.verify(ALGORITHM, each, signature, message));
    });
    fc.assert(property, { numRuns: 25 });
  });
});

describe("there is no key for", () => {
  test("a recovery id that is not 0 or 1", () => {
    for (const id of [2, 3, 27, 28, 255, 2 ** 31, 2 ** 32 - 1, -1, 0.5, Number.NaN]) {
      assert.equal(recover({ id }), undefined, `${id}`);
    }
  });

  test("r or s out of range, or a high s", () => {
    const { Fp } = secp256k1.Point;
    for (const r of [0n, ORDER, ORDER + 1n, Fp.ORDER, 2n ** 256n - 1n])
      assert.equal(recover({ signature: withR(r) }), undefined, `r ${r}`);
    const s = BigInt(`0x${hex(sample.signature.subarray(32))}`);
    for (const high of [0n, ORDER - s, (ORDER + 1n) / 2n, ORDER, 2n ** 256n - 1n]) {
      assert.equal(recover({ signature: withS(high), id: 1 - sample.id }), undefined, `s ${high}`);
      assert.equal(recover({ signature: withS(high) }), undefined, `s ${high}`);
    }
    assert.notEqual(recover({ signature: withS((ORDER - 1n) / 2n) }), undefined, "the highest low s");
    assert.notEqual(recover({ signature: withS(1n) }), undefined, "the lowest s");
  });

  test("an r that is no x of the curve", () => {
    // 5^3 + 7 = 132 is no square modulo p.
    for (const id of [0, 1]) assert.equal(recover({ signature: withR(5n), id }), undefined);
    assert.notEqual(recover({ signature: withR(1n) }), undefined, "1 + 7 = 8 is a square");
  });

  test("a sum that is infinity", () => {
    // With R = G and e = s: s R - e G = 0. The x of G is its r.
    const x = secp256k1.Point.BASE.toAffine().x;
    const signature = Uint8Array.from([...scalar(x), ...scalar(1n)]);
    assert.equal(recover({ digest: scalar(1n), signature, id: 0 }), undefined);
    assert.notEqual(recover({ digest: scalar(2n), signature, id: 0 }), undefined);
    assert.notEqual(recover({ digest: scalar(1n), signature, id: 1 }), undefined);
  });

  test("bytes of another length", () => {
    for (const length of [0, 31, 33, 64]) assert.equal(recover({ digest: new Uint8Array(length) }), undefined);
    for (const length of [0, 63, 65, 72]) {
      assert.equal(recover({ signature: Uint8Array.from({ length }, (_, i) => sample.signature[i] ?? 0) }), undefined);
    }
  });
});

test("a digest is reduced by the order, as the verifiers do", () => {
  assert.equal(hex(recover({ digest: scalar(5n) })), hex(recover({ digest: scalar(5n + ORDER) })));
});
