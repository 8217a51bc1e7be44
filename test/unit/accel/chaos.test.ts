/**
 * Everything goes wrong at once: workers that die, throw and hang while hundreds of batches of chance sizes are on many
 * lanes, some of them cancelled, and, in the second test, a device that begins to lie. Each promise settles once, with
 * the right verdicts or because it was cancelled, and each lane keeps its order.
 */
import assert from "node:assert/strict";
import { randomInt } from "node:crypto";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { createCheckedDevice } from "../../../accel/checked/device.ts";
import { ALGORITHMS, type SignatureDevice } from "../../../accel/device.ts";
import { createReferenceDevice } from "../../../accel/reference/device.ts";
import { submitWhenReady } from "../../../accel/submit.ts";
import { isAccepted } from "../../../accel/verdicts.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import type { WorkerMessage, WorkerSettings } from "../../../accel/wasm/worker-messages.ts";
import { Random } from "../../fuzz/random.ts";
import { createFaultyDevice } from "./faulty-device.ts";
import { batchOf, signedItem, withOtherMessage } from "./signed-items.ts";

const GOOD = [1, 2, 3].map((seed) => signedItem(ALGORITHMS.ed25519, seed));
const BAD = GOOD.map(withOtherMessage);
const BATCHES = 240;
const LANES = 12;

/** A worker that does its work, and at its first task, by chance, dies, throws or hangs instead. */
function spawnUnreliable(settings: WorkerSettings, random: Random): Worker {
  const url = new URL("../../../accel/wasm/worker.js", import.meta.url);
  const trouble = ["process.exit(1)", "throw new TypeError('broken')", "for (;;);"];
  if (random.once(3)) {
    const source = `
      const { parentPort, workerData } = require("node:worker_threads");
      parentPort.postMessage({ kind: "ready", algorithms: [1] });
      Atomics.wait(new Int32Array(workerData.memory.buffer, 0, 4), 0, 0);
      ${random.pick(trouble)}`;
    return new Worker(source, { eval: true, workerData: settings });
  }
  const worker = new Worker(url, { workerData: settings });
  let answersLeft = random.between(1, 12);
  worker.on("message", ({ kind }: WorkerMessage) => {
    if (kind === "answer" && --answersLeft === 0) void worker.terminate();
  });
  return worker;
}

/** Resolves to how many batches were decided and how many were cancelled; everything about them is checked. */
async function load(device: SignatureDevice, random: Random): Promise<{ decided: number; cancelled: number }> {
  const order = Array.from({ length: LANES }, () => [] as number[]);
  const counts = { decided: 0, cancelled: 0 };
  const one = async (number: number): Promise<void> => {
    const lane = random.below(LANES);
    const items = Array.from({ length: random.between(1, 70) }, () => random.pick(random.once(4) ? BAD : GOOD));
    const wanted = items.map((item) => GOOD.includes(item));
    const control = new AbortController();
    if (random.once(8)) setTimeout(() => control.abort(), random.below(60));
    const submitted = device.submit(lane, batchOf(items), { signal: control.signal });
    try {
      const verdicts = await submitted;
      order[lane]!.push(number);
      counts.decided++;
      for (const [i, want] of wanted.entries())
        assert.equal(isAccepted(verdicts, i), want, `batch ${number}, item ${i}`);
    } catch (error) {
      assert.equal((error as { code?: string }).code, "accel.cancelled", `batch ${number}: ${error}`);
      counts.cancelled++;
    }
  };
  const running: Promise<void>[] = [];
  for (let number = 0; number < BATCHES; number++) {
    running.push(one(number));
    if (random.once(10)) await new Promise((resolve) => setTimeout(resolve, random.below(8)));
  }
  await Promise.all(running);
  for (const numbers of order)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
      "the order of a lane",
    );
  return counts;
}

const seedText = (): string => process.env.CHAOS_SEED ?? `${randomInt(2 ** 32)}`;

test("workers that die, throw and hang under load lose nothing", async (t) => {
  const seed = seedText();
  t.diagnostic(`CHAOS_SEED=${seed}`);
  const random = new Random(seed);
  const device = createWasmDevice({
    workers: 2,
    deadlineMs: 30,
    batchItemsMax: 128,
    spawnWorker: (settings) => spawnUnreliable(settings, random),
  });
  // A batch that meets a bad worker three times is given up, so what is checked goes through the reference then.
  const checked = createCheckedDevice({ fast: device, reference: createReferenceDevice({ workers: 1 }) });
  const { decided, cancelled } = await load(checked, random);
  const { openBatches, queuedItems, quarantine, fast } = checked.statistics();
  await checked.close();
  t.diagnostic(`${decided} decided, ${cancelled} cancelled, quarantine: ${quarantine?.message ?? "none"}`);
  t.diagnostic(`${(fast as { workerRestarts?: number }).workerRestarts} workers replaced`);
  assert.deepEqual([decided + cancelled, openBatches, queuedItems], [BATCHES, 0, 0]);
});

for (const fault of ["acceptsAll", "refusesAll", "hangs", "rejects"] as const) {
  test(`a device that begins to go wrong under load (${fault}) is replaced without a wrong verdict`, async (t) => {
    const seed = seedText();
    t.diagnostic(`CHAOS_SEED=${seed}`);
    const random = new Random(seed);
    const fast = createFaultyDevice(createWasmDevice({ workers: 1, batchItemsMax: 128 }));
    const reference = createReferenceDevice({ workers: 1 });
    const device = createCheckedDevice({ fast, reference, sampleEvery: 1, hangMs: 20 });
    const turning = setInterval(() => {
      if (fast.submitted > BATCHES - 30) fast.fault = fault;
    }, 1);
    const warm = await submitWhenReady(device, 0, batchOf([GOOD[0]!]));
    assert.deepEqual([...warm], [1]);
    const { decided, cancelled } = await load(device, random);
    fast.fault = fault;
    await device.submit(0, batchOf([GOOD[0]!, BAD[0]!]));
    clearInterval(turning);
    const { openBatches, quarantine } = device.statistics();
    await device.close();
    assert.deepEqual([decided + cancelled, openBatches], [BATCHES, 0]);
    assert.notEqual(quarantine, null);
  });
}
