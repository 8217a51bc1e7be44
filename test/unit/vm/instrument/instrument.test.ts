import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import binaryen from "binaryen";
import { admit, admitInstrumented } from "../../../../vm/admission/admit.ts";
import { Rejected } from "../../../../vm/errors.ts";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { instrument } from "../../../../vm/instrument/instrument.ts";
import { LIMITS } from "../../../../vm/limits.ts";
import { contractWat, wat } from "../wat.ts";

const hexOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** One of everything the instrumenter touches. */
const SAMPLE = contractWat(
  `(global $g (mut i64) (i64.const 3)) (global $h (mut i32) (i32.const -1)) (global $k i32 (i32.const 4))
   (type $unary (func (param i32) (result i32)))
   (table 2 2 funcref) (elem (i32.const 0) $twice $early)
   (data (i32.const 16) "sample")
   (func $twice (type $unary) (i32.mul (local.get 0) (i32.const 2)))
   (func $early (type $unary) (if (local.get 0) (then (return (call $twice (local.get 0))))) (global.get $h))
   (func $statement (param i64) (if (i64.eqz (local.get 0)) (then (return))) (global.set $g (local.get 0)))
   (func (export "call_all") (local $n i32)
     (loop $l (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3))))
     (i32.add (call_indirect (type $unary) (local.get $n) (i32.const 1)) (call $early (i32.const 0)))
     (drop) (drop (memory.grow (i32.const 1)))
     (memory.copy (i32.const 0) (i32.const 16) (i32.const 6))
     (call $statement (i64.const 1))
     (call $sha256 (i32.const 0) (i32.const 1) (i32.const 2)))`,
  [`"cinnabar" "sha256" (func $sha256 (param i32 i32 i32))`],
);

describe("the instrumenter", () => {
  it("writes the bytes it has always written", () => {
    // Every node compiles these bytes: another hash is another version of the instrumenter.
    assert.equal(hexOf(instrument(SAMPLE)), "8dbb8516355fa96482c08d13d1c4d1336a69a179974a94e91e96ec6031d67f48");
  });

  it("writes the same bytes twice, whatever is set in binaryen's options", () => {
    const first = hexOf(instrument(SAMPLE));
    binaryen.setOptimizeLevel(3);
    binaryen.setShrinkLevel(2);
    binaryen.setDebugInfo(true);
    binaryen.setGenerateStackIR(true);
    binaryen.setOptimizeStackIR(true);
    try {
      assert.equal(hexOf(instrument(SAMPLE)), first);
      assert.deepEqual(
        [binaryen.getOptimizeLevel(), binaryen.getShrinkLevel(), binaryen.getDebugInfo()],
        [3, 2, true],
        "the options of others are put back",
      );
    } finally {
      binaryen.setOptimizeLevel(0);
      binaryen.setShrinkLevel(0);
      binaryen.setDebugInfo(false);
      binaryen.setGenerateStackIR(false);
      binaryen.setOptimizeStackIR(false);
    }
  });

  it("writes a module that admission and the engine accept", () => {
    const bytes = instrument(SAMPLE);
    assert.deepEqual(admitInstrumented(bytes).reasons, []);
    assert.ok(WebAssembly.validate(bytes));
  });

  it("adds exports under the reserved prefix only, and takes none away", () => {
    const namesOf = (bytes: Uint8Array): string[] =>
      WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map((each) => each.name);
    const before = namesOf(SAMPLE);
    const after = namesOf(instrument(SAMPLE));
    assert.deepEqual(
      after.filter((name) => !name.startsWith("__cinnabar_")),
      before,
    );
    assert.deepEqual(
      after.filter((name) => name.startsWith("__cinnabar_")).map((name) => name.slice("__cinnabar_".length)),
      ["gas", "stack", "ending", "charge", "gas_low", "gas_high", "reset", "memory"],
    );
  });

  it("imports what the source imports and nothing else", () => {
    assert.deepEqual(
      WebAssembly.Module.imports(new WebAssembly.Module(instrument(SAMPLE))),
      WebAssembly.Module.imports(new WebAssembly.Module(SAMPLE)),
    );
  });

  it("does not look at custom sections, which can name things like its own", () => {
    const named = withNameSection(SAMPLE);
    assert.notEqual(hexOf(named), hexOf(SAMPLE));
    assert.equal(hexOf(instrument(named)), hexOf(instrument(SAMPLE)));
  });

  it("refuses what admission refuses, with its first reason", () => {
    const float = wat(`(module (memory (export "memory") 1 1) (func (drop (f32.const 1))))`);
    assert.throws(
      () => instrument(float),
      (error) =>
        error instanceof Rejected && error.code === "module.refused" && error.details.value === "feature.float",
    );
    const meter = wat(`(module (memory (export "memory") 1 1) (func (export "__cinnabar_gas")))`);
    assert.throws(() => instrument(meter), Rejected);
  });

  it("meters any module of WebAssembly 2.0 when the profile is lifted, its start function too", () => {
    const code = wat(`(module (func $f (drop (f64.add (f64.const 1) (f64.const 2)))) (start $f) (func (export "g")))`);
    const bytes = instrument(code, SCHEDULE_1, { profile: false, limits: false });
    const exports = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
    const gas = exports.__cinnabar_gas as WebAssembly.Global<"i64">;
    assert.equal(2n ** 62n - gas.value, 12n);
  });

  it("meters no stack when the limits are lifted", () => {
    const endless =
      contractWat(`(func $r (param i32) (if (local.get 0) (then (call $r (i32.sub (local.get 0) (i32.const 1))))))
      (func (export "call_deep") (call $r (i32.const 4000)))`);
    const run = (limits: boolean): void => {
      const bytes = instrument(endless, SCHEDULE_1, { profile: false, limits });
      (new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports.call_deep as () => void)();
    };
    assert.throws(() => run(true), WebAssembly.RuntimeError);
    run(false);
  });
});

