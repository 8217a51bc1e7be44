import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { LANE_COUNT, type SignatureBatch, type SignatureDevice } from "../../../accel/device.ts";
import { DeviceCounters } from "../../../accel/statistics.ts";
import { Deferred } from "../../../node/ingest/deferred.ts";
import { laneOf } from "../../../node/ingest/lane.ts";
import { SignatureQueue } from "../../../node/ingest/signature-queue.ts";
import { NodeError } from "../../../vm/errors.ts";

interface Submitted {
  readonly lane: number;
  readonly count: number;
  readonly verdicts: Deferred<Uint8Array>;
}

const CAPABILITY = {
  name: "hand",
  lanes: LANE_COUNT,
  algorithms: [],
  batchItemsMax: 8,
  messageBytesMax: 1 << 20,
  queuedItemsMax: 64,
};

/** A device that answers when the test says so. */
function handDevice() {
  const submitted: Submitted[] = [];
  const device: SignatureDevice = {
    capability: CAPABILITY,
    canAcceptWork: () => true,
    whenReady: async () => undefined,
    submit: (lane: number, batch: SignatureBatch) => {
      const verdicts = new Deferred<Uint8Array>();
      submitted.push({ lane, count: batch.count, verdicts });
      return verdicts.promise;
    },
    statistics: () => new DeviceCounters(LANE_COUNT).snapshot(),
    close: async () => undefined,
  };
  return { device, submitted };
}

const ITEM = {
  algorithm: 1,
  publicKey: new Uint8Array(32),
  signature: new Uint8Array(64),
  message: new Uint8Array(32),
} as const;

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that the test sets, and timers that fire by it. */
function handClock(t: TestContext) {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  let nowMs = 1000;
  return {
    clock: () => nowMs,
    pass(ms: number) {
      nowMs += ms;
      t.mock.timers.tick(ms);
    },
  };
}

const ALL_GOOD = Uint8Array.of(0xff);

