/**
 * Hashes of the node: OpenSSL through `node:crypto` where it has the algorithm, the reference elsewhere.
 *
 * `crypto.hash` (one shot, no hash object) with a "binary" string as its result is the cheapest way to a digest: a
 * Buffer costs more to allocate than the digest to compute. SHA-256 of 64 bytes, median CPU time of 15 interleaved
 * rounds on a busy 2-core machine, Node 20.20: `createHash` 2.6 us, `crypto.hash` to a Buffer 1.8, to a string and the
 * bytes of it 0.9, noble 3.6.
 *
 * OpenSSL has no Keccak with the padding of 2011, no BLAKE3, and BLAKE2b with 64 bytes only; builds without SM3 or
 * BLAKE2b exist, as do configurations (FIPS) that list them and refuse them. So each algorithm proves itself on one
 * known answer before it is used.
 */
import { hash } from "node:crypto";
import type { Hashes } from "./device.ts";
import { AccelError } from "./errors.ts";
import { referenceHashes } from "./reference/hashes.ts";

type OneMessageHash = (message: Uint8Array) => Uint8Array;

/** "abc" */
const PROBE = Uint8Array.of(0x61, 0x62, 0x63);

function digestBytes(digest: string): Uint8Array {
  const bytes = new Uint8Array(digest.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = digest.charCodeAt(i);
  return bytes;
}

function platformHash(algorithm: string): OneMessageHash {
  return (message) => digestBytes(hash(algorithm, message, "binary"));
}

/** The platform's digest of the probe; undefined when it does not know the algorithm. */
function probe(candidate: OneMessageHash): Uint8Array | undefined {
  try {
    return candidate(PROBE);
  } catch {
    return undefined;
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/**
 * Returns `candidate` when it agrees with `reference` on the probe, `reference` when it does not know the algorithm.
 * @errors accel.hashSelfTest when it answers wrong: nothing on this machine can be trusted then
 */
export function provenHash(name: string, candidate: OneMessageHash, reference: OneMessageHash): OneMessageHash {
  const digest = probe(candidate);
  if (digest === undefined) return reference;
  if (sameBytes(digest, reference(PROBE))) return candidate;
  throw new AccelError("accel.hashSelfTest", `${name} of the platform gives wrong bytes for "abc"`);
}

/**
 * Returns the fastest hashes this process has; the bytes are those of `referenceHashes`.
 * @errors accel.hashSelfTest
 */
export function createHashes(): Hashes {
  return Object.freeze({
    sha256: provenHash("SHA-256", platformHash("sha256"), referenceHashes.sha256),
    sha512: provenHash("SHA-512", platformHash("sha512"), referenceHashes.sha512),
    sm3: provenHash("SM3", platformHash("sm3"), referenceHashes.sm3),
    keccak256: referenceHashes.keccak256,
    blake2b256: referenceHashes.blake2b256,
    blake2b512: provenHash("BLAKE2b-512", platformHash("blake2b512"), referenceHashes.blake2b512),
    blake3: referenceHashes.blake3,
  });
}
