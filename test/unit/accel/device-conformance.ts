/**
 * What every signature device must do, whoever computes the verdicts: call `describeDevice` with its factory.
 *
 * Verdicts are those of the reference verifier and of nothing else; a lane keeps its order; a full lane says so;
 * malformed items cost a verdict, malformed batches a code; a cancelled batch rejects and holds up nobody; `close`
 * leaves no promise open. About 500 items are verified in all.
 */
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import {
  ALGORITHMS,
  LANE_COUNT,
  type SignatureBatch,
  type SignatureDevice,
  type VerdictBitmap,
} from "../../../accel/device.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { submitWhenReady } from "../../../accel/submit.ts";
import { countAccepted, isAccepted } from "../../../accel/verdicts.ts";
import { ALL_ALGORITHMS, batchOf, type SignedItem, signedItem, withOtherMessage } from "./signed-items.ts";

/** The limits the suite wants, small enough to be reached; a device may be created many times. */
export interface ConformanceLimits {
  readonly batchItemsMax: number;
  readonly messageBytesMax: number;
  readonly queuedItemsMax: number;
}

const LIMITS: ConformanceLimits = { batchItemsMax: 40, messageBytesMax: 4000, queuedItemsMax: 60 };

const GOOD = ALL_ALGORITHMS.map((algorithm) => signedItem(algorithm));
const [ED25519] = GOOD as [SignedItem, ...SignedItem[]];
const UNKNOWN: SignedItem = { ...ED25519, algorithm: 200 };
const NO_POINT: SignedItem = { ...ED25519, algorithm: ALGORITHMS.p256, publicKey: new Uint8Array(33).fill(0xff) };
const ZEROS: SignedItem = {
  ...ED25519,
  algorithm: ALGORITHMS.sm2,
  publicKey: GOOD[3]!.publicKey,
  signature: new Uint8Array(64),
};
const TWO_MESSAGES: SignedItem = { ...ED25519, signature: signedItem(ALGORITHMS.ed25519, 8).signature };

/** Good and bad items of all algorithms, in an order that puts both into every byte of the bitmap. */
const MIXED: readonly SignedItem[] = [
  ...GOOD,
  ...GOOD.map(withOtherMessage),
  UNKNOWN,
  GOOD[2]!,
  NO_POINT,
  ZEROS,
  GOOD[1]!,
  TWO_MESSAGES,
  { ...GOOD[0]!, signature: GOOD[0]!.signature.subarray(1) },
  GOOD[3]!,
  { ...GOOD[3]!, publicKey: new Uint8Array(0) },
];

/** A quick item: the verdict of an unknown algorithm costs nothing. */
function idleBatch(count: number): SignatureBatch {
  return batchOf([UNKNOWN], count);
}

function verdictList(verdicts: VerdictBitmap, count: number): boolean[] {
  return Array.from({ length: count }, (_, i) => isAccepted(verdicts, i));
}

function referenceVerdicts(items: readonly SignedItem[]): boolean[] {
  const verifier = createReferenceVerifier();
  return items.map(({ algorithm, publicKey, signature, message }) =>
    verifier.verify(algorithm, publicKey, signature, message),
  );
}

