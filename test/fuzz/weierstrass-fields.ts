/**
 * The primes, orders, points and split scalars of the Weierstrass kernels against BigInt and noble, on random values
 * with many edges. The unit tests run a share of it; `npm run fuzz -- fields` as much as one likes.
 */
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { Sm2Point } from "../../accel/reference/sm2.ts";
import { instantiateKernel } from "../unit/accel/kernels/kernel-modules.ts";
import type { Random } from "./random.ts";

export interface WeierstrassProbe {
  readonly memory: WebAssembly.Memory;
  readonly arena: (bytes: number) => number;
  readonly fieldOf: (curve: number, operation: number, out: number, a: number, b: number) => void;
  readonly limbsOf: (curve: number, operation: number, out: number, a: number, b: number) => void;
  readonly orderOf: (curve: number, operation: number, out: number, a: number, b: number) => void;
  readonly sumOf: (curve: number, out: number, u: number, v: number, x: number, parity: number) => number;
  readonly splitScalar: (out: number, words: number) => void;
  readonly repeat: (curve: number, operation: number, count: number) => void;
}

/** In the order of the probe's numbers. */
export const CURVES = [
  { name: "secp256k1", Point: secp256k1.Point },
  { name: "p256", Point: p256.Point },
  { name: "sm2", Point: Sm2Point },
] as const;

/** The probe's numbers of operations. */
export const OPERATION = { multiply: 0, square: 1, add: 2, subtract: 3, normalize: 4, root: 5, invert: 6 } as const;
const LEAVE = 7;
/**
 * Products less other things and small multiples (accel/kernels/field/compound.ts), of a and b as the probe does them.
 */
export const COMPOUNDS: Readonly<Record<string, { code: number; formula: (a: bigint, b: bigint) => bigint }>> = {
  "a b - a": { code: 8, formula: (a, b) => a * b - a },
  "a^2 - b - a": { code: 9, formula: (a, b) => a * a - b - a },
  "a^2 - b - 2 a": { code: 10, formula: (a, b) => a * a - b - 2n * a },
  "a b - b^2": { code: 11, formula: (a, b) => a * b - b * b },
  "a b - 8 b^2": { code: 12, formula: (a, b) => a * b - 8n * b * b },
  "3 (a^2 - b^2)": { code: 13, formula: (a, b) => 3n * (a * a - b * b) },
  "3 a^2": { code: 14, formula: (a) => 3n * a * a },
  "8 a^2": { code: 15, formula: (a) => 8n * a * a },
  "4 a b": { code: 16, formula: (a, b) => 4n * a * b },
  "2 a b": { code: 17, formula: (a, b) => 2n * a * b },
};
const WORD_MAX = 2n ** 256n;
const LIMB_BITS = 26n;
const LIMBS = 10;
/** Doubles have five limbs of 52 bits (accel/kernels/field/columns-fused.ts). */
const FUSED_LIMB_BITS = 52n;
const FUSED_LIMBS = 5;
/** Sizes of the limbs of both factors: a tight one and a sum of two; the highest limb is smaller. */
const FUSED_LIMITS: Readonly<Record<number, readonly [number, number]>> = {
  [OPERATION.multiply]: [2 ** 51, 2 ** 52],
  [OPERATION.square]: [2 ** 51, 2 ** 51],
  [OPERATION.normalize]: [2 ** 52, 2 ** 52],
};
const FUSED_HIGHEST = 2 ** 49;
/** Limbs of factors as the formulas give them at most. */
const LIMB_LIMIT = { [OPERATION.multiply]: 2 ** 29, [OPERATION.square]: 2 ** 28, [OPERATION.normalize]: 2 ** 30 };

export function randomBits(random: Random, bits: number): bigint {
  let value = 0n;
  for (let done = 0; done < bits; done += 32) value = (value << 32n) | BigInt(random.bits());
  return BigInt.asUintN(bits, value);
}

