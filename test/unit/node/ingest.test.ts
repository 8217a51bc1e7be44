/** The door of the node with a device that answers when the test says so: what is verified, what is known, what is refused. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { LANE_COUNT, type SignatureBatch, type SignatureDevice } from "../../../accel/device.ts";
import { DeviceCounters } from "../../../accel/statistics.ts";
import { Deferred } from "../../../node/ingest/deferred.ts";
import { type ChainView, Ingest } from "../../../node/ingest/ingest.ts";
import { Pool } from "../../../node/ingest/pool.ts";
import { encodeTransaction } from "../../../runtime/format/transaction.ts";
import type { Transaction } from "../../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../../runtime/system/lifecycle-contract.ts";
import { VerdictStore } from "../../../runtime/verdicts/store.ts";
import { Rejected } from "../../../vm/errors.ts";
import { deployOf, hashes, SETTINGS } from "../runtime/test-chain.ts";

const CAPABILITY = {
  name: "hand",
  lanes: LANE_COUNT,
  algorithms: [],
  batchItemsMax: 2,
  messageBytesMax: 1 << 20,
  queuedItemsMax: 2,
};

function door({ verifyingMax = 100 } = {}) {
  const submitted: { readonly count: number; readonly verdicts: Deferred<Uint8Array> }[] = [];
  const device: SignatureDevice = {
    capability: CAPABILITY,
    canAcceptWork: () => true,
    whenReady: async () => undefined,
    submit: (_lane: number, batch: SignatureBatch) => {
      const verdicts = new Deferred<Uint8Array>();
      submitted.push({ count: batch.count, verdicts });
      return verdicts.promise;
    },
    statistics: () => new DeviceCounters(LANE_COUNT).snapshot(),
    close: async () => undefined,
  };
  const chain = {
    settings: SETTINGS,
    head: { header: { height: 0 } },
    hasTransaction: () => false,
    contractAbi: () => LIFECYCLE_ABI,
  } as unknown as ChainView;
  const pool = new Pool({ pendingMax: 400, pendingBytesMax: 1e9, verifyingMax });
  const verdicts = new VerdictStore();
  const onFault = (fault: Error) => assert.fail(fault);
  const ingest = new Ingest({ chain, pool, hashes, device, batchItemsMax: 2, batchWaitMs: 1000, verdicts, onFault });
  const submit = (transaction: Transaction) => ingest.submit(encodeTransaction(transaction));
  return { submit, submitted, verdicts, pool };
}

const transactionNumber = (number: number): Transaction => deployOf("name", Uint8Array.of(0), number);
const turn = () => new Promise((resolve) => setImmediate(resolve));
const isBadSignature = (error: unknown) => error instanceof Rejected && error.code === "ingest.badSignature";

describe("a transaction at the door", () => {
  it("that is sent twice at the same time is verified once, and the second is a duplicate", async () => {
    const { submit, submitted } = door();
    const first = submit(transactionNumber(1));
    const second = submit(transactionNumber(1));
    await turn();
    assert.deepEqual(
      submitted.map(({ count }) => count),
      [1],
    );
    submitted[0]!.verdicts.resolve(Uint8Array.of(1));
    await first.accepted;
    await assert.rejects(second.accepted, { code: "ingest.duplicate" });
  });

  it("whose signature was bad is not verified again, and another signature of it is", async () => {
    const { submit, submitted, verdicts } = door();
    const bad = submit(transactionNumber(1));
    await turn();
    submitted[0]!.verdicts.resolve(Uint8Array.of(0));
    await assert.rejects(bad.accepted, isBadSignature);
    await assert.rejects(submit(transactionNumber(1)).accepted, isBadSignature);
    assert.equal(submitted.length, 1);
    const good = submit({ ...transactionNumber(1), signature: new Uint8Array(64).fill(5) });
    await turn();
    assert.equal(submitted.length, 2);
    submitted[1]!.verdicts.resolve(Uint8Array.of(1));
    await good.accepted;
    const { hits, misses, accepted, rejected } = verdicts.statistics();
    assert.deepEqual({ hits, misses, accepted, rejected }, { hits: 1, misses: 2, accepted: 1, rejected: 1 });
  });

  it("is refused as busy while the device is full, and taken when it has worked", async () => {
    const { submit, submitted, pool } = door({ verifyingMax: 20 });
    const open = [];
    for (let number = 0; number < 20; number++) {
      open.push(submit(transactionNumber(number)));
      if (number === 0) await turn();
    }
    assert.throws(() => submit(transactionNumber(20)), { code: "ingest.busy" });
    assert.equal(submitted.length, 8, "no more batches are under way than may be");
    for (let answered = 0; answered < submitted.length; answered++) {
      submitted[answered]!.verdicts.resolve(Uint8Array.of(0b11));
      await turn();
    }
    await Promise.all(open.map(({ accepted }) => accepted));
    assert.equal(pool.pending, 20);
    submit(transactionNumber(20));
  });
});
