/** A short share of `npm run fuzz -- lanes`: a fixed seed, and blocks over threads that fail in every way. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { searchLanes } from "./search.ts";

const SEED = process.env.CINNABAR_SEED ?? "lanes";
const WORLDS = 4;
const WORLD_BLOCKS = 12;

/** Every number of lanes, and threads that do all that they must not. */
test("blocks over lanes whose threads fail are those of the sequential executor", async () => {
  const laneCounts = [1, 2, 7, 96];
  let worlds = 0;
  const counts = await searchLanes(
    {
      seed: SEED,
      worldBlocks: WORLD_BLOCKS,
      shape: (drawn) => {
        const laneCount = laneCounts[worlds++ % laneCounts.length]!;
        const policy = { laneCount, lead: 0, offer: "all" } as const;
        return { ...drawn, policy, workers: Math.min(2, drawn.workers), faultiness: "everything", sharedBytes: 1e6 };
      },
    },
    (soFar) => soFar.worlds < WORLDS,
  );
  assert.equal(counts.failure, null, `seed ${SEED}`);
  assert.ok(counts.blocks >= WORLDS * WORLD_BLOCKS && counts.taken > 20, JSON.stringify({ ...counts, seed: SEED }));
  assert.ok(counts.faults.again > 0 && counts.undone > 0, JSON.stringify({ ...counts, seed: SEED }));
});