describe("the deepest expressions that are admitted", () => {
  // The depth of each is a little below or above the limit; the library that reads them must have room for several
  // times that.
  const shapes: Readonly<Record<string, (count: number) => string>> = {
    "operators on one operand": (count) => nest(count, "(i32.eqz ", ")"),
    "operators nested to the left": (count) => nest(count, "(i32.add ", " (local.get 0))"),
    "operators nested to the right": (count) => nest(count, "(i32.add (local.get 0) ", ")"),
    tees: (count) => nest(count, "(local.tee 0 ", ")"),
    conditions: (count) => nest(count, "(if (result i32) ", " (then (i32.const 1)) (else (i32.const 0)))"),
  };
  for (const [shape, write] of Object.entries(shapes)) {
    const moduleOf = (count: number): Uint8Array =>
      contractWat(`(func (param i32) (drop ${write(count)})) (func (export "call_run"))`);

    it(`are instrumented: ${shape}`, () => {
      let count = LIMITS.expressionDepth;
      while (!admit(moduleOf(count)).accepted) count -= 1;
      assert.ok(count >= LIMITS.expressionDepth / 3 - 4);
      instrument(moduleOf(count));
      assert.deepEqual(
        admit(moduleOf(count + 1)).reasons.map((reason) => reason.code),
        ["limit.expressionDepth"],
      );
    });

    it(`have room to three times their depth: ${shape}`, () => {
      instrument(moduleOf(3 * LIMITS.expressionDepth), SCHEDULE_1, { limits: false });
    });
  }
});

function nest(count: number, before: string, after: string): string {
  return `${before.repeat(count)}(local.get 0)${after.repeat(count)}`;
}

/** The module with a name section that calls its first function and global like the meters. */
function withNameSection(bytes: Uint8Array): Uint8Array {
  const name = [...new TextEncoder().encode("cinnabar_gas")];
  const names = [1, 0, name.length, ...name];
  const content = [4, ...new TextEncoder().encode("name"), 1, names.length, ...names, 7, names.length, ...names];
  return new Uint8Array([...bytes, 0, content.length, ...content]);
}
