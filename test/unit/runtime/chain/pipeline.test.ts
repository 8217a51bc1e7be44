/**
 * Blocks that overlap are the blocks made one after the other: the same requests, all at once and one by one, give the same
 * answers and the same bytes, also when one in the middle is refused after those behind it were executed.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Worker } from "node:worker_threads";
import { decodeBlockRecord, encodeBlockRecord } from "../../../../runtime/chain/block-record.ts";
import type { Chain, ChainOptions } from "../../../../runtime/chain/chain.ts";
import { replayLog } from "../../../../runtime/chain/replay.ts";
import { blockHash } from "../../../../runtime/format/block.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import { encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { encodeTransaction } from "../../../../runtime/format/transaction.ts";
import type { Header, Transaction } from "../../../../runtime/format/types.ts";
import type { RootsSettings } from "../../../../runtime/roots/messages.ts";
import { NodeError, Rejected } from "../../../../vm/errors.ts";
import { seededNumbers } from "../seeded-numbers.ts";
import {
  deployOf,
  hashes,
  idOf,
  machine,
  openTestChain,
  SETTINGS,
  seal,
  TREE_THREAD,
  transactionOf,
  utf8,
} from "../test-chain.ts";
import { headed, WALKER } from "../walker-contract.ts";

const root = mkdtempSync(join(tmpdir(), "cinnabar-pipeline-"));
after(() => rmSync(root, { recursive: true, force: true }));
const TIME = SETTINGS.genesisTimeSeconds;
const ROUNDS = Number(process.env.ROUNDS ?? 6);
const SEED = Number(process.env.SEED ?? 20_250_101);
/** Signatures are not what is tested here. */
const trusting = { verify: () => true };

let number = 0;
function transaction(method: string, args: Uint8Array, fields: Partial<Transaction> = {}): Transaction {
  number += 1;
  return transactionOf({ contract: "walker", method, args, number, expiryHeight: 90, ...fields });
}

type Pick = (limit: number) => number;

function randomTransaction(pick: Pick, earlier: readonly Transaction[]): Transaction {
  const key = `k${pick(25)}`;
  const kind = pick(12);
  if (kind < 5) return transaction("put", headed(key, "v".repeat(pick(40))));
  if (kind < 7) return transaction("delete", utf8(key));
  if (kind < 9) return transaction("scan", headed(`k${pick(3)}`, ""));
  if (kind === 9) return transaction("put", headed(key, "poor"), { gasLimit: 3000 + pick(3000) });
  if (kind === 10) return transaction("put", headed(key, "late"), { expiryHeight: 1 + pick(40) });
  return earlier[pick(earlier.length)] ?? transaction("scan", headed("", ""));
}

type Request =
  | { readonly kind: "produce"; readonly transactions: readonly Transaction[]; readonly timeSeconds: number }
  | { readonly kind: "import"; readonly record: Uint8Array }
  | { readonly kind: "checkpoint" };

/** What was answered to a request, as text. */
async function ask(chain: Chain, request: Request): Promise<string> {
  try {
    if (request.kind === "checkpoint") return `checkpoint ${String(await chain.checkpoint())}`;
    if (request.kind === "import") {
      const { blockHash: hash, block } = await chain.importRecord(request.record, trusting);
      return `imported ${block.header.height} ${bytesToHex(hash)}`;
    }
    const made = await chain.produceBlock(request.transactions, request.timeSeconds);
    const receipts = made.receipts.map((receipt) => bytesToHex(hashes.sha256(encodeReceipt(receipt)))).join();
    const refused = made.refused.map(({ reason }) => reason.code).join();
    // Durable, and seen by everyone, before the answer.
    assert.ok(chain.head.header.height >= made.block.header.height);
    assert.ok(chain.getBlock(made.block.header.height) !== undefined);
    return `made ${made.block.header.height} ${bytesToHex(made.blockHash)} ${receipts} ${refused}`;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return `refused ${error.code} ${error.message} ${JSON.stringify(error.details)}`;
  }
}

async function oneByOne(chain: Chain, requests: readonly Request[]): Promise<string[]> {
  const answers: string[] = [];
  for (const request of requests) answers.push(await ask(chain, request));
  return answers;
}

