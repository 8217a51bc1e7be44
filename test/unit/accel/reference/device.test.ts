import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { ALGORITHMS, type SignatureBatch } from "../../../../accel/device.ts";
import { AccelError } from "../../../../accel/errors.ts";
import { createReferenceDevice } from "../../../../accel/reference/device.ts";
import { sign } from "../../../../accel/reference/sign.ts";
import type { WorkerMessage, WorkerSettings } from "../../../../accel/reference/worker-messages.ts";
import { countAccepted, isAccepted } from "../../../../accel/verdicts.ts";
import { describeDevice } from "../device-conformance.ts";
import { batchOf, secretKeyOf, signedItem, withOtherMessage } from "../signed-items.ts";

const GOOD = signedItem(ALGORITHMS.ed25519);
const BAD = withOtherMessage(GOOD);

for (const workers of [0, 1, 2]) {
  describeDevice(`reference device with ${workers} workers`, (limits) => createReferenceDevice({ workers, ...limits }));
}

/** Starts the device's own worker, beside the compiled device. */
function spawnReferenceWorker(settings: WorkerSettings): Worker {
  const url = new URL("../../../../accel/reference/worker.js", import.meta.url);
  return new Worker(url, { workerData: settings });
}

/** A worker that says it is ready and then does `onRequest` with every `request`. */
function spawnReady(onRequest: string): Worker {
  const source = `
    const { parentPort } = require("node:worker_threads");
    parentPort.on("message", (request) => { ${onRequest} });
    parentPort.postMessage({ kind: "ready" });
  `;
  return new Worker(source, { eval: true });
}

const THROW = 'throw new TypeError("broken")';
const ANSWER_ANOTHER =
  'parentPort.postMessage({ kind: "answer", id: request.id + 1, verdicts: new Uint8Array([255]), busyMs: 0 })';

function spawnStillborn(): Worker {
  return new Worker("process.exit(3)", { eval: true });
}

function assertAlternating(verdicts: Uint8Array, count: number): void {
  const list = Array.from({ length: count }, (_, i) => isAccepted(verdicts, i));
  assert.deepEqual(
    list,
    list.map((_, i) => i % 2 === 0),
  );
}

describe("on the calling thread", () => {
  test("submit verifies nothing before it returns, and the event loop turns between items", async () => {
    const device = createReferenceDevice({ workers: 0 });
    const submitted = device.submit(0, batchOf([GOOD], 24));
    assert.equal(device.statistics().busyMs, 0);
    let turns = 0;
    const count = (): void => {
      turns++;
      ticking = setImmediate(count);
    };
    let ticking = setImmediate(count);
    await submitted;
    clearImmediate(ticking);
    await device.close();
    assert.ok(turns >= 5, `${turns} turns of the event loop during 24 items`);
  });
});

