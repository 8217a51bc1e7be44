import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ALGORITHMS, type Algorithm, PUBLIC_KEY_LENGTH, SIGNATURE_LENGTH } from "../../../../accel/device.ts";
import { createReferenceVerifier, isAlgorithm } from "../../../../accel/reference/verify.ts";
import { ALL_ALGORITHMS, type SignedItem, signedItem, withOtherMessage } from "../signed-items.ts";

const verifier = createReferenceVerifier();
const items: Readonly<Record<number, SignedItem>> = Object.fromEntries(ALL_ALGORITHMS.map((a) => [a, signedItem(a)]));
const WEIERSTRASS: readonly Algorithm[] = [ALGORITHMS.secp256k1, ALGORITHMS.p256, ALGORITHMS.sm2];

function verdictOf(item: SignedItem): boolean {
  return verifier.verify(item.algorithm, item.publicKey, item.signature, item.message);
}

function withBitTurned(bytes: Uint8Array, bit: number): Uint8Array {
  const turned = bytes.slice();
  turned[bit >> 3]! ^= 1 << (bit & 7);
  return turned;
}

test("only the four numbers are algorithms", () => {
  const known = [0, 1, 2, 3, 4, 5, 255, 256, 257, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY].filter(isAlgorithm);
  assert.deepEqual(known, [1, 2, 3, 4]);
});

for (const algorithm of ALL_ALGORITHMS) {
  describe(`algorithm ${algorithm}`, () => {
    const item = items[algorithm]!;

    test("its own signature is accepted, also from views inside larger buffers", () => {
      assert.equal(verdictOf(item), true);
      const arena = new Uint8Array(300);
      arena.set(item.publicKey, 3);
      arena.set(item.signature, 70);
      arena.set(item.message, 201);
      const view = {
        algorithm,
        publicKey: arena.subarray(3, 3 + item.publicKey.length),
        signature: arena.subarray(70, 70 + SIGNATURE_LENGTH),
        message: arena.subarray(201, 201 + item.message.length),
      };
      assert.equal(verdictOf(view), true);
    });

    test("one turned bit of key, signature or message is refused", () => {
      const part = fc.constantFrom("publicKey", "signature", "message");
      fc.assert(
        fc.property(part, fc.nat(), (name, random) => {
          const bytes = item[name];
          return !verdictOf({ ...item, [name]: withBitTurned(bytes, random % (bytes.length * 8)) });
        }),
        { numRuns: 60 },
      );
    });

    test("any bytes of the right lengths get an answer", () => {
      const filled = (length: number) =>
        fc.oneof(
          fc.uint8Array({ minLength: length, maxLength: length }),
          fc.constantFrom(0, 1, 2, 3, 0x7f, 0x80, 0xff).map((byte) => new Uint8Array(length).fill(byte)),
        );
      fc.assert(
        fc.property(filled(PUBLIC_KEY_LENGTH[algorithm]), filled(64), fc.uint8Array(), (key, signature, message) => {
          const verdict = verifier.verify(algorithm, key, signature, message);
          return typeof verdict === "boolean";
        }),
        { numRuns: 60 },
      );
    });

    test("wrong lengths are refused", () => {
      const lengthened = (bytes: Uint8Array) => Uint8Array.from([...bytes, 0]);
      assert.equal(verdictOf({ ...item, signature: item.signature.subarray(1) }), false);
      assert.equal(verdictOf({ ...item, signature: lengthened(item.signature) }), false);
      assert.equal(verdictOf({ ...item, signature: new Uint8Array() }), false);
      assert.equal(verdictOf({ ...item, publicKey: item.publicKey.subarray(1) }), false);
      assert.equal(verdictOf({ ...item, publicKey: lengthened(item.publicKey) }), false);
      assert.equal(verdictOf({ ...item, publicKey: new Uint8Array() }), false);
    });

    test("the signature of one algorithm is none of another", () => {
      const others = [...ALL_ALGORITHMS, 0, 5, -1, Number.NaN].filter((other) => other !== algorithm);
      for (const other of others) assert.equal(verdictOf({ ...item, algorithm: other }), false, `as ${other}`);
    });
  });
}

test("any algorithm number and any lengths get an answer, never an error", () => {
  const bytes = fc.uint8Array({ maxLength: 70 });
  fc.assert(
    fc.property(fc.oneof(fc.integer(), fc.double()), bytes, bytes, bytes, (algorithm, key, signature, message) => {
      return typeof verifier.verify(algorithm, key, signature, message) === "boolean";
    }),
  );
});

/** For each curve an x for which x^3 + ax + b is no square (by Euler's criterion), so no point has it. */
const OFF_CURVE_X: Readonly<Record<number, number>> = {
  [ALGORITHMS.secp256k1]: 5,
  [ALGORITHMS.p256]: 1,
  [ALGORITHMS.sm2]: 4,
};

