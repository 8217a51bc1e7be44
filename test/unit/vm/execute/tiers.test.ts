/**
 * The same calls in the baseline tier alone, in the optimising tier alone, as the engine mixes them, and on a
 * worker's stack: outcomes, gas and outputs are equal, and no native limit shows.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { Worker } from "node:worker_threads";

const PROGRAM = join(import.meta.dirname, "tier-program.js");

/** Without the baseline tier there is no feedback to inline by, and V8 14 aborts when it looks for some. */
const NO_FEEDBACK =
  Number(process.versions.v8.split(".")[0]) >= 14 ? ["--no-wasm-inlining", "--no-wasm-inlining-call-indirect"] : [];

const TIERS: Readonly<Record<string, readonly string[]>> = {
  "the baseline tier": ["--liftoff-only", PROGRAM],
  "the optimising tier": [...NO_FEEDBACK, PROGRAM, "optimising-tier"],
  "a stack of 700 KiB instead of 984": ["--stack-size=700", PROGRAM],
};

function outputOf(args: readonly string[]): string {
  return execFileSync(process.execPath, args, { encoding: "utf8" });
}

describe("the tiers of the engine", () => {
  let expected = "";
  before(() => {
    expected = outputOf([PROGRAM]);
  });

  it("are given work in which every deep recursion ends in outcome 3, stack", () => {
    const deep = expected.split("\n").filter((line) => line.startsWith("deep 50000000"));
    assert.equal(deep.length, 7);
    for (const line of deep) assert.match(line, /^deep 50000000: 3 50000000 $/);
    assert.match(expected, /^m 30000000: 0 /m);
  });

  for (const [tier, args] of Object.entries(TIERS)) {
    it(`give the same outcomes, gas and outputs: ${tier}`, () => {
      assert.equal(outputOf(args), expected);
    });
  }

  it("give the same on a worker's stack", async () => {
    const worker = new Worker(PROGRAM, { stdout: true });
    let output = "";
    worker.stdout.setEncoding("utf8").on("data", (part: string) => {
      output += part;
    });
    await new Promise((resolve, reject) => {
      worker.once("error", reject);
      worker.once("exit", resolve);
    });
    assert.equal(output, expected);
  });
});