describe("on worker threads", () => {
  test("a batch larger than a chunk is put together again, in order", async () => {
    const device = createReferenceDevice({ workers: 2 });
    const verdicts = await device.submit(0, batchOf([GOOD, BAD], 75));
    await device.close();
    assertAlternating(verdicts, 75);
  });

  test("the SM2 user id reaches the workers", async () => {
    const message = new TextEncoder().encode("user id");
    const sm2UserId = "chain@example";
    const item = signedItem(ALGORITHMS.sm2);
    const signature = sign(ALGORITHMS.sm2, secretKeyOf(7), message, { sm2UserId });
    const accepted = async (options: { sm2UserId?: string }): Promise<number> => {
      const device = createReferenceDevice({ workers: 1, ...options });
      const verdicts = await device.submit(0, batchOf([{ ...item, signature, message }]));
      await device.close();
      return countAccepted(verdicts);
    };
    assert.deepEqual([await accepted({ sm2UserId }), await accepted({})], [1, 0]);
  });

  test("a batch in memory shared between threads is verified", async () => {
    const shared = <T extends Uint8Array | Uint32Array>(array: T): T => {
      const copy = new (array.constructor as new (b: SharedArrayBuffer) => T)(new SharedArrayBuffer(array.byteLength));
      copy.set(array);
      return copy;
    };
    const plain = batchOf([GOOD, BAD], 4);
    const batch: SignatureBatch = {
      count: 4,
      algorithms: shared(plain.algorithms),
      publicKeys: shared(plain.publicKeys),
      signatures: shared(plain.signatures),
      messages: shared(plain.messages),
      messageOffsets: shared(plain.messageOffsets.slice()),
    };
    for (const workers of [0, 1]) {
      const device = createReferenceDevice({ workers });
      assertAlternating(await device.submit(0, batch), 4);
      await device.close();
    }
  });

  test("a worker that is killed in the middle of its work is replaced and nothing is lost", async () => {
    const spawned: Worker[] = [];
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => {
        const worker = spawnReferenceWorker(settings);
        spawned.push(worker);
        // Two answers are let through, the next chunk's worker dies while it has two in hand.
        let answers = 0;
        worker.on("message", ({ kind }: WorkerMessage) => {
          if (kind === "answer") answers++;
          if (spawned.length === 1 && answers === 2) void worker.terminate();
        });
        return worker;
      },
    });
    const results = await Promise.all([
      device.submit(3, batchOf([GOOD, BAD], 100)),
      device.submit(4, batchOf([GOOD, BAD], 40)),
      device.submit(3, batchOf([BAD, GOOD], 9)),
    ]);
    assert.deepEqual(results.map(countAccepted), [50, 20, 4]);
    assertAlternating(results[0], 100);
    assert.equal(spawned.length, 2);
    assert.equal(device.statistics().workerRestarts, 1);
    assert.equal(device.statistics().items, 149);
    await device.close();
  });

  test("of two workers, the living one takes over at once", async () => {
    let spawnCount = 0;
    const device = createReferenceDevice({
      workers: 2,
      spawnWorker: (settings) => (++spawnCount === 1 ? spawnReady(THROW) : spawnReferenceWorker(settings)),
    });
    const verdicts = await device.submit(0, batchOf([GOOD, BAD], 70));
    assertAlternating(verdicts, 70);
    assert.equal(device.statistics().workerRestarts, 1);
    await device.close();
  });

  test("a batch whose workers die with it again and again rejects alone", async () => {
    let isBroken = true;
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => (isBroken ? spawnReady(THROW) : spawnReferenceWorker(settings)),
    });
    const error = await device.submit(0, batchOf([GOOD], 2)).catch((reason: unknown) => reason);
    assert.ok(error instanceof AccelError);
    assert.equal(error.code, "accel.batchFailed");
    assert.ok(error.cause instanceof TypeError, "what killed the worker is kept");
    // The worker in place is still a broken one; it dies with the next chunk, and a good one takes that over.
    isBroken = false;
    assert.equal(countAccepted(await device.submit(0, batchOf([GOOD], 2))), 2);
    await device.close();
  });

  test("a device whose workers never start gives up with the reason, and says no afterwards", async () => {
    const device = createReferenceDevice({ workers: 2, spawnWorker: spawnStillborn });
    const open = [device.submit(0, batchOf([GOOD])), device.submit(1, batchOf([GOOD], 40))];
    for (const result of await Promise.allSettled(open)) {
      assert.equal(result.status === "rejected" ? result.reason.code : "resolved", "accel.deviceFailed");
    }
    await assert.rejects(device.submit(0, batchOf([GOOD])), { code: "accel.deviceFailed" });
    assert.equal(device.canAcceptWork(0, 1), false);
    await device.close();
  });

  test("a worker that dies before it is ready is not the fault of the batch it was given", async () => {
    let spawnCount = 0;
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => (++spawnCount <= 3 ? spawnStillborn() : spawnReferenceWorker(settings)),
    });
    assertAlternating(await device.submit(0, batchOf([GOOD, BAD], 6)), 6);
    assert.equal(device.statistics().workerRestarts, 3);
    await device.close();
  });

  test("only the chunk a worker worked on is blamed for its death, not the one behind it", async () => {
    let spawnCount = 0;
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => (++spawnCount <= 3 ? spawnReady(THROW) : spawnReferenceWorker(settings)),
    });
    const [poisoned, innocent] = await Promise.allSettled([
      device.submit(0, batchOf([GOOD], 16)),
      device.submit(1, batchOf([GOOD, BAD], 16)),
    ]);
    assert.equal(poisoned.status === "rejected" ? poisoned.reason.code : "resolved", "accel.batchFailed");
    assert.equal(innocent.status === "fulfilled" ? countAccepted(innocent.value) : innocent.reason.code, 8);
    await device.close();
  });

  test("a worker that answers what it was not asked is not believed", async () => {
    let spawnCount = 0;
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => (++spawnCount === 1 ? spawnReady(ANSWER_ANOTHER) : spawnReferenceWorker(settings)),
    });
    const verdicts = await device.submit(0, batchOf([BAD, GOOD], 8));
    assert.deepEqual([...verdicts], [0b1010_1010]);
    assert.equal(spawnCount, 2);
    await device.close();
  });

  test("a worker that hangs is ended, and its chunks are verified elsewhere", async () => {
    let spawnCount = 0;
    const device = createReferenceDevice({
      workers: 1,
      deadlineMs: 100,
      spawnWorker: (settings) => (++spawnCount === 1 ? spawnReady("for (;;);") : spawnReferenceWorker(settings)),
    });
    const results = await Promise.all([
      device.submit(0, batchOf([GOOD, BAD], 20)),
      device.submit(1, batchOf([BAD, GOOD], 4)),
    ]);
    assert.deepEqual(results.map(countAccepted), [10, 2]);
    assert.deepEqual([spawnCount, device.statistics().workerRestarts], [2, 1]);
    await device.close();
  });

  test("a batch that makes every worker hang rejects alone", async () => {
    const device = createReferenceDevice({ workers: 1, deadlineMs: 1, spawnWorker: () => spawnReady("for (;;);") });
    const error: unknown = await device.submit(0, batchOf([GOOD])).catch((reason: unknown) => reason);
    assert.ok(error instanceof AccelError);
    assert.deepEqual(
      [error.code, (error.cause as AccelError).message],
      ["accel.batchFailed", "a worker did not answer in time"],
    );
    await device.close();
  });

  test("small batches of many lanes go to a worker together", async () => {
    let requests = 0;
    const device = createReferenceDevice({
      workers: 1,
      spawnWorker: (settings) => {
        const worker = spawnReferenceWorker(settings);
        worker.on("message", ({ kind }: WorkerMessage) => {
          if (kind === "answer") requests++;
        });
        return worker;
      },
    });
    const lanes = Array.from({ length: 24 }, (_, lane) => lane);
    const results = await Promise.all(lanes.map((lane) => device.submit(lane, batchOf([GOOD, BAD]))));
    await device.close();
    assert.deepEqual(
      results.map((verdicts) => [...verdicts]),
      lanes.map(() => [1]),
    );
    assert.ok(requests <= 3, `${requests} requests for 24 batches of 2`);
  });

  test("closing while workers work ends them", async () => {
    const spawned: Worker[] = [];
    const device = createReferenceDevice({
      workers: 2,
      spawnWorker: (settings) => {
        spawned.push(spawnReferenceWorker(settings));
        return spawned.at(-1)!;
      },
    });
    const open = assert.rejects(device.submit(0, batchOf([GOOD], 64)), { code: "accel.closed" });
    await device.close();
    await open;
    assert.deepEqual(
      spawned.map((worker) => worker.threadId),
      [-1, -1],
    );
    assert.equal(device.statistics().workerRestarts, 0);
  });
});

const BAD_OPTIONS = [
  { id: "a negative number of workers", options: { workers: -1 } },
  { id: "more workers than lanes", options: { workers: 97 } },
  { id: "half a worker", options: { workers: 0.5 } },
  { id: "batches of nothing", options: { workers: 0, batchItemsMax: 0 } },
  { id: "a queue smaller than a batch", options: { workers: 0, batchItemsMax: 10, queuedItemsMax: 9 } },
  { id: "no message bytes", options: { workers: 0, messageBytesMax: 0 } },
];

for (const { id, options } of BAD_OPTIONS) {
  test(`refuses ${id}`, () => {
    assert.throws(() => createReferenceDevice(options), { name: "AccelError", code: "accel.badOption" });
  });
}

test("without limits of its own a device takes batches of 1024 and four of them a lane", async () => {
  const device = createReferenceDevice({ workers: 0 });
  const { batchItemsMax, queuedItemsMax, name } = device.capability;
  assert.deepEqual(
    { batchItemsMax, queuedItemsMax, name },
    { batchItemsMax: 1024, queuedItemsMax: 4096, name: "reference" },
  );
  await device.close();
});
