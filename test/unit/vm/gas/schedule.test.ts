import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { type GasSchedule, SCHEDULE_1, scheduleHash, scheduleText } from "../../../../vm/gas/schedule.ts";
import { testHashes } from "../small-chain.ts";

const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** Written down once: a change of any cost is a new schedule version and a new number here. */
const HASH_OF_SCHEDULE_1 = "3724b2d97f3882361920c20563a1c6dd99b320a669aaa52d2c3ec47cc0a63cd7";

describe("the gas schedule", () => {
  it("has the hash of version 1", () => {
    assert.equal(hexOf(scheduleHash(testHashes.sha256)), HASH_OF_SCHEDULE_1);
  });

  it("has a whole number of gas, a unit and a reason for everything", () => {
    for (const [name, cost] of Object.entries(SCHEDULE_1.costs)) {
      assert.ok(Number.isSafeInteger(cost.gas) && cost.gas >= 0 && cost.gas < 2 ** 21, name);
      assert.ok(cost.unit.length > 0 && cost.covers.length > 0 && cost.reason.length > 0, name);
    }
  });

  it("charges every branch, so that no loop is free", () => {
    const { simple, branchIf, branchTable } = SCHEDULE_1.costs;
    for (const cost of [simple, branchIf, branchTable]) assert.ok(cost.gas > 0);
  });

  it("changes its hash with any cost of an instruction", () => {
    for (const name of Object.keys(SCHEDULE_1.costs) as (keyof GasSchedule["costs"])[]) {
      const changed = { ...SCHEDULE_1.costs[name], gas: SCHEDULE_1.costs[name].gas + 1 };
      const schedule: GasSchedule = { version: 1, costs: { ...SCHEDULE_1.costs, [name]: changed } };
      assert.notEqual(hexOf(scheduleHash(testHashes.sha256, schedule)), HASH_OF_SCHEDULE_1, name);
    }
  });

  it("names every part of every host function's cost in its text", () => {
    const text = scheduleText(SCHEDULE_1);
    for (const row of HOST_FUNCTIONS) {
      const line = text.split("\n").find((each) => each.startsWith(`host ${row.module}.${row.name} `));
      assert.ok(line, row.name);
      for (const number of numbersOf(row)) assert.match(line, new RegExp(`\\b${number}\\b`), row.name);
    }
  });

  it("does not depend on the order of the host functions", () => {
    assert.equal(scheduleText(SCHEDULE_1, HOST_FUNCTIONS.toReversed()), scheduleText(SCHEDULE_1));
  });
});

function numbersOf({ cost }: HostFunction): number[] {
  return [
    cost.base,
    ...Object.values(cost.perByte ?? {}),
    ...(cost.perResultByte === undefined ? [] : [cost.perResultByte]),
    ...Object.values(cost.byValue?.gas ?? {}),
    ...Object.values(cost.perItem ?? {}),
  ];
}
