import assert from "node:assert/strict";
import { test } from "node:test";
import binaryen from "assemblyscript/binaryen";
import { optimise, STRENGTHS, type Strength } from "../../../../contracts/compiler/optimise.ts";
import { admit } from "../../../../vm/admission/admit.ts";
import { compileFiles } from "../compile-text.ts";

const FEATURES =
  binaryen.Features.MutableGlobals |
  binaryen.Features.SignExt |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt;

function optimised(text: string, strength: Strength = STRENGTHS[0]!): Uint8Array<ArrayBuffer> {
  const module = binaryen.parseText(`(module ${text} (memory (export "memory") 1 4))`);
  module.setFeatures(FEATURES);
  try {
    return optimise(module, strength).wasm as Uint8Array<ArrayBuffer>;
  } finally {
    module.dispose();
  }
}

type Exports = Readonly<Record<string, (...args: number[]) => number>>;

function instanceOf(wasm: Uint8Array<ArrayBuffer>, abort: (...args: number[]) => void): Exports {
  const imports = { env: { abort } };
  return new WebAssembly.Instance(new WebAssembly.Module(wasm), imports).exports as unknown as Exports;
}

const CHECKED = `
  (import "env" "abort" (func $abort (param i32 i32 i32 i32)))
  (func $at (param i32) (result i32)
    (if (i32.ge_u (local.get 0) (i32.const 16))
      (then (call $abort (i32.const 1040) (i32.const 1072) (i32.const 78) (i32.const 41)) (unreachable)))
    (i32.load (i32.add (i32.const 2048) (i32.shl (local.get 0) (i32.const 2)))))
  (func (export "sum") (param i32) (result i32)
    (local $i i32) (local $sum i32)
    (loop $next
      (local.set $sum (i32.add (local.get $sum) (call $at (local.get $i))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get 0))))
    (i32.add (local.get $sum) (call $at (i32.const 3))))`;

test("a check that fails aborts with the same arguments, and its helper is inlined into the loop", () => {
  const seen: number[][] = [];
  const wasm = optimised(CHECKED);
  const { sum } = instanceOf(wasm, (...args) => void seen.push(args));
  assert.equal(sum!(16), 0);
  assert.deepEqual(seen, []);
  assert.throws(() => sum!(17), WebAssembly.RuntimeError);
  assert.deepEqual(seen, [[1040, 1072, 78, 41]]);
  // The loop's function, and one for the check that fails: shared by both places.
  assert.equal(functionCount(wasm), 2);
});

/** The module's own functions, as another reader counts them. */
function functionCount(wasm: Uint8Array): number {
  const module = binaryen.readBinary(wasm);
  try {
    const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
      binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
    );
    return functions.filter(({ base }) => base === null || base === "").length;
  } finally {
    module.dispose();
  }
}

test("what traps still traps, although its result is not used", () => {
  const wasm = optimised(`
    (func (export "load") (drop (i32.load (i32.const 0x7fffffff))))
    (func (export "divide") (param i32) (drop (i32.div_u (i32.const 1) (local.get 0))))
    (func (export "overflow") (param i32) (drop (i32.div_s (i32.const 0x80000000) (local.get 0))))
    (func (export "wrong") (unreachable))
    (func $endless (call $endless)) (func (export "recurse") (call $endless))`);
  const { load, divide, overflow, wrong, recurse } = instanceOf(wasm, () => undefined);
  assert.throws(() => load!(), WebAssembly.RuntimeError);
  assert.throws(() => divide!(0), WebAssembly.RuntimeError);
  assert.throws(() => overflow!(-1), WebAssembly.RuntimeError);
  assert.throws(() => wrong!(), WebAssembly.RuntimeError);
  assert.throws(() => recurse!(), RangeError);
  assert.equal(divide!(1), undefined);
});

test("functions in a circle of calls are not unrolled into one another", { timeout: 60_000 }, () => {
  const wasm = optimised(`
    (func $fib (param i32) (result i32)
      (if (result i32) (i32.lt_u (local.get 0) (i32.const 2)) (then (local.get 0))
        (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                       (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
    (func $even (param i32) (result i32)
      (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
    (func $odd (param i32) (result i32)
      (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export "fib") (param i32) (result i32) (call $fib (local.get 0)))
    (func (export "even") (param i32) (result i32) (call $even (local.get 0)))`);
  const { fib, even } = instanceOf(wasm, () => undefined);
  assert.deepEqual([fib!(20), even!(10), even!(11)], [6765, 1, 0]);
  assert.ok(wasm.length < 400, `${wasm.length} bytes`);
});

