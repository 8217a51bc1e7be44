import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { BlockExecution, executeBlock } from "../../../../runtime/execute/block.ts";
import { ContractCode } from "../../../../runtime/execute/contract-code.ts";
import { encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { encodeSettings } from "../../../../runtime/format/settings.ts";
import { stateKey } from "../../../../runtime/format/state-key.ts";
import type { ChainSettings, Receipt, Transaction } from "../../../../runtime/format/types.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { CHAIN_ABI, SETTINGS_STATE_KEY } from "../../../../runtime/system/chain-contract.ts";
import { LIFECYCLE_ABI } from "../../../../runtime/system/lifecycle-contract.ts";
import { Rejected } from "../../../../vm/errors.ts";
import { createMachine, type Machine } from "../../../../vm/execute/machine.ts";
import { HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../../vm/outcome.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import {
  deployOf,
  hashes,
  idOf,
  SETTINGS,
  machine as sharedMachine,
  textOf,
  transactionOf,
  utf8,
  verifier,
} from "../test-chain.ts";

const NAMES = ["pa", "pb", "pc", "pd", "pe", "pf", "pg", "ph", "pi"];
const CODE = puppetModule();
const INIT_CODE = puppetModule(
  `(func (export "call_init") (call $storage_put (i32.const 0) (i32.const 3) (i32.const 0) (i32.const 3)))`,
);

interface World {
  readonly table: SlotTable;
  readonly overlay: Overlay;
  readonly known: Set<string>;
  execution(settings?: ChainSettings): BlockExecution;
  get(contract: string, key: string): string | undefined;
  /** What executes has no memory of the contracts it found before. */
  forgetCode(): void;
}

/** State in memory with the settings and, under each name, the puppet contract. */
function worldWith(names: readonly string[], machine: Machine = sharedMachine): World {
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 1e9 });
  const overlay = new Overlay(table);
  const known = new Set<string>();
  const isKnown = (id: Uint8Array): boolean => known.has(Buffer.from(id).toString("hex"));
  let code = new ContractCode(machine, hashes);
  const services = {
    state: overlay,
    machine,
    get code() {
      return code;
    },
    hashes,
    isKnown,
  };
  overlay.put(SETTINGS_STATE_KEY, SETTINGS_STATE_KEY.length, encodeSettings(SETTINGS));
  const world: World = {
    table,
    overlay,
    known,
    execution: (settings = SETTINGS) =>
      new BlockExecution(services, { settings, height: 1, timeSeconds: 1_700_000_001 }),
    get: (contract, key) => {
      const whole = stateKey(contract, utf8(key));
      const value = overlay.get(whole, whole.length);
      return value && textOf(value);
    },
    forgetCode: () => {
      code = new ContractCode(machine, hashes);
    },
  };
  const deployment = world.execution();
  for (const [number, name] of names.entries()) okReceipt(deployment.add(deployOf(name, CODE, number)));
  overlay.commit();
  return world;
}

function okReceipt(outcome: Receipt | Rejected): Receipt {
  assert.ok(!(outcome instanceof Rejected), String(outcome));
  assert.equal(outcome.outcome, OUTCOMES.ok, `${outcome.outcome} ${outcome.revertCode} ${textOf(outcome.output)}`);
  return outcome;
}

function receiptOf(outcome: Receipt | Rejected): Receipt {
  assert.ok(!(outcome instanceof Rejected), String(outcome));
  return outcome;
}

const put = (key: string, value: string): Step => ({ operation: "put", first: utf8(key), second: utf8(value) });
const emit = (name: string): Step => ({ operation: "emit", first: utf8(name), second: utf8("data") });
const revert = (code: number, message = ""): Step => ({
  operation: "revert",
  first: Uint8Array.of(code),
  second: utf8(message),
});
const callTo = (contract: string, steps: readonly Step[], operation: "call" | "tryCall" = "call"): Step => ({
  operation,
  first: utf8(contract),
  second: encodeScript(steps),
});

