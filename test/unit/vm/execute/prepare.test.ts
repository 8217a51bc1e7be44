import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { type PreparationOptions, prepareContract } from "../../../../vm/execute/prepare.ts";
import { SCHEDULE_1 } from "../../../../vm/gas/schedule.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import { contractWat, HOST, wat } from "../wat.ts";

const code = contractWat(
  `(func (export "call_run") (call $put (i32.const 0) (i32.const 4) (i32.const 8) (i32.const 8)))`,
  [HOST.put],
);
const { sha256 } = testHashes;
const prepare = (options: Partial<PreparationOptions> = {}) => prepareContract(code, { sha256, ...options })!;
const machineWith = (options = {}) => createMachine({ hashes: testHashes, verifier: testVerifier, ...options });
const dearer = { ...SCHEDULE_1, costs: { ...SCHEDULE_1.costs, simple: { ...SCHEDULE_1.costs.simple, gas: 2 } } };

describe("a prepared contract", () => {
  it("runs as the one that the machine compiles itself, and is not compiled again", (t) => {
    const own = new SmallChain().deploy("a", code);
    const machine = machineWith();
    const prepared = structuredClone({ ...prepare(), module: null });
    assert.equal(machine.adopt({ ...prepared, module: prepare().module } as ReturnType<typeof prepare>), true);
    const compiled = t.mock.method(WebAssembly, "Module");
    const chain = new SmallChain(machine).deploy("a", code);
    assert.deepEqual(chain.run("a", "run"), own.run("a", "run"));
    assert.deepEqual(chain.log, own.log);
    assert.equal(compiled.mock.callCount(), 0);
  });

  it("has an instance at hand for its first call", (t) => {
    const machine = machineWith();
    machine.adopt(prepare());
    const chain = new SmallChain(machine).deploy("a", code);
    const made = t.mock.method(WebAssembly, "Instance");
    assert.equal(chain.run("a", "run").outcome, OUTCOMES.ok);
    assert.equal(made.mock.callCount(), 0);
  });

  it("is adopted once, and not when the machine has the contract", () => {
    const machine = machineWith();
    assert.equal(machine.adopt(prepare()), true);
    assert.equal(machine.adopt(prepare()), false);
    const other = machineWith();
    other.load(code);
    const kept = other.loaded(sha256(code));
    assert.equal(other.adopt(prepare()), false);
    assert.equal(other.loaded(sha256(code)), kept);
  });

  const STRANGERS = {
    "another schedule": () => prepare({ schedule: dearer }),
    "another instrumenter": () => ({ ...prepare(), instrumenterVersion: prepare().instrumenterVersion + 1 }),
    "a chain with a debug log": () => prepare({ allowsDebug: true }),
  } as const;
  for (const [name, stranger] of Object.entries(STRANGERS)) {
    it(`is not adopted from ${name}, and the machine's own prices stand`, () => {
      const machine = machineWith();
      assert.equal(machine.adopt(stranger()), false);
      assert.equal(machine.loaded(sha256(code)), undefined);
      const { gasUsed } = new SmallChain(machine).deploy("a", code).run("a", "run");
      assert.equal(gasUsed, new SmallChain().deploy("a", code).run("a", "run").gasUsed);
    });
  }

  it("of a machine with another schedule has that schedule's prices", () => {
    const machine = machineWith({ schedule: dearer });
    assert.equal(machine.adopt(prepare()), false);
    assert.equal(machine.adopt(prepare({ schedule: dearer })), true);
    const { gasUsed } = new SmallChain(machine).deploy("a", code).run("a", "run");
    assert.equal(gasUsed - new SmallChain().deploy("a", code).run("a", "run").gasUsed, 4);
  });

  it("is none of a module that is refused", () => {
    const bad = wat(`(module (memory (export "memory") 1 1) (func (drop (f32.const 1))))`);
    assert.equal(prepareContract(bad, { sha256 }), undefined);
    assert.equal(prepareContract(new Uint8Array(5), { sha256 }), undefined);
  });
});
