/**
 * secp256k1, P-256 and SM2 in the kernels against the reference on noble; P-256 also against node:crypto (OpenSSL).
 *
 * Cold keys: 1,024 different ones, and a new module before any of them has come often enough for a table (its start, less
 * than 1 % of the time, is counted). Keys seen often: 32 of them, whose tables are built before the first turn.
 */
import { createHash, createPublicKey, type KeyObject, verify as verifyNative } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import type { ContractVerifier, SignatureItem } from "../../../accel/device.ts";
import { SM2_DEFAULT_USER_ID } from "../../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createWasmVerifier } from "../../../accel/wasm/verifier.ts";
import { NodeError } from "../../../vm/errors.ts";
import type { WeierstrassProbe } from "../../fuzz/weierstrass-fields.ts";
import { instantiateKernel, variantsOf } from "../../unit/accel/kernels/kernel-modules.ts";
import { SignatureModule, WEIERSTRASS_NAMES, type WeierstrassName } from "../../unit/accel/kernels/signature-module.ts";
import { type ColdItems, WEIERSTRASS_KEYS } from "./items.ts";
import type { Comparison, Contender, Part } from "./part.ts";

/** A key gets its table at the 16th signature. */
const COLD_PASSES = 12;
const OFTEN_KEYS = 32;
const ROUNDS_TO_TABLES = 40;
const ITEMS_OF_OTHERS = 8;
const SIZES = [1, 16, 256, 4096];
const HOSTILE_ITEMS = 256;
const SPINS = 40_000;

interface Goals {
  readonly cold: number;
  readonly often: number;
}

const GOALS: Readonly<Record<WeierstrassName, Goals>> = {
  secp256k1: { cold: 25, often: 60 },
  p256: { cold: 25, often: 80 },
  sm2: { cold: 25, often: 80 },
};
const SINGLE_GOAL = 8;
const NATIVE_GOAL = 2;

type Count = readonly [products: number, squares: number];

/**
 * A doubling: with fused multiply-add, where products may be subtracted before they are reduced, other formulas pay.
 */
const DOUBLING: Readonly<Record<"integer" | "fused", { readonly zero: Count; readonly minusThree: Count }>> = {
  integer: { zero: [2, 5], minusThree: [4, 4] },
  fused: { zero: [3, 4], minusThree: [3, 6] },
};

const times = ([products, squares]: Count, count: number): Count => [products * count, squares * count];
const totalOf = (counts: readonly Count[]): Count => [
  counts.reduce((total, [products]) => total + products, 0),
  counts.reduce((total, [, squares]) => total + squares, 0),
];

/** Additions to a sum with a Z, and those with shared inverses; the share of a pair in an inverse for 32. */
const MIXED: Count = [8, 3];
const AFFINE: Count = [5, 1];
const INVERSE: Count = [2.4, 8];

/**
 * Products and squares of the field in one cold verification in a full chunk, counted from the formulas: doublings
 * (half of them with the endomorphism); an addition for each window, whose points are summed before, the generator's 26
 * among them; 26 products by beta; the table of 16 multiples (with doubles, two more products an entry); the square
 * root with what is around it; three inverses; the comparison.
 */
function coldCount(curve: WeierstrassName, label: "integer" | "fused"): Count {
  const hasHalves = curve === "secp256k1";
  return totalOf([
    hasHalves ? times(DOUBLING[label].zero, 125) : times(DOUBLING[label].minusThree, 255),
    times(MIXED, hasHalves ? 25 : 51),
    times(AFFINE, hasHalves ? 52 : 26),
    [hasHalves ? 26 : 0, 0],
    [137 + (label === "fused" ? 32 : 0), 49],
    [{ secp256k1: 18, p256: 12, sm2: 17 }[curve] + 3, 255],
    times(INVERSE, 3),
    [5, 2],
  ]);
}

/** With a table of the key: 75 points, five rounds of sums in pairs and two additions. */
const OFTEN_COUNT = totalOf([times(AFFINE, 72), times(MIXED, 2), times(INVERSE, 5), [4, 2]]);

function demand(isRight: boolean): void {
  if (!isRight) throw new NodeError("bench.verdict", "a good signature was refused");
}

