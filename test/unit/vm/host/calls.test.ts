/**
 * Calls from contract to contract: gas, failures caught and not caught, depth and re-entry, the shared stack budget.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type CallResult, HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const FRAME_GAS = 4_000;

/** Calls method `m` of contract `to` with a gas limit, and gives what it got back. */
function callerOf(to: string, { gas = -1 as number | string, catches = true, before = "" } = {}): Uint8Array {
  const call = `(call ${catches ? "$try_call" : "$call"} (i32.const 16) (i32.const ${to.length})
    (i32.const 32) (i32.const 1) (i32.const 48) (i32.const 3) (i64.const ${gas}))`;
  return contractWat(
    `(data (i32.const 16) "${to}") (data (i32.const 32) "m") (data (i32.const 48) "arg")
     (func (export "call_m") (local $n i32) ${before}
       (local.set $n ${call}) (call $result_read (i32.const 64)) (call $output (i32.const 64) (local.get $n)))`,
    [HOST.call, HOST.tryCall, HOST.resultRead, HOST.output, HOST.put, HOST.emit],
  );
}

const callee = (body: string): Uint8Array =>
  contractWat(`(data (i32.const 8) "message") (func $r (call $r)) (func (export "call_m") ${body})`, [
    HOST.output,
    HOST.inputSize,
    HOST.inputRead,
    HOST.revert,
    HOST.put,
    HOST.emit,
  ]);

const CALLEES = {
  echo: callee("(call $input_read (i32.const 64)) (call $output (i32.const 64) (call $input_size))"),
  revert: callee("(call $revert (i32.const 9) (i32.const 8) (i32.const 7))"),
  trap: callee("(unreachable)"),
  endless: callee("(loop $l (br $l))"),
  recursion: callee("(call $r)"),
  refused: callee("(call $put (i32.const 8) (i32.const 0) (i32.const 8) (i32.const 0))"),
  writes: callee("(call $put (i32.const 8) (i32.const 1) (i32.const 8) (i32.const 1)) (unreachable)"),
} as const;

function chainWith(caller: Uint8Array): SmallChain {
  const chain = new SmallChain().deploy("caller", caller);
  for (const [name, code] of Object.entries(CALLEES)) chain.deploy(name, code);
  return chain;
}

/** The register of try_call: outcome, revert code, output. */
function caught(result: CallResult): { outcome: number; code: number; output: string } {
  assert.equal(result.outcome, OUTCOMES.ok);
  const { output } = result;
  const code = new DataView(output.buffer, output.byteOffset).getUint32(1, true);
  return { outcome: output[0]!, code, output: Buffer.from(output.subarray(5)).toString() };
}

describe("a call that is not caught", () => {
  it("gives the callee's output", () => {
    const result = chainWith(callerOf("echo", { catches: false })).run("caller", "m");
    assert.equal(result.outcome, OUTCOMES.ok);
    assert.equal(Buffer.from(result.output).toString(), "arg");
  });

  const FAILURES = [
    { to: "revert", code: 9, output: "message" },
    { to: "trap", code: 0, output: "" },
    { to: "endless", code: 0, output: "" },
    { to: "recursion", code: 0, output: "" },
    { to: "refused", code: HOST_REFUSALS.emptyKey, output: "" },
    { to: "absent", code: SYSTEM_REVERTS.unknownContract, output: "" },
  ];
  for (const { to, code, output } of FAILURES) {
    it(`fails with its callee and carries its code and message: ${to}`, () => {
      const result = chainWith(callerOf(to, { catches: false, gas: 150_000 })).run("caller", "m");
      assert.equal(result.outcome, OUTCOMES.calleeFailed);
      assert.equal(result.revertCode, code);
      assert.equal(Buffer.from(result.output).toString(), output);
      assert.ok(result.gasUsed < 200_000, "the caller keeps what its callee was not given");
    });
  }

  it("carries those of the innermost callee through every frame above it", () => {
    const chain = chainWith(callerOf("middle", { catches: false })).deploy(
      "middle",
      callerOf("revert", { catches: false }),
    );
    const result = chain.run("caller", "m");
    assert.equal(result.outcome, OUTCOMES.calleeFailed);
    assert.equal(result.revertCode, 9);
    assert.equal(Buffer.from(result.output).toString(), "message");
  });
});

