import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { jsonLines, runCli, withFolder } from "./run-cli.ts";

interface Started {
  readonly started?: { readonly isNew: boolean; readonly startHeight: number; readonly deployed: readonly string[] };
}
interface Step {
  readonly step?: string;
  readonly status: string;
  readonly rule?: string;
  readonly gasUsed: number;
}
interface Day {
  readonly day?: number;
  readonly height: number;
  readonly stateRoot: string;
  readonly proof: { readonly steps: number; readonly tamperedFailsAt: string };
}

const REFUSALS = ["BR-CO-15", "invoice.duplicate", "invoice.nothingDue", "invoice.booked", "possessor.only"];

async function playDay(folder: string) {
  const result = await runCli(["start", "--day", "--exit", "--json", "--data", folder]);
  assert.equal(result.code, 0, result.stderr);
  const lines = jsonLines<Started & Step & Day>(result);
  const started = lines.find((line) => line.started !== undefined)?.started;
  const day = lines.find((line) => line.day !== undefined);
  assert.ok(started !== undefined && day !== undefined);
  return { started, day, steps: lines.filter((line) => line.step !== undefined) };
}

describe("the business day", () => {
  it("makes a chain, plays, proves; the second continues it with new documents", () =>
    withFolder(async (folder) => {
      const first = await playDay(folder);
      assert.equal(first.started.isNew, true);
      assert.deepEqual(first.started.deployed, ["invoice", "payment", "trade"]);
      const refused = first.steps.filter(({ status }) => status === "refused");
      assert.deepEqual(
        refused.map(({ rule }) => rule),
        REFUSALS,
      );
      assert.ok(first.steps.every(({ gasUsed }) => gasUsed > 0));
      assert.equal(first.day.proof.steps, 8);

      const second = await playDay(folder);
      assert.equal(second.started.isNew, false);
      assert.deepEqual(second.started.deployed, []);
      assert.equal(second.started.startHeight, first.day.height);
      assert.equal(second.day.day, 2);
      assert.ok(second.day.height > first.day.height);

      const replay = await runCli(["replay", "--json", "--data", folder]);
      assert.equal(replay.code, 0, replay.stderr);
      const [replayed] = jsonLines<{ height: number; stateRoot: string; isSame: boolean }>(replay);
      assert.deepEqual(
        { height: replayed?.height, stateRoot: replayed?.stateRoot, isSame: replayed?.isSame },
        { height: second.day.height, stateRoot: second.day.stateRoot, isSame: true },
      );
    }));
});
