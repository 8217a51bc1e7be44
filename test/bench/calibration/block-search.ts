/**
 * A search for the block of instructions that takes most time for its gas.
 *
 * Blocks are lists of statements, made at random from what contracts may use. Many are tried; then the best is changed a
 * little, again and again, and a change that makes it dearer is kept. When nothing has helped for a while, the search
 * starts anew. It runs twice: with everything, and without walks through memory by dependent loads, so that what comes
 * next is seen as well. The seed decides which blocks are tried in which order; the clock decides how many.
 */
import { cpuNanoseconds } from "../machine.ts";
import { type FoundBlock, perGas } from "./findings.ts";
import { I32_LOCALS, I64_LOCALS, NEAR_PAGES, type Timing, timeBody } from "./program.ts";

const STATEMENTS_MAX = 12;
const RANDOM_STARTS = 24;
const PATIENCE = 40;
/** Of the body in the loop, so that the loop itself does not count. */
const COPIES = 4;
const EXPRESSION_DEPTH_MAX = 3;
const QUICK = { samples: 2, rounds: 200 };
const LINE_MASK = NEAR_PAGES * 65_536 - 64;

/** Mulberry32: the same numbers for the same seed. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}

const BINARY = "add sub mul and or xor shl shr_s shr_u rotl rotr".split(" ");
const COMPARE = "eq ne lt_s lt_u gt_s ge_u".split(" ");
const DIVIDE = "div_u rem_u".split(" ");
const UNARY = "clz ctz popcnt".split(" ");
const I32_LOADS = "i32.load i32.load8_u i32.load8_s i32.load16_u".split(" ");
const I64_LOADS = "i64.load i64.load8_s i64.load16_u i64.load32_s".split(" ");
/** Inside a line and over its edge, over the edge of a page. */
const LOAD_OFFSETS = [0, 4, 31, 57, 61] as const;

class BlockMaker {
  readonly #random: Random;
  readonly #hasWalks: boolean;

  constructor(random: Random, hasWalks: boolean) {
    this.#random = random;
    this.#hasWalks = hasWalks;
  }

  block(): string[] {
    return Array.from({ length: 1 + this.#random.below(STATEMENTS_MAX) }, () => this.#statement(0));
  }

  /** One change: a statement more, less, another, twice, or two in each other's place. */
  changed(block: readonly string[]): string[] {
    const next = [...block];
    const place = this.#random.below(next.length);
    const kind = this.#random.below(5);
    if (kind === 0 && next.length < STATEMENTS_MAX) next.splice(place, 0, this.#statement(0));
    else if (kind === 1 && next.length > 1) next.splice(place, 1);
    else if (kind === 2 && next.length < STATEMENTS_MAX) next.splice(place, 0, next[place]!);
    else if (kind === 3) {
      const other = this.#random.below(next.length);
      [next[place], next[other]] = [next[other]!, next[place]!];
    } else next[place] = this.#statement(0);
    return next;
  }

  #statement(depth: number): string {
    const makers = [
      () => `(local.set ${this.#random.of(I32_LOCALS)} ${this.#i32(0)})`,
      () => `(local.set ${this.#random.of(I32_LOCALS)} ${this.#i32(0)})`,
      () => `(local.set ${this.#random.of(I64_LOCALS)} ${this.#i64(0)})`,
      () => "(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 1664525)) (i32.const 1013904223)))",
      () => `(i32.store offset=${4 + this.#random.below(50)} ${this.#address()} ${this.#i32(1)})`,
      () => `(i64.store offset=${4 + this.#random.below(50)} ${this.#address()} ${this.#i64(1)})`,
      () => `(global.set $g ${this.#i32(1)})`,
      () => `(global.set $h ${this.#i64(1)})`,
      () => `(memory.copy offset4 ${this.#address()} ${this.#length()})`.replace("offset4", this.#place()),
      () => `(memory.fill ${this.#place()} ${this.#i32(2)} ${this.#length()})`,
      () => (depth > 1 ? "(nop)" : `(if ${this.#i32(1)} (then ${this.#statement(depth + 1)}))`),
      () => (depth > 1 ? "(nop)" : `(block $o (br_if $o ${this.#i32(1)}) ${this.#statement(depth + 1)})`),
      ...(this.#hasWalks ? [() => "(local.set $p (i32.load (local.get $p)))"] : []),
    ];
    return this.#random.of(makers)();
  }

  /** The start of a line: its first four bytes belong to the walk and are not written. */
  #address(): string {
    return `(i32.and ${this.#i32(2)} (i32.const ${LINE_MASK - 65_536}))`;
  }

  #place(): string {
    return `(i32.add ${this.#address()} (i32.const 4))`;
  }

  #length(): string {
    return `(i32.const ${this.#random.of([0, 1, 7, 8, 31, 56])})`;
  }

  #i32(depth: number): string {
    const { of } = this.#bound();
    if (depth >= EXPRESSION_DEPTH_MAX || this.#random.below(4) === 0) {
      return of([...I32_LOCALS.map((name) => `(local.get ${name})`), `(i32.const ${this.#random.below(0x7fffffff)})`]);
    }
    const sub = (): string => this.#i32(depth + 1);
    const makers = [
      () => `(i32.${of(BINARY)} ${sub()} ${sub()})`,
      () => `(i32.${of(BINARY)} ${sub()} ${sub()})`,
      () => `(i32.${of(COMPARE)} ${sub()} ${sub()})`,
      () => `(i64.${of(COMPARE)} ${this.#i64(depth + 1)} ${this.#i64(depth + 1)})`,
      () => `(i32.${of(DIVIDE)} ${sub()} (i32.or ${sub()} (i32.const 1)))`,
      () => `(i32.${of(UNARY)} ${sub()})`,
      () => `(i32.wrap_i64 ${this.#i64(depth + 1)})`,
      () => `(${of(I32_LOADS)} offset=${of(LOAD_OFFSETS)} ${this.#address()})`,
      () => `(select ${sub()} ${sub()} ${sub()})`,
      () => "(global.get $g)",
      () => `(call ${of(["$leaf", "$next", "$locals"])} ${sub()})`,
      () => `(call_indirect (type $step) ${sub()} (i32.and ${sub()} (i32.const 7)))`,
      () => "(memory.size)",
    ];
    return of(makers)();
  }