function noble(curve: WeierstrassName, items: readonly SignatureItem[]): Contender {
  const verifier = createReferenceVerifier();
  const run = (): void => {
    for (const { algorithm, publicKey, signature, message } of items) {
      demand(verifier.verify(algorithm, publicKey, signature, message));
    }
  };
  return { name: `${curve} by noble`, items: items.length, run };
}

/** OpenSSL's P-256, keys parsed before. */
function native(items: readonly SignatureItem[]): Contender {
  const parsed = items.map(({ publicKey, signature, message }) => ({ key: keyObject(publicKey), signature, message }));
  const run = (): void => {
    for (const { key, signature, message } of parsed) {
      demand(verifyNative("sha256", message, { key, dsaEncoding: "ieee-p1363" }, signature));
    }
  };
  return { name: "p256 by node:crypto", items: items.length, run };
}

function keyObject(publicKey: Uint8Array): KeyObject {
  const [x, y] = [1, 33].map((from) =>
    Buffer.from(
      p256.Point.fromBytes(publicKey)
        .toBytes(false)
        .subarray(from, from + 32),
    ).toString("base64url"),
  );
  return createPublicKey({ key: { kty: "EC", crv: "P-256", x: x!, y: y! }, format: "jwk" });
}

const labelOf = (name: string): "integer" | "fused" => (name.endsWith("relaxed") ? "fused" : "integer");

function moduleFor(name: string): SignatureModule {
  const module = new SignatureModule(name);
  module.setSm2UserId(SM2_DEFAULT_USER_ID);
  return module;
}

/** Verifies `size` items a turn, walking over all of them; copying them into the module is part of the turn. */
function walk(
  module: () => SignatureModule,
  curve: WeierstrassName,
  items: readonly SignatureItem[],
  size: number,
): () => void {
  const list = Array.from({ length: Math.ceil(size / items.length) }, () => items).flat();
  let from = 0;
  return () => {
    if (from + size > list.length) from = 0;
    demand(
      module()
        .verify(curve, list.slice(from, from + size))
        .every((verdict) => verdict),
    );
    from += size;
  };
}

function coldBatches(name: string, curve: WeierstrassName, items: readonly SignatureItem[], size: number): Contender {
  let module = moduleFor(name);
  let verified = 0;
  const run = walk(
    () => {
      verified += size;
      if (verified > COLD_PASSES * WEIERSTRASS_KEYS) {
        module = moduleFor(name);
        verified = size;
      }
      return module;
    },
    curve,
    items,
    size,
  );
  return { name: `${curve} ${labelOf(name)}, batch of ${size}, cold keys`, items: size, run };
}

/** One module for all sizes: the tables stay. */
function oftenBatches(
  module: SignatureModule,
  label: string,
  curve: WeierstrassName,
  items: readonly SignatureItem[],
  size: number,
): Contender {
  return {
    name: `${curve} ${label}, batch of ${size}, keys seen often`,
    items: size,
    run: walk(() => module, curve, items, size),
  };
}

function comparisonsOf(name: string, curve: WeierstrassName, cold: readonly SignatureItem[]): Comparison[] {
  const others = cold.slice(0, ITEMS_OF_OTHERS);
  const judge = noble(curve, others);
  const comparisons = SIZES.map((size): Comparison => {
    const goal = size === 1 ? SINGLE_GOAL : size >= 256 ? GOALS[curve].cold : null;
    return { ours: coldBatches(name, curve, cold, size), baseline: judge, goal };
  });
  const good = comparisons.find(({ ours }) => ours.items === HOSTILE_ITEMS)!.ours;
  comparisons.push({ ours: halfBad(name, curve, cold, HOSTILE_ITEMS), baseline: good, goal: null });
  const oftenModule = moduleFor(name);
  const often = cold.slice(0, OFTEN_KEYS);
  for (let round = 0; round < ROUNDS_TO_TABLES; round++) demand(oftenModule.verify(curve, often).every((each) => each));
  for (const size of SIZES) {
    const ours = oftenBatches(oftenModule, labelOf(name), curve, often, size);
    comparisons.push({ ours, baseline: judge, goal: size >= 256 ? GOALS[curve].often : null });
    if (curve === "p256") comparisons.push({ ours, baseline: native(others), goal: size >= 256 ? NATIVE_GOAL : null });
  }
  return comparisons;
}

