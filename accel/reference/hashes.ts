import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import type { Hashes } from "../device.ts";
import { sm3 } from "./sm3.ts";

/**
 * The hashes in plain JavaScript: the judge of every other implementation, and the one that runs in a browser.
 * keccak256 is the padding of 2011 (Ethereum's), not SHA3-256 of FIPS 202.
 */
export const referenceHashes: Hashes = Object.freeze({
  sha256: (message: Uint8Array): Uint8Array => sha256(message),
  sm3,
  keccak256: (message: Uint8Array): Uint8Array => keccak_256(message),
});
