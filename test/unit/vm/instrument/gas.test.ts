/** What a program costs, to the unit: sums made by hand from docs/gas.md, and the counter set and read from outside. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { instrument } from "../../../../vm/instrument/instrument.ts";
import { ENDINGS } from "../../../../vm/instrument/meters.ts";
import { wat } from "../wat.ts";

type Exports = Record<string, unknown>;

interface Program {
  readonly id: string;
  readonly text: string;
  readonly args?: readonly number[];
  readonly result?: number;
  /** The terms of the sum, in the order of execution. */
  readonly gas: readonly number[];
}

const START = 1_000_000n;

const PROGRAMS: readonly Program[] = [
  { id: "an empty function", text: "", gas: [] },
  { id: "constants and an addition", text: "(drop (i32.add (i32.const 1) (i32.const 2)))", gas: [1 + 1 + 1] },
  { id: "a declared local", text: "(local i64) (local i32)", gas: [1 + 1] },
  { id: "blocks, loops and nops", text: "(block (loop (nop) (block)))", gas: [] },
  { id: "a multiplication", text: "(drop (i64.mul (i64.const 1) (i64.const 2)))", gas: [1 + 1 + 3] },
  { id: "a rotation", text: "(drop (i32.rotr (i32.const 1) (i32.const 2)))", gas: [1 + 1 + 5] },
  { id: "a division", text: "(drop (i32.rem_u (i32.const 5) (i32.const 2)))", gas: [1 + 1 + 15] },
  { id: "a load and a store", text: "(i32.store (i32.const 0) (i32.load8_u (i32.const 4)))", gas: [1 + 1 + 4 + 4] },
  { id: "memory.size", text: "(drop (memory.size))", gas: [4] },
  { id: "a global", text: "(global.set $g (i32.add (global.get $g) (i32.const 1)))", gas: [2 + 1 + 1 + 2] },
  { id: "a select", text: "(drop (select (i32.const 1) (i32.const 2) (i32.const 0)))", gas: [3 + 2] },
  {
    id: "the arm of an if that is taken",
    text: "(if (i32.const 1) (then (drop (i32.const 7))) (else (drop (i32.div_u (i32.const 1) (i32.const 1)))))",
    gas: [1 + 2, 1],
  },
  {
    id: "the other arm",
    text: "(if (i32.const 0) (then (drop (i32.const 7))) (else (drop (i32.div_u (i32.const 1) (i32.const 1)))))",
    gas: [1 + 2, 1 + 1 + 15],
  },
  {
    id: "what stands behind a branch that is taken",
    text: "(block $b (br_if $b (i32.const 1)) (drop (i64.div_u (i64.const 1) (i64.const 1)))) (drop (i32.const 1))",
    gas: [1 + 2, 1],
  },
  {
    id: "what stands behind a branch that is not taken",
    text: "(block $b (br_if $b (i32.const 0)) (drop (i64.div_u (i64.const 1) (i64.const 1)))) (drop (i32.const 1))",
    gas: [1 + 2, 1 + 1 + 15, 1],
  },
  {
    id: "a loop of five turns",
    text: `(local $n i32) (local.set $n (i32.const 5))
           (loop $l (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))`,
    gas: [1, 1 + 1, 5 * (1 + 1 + 1 + 1 + 2)],
  },
  {
    id: "a table of nine targets",
    text: "(block $a (block $b (br_table $a $a $a $a $a $a $a $a $b $b (i32.const 1))) (drop (i32.const 1)))",
    gas: [1 + 6 + 2],
  },
  {
    id: "a call and a return in its middle",
    text: "(drop (call $pick (i32.const 1)))",
    gas: [1 + 8, 1 + 2, 1 + 1],
  },
  {
    id: "what stands behind a call",
    text: "(drop (i32.div_u (call $pick (i32.const 1)) (i32.const 1)))",
    gas: [1 + 8, 1 + 2, 1 + 1, 1 + 15],
  },
  {
    id: "what stands behind an indirect call",
    text: "(drop (i32.div_u (call_indirect (type $pick) (i32.const 1) (i32.const 0)) (i32.const 1)))",
    gas: [1 + 1 + 12, 1 + 2, 1 + 1, 1 + 15],
  },
  {
    id: "an indirect call",
    text: "(drop (call_indirect (type $pick) (i32.const 0) (i32.const 0)))",
    gas: [1 + 1 + 12, 1 + 2, 1],
  },
  { id: "a fill of no bytes", text: "(memory.fill (i32.const 0) (i32.const 1) (i32.const 0))", gas: [3 + 200] },
  { id: "a fill of nine bytes", text: "(memory.fill (i32.const 0) (i32.const 1) (i32.const 9))", gas: [3 + 200, 2] },
  { id: "a copy of 64 bytes", text: "(memory.copy (i32.const 0) (i32.const 8) (i32.const 64))", gas: [3 + 30, 8] },
  { id: "a growth of one page", text: "(drop (memory.grow (i32.const 1)))", gas: [1 + 120_000, 20_000] },
  { id: "a growth that is refused", text: "(drop (memory.grow (i32.const 4)))", gas: [1 + 120_000] },
];

