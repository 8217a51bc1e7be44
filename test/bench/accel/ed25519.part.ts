/**
 * ed25519: the kernels against noble and libsodium, a core's processor time, everything included (copying in, hashing,
 * scalars, weights). All keys are different; "cold" keys are in no cache.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { ALGORITHMS } from "../../../accel/device.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { NodeError } from "../../../vm/errors.ts";
import type { FieldExports } from "../../fuzz/fields-25519.ts";
import { type Ed25519Item, Ed25519Kernel, packItems } from "../../unit/accel/kernels/ed25519-kernel.ts";
import { instantiateKernel, variantsOf } from "../../unit/accel/kernels/kernel-modules.ts";
import { cacheFolder } from "../nodes.ts";
import type { ColdItems } from "./items.ts";
import type { Comparison, Contender, Part } from "./part.ts";

const SIZES = [1, 16, 64, 256, 1024, 4096] as const;
/** Keys that stay in the cache, and those of single checks, which get tables. */
const SEEN_KEYS = 1024;
const TABLE_KEYS = 8;
const ITEMS_OF_OTHERS = 16;
const SPIN_PAIRS = 40_000;

export const SODIUM = { name: "sodium-native-5", packages: ["sodium-native@5.1.0"] } as const;

type VerifyDetached = (signature: Buffer, message: Buffer, publicKey: Buffer) => boolean;

function demand(isRight: boolean): void {
  if (!isRight) throw new NodeError("bench.verdict", "a good signature was refused");
}

/** libsodium, when the suite has fetched it. */
function sodium(items: readonly Ed25519Item[]): Contender | null {
  const require = createRequire(join(cacheFolder(SODIUM.name), "package.json"));
  try {
    const { crypto_sign_verify_detached: verify } = require("sodium-native") as {
      crypto_sign_verify_detached: VerifyDetached;
    };
    const buffers = items.map(({ signature, message, publicKey }) => [signature, message, publicKey].map(Buffer.from));
    const run = (): void => {
      for (const [signature, message, publicKey] of buffers) demand(verify(signature!, message!, publicKey!));
    };
    return { name: "libsodium", items: items.length, run };
  } catch {
    return null;
  }
}

function noble(items: readonly Ed25519Item[]): Contender {
  const verifier = createReferenceVerifier();
  const run = (): void => {
    for (const { publicKey, signature, message } of items) {
      demand(verifier.verify(ALGORITHMS.ed25519, publicKey, signature, message));
    }
  };
  return { name: "noble", items: items.length, run };
}

function batches(module: string, size: number, items: readonly Ed25519Item[], temper: string): Contender {
  const kernel = new Ed25519Kernel(module);
  const packed = Array.from({ length: Math.floor(items.length / size) }, (_, index) =>
    packItems(items.slice(index * size, (index + 1) * size)),
  );
  let next = 0;
  const run = (): void => {
    demand(kernel.run(packed[next]!).every((verdict) => verdict === 1));
    next = (next + 1) % packed.length;
  };
  return { name: `ed25519 ${labelOf(module)}, batch of ${size}, ${temper} keys`, items: size, run };
}

/** Patterns of bad signatures; one in 24 is about the dearest there is. */
const HOSTILE: readonly (readonly [string, (place: number) => boolean])[] = [
  ["one bad", (place) => place === 700],
  ["every 24th bad", (place) => place % 24 === 20],
  ["half bad", (place) => place % 2 === 0],
  ["all bad", () => true],
];

function hostileBatches(module: string, items: readonly Ed25519Item[]): Contender[] {
  const size = items.length;
  const kernel = new Ed25519Kernel(module);
  return HOSTILE.map(([name, isBad]) => {
    const batch = items.map((item, place) => (isBad(place) ? { ...item, message: Uint8Array.of(1) } : item));
    const packed = packItems(batch);
    const run = (): void => {
      demand(kernel.run(packed).every((verdict, place) => verdict === (isBad(place) ? 0 : 1)));
    };
    return { name: `ed25519 ${labelOf(module)}, batch of ${size}, ${name}, seen keys`, items: size, run };
  });
}

const labelOf = (module: string): string => (module.endsWith("relaxed") ? "fused" : "integer");

