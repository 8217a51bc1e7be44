import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { askJson, problemIn, startTestNode } from "./test-node.ts";

const FLOOD_WIDTH = 60;

/** Counts the turns of the event loop until `stop`. */
function countTurns() {
  let turns = 0;
  let isOver = false;
  const tick = () => {
    turns += 1;
    if (!isOver) setImmediate(tick);
  };
  setImmediate(tick);
  return () => {
    isOver = true;
    return turns;
  };
}

describe("a node that is flooded with queries", () => {
  it("commits a transaction in between, and tells those above the bound to come again", async () => {
    const test = await startTestNode({ api: { queriesMax: 30 } });
    const spin = { method: "spin", gasLimit: 2_000_000 };
    const counts = { answered: 0, busy: 0 };
    let isOver = false;
    const askOnAndOn = async () => {
      while (!isOver) {
        const answer = await askJson(test.node.url, "/v1/contracts/register/query", spin);
        if (answer.status === 200) {
          counts.answered += 1;
          continue;
        }
        assert.deepEqual([answer.status, problemIn(answer).code], [503, "api.busy"]);
        assert.equal(answer.headers.get("retry-after"), "1");
        counts.busy += 1;
      }
    };
    try {
      const call = { contract: "register", method: "put", args: [1, 1] };
      const signed = await test.client.sign(call, test.adminKey);
      const flood = Array.from({ length: FLOOD_WIDTH }, askOnAndOn);
      while (counts.answered === 0) await new Promise(setImmediate);
      const before = counts.answered;
      const stopCounting = countTurns();
      const sent = await test.client.submit(signed, { wait: "committed" });
      const during = counts.answered - before;
      const turns = stopCounting();
      isOver = true;
      await Promise.all(flood);
      assert.equal(sent.state, "committed");
      // Two more: answers of the turns before may still be under way.
      assert.ok(during <= turns + 2, `${during} queries ran in the ${turns} turns of one commit`);
      assert.ok(counts.busy > 0, "no query was told to come again");
    } finally {
      isOver = true;
      await test.end();
    }
  });
});