/** What a static function calls. */
const STATICS: readonly Program[] = [
  { id: "the dearer arm, whichever is taken", text: "(drop (call $arms (i32.const 1)))", gas: [1 + 8, 1 + 2 + 17] },
  { id: "the same for the other", text: "(drop (call $arms (i32.const 0)))", gas: [1 + 8, 1 + 2 + 17] },
  { id: "by way of a table", text: "(drop (call_indirect (type $pick) (i32.const 1) (i32.const 1)))", gas: [14, 20] },
  { id: "with one that it calls", text: "(drop (call $outer (i32.const 1)))", gas: [1 + 8, 1 + 1 + 8 + 20 + 1] },
  { id: "a declared local", text: "(call $local)", gas: [8, 1] },
  { id: "a price of 200", text: "(call $dear (i32.const 1))", gas: [1 + 8, 1 + 2 + 12 * 16 + 5] },
  { id: "over 200: the way that is taken", text: "(call $dearer (i32.const 0))", gas: [1 + 8, 1 + 2] },
  { id: "over 200: the other way", text: "(call $dearer (i32.const 1))", gas: [1 + 8, 1 + 2 + 12 * 16 + 6] },
  { id: "a loop: the way that is taken", text: "(call $looped (i32.const 0))", gas: [1 + 8, 1 + 2] },
  { id: "a circle: the way that is taken", text: "(call $circle (i32.const 0))", gas: [1 + 8, 1 + 2] },
];

/** Twelve divisions of 16 gas, and `rest` constants. */
const dearArm = (rest: number): string =>
  `(i32.const 1) ${"(i32.const 1) (i32.div_u) ".repeat(12)} (drop)${"(drop (i32.const 1))".repeat(rest - 1)}`;

/** `$pick` returns 5 at once for an argument that is not 0, else 6; it has a loop, so that it pays for what it does. */
function programModule(text: string): Uint8Array {
  const [, locals, code] = /^((?:\(local [^)]*\)\s*)*)(.*)$/s.exec(text)!;
  return wat(`(module (memory (export "memory") 1 4) (global $g (mut i32) (i32.const 0))
    (type $pick (func (param i32) (result i32)))
    (table 2 2 funcref) (elem (i32.const 0) $pick $arms)
    (func $pick (type $pick) (loop) (if (local.get 0) (then (return (i32.const 5)))) (i32.const 6))
    (func $arms (type $pick)
      (if (result i32) (local.get 0) (then (i32.const 7)) (else (i32.div_u (i32.const 1) (i32.const 1)))))
    (func $outer (type $pick) (i32.add (i32.const 1) (call $arms (local.get 0))))
    (func $local (local i64))
    (func $dear (param i32) (if (local.get 0) (then ${dearArm(5)})))
    (func $dearer (param i32) (if (local.get 0) (then ${dearArm(6)})))
    (func $looped (param i32) (if (local.get 0) (then (drop (i32.const 1)) (loop))))
    (func $circle (param i32) (if (local.get 0) (then (call $circle (i32.const 0)))))
    (func (export "call_run") ${locals} (loop) ${code}))`);
}

function exportsOf(code: Uint8Array): Exports {
  return new WebAssembly.Instance(new WebAssembly.Module(code)).exports as Exports;
}

describe("the gas of a program", () => {
  const all = [...PROGRAMS, ...STATICS.map((program) => ({ ...program, id: `a static function, ${program.id}` }))];
  for (const { id, text, gas } of all) {
    it(`is the sum of what it executes: ${id}`, () => {
      const exports = exportsOf(instrument(programModule(text)));
      const counter = exports.__cinnabar_gas as WebAssembly.Global<"i64">;
      counter.value = START;
      (exports.call_run as () => void)();
      const expected = gas.reduce((sum, term) => sum + term, 0);
      assert.equal(Number(START - counter.value), expected);
    });

    it(`is enough when it is exact, and leaves a negative counter when it is one less: ${id}`, () => {
      const expected = gas.reduce((sum, term) => sum + term, 0);
      const exports = exportsOf(instrument(programModule(text)));
      const counter = exports.__cinnabar_gas as WebAssembly.Global<"i64">;
      counter.value = BigInt(expected);
      (exports.call_run as () => void)();
      assert.equal(counter.value, 0n);
      counter.value = BigInt(expected - 1);
      endsByTrap(exports.call_run as () => void);
      assert.ok(counter.value < 0n);
    });
  }
});

