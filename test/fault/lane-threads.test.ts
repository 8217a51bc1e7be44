/** Lane threads that end, hang or answer noise, at each stage: no byte changes, and threads are there again afterwards. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import type { Transaction } from "../../runtime/format/types.ts";
import { connectFaulty } from "../fuzz/lanes/connect.ts";
import { ALWAYS, FaultDials } from "../fuzz/lanes/faults.ts";
import { Random } from "../fuzz/random.ts";
import { BlockMaker } from "../unit/runtime/lanes/random-blocks.ts";
import { type TwinOptions, Twins } from "../unit/runtime/lanes/twins.ts";
import { encodeScript } from "../unit/runtime/puppet-contract.ts";
import { SETTINGS, transactionOf, utf8 } from "../unit/runtime/test-chain.ts";

const SEED = process.env.CINNABAR_SEED ?? "lane threads";
const HANG_MS = 150;
const NOTHING_KNOWN: ReadonlyMap<string, boolean> = new Map();

/** Two chains whose threads fail as told, and the sequential one. */
class Scene {
  readonly dials = new FaultDials();
  readonly threads = new Set<Worker>();
  readonly twins: Twins;
  readonly #maker = new BlockMaker(new Random(SEED));
  #number = 0;
  #height = 0;

  constructor(options: TwinOptions = {}) {
    const { dials, threads } = this;
    const faulty = { dials: dials.memory, seed: SEED, verdicts: NOTHING_KNOWN };
    this.twins = new Twins({
      workers: 1,
      hangMs: HANG_MS,
      connect: (lane, events) => connectFaulty({ ...faulty, lane }, { events, threads }),
      ...options,
    });
  }

  async begin(): Promise<void> {
    await this.twins.ready(1);
    await this.block(this.#maker.first());
    // Threads ask for the module once and have it.
    await this.block(this.writes());
    await this.block(this.writes());
    assert.ok(this.twins.statistics.taken > 0, "threads do something before they fail");
  }

  /** Transactions that cannot fail and cannot disturb each other. */
  writes(count = 8): Transaction[] {
    return Array.from({ length: count }, () => {
      this.#number += 1;
      const key = utf8(`key ${this.#number}`);
      const args = encodeScript([{ operation: "put", first: key, second: key }]);
      return transactionOf({ contract: "pa", args, number: 10_000 + this.#number, gasLimit: 1_000_000 });
    });
  }

  /** On all chains; a difference is an assertion that fails. */
  async block(transactions: readonly Transaction[] = this.writes()): Promise<void> {
    this.#height += 1;
    await this.twins.block(transactions, SETTINGS.genesisTimeSeconds + this.#height);
  }

  /** Threads work again, and what they do is taken. */
  async recovers(): Promise<void> {
    const { twins } = this;
    for (const ledger of [twins.parallel, twins.importer]) while (ledger.laneThreads < 1) await setTimeout(5);
    const before = twins.statistics.taken;
    for (let tries = 0; tries < 20 && twins.statistics.taken === before; tries += 1) {
      await this.block();
      await setTimeout(5);
    }
    assert.ok(twins.statistics.taken > before, "attempts are taken again");
    assert.deepEqual(twins.faults, []);
  }

  async end(): Promise<void> {
    await this.twins.close();
    await Promise.all([...this.threads].map((thread) => thread.terminate()));
  }
}

async function inScene(run: (scene: Scene) => Promise<void>, options?: TwinOptions): Promise<void> {
  const scene = new Scene(options);
  try {
    await scene.begin();
    await run(scene);
  } finally {
    await scene.end();
  }
}

test("a thread that is killed while it waits for work", () =>
  inScene(async (scene) => {
    await Promise.all([...scene.threads].map((thread) => thread.terminate()));
    assert.equal(scene.twins.statistics.restarts, 1);
    await scene.block();
    await scene.recovers();
  }));

test("a thread that is killed before it is ready, and the one after it", () =>
  inScene(async (scene) => {
    scene.dials.set({ start: ALWAYS });
    await Promise.all([...scene.threads].map((thread) => thread.terminate()));
    while (scene.dials.counts().start < 2) await setTimeout(1);
    scene.dials.set({});
    await scene.block();
    await scene.recovers();
    assert.ok(scene.twins.statistics.restarts >= 2);
  }));

for (const fault of ["end", "hang"] as const) {
  test(`a thread whose attempt does not end (${fault}): the owner waits its time and executes in place`, () =>
    inScene(async (scene) => {
      scene.dials.set({ [fault]: ALWAYS });
      await scene.block();
      scene.dials.set({});
      assert.ok(scene.dials.counts()[fault] > 0);
      assert.ok(scene.twins.statistics.restarts >= 1);
      await scene.block();
      await scene.recovers();
    }));
}

test("threads that die again and again stop the node loudly, and the block is right", () =>
  inScene(async (scene) => {
    scene.dials.set({ start: ALWAYS });
    await Promise.all([...scene.threads].map((thread) => thread.terminate()));
    while (scene.twins.faults.length < 2) await setTimeout(5);
    assert.deepEqual(
      scene.twins.faults.map(({ code }) => code),
      ["lanes.threadsDie", "lanes.threadsDie"],
    );
    await scene.block();
  }));

test("a thread that writes noise over its attempts is given up, and no noise is taken", () =>
  inScene(async (scene) => {
    const { dials, twins } = scene;
    const isSeen = (): boolean => twins.statistics.withoutAttempt.broken > 0;
    dials.set({ garbage: ALWAYS / 2, garbageControl: ALWAYS / 50 });
    for (let blocks = 0; blocks < 60 && !isSeen(); blocks += 1) {
      await scene.block(scene.writes(40));
      await setTimeout(1);
    }
    assert.ok(isSeen() && dials.counts().garbage > 0, `${JSON.stringify(twins.statistics)}, seed ${SEED}`);
    assert.ok(twins.statistics.restarts > 0);
    dials.set({});
    await scene.block();
    await scene.recovers();
  }));