for (const algorithm of WEIERSTRASS) {
  describe(`keys of algorithm ${algorithm}`, () => {
    const item = items[algorithm]!;

    test("only the prefixes 02 and 03 are keys, and only one of them is the right one", () => {
      for (let prefix = 0; prefix < 256; prefix++) {
        const publicKey = item.publicKey.slice();
        publicKey[0] = prefix;
        assert.equal(verdictOf({ ...item, publicKey }), prefix === item.publicKey[0], `prefix ${prefix}`);
      }
    });

    test("a key that is not on the curve is refused", () => {
      const publicKey = new Uint8Array(33);
      publicKey[0] = 2;
      publicKey[32] = OFF_CURVE_X[algorithm]!;
      assert.equal(verdictOf({ ...item, publicKey }), false);
    });
  });
}

/** n of secp256k1 and P-256. */
const ECDSA_ORDERS: readonly (readonly [Algorithm, bigint])[] = [
  [ALGORITHMS.secp256k1, 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n],
  [ALGORITHMS.p256, 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n],
];

for (const [algorithm, order] of ECDSA_ORDERS) {
  test(`ECDSA, algorithm ${algorithm}: (r, n - s) is the same signature to mathematics and none to us`, () => {
    const item = items[algorithm]!;
    const s = order - BigInt(`0x${Buffer.from(item.signature.subarray(32)).toString("hex")}`);
    const signature = item.signature.slice();
    signature.set(Buffer.from(s.toString(16).padStart(64, "0"), "hex"), 32);
    assert.equal(verdictOf({ ...item, signature }), false);
  });
}

describe("ed25519 by ZIP-215", () => {
  const bytesOf = (hex: string) => Uint8Array.from(Buffer.from(hex, "hex"));
  const NEUTRAL = `01${"00".repeat(31)}`;
  /** y = p + 1, the same point under a second name. */
  const NEUTRAL_UNREDUCED = `ee${"ff".repeat(30)}7f`;
  /** y = 1 with the sign bit of x = 0 set. */
  const NEUTRAL_SIGNED = `01${"00".repeat(30)}80`;
  /** y = -1, the point of order 2. */
  const ORDER_TWO = `ec${"ff".repeat(30)}7f`;
  const ZERO = "00".repeat(32);
  /** L, little-endian: 0 by another name. */
  const L = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

  const CASES = [
    { id: "small order everywhere", key: NEUTRAL, r: NEUTRAL, s: ZERO, want: true },
    { id: "an unreduced key", key: NEUTRAL_UNREDUCED, r: NEUTRAL, s: ZERO, want: true },
    { id: "an unreduced R", key: NEUTRAL, r: NEUTRAL_UNREDUCED, s: ZERO, want: true },
    { id: "the sign of a zero x", key: NEUTRAL_SIGNED, r: NEUTRAL_SIGNED, s: ZERO, want: true },
    { id: "an R that only the cofactor clears", key: NEUTRAL, r: ORDER_TWO, s: ZERO, want: true },
    { id: "s = L is refused", key: NEUTRAL, r: NEUTRAL, s: L, want: false },
    { id: "y = 2, which has no x, is refused", key: `02${"00".repeat(31)}`, r: NEUTRAL, s: ZERO, want: false },
  ];
  for (const { id, key, r, s, want } of CASES) {
    test(id, () => {
      const verdict = verifier.verify(ALGORITHMS.ed25519, bytesOf(key), bytesOf(r + s), Uint8Array.of(1, 2, 3));
      assert.equal(verdict, want);
    });
  }
});

describe("a list of signatures", () => {
  const good = ALL_ALGORITHMS.map((algorithm) => items[algorithm]!);
  const bad = good.flatMap((item) => [
    withOtherMessage(item),
    { ...item, signature: item.signature.subarray(1) },
    { ...item, publicKey: new Uint8Array(item.publicKey.length) },
    { ...item, algorithm: 5 },
  ]);

  test("has the verdict that each item has alone, in any order and number", () => {
    const list = fc.array(fc.constantFrom(...good, ...bad), { maxLength: 20 });
    fc.assert(
      fc.property(list, (chosen) => {
        const verdicts = verifier.verifyMany(chosen);
        assert.equal(verdicts.length, Math.ceil(chosen.length / 8));
        const bits = [...verdicts].flatMap((byte) => Array.from({ length: 8 }, (_, bit) => ((byte >> bit) & 1) === 1));
        const want = chosen.map(verdictOf);
        assert.deepEqual(bits.slice(0, chosen.length), want);
        assert.ok(
          bits.slice(chosen.length).every((bit) => !bit),
          "unused bits are 0",
        );
      }),
      { numRuns: 20 },
    );
  });
});
