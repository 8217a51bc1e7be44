/**
 * The field, scalars and points of ed25519 in the kernels against BigInt and noble, on random values with many edges.
 * The unit tests run a share of it; `npm run fuzz -- fields` as much as one likes.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { instantiateKernel } from "../unit/accel/kernels/kernel-modules.ts";
import type { Random } from "./random.ts";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

export interface FieldExports {
  readonly memory: WebAssembly.Memory;
  readonly buffer: () => number;
  readonly run: (operation: number, count: number) => void;
  readonly bits: () => number;
  readonly spin: (kind: number, count: number) => void;
}

const EDGES = [0n, 1n, 2n, 18n, 19n, P - 2n, P - 1n, P, P + 1n, P + 18n, 2n ** 254n, 2n ** 128n - 1n, (P - 1n) / 2n];

/** A number of 255 bits: an edge, all limbs full or empty, near p, few bits set, or anything. */
export function edgeNumber(random: Random): bigint {
  const kind = random.below(8);
  if (kind === 0) return random.pick(EDGES);
  if (kind === 1) {
    const ends = [0, 26, 51, 77, 102, 128, 153, 179, 204, 230, 255];
    let value = 0n;
    for (let limb = 0; limb < 10; limb++) {
      const width = BigInt(ends[limb + 1]! - ends[limb]!);
      const full = (1n << width) - 1n;
      value |=
        random.pick([0n, 1n, full, full - 1n, 1n << (width - 1n), (1n << (width - 1n)) - 1n]) << BigInt(ends[limb]!);
    }
    return value;
  }
  if (kind === 2) return P - BigInt(random.below(1 << 30));
  if (kind === 3) return (1n << BigInt(random.below(255))) ^ BigInt(random.below(256));
  return randomBits(random, 255);
}

export function randomBits(random: Random, bits: number): bigint {
  let value = 0n;
  for (let done = 0; done < bits; done += 32) value = (value << 32n) | BigInt(random.bits());
  return value & ((1n << BigInt(bits)) - 1n);
}

