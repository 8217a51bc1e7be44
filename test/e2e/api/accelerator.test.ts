/** A running node whose accelerator lies, hangs or dies under load: no transaction is lost, none is wrongly decided. */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { describe, it } from "node:test";
import { Worker } from "node:worker_threads";
import type { SignatureDevice } from "../../../accel/device.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { createClient } from "../../../node/client/client.ts";
import { attachSignature, type SignedTransaction } from "../../../node/client/transactions.ts";
import { startNode } from "../../../node/node.ts";
import { createFaultyDevice, type Fault } from "../../unit/accel/faulty-device.ts";
import { runCli } from "../cli/run-cli.ts";
import { REGISTER_ABI, registerModule } from "./register-contract.ts";
import { ask, createFolder, testConfig } from "./test-node.ts";

const LOAD = 60;
const SETTINGS = { accelerator: { workers: 1, sampleEvery: 1, hangMs: 300 } } as const;

async function startWith(createDevice: () => SignatureDevice) {
  const { folder, adminKey } = createFolder();
  const node = await startNode(testConfig(folder, SETTINGS), { createDevice });
  const client = createClient({ url: node.url });
  await client.deploy({ name: "register", code: registerModule(), abi: REGISTER_ABI }, adminKey);
  const end = async () => {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  };
  /** Transactions, every third with the signature of another. */
  const makeLoad = async (): Promise<SignedTransaction[]> => {
    const signed: SignedTransaction[] = [];
    for (let i = 0; i < LOAD; i++) {
      const call = { contract: "register", method: "put", args: { key: i, value: i } };
      const good = await client.sign(call, adminKey);
      signed.push(i % 3 === 2 ? attachSignature(good.transaction, signed[i - 1]!.transaction.signature) : good);
    }
    return signed;
  };
  return { node, client, end, makeLoad };
}

/** Every third is refused for its signature, all others are committed. */
function assertOutcomes(outcomes: readonly { readonly state: string }[]): void {
  const states = outcomes.map(({ state }) => state);
  assert.deepEqual(
    states,
    states.map((_, i) => (i % 3 === 2 ? "rejected" : "committed")),
  );
}

const FAULTS: readonly Fault[] = ["acceptsAll", "refusesAll", "hangs", "rejects", "shortAnswer"];

describe("a node under load whose accelerator goes wrong", () => {
  for (const fault of FAULTS) {
    it(`(${fault}) quarantines it, loses nothing, and says so in status and metrics`, async () => {
      const device = createFaultyDevice(createWasmDevice({ workers: 1 }));
      const { node, client, end, makeLoad } = await startWith(() => device);
      const before = await client.status();
      assert.deepEqual([before.device.state, before.device.reason], ["ok", ""]);
      const load = await makeLoad();
      const halves = [load.slice(0, LOAD / 2), load.slice(LOAD / 2)] as const;
      const first = client.submitMany(halves[0]);
      device.fault = fault;
      const second = client.submitMany(halves[1]);
      assertOutcomes([...(await first), ...(await second)]);
      const { device: report } = await createClient({ url: node.url }).status();
      assert.equal(report.state, "quarantined");
      assert.notEqual(report.reason, "");
      const { stdout } = await runCli(["status", "--url", node.url]);
      assert.match(stdout, /accelerator +QUARANTINED \(/);
      const metrics = await ask(node.url, "/metrics");
      assert.match(metrics.text, /cinnabar_accelerator_quarantined 1/);
      await end();
    });
  }

  it("(threads that die) repairs itself without a quarantine", async () => {
    const spawned: Worker[] = [];
    const createDevice = () =>
      createWasmDevice({
        workers: 1,
        spawnWorker: (settings) => {
          const url = new URL("../../../accel/wasm/worker.js", import.meta.url);
          const worker = new Worker(url, { workerData: settings });
          spawned.push(worker);
          return worker;
        },
      });
    const { client, node, end, makeLoad } = await startWith(createDevice);
    const load = await makeLoad();
    const sent = client.submitMany(load);
    await spawned.at(-1)!.terminate();
    assertOutcomes(await sent);
    const { device } = await createClient({ url: node.url }).status();
    assert.deepEqual([device.state, device.workerRestarts], ["ok", 1]);
    await end();
  });
});
