/**
 * The searches for the Weierstrass curves: `npm run fuzz -- fields` (arithmetic) and `npm run fuzz -- accel` (verdicts
 * and recovered keys, items of every maker alone and in batches of 1 to 300).
 */
import type { SignatureItem } from "../../accel/device.ts";
import { recoverSecp256k1 } from "../../accel/reference/recover.ts";
import { SM2_DEFAULT_USER_ID } from "../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { variantsOf } from "../unit/accel/kernels/kernel-modules.ts";
import { SignatureModule, WEIERSTRASS_NAMES, type WeierstrassName } from "../unit/accel/kernels/signature-module.ts";
import type { Random } from "./random.ts";
import type { Search } from "./searches.ts";
import { COMPOUNDS, CURVES, OPERATION, ORDER_OPERATIONS, WeierstrassFields } from "./weierstrass-fields.ts";
import { drawItem, drawRecovery } from "./weierstrass-items.ts";

const FIELD_CASES = 4096;
const SLOW_CASES = 64;
const SUM_CASES = 8;
const DRAWN = 64;
/** One step in this many brings its items often, so that their keys get tables; the others bring new ones. */
const OFTEN_EVERY = 8;
const BATCHES_OFTEN = 32;
const BATCH_MAX = 300;
const RECOVERIES = 48;

/** Up to `count` checks; stops at the first difference. */
function repeated(count: number, results: number, check: () => string | null): ReturnType<Search["step"]> {
  for (let i = 0; i < count; i++) {
    const difference = check();
    if (difference !== null) return { compared: i * results, difference };
  }
  return { compared: count * results, difference: null };
}

export function weierstrassFieldSearches(): Search[] {
  return variantsOf("probe-weierstrass").flatMap(searchesOf);
}

function searchesOf(module: string): Search[] {
  const fields = new WeierstrassFields(module);
  const searches: Search[] = [];
  const add = (name: string, count: number, results: number, check: (random: Random) => string | null): void => {
    searches.push({ name: `${name}, ${module}`, step: (random) => repeated(count, results, () => check(random)) });
  };
  for (const [curve, { name }] of CURVES.entries()) {
    for (const [operation, code] of Object.entries(OPERATION)) {
      const isSlow = code === OPERATION.root || code === OPERATION.invert;
      add(`${name}: ${operation}`, isSlow ? SLOW_CASES : FIELD_CASES, 2, (r) => fields.checkField(r, curve, code));
    }
    for (const code of [OPERATION.multiply, OPERATION.square, OPERATION.normalize] as const) {
      add(`${name}: lazy limbs ${code}`, FIELD_CASES, 2, (r) => fields.checkLimbs(r, curve, code));
    }
    for (const formula of Object.keys(COMPOUNDS)) {
      add(`${name}: ${formula}`, FIELD_CASES, 2, (r) => fields.checkCompound(r, curve, formula));
    }
    for (const code of ORDER_OPERATIONS) {
      const cases = code === OPERATION.invert ? SLOW_CASES : FIELD_CASES;
      add(`${name}: order ${code}`, cases, 1, (r) => fields.checkOrder(r, curve, code));
    }
    add(`${name}: u G + v P`, SUM_CASES, 1, (r) => fields.checkSum(r, curve));
  }
  add("secp256k1: split", FIELD_CASES, 1, (r) => fields.checkSplit(r));
  return searches;
}

interface Judged {
  readonly item: SignatureItem;
  readonly maker: string;
  readonly isValid: boolean;
}

function differenceIn(module: SignatureModule, curve: WeierstrassName, batch: readonly Judged[]): string | null {
  const verdicts = module.verify(
    curve,
    batch.map(({ item }) => item),
  );
  const wrong = batch.findIndex(({ isValid }, place) => verdicts[place] !== isValid);
  if (wrong < 0) return null;
  const { item, maker, isValid } = batch[wrong]!;
  const hex = [item.publicKey, item.signature, item.message].map((bytes) => Buffer.from(bytes).toString("hex"));
  return `item ${wrong} of ${batch.length} (${maker}), reference ${isValid}: ${hex.join(" ")}`;
}

/** New items once by the reference, then by each module alone and in batches. */
function verdictStep(
  modules: readonly SignatureModule[],
  curve: WeierstrassName,
  random: Random,
): ReturnType<Search["step"]> {
  const reference = createReferenceVerifier();
  const judged = Array.from({ length: DRAWN }, (): Judged => {
    const { item, maker } = drawItem(random, curve);
    const isValid = reference.verify(item.algorithm, item.publicKey, item.signature, item.message);
    return { item, maker, isValid };
  });
  const batches = judged.map((each) => [each]);
  const count = random.once(OFTEN_EVERY) ? BATCHES_OFTEN : 1;
  for (let i = 0; i < count; i++) {
    batches.push(Array.from({ length: random.between(1, BATCH_MAX) }, () => random.pick(judged)));
  }
  let compared = 0;
  for (const module of modules) {
    for (const batch of batches) {
      const difference = differenceIn(module, curve, batch);
      if (difference !== null) return { compared, difference };
      compared += batch.length;
    }
  }
  return { compared, judged: judged.length, difference: null };
}

function recoveryStep(modules: readonly SignatureModule[], random: Random): ReturnType<Search["step"]> {
  const items = Array.from({ length: RECOVERIES }, () => drawRecovery(random));
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString("hex");
  const wanted = items.map((item) => hex(recoverSecp256k1(item.digest, item.signature, item.recoveryId)));
  for (const module of modules) {
    const keys = module.recover(items);
    const wrong = items.findIndex((_, place) => hex(keys[place]) !== wanted[place]);
    if (wrong < 0) continue;
    const { digest, signature, recoveryId } = items[wrong]!;
    return { compared: wrong, difference: `recovery of ${hex(digest)} ${hex(signature)} ${recoveryId}` };
  }
  return { compared: items.length * modules.length, judged: items.length, difference: null };
}

export function weierstrassSearches(): Search[] {
  const names = variantsOf("signatures");
  const modules = names.map((name) => {
    const module = new SignatureModule(name);
    module.setSm2UserId(SM2_DEFAULT_USER_ID);
    return module;
  });
  const suffix = names.join(" and ");
  const verdicts = WEIERSTRASS_NAMES.map(
    (curve): Search => ({ name: `${curve}, ${suffix}`, step: (random) => verdictStep(modules, curve, random) }),
  );
  return [...verdicts, { name: `recovery, ${suffix}`, step: (random) => recoveryStep(modules, random) }];
}
