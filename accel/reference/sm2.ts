/**
 * SM2 signatures (GB/T 32918.2-2016, ISO/IEC 14888-3:2018) over the curve of GB/T 32918.5, verification half.
 *
 * SM2 is not ECDSA on another curve. The signer's identity is part of what is signed:
 *
 *   ZA = SM3(bits of id, 2 bytes ‖ id ‖ a ‖ b ‖ xG ‖ yG ‖ xA ‖ yA)
 *   e  = SM3(ZA ‖ message)
 *
 * and the equation has no inverse of s: with t = r + s mod n, accept when r = e + x(s G + t P) mod n. The checks r, s
 * in [1, n - 1] and t != 0 are part of the standard; leaving them out has made other libraries forgeable. There is no
 * low-s rule: (r, n - s) is another equation, so a signature is not malleable that way.
 *
 * node:crypto is not used on purpose: `crypto.verify("sm3", ...)` with an SM2 key computes plain ECDSA over this curve.
 */
import { type WeierstrassPoint, type WeierstrassPointCons, weierstrass } from "@noble/curves/abstract/weierstrass.js";
import { bytesToNumberBE, concatBytes, numberToBytesBE } from "@noble/curves/utils.js";
import { AccelError } from "../errors.ts";
import { sm3 } from "./sm3.ts";

/** The default of GM/T 0009-2012, section 10; a chain may set another. */
export const SM2_DEFAULT_USER_ID = "1234567812345678";

/** The id's length in bits has to fit two bytes. */
const USER_ID_BYTES_MAX = 8191;
const SCALAR_LENGTH = 32;

/** The recommended curve, GB/T 32918.5-2017 (OID 1.2.156.10197.1.301), cofactor 1. */
const CURVE = {
  p: 0xfffffffe_ffffffff_ffffffff_ffffffff_ffffffff_00000000_ffffffff_ffffffffn,
  n: 0xfffffffe_ffffffff_ffffffff_ffffffff_7203df6b_21c6052b_53bbf409_39d54123n,
  h: 1n,
  a: 0xfffffffe_ffffffff_ffffffff_ffffffff_ffffffff_00000000_ffffffff_fffffffcn,
  b: 0x28e9fa9e_9d9f5e34_4d5a9e4b_cf6509a7_f39789f5_15ab8f92_ddbcbd41_4d940e93n,
  Gx: 0x32c4ae2c_1f198119_5f990446_6a39c994_8fe30bbf_f2660be1_715a4589_334c74c7n,
  Gy: 0xbc3736a2_f4f6779c_59bdcee3_6b692153_d0a9877c_c62a4740_02df32e5_2139f0a0n,
};

export const Sm2Point: WeierstrassPointCons<bigint> = weierstrass(CURVE);

/** a ‖ b ‖ xG ‖ yG: the same in every ZA. */
const CURVE_BYTES = concatBytes(
  ...[CURVE.a, CURVE.b, CURVE.Gx, CURVE.Gy].map((v) => numberToBytesBE(v, SCALAR_LENGTH)),
);

/**
 * Returns ENTL ‖ id, the beginning of ZA.
 * @errors accel.badUserId
 */
export function sm2UserIdPrefix(userId: string): Uint8Array {
  const id = new TextEncoder().encode(userId);
  if (id.length > USER_ID_BYTES_MAX) {
    throw new AccelError("accel.badUserId", `an SM2 user id has at most ${USER_ID_BYTES_MAX} bytes, not ${id.length}`);
  }
  return concatBytes(numberToBytesBE(id.length * 8, 2), id);
}

/** Returns e, the digest that is signed, as an integer below 2^256 (not reduced by n). */
export function sm2Digest(userIdPrefix: Uint8Array, key: WeierstrassPoint<bigint>, message: Uint8Array): bigint {
  const coordinates = key.toBytes(false).subarray(1);
  const za = sm3(concatBytes(userIdPrefix, CURVE_BYTES, coordinates));
  return bytesToNumberBE(sm3(concatBytes(za, message)));
}

/** The point of a compressed key; undefined when the bytes are none: bad prefix, x not below p, not on the curve. */
function decodeKey(publicKey: Uint8Array): WeierstrassPoint<bigint> | undefined {
  try {
    return Sm2Point.fromBytes(publicKey);
  } catch {
    return undefined;
  }
}

/**
 * Returns true when `signature` (r ‖ s, 32 bytes each, big-endian) is the key's over the digest e.
 * The range checks come first and stand alone: each of r = 0, s = 0 and t = 0 has digests for which the equation holds.
 */
export function verifySm2Digest(key: WeierstrassPoint<bigint>, signature: Uint8Array, digest: bigint): boolean {
  const { Fn, BASE } = Sm2Point;
  const r = bytesToNumberBE(signature.subarray(0, SCALAR_LENGTH));
  const s = bytesToNumberBE(signature.subarray(SCALAR_LENGTH));
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s)) return false;
  const t = Fn.add(r, s);
  if (Fn.is0(t)) return false;
  const sum = BASE.mulAddUnsafe(s, key, t);
  if (sum.is0()) return false;
  return Fn.create(digest + sum.toAffine().x) === r;
}

/**
 * Returns true when `signature` is the key's over `message` and the user id.
 * The caller has checked the lengths: 33 bytes of key, 64 of signature.
 */
export function verifySm2(
  userIdPrefix: Uint8Array,
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): boolean {
  const key = decodeKey(publicKey);
  if (key === undefined) return false;
  return verifySm2Digest(key, signature, sm2Digest(userIdPrefix, key, message));
}
