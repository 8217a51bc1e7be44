import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { DeviceCapability, SignatureBatch } from "../../../accel/device.ts";
import { AccelError } from "../../../accel/errors.ts";
import { type Chunk, type ChunkLimits, LaneQueues } from "../../../accel/lane-queues.ts";
import { percentileOf } from "../../../accel/statistics.ts";
import { acceptInto } from "../../../accel/verdicts.ts";

const CAPABILITY: DeviceCapability = {
  name: "by hand",
  lanes: 96,
  algorithms: [1],
  batchItemsMax: 10,
  messageBytesMax: 100,
  queuedItemsMax: 20,
};

/** A batch whose items nobody looks at: the driver of these tests is the test. */
function blankBatch(count: number, messageBytes = 0): SignatureBatch {
  const messageOffsets = new Uint32Array(count + 1);
  messageOffsets[count] = messageBytes;
  return {
    count,
    algorithms: new Uint8Array(count),
    publicKeys: new Uint8Array(count * 33),
    signatures: new Uint8Array(count * 64),
    messages: new Uint8Array(messageBytes),
    messageOffsets,
  };
}

function limitsOf(items: number): ChunkLimits {
  return { items, messageBytes: 100 };
}

function createQueues(): LaneQueues {
  return new LaneQueues(CAPABILITY, () => {});
}

