import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { traceTransaction } from "../../../../runtime/chain/trace-transaction.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { Receipt, Transaction } from "../../../../runtime/format/types.ts";
import { Rejected } from "../../../../vm/errors.ts";
import { traceJson, traceText } from "../../../../vm/execute/trace-text.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { encodeScript, puppetModule, type Step } from "../puppet-contract.ts";
import { deployOf, hashes, idOf, machine, openTestChain, transactionOf, utf8 } from "../test-chain.ts";

const directory = mkdtempSync(join(tmpdir(), "cinnabar-trace-"));
after(() => rmSync(directory, { recursive: true, force: true }));

const script = (...steps: Step[]) => encodeScript(steps);
const put = (value: string): Step => ({ operation: "put", first: utf8("k"), second: utf8(value) });
const copy: Step = { operation: "copy", first: utf8("k"), second: utf8("seen") };
const run = (number: number, contract: string, ...steps: Step[]): Transaction =>
  transactionOf({ contract, number, args: script(...steps) });

const CODE = puppetModule();
const READS = run(4, "pa", copy, { operation: "tryCall", first: utf8("pb"), second: script({ operation: "trap" }) });
const BLOCKS = [
  [deployOf("pa", CODE, 1), deployOf("pb", CODE, 2), run(3, "pa", put("first"))],
  [run(5, "pb", put("other")), READS, run(6, "pa", put("second"))],
  [run(7, "pa", put("third"))],
];
const receipts = new Map<string, Receipt>();

before(async () => {
  const chain = await openTestChain(directory);
  for (const [index, block] of BLOCKS.entries()) {
    const produced = await chain.produceBlock(block, 1_700_000_001 + index);
    for (const receipt of produced.receipts) receipts.set(bytesToHex(receipt.transactionId), receipt);
  }
  await chain.close();
});

const traced = (id: Uint8Array) => traceTransaction({ directory, machine, hashes }, id);

test("a recorded transaction is traced on the state it ran on, and ends as its receipt says", async () => {
  const id = idOf(READS);
  const { trace, height, receipt } = await traced(id);
  assert.equal(height, 2);
  assert.deepEqual(receipt, receipts.get(bytesToHex(id)));
  const [frame, ...others] = trace.frames;
  assert.ok(frame);
  assert.equal(others.length, 0);
  assert.deepEqual([frame.outcome, frame.gasUsed], [receipt.outcome, receipt.gasUsed]);
  const read = frame.hostCalls.find(({ name }) => name === "storage_get");
  assert.deepEqual(read?.register, utf8("first"));
  const callee = frame.hostCalls.find(({ name }) => name === "try_call")?.callee;
  assert.deepEqual([callee?.contract, callee?.outcome], ["pb", OUTCOMES.trap]);
});

test("the trace can be read by people and by programs", async () => {
  const { trace } = await traced(idOf(READS));
  const text = traceText(trace);
  assert.match(text, /^pa\.run: ok, gas \d+ of \d+$/m);
  assert.match(text, /^ {2}storage_get\(key: "k"\) -> 5 "first", gas left \d+$/m);
  assert.match(text, /^ {4}pb\.run: trap 0, gas \d+ of \d+$/m);
  const json = JSON.parse(JSON.stringify(traceJson(trace))) as { frames: { hostCalls: { name: string }[] }[] };
  assert.deepEqual(
    json.frames[0]?.hostCalls.map(({ name }) => name),
    trace.frames[0]?.hostCalls.map(({ name }) => name),
  );
});

test("a transaction that ran no module has a trace without frames, an unknown one none", async () => {
  const { trace, height } = await traced(idOf(BLOCKS[0]![0]!));
  assert.equal(height, 1);
  assert.deepEqual(
    trace.frames.flatMap(({ method }) => (method === "init" ? [] : [method])),
    [],
  );
  await assert.rejects(traced(new Uint8Array(32).fill(9)), (error) => {
    assert.ok(error instanceof Rejected);
    return error.code === "chain.noTransaction";
  });
});
