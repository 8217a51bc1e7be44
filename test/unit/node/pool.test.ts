import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Deferred } from "../../../node/ingest/deferred.ts";
import { type Commitment, Pool, type PoolEntry } from "../../../node/ingest/pool.ts";
import { rejectTransaction } from "../../../node/ingest/rejections.ts";
import type { Transaction } from "../../../runtime/format/types.ts";
import { Rejected } from "../../../vm/errors.ts";

const LIMITS = { transactionsMax: 100, bytesMax: 1000 };
const COMMITMENT = { height: 1, index: 0 } as Commitment;

function createPool(pendingMax = 100, pendingBytesMax = 10_000, verifyingMax = pendingMax): Pool {
  return new Pool({ pendingMax, pendingBytesMax, verifyingMax });
}

function entryOf(idText: string, byteLength = 10): PoolEntry {
  return {
    transaction: { contract: idText } as Transaction,
    id: new Uint8Array(32),
    idText,
    byteLength,
    accepted: new Deferred(),
    committed: new Deferred(),
    state: "verifying",
  };
}

function added(pool: Pool, ids: string): PoolEntry[] {
  const entries = [...ids].map((id) => entryOf(id));
  for (const entry of entries) pool.add(entry);
  return entries;
}

const idsOf = (entries: readonly PoolEntry[]): string => entries.map(({ idText }) => idText).join("");
const isBusy = (error: unknown): boolean => error instanceof Rejected && error.code === "ingest.busy";

