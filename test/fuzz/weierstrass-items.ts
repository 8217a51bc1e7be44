/**
 * Signatures of the Weierstrass curves for comparing kernels with the reference: good ones, mutated ones, and ones made
 * so that additions meet equal points, opposite points and infinity.
 */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { ALGORITHMS, type SignatureItem } from "../../accel/device.ts";
import { publicKeyOf, sign } from "../../accel/reference/sign.ts";
import { Sm2Point } from "../../accel/reference/sm2.ts";
import type { RecoveryItem } from "../unit/accel/kernels/signature-module.ts";
import type { Random } from "./random.ts";
import { edgeNumber, randomBits } from "./weierstrass-fields.ts";

export type WeierstrassCurve = "secp256k1" | "p256" | "sm2";

const POINTS = { secp256k1: secp256k1.Point, p256: p256.Point, sm2: Sm2Point } as const;
/** Bits of a window of the generator's comb (accel/kernels/curve/comb.ts). */
const COMB_WIDTH = 8n;

export function bytes32(value: bigint): Uint8Array {
  return Uint8Array.from(Buffer.from(BigInt.asUintN(256, value).toString(16).padStart(64, "0"), "hex"));
}

export function randomBytes(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.bits() & 0xff);
}

function signatureOf(r: bigint, s: bigint): Uint8Array {
  return Uint8Array.from([...bytes32(r), ...bytes32(s)]);
}

function integerOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex")}`);
}

type Maker = (random: Random, curve: WeierstrassCurve) => SignatureItem;

/** A secret key: often small, or the negative of a small one, so that the key is a small multiple of ± G. */
function secretKey(random: Random, n: bigint): bigint {
  const small = BigInt(random.between(1, 40));
  switch (random.below(4)) {
    case 0:
      return small;
    case 1:
      return n - 1n - small;
    default:
      return (randomBits(random, 256) % (n - 2n)) + 1n;
  }
}

/** Short messages, and sizes around a block of the hash. */
function message(random: Random): Uint8Array {
  return randomBytes(random, random.pick([0, 1, 32, 55, 56, 63, 64, 65, 119, 120, 200, random.below(300)]));
}

const good: Maker = (random, curve) => {
  const secret = bytes32(secretKey(random, POINTS[curve].Fn.ORDER));
  const signed = message(random);
  const algorithm = ALGORITHMS[curve];
  return {
    algorithm,
    publicKey: publicKeyOf(algorithm, secret),
    signature: sign(algorithm, secret, signed),
    message: signed,
  };
};

function flipped(random: Random, bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy.length > 0) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}

const mutated: Maker = (random, curve) => {
  const item = good(random, curve);
  switch (random.below(3)) {
    case 0:
      return { ...item, publicKey: flipped(random, item.publicKey) };
    case 1:
      return { ...item, signature: flipped(random, item.signature) };
    default:
      return { ...item, message: flipped(random, item.message) };
  }
};

/** The same scalars under other signs and places; high s is one of them. */
const rearranged: Maker = (random, curve) => {
  const item = good(random, curve);
  const n = POINTS[curve].Fn.ORDER;
  const [r, s] = [integerOf(item.signature.subarray(0, 32)), integerOf(item.signature.subarray(32))];
  const pairs = [
    [r, n - s],
    [n - r, s],
    [s, r],
    [r + n, s],
    [r, s + n],
    [r, n - r],
  ] as const;
  const [newR, newS] = random.pick(pairs);
  return { ...item, signature: signatureOf(newR, newS) };
};

/** Numbers at the edges of their ranges: 0, n, n / 2, 2^256 - 1 and their neighbours. */
const edges: Maker = (random, curve) => {
  const item = good(random, curve);
  const n = POINTS[curve].Fn.ORDER;
  const [r, s] = [edgeNumber(random, n), edgeNumber(random, n)];
  return { ...item, signature: signatureOf(r, s) };
};

