/** Blocks whose contracts ask about signatures: the same bytes in place and by abort-and-rerun, whatever is known before. */
import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { ALGORITHMS, type ContractVerifier, type SignatureItem } from "../../../../accel/device.ts";
import { createReferenceDevice } from "../../../../accel/reference/device.ts";
import { sign } from "../../../../accel/reference/sign.ts";
import { verifyItems } from "../../../../accel/verify-items.ts";
import { BlockExecution, type BlockResult } from "../../../../runtime/execute/block.ts";
import { ContractCode } from "../../../../runtime/execute/contract-code.ts";
import { encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { encodeSettings } from "../../../../runtime/format/settings.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { SETTINGS_STATE_KEY } from "../../../../runtime/system/chain-contract.ts";
import { ABORTS_MAX, VerdictDesk, type VerdictDeskOptions } from "../../../../runtime/verdicts/desk.ts";
import { itemVerdictKey, VerdictStore, type VerifyItems } from "../../../../runtime/verdicts/store.ts";
import { Rejected } from "../../../../vm/errors.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import { admin, deployOf, hashes, SETTINGS, transactionOf, utf8, verifier } from "../test-chain.ts";

const CODE = puppetModule();
const NAMES = ["pa", "pb", "pc"];
const ED25519 = ALGORITHMS.ed25519;

/** Six signed messages, every third with a signature of another: real signatures, verified by the reference. */
const ITEMS: readonly SignatureItem[] = Array.from({ length: 6 }, (_, index) => {
  const message = utf8(`message ${index}`);
  const signature = sign(ED25519, admin.secret, index % 3 === 2 ? utf8("another") : message);
  return { algorithm: ED25519, publicKey: admin.publicKey, signature, message };
});
const VERDICTS = new Map(ITEMS.map((item, index) => [itemVerdictKey(item, hashes), index % 3 !== 2]));

/** The reference's verdicts of `ITEMS`, from a table: a property runs thousands of blocks. */
const tableVerifier: ContractVerifier = {
  ...verifier,
  verify(algorithm, publicKey, signature, message) {
    const verdict = VERDICTS.get(itemVerdictKey({ algorithm, publicKey, signature, message }, hashes));
    assert.ok(verdict !== undefined, "a signature that is not of this test");
    return verdict;
  },
  verifyMany(items) {
    const verdicts = new Uint8Array((items.length + 7) >> 3);
    for (const [i, { algorithm, publicKey, signature, message }] of items.entries()) {
      if (this.verify(algorithm, publicKey, signature, message)) verdicts[i >> 3]! |= 1 << (i & 7);
    }
    return verdicts;
  },
};
const fromTable: VerifyItems = async (items) => tableVerifier.verifyMany(items);

function world(inner: ContractVerifier, deskOptions?: Partial<VerdictDeskOptions>) {
  const desk = deskOptions && new VerdictDesk({ inner, hashes, ...deskOptions });
  const machine = createMachine({ hashes, verifier: desk ?? inner });
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: () => undefined, bytesMax: 1e9 });
  const state = new Overlay(table);
  const services = { state, machine, code: new ContractCode(machine, hashes), hashes, isKnown: () => false, desk };
  state.put(SETTINGS_STATE_KEY, SETTINGS_STATE_KEY.length, encodeSettings(SETTINGS));
  const block = () => new BlockExecution(services, { settings: SETTINGS, height: 1, timeSeconds: 1_700_000_001 });
  const deployment = block();
  for (const [number, name] of NAMES.entries()) {
    const receipt = deployment.add(deployOf(name, CODE, number));
    assert.ok(!(receipt instanceof Rejected) && receipt.outcome === OUTCOMES.ok);
  }
  state.commit();
  return { desk, block, state };
}

type World = ReturnType<typeof world>;

function inPlace({ block }: World, transactions: readonly Transaction[]): BlockResult {
  const execution = block();
  for (const transaction of transactions) execution.add(transaction);
  return execution.finish();
}

/** Runs the block by steps and returns what was asked on the way, too. */
async function bySteps({ block, desk }: World, transactions: readonly Transaction[], verify: VerifyItems) {
  const execution = block();
  const asked: (readonly SignatureItem[])[] = [];
  for (const index of transactions.keys()) {
    const steps = execution.addSteps(transactions, index);
    for (let step = steps.next(); step.done !== true; step = steps.next()) {
      asked.push(step.value);
      desk!.learn(step.value, await verify(step.value));
    }
  }
  return { result: execution.finish(), asked };
}

const bytesOf = ({ receipts, writeSet, gasUsed, transactionBytes }: BlockResult) => ({
  receipts: receipts.map((receipt) => Buffer.from(encodeReceipt(receipt)).toString("hex")),
  writes: writeSet.map(({ key, value }) => [
    Buffer.from(key).toString("hex"),
    value && Buffer.from(value).toString("hex"),
  ]),
  gasUsed,
  transactions: transactionBytes.length,
});

const asked = (item: SignatureItem): Uint8Array =>
  Uint8Array.from([item.algorithm, item.publicKey.length, ...item.publicKey, ...item.signature]);
