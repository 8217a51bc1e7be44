import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SoloProducer } from "../../../node/consensus/solo.ts";
import { Deferred } from "../../../node/ingest/deferred.ts";
import { Pool, type PoolEntry, type TakeLimits } from "../../../node/ingest/pool.ts";
import type { ProducedBlock } from "../../../runtime/chain/chain.ts";
import type { Receipt, Transaction } from "../../../runtime/format/types.ts";
import { NodeError, Rejected } from "../../../vm/errors.ts";

type Produce = (transactions: readonly Transaction[], timeSeconds: number) => Promise<ProducedBlock>;

function entryOf(name: string): PoolEntry {
  return {
    transaction: { contract: name } as Transaction,
    id: new Uint8Array(32),
    idText: name,
    byteLength: 1,
    accepted: new Deferred(),
    committed: new Deferred(),
    state: "verifying",
  };
}

/** A block of these transactions; those named in `refused` are left out with the code. */
function blockOf(
  height: number,
  transactions: readonly Transaction[],
  refused: Readonly<Record<string, string>> = {},
): ProducedBlock {
  const isIn = ({ contract }: Transaction) => !Object.hasOwn(refused, contract);
  return {
    block: { header: { height } },
    receipts: transactions
      .filter(isIn)
      .map(({ contract }) => ({ output: new TextEncoder().encode(contract) }) as Receipt),
    refused: transactions
      .filter((transaction) => !isIn(transaction))
      .map((transaction) => ({ transaction, reason: new Rejected(refused[transaction.contract] ?? "", "") })),
  } as unknown as ProducedBlock;
}

function createProducer(produceBlock: Produce, limits: TakeLimits = { transactionsMax: 4, bytesMax: 1000 }) {
  const pool = new Pool({ pendingMax: 1000, pendingBytesMax: 1000, verifyingMax: 1000 });
  const faults: NodeError[] = [];
  const producer = new SoloProducer({
    chain: { produceBlock },
    pool,
    limits,
    clock: () => 5_999,
    onFault: (fault) => faults.push(fault),
  });
  let count = 0;
  const add = (names: string): PoolEntry[] =>
    [...names].map((name) => {
      const entry = { ...entryOf(name), idText: `${name}${count++}` };
      pool.add(entry);
      pool.markVerified(entry);
      return entry;
    });
  return { pool, producer, faults, add };
}

const namesOf = (transactions: readonly Transaction[]): string => transactions.map(({ contract }) => contract).join("");

