/**
 * What every host function costs, to the unit, by the ABI table alone, and that no work is done for one gas less: no call
 * reaches the environment, the hashes or the verifier before it is paid.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { LIMITS } from "../../../../vm/limits.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES } from "../../../../vm/outcome.ts";
import { SCHEDULE_WITHOUT_MINIMUM, SmallChain, testHashes, testVerifier } from "../small-chain.ts";
import { CountedCalls, countedMachine } from "./counted-calls.ts";
import { type Argument, constantCaller, constantCallerGas, rowOf, smallArguments } from "./row-caller.ts";

const ALL_GAS = Number.MAX_SAFE_INTEGER;
/** Deployed under this name; the memory is full of `a`s, so that the contract `a` that is called is another one. */
const NAME = "z";

/** The gas of a call of `run`, by the table. */
function gasOf(row: HostFunction, args: readonly Argument[]): number {
  const { base, perByte = {}, byValue } = row.cost;
  const argument = (name: string): number => Number(args[row.params.findIndex((each) => each.name === name)]);
  const bytes = Object.entries(perByte).reduce((sum, [name, gas]) => sum + gas * (argument(name) >>> 0), 0);
  const dearest = Math.max(0, ...Object.values(byValue?.gas ?? {}));
  const value = byValue === undefined ? 0 : (byValue.gas[argument(byValue.parameter)] ?? dearest);
  return constantCallerGas(row) + base + bytes + value;
}

interface Case {
  readonly row: HostFunction;
  readonly args: readonly Argument[];
}

/** Every row with lengths of 1, and with lengths of 20 where that is another call. */
function casesOf(row: HostFunction): readonly Case[] {
  const small = smallArguments(row);
  const larger = small.map((arg, i) => (arg === 1 && row.params[i]!.name !== "algorithm" ? 20 : arg));
  return larger.some((arg, i) => arg !== small[i])
    ? [small, larger].map((args) => ({ row, args }))
    : [{ row, args: small }];
}

const shown = ({ row, args }: Case): string => `${row.name}(${args.join(", ")})`;

function chainFor({ row, args }: Case, calls = new CountedCalls()): SmallChain {
  const chain = new SmallChain(countedMachine(calls, testHashes, testVerifier, SCHEDULE_WITHOUT_MINIMUM));
  chain.deploy(NAME, constantCaller(row, args));
  return chain;
}

function checkOutOfGas(result: CallResult, limit: number): void {
  assert.deepEqual([result.outcome, result.gasUsed, result.output.length], [OUTCOMES.outOfGas, limit, 0]);
}

describe("a host function", () => {
  for (const each of HOST_FUNCTIONS.flatMap(casesOf)) {
    const cost = gasOf(each.row, each.args);
    it(`costs what the table says, and does nothing for less: ${shown(each)}`, () => {
      const calls = new CountedCalls();
      const chain = chainFor(each, calls);
      calls.begin();
      for (const gas of [0, 1, cost - each.row.cost.base, cost - 1])
        checkOutOfGas(chain.run(NAME, "run", { gas }), gas);
      assert.deepEqual([calls.names, chain.log, chain.state.size], [[], [], 0], "nothing was done");

      const exact = chain.run(NAME, "run", { gas: cost });
      const most = chain.run(NAME, "run", { gas: ALL_GAS });
      assert.notEqual(exact.outcome, OUTCOMES.outOfGas);
      assert.deepEqual([exact.outcome, exact.revertCode, exact.output], [most.outcome, most.revertCode, most.output]);
      assert.notEqual(exact.outcome, OUTCOMES.refusedHostCall, "the arguments are ones it takes");
      assert.equal(exact.gasUsed, cost);
      assert.equal(most.gasUsed, cost);
    });
  }

  it("that refuses uses the whole limit, whatever it is", () => {
    const refusing: Case = { row: rowOf("signature_verify"), args: [9, 0, 0, 0, 0, 0] };
    const cost = gasOf(refusing.row, refusing.args);
    const chain = chainFor(refusing);
    for (const gas of [cost - 1, cost, cost + 1, ALL_GAS]) {
      const { outcome, revertCode, gasUsed } = chain.run(NAME, "run", { gas });
      const refused = [OUTCOMES.refusedHostCall, HOST_REFUSALS.badAlgorithm, gas];
      assert.deepEqual([outcome, revertCode, gasUsed], gas < cost ? [OUTCOMES.outOfGas, 0, gas] : refused);
    }
  });

  it("is never dearer than what a limit can pay, with all lengths at their highest", () => {
    for (const row of HOST_FUNCTIONS) {
      const args = row.params.map(({ name, type }) => (type === "i64" ? -1n : /length$/i.test(name) ? -1 : 0));
      const dearest = BigInt(constantCallerGas(row)) + BigInt(row.cost.base) + lengthGas(row);
      const { outcome, gasUsed } = chainFor({ row, args }).run(NAME, "run", { gas: ALL_GAS });
      assert.ok(dearest < 2n ** 62n, `${row.name} cannot wrap the counter`);
      if (dearest > BigInt(ALL_GAS)) assert.equal(outcome, OUTCOMES.outOfGas, row.name);
      assert.ok(Number.isSafeInteger(gasUsed) && gasUsed <= ALL_GAS, row.name);
    }
  });
});

function lengthGas(row: HostFunction): bigint {
  return Object.values(row.cost.perByte ?? {}).reduce((sum, gas) => sum + BigInt(gas) * 0xffff_ffffn, 0n);
}

describe("what only the host can know", () => {
  const RESULT_CALLS = [
    { name: "storage_get", args: [0, 1], bytes: 7 },
    { name: "input_read", args: [0], bytes: 11 },
  ] as const;

  for (const { name, args, bytes } of RESULT_CALLS) {
    it(`is charged before it is handed over: ${name}`, () => {
      const row = rowOf(name);
      const chain = chainFor({ row, args });
      chain.state.set(`${NAME}/61`, new Uint8Array(bytes));
      const input = new Uint8Array(bytes);
      const cost = gasOf(row, args) + bytes * row.cost.perResultByte!;
      checkOutOfGas(chain.run(NAME, "run", { gas: cost - 1, input }), cost - 1);
      for (const gas of [cost, ALL_GAS]) {
        const { outcome, gasUsed } = chain.run(NAME, "run", { gas, input });
        assert.deepEqual([outcome, gasUsed], [OUTCOMES.ok, cost]);
      }
    });
  }

  it("is the gas of a callee: all of its limit when it is refused, and the caller keeps a 64th", () => {
    const row = rowOf("try_call");
    const args = [0, 1, 0, 1, 0, 0, -1n];
    const chain = chainFor({ row, args });
    // The contract `a` has the method `a`: it hashes bytes outside of its memory.
    chain.deploy("a", constantCaller(rowOf("sha256"), [-1, 1, 0], "a"));
    const gas = 10_000_000;
    const { outcome, gasUsed } = chain.run(NAME, "run", { gas });
    const left = gas - gasOf(row, args);
    assert.equal(outcome, OUTCOMES.ok);
    assert.equal(gasUsed, gas - Math.floor(left / LIMITS.callGasDivisor));
  });
});