let numbers = 1000;
const runOf = (contract: string, steps: readonly Step[], fields: Partial<Transaction> = {}): Transaction => {
  numbers += 1;
  return transactionOf({ contract, args: encodeScript(steps), number: numbers, ...fields });
};

test("a transaction that succeeds leaves its writes, its events and its output", () => {
  const world = worldWith(["pa"]);
  const output: Step = { operation: "output", first: utf8("done") };
  const transaction = runOf("pa", [put("k", "v"), emit("First"), emit("Second"), output]);
  const receipt = okReceipt(world.execution().add(transaction));
  assert.equal(world.get("pa", "k"), "v");
  assert.deepEqual(receipt.transactionId, idOf(transaction));
  assert.equal(textOf(receipt.output), "done");
  assert.deepEqual(
    receipt.events.map(({ contract, name, data }) => [contract, name, textOf(data)]),
    [
      ["pa", "First", "data"],
      ["pa", "Second", "data"],
    ],
  );
  assert.ok(receipt.gasUsed > 6000 && receipt.gasUsed < 50_000);
});

test("a transaction that reverts leaves its code, its message and what ran of its gas", () => {
  const world = worldWith(["pa"]);
  const receipt = receiptOf(
    world.execution().add(runOf("pa", [put("k", "v"), emit("Lost"), revert(7, "no"), put("z", "z")])),
  );
  assert.equal(receipt.outcome, OUTCOMES.revert);
  assert.equal(receipt.revertCode, 7);
  assert.equal(textOf(receipt.output), "no");
  assert.deepEqual(receipt.events, []);
  assert.equal(world.get("pa", "k"), undefined);
  assert.ok(receipt.gasUsed > 3000 && receipt.gasUsed < 50_000);
});

test("a trap and an endless loop cost the whole limit and leave nothing", () => {
  const world = worldWith(["pa"]);
  const execution = world.execution();
  for (const [operation, outcome] of [
    ["trap", OUTCOMES.trap],
    ["burn", OUTCOMES.outOfGas],
  ] as const) {
    const receipt = receiptOf(execution.add(runOf("pa", [put("k", "v"), { operation }], { gasLimit: 1_000_000 })));
    assert.equal(receipt.outcome, outcome);
    assert.equal(receipt.gasUsed, 1_000_000);
    assert.equal(world.get("pa", "k"), undefined);
  }
});

test("unknown contracts and methods are reverts without gas, and init is no method", () => {
  const world = worldWith(["pa"]);
  const execution = world.execution();
  okReceipt(execution.add(deployOf("initial", INIT_CODE, 77)));
  const cases = [
    { contract: "nobody", method: "run", code: SYSTEM_REVERTS.unknownContract },
    { contract: "pa", method: "walk", code: SYSTEM_REVERTS.unknownMethod },
    { contract: "initial", method: "init", code: SYSTEM_REVERTS.unknownMethod },
    { contract: "chain", method: "deploy", code: SYSTEM_REVERTS.unknownMethod },
  ];
  for (const { contract, method, code } of cases) {
    const receipt = receiptOf(execution.add(runOf(contract, [], { method })));
    assert.deepEqual([receipt.outcome, receipt.revertCode, receipt.gasUsed], [OUTCOMES.revert, code, 0]);
  }
});

test("a caught callee leaves nothing, and what its caller did before and after stays", () => {
  const world = worldWith(["pa", "pb"]);
  const callee = [put("inner", "1"), emit("Inner"), revert(9, "inner no")];
  const steps = [put("before", "1"), emit("Before"), callTo("pb", callee, "tryCall"), put("after", "1"), emit("After")];
  const receipt = okReceipt(world.execution().add(runOf("pa", steps)));
  assert.deepEqual(
    receipt.events.map(({ name }) => name),
    ["Before", "After"],
  );
  assert.deepEqual(
    [world.get("pa", "before"), world.get("pb", "inner"), world.get("pa", "after")],
    ["1", undefined, "1"],
  );
});