/** In groups, so that some blocks begin over an idle chain and others over a full one. */
async function atOnce(chain: Chain, requests: readonly Request[], pick: Pick): Promise<string[]> {
  const answers: string[] = [];
  for (let at = 0; at < requests.length; ) {
    const group = requests.slice(at, at + 1 + pick(9));
    at += group.length;
    answers.push(...(await Promise.all(group.map((request) => ask(chain, request)))));
  }
  return answers;
}

/** The record with another value in one field of its header, sealed as if it were right. */
function tampered(record: Uint8Array, field: "stateRoot" | "receiptsRoot" | "gasUsed"): Uint8Array {
  const { block, receipts, writes, accesses } = decodeBlockRecord(record);
  const value = field === "gasUsed" ? block.header.gasUsed + 1 : new Uint8Array(32).fill(7);
  const header: Header = { ...block.header, [field]: value };
  return encodeBlockRecord({
    block: { ...block, header, seal: seal(blockHash(header, hashes.sha256)) },
    transactionBytes: block.transactions.map(encodeTransaction),
    receiptBytes: receipts.map(encodeReceipt),
    writes,
    accesses,
  });
}

const recordsOf = (chain: Chain): string[] =>
  Array.from({ length: chain.head.header.height + 1 }, (_, height) => bytesToHex(chain.exportRecord(height)!));

/** A small memory, so that slots are trimmed between the blocks. */
function openWalker(name: string, options: Partial<ChainOptions> = {}): Promise<Chain> {
  const small = { checkpoint: { blocks: 5, bytes: 1e9 }, stateBytesMax: 6000, idsKeptMin: 0 };
  return openTestChain(join(root, name), { ...small, ...options });
}

/** What overlaps has the tree on a thread in every second round. */
const treeOf = (round: number): Partial<ChainOptions> => (round % 2 === 0 ? { treeThread: TREE_THREAD } : {});

test("requests at once are answered as one by one, and give the same records, scans and folders", async (t) => {
  const pick = seededNumbers(t, SEED);
  for (let round = 0; round < ROUNDS; round += 1) {
    const earlier: Transaction[] = [];
    const requests: Request[] = [{ kind: "produce", transactions: [deployOf("walker", WALKER, 0)], timeSeconds: TIME }];
    for (let count = 0; count < 40; count += 1) {
      const transactions = Array.from({ length: pick(7) }, () => randomTransaction(pick, earlier));
      earlier.push(...transactions);
      requests.push({ kind: "produce", transactions, timeSeconds: TIME + pick(100) });
      if (pick(10) === 0) requests.push({ kind: "checkpoint" });
    }
    const [slow, fast] = await Promise.all([openWalker(`slow${round}`), openWalker(`fast${round}`, treeOf(round))]);
    assert.deepEqual(await atOnce(fast, requests, pick), await oneByOne(slow, requests));
    assert.deepEqual(recordsOf(fast), recordsOf(slow));
    await fast.close();
    const replayed = await replayLog({ directory: join(root, `fast${round}`), machine, hashes });
    assert.deepEqual(replayed.stateRoot, slow.head.header.stateRoot);
    await slow.close();
  }
});

test("a block that is refused after later ones were executed is undone with them", async (t) => {
  const pick = seededNumbers(t, SEED + 1);
  for (let round = 0; round < ROUNDS; round += 1) {
    const source = await openWalker(`source${round}`);
    await source.produceBlock([deployOf("walker", WALKER, 0)], TIME);
    const known: Transaction[] = [];
    for (let count = 0; count < 12; count += 1) {
      const transactions = Array.from({ length: 1 + pick(5) }, () => randomTransaction(pick, known));
      known.push(...transactions);
      await source.produceBlock(transactions, TIME + count);
    }
    const requests: Request[] = [];
    for (let height = 1; height <= 13; height += 1) {
      const record = source.exportRecord(height)!;
      const field = (["stateRoot", "receiptsRoot", "gasUsed"] as const)[pick(5)];
      if (field !== undefined) requests.push({ kind: "import", record: tampered(record, field) });
      // Executed over the bad one at first: refused in the end, or taken where nothing bad was in front.
      if (field !== undefined && height < 13 && pick(2) === 0) {
        requests.push({ kind: "import", record: source.exportRecord(height + 1)! });
      }
      requests.push({ kind: "import", record });
    }
    requests.push({ kind: "import", record: tampered(source.exportRecord(13)!, "stateRoot") });
    // Their ids were in blocks that were undone: they are new where the block before them is not there.
    requests.push({ kind: "produce", transactions: known.slice(-5), timeSeconds: TIME });
    requests.push({ kind: "produce", transactions: [transaction("scan", headed("", ""))], timeSeconds: TIME });
    const [slow, fast] = await Promise.all([openWalker(`victim${round}`), openWalker(`quick${round}`, treeOf(round))]);
    const expected = await oneByOne(slow, requests);
    assert.ok(expected.some((answer) => answer.startsWith("refused block.mismatch")));
    assert.deepEqual(await atOnce(fast, requests, pick), expected);
    assert.deepEqual(recordsOf(fast), recordsOf(slow));
    await Promise.all([source.close(), slow.close(), fast.close()]);
  }
});

