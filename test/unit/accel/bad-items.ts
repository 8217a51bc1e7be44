/**
 * What a stranger may send, kind by kind, each with its verdict as the rule has it (accel/reference/verify.ts), written
 * down and not computed. Where it can be made, the equation holds and only the rule stands in the way, or the item looks
 * bad and the rule takes it: ZIP-215 accepts keys and R of small order and encodings that are not canonical.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ALGORITHMS } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { Sm2Point } from "../../../accel/reference/sm2.ts";
import { bytes32 } from "../../fuzz/weierstrass-items.ts";
import { ALL_ALGORITHMS, type SignedItem, secretKeyOf, signedItem } from "./signed-items.ts";

export interface BadCase {
  readonly id: string;
  readonly item: SignedItem;
  readonly want: boolean;
}

const CURVES = [
  { name: "secp256k1", algorithm: ALGORITHMS.secp256k1, point: secp256k1.Point },
  { name: "p256", algorithm: ALGORITHMS.p256, point: p256.Point },
  { name: "sm2", algorithm: ALGORITHMS.sm2, point: Sm2Point },
] as const;
type Curve = (typeof CURVES)[number];

const SEED = 7;
const ALL_ONES = 2n ** 256n - 1n;
const L = ed25519.Point.Fn.ORDER;
const hex = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const integerOf = (bytes: Uint8Array): bigint => BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
const joined = (a: Uint8Array, b: Uint8Array): Uint8Array => Uint8Array.from([...a, ...b]);
const littleEndian = (value: bigint): Uint8Array => bytes32(value).reverse();
const named = (name: string, cases: readonly BadCase[]): BadCase[] =>
  cases.map((each) => ({ ...each, id: `${name}: ${each.id}` }));

/** Keys and signatures one byte short and one long, none at all, and the forms of other software. */
function wrongLengths(good: SignedItem): BadCase[] {
  const { publicKey, signature } = good;
  const refused = (id: string, change: Partial<SignedItem>): BadCase => ({
    id,
    item: { ...good, ...change },
    want: false,
  });
  return [
    refused("key one byte short", { publicKey: publicKey.subarray(1) }),
    refused("key one byte long", { publicKey: joined(publicKey, Uint8Array.of(0)) }),
    refused("no key", { publicKey: new Uint8Array(0) }),
    refused("uncompressed key", { publicKey: new Uint8Array(65).fill(4) }),
    refused("signature one byte short", { signature: signature.subarray(0, 63) }),
    refused("signature one byte long", { signature: joined(signature, Uint8Array.of(0)) }),
    refused("no signature", { signature: new Uint8Array(0) }),
    refused("signature of DER's length", { signature: joined(signature, new Uint8Array(8)) }),
  ];
}

function emptyMessage(algorithm: (typeof ALL_ALGORITHMS)[number]): BadCase[] {
  const secretKey = secretKeyOf(SEED);
  const message = new Uint8Array(0);
  const signature = sign(algorithm, secretKey, message);
  const item = { algorithm, publicKey: publicKeyOf(algorithm, secretKey), signature, message };
  return [
    { id: "empty message, signed", item, want: true },
    { id: "empty message, not signed", item: { ...item, signature: signedItem(algorithm).signature }, want: false },
  ];
}

/** The smallest x from 1 on that has, or has not, a point. */
function xOf({ point }: Curve, isOnCurve: boolean): bigint {
  for (let x = 1n; ; x++) {
    try {
      point.fromBytes(joined(Uint8Array.of(2), bytes32(x)));
      if (isOnCurve) return x;
    } catch {
      if (!isOnCurve) return x;
    }
  }
}

function badKeys(curve: Curve, good: SignedItem): BadCase[] {
  const p = curve.point.Fp.ORDER;
  const refused = (id: string, publicKey: Uint8Array): BadCase => ({ id, item: { ...good, publicKey }, want: false });
  const withX = (prefix: number, x: bigint): Uint8Array => joined(Uint8Array.of(prefix), bytes32(x));
  const x = integerOf(good.publicKey.subarray(1));
  return [
    refused("key off the curve", withX(2, xOf(curve, false))),
    refused("identity as key", new Uint8Array(33)),
    refused("key with x = p", withX(2, p)),
    refused("key with x = p + x of a point, not canonical", withX(2, p + xOf(curve, true))),
    refused("key with x = 2^256 - 1", withX(3, ALL_ONES)),
    refused("key with prefix 0", withX(0, x)),
    refused("key with prefix 4", withX(4, x)),
    refused("the mirrored key", withX(good.publicKey[0]! ^ 1, x)),
  ];
}

