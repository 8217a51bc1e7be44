import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { createClient } from "../../../node/client/client.ts";
import type { ClientError } from "../../../node/client/client-error.ts";
import { createGenesis, GENESIS_FILE, writeGenesis } from "../../../node/config/genesis.ts";
import { type NodeFile, startNode } from "../../../node/node.ts";
import { NodeError, Rejected } from "../../../vm/errors.ts";
import {
  ask,
  askJson,
  CHAIN_ID,
  createFolder,
  problemIn,
  startTestNode,
  temporaryFolder,
  testConfig,
} from "./test-node.ts";

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function newFolder() {
  const made = createFolder();
  folders.push(made.folder);
  return made;
}

function rejectedWith(code: string) {
  return (error: unknown) => error instanceof Rejected && error.code === code;
}

const PUT = { contract: "register", method: "put", args: [1, 1] };

describe("a node", () => {
  it("says where it is while it runs, and leaves nothing behind when it stops", async () => {
    const { folder } = newFolder();
    const node = await startNode(testConfig(folder));
    const path = join(folder, "node.json");
    const file = JSON.parse(readFileSync(path, "utf8")) as NodeFile;
    assert.deepEqual(file, { url: node.url, pid: process.pid, chainId: CHAIN_ID });
    await node.close();
    await node.close();
    assert.equal(existsSync(path), false);
    await assert.rejects(fetch(node.url));
  });

  it("goes on where it stopped", async () => {
    const test = await startTestNode();
    folders.push(test.folder);
    const sent = await test.client.send(PUT, test.adminKey);
    const { stateRoot } = test.node.chain.head.header;
    await test.node.close();
    const node = await startNode(testConfig(test.folder));
    const client = createClient({ url: node.url });
    assert.equal((await client.receipt(sent.id)).height, sent.height);
    assert.equal((await client.status()).head.stateRoot, Buffer.from(stateRoot).toString("hex"));
    assert.equal((await client.send(PUT, test.adminKey)).height, sent.height + 1);
    await node.close();
  });

  it("finishes what it has taken before it stops", async () => {
    const test = await startTestNode();
    folders.push(test.folder);
    const signed = await Promise.all(Array.from({ length: 20 }, () => test.client.sign(PUT, test.adminKey)));
    const states = signed.map((one) =>
      test.client.submit(one).then(
        ({ state }) => state,
        (error: ClientError) => error.code,
      ),
    );
    await Promise.race(states);
    await test.node.close();
    const known = ["committed", "ingest.stopping", "client.unreachable", "client.noAnswer"];
    for (const state of await Promise.all(states)) assert.ok(known.includes(state), state);
    const again = await startNode(testConfig(test.folder));
    for (const [i, state] of (await Promise.all(states)).entries()) {
      assert.equal(again.chain.hasTransaction(signed[i]?.id ?? assert.fail()), state === "committed");
    }
    await again.close();
  });

  it("refuses to start on a port that is in use, and leaves its folder free", async () => {
    const first = newFolder();
    const second = newFolder();
    const running = await startNode(testConfig(first.folder));
    const { port } = running.address;
    await assert.rejects(startNode(testConfig(second.folder, { port })), rejectedWith("api.portInUse"));
    await running.close();
    const later = await startNode(testConfig(second.folder));
    await later.close();
  });

  it("refuses to start on an address that is not this machine's", async () => {
    const { folder } = newFolder();
    await assert.rejects(startNode(testConfig(folder, { host: "192.0.2.1" })), rejectedWith("api.badAddress"));
  });

  it("refuses to start on the folder of a running node, which goes on", async () => {
    const test = await startTestNode();
    folders.push(test.folder);
    await assert.rejects(startNode(testConfig(test.folder)), rejectedWith("data.locked"));
    assert.ok(existsSync(join(test.folder, "node.json")), "the second took the first one's file away");
    assert.equal((await test.client.send(PUT, test.adminKey)).receipt.outcome, "ok");
    await test.node.close();
  });

  it("refuses to start without a chain", async () => {
    const folder = temporaryFolder();
    folders.push(folder);
    await assert.rejects(startNode(testConfig(folder)), rejectedWith("genesis.notFound"));
  });

  it("refuses to start on the data of another chain", async () => {
    const { folder, adminKey } = newFolder();
    const node = await startNode(testConfig(folder));
    const { sealer } = node.chain.settings;
    await node.close();
    rmSync(join(folder, GENESIS_FILE));
    writeGenesis(folder, createGenesis({ chainId: "another", adminKey, sealerKey: sealer, timeSeconds: 1 }));
    await assert.rejects(startNode(testConfig(folder)), rejectedWith("chain.otherChain"));
  });

  it("refuses to start with another key than the chain's sealer", async () => {
    const { folder, adminKey } = newFolder();
    rmSync(join(folder, GENESIS_FILE));
    writeGenesis(folder, createGenesis({ chainId: CHAIN_ID, adminKey, sealerKey: adminKey, timeSeconds: 1 }));
    await assert.rejects(startNode(testConfig(folder)), rejectedWith("node.wrongSealer"));
  });

  it("refuses a genesis file that it cannot use", async () => {
    const { folder } = newFolder();
    const path = join(folder, GENESIS_FILE);
    const file = JSON.parse(readFileSync(path, "utf8")) as object;
    const wrong = ["{", "[]", JSON.stringify({ ...file, more: 1 }), JSON.stringify({ ...file, transactionGasMax: 0 })];
    for (const text of wrong) {
      writeFileSync(path, text);
      await assert.rejects(startNode(testConfig(folder)), rejectedWith("genesis.badFile"));
    }
  });
});

