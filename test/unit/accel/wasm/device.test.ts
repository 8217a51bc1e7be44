import assert from "node:assert/strict";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Worker } from "node:worker_threads";
import { ALGORITHMS, type AlgorithmName } from "../../../../accel/device.ts";
import { AccelError } from "../../../../accel/errors.ts";
import { sign } from "../../../../accel/reference/sign.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix } from "../../../../accel/reference/sm2.ts";
import { createReferenceVerifier } from "../../../../accel/reference/verify.ts";
import { countAccepted, createVerdicts, isAccepted } from "../../../../accel/verdicts.ts";
import { createWasmDevice, type WasmDeviceOptions } from "../../../../accel/wasm/device.ts";
import { SignatureKernel } from "../../../../accel/wasm/kernel.ts";
import { chooseKernel } from "../../../../accel/wasm/kernel-files.ts";
import { selfCheck } from "../../../../accel/wasm/known-answers.ts";
import { RangeVerifier } from "../../../../accel/wasm/range-verifier.ts";
import type { WorkerMessage, WorkerSettings } from "../../../../accel/wasm/worker-messages.ts";
import { describeDevice } from "../device-conformance.ts";
import { ALL_ALGORITHMS, batchOf, secretKeyOf, signedItem, withOtherMessage } from "../signed-items.ts";
import { type StubKernel, stubKernelBytes } from "./stub-kernel.ts";

