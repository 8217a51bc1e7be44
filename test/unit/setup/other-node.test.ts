import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { loadSetup } from "./setup-module.ts";

interface OtherNode {
  takeNodeOption(args: readonly string[]): { major: number | undefined; rest: readonly string[] };
  isOwn(major: number): boolean;
  runUnder(path: string, script: string, args: readonly string[]): number;
  findNode(major: number): Promise<string | undefined>;
}

const { takeNodeOption, isOwn, runUnder, findNode } = await loadSetup<OtherNode>("other-node.mjs");
const OWN = Number(process.versions.node.split(".")[0]);

describe("tests on another Node.js", () => {
  it("are asked for by --node anywhere among the filters", () => {
    assert.deepEqual(takeNodeOption(["unit/accel", "--node", "26", "vectors"]), {
      major: 26,
      rest: ["unit/accel", "vectors"],
    });
    assert.deepEqual(takeNodeOption(["node", "26"]), { major: undefined, rest: ["node", "26"] });
  });

  for (const args of [["--node"], ["--node", "unit/accel"], ["--node", "26.10"], ["--node", "-1"]]) {
    it(`are refused as ${args.join(" ")}`, () => assert.throws(() => takeNodeOption(args), /takes a major version/));
  }

  it("are refused for a version that is not supported, and nothing is fetched", async () => {
    await assert.rejects(findNode(19), /Node.js 19 is none of those that are supported/);
  });

  it("need nothing for the version at hand", async () => {
    assert.equal(isOwn(OWN), true);
    assert.equal(isOwn(OWN + 1), false);
    assert.equal(await findNode(OWN), process.execPath);
  });

  it("give the exit code of what ran, and 1 when nothing did", () => {
    const folder = mkdtempSync(join(tmpdir(), "cinnabar-other-node-"));
    const script = join(folder, "ends.mjs");
    writeFileSync(script, "process.exitCode = Number(process.argv[2]);");
    assert.equal(runUnder(process.execPath, script, ["0"]), 0);
    assert.equal(runUnder(process.execPath, script, ["7"]), 7);
    assert.equal(runUnder(join(folder, "no-such-node"), script, []), 1);
    rmSync(folder, { recursive: true });
  });
});
