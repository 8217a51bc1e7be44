/** Transactions of random scripts on three contracts: with a trace and without, the same receipts and the same writes. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { BlockExecution } from "../../runtime/execute/block.ts";
import { ContractCode } from "../../runtime/execute/contract-code.ts";
import { encodeReceipt } from "../../runtime/format/receipt.ts";
import { Overlay } from "../../runtime/state/overlay.ts";
import { SlotTable } from "../../runtime/state/slot-table.ts";
import { Rejected } from "../../vm/errors.ts";
import { Trace, type TracedFrame, tracedMachine } from "../../vm/execute/trace.ts";
import { encodeScript, puppetModule, type Step } from "../unit/runtime/puppet-contract.ts";
import { deployOf, hashes, machine, SETTINGS, transactionOf, utf8 } from "../unit/runtime/test-chain.ts";

const RUNS = process.env.FULL === "1" ? 2_000 : 150;
const NAMES = ["pa", "pb", "pc"] as const;
const CODE = puppetModule();

const word = fc.constantFrom("a", "b", "cc", "").map(utf8);

/** Scripts that call other contracts with scripts, three deep. */
function script(depth: number): fc.Arbitrary<Uint8Array> {
  const simple: fc.Arbitrary<Step> = fc.record({
    operation: fc.constantFrom("put", "put", "delete", "emit", "copy", "output", "revert", "trap", "burn"),
    first: word,
    second: word,
  });
  const calls: fc.Arbitrary<Step> = fc
    .tuple(fc.constantFrom("call", "tryCall"), fc.constantFrom(...NAMES, "none"), depth > 0 ? script(depth - 1) : word)
    .map(([operation, to, second]) => ({ operation, first: utf8(to), second }) as Step);
  return fc
    .array(fc.oneof({ weight: 3, arbitrary: simple }, { weight: 2, arbitrary: calls }), { maxLength: 5 })
    .map(encodeScript);
}

const transactions = fc.array(
  fc.record({ contract: fc.constantFrom(...NAMES), args: script(2), gasLimit: fc.integer({ min: 1, max: 3_000_000 }) }),
  { minLength: 1, maxLength: 5 },
);

/** Executes the calls in one block and gives receipts and writes as text. */
function outcomeOf(
  calls: readonly { contract: string; args: Uint8Array; gasLimit: number }[],
  traces?: Trace[],
): string[] {
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 1e9 });
  const state = new Overlay(table);
  const plain = { state, machine, code: new ContractCode(machine, hashes), hashes, isKnown: () => false };
  const traced = (): typeof plain => {
    if (traces === undefined) return plain;
    const trace = new Trace();
    traces.push(trace);
    return { ...plain, machine: tracedMachine(machine, trace) };
  };
  const block = { settings: SETTINGS, height: 1, timeSeconds: 1_700_000_001 };
  const add = (services: typeof plain, transaction: Parameters<BlockExecution["add"]>[0]): string => {
    const receipt = new BlockExecution(services, block).add(transaction);
    assert.ok(!(receipt instanceof Rejected));
    return Buffer.from(encodeReceipt(receipt)).toString("hex");
  };
  for (const [index, name] of NAMES.entries()) add(plain, deployOf(name, CODE, index));
  const receipts = calls.map((call, index) => add(traced(), transactionOf({ ...call, number: 100 + index })));
  const writes = state.writeSet().map(({ key, value }) => `${Buffer.from(key)} ${value && Buffer.from(value)}`);
  return [...receipts, ...writes];
}

const framesOf = (frames: readonly TracedFrame[]): TracedFrame[] =>
  frames.flatMap((frame) => [frame, ...framesOf(frame.hostCalls.flatMap(({ callee }) => callee ?? []))]);

describe("a traced run", () => {
  it("has the receipt, the events and the writes of an untraced one", () => {
    let frameCount = 0;
    const property = fc.property(transactions, (calls) => {
      const traces: Trace[] = [];
      assert.deepEqual(outcomeOf(calls, traces), outcomeOf(calls));
      frameCount += framesOf(traces.flatMap(({ frames }) => frames)).length;
    });
    const seed = Number(process.env.SEED ?? 20_261_125);
    fc.assert(property, { numRuns: RUNS, seed });
    console.log(`seed ${seed}; ${frameCount} frames traced`);
    assert.ok(frameCount > RUNS);
  });
});
