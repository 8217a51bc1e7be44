import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { limitOf, type Outcome, type Schedule, simulate } from "../../bench/accel-model/simulate.ts";

const SCHEDULE: Schedule = {
  lanes: 96,
  batchItems: 64,
  window: 2,
  serviceUs: 20,
  batchUs: 2,
  hopUs: 10,
  threadItemUs: 0.1,
  threadBatchUs: 2,
  itemsPerSecond: Number.POSITIVE_INFINITY,
};

function assertNear(found: number, wanted: number, share: number): void {
  assert.ok(Math.abs(found - wanted) <= share * wanted, `${found}, wanted ${wanted}`);
}

const run = (change: Partial<Schedule>): Outcome =>
  simulate({ ...SCHEDULE, ...change }, change.itemsPerSecond === undefined ? 2_000_000 : 100_000);

describe("the simulation of the chip agrees with arithmetic", () => {
  it("where the card is the limit: every lane is always at work", () => {
    const outcome = run({});
    assertNear(outcome.itemsPerSecond, (96 * 64 * 1e6) / (2 + 64 * 20), 0.01);
    assert.equal(limitOf(outcome), "card");
  });

  it("where the node is the limit: its thread is always at work", () => {
    const outcome = run({ serviceUs: 1, threadItemUs: 0.5, threadBatchUs: 8 });
    assertNear(outcome.itemsPerSecond, (64 * 1e6) / (8 + 64 * 0.5), 0.01);
    assert.equal(limitOf(outcome), "node");
  });

  it("where the hop is the limit: a window of batches a round trip", () => {
    const outcome = run({ hopUs: 50_000, threadItemUs: 0, threadBatchUs: 0 });
    assertNear(outcome.itemsPerSecond, (96 * 2 * 64 * 1e6) / (100_000 + 2 * (2 + 64 * 20)), 0.03);
    assert.equal(limitOf(outcome), "hop");
  });

  it("with little traffic: an item waits for nobody", () => {
    const outcome = run({ itemsPerSecond: 1000 });
    assertNear(outcome.itemsPerSecond, 1000, 0.02);
    assertNear(outcome.p50Us, 2 + 0.1 + 2 * 10 + 2 + 20, 0.001);
    assert.ok(outcome.meanBatchItems < 1.01);
  });

  it("with one lane and one batch of one item under way, queueing theory: M/D/1", () => {
    const serviceUs = 100;
    const change = { lanes: 1, window: 1, batchItems: 1, serviceUs, batchUs: 0, hopUs: 0, threadItemUs: 0 };
    const outcome = run({ ...change, threadBatchUs: 0, itemsPerSecond: 5000 });
    // Half loaded: half of the items find the lane free, which is the median's upper bound of one service.
    assert.ok(outcome.p50Us >= serviceUs && outcome.p50Us < 2 * serviceUs, `${outcome.p50Us}`);
    assertNear(outcome.cardBusy, 0.5, 0.02);
  });

  it("and gives the same figures again", () => {
    assert.deepEqual(run({ itemsPerSecond: 500_000 }), run({ itemsPerSecond: 500_000 }));
  });
});