test("nothing of a block is seen before it is durable, but the next block knows its transactions", async () => {
  const chain = await openWalker("unseen");
  await chain.produceBlock([deployOf("walker", WALKER, 0)], TIME);
  const put = transaction("put", headed("k", "v"));
  const answers = [put, put, transaction("scan", headed("", ""))].map((each) => chain.produceBlock([each], TIME));
  let isDurable = false;
  answers[0]!.then(() => {
    isDurable = true;
  });
  while (!isDurable) {
    assert.equal(chain.hasTransaction(idOf(put)), chain.head.header.height > 1);
    assert.equal(chain.readState("walker", utf8("k")) !== undefined, chain.head.header.height > 1);
    assert.equal(chain.getBlock(2) !== undefined, chain.head.header.height > 1);
    await new Promise(setImmediate);
  }
  const [, second, third] = await Promise.all(answers);
  assert.equal(second!.refused[0]?.reason.code, "transaction.duplicate");
  assert.ok(bytesToHex(third!.receipts[0]!.output).includes(bytesToHex(utf8("v"))));
  await chain.close();
});

test("a fault as a block is sealed stops it and all that were executed over it", async () => {
  const fault = new NodeError("test.fault", "the sealer is gone");
  let seals = 0;
  const chain = await openTestChain(join(root, "fault"), {
    seal: (hash) => {
      seals += 1;
      if (seals > 3) throw fault;
      return seal(hash);
    },
  });
  const made = Array.from({ length: 6 }, () => chain.produceBlock([transaction("put", headed("k", "v"))], TIME));
  const outcomes = await Promise.allSettled(made);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ["fulfilled", "fulfilled", "rejected", "rejected", "rejected", "rejected"],
  );
  for (const outcome of outcomes.slice(2)) assert.equal(outcome.status === "rejected" && outcome.reason, fault);
  assert.equal(seals, 4);
  await chain.close();
  const again = await openTestChain(join(root, "fault"));
  assert.equal(again.head.header.height, 2);
  await again.close();
});

test("a chain whose tree's thread dies refuses everything from then on, and says so once", async () => {
  let thread: Worker | undefined;
  const spawnWorker = (settings: RootsSettings): Worker => {
    thread = new Worker(new URL("../../../../runtime/roots/worker.js", import.meta.url), { workerData: settings });
    return thread;
  };
  const faults: NodeError[] = [];
  const chain = await openTestChain(join(root, "dead-thread"), {
    treeThread: { ...TREE_THREAD, spawnWorker },
    failed: (fault) => faults.push(fault),
  });
  const put = () => chain.produceBlock([transaction("put", headed("k", "v"))], TIME);
  await put();
  await thread!.terminate();
  await Promise.all([1, 2, 3].map(() => assert.rejects(put(), { code: "roots.threadLost" })));
  assert.throws(() => chain.head, { code: "roots.threadLost" });
  await assert.rejects(chain.prove("walker", utf8("k")), { code: "roots.threadLost" });
  assert.deepEqual(
    faults.map(({ code }) => code),
    ["roots.threadLost"],
  );
  await chain.close();
  const again = await openTestChain(join(root, "dead-thread"), { treeThread: TREE_THREAD });
  assert.equal(again.head.header.height, 1);
  await again.close();
});
