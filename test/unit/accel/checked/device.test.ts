import assert from "node:assert/strict";
import { describe, test } from "node:test";
import {
  type CheckedDevice,
  type CheckedDeviceOptions,
  createCheckedDevice,
  type Quarantine,
  type QuarantineKind,
} from "../../../../accel/checked/device.ts";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { createReferenceDevice } from "../../../../accel/reference/device.ts";
import { countAccepted, isAccepted } from "../../../../accel/verdicts.ts";
import { createWasmDevice } from "../../../../accel/wasm/device.ts";
import { describeDevice } from "../device-conformance.ts";
import { createFaultyDevice, type Fault, type FaultyDevice } from "../faulty-device.ts";
import { batchOf, signedItem, withOtherMessage } from "../signed-items.ts";

const GOOD = signedItem(ALGORITHMS.ed25519);
const BAD = withOtherMessage(GOOD);
const UNKNOWN = { ...GOOD, algorithm: 99 };

for (const sampleEvery of [0, 1, 5]) {
  describeDevice(`checked wasm device, one of ${sampleEvery} sampled`, (limits) =>
    createCheckedDevice({
      fast: createWasmDevice({ workers: 1, ...limits }),
      reference: createReferenceDevice({ workers: 0, batchItemsMax: 16 }),
      sampleEvery,
    }),
  );
}

describeDevice("checked device whose fast device rejects everything", (limits) =>
  createCheckedDevice({
    fast: createFaultyDevice(createReferenceDevice({ workers: 0, ...limits }), "rejects"),
    reference: createReferenceDevice({ workers: 1 }),
  }),
);

interface Scene {
  readonly fast: FaultyDevice;
  readonly device: CheckedDevice;
  readonly alarms: Quarantine[];
}

function createScene(fault: Fault, options: Partial<CheckedDeviceOptions> = {}): Scene {
  const alarms: Quarantine[] = [];
  const fast = createFaultyDevice(createReferenceDevice({ workers: 0 }), fault);
  const device = createCheckedDevice({
    fast,
    reference: createReferenceDevice({ workers: 0 }),
    onQuarantine: (quarantine) => alarms.push(quarantine),
    ...options,
  });
  return { fast, device, alarms };
}

function assertAlternating(verdicts: Uint8Array, count: number): void {
  const list = Array.from({ length: count }, (_, i) => isAccepted(verdicts, i));
  assert.deepEqual(
    list,
    list.map((_, i) => i % 2 === 0),
  );
}

interface FaultCase {
  readonly fault: Fault;
  readonly kind: QuarantineKind;
}

const FAULTS: readonly FaultCase[] = [
  { fault: "acceptsAll", kind: "mismatch" },
  { fault: "refusesAll", kind: "mismatch" },
  { fault: "hangs", kind: "hung" },
  { fault: "rejects", kind: "failed" },
  { fault: "throws", kind: "failed" },
  { fault: "shortAnswer", kind: "badAnswer" },
  { fault: "strayBits", kind: "badAnswer" },
  { fault: "noRoom", kind: "hung" },
];

