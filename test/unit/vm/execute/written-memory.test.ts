/**
 * Whatever a call wrote, and in whatever way, the next one finds the memory as new: the mark of how far it wrote
 * (vm/instrument/write-mark.ts) is never short.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const PAGE = 65_536;
const RUNS = 100;

/** The address is at 0, the length at 4; the bytes of a string to write stand behind. */
const ADDRESS = "(i32.load (i32.const 0))";
const LENGTH = "(i32.load (i32.const 4))";
const FF = "(i32.const -1)";

/** Ways to write at an address. */
const WAYS: Readonly<Record<string, string>> = {
  byte: `(i32.store8 ${ADDRESS} ${FF})`,
  word: `(i32.store ${ADDRESS} ${FF})`,
  wide: `(i64.store offset=3 ${ADDRESS} (i64.const -1))`,
  offset: `(i32.store16 offset=40000 ${ADDRESS} ${FF})`,
  constant: `(i64.store offset=60000 (i32.const 5000) (i64.const -1))`,
  local: `(local $at i32) (local.set $at ${ADDRESS})
    (i32.store (local.get $at) (block (result i32) (local.set $at (i32.const 0)) ${FF}))`,
  loop: `(local $at i32) (local $end i32) (local.set $at ${ADDRESS})
    (local.set $end (i32.add (local.get $at) (i32.and ${LENGTH} (i32.const 255))))
    (loop $next (i32.store8 (local.get $at) ${FF}) (local.set $at (i32.add (local.get $at) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $at) (local.get $end))))`,
  nested: `(i32.store (if (result i32) ${LENGTH} (then (i32.store8 ${ADDRESS} ${FF}) (i32.const 16))
      (else (i32.store8 offset=1 ${ADDRESS} ${FF}) (i32.const 20))) ${FF})`,
  nestedCall: `(i32.store (call $static_then ${ADDRESS} (i32.const 24)) ${FF})`,
  static: `(call $static ${ADDRESS})`,
  staticNested: `(call $static_nested ${ADDRESS})`,
  metered: `(drop (call $metered ${ADDRESS} (i32.const 3)))`,
  indirect: `(call_indirect (type $at) ${ADDRESS} (i32.and ${LENGTH} (i32.const 1)))`,
  early: `(if (i32.and ${LENGTH} (i32.const 1)) (then (i32.store8 ${ADDRESS} ${FF}) (return)))
    (i32.store8 offset=1 ${ADDRESS} ${FF})`,
  branch: `(block $out (i32.store8 ${ADDRESS} ${FF}) (br_if $out (i32.and ${LENGTH} (i32.const 1)))
    (i32.store8 (i32.const 8) ${FF}))`,
  fill: `(memory.fill ${ADDRESS} (i32.const 255) ${LENGTH})`,
  copy: `(memory.copy ${ADDRESS} (i32.const 0) ${LENGTH})`,
  host: `(call $input_read ${ADDRESS})`,
  reverted: `(i32.store ${ADDRESS} ${FF}) (call $revert (i32.const 1) (i32.const 0) (i32.const 0))`,
  deepReverted: `(drop (call $metered ${ADDRESS} (i32.const 4)))
    (call $revert (i32.const 1) (i32.const 0) (i32.const 0))`,
};

/** A contract for each way: how far one of them reaches says nothing of the others. */
function codeOf(name: string): Uint8Array {
  const body = WAYS[name]!;
  const locals = /^(\(local \$\w+ i32\)\s*)*/.exec(body)![0];
  return contractWat(
    `(type $at (func (param i32)))
     (table 2 2 funcref) (elem (i32.const 0) $static $plain)
     (func $static (param $at i32) (i32.store offset=7 (local.get $at) ${FF}))
     (func $static_then (param $at i32) (param $then i32) (result i32)
       (i32.store (local.get $at) ${FF}) (local.get $then))
     (func $static_nested (param $at i32) (i32.store (call $static_then (local.get $at) (i32.const 24)) ${FF}))
     (func $plain (param $at i32) (loop (i32.store8 (i32.add (local.get $at) (i32.const 1)) ${FF})))
     (func $metered (param $at i32) (param $depth i32) (result i32)
       (if (i32.eqz (local.get $depth)) (then (i32.store8 offset=2 (local.get $at) ${FF}) (return (i32.const 1))))
       (i32.add (i32.const 1) (call $metered (local.get $at) (i32.sub (local.get $depth) (i32.const 1)))))
     (func (export "call_outside") (i64.store (i32.const -1) (i64.const 0))
       (i32.store offset=4294967295 ${ADDRESS} (i32.const 0)))
     (func (export "call_memory") (call $output (i32.const 0) (i32.const ${PAGE})))
     (func (export "call_run") ${locals} (call $input_read (i32.const 0)) ${body.slice(locals.length)})
     (data (i32.const 100) "keep")`,
    [HOST.inputRead, HOST.output, HOST.revert],
    1,
  );
}

function inputOf(address: number, length: number): Uint8Array {
  const input = new Uint8Array(12).fill(0xff);
  const view = new DataView(input.buffer);
  view.setUint32(0, address, true);
  view.setUint32(4, length, true);
  return input;
}

const address = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: PAGE - 1 }) },
  { weight: 2, arbitrary: fc.nat(11).map((bits) => 2 ** (bits + 5) - 1) },
  { weight: 1, arbitrary: fc.integer({ min: PAGE - 16, max: 2 ** 32 - 1 }) },
);
const length = fc.oneof(fc.nat(300), fc.nat(PAGE));
const calls = fc.array(fc.tuple(address, length), { minLength: 1, maxLength: 3 });

describe("the memory of an instance", () => {
  const seed = Number(process.env.SEED ?? 20_261_125);
  for (const way of Object.keys(WAYS)) {
    it(`is as new after writing by ${way} (seed ${seed})`, () => {
      const chain = new SmallChain().deploy("a", codeOf(way));
      const fresh = Buffer.from(chain.run("a", "memory").output);
      assert.equal(fresh.subarray(100, 104).toString(), "keep");
      let returned = 0;
      const property = fc.property(calls, (list) => {
        for (const [at, size] of list) {
          const { outcome } = chain.run("a", "run", { input: inputOf(at, size) });
          if (outcome === OUTCOMES.ok || outcome === OUTCOMES.revert) returned += 1;
          assert.ok(fresh.equals(chain.run("a", "memory").output), `at ${at}, length ${size}`);
        }
      });
      fc.assert(property, { numRuns: RUNS, seed });
      assert.ok(returned > RUNS / 4, `${returned} calls came to their end`);
    });
  }
});
