/**
 * Hashes of the node: OpenSSL through `node:crypto` where it has the algorithm, the kernels for Keccak-256, BLAKE3 and
 * for levels of a tree, the reference elsewhere.
 *
 * `crypto.hash` (one shot, no hash object) with a "binary" string as its result is the cheapest way to a digest: a
 * Buffer costs more to allocate than the digest to compute. SHA-256 of 64 bytes, median CPU time of 15 interleaved
 * rounds on a busy 2-core machine, Node 20.20: `createHash` 2.6 us, `crypto.hash` to a Buffer 1.8, to a string and the
 * bytes of it 0.9, noble 3.6.
 *
 * The kernels take a hash of 64 bytes in a level of a tree at 0.15 us, Keccak-256 of one message at 1.5 (noble: 8).
 *
 * OpenSSL has no Keccak with the padding of 2011, no BLAKE3, and BLAKE2b with 64 bytes only; builds without SM3 or
 * BLAKE2b exist, as do configurations (FIPS) that list them and refuse them. So each algorithm proves itself on one
 * known answer before it is used.
 */
import { hash } from "node:crypto";
import type { Hashes, HashName, HashPairs } from "./device.ts";
import { AccelError } from "./errors.ts";
import { referenceHashes } from "./reference/hashes.ts";
import { type KernelHashes, type KernelHashName, kernelPairs, loadKernelHashes } from "./wasm/hashes.ts";

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

/** Pairs of the probe: more than the kernels have lanes, and not a multiple. */
const PROBE_PAIRS = 7;
const PROBE_PREFIX = new TextEncoder().encode("JMT::IntrnalNode");

/**
 * Returns `candidate` when it agrees with `reference`, message by message, on a probe.
 * @errors accel.hashSelfTest when it answers wrong
 */
export function provenPairs(name: string, candidate: HashPairs, reference: OneMessageHash): HashPairs {
  const pairs = Uint8Array.from({ length: PROBE_PAIRS * 64 }, (_, i) => (i * 7 + (i >> 6)) & 0xff);
  const digests = new Uint8Array(PROBE_PAIRS * 32);
  for (const prefix of [PROBE_PREFIX, new Uint8Array()]) {
    candidate(prefix, pairs, PROBE_PAIRS, digests);
    for (let i = 0; i < PROBE_PAIRS; i++) {
      const message = Uint8Array.of(...prefix, ...pairs.subarray(64 * i, 64 * i + 64));
      if (sameBytes(digests.subarray(32 * i, 32 * i + 32), reference(message))) continue;
      throw new AccelError("accel.hashSelfTest", `${name} of the kernels gives wrong bytes for pair ${i} of the probe`);
    }
  }
  return candidate;
}

function provenKernels(kernels: KernelHashes | undefined): Hashes["pairs"] {
  if (kernels === undefined) return undefined;
  return Object.freeze({
    sha256: provenPairs("SHA-256", kernelPairs(kernels, "sha256"), referenceHashes.sha256),
    sm3: provenPairs("SM3", kernelPairs(kernels, "sm3"), referenceHashes.sm3),
  });
}

/** The kernel's hash of one message when there is one, else the reference's. */
function kernelOr(kernels: KernelHashes | undefined, name: KernelHashName & HashName): OneMessageHash {
  if (kernels === undefined) return referenceHashes[name];
  return provenHash(name, (message) => kernels.hash(name, message), referenceHashes[name]);
}

/**
 * Returns the fastest hashes this process has; the bytes are those of `referenceHashes`.
 * @errors accel.hashSelfTest
 */
export function createHashes(): Hashes {
  const kernels = loadKernelHashes();
  const pairs = provenKernels(kernels);
  return Object.freeze({
    sha256: provenHash("SHA-256", platformHash("sha256"), referenceHashes.sha256),
    sha512: provenHash("SHA-512", platformHash("sha512"), referenceHashes.sha512),
    sm3: provenHash("SM3", platformHash("sm3"), referenceHashes.sm3),
    keccak256: kernelOr(kernels, "keccak256"),
    blake2b256: referenceHashes.blake2b256,
    blake2b512: provenHash("BLAKE2b-512", platformHash("blake2b512"), referenceHashes.blake2b512),
    blake3: kernelOr(kernels, "blake3"),
    ...(pairs === undefined ? {} : { pairs }),
  });
}