/** Keys that are none, or have another prefix, or x at or above p. */
const badKey: Maker = (random, curve) => {
  const item = good(random, curve);
  const p = POINTS[curve].Fp.ORDER;
  const x = random.once(2) ? edgeNumber(random, p) : integerOf(item.publicKey.subarray(1));
  const prefix = random.pick([2, 3, 0, 4, 5, 6, 7, 255]);
  return { ...item, publicKey: Uint8Array.from([prefix, ...bytes32(x)]) };
};

function itemOf(curve: WeierstrassCurve, d: bigint, r: bigint, s: bigint, signed: Uint8Array): SignatureItem {
  const publicKey = POINTS[curve].BASE.multiplyUnsafe(d).toBytes(true);
  return { algorithm: ALGORITHMS[curve], publicKey, signature: signatureOf(r, s), message: signed };
}

/** u G + v Q = infinity: for ECDSA d = -e / r, for SM2 d = -s / (r + s). */
const infinite: Maker = (random, curve) => {
  const { Fn } = POINTS[curve];
  const signed = message(random);
  const r = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
  const s = (randomBits(random, 250) % (Fn.ORDER - 1n)) + 1n;
  const top = curve === "sm2" ? s : integerOf(sha256(signed));
  const bottom = curve === "sm2" ? Fn.add(r, s) : r;
  const d = Fn.neg(Fn.div(Fn.create(top), bottom));
  return d === 0n ? good(random, curve) : itemOf(curve, d, r, s, signed);
};

/** Digit `i` of `count` odd digits of `width` bits of a scalar (accel/kernels/curve/window.ts). */
function oddDigit(odd: bigint, width: number, i: number, count: number): bigint {
  const size = odd < 0n ? -odd : odd;
  const shifted = (size >> 1n) + (1n << BigInt(width * count - 1));
  const digit = 2n * BigInt.asUintN(width, shifted >> BigInt(width * i)) + 1n - (1n << BigInt(width));
  return odd < 0n ? -digit : digit;
}

/** The odd scalar that stands for one: itself, or the negative of n - k. */
function oddScalar(k: bigint, n: bigint): bigint {
  return k % 2n === 0n ? k - n : k;
}

/** The lowest digit of the comb for u: the first multiple of G that is added to the key's sum. */
function firstDigit(u: bigint, n: bigint): bigint {
  return oddDigit(oddScalar(u, n), Number(COMB_WIDTH), 0, 32);
}

const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;
const [A1, B1] = [0x3086d221a7d46bcde86c90e49284eb15n, -0xe4437ed6010e88286f547fa90abfe4c3n];
const [A2, B2] = [0x114ca50f7a8e2f3f657c1108d9d44cfd8n, A1];

/** The odd halves of a scalar of secp256k1 (accel/kernels/curve/split-scalar.ts). */
function oddHalves(k: bigint, n: bigint): readonly [bigint, bigint] {
  const [c1, c2] = [(2n * B2 * k + n) / (2n * n), (-2n * B1 * k + n) / (2n * n)];
  let [k1, k2] = [k - c1 * A1 - c2 * A2, -c1 * B1 - c2 * B2];
  const [isEven1, isEven2] = [k1 % 2n === 0n, k2 % 2n === 0n];
  // The first vector turns the parity of both, the second that of k2, their difference that of k1.
  if (isEven1 && isEven2) [k1, k2] = [k1 + A1, k2 + B1];
  else if (isEven1) [k1, k2] = [k1 + A1 - A2, k2 + B1 - B2];
  else if (isEven2) [k1, k2] = [k1 + A2, k2 + B2];
  return [k1, k2];
}

/** What u gives G and v gives the key in window 2 i of keys without tables (accel/kernels/curve/window-sum.ts). */
function windowShares(curve: WeierstrassCurve, u: bigint, v: bigint, i: number): readonly [bigint, bigint] {
  const n = POINTS[curve].Fn.ORDER;
  const odd = oddScalar(u, n);
  const generator = oddDigit(odd, 10, i, 26) + (oddDigit(odd, 10, 13 + i, 26) << 130n);
  if (curve !== "secp256k1") return [generator, oddDigit(oddScalar(v, n), 5, 2 * i, 52)];
  const [k1, k2] = oddHalves(v, n);
  return [generator, oddDigit(k1, 5, 2 * i, 26) + LAMBDA * oddDigit(k2, 5, 2 * i, 26)];
}

