/**
 * BLS signatures over BLS12-381 (draft-irtf-cfrg-bls-signature), on noble-curves: keys in G1, signatures in G2
 * ("minimal-pubkey-size").
 *
 * The ciphersuite is BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_, the scheme with proofs of possession, which is that
 * of Ethereum's consensus layer. Only there does the draft allow one message to be signed by many keys at once
 * (FastAggregateVerify), and its AggregateVerify does not ask for distinct messages. The price is that a key must have
 * proven its possession before it may stand in an aggregate: whoever may choose a key as the difference of others
 * could else sign for all of them. `blsPopVerify` checks such a proof; keeping keys that have passed is the contract's.
 *
 * What is accepted, beyond the draft's words:
 * - A key is 48 bytes, a signature 96: compressed points (Zcash's encoding), coordinates below p, on the curve, in the
 *   subgroup of prime order. The key is not infinity, nor is the sum of the keys of a fast aggregate (KeyValidate).
 * - No keys at all: false. As many messages as keys, or false.
 * - The signature is not infinity. The draft would accept it where the signatures cancel out, as those of k and -k over
 *   one message do; no honest signers are behind that, so a driver answers false before any pairing.
 *
 *   fast       e(P1 + ... + Pn, H(m)) = e(G, S)
 *   aggregate  e(P1, H(m1)) ... e(Pn, H(mn)) = e(G, S)
 *   possession e(P, H'(bytes of P)) = e(G, S), with the tag BLS_POP_ for H'
 */
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { BLS_KEY_LENGTH, BLS_SIGNATURE_LENGTH } from "../device.ts";

export const BLS_SIGNATURE_TAG = "BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
export const BLS_POSSESSION_TAG = "BLS_POP_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";

const KeyPoint = bls12_381.G1.Point;
const SignaturePoint = bls12_381.G2.Point;
const { Fp12 } = bls12_381.fields;
const { pairingBatch } = bls12_381;

type Key = InstanceType<typeof KeyPoint>;
type Signature = InstanceType<typeof SignaturePoint>;
interface Pair {
  readonly g1: Key;
  readonly g2: Signature;
}

/** A point decoded by noble with all checks; undefined when the bytes are none, or infinity. */
function decode<P extends { is0(): boolean }>(
  curve: { fromBytes(bytes: Uint8Array): P },
  bytes: Uint8Array,
): P | undefined {
  try {
    const point = curve.fromBytes(bytes);
    return point.is0() ? undefined : point;
  } catch {
    return undefined;
  }
}

function decodeKey(bytes: Uint8Array): Key | undefined {
  return bytes.length === BLS_KEY_LENGTH ? decode(KeyPoint, bytes) : undefined;
}

function decodeSignature(bytes: Uint8Array): Signature | undefined {
  return bytes.length === BLS_SIGNATURE_LENGTH ? decode(SignaturePoint, bytes) : undefined;
}

/** All keys; undefined when one is none, or there are none. */
function decodeKeys(publicKeys: readonly Uint8Array[]): readonly Key[] | undefined {
  const keys: Key[] = [];
  for (const bytes of publicKeys) {
    const key = decodeKey(bytes);
    if (key === undefined) return undefined;
    keys.push(key);
  }
  return keys.length === 0 ? undefined : keys;
}

function hashToSignatureCurve(message: Uint8Array, tag: string): Signature {
  return bls12_381.longSignatures.hash(message, tag);
}

/** True when the product of the pairs' pairings is that of the generator and the signature. */
function isSignedBy(pairs: readonly Pair[], signature: Signature): boolean {
  const product = pairingBatch([...pairs, { g1: KeyPoint.BASE.negate(), g2: signature }]);
  return Fp12.eql(product, Fp12.ONE);
}

/** See `ContractVerifier.blsFastAggregateVerify`. */
export function blsFastAggregateVerify(
  publicKeys: readonly Uint8Array[],
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const point = decodeSignature(signature);
  if (point === undefined) return false;
  const keys = decodeKeys(publicKeys);
  if (keys === undefined) return false;
  const sum = keys.reduce((all, key) => all.add(key));
  if (sum.is0()) return false;
  return isSignedBy([{ g1: sum, g2: hashToSignatureCurve(message, BLS_SIGNATURE_TAG) }], point);
}

/** See `ContractVerifier.blsAggregateVerify`. */
export function blsAggregateVerify(
  publicKeys: readonly Uint8Array[],
  messages: readonly Uint8Array[],
  signature: Uint8Array,
): boolean {
  if (publicKeys.length !== messages.length) return false;
  const point = decodeSignature(signature);
  if (point === undefined) return false;
  const keys = decodeKeys(publicKeys);
  if (keys === undefined) return false;
  const pairs = keys.map((g1, i) => ({ g1, g2: hashToSignatureCurve(messages[i]!, BLS_SIGNATURE_TAG) }));
  return isSignedBy(pairs, point);
}

/** See `ContractVerifier.blsPopVerify`. */
export function blsPopVerify(publicKey: Uint8Array, proof: Uint8Array): boolean {
  const point = decodeSignature(proof);
  if (point === undefined) return false;
  const key = decodeKey(publicKey);
  if (key === undefined) return false;
  return isSignedBy([{ g1: key, g2: hashToSignatureCurve(publicKey, BLS_POSSESSION_TAG) }], point);
}
