/** Hashes and signatures, computed by the host. */
import {
  blake2b256 as hostBlake2b256,
  blake2b512 as hostBlake2b512,
  blake3 as hostBlake3,
  bls_aggregate_verify,
  bls_fast_aggregate_verify,
  bls_pop_verify,
  keccak256 as hostKeccak256,
  result_read,
  secp256k1_recover,
  sha256 as hostSha256,
  sha512 as hostSha512,
  signature_verify,
  signature_verify_many,
  sm3 as hostSm3,
} from "./host";
import { Hash } from "./identifiers";
import { Writer } from "./writer";

const SIGNATURE_BYTES = 64;
const WIDE_DIGEST_BYTES = 64;
const COMPRESSED_KEY_BYTES = 33;
const ED25519_KEY_BYTES = 32;
const BLS_KEY_BYTES = 48;
const BLS_SIGNATURE_BYTES = 96;

/** Numbers of the signature algorithms, as they stand in transactions. */
@final
export class Algorithm {
  static readonly ed25519: u32 = 1;
  static readonly secp256k1: u32 = 2;
  static readonly p256: u32 = 3;
  static readonly sm2: u32 = 4;
}

/** SHA-256 (FIPS 180-4). */
export function sha256(message: Uint8Array): Hash {
  const hash = new Hash();
  hostSha256(message.dataStart as u32, message.byteLength, changetype<usize>(hash) as u32);
  return hash;
}

/** SM3 (GB/T 32905). */
export function sm3(message: Uint8Array): Hash {
  const hash = new Hash();
  hostSm3(message.dataStart as u32, message.byteLength, changetype<usize>(hash) as u32);
  return hash;
}

/** Keccak-256 with its original padding, as in Ethereum. */
export function keccak256(message: Uint8Array): Hash {
  const hash = new Hash();
  hostKeccak256(message.dataStart as u32, message.byteLength, changetype<usize>(hash) as u32);
  return hash;
}

/** SHA-512 (FIPS 180-4): 64 bytes. */
export function sha512(message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(WIDE_DIGEST_BYTES);
  hostSha512(message.dataStart as u32, message.byteLength, digest.dataStart as u32);
  return digest;
}

/** BLAKE2b (RFC 7693) with a digest of 32 bytes, without a key. */
export function blake2b256(message: Uint8Array): Hash {
  const hash = new Hash();
  hostBlake2b256(message.dataStart as u32, message.byteLength, changetype<usize>(hash) as u32);
  return hash;
}

/** BLAKE2b (RFC 7693) with a digest of 64 bytes, without a key. Its first half is not `blake2b256`. */
export function blake2b512(message: Uint8Array): Uint8Array {
  const digest = new Uint8Array(WIDE_DIGEST_BYTES);
  hostBlake2b512(message.dataStart as u32, message.byteLength, digest.dataStart as u32);
  return digest;
}

/** BLAKE3, 32 bytes, without a key. */
export function blake3(message: Uint8Array): Hash {
  const hash = new Hash();
  hostBlake3(message.dataStart as u32, message.byteLength, changetype<usize>(hash) as u32);
  return hash;
}

/**
 * True when `signature` (64 bytes) over `message` is the key's by the chain's rule for the algorithm (`Algorithm`):
 * ed25519 with a key of 32 bytes, the others with a compressed key of 33. Another length is false; an unknown
 * algorithm ends the call.
 */
export function verifySignature(
  algorithm: u32,
  publicKey: Uint8Array,
  signature: Uint8Array,
  message: Uint8Array,
): bool {
  if (signature.byteLength != SIGNATURE_BYTES) return false;
  return (
    signature_verify(
      algorithm,
      publicKey.dataStart as u32,
      publicKey.byteLength,
      signature.dataStart as u32,
      message.dataStart as u32,
      message.byteLength,
    ) != 0
  );
}

/**
 * The compressed secp256k1 key (33 bytes) under which `signature` (r, s; 64 bytes, low s) over `digest` is valid; null
 * when there is none. `recoveryId` is the parity of the y of the signature's point, 0 or 1: Ethereum's v less 27. The
 * digest is what was signed, so hash the message as its signer did: `sha256` for signatures of this chain, `keccak256`
 * for Ethereum's.
 */
export function recoverSecp256k1(digest: Hash, signature: Uint8Array, recoveryId: u32): Uint8Array | null {
  if (signature.byteLength != SIGNATURE_BYTES) return null;
  const key = new Uint8Array(COMPRESSED_KEY_BYTES);
  const isFound = secp256k1_recover(
    changetype<usize>(digest) as u32,
    signature.dataStart as u32,
    recoveryId,
    key.dataStart as u32,
  );
  return isFound != 0 ? key : null;
}

