/**
 * A running node that finds an answer wrong after contracts have acted on others: it stops, and what it has committed is
 * what the reference gives. Where no contract has asked, it goes on, and forgets what the device had said.
 */
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { afterEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { ContractVerifier } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { createWasmVerifier } from "../../../accel/wasm/verifier.ts";
import { createClient } from "../../../node/client/client.ts";
import { attachSignature } from "../../../node/client/transactions.ts";
import type { NodeConfigInput } from "../../../node/config/schema.ts";
import { type Node, type NodeOptions, startNode } from "../../../node/node.ts";
import { replayLog } from "../../../runtime/chain/replay.ts";
import { createMachine } from "../../../vm/execute/machine.ts";
import { createFaultyDevice } from "../../unit/accel/faulty-device.ts";
import { ASKING_ABI, askedKey, askingModule } from "./asking-contract.ts";
import { REGISTER_ABI, registerModule } from "./register-contract.ts";
import { ask, createFolder, problemIn, testConfig } from "./test-node.ts";

const FAULT_WAIT_MS = 60_000;

type AcceleratorInput = NonNullable<NodeConfigInput["accelerator"]>;

/** Every test's node is closed and its folder gone, also when it failed. */
const opened: { readonly node: Node; readonly folder: string }[] = [];
afterEach(async () => {
  for (const { node, folder } of opened.splice(0)) {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

async function startWith(accelerator: AcceleratorInput, options: NodeOptions) {
  const { folder, adminKey } = createFolder();
  const node = await startNode(
    testConfig(folder, { accelerator: { workers: 1, sampleEvery: 1, ...accelerator } }),
    options,
  );
  opened.push({ node, folder });
  const client = createClient({ url: node.url });
  await client.deploy({ name: "asking", code: askingModule(), abi: ASKING_ABI }, adminKey);
  const askAbout = (number: number) => client.send({ contract: "asking", method: "ask", args: { number } }, adminKey);
  return { folder, adminKey, node, client, askAbout };
}

/** The node has stopped with `node.wrongVerdict`, says so to everybody, and closes without an error. */
async function assertStopped({ node }: Awaited<ReturnType<typeof startWith>>, evidence: RegExp): Promise<void> {
  const fault = await Promise.race([node.fault, setTimeout(FAULT_WAIT_MS, undefined, { ref: false })]);
  assert.equal(fault?.code, "node.wrongVerdict");
  assert.match(fault?.message ?? "", evidence);
  const answer = await ask(node.url, "/v1/status");
  assert.deepEqual([answer.status, problemIn(answer).code], [503, "node.fault"]);
  assert.match(problemIn(answer).detail, /node\.wrongVerdict/);
  await node.close();
}

/** The history in the folder is what the reference makes of it, and nothing in it says that a bad signature is good. */
async function assertHistoryIsRight(folder: string, asked: readonly number[]): Promise<void> {
  const hashes = createHashes();
  const verifier = createReferenceVerifier();
  const { height } = await replayLog({
    directory: folder,
    machine: createMachine({ hashes, verifier }),
    hashes,
    verifier,
  });
  assert.ok(height >= 1);
  const again = await startNode(testConfig(folder));
  for (const number of asked) {
    const stored = again.chain.readState("asking", askedKey(number));
    assert.ok(stored === undefined || stored[0] === 0, `number ${number}: ${stored}`);
  }
  await again.close();
}

describe("a wrong answer after contracts have asked", { timeout: 120_000 }, () => {
  it("of the device, a yes that the sample finds: the node stops, the committed state is right", async () => {
    const device = createFaultyDevice(createWasmDevice({ workers: 1 }));
    const scene = await startWith({ contractItemsMin: 1 }, { createDevice: () => device });
    const before = device.submitted;
    const { receipt } = await scene.askAbout(1);
    assert.equal(receipt.outcome, "ok");
    assert.deepEqual(scene.node.chain.readState("asking", askedKey(1)), Uint8Array.of(0));
    assert.equal(device.submitted - before, 2, "the transaction's signature, and the contract's question");
    device.fault = "acceptsAll";
    // Its block may still be made, with the reference's verdict, or not.
    await scene.askAbout(2).catch(() => undefined);
    await assertStopped(scene, /contracts have asked it before.*"deviceVerdict":true,"referenceVerdict":false/);
    await assertHistoryIsRight(scene.folder, [1, 2]);
  });

  it("of the device, before any contract asked: the node goes on", async () => {
    const device = createFaultyDevice(createWasmDevice({ workers: 1 }));
    const scene = await startWith({ contractItemsMin: 1 }, { createDevice: () => device });
    device.fault = "acceptsAll";
    const { receipt } = await scene.askAbout(1);
    assert.equal(receipt.outcome, "ok");
    assert.deepEqual(scene.node.chain.readState("asking", askedKey(1)), Uint8Array.of(0));
    assert.equal((await scene.client.status()).device.state, "quarantined");
    await scene.node.close();
    await assertHistoryIsRight(scene.folder, [1]);
  });

  it("of the kernels in place, a yes that the sample finds: the node stops", async () => {
    let lies = false;
    const honest = createWasmVerifier();
    const fast: ContractVerifier = {
      ...honest,
      verifyMany: (items) => (lies ? new Uint8Array((items.length + 7) >> 3).fill(0xff) : honest.verifyMany(items)),
    };
    const scene = await startWith({ contractItemsMin: 0 }, { createContractVerifier: () => fast });
    const { receipt } = await scene.askAbout(1);
    assert.equal(receipt.outcome, "ok");
    lies = true;
    await scene.askAbout(2).catch(() => undefined);
    await assertStopped(scene, /The kernels answered verify wrongly: algorithm 1, key [0-9a-f]{64}/);
    await assertHistoryIsRight(scene.folder, [1, 2]);
  });
});

describe("the verdicts that a node remembers", () => {
  it("are counted in its status, and all forgotten when the device is found wrong", async () => {
    const device = createFaultyDevice(createWasmDevice({ workers: 1 }));
    const { adminKey, client } = await startWith({}, { createDevice: () => device });
    await client.deploy({ name: "register", code: registerModule(), abi: REGISTER_ABI }, adminKey);
    const signed = await Promise.all(
      [1, 2, 3].map((key) => client.sign({ contract: "register", method: "put", args: { key, value: key } }, adminKey)),
    );
    const [first, second, third] = signed as [(typeof signed)[0], (typeof signed)[0], (typeof signed)[0]];
    const forged = attachSignature(third.transaction, first.transaction.signature);
    const stateOf = async (transaction: typeof forged) => (await client.submitMany([transaction]))[0]?.state;
    const counts = async () => {
      const { known, asked, hits, forgotten } = (await client.status()).verdicts;
      return { known, asked, hits, forgotten };
    };
    // Two deployments came before.
    assert.deepEqual(await counts(), { known: 2, asked: 2, hits: 0, forgotten: 0 });
    assert.deepEqual([await stateOf(first), await stateOf(forged)], ["committed", "rejected"]);
    assert.deepEqual(await counts(), { known: 4, asked: 4, hits: 0, forgotten: 0 });
    assert.equal(await stateOf(forged), "rejected");
    assert.deepEqual(await counts(), { known: 4, asked: 5, hits: 1, forgotten: 0 });

    device.fault = "refusesAll";
    assert.equal(await stateOf(second), "committed");
    assert.equal((await client.status()).device.state, "quarantined");
    assert.deepEqual(await counts(), { known: 1, asked: 6, hits: 1, forgotten: 0 }, "only what the reference said");
    const { fallbackItems } = (await client.status()).device;
    assert.equal(await stateOf(forged), "rejected");
    assert.equal((await client.status()).device.fallbackItems, fallbackItems + 1, "verified again, by the reference");
    assert.equal(await stateOf(third), "committed");
    assert.deepEqual(await counts(), { known: 3, asked: 8, hits: 1, forgotten: 0 });
  });
});
