/**
 * Bad SM2 signatures of our own: no published set has them, and other libraries were forged through just these.
 *
 * With a digest chosen for it, the equation r = e + x(s G + t P) holds for r = 0, s = 0, t = 0 and numbers above n as
 * well; so each of these cases first shows that only the range check stands in the way.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ecdsa } from "@noble/curves/abstract/weierstrass.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ALGORITHMS } from "../../accel/device.ts";
import { publicKeyOf, sign } from "../../accel/reference/sign.ts";
import { Sm2Point, verifySm2Digest } from "../../accel/reference/sm2.ts";
import { sm3 } from "../../accel/reference/sm3.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { bytesOf, hexOf, utf8 } from "./vector-files.ts";

const SECRET_KEY = bytesOf("3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8");
const PUBLIC_KEY = publicKeyOf(ALGORITHMS.sm2, SECRET_KEY);
const MESSAGE = utf8("message digest");
const SIGNATURE = sign(ALGORITHMS.sm2, SECRET_KEY, MESSAGE);
const KEY = Sm2Point.fromBytes(PUBLIC_KEY);
const { BASE, Fn } = Sm2Point;
const N = Fn.ORDER;
const P = Sm2Point.Fp.ORDER;
const verifier = createReferenceVerifier();

function bytes32(value: bigint): Uint8Array {
  return bytesOf(value.toString(16).padStart(64, "0"));
}

function signatureOf(r: bigint, s: bigint): Uint8Array {
  return Uint8Array.from([...bytes32(r), ...bytes32(s)]);
}

function halves(signature: Uint8Array): [bigint, bigint] {
  return [BigInt(`0x${hexOf(signature.subarray(0, 32))}`), BigInt(`0x${hexOf(signature.subarray(32))}`)];
}

/** The digest for which the bare equation holds for (r, s), whatever their range. */
function digestFor(r: bigint, s: bigint): bigint {
  const sum = BASE.multiplyUnsafe(Fn.create(s)).add(KEY.multiplyUnsafe(Fn.create(r + s)));
  return Fn.create(r - sum.toAffine().x);
}

test("a digest chosen for r and s in range is accepted: the construction of the bad cases is sound", () => {
  for (const [r, s] of [
    [1n, 1n],
    [N - 1n, 2n],
    [5n, N - 1n],
  ] as const) {
    assert.equal(verifySm2Digest(KEY, signatureOf(r, s), digestFor(r, s)), true, `r ${r}, s ${s}`);
  }
});

const BAD_NUMBERS: readonly { readonly id: string; readonly r: bigint; readonly s: bigint }[] = [
  { id: "r = 0", r: 0n, s: 7n },
  { id: "s = 0", r: 7n, s: 0n },
  { id: "r + s = n", r: 7n, s: N - 7n },
  { id: "r = n, which is 0", r: N, s: 7n },
  { id: "s = n, which is 0", r: 7n, s: N },
  { id: "r = n + 1, which is 1", r: N + 1n, s: 7n },
  { id: "s = n + 1, which is 1", r: 7n, s: N + 1n },
  { id: "s = 2^256 - 1", r: 7n, s: (1n << 256n) - 1n },
];

describe("numbers out of range are refused although the equation holds", () => {
  for (const { id, r, s } of BAD_NUMBERS) {
    test(id, () => {
      assert.equal(verifySm2Digest(KEY, signatureOf(r, s), digestFor(r, s)), false);
      assert.equal(verifier.verify(ALGORITHMS.sm2, PUBLIC_KEY, signatureOf(r, s), MESSAGE), false);
    });
  }

  test("r = s = 0, for which both points are at infinity", () => {
    assert.equal(verifySm2Digest(KEY, signatureOf(0n, 0n), 0n), false);
  });

  test("s G + t P at infinity has no x", () => {
    // With the key d G: s + t d = 0 mod n, and t = r + s gives s = -r d / (1 + d).
    const d = BigInt(`0x${hexOf(SECRET_KEY)}`);
    const s = Fn.neg(Fn.mul(Fn.mul(7n, d), Fn.inv(d + 1n)));
    assert.equal(
      BASE.multiplyUnsafe(s)
        .add(KEY.multiplyUnsafe(Fn.add(7n, s)))
        .is0(),
      true,
    );
    assert.equal(verifySm2Digest(KEY, signatureOf(7n, s), 7n), false);
  });
});