/** The names of what the pinning is about: get and set of each. */
const NUMBERS = ["OptimizeLevel", "ShrinkLevel", "AlwaysInlineMaxSize", "FlexibleInlineMaxSize"] as const;
const MORE_NUMBERS = ["OneCallerInlineMaxSize"] as const;
const FLAGS = [
  "DebugInfo",
  "TrapsNeverHappen",
  "ClosedWorld",
  "LowMemoryUnused",
  "ZeroFilledMemory",
  "FastMath",
] as const;
const MORE_FLAGS = ["GenerateStackIR", "OptimizeStackIR", "AllowInliningFunctionsWithLoops"] as const;
type Numbers = (typeof NUMBERS)[number] | (typeof MORE_NUMBERS)[number];
type Flags = (typeof FLAGS)[number] | (typeof MORE_FLAGS)[number];

/** Without these two, nothing is inlined. */
const SKIPPED = ["inlining", "inlining-optimizing"];

function withStrangeOptions<T>(value: boolean, work: () => T): T {
  const options = binaryen as unknown as Record<`get${Numbers | Flags}`, () => number | boolean> &
    Record<`set${Numbers | Flags}`, (to: number | boolean) => void>;
  const names = [...NUMBERS, ...MORE_NUMBERS, ...FLAGS, ...MORE_FLAGS];
  const before = names.map((name) => options[`get${name}`]());
  for (const name of [...NUMBERS, ...MORE_NUMBERS]) options[`set${name}`](value ? 3 : 0);
  for (const name of [...FLAGS, ...MORE_FLAGS]) options[`set${name}`](value);
  const set = names.map((name) => options[`get${name}`]());
  binaryen.setPassArgument("partial-inlining-ifs", value ? "1" : null);
  binaryen.setPassArgument("no-inline", value ? "*" : null);
  if (value) for (const pass of SKIPPED) binaryen.addPassToSkip(pass);
  try {
    const result = work();
    assert.deepEqual(
      names.map((name) => options[`get${name}`]()),
      set,
      "the options are as they were",
    );
    assert.equal(binaryen.getPassArgument("no-inline"), value ? "*" : null);
    for (const pass of SKIPPED) assert.equal(binaryen.hasPassToSkip(pass), value);
    return result;
  } finally {
    names.forEach((name, index) => {
      options[`set${name}`](before[index]!);
    });
    binaryen.clearPassArguments();
    binaryen.clearPassesToSkip();
  }
}

test("the bytes do not depend on the options others have set, and those are kept", () => {
  const plain = optimised(CHECKED);
  assert.deepEqual(
    withStrangeOptions(true, () => optimised(CHECKED)),
    plain,
  );
  assert.deepEqual(
    withStrangeOptions(false, () => optimised(CHECKED)),
    plain,
  );
});

const LOOPS = 40;

/** Forty functions, each with a loop that calls the next: inlined they are forty loops inside one another. */
const loops = (write: (index: number) => string): string =>
  Array.from({ length: LOOPS }, (_, index) => write(index)).join("\n");

test("a strength that breaks a bound gives way to a milder one", async () => {
  const text = loops(
    (index) => `(func $f${index} ${index === 0 ? '(export "call_run")' : ""} (loop $l
      ${index + 1 < LOOPS ? `(call $f${index + 1})` : ""}
      (i32.store (i32.const ${2048 + index * 4}) (i32.add (i32.load (i32.const ${2048 + index * 4})) (i32.const 1)))
      (br_if $l (i32.and (i32.load (i32.const ${2048 + index * 4})) (i32.const 1)))))`,
  );
  const codes = STRENGTHS.map((strength) => admit(optimised(text, strength)).reasons.map(({ code }) => code));
  assert.deepEqual(codes[0], ["limit.loopNesting"]);
  assert.deepEqual(codes.at(-1), []);

  const functions = loops(
    (index) => `let c${index} = 0;
      function f${index}(): void { do { ${index > 0 ? `f${index - 1}();` : ""} c${index}++; } while (c${index} & 1); }`,
  );
  const contract = `${functions}
    @contract("deep", 1) export class Deep { @call run(): i32 { f${LOOPS - 1}(); return c0; } }`;
  const { wasm } = await compileFiles({ "index.ts": contract });
  assert.ok(admit(wasm).accepted);
});
