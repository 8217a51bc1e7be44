/** A replay that verifies signatures through a device: the node's, and one that lies. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { SignatureDevice } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { createWasmDevice, type WasmDevice } from "../../../accel/wasm/device.ts";
import { withReplayDevice } from "../../../node/cli/replay-device.ts";
import { replayLog } from "../../../runtime/chain/replay.ts";
import { createMachine } from "../../../vm/execute/machine.ts";
import { createFaultyDevice } from "../../unit/accel/faulty-device.ts";
import { startTestNode, type TestNode } from "../api/test-node.ts";

const TRANSACTIONS = 20;

describe("a replay with all signatures", () => {
  let scene: TestNode;
  before(async () => {
    scene = await startTestNode();
    const { client, adminKey } = scene;
    for (let key = 0; key < TRANSACTIONS; key++) {
      await client.send({ contract: "register", method: "put", args: { key, value: key } }, adminKey);
    }
  });
  after(() => scene.end());

  const replay = (createDevice?: () => SignatureDevice) => {
    const hashes = createHashes();
    const verifier = createReferenceVerifier();
    const parts = { directory: scene.folder, machine: createMachine({ hashes, verifier }), hashes, verifier };
    const options = { sm2UserId: scene.node.chain.settings.sm2UserId };
    return withReplayDevice(createDevice === undefined ? options : { ...options, createDevice }, (verifyItems) =>
      replayLog({ ...parts, verifyItems }),
    );
  };

  it("sends each transaction's to the device once, and closes it", async () => {
    const devices: WasmDevice[] = [];
    const { transactionCount, height } = await replay(() => {
      devices.push(createWasmDevice({ workers: 1 }));
      return devices[0]!;
    });
    assert.equal(height, scene.node.chain.head.header.height);
    assert.equal(devices[0]!.statistics().items, transactionCount);
    assert.ok(transactionCount > TRANSACTIONS);
    assert.equal(devices[0]!.canAcceptWork(0, 1), false, "closed");
  });

  it("takes the node's own device where none is given", async () => {
    assert.equal((await replay()).height, scene.node.chain.head.header.height);
  });

  it("does not call a history verified when the device was found wrong on the way", async () => {
    const lying = () => createFaultyDevice(createWasmDevice({ workers: 1 }), "refusesAll");
    await assert.rejects(replay(lying), { code: "node.wrongVerdict", message: /"deviceVerdict":false/ });
  });
});