describe("a good signature is refused", () => {
  const [r, s] = halves(SIGNATURE);

  test("unless it is left as it is", () => {
    assert.equal(verifier.verify(ALGORITHMS.sm2, PUBLIC_KEY, SIGNATURE, MESSAGE), true);
  });

  const CHANGED = [
    { id: "with s turned to n - s", signature: signatureOf(r, N - s) },
    { id: "with r turned to n - r", signature: signatureOf(N - r, s) },
    { id: "with r and s exchanged", signature: signatureOf(s, r) },
    { id: "with s one more", signature: signatureOf(r, s + 1n) },
  ];
  for (const { id, signature } of CHANGED) {
    test(id, () => {
      assert.equal(verifier.verify(ALGORITHMS.sm2, PUBLIC_KEY, signature, MESSAGE), false);
    });
  }

  test("under another user id, also under none", () => {
    for (const sm2UserId of ["1234567812345679", "123456781234567", "", "ALICE123@YAHOO.COM"]) {
      const other = createReferenceVerifier({ sm2UserId });
      assert.equal(other.verify(ALGORITHMS.sm2, PUBLIC_KEY, SIGNATURE, MESSAGE), false, sm2UserId);
    }
  });

  test("under the mirrored key", () => {
    const mirrored = PUBLIC_KEY.slice();
    mirrored[0]! ^= 1;
    assert.equal(verifier.verify(ALGORITHMS.sm2, mirrored, SIGNATURE, MESSAGE), false);
  });
});

describe("no key of SM2", () => {
  const BAD_KEYS: readonly { readonly id: string; readonly key: Uint8Array }[] = [
    { id: "x = 4, which has no y", key: Uint8Array.from([2, ...bytes32(4n)]) },
    { id: "x = p, above the field", key: Uint8Array.from([2, ...bytes32(P)]) },
    { id: "x = p + 1, a second name of the point with x = 1", key: Uint8Array.from([2, ...bytes32(P + 1n)]) },
    { id: "infinity in one byte", key: Uint8Array.of(0) },
    { id: "infinity in 33 bytes", key: new Uint8Array(33) },
    { id: "the uncompressed form", key: KEY.toBytes(false) },
    { id: "the prefix 04 on 33 bytes", key: Uint8Array.from([4, ...PUBLIC_KEY.subarray(1)]) },
  ];
  for (const { id, key } of BAD_KEYS) {
    test(id, () => {
      assert.equal(verifier.verify(ALGORITHMS.sm2, key, SIGNATURE, MESSAGE), false);
    });
  }

  test("x = 1 is a key, so x = p + 1 was refused for its encoding", () => {
    assert.equal(Sm2Point.fromBytes(Uint8Array.from([2, ...bytes32(1n)])).is0(), false);
    assert.throws(() => Sm2Point.fromBytes(Uint8Array.from([2, ...bytes32(P + 1n)])));
  });
});

test("plain ECDSA over the SM2 curve, which OpenSSL makes of an SM2 key, is no SM2 signature", () => {
  const plain = ecdsa(Sm2Point, sha256);
  const signature = plain.sign(sm3(MESSAGE), SECRET_KEY, { prehash: false, lowS: false });
  assert.equal(plain.verify(signature, sm3(MESSAGE), PUBLIC_KEY, { prehash: false, lowS: false }), true);
  assert.equal(verifier.verify(ALGORITHMS.sm2, PUBLIC_KEY, signature, MESSAGE), false);
});