const GOOD = signedItem(ALGORITHMS.ed25519);
const BAD = withOtherMessage(GOOD);
const ALL_GOOD = ALL_ALGORITHMS.map((algorithm) => signedItem(algorithm));
const ALL_BAD = ALL_GOOD.map(withOtherMessage);
const PREFIX = sm2UserIdPrefix(SM2_DEFAULT_USER_ID);
const scratch = mkdtempSync(join(tmpdir(), "cinnabar-kernels-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

for (const workers of [0, 1, 2]) {
  describeDevice(`wasm device with ${workers} workers`, (limits) => createWasmDevice({ workers, ...limits }));
}

/** A folder with these kernels under the names of the real ones. */
function folderWith(files: Readonly<Record<string, Uint8Array>>): string {
  const folder = mkdtempSync(join(scratch, "folder-"));
  mkdirSync(folder, { recursive: true });
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

function assertAlternating(verdicts: Uint8Array, count: number): void {
  const list = Array.from({ length: count }, (_, i) => isAccepted(verdicts, i));
  assert.deepEqual(
    list,
    list.map((_, i) => i % 2 === 0),
  );
}

describe("the kernels that are used", () => {
  test("the module of the build proves itself for all that it has", () => {
    const { module } = chooseKernel();
    const kernel = new SignatureKernel(module);
    const check = selfCheck(kernel);
    assert.deepEqual([...check.algorithms], [...kernel.algorithms].toSorted());
    assert.deepEqual([check.canRecover, check.isBroken], [kernel.canRecover, false]);
    assert.ok(check.algorithms.length > 0);
  });

  for (const kind of ["acceptsAll", "refusesAll", "traps"] satisfies StubKernel[]) {
    test(`a kernel that ${kind} fails its self-check and decides nothing`, () => {
      const bytes = stubKernelBytes(kind);
      const verifier = new RangeVerifier(
        new SignatureKernel(new WebAssembly.Module(bytes)),
        createReferenceVerifier(),
        PREFIX,
      );
      assert.deepEqual(verifier.algorithms, []);
      const verdicts = createVerdicts(6);
      verifier.verifyInto(verdicts, { batch: batchOf([GOOD, BAD], 6), from: 0, to: 6 });
      assertAlternating(verdicts, 6);
      assert.equal(verifier.fallbackItems, 6);
      const kernelFolder = folderWith({ "signatures.wasm": bytes });
      assert.throws(() => createWasmDevice({ workers: 0, kernelFolder }), { code: "accel.noKernels" });
    });
  }

  test("a relaxed module that does not fuse, or gives wrong answers, is passed over for the integer module", () => {
    const folder = folderWith({ "signatures-relaxed.wasm": stubKernelBytes("acceptsAll") });
    copyFileSync("build/kernels/signatures.wasm", join(folder, "signatures.wasm"));
    assert.equal(chooseKernel(folder).variant, "integer");
    assert.throws(() => chooseKernel(folder, "relaxed"), { code: "accel.noKernels" });
  });

  test("a folder without kernels, and a file that is none, are refused with the code", () => {
    assert.throws(() => chooseKernel(folderWith({})), { name: "AccelError", code: "accel.noKernels" });
    assert.throws(() => chooseKernel(folderWith({ "signatures.wasm": new Uint8Array(100) })), {
      code: "accel.noKernels",
    });
  });

  test("a kernel that traps in the middle of its work is not used again, and no verdict is lost or wrong", () => {
    class TrapsLater extends SignatureKernel {
      trapsNow = false;
      override verifyInto(...args: Parameters<SignatureKernel["verifyInto"]>): number {
        if (this.trapsNow) throw new WebAssembly.RuntimeError("unreachable");
        return super.verifyInto(...args);
      }
    }
    const kernel = new TrapsLater(chooseKernel().module);
    const verifier = new RangeVerifier(kernel, createReferenceVerifier(), PREFIX);
    const batch = batchOf([GOOD, BAD], 9);
    const verdictsNow = (): Uint8Array => {
      const verdicts = createVerdicts(9);
      verifier.verifyInto(verdicts, { batch, from: 0, to: 9 });
      return verdicts;
    };
    assertAlternating(verdictsNow(), 9);
    assert.equal(verifier.fallbackItems, 0);
    kernel.trapsNow = true;
    assertAlternating(verdictsNow(), 9);
    assert.deepEqual([verifier.fallbackItems, verifier.algorithms], [9, []]);
    kernel.trapsNow = false;
    assertAlternating(verdictsNow(), 9);
    assert.equal(verifier.fallbackItems, 18);
  });
});

describe("batches of the wasm device", () => {
  for (const workers of [0, 2]) {
    test(`many mixed batches on many lanes, ${workers} workers`, async () => {
      const device = createWasmDevice({ workers });
      const items = ALL_GOOD.flatMap((good, i) => [good, ALL_BAD[i]!]);
      const sizes = [1, 2, 7, 8, 9, 33, 64];
      const results = await Promise.all(sizes.map((size, i) => device.submit(i % 3, batchOf(items, size))));
      const { kernelAlgorithms } = device.statistics();
      await device.close();
      for (const [i, size] of sizes.entries()) assertAlternating(results[i]!, size);
      const { module } = chooseKernel();
      const names = Object.keys(ALGORITHMS) as AlgorithmName[];
      const has = new SignatureKernel(module).algorithms;
      assert.deepEqual(
        kernelAlgorithms,
        names.filter((name) => has.includes(ALGORITHMS[name])),
      );
    });
  }

  test("a batch larger than a task is put together again, and malformed items are counted", async () => {
    const device = createWasmDevice({ workers: 2, batchItemsMax: 4096 });
    const verdicts = await device.submit(0, batchOf([GOOD, BAD, GOOD, { ...GOOD, algorithm: 77 }], 2500));
    const { fallbackItems } = device.statistics();
    await device.close();
    assertAlternating(verdicts, 2500);
    assert.equal(fallbackItems, 625);
  });

  test("long messages reach the kernel, alone and behind others", async () => {
    const message = new Uint8Array(1_000_000).map((_, i) => i);
    const long = { ...GOOD, message, signature: sign(ALGORITHMS.ed25519, secretKeyOf(7), message) };
    for (const workers of [0, 1]) {
      const device = createWasmDevice({ workers, messageBytesMax: 3_000_100 });
      const verdicts = await device.submit(0, batchOf([long, withOtherMessage(long), GOOD, BAD, long]));
      await device.close();
      assertAlternating(verdicts, 5);
    }
  });

  test("the SM2 user id reaches the kernel", async () => {
    const message = new TextEncoder().encode("user id");
    const sm2UserId = "chain@example";
    const signature = sign(ALGORITHMS.sm2, secretKeyOf(7), message, { sm2UserId });
    const item = { ...signedItem(ALGORITHMS.sm2), signature, message };
    const accepted = async (options: WasmDeviceOptions): Promise<number> => {
      const device = createWasmDevice(options);
      const verdicts = await device.submit(0, batchOf([item]));
      await device.close();
      return countAccepted(verdicts);
    };
    for (const workers of [0, 1]) {
      assert.deepEqual([await accepted({ workers, sm2UserId }), await accepted({ workers })], [1, 0]);
    }
  });
});

function spawnWasmWorker(settings: WorkerSettings): Worker {
  return new Worker(new URL("../../../../accel/wasm/worker.js", import.meta.url), { workerData: settings });
}

/** A worker that says it is ready, waits for its first task and then does `onTask`. */
function spawnReady(settings: WorkerSettings, onTask: string): Worker {
  const source = `
    const { parentPort, workerData } = require("node:worker_threads");
    parentPort.postMessage({ kind: "ready", algorithms: [1, 2, 3, 4] });
    Atomics.wait(new Int32Array(workerData.memory.buffer, 0, 4), 0, 0);
    ${onTask}
  `;
  return new Worker(source, { eval: true, workerData: settings });
}

/** The answer to its first task of 8 items, and an answer nobody asked for; the second says that all are good. */
const ANSWERS_TWICE = `
  for (const id of [0, 0]) parentPort.postMessage(
    { kind: "answer", id, verdicts: new Uint8Array(13).fill(0x55), busyMs: 0, fallbackItems: 0, algorithms: [1] });
  for (;;);`;

const TROUBLE = [
  { id: "dies", onTask: "process.exit(1)" },
  { id: "throws", onTask: "throw new TypeError('broken')" },
  { id: "hangs", onTask: "for (;;);" },
  { id: "sleeps for ever", onTask: "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)" },
  {
    id: "answers with too few verdicts",
    onTask: "parentPort.postMessage({ kind: 'answer', id: 0, verdicts: new Uint8Array(0), busyMs: 0, algorithms: [] })",
  },
];

describe("workers of the wasm device that go wrong", () => {
  for (const { id, onTask } of TROUBLE) {
    test(`one that ${id} is replaced, and its items are verified elsewhere`, async () => {
      let spawnCount = 0;
      const device = createWasmDevice({
        workers: 2,
        deadlineMs: 50,
        spawnWorker: (settings) => (++spawnCount === 1 ? spawnReady(settings, onTask) : spawnWasmWorker(settings)),
      });
      const results = await Promise.all([
        device.submit(0, batchOf([GOOD, BAD], 200)),
        device.submit(1, batchOf([GOOD, BAD], 99)),
      ]);
      assertAlternating(results[0], 200);
      assertAlternating(results[1], 99);
      assert.equal(device.statistics().workerRestarts, 1);
      await device.close();
    });
  }

  test("one that answers a task twice is not believed the second time", async () => {
    let spawnCount = 0;
    const device = createWasmDevice({
      workers: 1,
      spawnWorker: (settings) => (++spawnCount === 1 ? spawnReady(settings, ANSWERS_TWICE) : spawnWasmWorker(settings)),
    });
    const first = device.submit(0, batchOf([GOOD, BAD], 100));
    await new Promise((resolve) => setImmediate(resolve));
    const second = device.submit(0, batchOf([BAD, GOOD], 100));
    assertAlternating(await first, 100);
    assert.deepEqual([...(await second)].slice(0, 12), new Array(12).fill(0xaa));
    assert.equal(spawnCount, 2);
    await device.close();
  });

  test("workers that never start make the device fail, loudly and for good", async () => {
    const spawnWorker = (): Worker => new Worker("process.exit(3)", { eval: true });
    const device = createWasmDevice({ workers: 2, spawnWorker });
    const open = [device.submit(0, batchOf([GOOD])), device.submit(1, batchOf([GOOD], 40))];
    for (const result of await Promise.allSettled(open)) {
      assert.equal(result.status === "rejected" ? result.reason.code : "resolved", "accel.deviceFailed");
    }
    await assert.rejects(device.submit(0, batchOf([GOOD])), { code: "accel.deviceFailed" });
    await device.close();
  });

  test("a batch whose workers die with it again and again rejects alone", async () => {
    let spawnCount = 0;
    const device = createWasmDevice({
      workers: 1,
      spawnWorker: (settings) =>
        ++spawnCount <= 3 ? spawnReady(settings, "process.exit(1)") : spawnWasmWorker(settings),
    });
    const error: unknown = await device.submit(0, batchOf([GOOD], 2)).catch((reason: unknown) => reason);
    assert.ok(error instanceof AccelError && error.code === "accel.batchFailed", String(error));
    assertAlternating(await device.submit(0, batchOf([GOOD, BAD], 30)), 30);
    await device.close();
  });

  test("a worker killed under load loses nothing", async () => {
    const spawned: Worker[] = [];
    const device = createWasmDevice({
      workers: 2,
      spawnWorker: (settings) => {
        const worker = spawnWasmWorker(settings);
        spawned.push(worker);
        worker.on("message", ({ kind }: WorkerMessage) => {
          if (kind === "answer" && spawned.length < 5) void worker.terminate();
        });
        return worker;
      },
    });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, lane) => device.submit(lane, batchOf([GOOD, BAD], 150 + lane))),
    );
    for (const [lane, verdicts] of results.entries()) assertAlternating(verdicts, 150 + lane);
    assert.ok(device.statistics().workerRestarts >= 3);
    await device.close();
  });
});

test("refuses options outside their range", () => {
  const refused: readonly WasmDeviceOptions[] = [
    { workers: -1 },
    { workers: 97 },
    { workers: 0, deadlineMs: 0 },
    { workers: 0, messageBytesMax: 2 ** 29 },
    { workers: 0, batchItemsMax: 0 },
  ];
  for (const options of refused) {
    assert.throws(() => createWasmDevice(options), { name: "AccelError", code: "accel.badOption" });
  }
  assert.throws(() => createWasmDevice({ workers: 0, sm2UserId: "x".repeat(8192) }), { code: "accel.badUserId" });
});