function describeVerdicts(create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe("verdicts", () => {
    let device: SignatureDevice;
    before(() => {
      device = create(LIMITS);
    });
    after(() => device.close());

    test("are those of the reference verifier, item by item, for good, bad and malformed items", async () => {
      const verdicts = await device.submit(0, batchOf(MIXED));
      const want = referenceVerdicts(MIXED);
      assert.deepEqual(verdictList(verdicts, MIXED.length), want);
      assert.deepEqual([want.filter(Boolean).length, want.length], [7, 17]);
    });

    test("do not depend on the place in the batch or on its size", async () => {
      const bad = withOtherMessage(ED25519);
      for (const size of [1, 7, 8, 9, 17]) {
        const items = Array.from({ length: size }, (_, i) => (i === size - 1 ? ED25519 : i % 3 === 0 ? bad : UNKNOWN));
        const verdicts = await device.submit(size, batchOf(items));
        assert.equal(verdicts.length, (size + 7) >> 3);
        assert.deepEqual(
          verdictList(verdicts, verdicts.length * 8),
          Array.from({ length: verdicts.length * 8 }, (_, i) => i === size - 1),
          `size ${size}`,
        );
      }
    });

    test("one bad item does not spoil its neighbours", async () => {
      const items = Array.from({ length: 12 }, (_, i) => (i === 5 ? withOtherMessage(ED25519) : ED25519));
      const verdicts = await device.submit(1, batchOf(items));
      assert.equal(countAccepted(verdicts), 11);
      assert.equal(isAccepted(verdicts, 5), false);
    });

    test("views into larger arrays and messages that do not begin at 0 are read where they are", async () => {
      const plain = batchOf([ED25519, withOtherMessage(ED25519), ED25519]);
      const shifted: SignatureBatch = {
        count: 3,
        algorithms: Uint8Array.from([9, ...plain.algorithms, 9]).subarray(1),
        publicKeys: Uint8Array.from([9, 9, ...plain.publicKeys, 9]).subarray(2),
        signatures: Uint8Array.from([9, 9, 9, ...plain.signatures, 9]).subarray(3),
        messages: Uint8Array.from([9, 9, 9, 9, ...plain.messages, 9]),
        messageOffsets: plain.messageOffsets.map((offset) => offset + 4),
      };
      const verdicts = await device.submit(2, shifted);
      assert.deepEqual(verdictList(verdicts, 3), [true, false, true]);
    });

    test("the arrays come back as they were", async () => {
      const batch = batchOf(MIXED.slice(0, 6));
      const copy = structuredClone(batch);
      await device.submit(3, batch);
      assert.deepEqual(batch, copy);
    });

    test("an empty batch has an empty bitmap", async () => {
      assert.equal((await device.submit(0, idleBatch(0))).length, 0);
    });
  });
}

function describeLanes(create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe("lanes", () => {
    let device: SignatureDevice;
    before(() => {
      device = create(LIMITS);
    });
    after(() => device.close());

    test("there are 96, and every one of them answers", async () => {
      assert.equal(device.capability.lanes, LANE_COUNT);
      const lanes = Array.from({ length: LANE_COUNT }, (_, lane) => lane);
      const results = await Promise.all(
        lanes.map((lane) => device.submit(lane, batchOf(lane % 32 === 0 ? [UNKNOWN, ED25519] : [UNKNOWN, UNKNOWN]))),
      );
      assert.deepEqual(
        results.map((verdicts) => [...verdicts]),
        lanes.map((lane) => [lane % 32 === 0 ? 2 : 0]),
      );
    });

    test("a lane finishes its batches in the order of their submission, though later ones are quicker", async () => {
      const order: string[] = [];
      const submit = (lane: number, name: string, batch: SignatureBatch) =>
        device.submit(lane, batch).then(() => order.push(name));
      await Promise.all([
        submit(7, "a1", batchOf([ED25519], 20)),
        submit(7, "a2", idleBatch(1)),
        submit(7, "a3", batchOf([ED25519], 3)),
        submit(7, "a4", idleBatch(30)),
        submit(8, "b1", batchOf([ED25519], 2)),
        submit(8, "b2", idleBatch(2)),
      ]);
      const ofLane = (lane: string) => order.filter((name) => name.startsWith(lane));
      assert.deepEqual(ofLane("a"), ["a1", "a2", "a3", "a4"]);
      assert.deepEqual(ofLane("b"), ["b1", "b2"]);
    });

    for (const lane of [-1, LANE_COUNT, 0.5]) {
      test(`lane ${lane} does not exist`, async () => {
        assert.throws(() => device.canAcceptWork(lane, 1), { code: "accel.badLane" });
        await assert.rejects(device.whenReady(lane, 1), { code: "accel.badLane" });
        await assert.rejects(device.submit(lane, idleBatch(1)), { code: "accel.badLane" });
      });
    }
  });
}

