/**
 * kill -9 at random moments: nothing that was acknowledged is ever missing, and the folder always is what its log gives.
 * KILLS=n kills more often than the default, SEED=n repeats the moments of a run.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { replayLog } from "../../runtime/chain/replay.ts";
import { bytesToHex, hexToBytes } from "../../runtime/format/bytes.ts";
import { seededNumbers } from "../unit/runtime/seeded-numbers.ts";
import { hashes, machine, openTestChain } from "../unit/runtime/test-chain.ts";
import { WRITER_OPTIONS } from "./block-writer.ts";

const KILLS = Number(process.env.KILLS ?? 10);
const SEED = Number(process.env.SEED ?? 20_240_817);
const WRITER = fileURLToPath(new URL("./block-writer.js", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "cinnabar-kill-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Acknowledged {
  readonly height: number;
  readonly hash: string;
  readonly ids: readonly string[];
}

/** Runs the writer until `delayMs` after its first block and kills it; returns what it acknowledged. */
async function runAndKill(delayMs: number): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [WRITER, folder], { stdio: ["ignore", "pipe", "pipe"] });
  const acknowledged: Acknowledged[] = [];
  let complaint = "";
  child.stderr.on("data", (data: Buffer) => {
    complaint += data.toString();
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [height = "", hash = "", refused = "", ids = ""] = line.split(" ");
    assert.equal(refused, "0");
    if (acknowledged.length === 0) setTimeout(() => child.kill("SIGKILL"), delayMs);
    acknowledged.push({ height: Number(height), hash, ids: ids.split(",") });
  });
  const signal = await new Promise((resolve) => {
    child.once("close", (_, closedBy) => resolve(closedBy));
  });
  assert.equal(signal, "SIGKILL", complaint);
  return acknowledged;
}

async function checkFolder(all: readonly Acknowledged[]): Promise<number> {
  const chain = await openTestChain(folder, WRITER_OPTIONS);
  const { height, stateRoot } = chain.head.header;
  try {
    for (const block of all) {
      const found = chain.getBlock(block.height);
      assert.ok(found !== undefined, `block ${block.height} was acknowledged and is missing`);
      assert.equal(bytesToHex(found.blockHash), block.hash);
      for (const [index, id] of block.ids.entries()) {
        const location = chain.getTransaction(hexToBytes(id));
        assert.deepEqual([location?.height, location?.index], [block.height, index]);
      }
    }
  } finally {
    await chain.close();
  }
  const replayed = await replayLog({ directory: folder, machine, hashes });
  assert.deepEqual([replayed.height, bytesToHex(replayed.stateRoot)], [height, bytesToHex(stateRoot)]);
  return height;
}

test(`after each of ${KILLS} kills every acknowledged block is there, and a replay has the same root`, async (t) => {
  const random = seededNumbers(t, SEED);
  const all: Acknowledged[] = [];
  for (let kill = 0; kill < KILLS; kill += 1) {
    const acknowledged = await runAndKill(random(250));
    const expected = all.length === 0 ? acknowledged[0]!.height : all.at(-1)!.height + 1;
    // One more than acknowledged may have become durable before the kill.
    assert.ok(acknowledged[0]!.height - expected <= 1);
    all.push(...acknowledged);
    // Now and then the next process is the first to see the damage.
    if (random(3) > 0 || kill === KILLS - 1) await checkFolder(all);
  }
  t.diagnostic(`${all.length} blocks acknowledged over ${KILLS} kills`);
  assert.ok(all.length > KILLS);
});
