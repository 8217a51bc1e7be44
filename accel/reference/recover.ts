/**
 * The public key of a secp256k1 signature (SEC 1, 4.1.6), on noble-curves.
 *
 * From r one of the two points R with x(R) = r is taken, the recovery id says which (0: even y, 1: odd), and
 * Q = r^-1 (s R - e G). The rule is that of the verifier, so that a key comes back exactly when the signature verifies
 * under it: 1 <= r < n, 1 <= s <= (n - 1) / 2. SEC 1 also has candidates with x(R) = r + n (ids 2 and 3): they exist for
 * one r in 2^128, no honest signer meets one, and the verifier of Ethereum takes none either. They are refused.
 *
 * The digest is what was signed, reduced modulo n: the caller has hashed, because those who recover keys do not agree
 * on the hash (SHA-256 here, Keccak-256 in Ethereum).
 */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { bytesToNumberBE, concatBytes } from "@noble/curves/utils.js";
import { RECOVERY_DIGEST_LENGTH, SIGNATURE_LENGTH } from "../device.ts";

const { Point } = secp256k1;
const { Fn } = Point;
const SCALAR_LENGTH = 32;
const HALF_ORDER = Fn.ORDER >> 1n;
/** SEC 1 prefixes of a compressed point with an even and an odd y. */
const PREFIXES = [Uint8Array.of(2), Uint8Array.of(3)] as const;

/** The point with this x and prefix; undefined when there is none on the curve. */
function decodePoint(prefix: Uint8Array, x: Uint8Array): InstanceType<typeof Point> | undefined {
  try {
    return Point.fromBytes(concatBytes(prefix, x));
  } catch {
    return undefined;
  }
}

/** See `ContractVerifier.recoverSecp256k1`. */
export function recoverSecp256k1(
  digest: Uint8Array,
  signature: Uint8Array,
  recoveryId: number,
): Uint8Array | undefined {
  const prefix = PREFIXES[recoveryId];
  if (prefix === undefined) return undefined;
  if (digest.length !== RECOVERY_DIGEST_LENGTH || signature.length !== SIGNATURE_LENGTH) return undefined;
  const r = bytesToNumberBE(signature.subarray(0, SCALAR_LENGTH));
  const s = bytesToNumberBE(signature.subarray(SCALAR_LENGTH));
  if (!Fn.isValidNot0(r) || !Fn.isValidNot0(s) || s > HALF_ORDER) return undefined;
  const point = decodePoint(prefix, signature.subarray(0, SCALAR_LENGTH));
  if (point === undefined) return undefined;
  const inverse = Fn.inv(r);
  const e = Fn.create(bytesToNumberBE(digest));
  const key = Point.BASE.mulAddUnsafe(Fn.neg(Fn.mul(e, inverse)), point, Fn.mul(s, inverse));
  return key.is0() ? undefined : key.toBytes(true);
}