describe("a fast device that goes wrong", () => {
  for (const { fault, kind } of FAULTS) {
    test(`${fault}: quarantined once, all open batches and all later ones decided by the reference`, async () => {
      const { fast, device, alarms } = createScene("none", { sampleEvery: 1, hangMs: 20 });
      assertAlternating(await device.submit(0, batchOf([GOOD, BAD], 5)), 5);
      assert.equal(alarms.length, 0);
      fast.fault = fault;
      const sizes = [13, 2, 9, 1];
      const results = await Promise.all(sizes.map((size, i) => device.submit(i % 2, batchOf([GOOD, BAD], size))));
      for (const [i, size] of sizes.entries()) assertAlternating(results[i]!, size);
      assert.deepEqual([alarms.length, alarms[0]?.kind, fast.isClosed], [1, kind, true]);
      const { submitted } = fast;
      assertAlternating(await device.submit(3, batchOf([GOOD, BAD], 4)), 4);
      assert.equal(fast.submitted, submitted, "it is not asked any more");
      const { quarantine, fallbackItems, batches, failedBatches } = device.statistics();
      assert.deepEqual([quarantine, batches, failedBatches], [alarms[0], 6, 0]);
      assert.ok(fallbackItems >= 4 + 1, `${fallbackItems}`);
      await device.close();
    });
  }

  test("the evidence shows the item and both verdicts", async () => {
    const { device, alarms } = createScene("acceptsAll", { sampleEvery: 1 });
    await device.submit(0, batchOf([GOOD, BAD]));
    await device.close();
    assert.deepEqual(alarms[0]?.evidence, {
      algorithm: BAD.algorithm,
      publicKey: Buffer.from(BAD.publicKey).toString("hex"),
      signature: Buffer.from(BAD.signature).toString("hex"),
      message: Buffer.from(BAD.message).toString("hex"),
      messageBytes: BAD.message.length,
      deviceVerdict: true,
      referenceVerdict: false,
    });
  });

  test("a lie that no draw finds is delivered: checks are samples", async () => {
    const { device, alarms } = createScene("acceptsAll", { sampleEvery: 0 });
    assert.equal(countAccepted(await device.submit(0, batchOf([GOOD, BAD], 8))), 8);
    assert.deepEqual([alarms, device.statistics().checkedItems], [[], 0]);
    await device.close();
  });

  test("a good signature that it refuses is found without any draw, up to the allowance", async () => {
    const { device, alarms } = createScene("refusesAll", { sampleEvery: 0 });
    assert.equal(countAccepted(await device.submit(0, batchOf([GOOD], 8))), 8);
    assert.deepEqual([alarms[0]?.kind, device.statistics().checkedItems], ["mismatch", 8]);
    await device.close();
    const without = createScene("refusesAll", { sampleEvery: 0, refusalsPerSecond: 0 });
    assert.equal(countAccepted(await without.device.submit(0, batchOf([GOOD], 8))), 0);
    await without.device.close();
  });

  test("bad signatures in a flood are checked up to the allowance, malformed ones not at all", async () => {
    const { device, alarms } = createScene("none", { sampleEvery: 0, refusalsPerSecond: 3 });
    await device.submit(0, batchOf([BAD, UNKNOWN], 40));
    assert.equal(device.statistics().checkedItems, 3);
    assert.deepEqual(alarms, []);
    await device.close();
  });

  test("the fallback may be a device of its own, made when needed, for batches larger than it takes", async () => {
    let made = 0;
    const { device } = createScene("rejects", {
      createFallback: () => {
        made++;
        return createReferenceDevice({ workers: 2, batchItemsMax: 10, queuedItemsMax: 20 });
      },
    });
    assert.equal(made, 0);
    const results = await Promise.all([
      device.submit(7, batchOf([GOOD, BAD], 45)),
      device.submit(7, batchOf([GOOD, BAD], 3)),
    ]);
    assertAlternating(results[0], 45);
    assertAlternating(results[1], 3);
    assert.equal(made, 1);
    await device.close();
  });

  test("a device that hangs while it closes is left behind", { timeout: 20_000 }, async () => {
    const fast = { ...createReferenceDevice({ workers: 0 }), close: () => new Promise<void>(() => undefined) };
    const device = createCheckedDevice({ fast, reference: createReferenceDevice({ workers: 0 }) });
    await device.close();
    await assert.rejects(device.submit(0, batchOf([GOOD])), { code: "accel.closed" });
  });

  test("when the reference fails too, the device fails and says so", async () => {
    const reference = createFaultyDevice(createReferenceDevice({ workers: 0 }), "rejects");
    const { device } = createScene("rejects", { reference });
    await assert.rejects(device.submit(0, batchOf([GOOD])), { name: "AccelError", code: "accel.deviceFailed" });
    assert.equal(device.canAcceptWork(0, 1), false);
    await device.close();
  });

  test("a batch cancelled on a device that hangs rejects at once and is no reason for quarantine", async () => {
    const { device, alarms } = createScene("hangs", { hangMs: 60_000 });
    const control = new AbortController();
    const cancelled = device.submit(0, batchOf([GOOD], 4), { signal: control.signal });
    control.abort();
    await assert.rejects(cancelled, { code: "accel.cancelled" });
    assert.deepEqual([alarms, device.statistics().queuedItems], [[], 0]);
    await device.close();
  });

  test("a device that is slow but goes on is not taken for one that hangs", async () => {
    const inner = createReferenceDevice({ workers: 0 });
    const fast = {
      ...inner,
      submit: async (...args: Parameters<typeof inner.submit>) => {
        await new Promise((resolve) => setTimeout(resolve, 30 * (args[0] + 1)));
        return await inner.submit(...args);
      },
    };
    const alarms: Quarantine[] = [];
    const reference = createReferenceDevice({ workers: 0 });
    const device = createCheckedDevice({ fast, reference, hangMs: 50, onQuarantine: (q) => alarms.push(q) });
    await Promise.all([0, 1, 2, 3, 4].map((lane) => device.submit(lane, batchOf([GOOD]))));
    assert.deepEqual(alarms, []);
    await device.close();
  });
});

test("refuses options outside their range", async () => {
  for (const options of [{ sampleEvery: -1 }, { refusalsPerSecond: 0.5 }, { hangMs: 0 }]) {
    assert.throws(() => createScene("none", options), { code: "accel.badOption" });
  }
});