/** Every other signature is of another message: what that costs the good ones. */
function halfBad(name: string, curve: WeierstrassName, items: readonly SignatureItem[], size: number): Contender {
  const batch = items.slice(0, size).map((item, i) => (i % 2 === 0 ? item : { ...item, message: Uint8Array.of(1) }));
  let module = moduleFor(name);
  let passes = 0;
  const run = (): void => {
    if (passes++ === COLD_PASSES) {
      module = moduleFor(name);
      passes = 1;
    }
    demand(module.verify(curve, batch).every((verdict, i) => verdict === (i % 2 === 0)));
  };
  return { name: `${curve} ${labelOf(name)}, batch of ${size}, half bad, cold keys`, items: size, run };
}

function fieldTimes(name: string, curve: WeierstrassName): Comparison {
  const probe = instantiateKernel<WeierstrassProbe>(name.replace("signatures", "probe-weierstrass"));
  const number = WEIERSTRASS_NAMES.indexOf(curve);
  const spin = (operation: number, what: string): Contender => ({
    name: `${curve} ${labelOf(name)} ${what}`,
    items: 2 * SPINS,
    run: () => probe.repeat(number, operation, SPINS),
  });
  return { ours: spin(0, "multiplication"), baseline: spin(1, "square"), goal: null };
}

function distanceToLimit(name: string, curve: WeierstrassName, nanoseconds: ReadonlyMap<string, number>): string {
  const label = labelOf(name);
  const product = nanoseconds.get(`${curve} ${label} multiplication`)!;
  const square = nanoseconds.get(`${curve} ${label} square`)!;
  const part = ([products, squares]: Count, temper: string): string => {
    const floor = (products * product + squares * square) / 1e3;
    const whole = nanoseconds.get(`${curve} ${label}, batch of 256, ${temper}`)! / 1e3;
    return (
      `${temper}: ${products.toFixed(0)} products of ${product.toFixed(1)} ns and ${squares.toFixed(0)} squares of ` +
      `${square.toFixed(1)} ns = ${floor.toFixed(1)} us of ${whole.toFixed(1)} us (${((100 * floor) / whole).toFixed(0)} %)`
    );
  };
  const [cold, often] = [part(coldCount(curve, label), "cold keys"), part(OFTEN_COUNT, "keys seen often")];
  return `${curve} ${label}, batch of 256, ${cold}; ${often}`;
}

/** The keys of secp256k1 signatures, one a call, at the interface that contracts ask. */
function recovery(items: readonly SignatureItem[]): Comparison {
  const reference = createReferenceVerifier();
  const asked = items.map(({ publicKey, signature, message }) => {
    const digest = Uint8Array.from(createHash("sha256").update(message).digest());
    const isRight = (id: number): boolean => isSame(reference.recoverSecp256k1(digest, signature, id), publicKey);
    return { publicKey, signature, digest, id: isRight(0) ? 0 : 1 };
  });
  const by = (name: string, verifier: ContractVerifier): Contender => ({
    name,
    items: asked.length,
    run: () => {
      for (const { publicKey, signature, digest, id } of asked) {
        demand(isSame(verifier.recoverSecp256k1(digest, signature, id), publicKey));
      }
    },
  });
  return {
    ours: by("secp256k1, recovery of one key", createWasmVerifier()),
    baseline: by("recovery by noble", reference),
    goal: SINGLE_GOAL,
  };
}

function isSame(key: Uint8Array | undefined, wanted: Uint8Array): boolean {
  return key !== undefined && Buffer.compare(key, wanted) === 0;
}

/** Everything about the Weierstrass curves that this engine can run. */
export function ecdsaPart(items: ColdItems): Part {
  const modules = variantsOf("signatures");
  const comparisons = WEIERSTRASS_NAMES.flatMap((curve) =>
    modules.flatMap((name) => [...comparisonsOf(name, curve, items[curve]), fieldTimes(name, curve)]),
  );
  comparisons.push(recovery(items.secp256k1.slice(0, ITEMS_OF_OTHERS)));
  const notes = (medians: ReadonlyMap<string, number>): readonly string[] =>
    WEIERSTRASS_NAMES.flatMap((curve) => modules.map((name) => distanceToLimit(name, curve, medians)));
  return { comparisons, notes };
}