test("a callee that is not caught fails its caller with the innermost code and message", () => {
  const world = worldWith(["pa", "pb", "pc"]);
  const steps = [put("k", "1"), callTo("pb", [put("k", "1"), callTo("pc", [revert(42, "deep")])])];
  const receipt = receiptOf(world.execution().add(runOf("pa", steps)));
  assert.deepEqual([receipt.outcome, receipt.revertCode, textOf(receipt.output)], [OUTCOMES.calleeFailed, 42, "deep"]);
  assert.deepEqual(
    ["pa", "pb"].map((name) => world.get(name, "k")),
    [undefined, undefined],
  );
});

test("a contract on the stack cannot be entered again, not even through another", () => {
  const world = worldWith(["pa", "pb"]);
  for (const steps of [[callTo("pa", [])], [callTo("pa", [], "tryCall")], [callTo("pb", [callTo("pa", [])])]]) {
    const receipt = receiptOf(world.execution().add(runOf("pa", steps)));
    assert.ok(receipt.outcome === OUTCOMES.refusedHostCall || receipt.outcome === OUTCOMES.calleeFailed);
    assert.equal(receipt.revertCode, HOST_REFUSALS.reentrancy);
  }
  // Caught one level up, the outermost contract goes on.
  const caught = [callTo("pb", [callTo("pa", [])], "tryCall"), put("k", "1")];
  okReceipt(world.execution().add(runOf("pa", caught)));
  assert.equal(world.get("pa", "k"), "1");
});

test("eight frames may stand on one another and no ninth", () => {
  const world = worldWith(NAMES);
  const nested = (depth: number, level = 0): Step[] => {
    const here = put("k", String(depth));
    const below = level + 1;
    return below === depth ? [here] : [here, callTo(NAMES[below]!, nested(depth, below))];
  };
  okReceipt(world.execution().add(runOf("pa", nested(8))));
  assert.equal(world.get("ph", "k"), "8");
  const receipt = receiptOf(world.execution().add(runOf("pa", nested(9))));
  assert.equal(receipt.revertCode, HOST_REFUSALS.callDepth);
  assert.equal(world.get("pa", "k"), "8");
});

test("what cannot be in the block is refused by code and leaves nothing, not even its id", () => {
  const world = worldWith(["pa"]);
  const execution = world.execution();
  const good = runOf("pa", [put("k", "1")]);
  okReceipt(execution.add(good));
  const earlier = runOf("pa", []);
  world.known.add(Buffer.from(idOf(earlier)).toString("hex"));
  const cases: readonly (readonly [Transaction, string])[] = [
    [{ ...runOf("pa", []), chainId: "other" }, "transaction.wrongChain"],
    [runOf("pa", [], { expiryHeight: 0 }), "transaction.expired"],
    [runOf("pa", [], { expiryHeight: 101 }), "transaction.expiryTooFar"],
    [runOf("pa", [], { gasLimit: 500_000_001 }), "transaction.gasAboveMax"],
    [runOf("pa", [], { args: new Uint8Array(600_000) }), "transaction.tooLarge"],
    [runOf("pa", [], { salt: new Uint8Array(3) }), "codec.length"],
    [good, "transaction.duplicate"],
    [{ ...good, signature: new Uint8Array(64).fill(1) }, "transaction.duplicate"],
    [earlier, "transaction.duplicate"],
  ];
  const before = execution.finish();
  for (const [transaction, code] of cases) {
    const refusal = execution.add(transaction);
    assert.ok(refusal instanceof Rejected, code);
    assert.equal(refusal.code, code);
  }
  const after = execution.finish();
  assert.deepEqual(after.receipts.length, before.receipts.length);
  assert.deepEqual(after.writeSet, before.writeSet);
  okReceipt(execution.add(runOf("pa", [], { expiryHeight: 1 })));
  okReceipt(execution.add(runOf("pa", [], { expiryHeight: 100 })));
});

test("a failed transaction is remembered like any other", () => {
  const world = worldWith(["pa"]);
  const execution = world.execution();
  const failing = runOf("pa", [revert(1)]);
  assert.equal(receiptOf(execution.add(failing)).outcome, OUTCOMES.revert);
  const again = execution.add(failing);
  assert.ok(again instanceof Rejected && again.code === "transaction.duplicate");
});