function describeBackPressure(create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe("limits and back-pressure", () => {
    let device: SignatureDevice;
    before(() => {
      device = create(LIMITS);
    });
    after(() => device.close());

    test("the capability says what was asked for", () => {
      const { batchItemsMax, messageBytesMax, queuedItemsMax, algorithms } = device.capability;
      assert.deepEqual({ batchItemsMax, messageBytesMax, queuedItemsMax }, LIMITS);
      assert.deepEqual([...algorithms].toSorted(), [...ALL_ALGORITHMS].toSorted());
    });

    test("a batch of the most items is taken, one more item is refused", async () => {
      const verdicts = await device.submit(0, idleBatch(LIMITS.batchItemsMax));
      assert.equal(verdicts.length, LIMITS.batchItemsMax / 8);
      await assert.rejects(device.submit(0, idleBatch(LIMITS.batchItemsMax + 1)), { code: "accel.batchTooLarge" });
      assert.equal(device.canAcceptWork(0, LIMITS.batchItemsMax + 1), false);
      await assert.rejects(device.whenReady(0, LIMITS.batchItemsMax + 1), { code: "accel.batchTooLarge" });
    });

    test("messages of the most bytes are taken, one more byte is refused", async () => {
      const item = (length: number): SignedItem => ({ ...UNKNOWN, message: new Uint8Array(length) });
      await device.submit(0, batchOf([item(LIMITS.messageBytesMax)]));
      await assert.rejects(device.submit(0, batchOf([item(LIMITS.messageBytesMax), item(1)])), {
        code: "accel.messagesTooLong",
      });
    });

    test("a message of 64 MiB is refused with its code, and nothing of it is kept", async () => {
      const before = device.statistics();
      const batch = batchOf([{ ...ED25519, message: new Uint8Array(64 * 1024 * 1024) }]);
      await assert.rejects(device.submit(30, batch), { name: "AccelError", code: "accel.messagesTooLong" });
      const { queuedItems, openBatches, failedBatches } = device.statistics();
      assert.deepEqual([queuedItems, openBatches, failedBatches], [0, 0, before.failedBatches]);
      assert.equal(device.canAcceptWork(30, LIMITS.queuedItemsMax - LIMITS.batchItemsMax), true);
    });

    test("arrays too short for the count are refused", async () => {
      const batch = idleBatch(4);
      await assert.rejects(device.submit(0, { ...batch, count: 5 }), { code: "accel.batchShape" });
      await assert.rejects(device.submit(0, { ...batch, messageOffsets: Uint32Array.of(0, 9, 1, 9, 9) }), {
        code: "accel.batchShape",
      });
    });

    test("a full lane says so and refuses, others do not care, and room comes back", async () => {
      const first = device.submit(10, batchOf([ED25519], 40));
      assert.equal(device.canAcceptWork(10, 20), true);
      const second = device.submit(10, idleBatch(20));
      assert.equal(device.canAcceptWork(10, 1), false);
      assert.equal(device.canAcceptWork(11, 40), true);
      await assert.rejects(device.submit(10, idleBatch(1)), { code: "accel.laneFull" });
      await device.whenReady(10, 40);
      assert.equal(device.canAcceptWork(10, 40), true);
      assert.equal(countAccepted(await first), 40);
      await second;
    });

    test("many who wait for one lane are all served", async () => {
      const results = await Promise.all(
        Array.from({ length: 6 }, () => submitWhenReady(device, 12, batchOf([UNKNOWN, ED25519], 30))),
      );
      assert.deepEqual(results.map(countAccepted), [15, 15, 15, 15, 15, 15]);
    });

    test("statistics count what was settled", async () => {
      const before = device.statistics();
      await device.submit(20, batchOf([ED25519, UNKNOWN, withOtherMessage(ED25519)]));
      const now = device.statistics();
      assert.deepEqual(
        [now.batches - before.batches, now.items - before.items, now.accepted - before.accepted, now.queuedItems],
        [1, 3, 1, 0],
      );
      assert.ok(now.busyMs > before.busyMs);
      assert.ok(now.laneBusyMs[20]! > before.laneBusyMs[20]!);
      assert.equal(now.laneBusyMs.length, LANE_COUNT);
    });

    test("histograms count every batch that resolved, and percentiles are bounds of their buckets", async () => {
      await device.submit(21, idleBatch(3));
      const { batches, batchSizes, latencyMs, latencyP50Ms, latencyP99Ms } = device.statistics();
      for (const { bounds, counts } of [batchSizes, latencyMs]) {
        assert.equal(counts.length, bounds.length + 1);
        assert.equal(
          counts.reduce((sum, count) => sum + count, 0),
          batches,
        );
      }
      assert.ok(latencyP50Ms > 0 && latencyP50Ms <= latencyP99Ms);
    });
  });
}