describe("a node with little room", () => {
  it("answers ingest.busy and when to come again, and the client comes again", async () => {
    const test = await startTestNode({ ingest: { pendingMax: 1 } });
    folders.push(test.folder);
    const signed = await Promise.all(Array.from({ length: 4 }, () => test.client.sign(PUT, test.adminKey)));
    const transactions = signed.map(({ bytes }) => Buffer.from(bytes).toString("hex"));
    const batch = await askJson(test.node.url, "/v1/transactions/batch", { transactions: transactions.slice(0, 2) });
    const { results } = batch.body as { results: { state: string; problem?: { code: string; status: number } }[] };
    assert.equal(results[0]?.state, "committed");
    assert.deepEqual([results[1]?.problem?.code, results[1]?.problem?.status], ["ingest.busy", 503]);

    const post = () => askJson(test.node.url, "/v1/transactions", { transaction: transactions[1] });
    const answers = await Promise.all([post(), post(), post()]);
    const busy = answers.find(({ status }) => status === 503);
    assert.ok(busy !== undefined, "no answer was busy");
    assert.equal(problemIn(busy).code, "ingest.busy");
    assert.equal(busy.headers.get("retry-after"), "1");

    const outcomes = await test.client.submitMany(signed.slice(2));
    assert.deepEqual(
      outcomes.map(({ state }) => state),
      ["committed", "committed"],
    );
    await test.node.close();
  });
});

describe("a node that fails", () => {
  it("answers what waits with the fault, takes nothing more, and tells its process", async () => {
    const test = await startTestNode();
    folders.push(test.folder);
    const { node, client, adminKey } = test;
    const signed = await client.sign(PUT, adminKey);
    const heightBefore = node.chain.head.header.height;
    Object.defineProperty(node.chain, "produceBlock", {
      value: () => Promise.reject(new NodeError("log.writeFailed", "the disk is full")),
    });
    const failed = await askJson(node.url, "/v1/transactions", {
      transaction: Buffer.from(signed.bytes).toString("hex"),
    });
    assert.deepEqual([failed.status, problemIn(failed).code], [503, "node.fault"]);
    assert.doesNotMatch(failed.text, /disk/);
    assert.equal((await node.fault).code, "log.writeFailed");
    for (const path of ["/readyz", "/v1/status", "/v1/blocks/latest"]) {
      assert.equal((await ask(node.url, path)).status, 503, path);
    }
    assert.deepEqual((await ask(node.url, "/livez")).body, { state: "failed" });
    await node.close();

    const again = await startNode(testConfig(test.folder));
    assert.equal(again.chain.head.header.height, heightBefore);
    assert.equal(again.chain.hasTransaction(signed.id), false);
    await again.close();
  });
});

describe("the node as a process", () => {
  const main = fileURLToPath(new URL("../../../node/main.js", import.meta.url));

  interface Ended {
    readonly code: number | null;
    readonly stderr: string;
  }

  /** The process of `main` with these arguments, ended by `stop` when it is ready. */
  function run(args: readonly string[], stop?: NodeJS.Signals): Promise<Ended> {
    return new Promise((resolve) => {
      const child = spawn(process.execPath, [main, ...args], { env: { PATH: process.env.PATH ?? "" } });
      let stderr = "";
      child.stderr.on("data", (chunk: Buffer) => {
        stderr += chunk.toString();
      });
      child.stdout.on("data", (chunk: Buffer) => {
        if (stop !== undefined && chunk.toString().includes('"msg":"ready"')) child.kill(stop);
      });
      child.on("close", (code) => resolve({ code, stderr }));
    });
  }

  it("stops in order with code 0 when it is told to", async () => {
    const { folder } = newFolder();
    const ended = await run(["--data", folder, "--port", "0"], "SIGTERM");
    assert.deepEqual(ended, { code: 0, stderr: "" });
    assert.equal(existsSync(join(folder, "node.json")), false);
  });

  it("ends with code 1 and the reason as JSON when it may not start", async () => {
    const folder = temporaryFolder();
    folders.push(folder);
    const noChain = await run(["--data", folder]);
    assert.equal(noChain.code, 1);
    assert.equal((JSON.parse(noChain.stderr) as { code: string }).code, "genesis.notFound");
    const noSense = await run(["--prot", "1"]);
    assert.equal(noSense.code, 1);
    assert.equal((JSON.parse(noSense.stderr) as { code: string }).code, "config.badArguments");
  });

  it("ends with code 70 when its folder is damaged", async () => {
    const test = await startTestNode();
    folders.push(test.folder);
    await test.client.send(PUT, test.adminKey);
    await test.node.close();
    const log = join(test.folder, "log");
    for (const file of readdirSync(log)) {
      if (statSync(join(log, file)).size > 0) writeFileSync(join(log, file), "damaged");
    }
    const ended = await run(["--data", test.folder, "--port", "0"]);
    assert.equal(ended.code, 70);
    assert.match(ended.stderr, /The node stopped because it failed \([a-z]+\.[A-Za-z]+\)/);
  });
});
