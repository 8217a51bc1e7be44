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
import { instantiateKernel } from "../../unit/accel/kernels/kernel-modules.ts";
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

/**
 * Products and squares of the field in one verification, counted from the formulas. The keys' windows: 255 doublings
 * (128 with the endomorphism) and 51 additions (and 26 products by beta); the generator's comb: 32 additions; the table
 * of 16 multiples, the square root, the inverse shared by 32 pairs, the comparison. With a table for the key: 42 and 32
 * additions. A doubling takes 4 products and 4 squares (2 and 5 where a = 0), an addition 8 and 3.
 */
const COUNTS: Readonly<Record<WeierstrassName, Readonly<Record<"cold" | "often", readonly [number, number]>>>> = {
  secp256k1: {
    cold: [125 * 2 + 83 * 8 + 26 + 137 + 18 + 6 + 5, 125 * 5 + 83 * 3 + 49 + 255 + 8 + 2],
    often: [74 * 8 + 4, 74 * 3 + 2],
  },
  p256: {
    cold: [255 * 4 + 83 * 8 + 137 + 12 + 6 + 5, 255 * 4 + 83 * 3 + 49 + 255 + 8 + 2],
    often: [74 * 8 + 4, 74 * 3 + 2],
  },
  sm2: {
    cold: [255 * 4 + 83 * 8 + 137 + 17 + 6 + 5, 255 * 4 + 83 * 3 + 49 + 255 + 8 + 2],
    often: [74 * 8 + 4, 74 * 3 + 2],
  },
};

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

function moduleFor(): SignatureModule {
  const module = new SignatureModule();
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

function coldBatches(curve: WeierstrassName, items: readonly SignatureItem[], size: number): Contender {
  let module = moduleFor();
  let verified = 0;
  const run = walk(
    () => {
      verified += size;
      if (verified > COLD_PASSES * WEIERSTRASS_KEYS) {
        module = moduleFor();
        verified = size;
      }
      return module;
    },
    curve,
    items,
    size,
  );
  return { name: `${curve}, batch of ${size}, cold keys`, items: size, run };
}

/** One module for all sizes: the tables stay. */
function oftenBatches(
  module: SignatureModule,
  curve: WeierstrassName,
  items: readonly SignatureItem[],
  size: number,
): Contender {
  return {
    name: `${curve}, batch of ${size}, keys seen often`,
    items: size,
    run: walk(() => module, curve, items, size),
  };
}

function comparisonsOf(curve: WeierstrassName, cold: readonly SignatureItem[]): Comparison[] {
  const others = cold.slice(0, ITEMS_OF_OTHERS);
  const judge = noble(curve, others);
  const comparisons = SIZES.map((size): Comparison => {
    const goal = size === 1 ? SINGLE_GOAL : size >= 256 ? GOALS[curve].cold : null;
    return { ours: coldBatches(curve, cold, size), baseline: judge, goal };
  });
  const good = comparisons.find(({ ours }) => ours.items === HOSTILE_ITEMS)!.ours;
  comparisons.push({ ours: halfBad(curve, cold, HOSTILE_ITEMS), baseline: good, goal: null });
  const oftenModule = moduleFor();
  const often = cold.slice(0, OFTEN_KEYS);
  for (let round = 0; round < ROUNDS_TO_TABLES; round++) demand(oftenModule.verify(curve, often).every((each) => each));
  for (const size of SIZES) {
    const ours = oftenBatches(oftenModule, curve, often, size);
    comparisons.push({ ours, baseline: judge, goal: size >= 256 ? GOALS[curve].often : null });
    if (curve === "p256") comparisons.push({ ours, baseline: native(others), goal: size >= 256 ? NATIVE_GOAL : null });
  }
  return comparisons;
}

/** Every other signature is of another message: what that costs the good ones. */
function halfBad(curve: WeierstrassName, items: readonly SignatureItem[], size: number): Contender {
  const batch = items.slice(0, size).map((item, i) => (i % 2 === 0 ? item : { ...item, message: Uint8Array.of(1) }));
  let module = moduleFor();
  let passes = 0;
  const run = (): void => {
    if (passes++ === COLD_PASSES) {
      module = moduleFor();
      passes = 1;
    }
    demand(module.verify(curve, batch).every((verdict, i) => verdict === (i % 2 === 0)));
  };
  return { name: `${curve}, batch of ${size}, half bad, cold keys`, items: size, run };
}

function fieldTimes(curve: WeierstrassName): Comparison {
  const probe = instantiateKernel<WeierstrassProbe>("probe-weierstrass");
  const number = WEIERSTRASS_NAMES.indexOf(curve);
  const spin = (operation: number, name: string): Contender => ({
    name: `${curve} ${name}`,
    items: 2 * SPINS,
    run: () => probe.repeat(number, operation, SPINS),
  });
  return { ours: spin(0, "multiplication"), baseline: spin(1, "square"), goal: null };
}

function distanceToLimit(curve: WeierstrassName, nanoseconds: ReadonlyMap<string, number>): string {
  const product = nanoseconds.get(`${curve} multiplication`)!;
  const square = nanoseconds.get(`${curve} square`)!;
  const part = (temper: "cold" | "often", name: string): string => {
    const [products, squares] = COUNTS[curve][temper];
    const floor = (products * product + squares * square) / 1e3;
    const whole = nanoseconds.get(`${curve}, batch of 256, ${name}`)! / 1e3;
    return (
      `${name}: ${products} products of ${product.toFixed(1)} ns and ${squares} squares of ${square.toFixed(1)} ns ` +
      `= ${floor.toFixed(1)} us of ${whole.toFixed(1)} us (${((100 * floor) / whole).toFixed(0)} %)`
    );
  };
  return `${curve}, batch of 256, ${part("cold", "cold keys")}; ${part("often", "keys seen often")}`;
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

/** Everything about the Weierstrass curves. */
export function ecdsaPart(items: ColdItems): Part {
  const comparisons = WEIERSTRASS_NAMES.flatMap((curve) => [...comparisonsOf(curve, items[curve]), fieldTimes(curve)]);
  comparisons.push(recovery(items.secp256k1.slice(0, ITEMS_OF_OTHERS)));
  return { comparisons, notes: (medians) => WEIERSTRASS_NAMES.map((curve) => distanceToLimit(curve, medians)) };
}
