import { blake2b } from "@noble/hashes/blake2.js";
import { blake3 } from "@noble/hashes/blake3.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { DIGEST_LENGTH, type Hashes } from "../device.ts";
import { sm3 } from "./sm3.ts";

const BLAKE2B_256 = { dkLen: DIGEST_LENGTH.blake2b256 };
const BLAKE2B_512 = { dkLen: DIGEST_LENGTH.blake2b512 };

/**
 * The hashes in plain JavaScript: the judge of every other implementation, and the one that runs in a browser.
 * keccak256 is the padding of 2011 (Ethereum's), not SHA3-256 of FIPS 202.
 */
export const referenceHashes: Hashes = Object.freeze({
  sha256: (message: Uint8Array): Uint8Array => sha256(message),
  sha512: (message: Uint8Array): Uint8Array => sha512(message),
  sm3,
  keccak256: (message: Uint8Array): Uint8Array => keccak_256(message),
  blake2b256: (message: Uint8Array): Uint8Array => blake2b(message, BLAKE2B_256),
  blake2b512: (message: Uint8Array): Uint8Array => blake2b(message, BLAKE2B_512),
  blake3: (message: Uint8Array): Uint8Array => blake3(message),
});