/** The same for the rows k and 38 + k of keys with tables (accel/kernels/curve/affine-sums.ts): 43 rows, then G's. */
function rowShares(curve: WeierstrassCurve, u: bigint, v: bigint, k: number): readonly [bigint, bigint] {
  const n = POINTS[curve].Fn.ORDER;
  const i = k - 5;
  const generator = oddDigit(oddScalar(u, n), 8, i, 32) << BigInt(8 * i);
  return [generator, oddDigit(oddScalar(v, n), 6, k, 43) << BigInt(6 * k)];
}

/** A signature of a key that makes two points of one window, or of two rows, equal or opposite. */
const meeting: Maker = (random, curve) => {
  const { Fn } = POINTS[curve];
  const signed = message(random);
  const r = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
  const s = (randomBits(random, 256) % (Fn.ORDER >> 1n)) + 1n;
  const u = curve === "sm2" ? s : Fn.div(Fn.create(integerOf(sha256(signed))), s);
  const v = curve === "sm2" ? Fn.add(r, s) : Fn.div(r, s);
  const [generator, key] = random.once(2)
    ? windowShares(curve, u, v, random.below(13))
    : rowShares(curve, u, v, random.between(5, 36));
  const d = Fn.div(Fn.create(random.once(2) ? generator : -generator), Fn.create(key));
  return d === 0n ? good(random, curve) : itemOf(curve, d, r, s, signed);
};

/**
 * A good ECDSA signature whose key sum v Q is the first point that the comb adds, or its opposite: with k = u + digit
 * the nonce and v d = digit.
 */
function collidingEcdsa(random: Random, curve: "secp256k1" | "p256"): SignatureItem {
  const { BASE, Fn } = POINTS[curve];
  const signed = message(random);
  const e = Fn.create(integerOf(sha256(signed)));
  for (;;) {
    const u = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
    const digit = Fn.create(firstDigit(u, Fn.ORDER) * (random.once(2) ? 1n : -1n));
    const k = Fn.add(u, digit);
    if (k === 0n) continue;
    const r = Fn.create(BASE.multiplyUnsafe(k).toAffine().x);
    const s = Fn.div(e, u);
    if (s > Fn.ORDER >> 1n) continue;
    return itemOf(curve, Fn.div(Fn.mul(digit, s), r), r, s, signed);
  }
}

/** For SM2 the digest hangs on the key: the exception can be had, a good signature with it cannot. */
function collidingSm2(random: Random): SignatureItem {
  const { Fn } = Sm2Point;
  const s = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
  const r = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
  const digit = Fn.create(firstDigit(s, Fn.ORDER) * (random.once(2) ? 1n : -1n));
  const t = Fn.add(r, s);
  return t === 0n ? good(random, "sm2") : itemOf("sm2", Fn.div(digit, t), r, s, message(random));
}

const colliding: Maker = (random, curve) => (curve === "sm2" ? collidingSm2(random) : collidingEcdsa(random, curve));

/** A good ECDSA signature whose nonce point has x >= n, so that r = x - n: the key is recovered from it. */
const wrapped: Maker = (random, curve) => {
  if (curve === "sm2") return good(random, curve);
  const { BASE, Fn, Fp } = POINTS[curve];
  const signed = message(random);
  for (;;) {
    const x = Fn.ORDER + BigInt(random.below(1 << 20));
    const point = x < Fp.ORDER ? pointWithX(curve, x) : undefined;
    if (point === undefined) continue;
    const r = x - Fn.ORDER;
    if (r === 0n) continue;
    const s = (randomBits(random, 256) % (Fn.ORDER >> 1n)) + 1n;
    const e = Fn.create(integerOf(sha256(signed)));
    const key = point.multiplyUnsafe(Fn.div(s, r)).add(BASE.multiplyUnsafe(Fn.neg(Fn.div(e, r))));
    if (key.is0()) continue;
    return {
      algorithm: ALGORITHMS[curve],
      publicKey: key.toBytes(true),
      signature: signatureOf(r, s),
      message: signed,
    };
  }
};

