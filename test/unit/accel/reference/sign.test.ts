import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ALGORITHMS, type Algorithm, PUBLIC_KEY_LENGTH, SIGNATURE_LENGTH } from "../../../../accel/device.ts";
import { generateSecretKey, publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { Sm2Point } from "../../../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { ALL_ALGORITHMS, secretKeyOf } from "../signed-items.ts";

const MESSAGE = new TextEncoder().encode("message digest");
const verifier = createReferenceVerifier();

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

for (const algorithm of ALL_ALGORITHMS) {
  describe(`signing with algorithm ${algorithm}`, () => {
    test("a new key signs what the verifier accepts", () => {
      const secretKey = generateSecretKey(algorithm);
      assert.equal(secretKey.length, 32);
      const publicKey = publicKeyOf(algorithm, secretKey);
      const signature = sign(algorithm, secretKey, MESSAGE);
      assert.deepEqual([publicKey.length, signature.length], [PUBLIC_KEY_LENGTH[algorithm], SIGNATURE_LENGTH]);
      assert.equal(verifier.verify(algorithm, publicKey, signature, MESSAGE), true);
    });

    test("two new keys differ", () => {
      assert.notDeepEqual(generateSecretKey(algorithm), generateSecretKey(algorithm));
    });

    test("the same key and message give the same signature, another message another", () => {
      const secretKey = secretKeyOf(3);
      const signature = sign(algorithm, secretKey, MESSAGE);
      assert.deepEqual(sign(algorithm, secretKey, MESSAGE), signature);
      const other = sign(algorithm, secretKey, MESSAGE.subarray(1));
      assert.notDeepEqual(other.subarray(0, 32), signature.subarray(0, 32), "another nonce");
    });

    test("an empty message is signed", () => {
      const secretKey = secretKeyOf(4);
      const signature = sign(algorithm, secretKey, new Uint8Array());
      assert.equal(verifier.verify(algorithm, publicKeyOf(algorithm, secretKey), signature, new Uint8Array()), true);
    });

    test("a key of the wrong length is refused", () => {
      for (const length of [0, 31, 33, 64]) {
        const secretKey = new Uint8Array(length).fill(1);
        assert.throws(() => sign(algorithm, secretKey, MESSAGE), { code: "accel.badSecretKey" });
        assert.throws(() => publicKeyOf(algorithm, secretKey), { code: "accel.badSecretKey" });
      }
    });
  });
}

const OUT_OF_RANGE: readonly { readonly id: string; readonly algorithm: Algorithm; readonly secretKey: string }[] = [
  { id: "0 for secp256k1", algorithm: ALGORITHMS.secp256k1, secretKey: "00".repeat(32) },
  { id: "0 for SM2", algorithm: ALGORITHMS.sm2, secretKey: "00".repeat(32) },
  {
    id: "n of P-256",
    algorithm: ALGORITHMS.p256,
    secretKey: "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
  },
  {
    id: "n - 1 of SM2, for which 1 + d has no inverse",
    algorithm: ALGORITHMS.sm2,
    secretKey: (Sm2Point.Fn.ORDER - 1n).toString(16),
  },
  { id: "2^256 - 1 for SM2", algorithm: ALGORITHMS.sm2, secretKey: "ff".repeat(32) },
];

for (const { id, algorithm, secretKey } of OUT_OF_RANGE) {
  test(`a secret key out of range is refused: ${id}`, () => {
    assert.throws(() => sign(algorithm, bytesOf(secretKey), MESSAGE), { code: "accel.badSecretKey" });
  });
}

test("the largest SM2 key, n - 2, signs", () => {
  const secretKey = bytesOf((Sm2Point.Fn.ORDER - 2n).toString(16));
  const signature = sign(ALGORITHMS.sm2, secretKey, MESSAGE);
  assert.equal(verifier.verify(ALGORITHMS.sm2, publicKeyOf(ALGORITHMS.sm2, secretKey), signature, MESSAGE), true);
});

test("an unknown algorithm is refused", () => {
  for (const algorithm of [0, 5, 256, -1, Number.NaN]) {
    assert.throws(() => generateSecretKey(algorithm as Algorithm), { code: "accel.unknownAlgorithm" });
    assert.throws(() => sign(algorithm as Algorithm, secretKeyOf(1), MESSAGE), { code: "accel.unknownAlgorithm" });
  }
});

/**
 * Computed apart from this code, with Python's integers and hashlib: HMAC-DRBG of RFC 6979 over SM3, seed d ‖ e mod n.
 */
test("the SM2 nonce is that of RFC 6979 over SM3", () => {
  const secretKey = bytesOf("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
  assert.equal(
    hexOf(sign(ALGORITHMS.sm2, secretKey, MESSAGE)),
    "24858ee71d63e687feefe41f5af80a59f0791eb1dabc2bbe71daf0e57f06c367" +
      "3d15550de52785a435004c937256ac715c0e04176ac57062c6722fa692f7a491",
  );
});

test("an SM2 signature binds the user id", () => {
  const secretKey = secretKeyOf(5);
  const publicKey = publicKeyOf(ALGORITHMS.sm2, secretKey);
  const signature = sign(ALGORITHMS.sm2, secretKey, MESSAGE, { sm2UserId: "ALICE123@YAHOO.COM" });
  const alice = createReferenceVerifier({ sm2UserId: "ALICE123@YAHOO.COM" });
  assert.equal(alice.verify(ALGORITHMS.sm2, publicKey, signature, MESSAGE), true);
  assert.equal(verifier.verify(ALGORITHMS.sm2, publicKey, signature, MESSAGE), false);
});

test("an SM2 user id longer than its length field can say is refused, the longest is not", () => {
  const tooLong = { sm2UserId: "x".repeat(8192) };
  assert.throws(() => sign(ALGORITHMS.sm2, secretKeyOf(1), MESSAGE, tooLong), { code: "accel.badUserId" });
  assert.throws(() => createReferenceVerifier(tooLong), { code: "accel.badUserId" });
  assert.throws(() => createReferenceVerifier({ sm2UserId: "é".repeat(4096) }), { code: "accel.badUserId" });
  createReferenceVerifier({ sm2UserId: "x".repeat(8191) });
  createReferenceVerifier({ sm2UserId: "" });
});
