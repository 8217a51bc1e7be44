/** Blocks with lanes: the bytes of the sequential executor, whatever the threads do. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Random } from "../../../fuzz/random.ts";
import { SETTINGS } from "../test-chain.ts";
import { BlockMaker } from "./random-blocks.ts";
import { type TwinOptions, Twins } from "./twins.ts";

const SEED = process.env.CINNABAR_SEED ?? "lanes";

async function compare(name: string, options: TwinOptions, blocks: number): Promise<Twins> {
  const random = new Random(`${SEED} ${name}`);
  const twins = new Twins(options);
  const maker = new BlockMaker(random);
  try {
    await twins.ready(options.workers ?? 2);
    await twins.block(maker.first(), SETTINGS.genesisTimeSeconds);
    for (let height = 2; height < blocks + 2; height += 1) {
      await twins.block(maker.block(height), SETTINGS.genesisTimeSeconds + height);
    }
  } catch (error) {
    process.stderr.write(`seed ${SEED}, ${name}\n`);
    throw error;
  } finally {
    twins.close();
  }
  return twins;
}

for (const laneCount of [1, 7, 96]) {
  for (const workers of [1, 2]) {
    test(`random blocks on ${laneCount} lanes, ${workers} threads: the bytes of the sequential executor`, async () => {
      const twins = await compare(
        `${laneCount} ${workers}`,
        { workers, policy: { laneCount, lead: 0, offer: "all" } },
        30,
      );
      const { taken, conflicts } = twins.statistics;
      assert.ok(taken > 100 && conflicts > 10, JSON.stringify(twins.statistics));
      assert.deepEqual(twins.faults, []);
    });
  }
}
