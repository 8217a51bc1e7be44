/**
 * A node killed without warning loses nothing that it acknowledged.
 *
 * A node process serves; invoices are imported over HTTP, and what was answered as committed is written down. At a random
 * moment the node gets SIGKILL. Then the folder is started again: every acknowledged transaction must be there with the same
 * receipt, and the state root must be that of a replay from genesis. All kills hit one folder, one after the other.
 *
 * KILLS=20 runs the long form; SEED repeats the moments of a run.
 */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { createHashes } from "../../accel/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { runningNodeUrl } from "../../node/cli/session.ts";
import { createClient } from "../../node/client/client.ts";
import { ClientError } from "../../node/client/client-error.ts";
import { type ImportedDocument, importDocuments } from "../../node/import/import-documents.ts";
import { DOCUMENT_BYTES_MAX } from "../../node/import/read-file.ts";
import { type Key, loadOrCreateKey } from "../../node/keys/keystore.ts";
import { replayLog } from "../../runtime/chain/replay.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { createMachine } from "../../vm/execute/machine.ts";

const kills = Number(process.env.KILLS ?? 2);
const seed = Number(process.env.SEED ?? Date.now() % 1_000_000);
const KILL_AFTER_MS_MAX = 1500;
const START_TIMEOUT_MS = 60_000;
const BATCH = 8;

const folder = mkdtempSync(join(tmpdir(), "cinnabar-kill-"));
const data = join(folder, "data");
after(() => rmSync(folder, { recursive: true, force: true }));

/** Park and Miller's generator: enough for moments, and the same on every machine. */
function randomFrom(start: number): () => number {
  let state = (start % 2_147_483_646) + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

interface RunningNode {
  readonly process: ChildProcess;
  readonly ended: Promise<void>;
  readonly url: string;
}

/** The compiled command line without the check of the build that `cinnabar` does first: a test runs what was built for it. */
const COMMAND_LINE = "import('./dist/node/cli/main.js').then(({ main }) => main(process.argv.slice(1)))";

async function startNode(): Promise<RunningNode> {
  const child = spawn(process.execPath, ["-e", COMMAND_LINE, "start", "--data", data, "--port", "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const served = new Promise<string>((resolve, reject) => {
    let output = "";
    child.stdout!.on("data", (chunk: Buffer) => {
      output += chunk.toString();
      if (output.includes("serving until")) resolve(output);
    });
    child.once("exit", (code) =>
      reject(new assert.AssertionError({ message: `the node ended with ${code}: ${output}` })),
    );
    setTimeout(
      () => reject(new assert.AssertionError({ message: `not serving: ${output}` })),
      START_TIMEOUT_MS,
    ).unref();
  });
  await served;
  const url = runningNodeUrl(data);
  assert.ok(url !== undefined, "node.json names no running node");
  return { process: child, ended, url };
}

const template = readFileSync("node/samples/01-invoice-eur.xml", "utf8");

/** Invoices nobody has seen before, one file after the other. */
async function* freshInvoices(round: number): AsyncGenerator<string> {
  const inbox = join(folder, `inbox-${round}`);
  mkdirSync(inbox);
  for (let index = 0; ; index += 1) {
    const path = join(inbox, `${index}.xml`);
    writeFileSync(path, template.replace("<cbc:ID>KW-1001</cbc:ID>", `<cbc:ID>KILL-${round}-${index}</cbc:ID>`));
    yield path;
  }
}

/** Imports until the node is gone; what it acknowledged is added as it comes. */
async function importUntilKilled(
  url: string,
  round: number,
  key: Key,
  acknowledged: ImportedDocument[],
): Promise<void> {
  const client = createClient({ url, attemptsMax: 1, timeoutMs: 10_000 });
  const options = { client, key, batchItemsMax: BATCH, bytesMax: DOCUMENT_BYTES_MAX };
  try {
    for await (const document of importDocuments(freshInvoices(round), options)) {
      assert.equal(document.status, "accepted", `${document.rule}: ${document.message}`);
      acknowledged.push(document);
    }
  } catch (error) {
    if (!(error instanceof ClientError)) throw error;
  }
}

async function checkFolder(node: RunningNode, acknowledged: readonly ImportedDocument[]): Promise<void> {
  const client = createClient({ url: node.url });
  for (const { transactionId, height, gasUsed, number } of acknowledged) {
    const { height: found, receipt } = await client.receipt(transactionId!);
    assert.equal(found, height, `${number} moved`);
    assert.equal(receipt.gasUsed, gasUsed, `${number} has another receipt`);
    assert.equal(receipt.outcome, "ok");
  }
  const hashes = createHashes();
  const verifier = createReferenceVerifier({});
  const replayed = await replayLog({ directory: data, machine: createMachine({ hashes, verifier }), hashes });
  const { hash, header } = await client.block(replayed.height);
  assert.equal(bytesToHex(replayed.blockHash), hash);
  assert.equal(bytesToHex(replayed.stateRoot), header.stateRoot);
}

test(`${kills} kills (SEED=${seed}): no acknowledged transaction is missing, the root is the replay's`, async (t) => {
  const random = randomFrom(seed);
  const key = loadOrCreateKey(join(data, "keys"), "importer");
  const acknowledged: ImportedDocument[] = [];
  let node = await startNode();
  for (let round = 0; round < kills; round += 1) {
    const killed = node;
    const moment = Math.floor(random() * KILL_AFTER_MS_MAX);
    setTimeout(() => killed.process.kill("SIGKILL"), moment);
    await importUntilKilled(killed.url, round, key, acknowledged);
    await killed.ended;
    node = await startNode();
    await checkFolder(node, acknowledged);
    t.diagnostic(`kill ${round + 1} after ${moment} ms: ${acknowledged.length} acknowledged in all`);
  }
  node.process.kill("SIGTERM");
  await node.ended;
});
