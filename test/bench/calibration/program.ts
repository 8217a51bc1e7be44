/**
 * Programs to be timed: a loop around a body of statements in the text format, as an admitted and instrumented module.
 *
 * The body may use what stands here: locals $a..$d (i32) and $x..$z (i64), $p for a walk through memory, globals $g and
 * $h, a memory, functions to call. What the locals hold at the end goes into globals, so that no engine can leave the
 * work out.
 */
import binaryen from "binaryen";
import { SCHEDULE_1 } from "../../../vm/gas/schedule.ts";
import { instrument } from "../../../vm/instrument/instrument.ts";
import { LIMITS } from "../../../vm/limits.ts";
import { cpuNanoseconds } from "../machine.ts";

/** Rounds of the loop in one call. */
const LOOP_ROUNDS = 500;
const SAMPLES = 7;
const SAMPLE_NANOSECONDS = 2e6;
const GAS = 2n ** 52n;
const STACK_BYTES = 262_144;
/** Pages up to which loads and stores have the lower price, and the most that a memory may have. */
export const NEAR_PAGES = SCHEDULE_1.costs.memoryNearPages.gas;
export const FAR_PAGES = LIMITS.memoryMaximumPages;
const PAGE_BYTES = 65_536;
/** One step of a walk through memory goes from one line of the cache to another. */
const LINE_BYTES = 64;

const repeat = (count: number, text: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => text(index)).join(" ");

/** Sixteen arguments, and as many declared locals as a function may have beside a parameter. */
const WIDE = repeat(LIMITS.functionParams, () => "(param i32)");
const MANY_LOCALS = repeat(LIMITS.functionLocals - 1, () => "(local i64)");

const FUNCTIONS = `
  (type $step (func (param i32) (result i32)))
  (func $leaf (param i32) (result i32) (local.get 0))
  (func $next (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
  (func $odd (param i32) (result i32) (i32.xor (local.get 0) (i32.const 5)))
  (func $twice (param i32) (result i32) (i32.shl (local.get 0) (i32.const 1)))
  (func $wide ${WIDE} (result i32) (i32.add (local.get 0) (local.get 15)))
  (func $locals (param i32) (result i32) ${MANY_LOCALS} (local.get 0))
  (func $down (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i32.const 1)))
      (else (i32.const 0))))`;

/**
 * Each of the first lines of the memory (a power of two) holds the address of another, and a walk from the first visits all: the steps of a linear
 * congruential generator with a full period.
 */
const prepare = (lines: number, pages: number): string => `
  (func (export "call_prepare") (local $i i32)
    (drop (memory.grow (i32.const ${pages - initialPages(pages)})))
    (loop $line
      (i32.store (i32.mul (local.get $i) (i32.const ${LINE_BYTES}))
        (i32.mul (i32.const ${LINE_BYTES}) (i32.and (i32.const ${lines - 1})
          (i32.add (i32.mul (local.get $i) (i32.const 1664525)) (i32.const 1013904223)))))
      (br_if $line (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (i32.const ${lines})))))`;

export const I32_LOCALS = ["$a", "$b", "$c", "$d"] as const;
export const I64_LOCALS = ["$x", "$y", "$z"] as const;

const initialPages = (pages: number): number => Math.min(pages, LIMITS.memoryInitialPages);

interface ModuleShape {
  readonly rounds: number;
  readonly lines: number;
  readonly pages: number;
}

function moduleText(body: string, { rounds, lines, pages }: ModuleShape): string {
  const locals = [...I32_LOCALS, "$p", "$n"].map((name) => `(local ${name} i32)`).join(" ");
  const wideLocals = I64_LOCALS.map((name) => `(local ${name} i64)`).join(" ");
  const begin = I32_LOCALS.map(
    (name, index) => `(local.set ${name} (i32.add (global.get $g) (i32.const ${index + 3})))`,
  );
  const wideBegin = I64_LOCALS.map(
    (name, i) => `(local.set ${name} (i64.add (global.get $h) (i64.const ${i * 7 + 1})))`,
  );
  const end = [...I32_LOCALS, "$p"].map((name) => `(global.set $g (i32.xor (global.get $g) (local.get ${name})))`);
  const wideEnd = I64_LOCALS.map((name) => `(global.set $h (i64.xor (global.get $h) (local.get ${name})))`);
  return `(module
  (memory (export "memory") ${initialPages(pages)} ${pages})
  (table 8 8 funcref)
  (elem (i32.const 0) $leaf $next $odd $twice $next $leaf $twice $odd)
  (global $g (mut i32) (i32.const 1234567))
  (global $h (mut i64) (i64.const 987654321987654321))
  ${FUNCTIONS}
  ${prepare(lines, pages)}
  (func (export "call_run") ${locals} ${wideLocals}
    ${begin.join(" ")} ${wideBegin.join(" ")}
    (local.set $n (i32.const ${rounds}))
    (loop $round
      ${body}
      (br_if $round (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    ${end.join(" ")} ${wideEnd.join(" ")}))`;
}

/** The bytes of a module in the text format; whether it is valid is for admission to say. */
export function assemble(text: string): Uint8Array {
  const module = binaryen.parseText(text);
  try {
    const { MutableGlobals, SignExt, BulkMemory, BulkMemoryOpt } = binaryen.Features;
    module.setFeatures(MutableGlobals | SignExt | BulkMemory | BulkMemoryOpt);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

export interface Timing {
  /** Processor time and gas of one execution of the body, its share of the loop with it. */
  readonly nanoseconds: number;
  readonly gas: number;
}

export interface TimingOptions {
  readonly samples?: number;
  readonly rounds?: number;
  /** The pages of the memory; default `NEAR_PAGES`. */
  readonly pages?: number;
  /** The part of the memory that a walk by $p visits; default all. */
  readonly walkBytes?: number;
}

type Exports = Record<string, unknown>;

/** Times the body in the tier that this process has. The least of the samples: what is above it is other work's. */
export function timeBody(body: string, options: TimingOptions = {}): Timing {
  const { samples = SAMPLES, rounds = LOOP_ROUNDS, pages = NEAR_PAGES } = options;
  const lines = (options.walkBytes ?? pages * PAGE_BYTES) / LINE_BYTES;
  const metered = instrument(assemble(moduleText(body, { rounds, lines, pages })));
  const instance = new WebAssembly.Instance(new WebAssembly.Module(metered as Uint8Array<ArrayBuffer>));
  const exports = instance.exports as Exports;
  const run = exports.call_run as () => void;
  const reset = exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
  const gas = exports.__cinnabar_gas as WebAssembly.Global;
  reset(0, 1, STACK_BYTES);
  gas.value = GAS;
  (exports.call_prepare as () => void)();
  gas.value = GAS;
  run();
  const gasOfCall = Number(GAS - (gas.value as unknown as bigint));
  const time = (calls: number): number => {
    gas.value = GAS;
    const start = cpuNanoseconds();
    for (let i = 0; i < calls; i++) run();
    return cpuNanoseconds() - start;
  };
  let calls = 1;
  for (let spent = time(1); spent < SAMPLE_NANOSECONDS; spent = time(calls)) {
    calls = Math.max(calls + 1, Math.ceil((calls * SAMPLE_NANOSECONDS * 1.1) / Math.max(spent, 1000)));
  }
  const best = Math.min(...Array.from({ length: samples }, () => time(calls)));
  return { nanoseconds: best / calls / rounds, gas: gasOfCall / rounds };
}