function badNumbers({ point }: Curve, good: SignedItem): BadCase[] {
  const n = point.Fn.ORDER;
  const [r, s] = [integerOf(good.signature.subarray(0, 32)), integerOf(good.signature.subarray(32))];
  const refused = (id: string, newR: bigint, newS: bigint): BadCase => ({
    id,
    item: { ...good, signature: joined(bytes32(newR), bytes32(newS)) },
    want: false,
  });
  return [
    refused("r = 0", 0n, s),
    refused("s = 0", r, 0n),
    refused("r = s = 0", 0n, 0n),
    refused("r = n", n, s),
    refused("s = n", r, n),
    refused("r = n + 1", n + 1n, s),
    refused("s = n + 1", r, n + 1n),
    refused("r = 2^256 - 1", ALL_ONES, s),
    refused("s = 2^256 - 1", r, ALL_ONES),
    // Of ECDSA a signature whose equation holds; of SM2 one for which it does not.
    refused("s turned to n - s, which is high", r, n - s),
    refused("r + s = n", r, n - r),
    refused("r = 1, s = n - 1", 1n, n - 1n),
  ];
}

/** r and s for which the sum of the two multiples is the point at infinity, which has no x. */
function sumAtInfinity({ algorithm, point }: Curve, good: SignedItem): BadCase {
  const { Fn } = point;
  const d = integerOf(secretKeyOf(SEED));
  const digest = Fn.create(integerOf(sha256(good.message)));
  // SM2: s G + (r + s) d G = 0. ECDSA: e G + r d G = 0, whatever s is.
  const isSm2 = algorithm === ALGORITHMS.sm2;
  const r = isSm2 ? SEED_NUMBER : Fn.neg(Fn.mul(digest, Fn.inv(d)));
  const s = isSm2 ? Fn.neg(Fn.mul(Fn.mul(r, d), Fn.inv(Fn.add(d, 1n)))) : SEED_NUMBER;
  const signature = joined(bytes32(r), bytes32(s));
  return { id: "sum at infinity", item: { ...good, signature }, want: false };
}

const SEED_NUMBER = BigInt(SEED);

function weierstrassCases(curve: Curve): BadCase[] {
  const good = signedItem(curve.algorithm, SEED);
  return named(curve.name, [...badKeys(curve, good), ...badNumbers(curve, good), sumAtInfinity(curve, good)]);
}

const BASE = ed25519.Point.BASE.toBytes();
const IDENTITY = littleEndian(1n);
/** y = p + 1: a second name of the identity. */
const IDENTITY_NOT_CANONICAL = littleEndian(2n ** 255n - 18n);
/** x = 0 with the sign bit set: -0. */
const IDENTITY_SIGNED = hex(`01${"00".repeat(30)}80`);
const ORDER_8 = hex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a");

/** A number that is no y of a point, by any reading of ZIP-215. */
function yOfNoPoint(): Uint8Array {
  for (let y = 2n; ; y++) {
    try {
      ed25519.Point.fromBytes(littleEndian(y), true);
    } catch {
      return littleEndian(y);
    }
  }
}

function ed25519Cases(): BadCase[] {
  const good = signedItem(ALGORITHMS.ed25519, SEED);
  const one = (id: string, publicKey: Uint8Array, r: Uint8Array, s: bigint, want: boolean): BadCase => ({
    id,
    item: { ...good, publicKey, signature: joined(r, littleEndian(s)) },
    want,
  });
  const noPoint = yOfNoPoint();
  const [goodR, goodS] = [good.signature.subarray(0, 32), integerOf(good.signature.slice(32).reverse())];
  return named("ed25519", [
    one("identity as key, R = s B", IDENTITY, BASE, 1n, true),
    one("identity as key, R is not s B", IDENTITY, BASE, 2n, false),
    one("key of order 8, R the identity, s = 0", ORDER_8, IDENTITY, 0n, true),
    one("key and R of order 8, s = 0", ORDER_8, ORDER_8, 0n, true),
    one("key of order 8, R = s B", ORDER_8, BASE, 1n, true),
    one("key not canonical", IDENTITY_NOT_CANONICAL, BASE, 1n, true),
    one("R not canonical", IDENTITY, IDENTITY_NOT_CANONICAL, 0n, true),
    one("key with the sign of x = 0", IDENTITY_SIGNED, BASE, 1n, true),
    one("key with y = 2^255 - 1 and above", new Uint8Array(32).fill(0xff), BASE, 1n, false),
    one("key that is no point", noPoint, goodR, goodS, false),
    one("R that is no point", good.publicKey, noPoint, goodS, false),
    one("s = L, which is 0", ORDER_8, IDENTITY, L, false),
    one("s = L + 1, which is 1", IDENTITY, BASE, L + 1n, false),
    one("s + L of a good signature", good.publicKey, goodR, goodS + L, false),
    one("s = 2^256 - 1", good.publicKey, goodR, ALL_ONES, false),
    one("R and s zero", good.publicKey, new Uint8Array(32), 0n, false),
  ]);
}

/** All kinds of bad items, and good ones that look bad. */
export function badCases(): readonly BadCase[] {
  const ofEach = ALL_ALGORITHMS.flatMap((algorithm) =>
    named(`algorithm ${algorithm}`, [...wrongLengths(signedItem(algorithm, SEED)), ...emptyMessage(algorithm)]),
  );
  const unknown = [0, 5, 200].map((algorithm) => ({
    id: `algorithm ${algorithm}, which is none`,
    item: { ...signedItem(ALGORITHMS.ed25519), algorithm },
    want: false,
  }));
  return [...ofEach, ...unknown, ...ed25519Cases(), ...CURVES.flatMap(weierstrassCases)];
}