function pointWithX(curve: "secp256k1" | "p256", x: bigint): InstanceType<typeof secp256k1.Point> | undefined {
  try {
    return POINTS[curve].fromBytes(Uint8Array.from([2, ...bytes32(x)]));
  } catch {
    return undefined;
  }
}

/** By their names, with how often each is drawn. */
export const MAKERS = { good, mutated, rearranged, edges, badKey, infinite, colliding, meeting, wrapped } as const;
export type MakerName = keyof typeof MAKERS;
const WEIGHTS: Readonly<Record<MakerName, number>> = {
  good: 6,
  mutated: 5,
  rearranged: 3,
  edges: 2,
  badKey: 3,
  infinite: 1,
  colliding: 2,
  meeting: 2,
  wrapped: 1,
};

export interface DrawnItem {
  readonly item: SignatureItem;
  readonly maker: MakerName;
}

export function drawItem(random: Random, curve: WeierstrassCurve): DrawnItem {
  const maker = random.weighted(WEIGHTS);
  return { item: MAKERS[maker](random, curve), maker };
}

/** A digest for which Q = r^-1 (s R - e G) is infinity, R = k G: e = s k. */
export function infiniteRecovery(random: Random): RecoveryItem {
  const k = (randomBits(random, 256) % (secp256k1.Point.Fn.ORDER - 1n)) + 1n;
  const s = (randomBits(random, 250) % (secp256k1.Point.Fn.ORDER >> 1n)) + 1n;
  const { x, y } = secp256k1.Point.BASE.multiplyUnsafe(k).toAffine();
  const signature = Uint8Array.from([...bytes32(x), ...bytes32(s)]);
  return { digest: bytes32(secp256k1.Point.Fn.mul(s, k)), signature, recoveryId: Number(y & 1n) };
}

/**
 * A recovery whose fast sum meets two equal or opposite points of one window, and which has a key: u and v are drawn,
 * then the nonce that makes the points meet, then digest and signature for them.
 */
export function meetingRecovery(random: Random): RecoveryItem {
  const { BASE, Fn } = secp256k1.Point;
  for (;;) {
    const u = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
    const v = (randomBits(random, 256) % (Fn.ORDER - 1n)) + 1n;
    const [generator, point] = windowShares("secp256k1", u, v, random.below(13));
    const k = Fn.div(Fn.create(random.once(2) ? generator : -generator), Fn.create(point));
    const { x, y } = BASE.multiplyUnsafe(k).toAffine();
    const s = Fn.mul(v, Fn.create(x));
    if (x >= Fn.ORDER || s > Fn.ORDER >> 1n) continue;
    const signature = Uint8Array.from([...bytes32(x), ...bytes32(s)]);
    return { digest: bytes32(Fn.neg(Fn.mul(u, x))), signature, recoveryId: Number(y & 1n) };
  }
}

export function drawRecovery(random: Random): RecoveryItem {
  const recoveryId = random.pick([0, 1, 0, 1, 0, 1, 2, 3, 27, 255]);
  switch (random.below(7)) {
    case 0:
      return infiniteRecovery(random);
    case 3:
      return meetingRecovery(random);
    case 1:
      return {
        digest: bytes32(edgeNumber(random, secp256k1.Point.Fn.ORDER)),
        signature: randomBytes(random, 64),
        recoveryId,
      };
    case 2: {
      const [r, s] = [edgeNumber(random, secp256k1.Point.Fn.ORDER), edgeNumber(random, secp256k1.Point.Fn.ORDER)];
      const signature = Uint8Array.from([...bytes32(r), ...bytes32(s)]);
      return { digest: randomBytes(random, 32), signature, recoveryId };
    }
    default: {
      const digest = random.once(4) ? bytes32(edgeNumber(random, secp256k1.Point.Fn.ORDER)) : randomBytes(random, 32);
      return { digest, signature: MAKERS.good(random, "secp256k1").signature, recoveryId };
    }
  }
}