describe("the pool", () => {
  it("gives entries in the order of their arrival, whatever the order of their verdicts", () => {
    const pool = createPool();
    const [a, b, c] = added(pool, "abc") as [PoolEntry, PoolEntry, PoolEntry];
    pool.markVerified(c);
    pool.markVerified(b);
    assert.equal(idsOf(pool.take(LIMITS)), "");
    pool.markVerified(a);
    assert.equal(idsOf(pool.take(LIMITS)), "abc");
    assert.equal(idsOf(pool.take(LIMITS)), "");
  });

  it("steps over an entry that was refused", () => {
    const pool = createPool();
    const [a, b, c] = added(pool, "abc") as [PoolEntry, PoolEntry, PoolEntry];
    pool.markVerified(b);
    pool.reject(a, rejectTransaction("badSignature"));
    assert.equal(idsOf(pool.take(LIMITS)), "b");
    pool.markVerified(c);
    assert.equal(idsOf(pool.take(LIMITS)), "c");
  });

  it("tells who waits that the head is ready, also when the one before it is refused", async () => {
    const pool = createPool();
    const [a, b] = added(pool, "ab") as [PoolEntry, PoolEntry];
    pool.markVerified(b);
    let isReady = false;
    const ready = pool.whenReady().then(() => {
      isReady = true;
    });
    await Promise.resolve();
    assert.equal(isReady, false);
    pool.reject(a, rejectTransaction("badSignature"));
    await ready;
  });

  it("fills a block by count and by bytes, and gives one that is longer than a block alone", () => {
    const pool = createPool();
    for (const entry of added(pool, "abcdef")) pool.markVerified(entry);
    assert.equal(idsOf(pool.take({ transactionsMax: 2, bytesMax: 1000 })), "ab");
    assert.equal(idsOf(pool.take({ transactionsMax: 100, bytesMax: 25 })), "cd");
    assert.equal(idsOf(pool.take({ transactionsMax: 100, bytesMax: 5 })), "e");
    assert.equal(idsOf(pool.take(LIMITS)), "f");
  });

  it("puts back what found no room before everything else", () => {
    const pool = createPool();
    for (const entry of added(pool, "abcd")) pool.markVerified(entry);
    const taken = pool.take({ transactionsMax: 3, bytesMax: 1000 });
    pool.settle(taken[0] as PoolEntry, COMMITMENT);
    pool.putBack(taken.slice(1));
    assert.equal(idsOf(pool.take(LIMITS)), "bcd");
  });

  it("is busy at its count and at its bytes, and counts an entry until it has its answer", () => {
    const pool = createPool(2, 100);
    const [a] = added(pool, "ab") as [PoolEntry, PoolEntry];
    assert.throws(() => pool.checkRoom(1), isBusy);
    assert.throws(() => pool.add(entryOf("c")), isBusy);
    pool.markVerified(a);
    assert.equal(idsOf(pool.take(LIMITS)), "a");
    assert.throws(() => pool.checkRoom(1), isBusy);
    pool.settle(a, COMMITMENT);
    pool.checkRoom(90);
    assert.throws(() => pool.checkRoom(91), isBusy);
    assert.deepEqual([pool.pending, pool.pendingBytes], [1, 10]);
  });

  it("is busy for signatures to check before it is full, and keeps the rest for verified entries", () => {
    const pool = new Pool({ pendingMax: 8, pendingBytesMax: 10_000 });
    const [a, b] = added(pool, "ab") as [PoolEntry, PoolEntry];
    assert.throws(() => pool.add(entryOf("c")), isBusy);
    pool.markVerified(a);
    pool.reject(b, rejectTransaction("badSignature"));
    for (const id of "cdefghi") pool.markVerified(added(pool, id)[0] as PoolEntry);
    assert.equal(pool.pending, 8);
    assert.throws(() => pool.checkRoom(1), isBusy);
    assert.equal(idsOf(pool.take(LIMITS)), "acdefghi");
  });

  it("bounds the bytes of unchecked entries by the same share, and takes one whatever its length", () => {
    const pool = createPool(10, 1000, 5);
    const long = entryOf("a", 600);
    pool.add(long);
    assert.throws(() => pool.checkRoom(1), isBusy);
    pool.markVerified(long);
    pool.markVerified(long);
    pool.add(entryOf("b", 300));
    assert.throws(() => pool.checkRoom(201), isBusy);
    pool.rejectWaiting(rejectTransaction("stopping"));
    assert.equal(pool.pendingBytes, 0);
    pool.add(entryOf("c", 500));
    assert.throws(() => pool.checkRoom(1), isBusy);
  });

  it("refuses the second good signature of one transaction, whichever came first", async () => {
    const pool = createPool();
    const [first, second] = added(pool, "aa") as [PoolEntry, PoolEntry];
    pool.markVerified(second);
    pool.markVerified(first);
    await assert.rejects(first.accepted.promise, (error: Rejected) => error.code === "ingest.duplicate");
    await second.accepted.promise;
    assert.equal(idsOf(pool.take(LIMITS)), "a");
    assert.equal(pool.has("a"), true);
    pool.settle(second, COMMITMENT);
    assert.equal(pool.has("a"), false);
    assert.deepEqual([pool.pending, pool.pendingBytes], [0, 0]);
  });

  it("refuses all that wait, and leaves what was taken to who took it", async () => {
    const pool = createPool();
    const [a, b] = added(pool, "ab") as [PoolEntry, PoolEntry];
    pool.markVerified(a);
    pool.take(LIMITS);
    pool.rejectWaiting(rejectTransaction("stopping"));
    await assert.rejects(b.committed.promise, (error: Rejected) => error.code === "ingest.stopping");
    assert.equal(pool.pending, 1);
    pool.settle(a, COMMITMENT);
    assert.equal(await a.committed.promise, COMMITMENT);
    assert.equal(pool.pending, 0);
  });

  it("gives an entry one answer only", async () => {
    const pool = createPool();
    const [a] = added(pool, "a") as [PoolEntry];
    pool.markVerified(a);
    pool.take(LIMITS);
    pool.settle(a, COMMITMENT);
    pool.reject(a, rejectTransaction("stopping"));
    assert.equal(await a.committed.promise, COMMITMENT);
    assert.deepEqual([pool.pending, pool.pendingBytes], [0, 0]);
  });
});
