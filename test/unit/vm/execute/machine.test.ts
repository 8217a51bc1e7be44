import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { NodeError, Rejected } from "../../../../vm/errors.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../../vm/outcome.ts";
import { hostGas } from "../host-gas.ts";
import { machineWithoutMinimum, SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import { contractWat, HOST, wat } from "../wat.ts";

const textOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");
const FRAME_GAS = 2_000 + 2_000;
const INSTANCE_GAS = SCHEDULE_1.costs.instance.gas;

describe("loading a contract", () => {
  const code = contractWat(`(func (export "call_run")) (func (export "call_init")) (func (export "other"))`);

  it("gives its methods and the hash of its original bytes", () => {
    const { contract } = loaded(code);
    assert.deepEqual(contract.methods, ["run", "init"]);
    assert.deepEqual(contract.codeHash, testHashes.sha256(code));
  });

  it("finds the same contract again by its hash and by its bytes", () => {
    const { machine, contract } = loaded(code);
    assert.equal(machine.loaded(contract.codeHash), contract);
    const again = machine.load(code);
    assert.ok(again.ok && again.contract === contract);
    assert.equal(machine.loaded(new Uint8Array(32)), undefined);
  });

  it("lists the reasons of a refusal", () => {
    const machine = createMachine({ hashes: testHashes, verifier: testVerifier });
    const result = machine.load(wat(`(module (memory (export "memory") 1 1) (func (drop (f32.const 1))))`));
    assert.ok(!result.ok);
    assert.deepEqual(
      result.reasons.map((reason) => reason.code),
      ["feature.float"],
    );
  });

  it("stops the node where only the engine refuses the module: another node's engine may not", (t) => {
    t.mock.method(WebAssembly, "validate", () => false);
    const machine = createMachine({ hashes: testHashes, verifier: testVerifier });
    assert.throws(() => machine.load(code), { name: "NodeError", code: "engine.validate" });
  });

  it("lets the contract go that was used longest ago, which still runs", () => {
    const machine = createMachine({ hashes: testHashes, verifier: testVerifier, contractsMax: 2 });
    const codes = [1, 2, 3].map((pages) => contractWat(`(func (export "call_run"))`, [], pages));
    const contracts = codes.map((each) => {
      const result = machine.load(each);
      assert.ok(result.ok);
      return result.contract;
    });
    assert.deepEqual(
      contracts.map(({ codeHash }) => machine.loaded(codeHash) !== undefined),
      [false, true, true],
    );
    const chain = new SmallChain(machine);
    chain.contracts.set("a", contracts[0]!);
    assert.equal(chain.run("a", "run").outcome, OUTCOMES.ok);
  });
});

describe("a call", () => {
  const chain = new SmallChain().deploy(
    "a",
    contractWat(
      `(data (i32.const 8) "output") (data (i32.const 64) "no \\ff way")
       (data (i32.const 128) "\\06\\00\\00\\00a\\00b\\00\\e9\\00")
       (global $n (mut i32) (i32.const 0))
       (func (export "call_empty"))
       (func (export "call_output")
         (call $output (i32.const 8) (i32.const 3)) (call $output (i32.const 8) (i32.const 6)))
       (func (export "call_echo") (call $input_read (i32.const 256)) (call $output (i32.const 256) (call $input_size)))
       (func (export "call_revert") (call $revert (i32.const 7) (i32.const 64) (i32.const 8)))
       (func (export "call_reserved") (call $revert (i32.const -1) (i32.const 64) (i32.const 2)))
       (func (export "call_abort") (call $abort (i32.const 132) (i32.const 0) (i32.const 1) (i32.const 2)))
       (func (export "call_null") (call $abort (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 2)))
       (func (export "call_trap") (unreachable))
       (func (export "call_zero") (drop (i32.div_u (i32.const 1) (global.get $n))))
       (func (export "call_outside") (drop (i32.load (i32.const -1))))
       (func (export "call_endless") (loop $l (br $l)))
       (func $r (call $r))
       (func (export "call_recursion") (call $r))
       (func (export "call_refused") (call $put (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
       (func (export "call_put") (call $put (i32.const 8) (i32.const 1) (i32.const 9) (i32.const 2)))`,
      [HOST.output, HOST.inputSize, HOST.inputRead, HOST.revert, HOST.abort, HOST.put],
    ),
  );
  const CASES = [
    { method: "empty", outcome: OUTCOMES.ok },
    { method: "output", outcome: OUTCOMES.ok, output: "output" },
    { method: "echo", outcome: OUTCOMES.ok, output: "input" },
    { method: "revert", outcome: OUTCOMES.revert, code: 7, output: "no \ufffd way".slice(0, 8) },
    { method: "reserved", outcome: OUTCOMES.revert, code: SYSTEM_REVERTS.abort, output: "no" },
    { method: "abort", outcome: OUTCOMES.revert, code: SYSTEM_REVERTS.abort, output: "ab\u00e9" },
    { method: "null", outcome: OUTCOMES.revert, code: SYSTEM_REVERTS.abort },
    { method: "trap", outcome: OUTCOMES.trap },
    { method: "zero", outcome: OUTCOMES.trap },
    { method: "outside", outcome: OUTCOMES.trap },
    { method: "endless", outcome: OUTCOMES.outOfGas },
    { method: "recursion", outcome: OUTCOMES.stack },
    { method: "refused", outcome: OUTCOMES.refusedHostCall, code: HOST_REFUSALS.emptyKey },
    { method: "missing", outcome: OUTCOMES.revert, code: SYSTEM_REVERTS.unknownMethod },
    { method: "__proto__", outcome: OUTCOMES.revert, code: SYSTEM_REVERTS.unknownMethod },
  ] as const;
  const COSTS_ALL: ReadonlySet<number> = new Set([
    OUTCOMES.trap,
    OUTCOMES.outOfGas,
    OUTCOMES.stack,
    OUTCOMES.refusedHostCall,
  ]);

  for (const each of CASES) {
    const { method, outcome } = each;
    it(`ends with outcome ${outcome}: ${method}`, () => {
      const gas = 500_000;
      const result = chain.run("a", method, { gas, input: new TextEncoder().encode("input") });
      assert.equal(result.outcome, outcome);
      assert.equal(result.revertCode, "code" in each ? each.code : 0);
      assert.equal(textOf(result.output), "output" in each ? each.output : "");
      if (COSTS_ALL.has(outcome)) assert.equal(result.gasUsed, gas);
      else assert.ok(result.gasUsed < gas);
    });
  }

  it("of an unknown method costs nothing", () => {
    assert.equal(chain.run("a", "missing").gasUsed, 0);
  });

  it("of an empty method costs its frame", () => {
    assert.equal(chain.run("a", "empty").gasUsed, FRAME_GAS);
  });

  it("that reverts costs exactly what ran", () => {
    // Three constants and a call.
    assert.equal(chain.run("a", "revert").gasUsed, FRAME_GAS + 3 + 8 + hostGas("revert", { length: 8 }));
  });

  it("that writes costs what its instructions and the table say", () => {
    const put = hostGas("storage_put", { keyLength: 1, valueLength: 2 });
    assert.equal(chain.run("a", "put").gasUsed, FRAME_GAS + 4 + 8 + put);
  });

  it("is refused with a gas limit that is no safe integer", () => {
    for (const gas of [-1, 1.5, 2 ** 53, Number.NaN, Number.POSITIVE_INFINITY]) {
      assert.throws(
        () => chain.run("a", "empty", { gas }),
        (error) => error instanceof Rejected && error.code === "gas.limit",
      );
    }
  });

  it("runs with the largest gas limit there is", () => {
    assert.equal(chain.run("a", "empty", { gas: Number.MAX_SAFE_INTEGER }).gasUsed, FRAME_GAS);
  });

  it("of another machine's contract is a fault", () => {
    const other = createMachine({ hashes: testHashes, verifier: testVerifier });
    const stranger = new SmallChain(other);
    stranger.contracts.set("a", chain.contracts.get("a")!);
    assert.throws(() => stranger.run("a", "echo"), NodeError);
  });
});

describe("the memory gate", () => {
  const code = contractWat(
    `(func $answer (param i32) (i32.store (i32.const 0) (local.get 0)) (call $output (i32.const 0) (i32.const 4)))
     (func (export "call_one") (call $answer (memory.grow (i32.const 1))))
     (func (export "call_two") (drop (memory.grow (i32.const 1))) (call $answer (memory.grow (i32.const 1))))
     (func (export "call_none") (call $answer (memory.grow (i32.const 0))))
     (func (export "call_many") (call $answer (memory.grow (i32.const 3))))
     (func (export "call_all") (call $answer (memory.grow (i32.const -1))))
     (func (export "call_size") (call $answer (memory.size)))`,
    [HOST.output],
    3,
  );
  const chain = new SmallChain().deploy("a", code);
  const answerOf = (method: string): number => {
    const result = chain.run("a", method);
    assert.equal(result.outcome, OUTCOMES.ok);
    return new DataView(result.output.buffer).getInt32(0, true);
  };

  it("gives the size before, up to the declared maximum, and -1 above it", () => {
    assert.deepEqual(["one", "two", "none", "many", "all"].map(answerOf), [1, 2, 1, -1, -1]);
  });

  it("gives every call the initial size again", () => {
    assert.equal(answerOf("two"), 2);
    assert.equal(answerOf("size"), 1);
  });
});

describe("the stack budget", () => {
  const WAYS_OUT = {
    "its end": "(i32.const 1)",
    "a return": "(return (i32.const 1))",
    "a return inside": "(if (local.get 0) (then (block (loop (return (i32.const 1)))))) (i32.const 2)",
    "a branch to the body": "(block $b (result i32) (br $b (i32.const 1)))",
    "a conditional branch": "(drop (br_if $body (i32.const 1) (local.get 0))) (i32.const 2)",
    "a table": "(br_table $body $body (i32.const 1) (local.get 0))",
  } as const;

  for (const [way, text] of Object.entries(WAYS_OUT)) {
    it(`is given back on every way out of a function: ${way}`, () => {
      // Binaryen's text has no label for a function's body; a block around the whole body is written as none.
      const body = text.includes("$body") ? `(block $body (result i32) ${text})` : text;
      const code = contractWat(
        `(func $f (param i32) (result i32) ${body})
         (func $g (param i32) (if (local.get 0) (then (return))))
         (func (export "call_run") (local $n i32) (loop $l
           (local.set $n (i32.add (local.get $n) (call $f (i32.const 1)))) (call $g (local.get $n))
           (br_if $l (i32.lt_u (local.get $n) (i32.const 10000)))))`,
      );
      assert.equal(new SmallChain().deploy("a", code).run("a", "run", { gas: 10_000_000 }).outcome, OUTCOMES.ok);
    });
  }
});

describe("an instance used again", () => {
  const dirty = contractWat(
    `(data (i32.const 100) "keep") (data (i32.const 65530) "end")
     (global $a (mut i32) (i32.const 5)) (global $b (mut i64) (i64.const -9))
     (func (export "call_dirty") (local $n i32)
       (global.set $a (i32.const 77)) (global.set $b (i64.const 1))
       (memory.fill (i32.const 0) (i32.const 0xaa) (i32.const 65536)))
     (func (export "call_trap")
       (global.set $a (i32.const 78)) (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (unreachable))
     (func (export "call_revert") (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536))
       (global.set $a (i32.const 79)) (call $revert (i32.const 1) (i32.const 0) (i32.const 0)))
     (func (export "call_endless")
       (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (global.set $a (i32.const 80)) (loop $l (br $l)))
     (func $r (global.set $a (i32.const 81)) (call $r))
     (func (export "call_recursion") (call $r))
     (func (export "call_globals") (i32.store (i32.const 0) (global.get $a)) (i64.store (i32.const 4) (global.get $b))
       (call $output (i32.const 0) (i32.const 12)))
     (func (export "call_memory") (call $output (i32.const 0) (i32.const 65536)))`,
    [HOST.output, HOST.revert],
  );

  for (const first of ["dirty", "trap", "revert", "endless", "recursion"]) {
    it(`is as new after a call of ${first}`, () => {
      const fresh = new SmallChain().deploy("a", dirty);
      const memory = fresh.run("a", "memory").output;
      const globals = new SmallChain().deploy("a", dirty).run("a", "globals").output;
      assert.equal(textOf(memory.subarray(100, 104)), "keep");
      const chain = new SmallChain().deploy("a", dirty);
      for (let round = 0; round < 3; round++) {
        chain.run("a", first);
        assert.deepEqual(chain.run("a", "memory").output, memory);
        chain.run("a", first);
        assert.deepEqual(chain.run("a", "globals").output, globals);
      }
    });
  }
});

describe("a fault of the host", () => {
  const code = contractWat(
    `(func (export "call_run")
       (call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1))
       (drop (call $get (i32.const 0) (i32.const 1)))
       (call $emit (i32.const 16) (i32.const 1) (i32.const 0) (i32.const 1))
       (drop (call $try_call (i32.const 17) (i32.const 1) (i32.const 18) (i32.const 1)
         (i32.const 0) (i32.const 0) (i64.const -1)))
       (call $put (i32.const 0) (i32.const 1) (i32.const 0) (i32.const 1)))
     (data (i32.const 16) "ebm")`,
    [HOST.put, HOST.get, HOST.emit, HOST.tryCall],
  );
  const callee = contractWat(`(func (export "call_m") (drop (call $get (i32.const 0) (i32.const 1))))`, [HOST.get]);
  const chainOf = (): SmallChain => new SmallChain().deploy("a", code).deploy("b", callee);
  const effects = (() => {
    const chain = chainOf();
    assert.equal(chain.run("a", "run").outcome, OUTCOMES.ok);
    return chain.log.length;
  })();

  it("is met at six places", () => assert.equal(effects, 6));

  for (const [kind, error] of [
    ["an Error", new TypeError("disk")],
    ["a trap of a kernel", new WebAssembly.RuntimeError("unreachable")],
    ["a RangeError", new RangeError("stack")],
    ["a value", 7],
  ] as const) {
    it(`is thrown at every place as a NodeError, and never a result: ${kind}`, () => {
      for (let place = 0; place < effects; place++) {
        const chain = chainOf();
        let count = 0;
        chain.onEffect = () => {
          if (count++ === place) throw error;
        };
        assert.throws(
          () => chain.run("a", "run"),
          (thrown) => thrown instanceof NodeError && thrown.code === "host.fault" && thrown.cause === error,
        );
        chain.onEffect = () => {};
        assert.equal(chain.run("a", "run").outcome, OUTCOMES.ok, "the machine still runs");
      }
    });
  }

  it("that is a NodeError already passes as it is", () => {
    const chain = chainOf();
    const fault = new NodeError("state.disk", "the disk is full");
    chain.onEffect = () => {
      throw fault;
    };
    assert.throws(
      () => chain.run("a", "run"),
      (thrown) => thrown === fault,
    );
  });
});

describe("out of gas", () => {
  const program = contractWat(
    `(table 1 1 funcref) (elem (i32.const 0) $f) (type $t (func (param i32) (result i32)))
     (func $f (type $t) (i32.add (local.get 0) (i32.const 1)))
     (func (export "call_run") (local $n i32) (local $k i32)
       (loop $l
         (block $two (block $one (block $zero (br_table $zero $one $two (i32.rem_u (local.get $n) (i32.const 3))))
           (local.set $k (call $f (local.get $k))) (br $two))
           (local.set $k (call_indirect (type $t) (local.get $k) (i32.const 0))))
         (call $put (i32.const 0) (i32.const 1) (i32.const 0) (local.get $n))
         (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 3)))))`,
    [HOST.put],
  );

  it("at every limit below what a run needs: the whole limit, and no effect that was not paid", () => {
    const whole = new SmallChain(machineWithoutMinimum()).deploy("a", program);
    const needed = whole.run("a", "run").gasUsed;
    // After how much gas each of the three writes is paid for.
    const paid = [0, 1, 2].map((write) => gasBeforeWrite(program, write));
    const chain = new SmallChain(machineWithoutMinimum()).deploy("a", program);
    for (let gas = 0; gas < needed; gas++) {
      chain.log.length = 0;
      const result = chain.run("a", "run", { gas });
      assert.equal(result.outcome, OUTCOMES.outOfGas);
      assert.equal(result.gasUsed, gas);
      assert.equal(chain.log.length, paid.filter((limit) => limit <= gas).length, `limit ${gas}`);
      assert.equal(chain.state.size, 0);
    }
    assert.equal(chain.run("a", "run", { gas: needed }).outcome, OUTCOMES.ok);
  });
});

/** The smallest limit with which that write reaches the environment. */
function gasBeforeWrite(code: Uint8Array, write: number): number {
  const chain = new SmallChain(machineWithoutMinimum()).deploy("a", code);
  let low = 0;
  let high = 100_000;
  while (low < high) {
    const gas = (low + high) >> 1;
    chain.log.length = 0;
    chain.run("a", "run", { gas });
    if (chain.log.length > write) high = gas;
    else low = gas + 1;
  }
  return low;
}

describe("a call that trapped", () => {
  const MINIMUM = FRAME_GAS + INSTANCE_GAS;
  const code = contractWat(
    `(global $count (mut i32) (i32.const 0))
     (func (export "call_ok"))
     (func (export "call_trap") (unreachable))
     (func (export "call_revert") (call $revert (i32.const 1) (i32.const 0) (i32.const 0)))
     (func (export "call_refused") (call $put (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)))
     (func (export "call_endless") (loop $l (br $l)))
     (func $r (call $r))
     (func (export "call_recursion") (call $r))
     (func (export "call_grow") (drop (memory.grow (i32.const 1))))`,
    [HOST.revert, HOST.put],
  );
  /** How many instances the calls made. */
  const madeBy = (t: TestContext, chain: SmallChain, calls: () => void): number => {
    chain.run("a", "ok");
    const made = t.mock.method(WebAssembly, "Instance");
    calls();
    const count = made.mock.callCount();
    made.mock.restore();
    return count;
  };

  for (const [method, made] of [
    ["ok", 0],
    ["revert", 0],
    ["refused", 0],
    ["trap", 10],
    ["endless", 10],
    ["recursion", 10],
    ["grow", 10],
  ] as const) {
    it(`${made === 0 ? "leaves its instance to the next" : "takes its instance with it"}: ${method}`, (t) => {
      const chain = new SmallChain().deploy("a", code);
      const count = madeBy(t, chain, () => {
        for (let round = 0; round < 10; round += 1) {
          const { outcome, gasUsed } = chain.run("a", method, { gas: 1_000_000 });
          chain.run("a", "ok", { gas: 1_000_000 });
          if (made > 0) assert.ok(gasUsed >= INSTANCE_GAS, `${gasUsed} pays for what it took (outcome ${outcome})`);
        }
      });
      assert.equal(count, made);
    });
  }

  it("had a limit that pays for an instance: below it nothing runs, and the limit is used", (t) => {
    const chain = new SmallChain().deploy("a", code);
    const count = madeBy(t, chain, () => {
      for (const method of ["ok", "trap", "revert"]) {
        for (const gas of [0, 1, FRAME_GAS, INSTANCE_GAS, MINIMUM - 1]) {
          const { outcome, gasUsed } = chain.run("a", method, { gas });
          assert.deepEqual([outcome, gasUsed], [OUTCOMES.outOfGas, gas]);
        }
      }
    });
    assert.equal(count, 0);
    assert.deepEqual(chain.run("a", "ok", { gas: MINIMUM }).gasUsed, FRAME_GAS);
    assert.deepEqual(chain.run("a", "trap", { gas: MINIMUM }).gasUsed, MINIMUM);
  });

  it("again and again costs its callers no less than an instance each time", () => {
    const caller = contractWat(
      `(data (i32.const 16) "a") (data (i32.const 32) "trap")
       (func (export "call_many") (local $n i32) (loop $l
         (drop (call $try_call (i32.const 16) (i32.const 1) (i32.const 32) (i32.const 4)
           (i32.const 0) (i32.const 0) (i64.const ${MINIMUM})))
         (br_if $l (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 500)))))`,
      [HOST.tryCall],
    );
    const chain = new SmallChain().deploy("a", code).deploy("b", caller);
    const { outcome, gasUsed } = chain.run("b", "many", { gas: 1_000_000_000 });
    assert.equal(outcome, OUTCOMES.ok);
    assert.ok(gasUsed >= 500 * MINIMUM);
  });
});

function loaded(code: Uint8Array) {
  const machine = createMachine({ hashes: testHashes, verifier: testVerifier });
  const result = machine.load(code);
  assert.ok(result.ok);
  return { machine, contract: result.contract };
}