describe("a call that is caught", () => {
  const CASES = [
    { to: "echo", outcome: OUTCOMES.ok, code: 0, output: "arg" },
    { to: "revert", outcome: OUTCOMES.revert, code: 9, output: "message" },
    { to: "trap", outcome: OUTCOMES.trap, code: 0, output: "" },
    { to: "endless", outcome: OUTCOMES.outOfGas, code: 0, output: "" },
    { to: "recursion", outcome: OUTCOMES.stack, code: 0, output: "" },
    { to: "refused", outcome: OUTCOMES.refusedHostCall, code: HOST_REFUSALS.emptyKey, output: "" },
  ];
  for (const { to, ...expected } of CASES) {
    it(`gives outcome, code and output: ${to}`, () => {
      assert.deepEqual(caught(chainWith(callerOf(to, { gas: 150_000 })).run("caller", "m")), expected);
    });
  }

  it("has its effects undone when it failed, and the caller's kept", () => {
    const before = "(call $put (i32.const 32) (i32.const 1) (i32.const 32) (i32.const 1))";
    const chain = chainWith(callerOf("writes", { gas: 150_000, before }));
    assert.equal(caught(chain.run("caller", "m")).outcome, OUTCOMES.trap);
    assert.deepEqual([...chain.state.keys()], ["caller/6d"]);
  });

  it("costs the callee's whole limit when it trapped, and what ran when it reverted", () => {
    const gasOf = (to: string, gas: number): number => chainWith(callerOf(to, { gas })).run("caller", "m").gasUsed;
    assert.equal(gasOf("trap", 160_000) - gasOf("trap", 150_000), 10_000);
    assert.equal(gasOf("revert", 160_000) - gasOf("revert", 150_000), 0);
    const ranOfRevert = FRAME_GAS + 3 + 8 + hostGas("revert", { length: 7 });
    // Of the caller: a longer name, and 12 bytes instead of 5 in the register, read and given back.
    const ofCaller = (name: number, register: number): number =>
      hostGas("try_call", { contractLength: name }) +
      hostGas("result_read", {}, register) +
      hostGas("output_write", { length: register });
    const difference = ofCaller("revert".length, 12) - ofCaller("trap".length, 5);
    assert.equal(gasOf("trap", 150_000) - gasOf("revert", 160_000), 150_000 - ranOfRevert - difference);
  });

  it("leaves the caller a 64th of its gas when the callee takes all it can", () => {
    const result = chainWith(callerOf("endless")).run("caller", "m", { gas: 640_000 });
    assert.equal(caught(result).outcome, OUTCOMES.outOfGas);
    assert.ok(result.gasUsed > 620_000 && result.gasUsed < 640_000);
  });

  it("treats a gas limit with the highest bit set as large, not as negative", () => {
    assert.equal(
      caught(chainWith(callerOf("echo", { gas: "0x8000000000000000" })).run("caller", "m")).outcome,
      OUTCOMES.ok,
    );
  });
});

describe("depth and re-entry", () => {
  for (const catches of [false, true]) {
    it(`are refusals of the caller itself, ${catches ? "caught" : "not caught"} or not`, () => {
      const chain = chainWith(callerOf("caller", { catches }));
      const again = chain.run("caller", "m", { gas: 200_000 });
      assert.deepEqual(
        [again.outcome, again.revertCode, again.gasUsed],
        [OUTCOMES.refusedHostCall, HOST_REFUSALS.reentrancy, 200_000],
      );
    });
  }

  it("let eight contracts stand on one another, and the eighth call no ninth", () => {
    const tower = (height: number): SmallChain => {
      const chain = new SmallChain().deploy(`c${height}`, CALLEES.echo);
      for (let floor = 1; floor < height; floor++)
        chain.deploy(`c${floor}`, callerOf(`c${floor + 1}`, { catches: false }));
      return chain;
    };
    assert.equal(tower(8).run("c1", "m").outcome, OUTCOMES.ok);
    const nine = tower(9).run("c1", "m");
    assert.deepEqual([nine.outcome, nine.revertCode], [OUTCOMES.calleeFailed, HOST_REFUSALS.callDepth]);
  });

  it("share one stack budget: what a caller holds its callees do not have", () => {
    // A frame takes 96 bytes and more; the callee of a caller 2,000 frames down has less than half of the budget left.
    const deep = contractWat(
      `(data (i32.const 16) "callee") (data (i32.const 32) "m")
       (func $down (param i32) (if (local.get 0)
         (then (call $down (i32.sub (local.get 0) (i32.const 1))))
         (else (drop (call $call (i32.const 16) (i32.const 6) (i32.const 32) (i32.const 1)
           (i32.const 0) (i32.const 0) (i64.const -1))))))
       (func (export "call_near") (call $down (i32.const 1)))
       (func (export "call_far") (call $down (i32.const 1000)))`,
      [HOST.call],
    );
    const frames = contractWat(
      `(func $down (param i32) (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1))))))
       (func (export "call_m") (call $down (i32.const 1500)))`,
    );
    const chain = new SmallChain().deploy("caller", deep).deploy("callee", frames);
    assert.equal(chain.run("caller", "near").outcome, OUTCOMES.ok);
    assert.equal(chain.run("caller", "far").outcome, OUTCOMES.calleeFailed);
  });
});
