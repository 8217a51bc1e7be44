/**
 * The search of `npm run fuzz -- accel` for the hashes: lists of messages of any number and lengths, whose first message
 * begins anywhere; single messages up to some megabytes; levels of a tree. Every digest is compared with the reference.
 */
import { DIGEST_LENGTH } from "../../accel/device.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { KERNEL_HASHES, type KernelHashes, type KernelHashName, loadKernelHashes } from "../../accel/wasm/hashes.ts";
import { NodeError } from "../../vm/errors.ts";
import type { Random } from "./random.ts";
import type { Search } from "./searches.ts";

const COUNT_MAX = 300;
const PREFIX_MAX = 55;
const PAIR = 64;
const PAIR_DIGEST = 32;
/** Lengths at which some hash begins another block, chunk, group or piece. */
const EDGES = [0, 55, 64, 111, 112, 128, 135, 136, 272, 1024, 2048, 4096, 8192, 65_536];
/** Both sides of the piece that long messages are cut into. */
const LONG_EDGES = [131_072, 65_536 * 17, 65_536 * 18, 2 * 65_536 * 17];

type Outcome = ReturnType<Search["step"]>;

function bytesOf(random: Random, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const words = new Uint32Array(bytes.buffer, 0, length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = random.bits();
  for (let i = words.length * 4; i < length; i++) bytes[i] = random.below(256);
  return bytes;
}

/** Lengths of one list: all alike, in two sizes, any, or around the edges. */
function lengthMaker(random: Random): () => number {
  const one = random.pick([PAIR, random.below(300)]);
  const other = random.below(300);
  const near = (): number => Math.max(0, random.pick(EDGES.slice(0, 12)) + random.between(-2, 2));
  return random.pick([
    () => one,
    () => (random.once(5) ? other : one),
    () => (random.once(40) ? random.below(5000) : random.below(300)),
    near,
  ]);
}

function differenceOf(name: KernelHashName, message: Uint8Array, digest: Uint8Array, where: string): string | null {
  const want = referenceHashes[name](message);
  if (Buffer.compare(digest, want) === 0) return null;
  return `${name}, ${where}, ${message.length} bytes: ${Buffer.from(message.subarray(0, 2048)).toString("hex")}`;
}

/** A list that begins somewhere in its array, its digests somewhere in theirs. */
function listStep(kernels: KernelHashes, name: KernelHashName, random: Random): Outcome {
  const count = random.below(COUNT_MAX + 1);
  const nextLength = lengthMaker(random);
  const offsets = new Uint32Array(count + 1);
  offsets[0] = random.below(70);
  for (let i = 0; i < count; i++) offsets[i + 1] = offsets[i]! + nextLength();
  const bytes = bytesOf(random, offsets[count]! + random.below(20));
  const size = DIGEST_LENGTH[name];
  const digests = new Uint8Array(count * size);
  kernels.hashMany(name, { count, bytes, offsets }, digests);
  for (let i = 0; i < count; i++) {
    const message = bytes.subarray(offsets[i], offsets[i + 1]);
    const difference = differenceOf(name, message, digests.subarray(i * size, (i + 1) * size), `${i} of ${count}`);
    if (difference !== null) return { compared: i, difference };
  }
  return { compared: count, difference: null };
}

function singleStep(kernels: KernelHashes, name: KernelHashName, random: Random): Outcome {
  const edge = random.once(12) ? random.pick(LONG_EDGES) : random.pick(EDGES);
  const length = Math.max(0, random.once(3) ? random.below(edge + 1) : edge + random.between(-2, 2));
  const message = bytesOf(random, length);
  return { compared: 1, difference: differenceOf(name, message, kernels.hash(name, message), "alone") };
}

function levelStep(kernels: KernelHashes, random: Random): Outcome {
  const name = random.pick(["sha256", "sm3"] as const);
  const prefix = bytesOf(random, random.below(PREFIX_MAX + 1));
  const count = random.below(40);
  const pairs = bytesOf(random, count * PAIR);
  const digests = new Uint8Array(count * PAIR_DIGEST);
  kernels.hashPairs(name, prefix, pairs, count, digests);
  for (let i = 0; i < count; i++) {
    const message = Uint8Array.of(...prefix, ...pairs.subarray(i * PAIR, (i + 1) * PAIR));
    const digest = digests.subarray(i * PAIR_DIGEST, (i + 1) * PAIR_DIGEST);
    const difference = differenceOf(name, message, digest, `pair ${i} of ${count}`);
    if (difference !== null) return { compared: i, difference };
  }
  return { compared: count, difference: null };
}

/** One search for each hash, and one for the levels of a tree. @errors fuzz.kernels when the module is not built */
export function hashSearches(): readonly Search[] {
  const kernels = loadKernelHashes();
  if (kernels === undefined) throw new NodeError("fuzz.kernels", "the hash kernels are not built");
  const hashes = KERNEL_HASHES.map((name) => ({
    name,
    step: (random: Random): Outcome => {
      const list = listStep(kernels, name, random);
      if (list.difference !== null) return list;
      const single = singleStep(kernels, name, random);
      return { compared: list.compared + single.compared, difference: single.difference };
    },
  }));
  return [...hashes, { name: "levels of a tree", step: (random) => levelStep(kernels, random) }];
}