/** A number of 256 bits: near 0, `modulus` or a power of two, runs of bits, or anything. */
export function edgeNumber(random: Random, modulus: bigint): bigint {
  const near = BigInt(random.between(-3, 3));
  switch (random.below(7)) {
    case 0:
      return BigInt(random.below(4));
    case 1:
      return BigInt.asUintN(256, modulus + near);
    case 2:
      return BigInt.asUintN(256, (modulus >> BigInt(random.below(3))) + near);
    case 3:
      return BigInt.asUintN(256, (1n << BigInt(random.below(257))) + near);
    case 4:
      return BigInt.asUintN(256, ((1n << BigInt(random.below(257))) - 1n) ^ ((1n << BigInt(random.below(257))) - 1n));
    default:
      return randomBits(random, 256);
  }
}

export class WeierstrassFields {
  readonly #probe: WeierstrassProbe;
  readonly #start: number;

  readonly #isFused: boolean;

  /** @param name  a module of build/kernels */
  constructor(name = "probe-weierstrass") {
    this.#probe = instantiateKernel<WeierstrassProbe>(name);
    this.#start = this.#probe.arena(1024);
    this.#isFused = name.endsWith("relaxed");
  }

  #put(offset: number, values: readonly bigint[]): number {
    const view = new DataView(this.#probe.memory.buffer, this.#start + offset);
    values.forEach((value, i) => {
      for (let word = 0; word < 4; word++) {
        view.setBigUint64(32 * i + 8 * word, BigInt.asUintN(64, value >> BigInt(64 * word)), true);
      }
    });
    return this.#start + offset;
  }

  #get(offset: number, count: number, bytes = 32): bigint[] {
    const memory = new Uint8Array(this.#probe.memory.buffer, this.#start + offset, count * bytes);
    return Array.from({ length: count }, (_, i) => {
      const part = memory.slice(i * bytes, (i + 1) * bytes).reverse();
      return BigInt(`0x${Buffer.from(part).toString("hex")}`);
    });
  }

  /** What differs in one random field operation on two lanes; null when nothing does. */
  checkField(random: Random, curve: number, operation: number): string | null {
    const { Fp } = CURVES[curve]!.Point;
    const draw = (): bigint => edgeNumber(random, Fp.ORDER);
    const [a, b] = [
      [draw(), draw()],
      [draw(), draw()],
    ] as const;
    this.#probe.fieldOf(curve, operation, this.#put(0, []), this.#put(64, a), this.#put(128, b));
    const got = this.#get(0, 2);
    const want = a.map((x, lane) => expectedOf(operation, Fp.create(x), Fp.create(b[lane]!), Fp.ORDER));
    return differenceOf(`${CURVES[curve]!.name} ${operation}`, [...a, ...b], got, want);
  }

