/** A node under load whose lane threads are killed: nothing is lost, and its log replays to its head. */
import assert from "node:assert/strict";
import { createRequire, syncBuiltinESMExports } from "node:module";
import { after, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { createHashes } from "../../accel/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { replayLog } from "../../runtime/chain/replay.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { createMachine } from "../../vm/execute/machine.ts";
import { startTestNode } from "../e2e/api/test-node.ts";
import { Random } from "../fuzz/random.ts";

const SEED = process.env.CINNABAR_SEED ?? "node and lanes";
const ROUNDS = 3;
const ROUND_SIZE = 150;
const KILL_EVERY_MS = 250;
const IN_VAIN_MAX = 4;

/** Lane threads of this process from now on, by what they run. */
function watchLaneThreads(): Set<Worker> {
  const threads = new Set<Worker>();
  const builtin = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof Worker };
  const Original = builtin.Worker;
  builtin.Worker = class extends Original {
    constructor(file: string | URL, options?: WorkerOptions) {
      super(file, options);
      if (!String(file).endsWith("/node/lanes/worker.js")) return;
      threads.add(this);
      this.once("exit", () => threads.delete(this));
    }
  };
  syncBuiltinESMExports();
  after(() => {
    builtin.Worker = Original;
    syncBuiltinESMExports();
  });
  return threads;
}

test("a node whose lane threads are killed under load loses nothing and stays the chain that its log is", async () => {
  const random = new Random(SEED);
  const threads = watchLaneThreads();
  const { node, client, adminKey, folder, end } = await startTestNode({ lanes: { workers: 2 } });
  try {
    let killed = 0;
    let isOver = false;
    const killing = (async () => {
      let takenBefore = 0;
      let inVain = 0;
      for (; !isOver; await setTimeout(KILL_EVERY_MS)) {
        const { taken } = node.chain.laneStatistics()!;
        if (taken !== takenBefore) inVain = 0;
        takenBefore = taken;
        // Deaths without anything taken between them stop a node, as they must: so many are below that.
        if (threads.size === 0 || inVain === IN_VAIN_MAX) continue;
        inVain += 1;
        killed += 1;
        await random.pick([...threads]).terminate();
      }
    })();
    for (let round = 0; round < ROUNDS; round += 1) {
      const calls = Array.from({ length: ROUND_SIZE }, (_, at) => {
        const key = round * ROUND_SIZE + at;
        return client.sign({ contract: "register", method: "put", args: { key: key % 7, value: key } }, adminKey);
      });
      const outcomes = await client.submitMany(await Promise.all(calls), { wait: "committed" });
      assert.deepEqual([...new Set(outcomes.map(({ state }) => state))], ["committed"], `seed ${SEED}`);
    }
    isOver = true;
    await killing;
    const statistics = node.chain.laneStatistics()!;
    assert.ok(killed > 0 && statistics.restarts > 0, `${killed} killed, ${JSON.stringify(statistics)}`);
    assert.equal(statistics.withoutAttempt.broken, 0);
    const { header, hash } = node.chain.head;
    const hashes = createHashes();
    const verifier = createReferenceVerifier();
    const machine = createMachine({ hashes, verifier });
    await node.close();
    const replayed = await replayLog({ directory: folder, machine, hashes, verifier });
    assert.ok(replayed.transactionCount >= ROUNDS * ROUND_SIZE);
    assert.deepEqual(
      [replayed.height, bytesToHex(replayed.blockHash), bytesToHex(replayed.stateRoot)],
      [header.height, bytesToHex(hash), bytesToHex(header.stateRoot)],
    );
  } finally {
    await end();
  }
});