const verify = (index: number): Step => ({
  operation: "verify",
  first: asked(ITEMS[index]!),
  second: ITEMS[index]!.message,
});
const require = (index: number): Step => ({ ...verify(index), operation: "require" });
const many = (indexes: readonly number[], key = "many"): Step => ({
  operation: "verifyMany",
  first: Uint8Array.from(
    indexes.flatMap((index) => {
      const { algorithm, publicKey, signature, message } = ITEMS[index]!;
      return [algorithm, ...publicKey, ...signature, message.length, 0, 0, 0, ...message];
    }),
  ),
  second: utf8(key),
});
const put = (key: string, value: string): Step => ({ operation: "put", first: utf8(key), second: utf8(value) });
const emit = (name: string): Step => ({ operation: "emit", first: utf8(name), second: utf8("data") });
const callTo = (contract: string, steps: readonly Step[], operation: "call" | "tryCall"): Step => ({
  operation,
  first: utf8(contract),
  second: encodeScript(steps),
});

let numbers = 100;
const runOf = (contract: string, steps: readonly Step[], gasLimit = 90_000_000): Transaction => {
  numbers += 1;
  return transactionOf({ contract, args: encodeScript(steps), number: numbers, gasLimit });
};

const leafStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.nat(5).map(verify) },
  { weight: 2, arbitrary: fc.nat(5).map(require) },
  { weight: 2, arbitrary: fc.array(fc.nat(5), { maxLength: 5 }).map((indexes) => many(indexes)) },
  fc.nat(3).map((key) => put(`k${key}`, `v${key}`)),
  fc.constant(emit("event")),
  fc.constant<Step>({ operation: "copy", first: ITEMS[0]!.message, second: utf8("copied") }),
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>({ operation: "trap" }, { operation: "revert", first: Uint8Array.of(7) }),
  },
);

const scriptTo = (depth: number): fc.Arbitrary<Step[]> => {
  if (depth === NAMES.length) return fc.array(leafStep, { maxLength: 6 });
  const call = fc
    .tuple(scriptTo(depth + 1), fc.constantFrom("call" as const, "tryCall" as const))
    .map(([steps, operation]) => callTo(NAMES[depth]!, steps, operation));
  return fc.array(fc.oneof({ weight: 3, arbitrary: leafStep }, { weight: 1, arbitrary: call }), { maxLength: 6 });
};

/** Limits from below one verification to enough for all. */
const gasLimit = fc.oneof(fc.integer({ min: 100_000, max: 20_000_000 }), fc.constant(90_000_000));
const blockOf = fc.array(fc.tuple(scriptTo(1), gasLimit), { minLength: 1, maxLength: 5 });

test("a look ahead leaves nothing in the state, whether it ended or was aborted", () => {
  const { block } = world(tableVerifier, {});
  const transactions = [
    runOf("pa", [verify(0)]),
    runOf("pb", [put("ahead", "ended"), emit("ahead")]),
    runOf("pc", [put("ahead", "aborted"), verify(1)]),
  ];
  const execution = block();
  const step = execution.addSteps(transactions, 0).next();
  assert.ok(step.done === false);
  assert.deepEqual(step.value, [ITEMS[0], ITEMS[1]], "both tries were made");
  const { writeSet, receipts, gasUsed } = execution.finish();
  assert.deepEqual([writeSet, receipts, gasUsed], [[], [], 0]);
});

test("a block gives the same bytes with verdicts from elsewhere: cold, warm, small stores, lists only", async () => {
  const plain = world(tableVerifier);
  const totals = { aborts: 0, lookAheads: 0, blocks: 0, outOfGas: 0, failed: 0 };
  const kinds: readonly Partial<VerdictDeskOptions>[] = [
    {},
    { itemsMin: 3 },
    { verdicts: new VerdictStore({ acceptedMax: 1, rejectedMax: 1 }) },
  ];
  const worlds = kinds.map((kind) => ({ kind, warm: world(tableVerifier, kind) }));
  const parameters = { numRuns: 60, seed: 20261125 };
  await fc.assert(
    fc.asyncProperty(blockOf, async (scripts) => {
      const transactions = scripts.map(([steps, limit]) => runOf("pa", steps, limit));
      const expected = inPlace(plain, transactions);
      for (const { outcome } of expected.receipts) {
        if (outcome === OUTCOMES.outOfGas) totals.outOfGas += 1;
        else if (outcome !== OUTCOMES.ok) totals.failed += 1;
      }
      // Each world starts from the same committed state: nothing of a block here is committed.
      for (const { kind, warm } of worlds) {
        const cold = world(
          tableVerifier,
          kind.verdicts === undefined ? kind : { ...kind, verdicts: new VerdictStore() },
        );
        for (const one of [cold, warm]) {
          const { result } = await bySteps(one, transactions, fromTable);
          assert.deepEqual(bytesOf(result), bytesOf(expected));
        }
        const { aborts, lookAheads } = cold.desk!.statistics();
        assert.ok(aborts <= ABORTS_MAX * transactions.length);
        totals.aborts += aborts;
        totals.lookAheads += lookAheads;
      }
      discard(plain);
      for (const { warm } of worlds) discard(warm);
      totals.blocks += 1;
    }),
    parameters,
  );
  const text = JSON.stringify({ ...totals, seed: parameters.seed });
  assert.ok(totals.aborts > 50 && totals.lookAheads > 10 && totals.outOfGas > 5 && totals.failed > 25, text);
});

