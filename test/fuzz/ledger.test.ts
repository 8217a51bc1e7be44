/** The gas of every action of the public WebAssembly suite is the same in both tiers of the Node at hand. */
import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { suiteMissing } from "../conformance/wasm-suite.ts";
import { LedgerSuite } from "./ledger.ts";

const NODE = { major: Number.parseInt(process.versions.node, 10), path: process.execPath };
/** Of some 27,000; the others trap or have no number. */
const USED_MIN = 15_000;

describe("the gas ledger of the public suite", { skip: suiteMissing() }, () => {
  const suite = new LedgerSuite();
  after(() => suite.close());

  it("is the same in the first tier, in the optimising tier, and warm", async (context) => {
    const first = await suite.ledger(NODE, "first tier", "cold");
    const others = [
      await suite.ledger(NODE, "optimising tier", "cold"),
      await suite.ledger(NODE, "both tiers", "warm"),
    ];
    const used = first.lines.filter((line) => line.includes(": used ")).length;
    context.diagnostic(`${first.actions} lines, ${used} with what was used, ${first.hash}`);
    assert.ok(used > USED_MIN, `${used}`);
    for (const { name, lines } of others) {
      const different = lines.filter((line, index) => line !== first.lines[index]);
      assert.deepEqual(different.slice(0, 10), [], name);
      assert.equal(lines.length, first.lines.length, name);
    }
  });
});