  /** What differs in one of COMPOUNDS on two lanes; null when nothing does. */
  checkCompound(random: Random, curve: number, name: string): string | null {
    const { code, formula } = COMPOUNDS[name]!;
    const p = CURVES[curve]!.Point.Fp.ORDER;
    const [a, b] = [0, 1].map(() => [edgeNumber(random, p), edgeNumber(random, p)]) as [bigint[], bigint[]];
    this.#probe.fieldOf(curve, code, this.#put(0, []), this.#put(64, a), this.#put(128, b));
    const want = a.map((x, lane) => mod(formula(x, b[lane]!), p));
    return differenceOf(`${CURVES[curve]!.name} ${name}`, [...a, ...b], this.#get(0, 2), want);
  }

  /** Runs one operation on raw signed limbs, as large as the formulas make them, with the highest limb small. */
  checkLimbs(random: Random, curve: number, operation: 0 | 1 | 4): string | null {
    const p = CURVES[curve]!.Point.Fp.ORDER;
    const a = this.#drawPair(random, operation, 0, 128);
    const b = this.#drawPair(random, operation, 1, 256);
    this.#probe.limbsOf(curve, operation, this.#start, this.#start + 128, this.#start + 256);
    const got = this.#get(0, 2);
    const scale = curve === 0 ? 1n : limbScaleInverse(p);
    const want = a.map((x, lane) => mod(rawExpected(operation, x, b[lane]!, scale), p));
    return differenceOf(`${CURVES[curve]!.name} limbs ${operation}`, [...a, ...b], got, want);
  }

  /** A pair with random limbs is at the offset; returns the integers of its lanes. */
  #drawPair(random: Random, operation: 0 | 1 | 4, factor: number, offset: number): [bigint, bigint] {
    const at = this.#start + offset;
    if (this.#isFused) {
      const limbs = new Float64Array(this.#probe.memory.buffer, at, 2 * FUSED_LIMBS);
      limbs.set(drawDoubles(random, FUSED_LIMITS[operation]![factor]!));
      return [fusedInteger(limbs, 0), fusedInteger(limbs, 1)];
    }
    const limbs = new Int32Array(this.#probe.memory.buffer, at, 20);
    limbs.set(this.#drawLimbs(random, LIMB_LIMIT[operation]));
    return [integerOf(limbs, 0), integerOf(limbs, 1)];
  }

  #drawLimbs(random: Random, limit: number): Int32Array {
    return Int32Array.from({ length: 20 }, (_, place) => {
      // Vector k holds A 2k, B 2k, A 2k + 1, B 2k + 1: the last two places are the highest limbs.
      const bound = place >= 18 ? 2 ** 25 : limit;
      const signed = random.once(2) ? 1 : -1;
      return signed * (random.once(3) ? bound - random.below(3) : random.below(bound));
    });
  }

  /** What differs in one random operation modulo the order; null when nothing does. */
  checkOrder(random: Random, curve: number, operation: number): string | null {
    const n = CURVES[curve]!.Point.Fn.ORDER;
    const a = edgeNumber(random, n) % (operation === OPERATION.multiply ? WORD_MAX : n);
    const b = edgeNumber(random, n) % n;
    this.#probe.orderOf(curve, operation, this.#put(0, []), this.#put(64, [a]), this.#put(128, [b]));
    const want = orderExpected(operation, a, b, n);
    return differenceOf(`${CURVES[curve]!.name} order ${operation}`, [a, b], this.#get(0, 1), [want]);
  }

  checkSplit(random: Random): string | null {
    const { Fn } = secp256k1.Point;
    const k = edgeNumber(random, Fn.ORDER) % Fn.ORDER;
    this.#probe.splitScalar(this.#start, this.#put(128, [k]));
    const signs = new DataView(this.#probe.memory.buffer, this.#start);
    const halves = this.#get(0, 2, 40).map((odd, i) => {
      const size = BigInt.asUintN(256, odd);
      return signs.getInt32(40 * i + 32, true) < 0 ? -size : size;
    });
    const [k1, k2] = halves as [bigint, bigint];
    const isFit = halves.every((half) => half % 2n !== 0n && half < 2n ** 130n && half > -(2n ** 130n));
    const isSum = mod(k1 + k2 * LAMBDA - k, Fn.ORDER) === 0n;
    return isFit && isSum ? null : `split of ${k}: ${k1}, ${k2}`;
  }

  /** u G + v P with exceptions drawn on purpose: equal and opposite points, factors 0, infinity. */
  checkSum(random: Random, curve: number): string | null {
    const { BASE, Fn } = CURVES[curve]!.Point;
    const d = random.once(2) ? Fn.create(BigInt(random.between(-4, 4)) || 1n) : randomBits(random, 255) || 1n;
    const point = BASE.multiplyUnsafe(Fn.create(d));
    const v = random.once(3) ? BigInt(random.below(5)) : edgeNumber(random, Fn.ORDER) % Fn.ORDER;
    const u = random.once(3) ? Fn.neg(Fn.mul(v, Fn.create(d))) : edgeNumber(random, Fn.ORDER) % Fn.ORDER;
    const { x, y } = point.toAffine();
    const hasSum = this.#probe.sumOf(
      curve,
      this.#put(0, []),
      this.#put(192, [u]),
      this.#put(224, [v]),
      this.#put(256, [x]),
      Number(y & 1n),
    );
    const sum = BASE.multiplyUnsafe(u).add(point.multiplyUnsafe(v));
    const want = sum.is0() ? [] : [sum.toAffine().x, sum.toAffine().y];
    const got = hasSum === 0 ? [] : this.#get(0, 2);
    return differenceOf(`${CURVES[curve]!.name} sum`, [u, v, d], got, want);
  }
}

const LAMBDA = 0x5363ad4cc05c30e0a5261c028812645a122e22ea20816678df02967c1b23bd72n;

export function mod(a: bigint, m: bigint): bigint {
  const rest = a % m;
  return rest < 0n ? rest + m : rest;
}

function power(base: bigint, exponent: bigint, m: bigint): bigint {
  let result = 1n;
  for (let bit = exponent, square = base % m; bit > 0n; bit >>= 1n, square = (square * square) % m) {
    if ((bit & 1n) === 1n) result = (result * square) % m;
  }
  return result;
}

function inverseOf(a: bigint, m: bigint): bigint {
  return power(mod(a, m), m - 2n, m);
}

function expectedOf(operation: number, a: bigint, b: bigint, p: bigint): bigint {
  if (operation === OPERATION.multiply) return (a * b) % p;
  if (operation === OPERATION.square) return (a * a) % p;
  if (operation === OPERATION.add) return (a + b) % p;
  if (operation === OPERATION.subtract) return mod(a - b, p);
  if (operation === OPERATION.root) return power(a, (p + 1n) / 4n, p);
  return operation === OPERATION.invert ? power(a, p - 2n, p) : a;
}

function rawExpected(operation: number, a: bigint, b: bigint, scale: bigint): bigint {
  if (operation === OPERATION.multiply) return a * b * scale;
  return operation === OPERATION.square ? a * a * scale : a;
}

const LIMB_SCALE_INVERSES = new Map<bigint, bigint>();

/** 2^-260 modulo p: the scale of a product in Montgomery's form. */
function limbScaleInverse(p: bigint): bigint {
  const known = LIMB_SCALE_INVERSES.get(p) ?? inverseOf(2n ** 260n, p);
  LIMB_SCALE_INVERSES.set(p, known);
  return known;
}

const SCALE_INVERSES = new Map<bigint, bigint>();

/** 2^-256 modulo n. */
function scaleInverse(n: bigint): bigint {
  const known = SCALE_INVERSES.get(n) ?? inverseOf(WORD_MAX, n);
  SCALE_INVERSES.set(n, known);
  return known;
}

/** The scale of products and inverses modulo n is 2^256 (field/order.ts). */
function orderExpected(operation: number, a: bigint, b: bigint, n: bigint): bigint {
  if (operation === OPERATION.multiply) return (a * b * scaleInverse(n)) % n;
  if (operation === OPERATION.add) return (a + b) % n;
  if (operation === OPERATION.subtract) return mod(a - b, n);
  if (operation === OPERATION.invert) return (inverseOf(a, n) * WORD_MAX * WORD_MAX) % n;
  return (a * scaleInverse(n)) % n;
}

export const ORDER_OPERATIONS = [OPERATION.multiply, OPERATION.add, OPERATION.subtract, OPERATION.invert, LEAVE];

function integerOf(limbs: Int32Array, lane: number): bigint {
  let value = 0n;
  for (let i = 0; i < LIMBS; i++) {
    value += BigInt(limbs[4 * (i >> 1) + 2 * (i & 1) + lane]!) << (LIMB_BITS * BigInt(i));
  }
  return value;
}

/** Limbs of two lanes in turn: at their limit, near it, or anything. */
function drawDoubles(random: Random, limit: number): number[] {
  return Array.from({ length: 2 * FUSED_LIMBS }, (_, place) => {
    const bound = place >= 2 * FUSED_LIMBS - 2 ? FUSED_HIGHEST : limit;
    const signed = random.once(2) ? 1 : -1;
    return signed * (random.once(3) ? bound - random.below(3) : Number(randomBits(random, 64) % BigInt(bound)));
  });
}

function fusedInteger(limbs: Float64Array, lane: number): bigint {
  let value = 0n;
  for (let i = 0; i < FUSED_LIMBS; i++) value += BigInt(limbs[2 * i + lane]!) << (FUSED_LIMB_BITS * BigInt(i));
  return value;
}

function differenceOf(
  what: string,
  inputs: readonly bigint[],
  got: readonly bigint[],
  want: readonly bigint[],
): string | null {
  if (got.length === want.length && got.every((value, i) => value === want[i])) return null;
  const hex = (values: readonly bigint[]): string => values.map((value) => value.toString(16)).join(", ");
  return `${what} of ${hex(inputs)} gives ${hex(got)}, not ${hex(want)}`;
}