test("devices with threads and without, and batches of one, give those bytes", async () => {
  const transactions = [
    runOf("pa", [verify(0), verify(2), callTo("pb", [verify(1), require(5)], "tryCall"), emit("after")]),
    runOf("pa", [many([0, 1, 2, 3, 4, 5]), callTo("pb", [put("x", "y"), verify(4), { operation: "trap" }], "tryCall")]),
    runOf("pa", [put("gone", "1"), require(2)]),
    runOf("pa", [verify(3), { operation: "burn" }], 5_000_000),
  ];
  const expected = bytesOf(inPlace(world(verifier), transactions));
  for (const [workers, batchItemsMax] of [
    [0, 1024],
    [2, 1024],
    [2, 1],
  ] as const) {
    const device = createReferenceDevice({ workers, batchItemsMax });
    after(() => device.close());
    const { result } = await bySteps(world(verifier, {}), transactions, (items) => verifyItems(device, items));
    assert.deepEqual(bytesOf(result), expected, `${workers} workers`);
  }
});

test("an aborted attempt leaves nothing, and its question is the contract's", async () => {
  const { block, desk } = world(tableVerifier, {});
  const transactions = [
    runOf("pa", [
      put("before", "1"),
      emit("once"),
      callTo("pb", [put("inner", "1"), emit("inside"), verify(1)], "tryCall"),
    ]),
  ];
  const execution = block();
  const steps = execution.addSteps(transactions, 0);
  const step = steps.next();
  assert.ok(step.done === false);
  assert.deepEqual(step.value, [ITEMS[1]]);
  const { writeSet, receipts, gasUsed } = execution.finish();
  assert.deepEqual([writeSet, receipts, gasUsed], [[], [], 0]);
  desk!.learn(step.value, await fromTable(step.value));
  const end = steps.next();
  assert.ok(end.done === true && !(end.value instanceof Rejected));
  assert.deepEqual([end.value.outcome, end.value.events.map(({ name }) => name)], [OUTCOMES.ok, ["once", "inside"]]);
});

test("one who chains questions is aborted twice, and the rest is answered in place", async () => {
  const one = world(tableVerifier, {});
  const { asked: batches } = await bySteps(one, [runOf("pa", [0, 1, 2, 3, 4, 5].map(verify))], fromTable);
  assert.deepEqual(batches, [[ITEMS[0]], [ITEMS[1]]]);
  const { aborts, offloadedItems, inPlaceItems } = one.desk!.statistics();
  assert.deepEqual([aborts, offloadedItems, inPlaceItems], [ABORTS_MAX, 2, 4]);
});

test("a list is one batch, and what transactions behind ask joins it", async () => {
  const one = world(tableVerifier, {});
  const transactions = [
    runOf("pa", [many([0, 1, 2])]),
    runOf("pb", [verify(3)]),
    runOf("pc", [put("a", "b"), verify(4)]),
  ];
  const { asked: batches } = await bySteps(one, transactions, fromTable);
  assert.deepEqual(batches, [[0, 1, 2, 3, 4].map((index) => ITEMS[index])]);
  assert.equal(one.desk!.statistics().aborts, 1);
});

test("a question asked again, and one known from before, cost no abort", async () => {
  const one = world(tableVerifier, {});
  await bySteps(one, [runOf("pa", [verify(0), verify(2)])], fromTable);
  const { asked: batches } = await bySteps(one, [runOf("pb", [verify(0), verify(2), many([2, 0])])], fromTable);
  assert.deepEqual(batches, []);
});

test("a small question is answered in place where only large ones are worth the way", async () => {
  const one = world(tableVerifier, { itemsMin: 3 });
  const transactions = [runOf("pa", [verify(0), many([1, 2]), many([3, 4, 5])])];
  const { asked: batches } = await bySteps(one, transactions, fromTable);
  assert.deepEqual(batches, [[3, 4, 5].map((index) => ITEMS[index])]);
});

test("outside of a block nothing is aborted", () => {
  const { block, desk } = world(tableVerifier, {});
  const receipt = block().add(runOf("pa", [verify(0)]));
  assert.ok(!(receipt instanceof Rejected) && receipt.outcome === OUTCOMES.ok);
  assert.equal(desk!.statistics().aborts, 0);
});

test("verdicts for other items are a fault of the node", () => {
  const { desk } = world(tableVerifier, {});
  assert.throws(() => desk!.learn(ITEMS, new Uint8Array(2)), { code: "chain.verdicts" });
});

/** What the block wrote is forgotten: `finish` commits nothing, and the next block begins on the same state. */
function discard({ state }: World): void {
  state.discard();
}