  #i64(depth: number): string {
    const { of } = this.#bound();
    if (depth >= EXPRESSION_DEPTH_MAX || this.#random.below(4) === 0) {
      return of([...I64_LOCALS.map((name) => `(local.get ${name})`), `(i64.const ${this.#random.below(0x7fffffff)})`]);
    }
    const sub = (): string => this.#i64(depth + 1);
    const makers = [
      () => `(i64.${of(BINARY)} ${sub()} ${sub()})`,
      () => `(i64.${of(BINARY)} ${sub()} ${sub()})`,
      () => `(i64.${of(DIVIDE)} ${sub()} (i64.or ${sub()} (i64.const 1)))`,
      () => `(i64.${of(UNARY)} ${sub()})`,
      () => `(i64.extend_i32_s ${this.#i32(depth + 1)})`,
      () => `(${of(I64_LOADS)} offset=${of([...LOAD_OFFSETS, 4093])} ${this.#address()})`,
      () => `(select ${sub()} ${sub()} ${this.#i32(depth + 1)})`,
      () => "(global.get $h)",
    ];
    return of(makers)();
  }

  #bound(): { of: <T>(choices: readonly T[]) => T } {
    return { of: (choices) => this.#random.of(choices) };
  }
}

const bodyOf = (block: readonly string[]): string => Array.from({ length: COPIES }, () => block.join("\n")).join("\n");

interface Scored {
  readonly block: readonly string[];
  readonly rate: number;
}

class Search {
  readonly #maker: BlockMaker;
  readonly #end: number;
  tried = 0;

  constructor(maker: BlockMaker, end: number) {
    this.#maker = maker;
    this.#end = end;
  }

  get isOver(): boolean {
    return cpuNanoseconds() >= this.#end;
  }

  /** The best of one climb from the best of some random blocks. */
  climb(): Scored {
    let best = this.#score(this.#maker.block());
    for (let start = 1; start < RANDOM_STARTS && !this.isOver; start++)
      best = better(best, this.#score(this.#maker.block()));
    for (let failures = 0; failures < PATIENCE && !this.isOver; ) {
      const next = this.#score(this.#maker.changed(best.block));
      failures = next.rate > best.rate ? 0 : failures + 1;
      best = better(best, next);
    }
    return best;
  }

  #score(block: readonly string[]): Scored {
    this.tried += 1;
    return { block, rate: perGas(timeBody(bodyOf(block), QUICK)) };
  }
}

const better = (a: Scored, b: Scored): Scored => (b.rate > a.rate ? b : a);

function search(seed: number, minutes: number, hasWalks: boolean): FoundBlock {
  const maker = new BlockMaker(new Random(seed), hasWalks);
  const climbs = new Search(maker, cpuNanoseconds() + minutes * 60e9);
  let best = climbs.climb();
  while (!climbs.isOver) best = better(best, climbs.climb());
  const exact: Timing = timeBody(bodyOf(best.block));
  const { nanoseconds, gas } = { nanoseconds: exact.nanoseconds / COPIES, gas: exact.gas / COPIES };
  return {
    title: hasWalks ? "of all" : "without walks",
    text: best.block,
    nanoseconds,
    gas,
    seed,
    tried: climbs.tried,
  };
}

/** The dearest blocks found in this tier. */
export function searchBlocks(seed: number, minutes: number): FoundBlock[] {
  return [true, false].map((hasWalks) => search(seed, minutes / 2, hasWalks));
}
