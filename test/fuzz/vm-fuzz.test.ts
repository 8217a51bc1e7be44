/** A short share of `npm run fuzz -- vm`, and every case it ever found. The seed is printed; `SEED=...` replays it. */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { VmFuzz } from "./vm-fuzz.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const MODULES = process.env.FULL === "1" ? 2_000 : 48;
const CASES = join("test", "fuzz", "cases");

describe(`random modules in both tiers and by the reference interpreter (seed ${SEED})`, () => {
  const fuzz = new VmFuzz({});
  after(() => fuzz.close());

  it("end alike, cost alike and leave the same behind, at every limit", async (context) => {
    const counts = await fuzz.run({ seed: SEED, goesOn: ({ modules }) => modules < MODULES });
    context.diagnostic(`${counts.modules} modules, ${counts.calls} calls, ${counts.mutants} mutants`);
    assert.deepEqual(
      counts.failures.map(({ detail }) => detail),
      [],
    );
    assert.ok(counts.calls > 10 * MODULES);
    // Without each of these there is something that the search does not reach.
    for (const ending of ["returned", "trap", "outOfGas", "stack"])
      assert.ok((counts.endings[ending] ?? 0) > 5, ending);
  });

  const files = existsSync(CASES) ? readdirSync(CASES).filter((name) => name.endsWith(".wasm")) : [];
  for (const file of files) {
    it(`differed once and does no more: ${file}`, async () => {
      assert.equal(await fuzz.problemOf(new Uint8Array(readFileSync(join(CASES, file)))), null);
    });
  }
});