function describeCancelling(create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe("cancelling", () => {
    let device: SignatureDevice;
    before(() => {
      device = create(LIMITS);
    });
    after(() => device.close());

    test("a cancelled batch rejects, makes room, and those before and behind it get their verdicts", async () => {
      const control = new AbortController();
      const first = device.submit(5, batchOf([ED25519], 30));
      const cancelled = device.submit(5, batchOf([ED25519], 20), { signal: control.signal });
      const last = device.submit(5, batchOf([UNKNOWN, ED25519], 10));
      assert.equal(device.canAcceptWork(5, 20), false);
      control.abort();
      await assert.rejects(cancelled, { name: "AccelError", code: "accel.cancelled" });
      assert.deepEqual([countAccepted(await first), countAccepted(await last)], [30, 5]);
      assert.equal(device.canAcceptWork(5, 40), true);
      assert.equal(device.statistics().queuedItems, 0);
    });

    test("a batch that is at work may be cancelled at any moment; the device goes on", async () => {
      const before = device.statistics();
      const moments = [0, 1, 2, 3];
      const results = await Promise.all(
        moments.map(async (ms) => {
          const control = new AbortController();
          const submitted = device.submit(40 + ms, batchOf([ED25519], 10), { signal: control.signal });
          setTimeout(() => control.abort(), ms);
          return submitted.then(countAccepted, (error) => error.code);
        }),
      );
      for (const result of results) assert.ok(result === 10 || result === "accel.cancelled", `${result}`);
      const isCancelled = (result: unknown): boolean => result === "accel.cancelled";
      const { cancelledBatches, batches } = device.statistics();
      assert.equal(cancelledBatches - before.cancelledBatches, results.filter(isCancelled).length);
      assert.equal(batches - before.batches, results.length - results.filter(isCancelled).length);
      assert.equal(countAccepted(await device.submit(40, batchOf([ED25519], 3))), 3);
    });

    test("a signal aborted before refuses the batch, one aborted after the verdicts does nothing", async () => {
      const refused = device.submit(6, idleBatch(1), { signal: AbortSignal.abort() });
      await assert.rejects(refused, { code: "accel.cancelled" });
      const control = new AbortController();
      const verdicts = await device.submit(6, batchOf([ED25519]), { signal: control.signal });
      control.abort();
      assert.equal(countAccepted(verdicts), 1);
    });
  });
}

function describeClosing(create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe("closing", () => {
    test("settles every open promise, refuses what comes later, and may be repeated", async () => {
      const device = create(LIMITS);
      const open = [
        device.submit(0, batchOf([ED25519], 40)),
        device.submit(0, idleBatch(20)),
        device.submit(95, batchOf([ED25519])),
        device.whenReady(0, 40),
      ];
      const settled = Promise.allSettled(open);
      await device.close();
      const codes = (await settled).map((result) => (result.status === "rejected" ? result.reason.code : "resolved"));
      assert.deepEqual(codes, Array(4).fill("accel.closed"));
      await assert.rejects(device.submit(0, idleBatch(1)), { code: "accel.closed" });
      await assert.rejects(device.whenReady(0, 1), { code: "accel.closed" });
      assert.equal(device.canAcceptWork(0, 1), false);
      assert.equal(device.statistics().queuedItems, 0);
      await device.close();
    });

    test("a device that was never used closes", async () => {
      await create(LIMITS).close();
    });
  });
}

/** Registers the whole suite for the devices that `create` makes. */
export function describeDevice(name: string, create: (limits: ConformanceLimits) => SignatureDevice): void {
  describe(name, () => {
    describeVerdicts(create);
    describeLanes(create);
    describeBackPressure(create);
    describeCancelling(create);
    describeClosing(create);
  });
}