test("the gas of a block is what was used, and a limit that does not fit any more waits", () => {
  const world = worldWith(["pa"]);
  const settings = { ...SETTINGS, blockGasMax: 60_000_000 };
  const execution = world.execution(settings);
  let used = 0;
  for (let number = 0; number < 5; number += 1) used += okReceipt(execution.add(runOf("pa", [put("k", "1")]))).gasUsed;
  const burned = receiptOf(execution.add(runOf("pa", [{ operation: "burn" }])));
  used += burned.gasUsed;
  const refusal = execution.add(runOf("pa", [], { gasLimit: 60_000_000 - used + 1 }));
  assert.ok(refusal instanceof Rejected && refusal.code === "block.gasFull");
  okReceipt(execution.add(runOf("pa", [], { gasLimit: 60_000_000 - used })));
  assert.ok(execution.finish().gasUsed <= 60_000_000);
});

test("a block with a transaction that cannot be in it is invalid as a whole", () => {
  const world = worldWith(["pa"]);
  const twice = runOf("pa", []);
  const services = {
    state: world.overlay,
    machine: sharedMachine,
    code: new ContractCode(sharedMachine, hashes),
    hashes,
    isKnown: () => false,
  };
  const context = { settings: SETTINGS, height: 1, timeSeconds: 1_700_000_001 };
  assert.throws(() => executeBlock(services, context, [twice, twice]), {
    code: "block.badTransaction",
    message: /transaction 1 /,
  });
});

test("an ABI of a system contract names every method that it has", () => {
  for (const { contract, methods } of [CHAIN_ABI, LIFECYCLE_ABI]) {
    for (const { name } of methods) {
      const receipt = receiptOf(
        worldWith([])
          .execution()
          .add(runOf(contract, [], { method: name })),
      );
      assert.notEqual(receipt.revertCode, SYSTEM_REVERTS.unknownMethod, `${contract}.${name}`);
    }
  }
});

const keyName = fc.constantFrom("k0", "k1", "k2");
const leaf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(keyName, fc.string({ maxLength: 3 })).map(([key, value]) => put(key, value)) },
  { weight: 2, arbitrary: keyName.map((key): Step => ({ operation: "delete", first: utf8(key) })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(keyName, keyName)
      .map(([from, to]): Step => ({ operation: "copy", first: utf8(from), second: utf8(to) })),
  },
  { weight: 2, arbitrary: fc.constantFrom("A", "B").map(emit) },
  { weight: 1, arbitrary: fc.constant(revert(3)) },
  { weight: 1, arbitrary: fc.constant<Step>({ operation: "trap" }) },
);

interface Call {
  readonly contract: string;
  readonly isCaught: boolean;
  readonly script: Script;
}
type Script = readonly (Step | Call)[];

const script: fc.Arbitrary<Script> = fc.letrec<{ script: Script }>((tie) => ({
  script: fc.array(
    fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.record({
        contract: fc.constantFrom("pa", "pb", "pc", "nobody"),
        isCaught: fc.boolean(),
        script: tie("script"),
      }),
    ),
    { maxLength: 6 },
  ),
})).script;

const stepsOf = (entries: Script): Step[] =>
  entries.map((entry) =>
    "operation" in entry ? entry : callTo(entry.contract, stepsOf(entry.script), entry.isCaught ? "tryCall" : "call"),
  );

/** The meaning of a script, on copied maps instead of a journal. */
class Model {
  state = new Map<string, string>();
  events: string[] = [];
  /** Failures that cost a whole limit: after two of them a caller's gas decides what happens, which this model has not. */
  costlyFailures = 0;