/**
 * Signatures that are verified together, which a node can do faster than one by one: add all, then ask once. At most
 * 256; more end the call. Each is judged, and paid for, as by `verifySignature`.
 */
@final
export class SignatureList {
  private packed: Writer = new Writer();
  private packedCount: i32 = 0;
  /** For each signature its place in the packed list; -1 for one of a wrong length, which is not asked about. */
  private places: i32[] = [];

  /** Signatures added so far. */
  get length(): i32 {
    return this.places.length;
  }

  add(algorithm: u32, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): SignatureList {
    const keyBytes = algorithm == Algorithm.ed25519 ? ED25519_KEY_BYTES : COMPRESSED_KEY_BYTES;
    if (publicKey.byteLength != keyBytes || signature.byteLength != SIGNATURE_BYTES) {
      this.places.push(-1);
      return this;
    }
    this.packed.put<u8>(min<u32>(algorithm, u8.MAX_VALUE) as u8);
    this.packed.raw(publicKey).raw(signature).bytes(message);
    this.places.push(this.packedCount++);
    return this;
  }

  /** One verdict for each signature, in the order they were added. An unknown algorithm ends the call. */
  verdicts(): bool[] {
    signature_verify_many(this.packed.pointer, this.packed.length);
    const bits = new Uint8Array((this.packedCount + 7) >> 3);
    result_read(bits.dataStart as u32);
    const verdicts: bool[] = [];
    for (let i = 0; i < this.places.length; i++) {
      const place = this.places[i];
      verdicts.push(place >= 0 && (((bits[place >> 3] as u32) >> (place & 7)) & 1) == 1);
    }
    return verdicts;
  }

  /** True when every signature is accepted; also when there are none. */
  allAccepted(): bool {
    return signature_verify_many(this.packed.pointer, this.packed.length) == this.places.length;
  }
}

/** The keys without anything between them; null when one has not 48 bytes. */
function packKeys(publicKeys: Uint8Array[]): Writer | null {
  const packed = new Writer();
  for (let i = 0; i < publicKeys.length; i++) {
    if (publicKeys[i].byteLength != BLS_KEY_BYTES) return null;
    packed.raw(publicKeys[i]);
  }
  return packed;
}

/**
 * True when `signature` (96 bytes) is the aggregate of all the keys' signatures over the one message. BLS12-381, keys
 * of 48 bytes, at most 512 (more end the call), ciphersuite BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_ as in
 * Ethereum's consensus layer. Only keys that have passed `blsPopVerify` may be used: whoever chooses a key freely can
 * else sign for the others.
 */
export function blsFastAggregateVerify(publicKeys: Uint8Array[], message: Uint8Array, signature: Uint8Array): bool {
  if (signature.byteLength != BLS_SIGNATURE_BYTES) return false;
  const keys = packKeys(publicKeys);
  if (keys === null) return false;
  return (
    bls_fast_aggregate_verify(
      keys.pointer,
      keys.length,
      signature.dataStart as u32,
      message.dataStart as u32,
      message.byteLength,
    ) != 0
  );
}

/**
 * True when `signature` is the aggregate of each key's signature over the message at its place; at most 128. Keys and
 * ciphersuite as in `blsFastAggregateVerify`. Another number of messages than keys is false.
 */
export function blsAggregateVerify(publicKeys: Uint8Array[], messages: Uint8Array[], signature: Uint8Array): bool {
  if (signature.byteLength != BLS_SIGNATURE_BYTES || publicKeys.length != messages.length) return false;
  const keys = packKeys(publicKeys);
  if (keys === null) return false;
  const list = new Writer();
  for (let i = 0; i < messages.length; i++) list.bytes(messages[i]);
  return bls_aggregate_verify(keys.pointer, keys.length, signature.dataStart as u32, list.pointer, list.length) != 0;
}

/** True when `proof` (96 bytes) shows that someone has the secret key of the BLS key (48 bytes). */
export function blsPopVerify(publicKey: Uint8Array, proof: Uint8Array): bool {
  if (publicKey.byteLength != BLS_KEY_BYTES || proof.byteLength != BLS_SIGNATURE_BYTES) return false;
  return bls_pop_verify(publicKey.dataStart as u32, proof.dataStart as u32) != 0;
}