function goalsOf(module: string, size: number): { readonly noble: number | null; readonly sodium: number | null } {
  const isOld = Number(process.versions.node.split(".")[0]) < 24;
  const isFused = module.endsWith("relaxed");
  if (size === 1) return { noble: 8, sodium: null };
  if (size === 64) return { noble: 50, sodium: 2 };
  if (size === 1024 && isFused) return { noble: 90, sodium: 4 };
  if (size === 1024) return { noble: isOld ? 65 : 55, sodium: 2.5 };
  return { noble: null, sodium: null };
}

/** Multiplications and squarings of a cold signature in a batch of 1,024, counted from the algorithm. */
const COUNT_1024 = {
  // Two decodings: 252 + 5 squarings; 23 multiplications in and around the power.
  squarings: 2 * 257,
  // Decodings; 32 + 16 digits, less 1 / 256 that are 0 and 4 first ones of lists, 7 each; 2 x 4 bucket sums, 9 each.
  multiplications: 2 * 23 + (48 * (255 / 256) - 4) * 7 + 8 * 9,
};

function fieldTimes(module: string): Contender[] {
  const probe = instantiateKernel<FieldExports>(`probe-fe25519${module.endsWith("relaxed") ? "-relaxed" : ""}`);
  return [
    { name: `${labelOf(module)} multiplication`, items: 2 * SPIN_PAIRS, run: () => probe.spin(0, SPIN_PAIRS) },
    // Two pairs at a time, as the powers of the decodings do it.
    { name: `${labelOf(module)} squaring`, items: 2 * SPIN_PAIRS, run: () => probe.spin(5, SPIN_PAIRS) },
  ];
}

function distanceToLimit(module: string, nanoseconds: ReadonlyMap<string, number>): string {
  const label = labelOf(module);
  const multiplication = nanoseconds.get(`${label} multiplication`)!;
  const squaring = nanoseconds.get(`${label} squaring`)!;
  const whole = nanoseconds.get(`ed25519 ${label}, batch of 1024, cold keys`)!;
  const floor = COUNT_1024.multiplications * multiplication + COUNT_1024.squarings * squaring;
  const [us, ofFloor] = [whole / 1e3, floor / 1e3].map((value) => value.toFixed(1));
  return (
    `${label}: ${COUNT_1024.multiplications.toFixed(0)} multiplications of ${multiplication.toFixed(1)} ns and ` +
    `${COUNT_1024.squarings} squarings of ${squaring.toFixed(1)} ns = ${ofFloor} us of the ${us} us of a signature ` +
    `in a batch of 1,024 (${((floor / whole) * 100).toFixed(0)} %)`
  );
}

/** Single checks know few keys by tables; a batch larger than the keys has some of them several times. */
function seenItems(seen: readonly Ed25519Item[], size: number): readonly Ed25519Item[] {
  if (size === 1) return seen.slice(0, TABLE_KEYS);
  return Array.from({ length: Math.max(size, seen.length) }, (_, place) => seen[place % seen.length]!);
}

/** Everything about ed25519 that this engine can run. */
export function ed25519Part({ ed25519: cold }: ColdItems): Part {
  const others = cold.slice(0, ITEMS_OF_OTHERS);
  const judge = noble(others);
  const native = sodium(others);
  const comparisons: Comparison[] = [];
  const modules = variantsOf("signatures");
  for (const module of modules) {
    for (const size of SIZES) {
      const goals = goalsOf(module, size);
      const ours = batches(module, size, cold, "cold");
      comparisons.push({ ours, baseline: judge, goal: goals.noble });
      if (native !== null) comparisons.push({ ours, baseline: native, goal: goals.sodium });
    }
    const seen = cold.slice(0, SEEN_KEYS);
    for (const size of SIZES) {
      const ours = batches(module, size, seenItems(seen, size), "seen");
      comparisons.push({ ours, baseline: judge, goal: null });
      if (size >= 1024) {
        for (const hostile of hostileBatches(module, seenItems(seen, size)))
          comparisons.push({ ours: hostile, baseline: ours, goal: null });
      }
    }
    const [multiplication, squaring] = fieldTimes(module) as [Contender, Contender];
    comparisons.push({ ours: multiplication, baseline: squaring, goal: null });
  }
  return { comparisons, notes: (medians) => modules.map((module) => distanceToLimit(module, medians)) };
}