  run(contract: string, entries: Script, stack: readonly string[]): boolean {
    const before = { state: new Map(this.state), events: this.events.slice() };
    const isOk = entries.every((entry) => this.#step(contract, entry, [...stack, contract]));
    if (!isOk) Object.assign(this, before);
    return isOk;
  }

  #step(contract: string, entry: Step | Call, stack: readonly string[]): boolean {
    if (!("operation" in entry)) return this.#call(entry, stack);
    const key = `${contract}/${textOf(entry.first ?? new Uint8Array(0))}`;
    const second = textOf(entry.second ?? new Uint8Array(0));
    if (entry.operation === "put") this.state.set(key, second);
    if (entry.operation === "delete") this.state.delete(key);
    if (entry.operation === "copy") this.#copy(key, `${contract}/${second}`);
    if (entry.operation === "emit") this.events.push(`${contract}/${textOf(entry.first!)}`);
    if (entry.operation === "trap") this.costlyFailures += 1;
    return entry.operation !== "revert" && entry.operation !== "trap";
  }

  #copy(from: string, to: string): void {
    const value = this.state.get(from);
    if (value === undefined) this.state.delete(to);
    else this.state.set(to, value);
  }

  #call({ contract, isCaught, script: entries }: Call, stack: readonly string[]): boolean {
    if (stack.includes(contract)) {
      this.costlyFailures += 1;
      return false;
    }
    return (contract !== "nobody" && this.run(contract, entries, stack)) || isCaught;
  }
}

test("any nest of calls, caught and not, means the same as on copied maps", () => {
  let compared = 0;
  fc.assert(
    fc.property(fc.array(script, { minLength: 1, maxLength: 6 }), (scripts) => {
      const world = worldWith(["pa", "pb", "pc"]);
      const execution = world.execution();
      const model = new Model();
      for (const entries of scripts) {
        model.costlyFailures = 0;
        model.events = [];
        const isOk = model.run("pa", entries, []);
        fc.pre(model.costlyFailures < 2);
        const receipt = receiptOf(execution.add(runOf("pa", stepsOf(entries), { gasLimit: 500_000_000 })));
        assert.equal(receipt.outcome === OUTCOMES.ok, isOk);
        assert.deepEqual(
          receipt.events.map(({ contract, name }) => `${contract}/${name}`),
          model.events,
        );
        for (const contract of ["pa", "pb", "pc"]) {
          for (const key of ["k0", "k1", "k2"]) {
            assert.equal(world.get(contract, key), model.state.get(`${contract}/${key}`), `${contract}/${key}`);
          }
        }
        compared += 1;
      }
    }),
    { numRuns: 60 },
  );
  assert.ok(compared > 60);
});

/** Lets go of every idle instance and of every contract but the last: nothing that ran before is left for what runs next. */
const coldMachine = (): Machine => createMachine({ hashes, verifier, contractsMax: 1, instancesMax: 0 });

test("the same transactions in the same order give the same bytes, whatever ran before and however warm", () => {
  const scripts = fc.sample(script, { numRuns: 30, seed: 20_240_601 });
  const transactions = scripts.map((entries, index) =>
    transactionOf({ contract: "pa", args: encodeScript(stepsOf(entries)), number: index, gasLimit: 500_000_000 }),
  );
  const results = (["warm", "warm, with refused ones between", "cold"] as const).map((round) => {
    const machine = round === "cold" ? coldMachine() : sharedMachine;
    const world = worldWith(["pa", "pb", "pc"], machine);
    const execution = world.execution();
    for (const transaction of transactions) {
      receiptOf(execution.add(transaction));
      if (round === "warm, with refused ones between") assert.ok(execution.add(transaction) instanceof Rejected);
      if (round !== "cold") continue;
      // The contract that is kept is now another: the next transaction reads, instruments and compiles its own again.
      world.forgetCode();
      assert.ok(machine.load(INIT_CODE).ok);
      assert.equal(machine.loaded(hashes.sha256(CODE)), undefined);
    }
    const { receipts, writeSet, gasUsed } = execution.finish();
    return { receipts: receipts.map(encodeReceipt), writeSet, gasUsed };
  });
  assert.deepEqual(results[1], results[0]);
  assert.deepEqual(results[2], results[0]);
});
