import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { Trace, type TracedHostCall, tracedMachine } from "../../../../vm/execute/trace.ts";
import { HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

const caller = contractWat(
  `(data (i32.const 8) "key!value") (data (i32.const 32) "callee") (data (i32.const 48) "m")
   (func (export "call_run")
     (call $put (i32.const 8) (i32.const 3) (i32.const 12) (i32.const 5))
     (drop (call $get (i32.const 8) (i32.const 3)))
     (call $result_read (i32.const 100))
     (drop (call $try_call (i32.const 32) (i32.const 6) (i32.const 48) (i32.const 1)
       (i32.const 12) (i32.const 2) (i64.const -1)))
     (call $emit (i32.const 32) (i32.const 6) (i32.const 8) (i32.const 3))
     (call $output (i32.const 12) (i32.const 5)))
   (func (export "call_outside") (call $output (i32.const -8) (i32.const 5)))
   (func (export "call_trap") (unreachable))`,
  [HOST.put, HOST.get, HOST.resultRead, HOST.tryCall, HOST.emit, HOST.output],
);
const callee = contractWat(
  `(data (i32.const 8) "no") (func (export "call_m") (call $revert (i32.const 7) (i32.const 8) (i32.const 2)))`,
  [HOST.revert],
);

/** Two chains with the same contracts, one of them traced. */
function chains() {
  const trace = new Trace();
  const base = createMachine({ hashes: testHashes, verifier: testVerifier });
  const plain = new SmallChain(base).deploy("caller", caller).deploy("callee", callee);
  const traced = new SmallChain(tracedMachine(base, trace)).deploy("caller", caller).deploy("callee", callee);
  return { trace, plain, traced };
}

const shown = ({ name, args, result, register, endsFrame }: TracedHostCall) => ({
  name,
  args,
  result,
  register,
  endsFrame,
});

describe("a trace", () => {
  it("has the host calls with their arguments, results and registers, the callee inside of its call", () => {
    const { trace, traced } = chains();
    traced.run("caller", "run", { input: utf8("in") });
    const [frame] = trace.frames;
    assert.ok(frame);
    assert.deepEqual([frame.contract, frame.method, frame.input], ["caller", "run", utf8("in")]);
    const plainCall = { result: undefined, register: undefined, endsFrame: false };
    const answer = Uint8Array.of(1, 7, 0, 0, 0, 0x6e, 0x6f);
    const [key, value] = [utf8("key"), utf8("value")];
    const args = { contract: utf8("callee"), method: utf8("m"), args: utf8("va"), gasLimit: -1n };
    assert.deepEqual(frame.hostCalls.map(shown), [
      { ...plainCall, name: "storage_put", args: { key, value } },
      { ...plainCall, name: "storage_get", args: { key }, result: 5, register: value },
      { ...plainCall, name: "result_read", args: { target: 100 } },
      { ...plainCall, name: "try_call", args, result: 7, register: answer },
      { ...plainCall, name: "event_emit", args: { name: utf8("callee"), data: key } },
      { ...plainCall, name: "output_write", args: { source: value } },
    ]);
    const inner = frame.hostCalls[3]?.callee;
    assert.ok(inner);
    assert.deepEqual([inner.contract, inner.outcome, inner.revertCode], ["callee", OUTCOMES.revert, 7]);
    assert.deepEqual(inner.hostCalls.map(shown), [
      {
        name: "revert",
        args: { code: 7, message: utf8("no") },
        result: undefined,
        register: undefined,
        endsFrame: true,
      },
    ]);
  });

  it("has the gas of every frame and host call", () => {
    const { trace, traced } = chains();
    const { gasUsed } = traced.run("caller", "run", { gas: 1_000_000 });
    const [frame] = trace.frames;
    assert.ok(frame);
    assert.deepEqual([frame.gasLimit, frame.gasUsed, frame.outcome], [1_000_000, gasUsed, OUTCOMES.ok]);
    const get = frame.hostCalls[1]!;
    // What the arguments cost was charged by the module; what the value costs, between the two looks.
    assert.equal(get.gasBefore - get.gasAfter, hostGas("storage_get", {}, 5) - hostGas("storage_get", {}, 0));
    const call = frame.hostCalls[3]!;
    assert.equal(call.gasBefore - call.gasAfter, call.callee?.gasUsed);
    for (const [index, each] of frame.hostCalls.entries()) {
      assert.ok(each.gasBefore >= each.gasAfter);
      if (index > 0) assert.ok(frame.hostCalls[index - 1]!.gasAfter > each.gasBefore);
    }
  });

  it("shows what lies outside of the memory as null, and traps without a host call", () => {
    const { trace, traced } = chains();
    assert.equal(traced.run("caller", "outside").revertCode, HOST_REFUSALS.outsideMemory);
    traced.run("caller", "trap");
    const [outside, trap] = trace.frames;
    assert.deepEqual(outside?.hostCalls.map(shown), [
      { name: "output_write", args: { source: null }, result: undefined, register: undefined, endsFrame: true },
    ]);
    assert.deepEqual([trap?.outcome, trap?.hostCalls], [OUTCOMES.trap, []]);
  });

  it("changes no result, gas or effect, at any gas limit", () => {
    for (const method of ["run", "outside", "trap", "missing"]) {
      for (const gas of [0, 123_000, 125_000, 126_000, 130_000, 150_000, 260_000, 10_000_000]) {
        const { plain, traced } = chains();
        assert.deepEqual(
          traced.run("caller", method, { gas }),
          plain.run("caller", method, { gas }),
          `${method} ${gas}`,
        );
        assert.deepEqual(traced.log, plain.log);
        assert.deepEqual([...traced.state], [...plain.state]);
      }
    }
  });

  it("keeps to instances of its own, and compiles nothing again", (t) => {
    const { plain, traced } = chains();
    plain.run("caller", "run");
    const compiled = t.mock.method(WebAssembly, "Module");
    const made = t.mock.method(WebAssembly, "Instance");
    traced.run("caller", "run");
    assert.equal(made.mock.callCount(), 2);
    assert.equal(compiled.mock.callCount(), 0);
    plain.run("caller", "run");
    assert.equal(made.mock.callCount(), 2);
  });

  it("keeps what its bounds have room for, and counts the rest", () => {
    for (const [options, kept] of [
      [{ hostCallsMax: 2 }, 2],
      [{ hostCallsMax: 0 }, 0],
      [{ bytesMax: 8 }, 1],
    ] as const) {
      const { plain } = chains();
      const trace = new Trace(options);
      const traced = new SmallChain(tracedMachine(plain.machine, trace))
        .deploy("caller", caller)
        .deploy("callee", callee);
      assert.deepEqual(traced.run("caller", "run"), plain.run("caller", "run"));
      assert.equal(trace.frames[0]?.hostCalls.length ?? 0, kept);
      // Six calls of one frame, one of another, and the frames themselves where there was no room for them.
      assert.equal(trace.leftOut, 7 - kept + (kept === 0 ? 2 : 1));
    }
  });

  it("of a frame that a fault of the node came out of has no outcome", () => {
    const { trace, traced } = chains();
    traced.onEffect = () => {
      throw new TypeError("disk");
    };
    assert.throws(() => traced.run("caller", "run"), { name: "NodeError" });
    assert.equal(trace.frames[0]?.outcome, undefined);
  });
});
