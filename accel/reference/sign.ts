/**
 * Keys and signatures for clients, wallets and the sealing key. A node never needs this to judge a block.
 *
 * All signatures are deterministic: ed25519 by RFC 8032, ECDSA by RFC 6979 with low s (noble). SM2 leaves the choice of
 * the nonce to the signer; it is taken here from the same HMAC-DRBG as RFC 6979, over HMAC-SM3, seeded with the secret
 * key and e. One repeated or biased nonce gives the SM2 key away (d = (k - s) / (s + r)), so a nonce must not hang on
 * the quality of a random source; and a signature that can be computed again can be tested and compared.
 *
 * noble's secret-scalar multiplication is blinded and JavaScript's BigInt is not constant-time: who can measure the
 * process closely should sign in hardware.
 */
import { mapHashToField } from "@noble/curves/abstract/modular.js";
import { ecdh } from "@noble/curves/abstract/weierstrass.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE, concatBytes, createHmacDrbg, randomBytes } from "@noble/curves/utils.js";
import { ALGORITHMS, type Algorithm } from "../device.ts";
import { AccelError } from "../errors.ts";
import { SM2_DEFAULT_USER_ID, Sm2Point, sm2Digest, sm2UserIdPrefix } from "./sm2.ts";
import { hmacSm3 } from "./sm3.ts";

export interface SignOptions {
  /** The identity an SM2 signature binds; default `SM2_DEFAULT_USER_ID`. Other algorithms have none. */
  readonly sm2UserId?: string | undefined;
}

const SCALAR_LENGTH = 32;
/**
 * Bytes of randomness for one scalar: 1.5 times its length, so that the reduction has no bias worth naming (FIPS 186-5
 * A.2).
 */
const BLIND_LENGTH = 48;
const ECDSA_RULE = { lowS: true, prehash: true, format: "compact" } as const;
const sm2Keys = ecdh(Sm2Point);

/** What noble offers for the keys of one algorithm. */
interface KeyFunctions {
  readonly utils: {
    randomSecretKey(): Uint8Array;
    isValidSecretKey(secretKey: Uint8Array): boolean;
  };
  getPublicKey(secretKey: Uint8Array): Uint8Array;
}

function keyFunctions(algorithm: Algorithm): KeyFunctions {
  switch (algorithm) {
    case ALGORITHMS.ed25519:
      return ed25519;
    case ALGORITHMS.secp256k1:
      return secp256k1;
    case ALGORITHMS.p256:
      return p256;
    case ALGORITHMS.sm2:
      return sm2Keys;
    default:
      throw new AccelError("accel.unknownAlgorithm", `no signature algorithm has the number ${algorithm as number}`);
  }
}

/**
 * True when the 32 bytes are a secret key of the algorithm. SM2 allows [1, n - 2]: signing divides by 1 + d, which is 0
 * for d = n - 1.
 */
function isSecretKey(algorithm: Algorithm, secretKey: Uint8Array): boolean {
  if (!keyFunctions(algorithm).utils.isValidSecretKey(secretKey)) return false;
  return algorithm !== ALGORITHMS.sm2 || bytesToNumberBE(secretKey) !== Sm2Point.Fn.ORDER - 1n;
}

function checkSecretKey(algorithm: Algorithm, secretKey: Uint8Array): void {
  if (isSecretKey(algorithm, secretKey)) return;
  throw new AccelError(
    "accel.badSecretKey",
    `${secretKey.length} bytes that are no secret key of algorithm ${algorithm}`,
  );
}

/**
 * Returns a new secret key of 32 bytes from the system's random source.
 * @errors accel.unknownAlgorithm
 */
export function generateSecretKey(algorithm: Algorithm): Uint8Array {
  const { utils } = keyFunctions(algorithm);
  for (;;) {
    const secretKey = utils.randomSecretKey();
    if (isSecretKey(algorithm, secretKey)) return secretKey;
  }
}

/**
 * Returns the public key of a secret key: 32 bytes for ed25519, 33 (SEC 1 compressed) for the others.
 * @errors accel.unknownAlgorithm, accel.badSecretKey
 */
export function publicKeyOf(algorithm: Algorithm, secretKey: Uint8Array): Uint8Array {
  checkSecretKey(algorithm, secretKey);
  return keyFunctions(algorithm).getPublicKey(secretKey);
}

/**
 * Returns the 64-byte signature over `message` that the verifier accepts; the same arguments give the same bytes.
 * @errors accel.unknownAlgorithm, accel.badSecretKey, accel.badUserId
 */
export function sign(
  algorithm: Algorithm,
  secretKey: Uint8Array,
  message: Uint8Array,
  options: SignOptions = {},
): Uint8Array {
  checkSecretKey(algorithm, secretKey);
  switch (algorithm) {
    case ALGORITHMS.ed25519:
      return ed25519.sign(message, secretKey);
    case ALGORITHMS.secp256k1:
      return secp256k1.sign(message, secretKey, ECDSA_RULE);
    case ALGORITHMS.p256:
      return p256.sign(message, secretKey, ECDSA_RULE);
    case ALGORITHMS.sm2:
      return signSm2(secretKey, message, sm2UserIdPrefix(options.sm2UserId ?? SM2_DEFAULT_USER_ID));
  }
}

function signSm2(secretKey: Uint8Array, message: Uint8Array, userIdPrefix: Uint8Array): Uint8Array {
  const { Fn, BASE } = Sm2Point;
  const d = bytesToNumberBE(secretKey);
  const digest = Fn.create(sm2Digest(userIdPrefix, BASE.multiply(d), message));
  const seed = concatBytes(secretKey, Fn.toBytes(digest));
  const drbg = createHmacDrbg<Uint8Array>(SCALAR_LENGTH, SCALAR_LENGTH, hmacSm3);
  return drbg(seed, (candidate) => sm2SignatureWithNonce(d, digest, bytesToNumberBE(candidate)));
}

/**
 * Returns r ‖ s for one nonce, or undefined when the standard wants another: k outside [1, n - 1], r = 0, r + k = n, s
 * = 0 (GB/T 32918.2 section 6.1, steps A3 to A6: s = (1 + d)^-1 (k - r d)).
 */
export function sm2SignatureWithNonce(d: bigint, digest: bigint, k: bigint): Uint8Array | undefined {
  const { Fn, BASE } = Sm2Point;
  if (!Fn.isValidNot0(k)) return undefined;
  const r = Fn.create(digest + BASE.multiply(k).toAffine().x);
  if (Fn.is0(r) || Fn.is0(Fn.add(r, k))) return undefined;
  // The inversion's time depends on its input, so it sees b (1 + d) with a random b and never the key alone.
  const b = bytesToNumberBE(mapHashToField(randomBytes(BLIND_LENGTH), Fn.ORDER));
  const inverse = Fn.mul(b, Fn.inv(Fn.mul(b, Fn.add(1n, d))));
  const s = Fn.mul(inverse, Fn.sub(k, Fn.mul(r, d)));
  return Fn.is0(s) ? undefined : concatBytes(Fn.toBytes(r), Fn.toBytes(s));
}