/** Takes everything that waits, in chunks. */
function takeAll(queues: LaneQueues, itemsMax: number): Chunk[] {
  const chunks: Chunk[] = [];
  for (let c = queues.takeChunk(limitsOf(itemsMax)); c !== undefined; c = queues.takeChunk(limitsOf(itemsMax)))
    chunks.push(c);
  return chunks;
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** Submits batches of the given sizes to one lane; `ended` is filled with their numbers as they settle. */
function submitMany(queues: LaneQueues, lane: number, sizes: readonly number[]): { ended: string[] } {
  const ended: string[] = [];
  sizes.forEach((size, i) => {
    queues.submit(lane, blankBatch(size)).then(
      () => ended.push(`${i}`),
      (error: AccelError) => ended.push(`${i} ${error.code}`),
    );
  });
  return { ended };
}

describe("order", () => {
  test("a batch is cut into chunks that cover it once", async () => {
    const queues = createQueues();
    void queues.submit(0, blankBatch(10));
    await settle();
    const ranges = takeAll(queues, 4).map(({ from, to }) => [from, to]);
    assert.deepEqual(ranges, [
      [0, 4],
      [4, 8],
      [8, 10],
    ]);
  });

  test("batches of a lane settle in the order of submission, in whatever order their chunks come back", async () => {
    const queues = createQueues();
    const { ended } = submitMany(queues, 5, [8, 1, 4]);
    await settle();
    const chunks = takeAll(queues, 4);
    assert.equal(chunks.length, 4);
    for (const chunk of chunks.toReversed()) {
      assert.deepEqual(ended, []);
      queues.finishChunk(chunk, 1);
      await settle();
    }
    assert.deepEqual(ended, ["0", "1", "2"]);
  });

  test("a slow lane does not hold up another", async () => {
    const queues = createQueues();
    const slow = submitMany(queues, 0, [4]);
    const quick = submitMany(queues, 1, [4]);
    await settle();
    const [, second] = takeAll(queues, 4);
    queues.finishChunk(second!, 1);
    await settle();
    assert.deepEqual([slow.ended, quick.ended], [[], ["0"]]);
  });

  test("lanes take turns: a long queue delays another lane by one chunk", async () => {
    const queues = createQueues();
    const batches = [blankBatch(10), blankBatch(10), blankBatch(7), blankBatch(2)];
    void queues.submit(2, batches[0]!);
    void queues.submit(2, batches[1]!);
    void queues.submit(40, batches[2]!);
    void queues.submit(95, batches[3]!);
    await settle();
    const order = takeAll(queues, 5).map((chunk) => batches.indexOf(chunk.batch));
    assert.deepEqual(order, [0, 2, 3, 0, 2, 1, 1]);
  });

  test("the bits a driver writes are the verdicts of the batch", async () => {
    const queues = createQueues();
    const verdicts = queues.submit(0, blankBatch(10));
    await settle();
    for (const chunk of takeAll(queues, 3)) {
      acceptInto(chunk.verdicts, chunk.from);
      queues.finishChunk(chunk, 1);
    }
    assert.deepEqual([...(await verdicts)], [0b0100_1001, 0b10]);
  });
});

describe("back-pressure", () => {
  test("counts items that are submitted and not settled, by lane", async () => {
    const queues = createQueues();
    submitMany(queues, 0, [10, 6]);
    await settle();
    assert.deepEqual([queues.canAcceptWork(0, 4), queues.canAcceptWork(0, 5)], [true, false]);
    assert.equal(queues.canAcceptWork(1, 10), true);
    await assert.rejects(queues.submit(0, blankBatch(5)), { code: "accel.laneFull" });
    const chunks = takeAll(queues, 10);
    assert.equal(queues.canAcceptWork(0, 5), false, "taken is not settled");
    queues.finishChunk(chunks[0]!, 1);
    assert.equal(queues.canAcceptWork(0, 5), true);
    assert.equal(queues.statistics().queuedItems, 6);
  });

  test("whenReady resolves at once where there is room, and on the first settled batch that makes room", async () => {
    const queues = createQueues();
    await queues.whenReady(0, 10);
    submitMany(queues, 0, [10, 10]);
    const woken: number[] = [];
    for (const itemCount of [10, 3, 1]) void queues.whenReady(0, itemCount).then(() => woken.push(itemCount));
    await settle();
    assert.deepEqual(woken, []);
    const [first, second] = takeAll(queues, 5);
    queues.finishChunk(first!, 1);
    await settle();
    assert.deepEqual(woken, [], "half a batch makes no room");
    queues.finishChunk(second!, 1);
    await settle();
    assert.deepEqual(woken, [10, 3, 1], "each fits by itself");
  });

  test("who waits for more than there is stays asleep until there is enough", async () => {
    const queues = createQueues();
    submitMany(queues, 0, [6, 10]);
    await settle();
    const woken: number[] = [];
    for (const itemCount of [10, 5]) void queues.whenReady(0, itemCount).then(() => woken.push(itemCount));
    submitMany(queues, 0, [4]);
    const [first, second] = takeAll(queues, 10);
    queues.finishChunk(first!, 1);
    await settle();
    assert.deepEqual(woken, [5]);
    queues.finishChunk(second!, 1);
    await settle();
    assert.deepEqual(woken, [5, 10]);
  });

  test("more items than a batch may have will never fit", async () => {
    const queues = createQueues();
    assert.equal(queues.canAcceptWork(0, 11), false);
    await assert.rejects(queues.whenReady(0, 11), { code: "accel.batchTooLarge" });
  });
});

describe("what is refused", () => {
  const good = blankBatch(3, 9);
  const REFUSED: readonly { readonly id: string; readonly batch: SignatureBatch; readonly code: string }[] = [
    { id: "too many items", batch: blankBatch(11), code: "accel.batchTooLarge" },
    { id: "too many message bytes", batch: blankBatch(2, 101), code: "accel.messagesTooLong" },
    { id: "a negative count", batch: { ...good, count: -1 }, code: "accel.batchShape" },
    { id: "half an item", batch: { ...good, count: 2.5 }, code: "accel.batchShape" },
    { id: "too few algorithms", batch: { ...good, algorithms: new Uint8Array(2) }, code: "accel.batchShape" },
    { id: "too few keys", batch: { ...good, publicKeys: new Uint8Array(98) }, code: "accel.batchShape" },
    { id: "too few signatures", batch: { ...good, signatures: new Uint8Array(191) }, code: "accel.batchShape" },
    {
      id: "no end of the last message",
      batch: { ...good, messageOffsets: new Uint32Array(3) },
      code: "accel.batchShape",
    },
    {
      id: "offsets that run backwards",
      batch: { ...good, messageOffsets: Uint32Array.of(0, 5, 4, 9) },
      code: "accel.batchShape",
    },
    {
      id: "offsets that run past the messages",
      batch: { ...good, messageOffsets: Uint32Array.of(0, 5, 6, 10) },
      code: "accel.batchShape",
    },
  ];

  for (const { id, batch, code } of REFUSED) {
    test(`${id}, and the lane stays as it was`, async () => {
      const queues = createQueues();
      await assert.rejects(queues.submit(0, batch), { name: "AccelError", code });
      assert.equal(queues.takeChunk(limitsOf(4)), undefined);
      assert.equal(queues.statistics().queuedItems, 0);
    });
  }

  for (const lane of [-1, 96, 1.5, Number.NaN]) {
    test(`lane ${lane}`, async () => {
      const queues = createQueues();
      assert.throws(() => queues.canAcceptWork(lane, 1), { code: "accel.badLane" });
      await assert.rejects(queues.whenReady(lane, 1), { code: "accel.badLane" });
      await assert.rejects(queues.submit(lane, blankBatch(1)), { code: "accel.badLane" });
    });
  }

  test("arrays longer than the count are no fault", async () => {
    const queues = createQueues();
    const submitted = queues.submit(0, { ...blankBatch(8), count: 1 });
    await settle();
    const chunks = takeAll(queues, 4);
    assert.deepEqual([chunks.length, chunks[0]!.to], [1, 1]);
    queues.finishChunk(chunks[0]!, 1);
    assert.equal((await submitted).length, 1);
  });
});

describe("what goes wrong", () => {
  test("a returned chunk is handed out again before anything else", async () => {
    const queues = createQueues();
    const { ended } = submitMany(queues, 0, [8, 2]);
    await settle();
    const [first, second] = [queues.takeChunk(limitsOf(4))!, queues.takeChunk(limitsOf(4))!];
    queues.returnChunk(first, true);
    const again = queues.takeChunk(limitsOf(4))!;
    assert.deepEqual([again.from, again.to, again.deaths], [0, 4, 1]);
    for (const chunk of [again, second, queues.takeChunk(limitsOf(4))!]) queues.finishChunk(chunk, 1);
    await settle();
    assert.deepEqual(ended, ["0", "1"]);
  });

  test("a failed batch rejects alone, and those behind it in the lane go on", async () => {
    const queues = createQueues();
    const { ended } = submitMany(queues, 0, [8, 2, 6]);
    await settle();
    const [first, second, third] = [
      queues.takeChunk(limitsOf(4))!,
      queues.takeChunk(limitsOf(4))!,
      queues.takeChunk(limitsOf(4))!,
    ];
    queues.finishChunk(third, 1);
    queues.returnChunk(second, false);
    queues.failBatch(first, new AccelError("accel.batchFailed", "for the test"));
    await settle();
    assert.deepEqual(ended, ["0 accel.batchFailed", "1"]);
    const rest = takeAll(queues, 4);
    assert.deepEqual(
      rest.map(({ from, to }) => [from, to]),
      [
        [0, 4],
        [4, 6],
      ],
      "the returned chunk of the failed batch is gone",
    );
    queues.finishChunk(second, 1);
    queues.returnChunk(second, false);
    for (const chunk of rest) queues.finishChunk(chunk, 1);
    await settle();
    assert.deepEqual(ended, ["0 accel.batchFailed", "1", "2"]);
    assert.equal(queues.takeChunk(limitsOf(4)), undefined);
    assert.deepEqual(queues.statistics().queuedItems, 0);
  });

  test("a batch that fails before all of it was taken is taken no further", async () => {
    const queues = createQueues();
    const { ended } = submitMany(queues, 0, [8, 2]);
    await settle();
    queues.failBatch(queues.takeChunk(limitsOf(4))!, new AccelError("accel.batchFailed", "for the test"));
    const rest = takeAll(queues, 4);
    assert.deepEqual(
      rest.map(({ from, to }) => [from, to]),
      [[0, 2]],
    );
    queues.finishChunk(rest[0]!, 1);
    await settle();
    assert.deepEqual(ended, ["0 accel.batchFailed", "1"]);
  });

  test("room made by a failed batch wakes who waits", async () => {
    const queues = createQueues();
    submitMany(queues, 0, [10, 10]);
    await settle();
    let isWoken = false;
    void queues.whenReady(0, 10).then(() => {
      isWoken = true;
    });
    queues.failBatch(queues.takeChunk(limitsOf(4))!, new AccelError("accel.batchFailed", "for the test"));
    await settle();
    assert.equal(isWoken, true);
  });

  test("failAll settles every open promise and refuses what comes later with the same error", async () => {
    const queues = createQueues();
    const one = submitMany(queues, 0, [10, 10]);
    const other = submitMany(queues, 95, [3]);
    const waiting = assert.rejects(queues.whenReady(0, 10), { code: "accel.closed" });
    await settle();
    const taken = queues.takeChunk(limitsOf(4))!;
    queues.returnChunk(queues.takeChunk(limitsOf(4))!, true);
    queues.failAll(new AccelError("accel.closed", "for the test"));
    queues.failAll(new AccelError("accel.deviceFailed", "too late to change the reason"));
    await waiting;
    assert.deepEqual([...one.ended, ...other.ended], ["0 accel.closed", "1 accel.closed", "0 accel.closed"]);
    assert.equal(queues.takeChunk(limitsOf(4)), undefined);
    queues.finishChunk(taken, 1);
    assert.equal(queues.canAcceptWork(0, 1), false);
    await assert.rejects(queues.submit(0, blankBatch(1)), { code: "accel.closed" });
    await assert.rejects(queues.whenReady(0, 1), { code: "accel.closed" });
    assert.equal(queues.statistics().queuedItems, 0);
  });
});

describe("chunks by message bytes", () => {
  test("a chunk ends before the message that does not fit, and one that fits nowhere is not handed out", async () => {
    const queues = createQueues();
    const messageOffsets = Uint32Array.of(0, 10, 40, 50, 100);
    void queues.submit(0, { ...blankBatch(4, 100), messageOffsets });
    await settle();
    const take = (messageBytes: number) => {
      const chunk = queues.takeChunk({ items: 8, messageBytes });
      return chunk === undefined ? undefined : [chunk.from, chunk.to];
    };
    assert.deepEqual(
      [take(39), take(29), take(40), take(49), take(50)],
      [[0, 1], undefined, [1, 3], undefined, [3, 4]],
    );
    assert.equal(queues.waitingItems, 0);
  });

  test("who joins others gets no chunk that a worker died of, and none that is too long", async () => {
    const queues = createQueues();
    void queues.submit(0, blankBatch(8));
    void queues.submit(1, blankBatch(8));
    await settle();
    const [first, second] = takeAll(queues, 8);
    queues.returnChunk(first!, true);
    queues.returnChunk(second!, false);
    assert.equal(queues.takeChunk({ ...limitsOf(8), isJoining: true }), undefined);
    assert.equal(queues.takeChunk(limitsOf(4))?.lane, 0, "by itself it is given, as it was cut");
    assert.equal(queues.takeChunk({ ...limitsOf(4), isJoining: true }), undefined);
    assert.equal(queues.takeChunk({ ...limitsOf(8), isJoining: true })?.lane, 1);
  });
});

describe("cancelling", () => {
  test("a waiting batch leaves its lane at once, and the room is free", async () => {
    const queues = createQueues();
    const { ended } = submitMany(queues, 0, [8]);
    const control = new AbortController();
    const cancelled = queues.submit(0, blankBatch(10), { signal: control.signal });
    submitMany(queues, 0, [2]);
    await settle();
    assert.equal(queues.canAcceptWork(0, 1), false);
    const reason = new AccelError("accel.closed", "for the test");
    control.abort(reason);
    await assert.rejects(cancelled, { name: "AccelError", code: "accel.cancelled", cause: reason });
    assert.equal(queues.canAcceptWork(0, 10), true);
    const order = takeAll(queues, 10).map(({ from, to }) => [from, to]);
    assert.deepEqual(order, [
      [0, 8],
      [0, 2],
    ]);
    assert.deepEqual(ended, []);
    const { cancelledBatches, openBatches, queuedItems } = queues.statistics();
    assert.deepEqual([cancelledBatches, openBatches, queuedItems], [1, 2, 10]);
  });

  test("a batch at work is dropped when its chunks come back, and those behind it settle", async () => {
    const queues = createQueues();
    const control = new AbortController();
    const cancelled = assert.rejects(queues.submit(0, blankBatch(8), { signal: control.signal }), {
      code: "accel.cancelled",
    });
    const { ended } = submitMany(queues, 0, [3]);
    await settle();
    const [first, second] = [queues.takeChunk(limitsOf(4))!, queues.takeChunk(limitsOf(4))!];
    assert.equal(first.signal, control.signal);
    queues.returnChunk(second, true);
    control.abort();
    await cancelled;
    const [third] = takeAll(queues, 4);
    assert.deepEqual([third!.from, third!.to], [0, 3], "the returned chunk is gone");
    queues.finishChunk(first, 1);
    queues.returnChunk(first, true);
    queues.finishChunk(third!, 1);
    await settle();
    assert.deepEqual([ended, queues.takeChunk(limitsOf(4))], [["0"], undefined]);
    assert.equal(queues.statistics().batches, 1);
  });

  test("too early it is refused, too late it changes nothing", async () => {
    const queues = createQueues();
    await assert.rejects(queues.submit(0, blankBatch(1), { signal: AbortSignal.abort() }), { code: "accel.cancelled" });
    assert.equal(queues.waitingItems, 0);
    const control = new AbortController();
    const settled = queues.submit(0, blankBatch(1), { signal: control.signal });
    await settle();
    queues.finishChunk(queues.takeChunk(limitsOf(4))!, 1);
    control.abort();
    assert.deepEqual([...(await settled)], [0]);
    assert.equal(queues.statistics().cancelledBatches, 0);
  });
});

test("statistics count settled batches, their items and the accepted ones, and the time by lane", async () => {
  const queues = createQueues();
  submitMany(queues, 3, [10, 2]);
  await settle();
  const [first, second] = takeAll(queues, 10);
  for (const index of [0, 3, 9]) acceptInto(first!.verdicts, index);
  queues.finishChunk(first!, 1.5);
  const half = queues.statistics();
  assert.deepEqual([half.batches, half.items, half.accepted, half.queuedItems, half.busyMs], [1, 10, 3, 2, 1.5]);
  queues.finishChunk(second!, 0.5);
  const all = queues.statistics();
  assert.deepEqual([all.batches, all.items, all.accepted, all.queuedItems, all.busyMs], [2, 12, 3, 0, 2]);
  assert.equal(all.laneBusyMs[3], 2);
  assert.equal(all.laneBusyMs.length, 96);
  const sizes = all.batchSizes.counts.flatMap((count, i) => (count > 0 ? [[all.batchSizes.bounds[i], count]] : []));
  assert.deepEqual(sizes, [
    [2, 1],
    [16, 1],
  ]);
  assert.equal(
    all.latencyMs.counts.reduce((sum, count) => sum + count, 0),
    2,
  );
  assert.ok(all.latencyP50Ms > 0 && all.latencyP50Ms <= all.latencyP99Ms);
});

test("a percentile is the bound of the bucket in which it lies", () => {
  const bounds = [1, 2, 4];
  assert.equal(percentileOf({ bounds, counts: [0, 0, 0, 0] }, 0.5), 0);
  assert.equal(percentileOf({ bounds, counts: [5, 4, 1, 0] }, 0.5), 1);
  assert.equal(percentileOf({ bounds, counts: [5, 4, 1, 0] }, 0.9), 2);
  assert.equal(percentileOf({ bounds, counts: [5, 4, 1, 0] }, 0.99), 4);
  assert.equal(percentileOf({ bounds, counts: [0, 0, 0, 1] }, 0.5), Number.POSITIVE_INFINITY);
});