describe("the look where a function begins", () => {
  const code = wat(`(module (memory (export "memory") 1 1)
    (func $f (param i32) (if (local.get 0) (then (call $f (i32.const 0)))) (unreachable))
    (func (export "call_run") (loop) (call $f (i32.const 1))))`);
  const paid = 1 + 8 + 1 + 2 + 1 + 8;

  for (const [gas, ending] of [
    [paid, ENDINGS.none],
    [paid - 1, ENDINGS.outOfGas],
  ] as const) {
    it(`ends the run before its first instruction when the counter is ${gas - paid}: ${ending}`, () => {
      const exports = exportsOf(instrument(code));
      (exports.__cinnabar_gas as WebAssembly.Global<"i64">).value = BigInt(gas);
      assert.ok(endsByTrap(exports.call_run as () => void));
      assert.equal((exports.__cinnabar_ending as WebAssembly.Global<"i32">).value, ending);
    });
  }
});

describe("loads and stores", () => {
  const pricesOf = (maximum: number): number => {
    const text = `(module (memory (export "memory") 1 ${maximum})
      (func $static (drop (i32.load8_u (i32.const 4))))
      (func (export "call_run") (loop) (call $static) (i32.store (i32.const 0) (memory.size))))`;
    const exports = exportsOf(instrument(wat(text)));
    const counter = exports.__cinnabar_gas as WebAssembly.Global<"i64">;
    counter.value = START;
    (exports.call_run as () => void)();
    return Number(START - counter.value) - (8 + 1 + 1);
  };

  it("cost more where the memory may leave the cache", () => {
    const { memory, memoryFar } = SCHEDULE_1.costs;
    assert.deepEqual(
      [1, 8, 9, 64].map(pricesOf),
      [memory.gas, memory.gas, memoryFar.gas, memoryFar.gas].map((gas) => 3 * gas),
    );
  });
});

describe("a length at the edges of 32 bits", () => {
  const text = "(memory.fill (i32.const 0) (i32.const 0) (i32.load (i32.const 0)))";
  for (const length of [0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1]) {
    it(`is charged as the unsigned number ${length}`, () => {
      const exports = exportsOf(instrument(programModule(text)));
      const counter = exports.__cinnabar_gas as WebAssembly.Global<"i64">;
      const ending = exports.__cinnabar_ending as WebAssembly.Global<"i32">;
      const memory = new DataView((exports.memory as WebAssembly.Memory).buffer);
      memory.setUint32(0, length, true);
      const gas = 1 + 1 + 1 + 4 + 200 + Math.ceil(length / 8);
      counter.value = BigInt(gas);
      const isInside = length <= 65_536;
      assert.equal(endsByTrap(exports.call_run as () => void), !isInside);
      assert.equal(ending.value, ENDINGS.none, "enough: what ends it is the length that memory does not have");
      if (isInside) assert.equal(counter.value, 0n);
      memory.setUint32(0, length, true);
      counter.value = BigInt(gas - 1);
      assert.ok(endsByTrap(exports.call_run as () => void));
      assert.equal(ending.value, ENDINGS.outOfGas, "one less: it is charged before the work");
      assert.ok(counter.value < 0n);
    });
  }
});

describe("the counter from outside", () => {
  const exports = exportsOf(instrument(programModule("(drop (i32.const 1))")));
  const reset = exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
  const charge = exports.__cinnabar_charge as (low: number, high: number) => number;
  const gasLow = exports.__cinnabar_gas_low as () => number;
  const gasHigh = exports.__cinnabar_gas_high as () => number;
  const counter = exports.__cinnabar_gas as WebAssembly.Global<"i64">;

  it("is set by two halves and read by two halves", () => {
    reset(-1, 0x1f_ffff, 1_000);
    assert.equal(counter.value, 2n ** 53n - 1n);
    assert.equal(gasLow(), -1);
    assert.equal(gasHigh(), 0x1f_ffff);
    assert.equal((exports.__cinnabar_stack as WebAssembly.Global<"i32">).value, 1_000);
  });

  it("is charged by two unsigned halves, which says whether it is negative now", () => {
    reset(5, 1, 0);
    assert.equal(charge(5, 1), 0);
    assert.equal(counter.value, 0n);
    assert.equal(charge(-1, 0), 1);
    assert.equal(counter.value, -(2n ** 32n - 1n));
  });

  it("starts at zero, so that a call that nobody armed ends at its first look", () => {
    const fresh = exportsOf(instrument(programModule("(drop (i32.const 1)) (loop)")));
    assert.ok(endsByTrap(fresh.call_run as () => void));
    assert.ok((fresh.__cinnabar_gas as WebAssembly.Global<"i64">).value < 0n);
    assert.equal((fresh.__cinnabar_ending as WebAssembly.Global<"i32">).value, ENDINGS.outOfGas);
  });
});

/** False when the function returned. */
function endsByTrap(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    assert.ok(error instanceof WebAssembly.RuntimeError);
    return true;
  }
}