describe("signatures on their way to the accelerator", () => {
  it("go at once when the device is idle, and together when they came together", async () => {
    const { device, submitted } = handDevice();
    const queue = new SignatureQueue({ device, batchItemsMax: 100, batchWaitMs: 1000 });
    const verdicts = [queue.verify(3, ITEM), queue.verify(3, ITEM), queue.verify(4, ITEM)];
    await turn();
    assert.deepEqual(
      submitted.map(({ lane, count }) => [lane, count]),
      [[3, 3]],
    );
    submitted[0]?.verdicts.resolve(Uint8Array.of(0b110));
    assert.deepEqual(await Promise.all(verdicts), [false, true, true]);
  });

  it("are cut where the device takes no more message bytes, and a message it never takes spoils no other", async () => {
    const hand = handDevice();
    const device = { ...hand.device, capability: { ...CAPABILITY, messageBytesMax: 100 } };
    const queue = new SignatureQueue({ device, batchItemsMax: 100, batchWaitMs: 1000 });
    const long = queue.verify(0, { ...ITEM, message: new Uint8Array(101) });
    const refused = assert.rejects(long, { code: "ingest.deviceFailed" });
    const verdicts = Array.from({ length: 5 }, () => queue.verify(0, ITEM));
    await refused;
    await turn();
    assert.deepEqual(
      hand.submitted.map(({ count }) => count),
      [3],
    );
    hand.submitted[0]?.verdicts.resolve(Uint8Array.of(0b101));
    assert.deepEqual(await Promise.all(verdicts.slice(0, 3)), [true, false, true]);
    await turn();
    hand.submitted[1]?.verdicts.resolve(Uint8Array.of(0b10));
    assert.deepEqual(await Promise.all(verdicts.slice(3)), [false, true]);
  });

  it("wait while a batch is under way, until theirs is full", async (t) => {
    const { device, submitted } = handDevice();
    const { clock } = handClock(t);
    const sizes: number[] = [];
    const queue = new SignatureQueue({
      device,
      batchItemsMax: 100,
      batchWaitMs: 5,
      clock,
      onBatch: (count) => sizes.push(count),
    });
    const first = queue.verify(0, ITEM);
    await turn();
    const rest = Array.from({ length: 7 }, () => queue.verify(0, ITEM));
    await turn();
    assert.deepEqual([submitted.length, queue.waiting], [1, 7]);
    rest.push(...Array.from({ length: 4 }, () => queue.verify(0, ITEM)));
    assert.deepEqual([submitted.length, queue.waiting], [2, 3], "eight are as many as the device takes");
    submitted[0]?.verdicts.resolve(Uint8Array.of(1));
    assert.equal(await first, true);
    submitted[1]?.verdicts.resolve(ALL_GOOD);
    await turn();
    submitted[2]?.verdicts.resolve(Uint8Array.of(0b011));
    assert.deepEqual(await Promise.all(rest), [...Array(10).fill(true), false]);
    assert.deepEqual(sizes, [1, 8, 3]);
  });

  it("leave when the oldest has waited its time, although the batch is not full", async (t) => {
    const { device, submitted } = handDevice();
    const { clock, pass } = handClock(t);
    const waits: number[] = [];
    const onBatch = (_count: number, waitedMs: number) => waits.push(waitedMs);
    const queue = new SignatureQueue({ device, batchItemsMax: 100, batchWaitMs: 5, clock, onBatch });
    const verdicts = [queue.verify(0, ITEM)];
    await turn();
    verdicts.push(queue.verify(1, ITEM));
    pass(3);
    verdicts.push(queue.verify(2, ITEM));
    pass(1);
    assert.equal(submitted.length, 1, "one millisecond is left");
    pass(1);
    assert.deepEqual([submitted.length, submitted[1]?.count, submitted[1]?.lane], [2, 2, 1]);
    assert.deepEqual(waits, [0, 5]);
    for (const { verdicts: answer } of submitted) answer.resolve(ALL_GOOD);
    assert.deepEqual(await Promise.all(verdicts), [true, true, true]);
  });

  it("stay when the device has as many batches as it may have, and then make full ones", async (t) => {
    const { device, submitted } = handDevice();
    const { clock, pass } = handClock(t);
    const queue = new SignatureQueue({ device, batchItemsMax: 4, batchWaitMs: 5, clock });
    const verdicts = [queue.verify(0, ITEM)];
    await turn();
    for (let i = 0; i < 40; i++) verdicts.push(queue.verify(i, ITEM));
    assert.deepEqual([submitted.length, queue.waiting], [8, 12]);
    pass(1000);
    assert.equal(submitted.length, 8);
    for (let answered = 0; answered < submitted.length; answered++) {
      submitted[answered]?.verdicts.resolve(ALL_GOOD);
      await turn();
    }
    assert.deepEqual(await Promise.all(verdicts), Array(41).fill(true));
    assert.deepEqual(
      submitted.map(({ count }) => count),
      [1, ...Array(10).fill(4)],
    );
  });

  it("take the next lane when that of the oldest has no room", async () => {
    const { device, submitted } = handDevice();
    const crowded = { ...device, canAcceptWork: (lane: number) => lane !== 95 && lane !== 0 };
    const queue = new SignatureQueue({ device: crowded, batchItemsMax: 4, batchWaitMs: 5 });
    const verdict = queue.verify(95, ITEM);
    await turn();
    assert.equal(submitted[0]?.lane, 1);
    submitted[0]?.verdicts.resolve(ALL_GOOD);
    assert.equal(await verdict, true);
  });

  it("are not lost when the device becomes idle and busy again", async () => {
    const { device, submitted } = handDevice();
    const queue = new SignatureQueue({ device, batchItemsMax: 4, batchWaitMs: 1000 });
    for (let round = 0; round < 5; round++) {
      const verdict = queue.verify(1, ITEM);
      await turn();
      submitted.at(-1)?.verdicts.resolve(Uint8Array.of(round % 2));
      assert.equal(await verdict, round % 2 === 1);
      await turn();
    }
    assert.equal(submitted.length, 5);
  });

  it("have no verdict when the device fails: that is a fault of the node", async () => {
    const { device, submitted } = handDevice();
    const queue = new SignatureQueue({ device, batchItemsMax: 4, batchWaitMs: 1000 });
    const verdicts = [queue.verify(1, ITEM), queue.verify(1, ITEM)];
    await turn();
    submitted[0]?.verdicts.reject(new TypeError("gone"));
    for (const verdict of verdicts) {
      await assert.rejects(verdict, (error) => error instanceof NodeError && error.code === "ingest.deviceFailed");
    }
  });
});

describe("the lane of a transaction", () => {
  it("is the same for one object of one contract, and a number below 96", () => {
    for (let i = 0; i < 1000; i++) {
      const lane = laneOf("invoice", `object ${i}`);
      assert.equal(lane, laneOf("invoice", `object ${i}`));
      assert.ok(Number.isInteger(lane) && lane >= 0 && lane < LANE_COUNT);
    }
  });

  it("is spread over all lanes", () => {
    const counts = new Array<number>(LANE_COUNT).fill(0);
    for (let i = 0; i < 9600; i++) counts[laneOf("invoice", `["seller","2026-${i}"]`)]! += 1;
    assert.ok(Math.min(...counts) > 50 && Math.max(...counts) < 200, String(counts));
  });
});
