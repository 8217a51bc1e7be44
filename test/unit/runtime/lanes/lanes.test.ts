/** Blocks with lanes: the bytes of the sequential executor, whatever the threads do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectLane } from "../../../../node/lanes/connect.ts";
import type { AccessRecord } from "../../../../runtime/format/accesses.ts";
import { Random } from "../../../fuzz/random.ts";
import { SETTINGS } from "../test-chain.ts";
import { BlockMaker } from "./random-blocks.ts";
import { type TwinOptions, Twins } from "./twins.ts";

const SEED = process.env.CINNABAR_SEED ?? "lanes";

interface Run extends TwinOptions {
  readonly name: string;
  readonly blocks: number;
  readonly hasRoom?: boolean;
  readonly tampered?: Twins["tampered"];
}

async function compare({ name, blocks, hasRoom, tampered, ...options }: Run): Promise<Twins> {
  const random = new Random(`${SEED} ${name}`);
  const twins = new Twins(options);
  twins.tampered = tampered;
  const maker = new BlockMaker(random, hasRoom === true ? { hasRoom } : {});
  try {
    await twins.ready(options.workers ?? 2);
    await twins.block(maker.first(), SETTINGS.genesisTimeSeconds);
    for (let height = 2; height < blocks + 2; height += 1) {
      await twins.block(maker.block(height), SETTINGS.genesisTimeSeconds + height);
    }
    assert.deepEqual(twins.faults, []);
  } catch (error) {
    process.stderr.write(`seed ${SEED}, ${name}\n`);
    throw error;
  } finally {
    await twins.close();
  }
  return twins;
}

for (const { laneCount, workers } of [
  { laneCount: 96, workers: 1 },
  { laneCount: 7, workers: 2 },
]) {
  const name = `${laneCount} lanes, ${workers} threads`;
  test(`random blocks on ${name}: the bytes and the access record of the sequential executor`, async () => {
    const policy = { laneCount, lead: 0, offer: "all" } as const;
    const { statistics } = await compare({ name, workers, policy, blocks: 12 });
    assert.ok(statistics.taken > 50 && statistics.conflicts.value > 0, JSON.stringify(statistics));
  });
}

test("with the access record nothing is attempted in vain, as long as no sum comes near its bound", async () => {
  const { statistics, importer } = await compare({ name: "import", workers: 2, blocks: 15, hasRoom: true });
  const imported = importer.laneStatistics!;
  assert.ok(statistics.conflicts.value > 0, JSON.stringify(statistics));
  assert.ok(imported.taken > 50, JSON.stringify(imported));
  assert.deepEqual(imported.conflicts, { value: 0, counter: 0, broken: 0 });
});

test("a contract that the owner had not got when a thread asked is asked for again", async () => {
  let withheld = 0;
  const connect: NonNullable<TwinOptions["connect"]> = (settings, events) => {
    const thread = connectLane(settings, events);
    let isFirst = true;
    return {
      post(message) {
        if (message.kind !== "contract" || !isFirst) return thread.post(message);
        isFirst = false;
        withheld += 1;
      },
      terminate: () => thread.terminate(),
    };
  };
  const { statistics } = await compare({ name: "withheld", workers: 1, blocks: 12, connect });
  assert.ok(withheld > 0 && statistics.taken > statistics.withoutAttempt.noModule, JSON.stringify(statistics));
});

test("a tampered access record changes no byte", async () => {
  const random = new Random(`${SEED} tampering`);
  const tampered = (record: AccessRecord): AccessRecord => {
    const transactions = record.transactions.map((accesses) =>
      accesses.map((access) => (random.once(2) ? access : random.bits())),
    );
    return random.pick<AccessRecord>([
      { ...record, transactions: record.transactions.map(() => new Uint32Array()) },
      { ...record, transactions },
      { ...record, transactions: record.transactions.slice(1) },
      { ...record, keys: [] },
      { ...record, transactions: record.transactions.toReversed() },
    ]);
  };
  const { importer } = await compare({ name: "tampered", workers: 1, blocks: 12, tampered });
  assert.ok(importer.laneStatistics!.taken > 0);
});
