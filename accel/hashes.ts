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
import type { Hashes, HashMany, HashName, HashPairs, MessageList } from "./device.ts";
import { AccelError } from "./errors.ts";
import { referenceHashes } from "./reference/hashes.ts";
import { type KernelHashes, type KernelHashName, kernelMany, kernelPairs, loadKernelHashes } from "./wasm/hashes.ts";

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
 * Where many messages are hashed together: as many neighbours, each at most so long. Time of one message of 32, 100, 250 and
 * 1,000 bytes in ns, OpenSSL alone / the kernels by 64, packing included (Node 20.20, medians of 7 rounds on a busy machine of 2
 * cores): SHA-256, which processors have instructions for, 400/160, 420/240, 530/560, 910/1,740; SM3 590/140, 890/240,
 * 1,520/510, 3,220/1,520. Of 64 bytes, by 2, 3 and 4: SHA-256 460/800, 460/660, 450/450; SM3 940/850, 1,140/730, 1,160/640.
 * The lengths are those of three blocks, and of the most that the kernels have lanes for.
 */
const TOGETHER = {
  sha256: { countMin: 4, lengthMax: 183 },
  sm3: { countMin: 2, lengthMax: 2039 },
} as const;

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

/** Returns `candidate` when it gives the reference's bytes for a list of the probes, else undefined. */
export function provenMany(candidate: HashMany, reference: OneMessageHash): HashMany | undefined {
  const messages = [...KERNEL_PROBES, ...KERNEL_PROBES].map(probeBytes);
  const offsets = new Uint32Array(messages.length + 1);
  for (const [i, message] of messages.entries()) offsets[i + 1] = offsets[i]! + message.length;
  const bytes = new Uint8Array(offsets.at(-1)!);
  for (const [i, message] of messages.entries()) bytes.set(message, offsets[i]);
  const digests = new Uint8Array(messages.length * 32);
  const agrees = (): boolean => {
    candidate({ count: messages.length, bytes, offsets }, digests);
    return messages.every((message, i) => sameBytes(digests.subarray(32 * i, 32 * i + 32), reference(message)));
  };
  return isRight(agrees) ? candidate : undefined;
}

/** How many messages from `first` on are not longer than the limit. */
function shortRun({ count, offsets }: MessageList, first: number, lengthMax: number): number {
  let end = first;
  while (end < count && offsets[end + 1]! - offsets[end]! <= lengthMax) end++;
  return end - first;
}

/**
 * Returns a hash of lists that gives runs of `countMin` and more messages, each of at most `lengthMax` bytes, to `together`,
 * and all others to `alone`.
 */
export function manyOf(
  together: HashMany,
  alone: OneMessageHash,
  { countMin, lengthMax }: { readonly countMin: number; readonly lengthMax: number },
): HashMany {
  return (list, digests) => {
    const { count, bytes, offsets } = list;
    for (let first = 0; first < count; ) {
      const run = shortRun(list, first, lengthMax);
      const end = first + Math.max(1, run);
      if (run >= countMin) {
        const some = { count: run, bytes, offsets: offsets.subarray(first, end + 1) };
        together(some, digests.subarray(32 * first, 32 * end));
      } else {
        for (let i = first; i < end; i++) digests.set(alone(bytes.subarray(offsets[i], offsets[i + 1])), 32 * i);
      }
      first = end;
    }
  };
}

/** Lists of messages by the kernels where that is faster, and where both of their hashes prove themselves. */
function kernelLists(kernels: KernelHashes | undefined, alone: Pick<Hashes, "sha256" | "sm3">): Hashes["many"] {
  if (kernels === undefined) return undefined;
  const sha256 = provenMany(kernelMany(kernels, "sha256"), referenceHashes.sha256);
  const sm3 = provenMany(kernelMany(kernels, "sm3"), referenceHashes.sm3);
  if (sha256 === undefined || sm3 === undefined) return undefined;
  return Object.freeze({
    sha256: manyOf(sha256, alone.sha256, TOGETHER.sha256),
    sm3: manyOf(sm3, alone.sm3, TOGETHER.sm3),
  });
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
  const sha256 = provenHash("SHA-256", platformHash("sha256"), referenceHashes.sha256);
  const sm3 = provenHash("SM3", platformHash("sm3"), referenceHashes.sm3);
  const many = kernelLists(kernels, { sha256, sm3 });
  return Object.freeze({
    sha256,
    sha512: provenHash("SHA-512", platformHash("sha512"), referenceHashes.sha512),
    sm3,
    keccak256: kernelHash(kernels, "keccak256"),
    blake2b256: referenceHashes.blake2b256,
    blake2b512: provenHash("BLAKE2b-512", platformHash("blake2b512"), referenceHashes.blake2b512),
    blake3: kernelHash(kernels, "blake3"),
    ...(pairs === undefined ? {} : { pairs }),
    ...(many === undefined ? {} : { many }),
  });
}
