import assert from "node:assert/strict";
import { describe, it } from "node:test";
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

describe("signatures on their way to the accelerator", () => {
  it("go at once when their lane is idle, and together when they came together", async () => {
    const { device, submitted } = handDevice();
    const queue = new SignatureQueue({ device, batchItemsMax: 100 });
    const verdicts = [queue.verify(3, ITEM), queue.verify(3, ITEM), queue.verify(4, ITEM)];
    await turn();
    assert.deepEqual(
      submitted.map(({ lane, count }) => [lane, count]),
      [
        [3, 2],
        [4, 1],
      ],
    );
    submitted[0]?.verdicts.resolve(Uint8Array.of(0b10));
    submitted[1]?.verdicts.resolve(Uint8Array.of(0b1));
    assert.deepEqual(await Promise.all(verdicts), [false, true, true]);
  });

  it("wait while a batch of their lane is under way, and are then as large a batch as the device takes", async () => {
    const { device, submitted } = handDevice();
    const sizes: number[] = [];
    const queue = new SignatureQueue({ device, batchItemsMax: 100, onBatch: (count) => sizes.push(count) });
    const first = queue.verify(0, ITEM);
    await turn();
    const rest = Array.from({ length: 11 }, () => queue.verify(0, ITEM));
    await turn();
    assert.equal(submitted.length, 1);
    submitted[0]?.verdicts.resolve(Uint8Array.of(1));
    assert.equal(await first, true);
    await turn();
    submitted[1]?.verdicts.resolve(Uint8Array.of(0xff));
    await turn();
    submitted[2]?.verdicts.resolve(Uint8Array.of(0b011));
    assert.deepEqual(await Promise.all(rest), [...Array(10).fill(true), false]);
    assert.deepEqual(sizes, [1, 8, 3]);
  });

  it("are not lost when their lane becomes idle and busy again", async () => {
    const { device, submitted } = handDevice();
    const queue = new SignatureQueue({ device, batchItemsMax: 4 });
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
    const queue = new SignatureQueue({ device, batchItemsMax: 4 });
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
