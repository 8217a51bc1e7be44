/** The two naive schemes of the metering bench: a baseline that counts wrongly would flatter ours. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { assemble } from "../../bench/calibration/program.ts";
import { EXPORT_PREFIX, withGlobalsExported } from "../../bench/metering/exported-globals.ts";
import { createReset } from "../../bench/metering/globals-reset.ts";
import { meterByGlobal, meterByHostCall } from "../../bench/metering/naive.ts";
import { GAS_FUNCTION, GAS_GLOBAL, GAS_MODULE, GAS_START } from "../../bench/metering/naive-names.ts";

/** The sum of the odd numbers up to 10. */
const SOURCE = assemble(`(module
  (memory (export "memory") 1 1)
  (global $sum (mut i32) (i32.const 0))
  (func (export "call_run") (local $n i32)
    (local.set $n (i32.const 10))
    (loop $next
      (if (i32.and (local.get $n) (i32.const 1))
        (then (global.set $sum (i32.add (global.get $sum) (local.get $n)))))
      (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))`);
/** Two before the loop; four up to the `if` and five behind it in each of ten rounds; four in each of five arms. */
const INSTRUCTIONS = 2 + 10 * (4 + 5) + 5 * 4;

interface Run {
  readonly sum: number;
  readonly exports: WebAssembly.Instance["exports"];
}

function run(wasm: Uint8Array, imports: object = {}): Run {
  const module = new WebAssembly.Module(withGlobalsExported(wasm) as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module, imports as WebAssembly.Imports);
  (exports.call_run as () => void)();
  return { sum: Number((exports[`${EXPORT_PREFIX}0`] as WebAssembly.Global).value), exports };
}

test("globals are exported without a change to the code", () => {
  assert.equal(run(SOURCE).sum, 25);
});

test("the counter in a global goes down by every instruction that was executed", () => {
  const { sum, exports } = run(meterByGlobal(SOURCE));
  assert.equal(sum, 25);
  const left = (exports[GAS_GLOBAL] as WebAssembly.Global).value as unknown as bigint;
  assert.equal(GAS_START - left, BigInt(INSTRUCTIONS));
});

test("a counter that is too small ends the run", () => {
  const module = new WebAssembly.Module(meterByGlobal(SOURCE) as Uint8Array<ArrayBuffer>);
  const { exports } = new WebAssembly.Instance(module);
  (exports[GAS_GLOBAL] as WebAssembly.Global<"i64">).value = BigInt(INSTRUCTIONS - 1);
  assert.throws(() => (exports.call_run as () => void)(), WebAssembly.RuntimeError);
  (exports[GAS_GLOBAL] as WebAssembly.Global<"i64">).value = BigInt(INSTRUCTIONS);
  (exports.call_run as () => void)();
});

test("the host is told of every instruction that was executed", () => {
  const told: number[] = [];
  const charge = (gas: number): void => void told.push(gas);
  const { sum } = run(meterByHostCall(SOURCE), { [GAS_MODULE]: { [GAS_FUNCTION]: charge } });
  assert.equal(sum, 25);
  assert.equal(
    told.reduce((total, gas) => total + gas, 0),
    INSTRUCTIONS,
  );
  assert.equal(told.length, 1 + 10 * 2 + 5);
});

test("globals are set back to what they held, whatever their type and sign", () => {
  const values = [0, -1, 63, 64, -65, 0x7fffffff, -0x80000000, 2n ** 60n, -1n, 2n ** 63n - 1n, -(2n ** 63n)];
  const globals = values.map((value) => {
    const type = typeof value === "bigint" ? "i64" : "i32";
    return new WebAssembly.Global({ value: type, mutable: true }, value as never) as WebAssembly.Global;
  });
  const reset = createReset(globals);
  for (const [index, global] of globals.entries()) global.value = (typeof values[index] === "bigint" ? 5n : 5) as never;
  reset();
  assert.deepEqual(
    globals.map(({ value }) => value as unknown),
    values,
  );
});
