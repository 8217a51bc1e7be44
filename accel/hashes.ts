/**
 * Hashes of the node: OpenSSL through `node:crypto` where it has the algorithm, the kernels for Keccak-256, BLAKE3 and
 * for levels of a tree, the reference elsewhere.
 *
 * `crypto.hash` (one shot, no hash object) with a "binary" string as its result is the cheapest way to a digest: a
 * Buffer costs more to allocate than the digest to compute. SHA-256 of 64 bytes, median CPU time of 15 interleaved
 * rounds on a busy 2-core machine, Node 20.20: `createHash` 2.6 us, `crypto.hash` to a Buffer 1.8, to a string and the
 * bytes of it 0.9, noble 3.6.
 *
 * The kernels take a hash of 64 bytes in a level of a tree at 0.15 us, Keccak-256 of one message at 0.65 (noble: 5.6), BLAKE3 at 0.2 (2.4).
 *
 * OpenSSL has no Keccak with the padding of 2011, no BLAKE3, and BLAKE2b with 64 bytes only; builds without SM3 or
 * BLAKE2b exist, as do configurations (FIPS) that list them and refuse them. So each algorithm proves itself on one
 * known answer before it is used. A platform that answers wrong is an error; kernels that do are left alone.
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

/** Lengths of the kernels' probes: on both sides of the blocks of all hashes, and more than one chunk of BLAKE3. */
const KERNEL_PROBES = [0, 3, 64, 127, 135, 136, 300, 1025, 5000];
/** Pairs of the probe: more than the kernels have lanes, and not a multiple. */
const PROBE_PAIRS = 7;
const PROBE_PREFIX = new TextEncoder().encode("JMT::IntrnalNode");

const probeBytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7 + (i >> 6)) & 0xff);

/** True when `check` says so; a kernel that throws is not right. */
function isRight(check: () => boolean): boolean {
  try {
    return check();
  } catch {
    return false;
  }
}

/**
 * Returns `candidate` when it gives the reference's bytes on the probes, else `reference`: a file that is damaged or an
 * engine that compiles vectors wrong costs speed, nothing else.
 */
export function kernelOr(candidate: OneMessageHash, reference: OneMessageHash): OneMessageHash {
  const agrees = (length: number): boolean => {
    const message = probeBytes(length);
    return sameBytes(candidate(message), reference(message));
  };
  return isRight(() => KERNEL_PROBES.every(agrees)) ? candidate : reference;
}

/** Returns `candidate` when it gives the reference's bytes for each pair of a probe, else undefined. */
export function provenPairs(candidate: HashPairs, reference: OneMessageHash): HashPairs | undefined {
  const pairs = probeBytes(PROBE_PAIRS * 64);
  const digests = new Uint8Array(PROBE_PAIRS * 32);
  const agrees = (prefix: Uint8Array): boolean => {
    candidate(prefix, pairs, PROBE_PAIRS, digests);
    return Array.from({ length: PROBE_PAIRS }, (_, i) => i).every((i) => {
      const message = Uint8Array.of(...prefix, ...pairs.subarray(64 * i, 64 * i + 64));
      return sameBytes(digests.subarray(32 * i, 32 * i + 32), reference(message));
    });
  };
  return isRight(() => agrees(PROBE_PREFIX) && agrees(new Uint8Array())) ? candidate : undefined;
}

/** Levels of a tree by the kernels, where both of its hashes prove themselves. */
function kernelLevels(kernels: KernelHashes | undefined): Hashes["pairs"] {
  if (kernels === undefined) return undefined;
  const sha256 = provenPairs(kernelPairs(kernels, "sha256"), referenceHashes.sha256);
  const sm3 = provenPairs(kernelPairs(kernels, "sm3"), referenceHashes.sm3);
  return sha256 === undefined || sm3 === undefined ? undefined : Object.freeze({ sha256, sm3 });
}

/** The kernel's hash of one message when there is one and it is right, else the reference's. */
function kernelHash(kernels: KernelHashes | undefined, name: KernelHashName & HashName): OneMessageHash {
  if (kernels === undefined) return referenceHashes[name];
  return kernelOr((message) => kernels.hash(name, message), referenceHashes[name]);
}

/**
 * Returns the fastest hashes this process has; the bytes are those of `referenceHashes`.
 * @errors accel.hashSelfTest
 */
export function createHashes(): Hashes {
  const kernels = loadKernelHashes();
  const pairs = kernelLevels(kernels);
  return Object.freeze({
    sha256: provenHash("SHA-256", platformHash("sha256"), referenceHashes.sha256),
    sha512: provenHash("SHA-512", platformHash("sha512"), referenceHashes.sha512),
    sm3: provenHash("SM3", platformHash("sm3"), referenceHashes.sm3),
    keccak256: kernelHash(kernels, "keccak256"),
    blake2b256: referenceHashes.blake2b256,
    blake2b512: provenHash("BLAKE2b-512", platformHash("blake2b512"), referenceHashes.blake2b512),
    blake3: kernelHash(kernels, "blake3"),
    ...(pairs === undefined ? {} : { pairs }),
  });
}