export function numberOf(bytes: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(bytes).reverse().toString("hex") || "0"}`);
}

export function bytesOfNumber(value: bigint, length: number): Uint8Array {
  return Uint8Array.from(Buffer.from(value.toString(16).padStart(2 * length, "0"), "hex").reverse());
}

export const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base % P, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if ((rest & 1n) === 1n) result = (result * square) % P;
  }
  return result;
}

/** What each operation of the probe gives, for one element of the pairs; not reduced. */
type Formula = (a: bigint, b: bigint) => readonly [bigint, bigint];

export const FIELD_OPERATIONS: Readonly<Record<string, { readonly code: number; readonly formula: Formula }>> = {
  multiply: { code: 0, formula: (a, b) => [a * b, a * b * b] },
  square: { code: 1, formula: (a, b) => [a * a, b * b] },
  "add, subtract": { code: 2, formula: (a, b) => [a + b, a - b] },
  "add, subtract, carry": { code: 3, formula: (a, b) => [a + b, a - b] },
  "multiply the widest": { code: 4, formula: (a, b) => [(a - 2n * b) * b, (a + b) * a] },
  "square a sum": { code: 7, formula: (a, b) => [(a + b) ** 2n, (a - b) ** 2n] },
};
const POWER: Formula = (a, b) => [power(a, 2n ** 252n - 3n), power(b, 2n ** 252n - 3n)];
const CASE_BYTES = 128;
const CASES_MAX = 512;

/** Checks `pairs` random cases of an operation; returns how many elements were compared, or what differed. */
export class FieldCheck {
  readonly #probe: FieldExports;

  constructor(module: string) {
    this.#probe = instantiateKernel<FieldExports>(module);
  }

  /** @returns null when the results are those of BigInt */
  check(code: number, formula: Formula, pairs: number, random: Random): string | null {
    for (let done = 0; done < pairs; done += CASES_MAX) {
      const problem = this.#checkSome(code, formula, Math.min(CASES_MAX, pairs - done), random);
      if (problem !== null) return problem;
    }
    return null;
  }

  checkPower(pairs: number, random: Random): string | null {
    return this.check(6, POWER, pairs, random);
  }

  #checkSome(code: number, formula: Formula, count: number, random: Random): string | null {
    const bytes = new Uint8Array(this.#probe.memory.buffer, this.#probe.buffer(), CASE_BYTES * CASES_MAX);
    const cases = Array.from({ length: count }, () => [0, 0, 0, 0].map(() => edgeNumber(random)));
    cases.flat().forEach((value, place) => {
      bytes.set(bytesOfNumber(value, 32), 32 * place);
    });
    this.#probe.run(code, count);
    for (const [place, [a, a2, b, b2]] of cases.entries()) {
      const [first, second] = formula(a!, b!);
      const [first2, second2] = formula(a2!, b2!);
      const wanted = [first, first2, second, second2].map((value) => modulo(value, P));
      for (const [index, value] of wanted.entries()) {
        const found = numberOf(bytes.subarray(CASE_BYTES * place + 32 * index).subarray(0, 32));
        if (found !== value) return `operation ${code}, result ${index} of (${[a, a2, b, b2].join(", ")}): ${found}`;
      }
    }
    return null;
  }

  /** Tests for zero and for odd numbers, and negation by sign. */
  checkBits(pairs: number, random: Random): string | null {
    const start = this.#probe.buffer();
    const bytes = new Uint8Array(this.#probe.memory.buffer, start, CASE_BYTES);
    for (let done = 0; done < pairs; done++) {
      const values = [edgeNumber(random), edgeNumber(random)];
      values.forEach((value, place) => {
        bytes.set(bytesOfNumber(value, 32), 32 * place);
      });
      const reduced = values.map((value) => modulo(value, P));
      const bit = (isSet: boolean, place: number): number => (isSet ? 1 << place : 0);
      const wanted =
        bit(reduced[0] === 0n, 0) |
        bit(reduced[1] === 0n, 1) |
        bit(reduced[0]! % 2n === 1n, 2) |
        bit(reduced[1]! % 2n === 1n, 3);
      if (this.#probe.bits() !== wanted) return `bits of ${values.join(", ")}`;
      this.#probe.run(5, 1);
      const signed = [-values[0]!, values[1]!, values[0]!, -values[1]!];
      const found = signed.map((_, place) => numberOf(bytes.subarray(32 * place, 32 * place + 32)));
      if (signed.some((value, place) => modulo(value, P) !== found[place])) return `signs of ${values.join(", ")}`;
    }
    return null;
  }
}

export interface CurveExports {
  readonly memory: WebAssembly.Memory;
  readonly buffer: () => number;
  readonly setUp: () => void;
  readonly entries: () => number;
  readonly decode: (two: boolean) => number;
  readonly combine: (operation: number, signs: number) => void;
  readonly combineSolo: (isNegative: boolean) => void;
  readonly smallOrderBits: () => number;
  readonly reduce: () => void;
  readonly multiply: () => void;
  readonly addAndNegate: () => void;
  readonly isBelowOrder: () => number;
}

function edgeScalar(random: Random): bigint {
  const kind = random.below(6);
  if (kind === 0) return random.pick([0n, 1n, 2n, ORDER - 1n, ORDER - 2n, 2n ** 252n, 2n ** 252n - 1n, ORDER >> 1n]);
  if (kind === 1) return ORDER - 1n - BigInt(random.below(1 << 20));
  if (kind === 2) return 1n << BigInt(random.below(252));
  return randomBits(random, 256) % ORDER;
}

/** Numbers modulo the order, against BigInt. */
export class ScalarCheck {
  readonly #probe: CurveExports;

  constructor(module: string) {
    this.#probe = instantiateKernel<CurveExports>(module);
  }

  #call(values: readonly (readonly [bigint, number])[], run: () => void, results: number): readonly bigint[] {
    const start = this.#probe.buffer();
    const bytes = new Uint8Array(this.#probe.memory.buffer, start, 256);
    for (const [value, place] of values) bytes.set(bytesOfNumber(value, place === 0 && results === 0 ? 64 : 32), place);
    run();
    return Array.from({ length: Math.max(1, results) }, (_, index) =>
      numberOf(bytes.subarray(32 * index, 32 * index + 32)),
    );
  }

  /** @returns null when all results are those of BigInt */
  check(count: number, random: Random): string | null {
    for (let done = 0; done < count; done++) {
      const wide = random.once(8) ? 2n ** 512n - 1n - BigInt(random.below(9)) : edgeWide(random);
      const [reduced] = this.#call([[wide, 0]], this.#probe.reduce, 0);
      if (reduced !== wide % ORDER) return `${wide} modulo the order`;
      const [a, b, c] = [
        random.once(4) ? 2n ** 128n - 1n : randomBits(random, 128),
        edgeScalar(random),
        edgeScalar(random),
      ];
      const b256 = random.once(4) ? 2n ** 256n - 1n : b;
      const [product] = this.#call(
        [
          [a, 0],
          [b256, 32],
        ],
        this.#probe.multiply,
        1,
      );
      if (product !== (a * b256) % ORDER) return `${a} times ${b256}`;
      const [sum, negative] = this.#call(
        [
          [b, 0],
          [c, 32],
        ],
        this.#probe.addAndNegate,
        2,
      );
      if (sum !== (b + c) % ORDER || negative !== modulo(-b, ORDER)) return `${b} + ${c}, -${b}`;
      const any = random.pick([
        b,
        ORDER + BigInt(random.below(3)),
        2n ** 256n - 1n,
        randomBits(random, 256),
        2n ** 253n,
      ]);
      this.#call([[any, 0]], () => {}, 1);
      if ((this.#probe.isBelowOrder() !== 0) !== any < ORDER) return `${any} below the order`;
    }
    return null;
  }
}

function edgeWide(random: Random): bigint {
  const near = randomBits(random, 259) * ORDER + BigInt(random.between(-2, 2));
  return random.once(4) && near >= 0n ? near : randomBits(random, 512);
}

/** Limbs of an entry in doubles, and the size that is the bound of what carries leave (fe25519-fused.ts). */
const LIMBS = 5;
const LIMB_BITS = 51n;
const TIGHT = 2 ** 50 + 2 ** 13;
const ENTRY_LENGTH = 160;

/**
 * Points whose coordinates are as far from zero as table entries in doubles allow, doubled by the formulas for one
 * point: against BigInt. Only for the relaxed module.
 */
export class WideEntryCheck {
  readonly #probe: CurveExports;

  constructor(module: string) {
    this.#probe = instantiateKernel<CurveExports>(module);
    this.#probe.setUp();
  }

  /** @returns null when all doubles are right */
  check(count: number, random: Random): string | null {
    for (let done = 0; done < count; done++) {
      const halves = [0, 1].map(() => Array.from({ length: LIMBS }, () => this.#limb(random)));
      const [low, high] = halves.map(valueOfLimbs) as [bigint, bigint];
      const [x, y] = this.#doubled(halves);
      const wanted = doubleOf(high - low, high + low);
      if (x !== wanted[0] || y !== wanted[1]) return `the double of the entry ${halves.join(" | ")}`;
    }
    return null;
  }

  #limb(random: Random): number {
    return random.pick([-1, 1]) * (TIGHT - random.pick([0, 1, 2, random.below(1 << 13), random.below(1 << 30)]));
  }

  /** The affine coordinates of 2 P, for P = (high - low, high + low). */
  #doubled(halves: readonly (readonly number[])[]): readonly [bigint, bigint] {
    const { memory } = this.#probe;
    const bytes = new Uint8Array(memory.buffer, this.#probe.buffer(), 128);
    bytes.fill(0);
    bytes[0] = 1;
    bytes[32] = 1;
    this.#probe.decode(true); // the second entry is the identity
    const entry = new Float64Array(memory.buffer.slice(this.#probe.entries(), this.#probe.entries() + ENTRY_LENGTH));
    for (const [half, limbs] of halves.entries()) entry.set(limbs, half * LIMBS);
    new Uint8Array(memory.buffer).set(new Uint8Array(entry.buffer), this.#probe.entries());
    this.#probe.combineSolo(false);
    const at = (index: number): bigint => numberOf(bytes.subarray(32 * index, 32 * index + 32));
    const inverse = power(at(2), P - 2n);
    return [(at(0) * inverse) % P, (at(1) * inverse) % P];
  }
}

function valueOfLimbs(limbs: readonly number[]): bigint {
  return limbs.reduceRight((value, limb) => (value << LIMB_BITS) + BigInt(limb), 0n);
}

/** "dbl-2008-hwcd" of the Explicit-Formulas Database for a = -1 and Z = 1, affine; it asks for no point of the curve. */
function doubleOf(x: bigint, y: bigint): readonly [bigint, bigint] {
  const e = 2n * x * y;
  const g = y * y - x * x;
  const f = g - 2n;
  const h = -x * x - y * y;
  const quotient = (a: bigint, b: bigint): bigint => modulo(a * power(modulo(b, P), P - 2n), P);
  return [quotient(e, g), quotient(h, f)];
}

type NoblePoint = InstanceType<typeof ed25519.Point>;

const KEY_BYTES = 32;
const ENCODINGS = 4;

/** Points of the kernels against noble: decoding by ZIP-215, all additions with all signs, doubling, small orders. */
export class PointCheck {
  readonly #probe: CurveExports;
  readonly #specials: readonly Uint8Array[];

  /** @param specials  encodings of small order, canonical and not */
  constructor(module: string, specials: readonly Uint8Array[]) {
    this.#probe = instantiateKernel<CurveExports>(module);
    this.#probe.setUp();
    this.#specials = specials;
  }

  #encoding(random: Random): Uint8Array {
    if (random.once(6)) return random.pick(this.#specials);
    if (random.once(3)) return bytesOfNumber(edgeNumber(random) | (BigInt(random.below(2)) << 255n), KEY_BYTES);
    const point = ed25519.Point.BASE.multiply(1n + randomBits(random, 250));
    const torsion = ed25519.Point.fromBytes(random.pick(this.#specials), true);
    return (random.once(4) ? point.add(torsion) : point).toBytes();
  }

  #bytes(): Uint8Array {
    return new Uint8Array(this.#probe.memory.buffer, this.#probe.buffer(), 6 * KEY_BYTES);
  }

  /** The affine coordinates of the first (0) or the second (1) of the two points that `combine` left. */
  #affine(which: number): readonly [bigint, bigint] {
    const bytes = this.#bytes();
    const at = (index: number): bigint =>
      numberOf(bytes.subarray(KEY_BYTES * (index + which), KEY_BYTES * (index + which + 1)));
    const inverse = power(at(4), P - 2n);
    return [(at(0) * inverse) % P, (at(2) * inverse) % P];
  }

  /** @returns null when everything is as noble has it */
  check(count: number, random: Random): string | null {
    for (let done = 0; done < count; done++) {
      const encodings = Array.from({ length: ENCODINGS }, () => this.#encoding(random));
      const problem = this.#checkFour(encodings, random);
      if (problem === null) continue;
      return `${problem}: ${encodings.map((bytes) => Buffer.from(bytes).toString("hex")).join(" ")}`;
    }
    return null;
  }

  #checkFour(encodings: readonly Uint8Array[], random: Random): string | null {
    const points = encodings.map(pointOf);
    const wanted = points.reduce((bits, point, place) => bits | (point === null ? 0 : 1 << place), 0);
    this.#bytes().set(Buffer.concat(encodings));
    if (this.#probe.decode(true) !== (wanted & 3)) return "decoding two";
    this.#bytes().set(Buffer.concat(encodings));
    if (this.#probe.decode(false) !== wanted) return "decoding four";
    // What does not decode has no entry: the first that did takes its place.
    const known = points.find((point) => point !== null);
    if (known === undefined) return null;
    const whole = points.map((point) => point ?? known);
    const usable = encodings.map((bytes, place) =>
      points[place] === null ? encodings[points.indexOf(known)]! : bytes,
    );
    this.#bytes().set(Buffer.concat(usable));
    this.#probe.decode(false);
    return this.#checkSums(whole, random.below(16)) ?? this.#checkSolo(whole);
  }

  #checkSums(points: readonly NoblePoint[], signs: number): string | null {
    const signed = points.map((point, place) => (((signs >> place) & 1) === 1 ? point.negate() : point));
    const [a, b, c, d] = signed as [NoblePoint, NoblePoint, NoblePoint, NoblePoint];
    const wanted = [
      [a, b],
      [a.add(c), b.add(d)],
      [a.double().add(c.double()), b.double().add(d.double())],
      [a.double(), b.double()],
    ];
    for (const [operation, results] of wanted.entries()) {
      this.#probe.combine(operation, signs);
      for (const [which, point] of results.entries()) {
        const [x, y] = this.#affine(which);
        if (x !== point.x || y !== point.y) return `operation ${operation}, signs ${signs}, point ${which}`;
      }
    }
    const bits = points.slice(0, 2).reduce((sum, point, place) => sum | (point.isSmallOrder() ? 1 << place : 0), 0);
    return this.#probe.smallOrderBits() === bits ? null : "small orders";
  }

  #checkSolo([a, b]: readonly NoblePoint[]): string | null {
    for (const isNegative of [false, true]) {
      this.#probe.combineSolo(isNegative);
      const bytes = this.#bytes();
      const [x, y, z, t] = [0, 1, 2, 3].map((index) => numberOf(bytes.subarray(32 * index, 32 * index + 32)));
      const inverse = power(z!, P - 2n);
      const wanted = a!.double().add(isNegative ? b!.negate() : b!);
      const isRight = (x! * inverse) % P === wanted.x && (y! * inverse) % P === wanted.y;
      if (!isRight || (x! * y!) % P !== (z! * t!) % P) return `one point, ${isNegative ? "less" : "plus"}`;
    }
    return null;
  }
}

function pointOf(encoding: Uint8Array): NoblePoint | null {
  try {
    return ed25519.Point.fromBytes(encoding, true);
  } catch {
    return null;
  }
}