describe("the producer of a chain with one producer", () => {
  it("makes a block at once when it is idle, and one of what came meanwhile when that is on disk", async () => {
    const blocks: string[] = [];
    const disk: Deferred<void>[] = [];
    const { producer, add } = createProducer(async (transactions, timeSeconds) => {
      assert.equal(timeSeconds, 5);
      blocks.push(namesOf(transactions));
      const written = new Deferred<void>();
      disk.push(written);
      await written.promise;
      return blockOf(blocks.length, transactions);
    });
    producer.start();
    const [a] = add("a");
    await new Promise(setImmediate);
    const rest = add("bcdefg");
    await new Promise(setImmediate);
    assert.deepEqual(blocks, ["a"]);
    disk[0]?.resolve();
    assert.equal((await a?.committed.promise)?.height, 1);
    await new Promise(setImmediate);
    assert.deepEqual(blocks, ["a", "bcde"]);
    disk[1]?.resolve();
    await new Promise(setImmediate);
    disk[2]?.resolve();
    const places = await Promise.all(rest.map((entry) => entry.committed.promise));
    assert.deepEqual(
      places.map(({ height, index }) => [height, index]),
      [
        [2, 0],
        [2, 1],
        [2, 2],
        [2, 3],
        [3, 0],
        [3, 1],
      ],
    );
    await producer.stop();
  });

  it("begins a large block beside one that is on its way, a small one only after it", async () => {
    const blocks: number[] = [];
    const disk: Deferred<void>[] = [];
    const { producer, add, pool } = createProducer(
      async (transactions) => {
        blocks.push(transactions.length);
        const height = blocks.length;
        const written = new Deferred<void>();
        disk.push(written);
        await written.promise;
        return blockOf(height, transactions);
      },
      { transactionsMax: 300, bytesMax: 1e6 },
    );
    const turn = () => new Promise(setImmediate);
    producer.start();
    const entries = add("a");
    await turn();
    entries.push(...add("c".repeat(255)));
    await turn();
    assert.deepEqual(blocks, [1], "255 wait: they are cheaper as part of the next one");
    entries.push(...add("d".repeat(600)));
    await turn();
    assert.deepEqual(blocks, [1, 300, 300], "no more than three are on their way");
    disk[0]?.resolve();
    await turn();
    assert.deepEqual(blocks, [1, 300, 300], "255 wait again");
    disk[1]?.resolve();
    disk[2]?.resolve();
    await turn();
    assert.deepEqual(blocks, [1, 300, 300, 255]);
    disk[3]?.resolve();
    const places = await Promise.all(entries.map((entry) => entry.committed.promise));
    assert.deepEqual(
      places.map(({ height }) => height),
      [1, ...Array(300).fill(2), ...Array(300).fill(3), ...Array(255).fill(4)],
    );
    assert.equal(pool.pending, 0);
    await producer.stop();
  });

  it("answers nobody before the chain has", async () => {
    const written = new Deferred<ProducedBlock>();
    const { producer, add } = createProducer(() => written.promise);
    producer.start();
    const [a] = add("a") as [PoolEntry];
    let isAnswered = false;
    a.committed.promise.then(() => {
      isAnswered = true;
    });
    for (let round = 0; round < 10; round++) await new Promise(setImmediate);
    assert.equal(isAnswered, false);
    written.resolve(blockOf(1, [a.transaction]));
    await a.committed.promise;
    await producer.stop();
  });

  it("gives each its own receipt, refuses the refused, and lets the crowded out wait", async () => {
    const blocks: string[] = [];
    const { producer, add } = createProducer(async (transactions) => {
      blocks.push(namesOf(transactions));
      const refused = { b: "transaction.expired", ...(blocks.length === 1 ? { c: "block.gasFull" } : {}) };
      return blockOf(blocks.length, transactions, refused);
    });
    const [a, b, c, d] = add("abcd") as [PoolEntry, PoolEntry, PoolEntry, PoolEntry];
    producer.start();
    await assert.rejects(b.committed.promise, (error: Rejected) => error.code === "ingest.expired");
    const receipts = await Promise.all([a, c, d].map((entry) => entry.committed.promise));
    const texts = receipts.map(({ receipt }) => new TextDecoder().decode(receipt.output));
    assert.deepEqual(texts, ["a", "c", "d"]);
    assert.deepEqual(
      receipts.map(({ height, index }) => [height, index]),
      [
        [1, 0],
        [2, 0],
        [1, 1],
      ],
    );
    assert.deepEqual(blocks, ["abcd", "c"]);
    await producer.stop();
  });

  const failures: readonly { readonly id: string; readonly error: Error; readonly code: string }[] = [
    { id: "a fault", error: new NodeError("log.writeFailed", "x"), code: "log.writeFailed" },
    { id: "a refusal of the block", error: new Rejected("block.badTransaction", "x"), code: "consensus.blockFailed" },
    { id: "an error of nobody's", error: new TypeError("x"), code: "consensus.blockFailed" },
  ];
  for (const { id, error, code } of failures) {
    it(`makes no further block after ${id} of the chain, and commits nothing of that one`, async () => {
      let calls = 0;
      const { producer, faults, add } = createProducer(() => {
        calls += 1;
        return Promise.reject(error);
      });
      producer.start();
      const [a] = add("a") as [PoolEntry];
      await assert.rejects(a.committed.promise, (reason) => reason instanceof NodeError && reason.code === code);
      add("b");
      await new Promise(setImmediate);
      assert.equal(calls, 1);
      assert.deepEqual(
        faults.map((fault) => fault.code),
        [code],
      );
      await producer.stop();
    });
  }

  it("takes another number of receipts for a fault", async () => {
    const { producer, faults, add } = createProducer(async () => blockOf(1, []));
    producer.start();
    const [a] = add("a") as [PoolEntry];
    await assert.rejects(a.committed.promise);
    assert.equal(faults[0]?.code, "consensus.receiptCount");
    await producer.stop();
  });

  it("stops behind the block that it makes, and leaves the rest waiting", async () => {
    const written = new Deferred<void>();
    const { producer, pool, add } = createProducer(async (transactions) => {
      await written.promise;
      return blockOf(1, transactions);
    });
    producer.start();
    const entries = add("abcdef");
    await new Promise(setImmediate);
    const stopped = producer.stop();
    written.resolve();
    await stopped;
    await Promise.all(entries.slice(0, 4).map((entry) => entry.committed.promise));
    assert.equal(pool.pending, 2);
  });

  it("stops while it is idle", async () => {
    const { producer } = createProducer(async (transactions) => blockOf(1, transactions));
    producer.start();
    await producer.stop();
  });
});
