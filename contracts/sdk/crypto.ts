/** Hashes and signatures, computed by the host. */
import { keccak256 as hostKeccak256, sha256 as hostSha256, signature_verify, sm3 as hostSm3 } from "./host";
import { Hash } from "./identifiers";

const SIGNATURE_BYTES = 64;

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
