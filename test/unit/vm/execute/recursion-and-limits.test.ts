/**
 * Recursion in every way there is (directly, through a table, from contract to contract) and gas limits at every edge,
 * for whole calls of a machine. What a method costs is said by the reference interpreter.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Rejected } from "../../../../vm/errors.ts";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { Interpreter } from "../../../reference/interpreter.ts";
import { SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const gas = (name: "frame" | "framePages" | "instance"): number => SCHEDULE_1.costs[name].gas;
/** Of a contract with one page. */
const FRAME = gas("frame") + gas("framePages");
/** A limit under this is out of gas before anything runs (docs/gas.md, "The least limit"). */
const LEAST = FRAME + gas("instance");
const MOST = Number.MAX_SAFE_INTEGER;

/** What the call costs by docs/gas.md, the frame included. */
function costOf(code: Uint8Array, method: string): number {
  const { ending, gasUsed } = new Interpreter(code).call(`call_${method}`, [], 100_000_000);
  assert.equal(ending, "returned");
  return FRAME + gasUsed;
}

describe("a gas limit", () => {
  const code = contractWat(
    `(func $long (local i32)
       (loop $l (br_if $l (i32.lt_u (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 30000)))))
     (func (export "call_short")) (func (export "call_long") (call $long))`,
  );
  const chain = new SmallChain().deploy("a", code);
  const long = costOf(code, "long");
  const short = costOf(code, "short");
  assert.ok(short < LEAST && long > LEAST);

  const CASES = [
    { method: "short", limit: 0, used: 0, ok: false },
    { method: "short", limit: 1, used: 1, ok: false },
    { method: "short", limit: short - 1, used: short - 1, ok: false },
    { method: "short", limit: LEAST - 1, used: LEAST - 1, ok: false },
    { method: "short", limit: LEAST, used: short, ok: true },
    { method: "short", limit: MOST, used: short, ok: true },
    { method: "long", limit: LEAST, used: LEAST, ok: false },
    { method: "long", limit: long - 1, used: long - 1, ok: false },
    { method: "long", limit: long, used: long, ok: true },
    { method: "long", limit: MOST, used: long, ok: true },
  ];
  for (const { method, limit, used, ok } of CASES) {
    it(`of ${limit} for ${method}: ${ok ? "ok" : "out of gas"}, ${used} used`, () => {
      const result = chain.run("a", method, { gas: limit });
      assert.deepEqual([result.outcome, result.gasUsed], [ok ? OUTCOMES.ok : OUTCOMES.outOfGas, used]);
    });
  }

  // 2^63 - 1 as a number is 2^63: no number above 2^53 - 1 is a limit, so that no sum of gas can lose a unit or wrap.
  for (const limit of [-1, 0.5, Number.NaN, 2 ** 53, 2 ** 63, Number.POSITIVE_INFINITY]) {
    it(`of ${limit} is no limit: the call is refused before anything runs`, () => {
      assert.throws(
        () => chain.run("a", "short", { gas: limit }),
        (error) => error instanceof Rejected && error.code === "gas.limit",
      );
    });
  }
});

describe("recursion inside of a contract", () => {
  const WAYS = {
    directly: `(func $r (call $r)) (func (export "call_run") (call $r))`,
    mutually: `(func $r (call $s)) (func $s (local i64) (call $r)) (func (export "call_run") (call $r))`,
    "through a table": `(type $t (func)) (table 1 1 funcref) (elem (i32.const 0) $r)
      (func $r (type $t) (call_indirect (type $t) (i32.const 0))) (func (export "call_run") (call $r))`,
    "through a table, into the method itself": `(type $t (func)) (table 1 1 funcref) (elem (i32.const 0) $r)
      (func $r (export "call_run") (type $t) (call_indirect (type $t) (i32.const 0)))`,
  };
  for (const [way, parts] of Object.entries(WAYS)) {
    it(`ends in outcome stack and costs the limit, or out of gas where that comes first: ${way}`, () => {
      const chain = new SmallChain().deploy("a", contractWat(parts));
      for (let round = 0; round < 3; round++) {
        const deep = chain.run("a", "run", { gas: 10_000_000 });
        assert.deepEqual([deep.outcome, deep.gasUsed], [OUTCOMES.stack, 10_000_000]);
        const poor = chain.run("a", "run", { gas: LEAST - 1 });
        assert.deepEqual([poor.outcome, poor.gasUsed], [OUTCOMES.outOfGas, LEAST - 1]);
      }
    });
  }
});

/** A contract that calls the method `run` of another, with all its gas, and fails when that fails. */
const calling = (name: string): Uint8Array =>
  contractWat(
    `(data (i32.const 0) "${name}run")
     (func (export "call_run") (drop (call $call
       (i32.const 0) (i32.const ${name.length}) (i32.const ${name.length}) (i32.const 3)
       (i32.const 0) (i32.const 0) (i64.const -1))))`,
    [HOST.call],
  );

describe("recursion from contract to contract", () => {
  it("into itself is refused as re-entry", () => {
    const chain = new SmallChain().deploy("a", calling("a"));
    const { outcome, revertCode } = chain.run("a", "run");
    assert.deepEqual([outcome, revertCode], [OUTCOMES.refusedHostCall, HOST_REFUSALS.reentrancy]);
  });

  it("into itself by way of another fails in both, and the first knows why", () => {
    const chain = new SmallChain().deploy("a", calling("b")).deploy("b", calling("a"));
    const { outcome, revertCode } = chain.run("a", "run");
    assert.deepEqual([outcome, revertCode], [OUTCOMES.calleeFailed, HOST_REFUSALS.reentrancy]);
  });

  it("along nine contracts is refused in the eighth; along eight it is not", () => {
    const chain = new SmallChain();
    for (let index = 1; index <= 8; index++) chain.deploy(`c${index}`, calling(`c${index + 1}`));
    chain.deploy("c9", contractWat(`(func (export "call_run"))`));
    const tooDeep = chain.run("c1", "run", { gas: 50_000_000 });
    assert.deepEqual([tooDeep.outcome, tooDeep.revertCode], [OUTCOMES.calleeFailed, HOST_REFUSALS.callDepth]);
    assert.equal(chain.run("c2", "run", { gas: 50_000_000 }).outcome, OUTCOMES.ok);
  });

  it("in eight contracts that each recurse for ever ends in the innermost, never in the engine", () => {
    const chain = new SmallChain();
    for (let index = 1; index <= 7; index++) {
      const next = `c${index + 1}`;
      chain.deploy(
        `c${index}`,
        contractWat(
          `(data (i32.const 0) "${next}run")
           (func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else
             (drop (call $call (i32.const 0) (i32.const 2) (i32.const 2) (i32.const 3)
               (i32.const 0) (i32.const 0) (i64.const -1))))))
           (func (export "call_run") (call $down (i32.const 150)))`,
          [HOST.call],
        ),
      );
    }
    chain.deploy("c8", contractWat(`(func $r (call $r)) (func (export "call_run") (call $r))`));
    const { outcome, gasUsed } = chain.run("c1", "run", { gas: 50_000_000 });
    assert.equal(outcome, OUTCOMES.calleeFailed);
    assert.ok(gasUsed < 50_000_000);
  });
});
