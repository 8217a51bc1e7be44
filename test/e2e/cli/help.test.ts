import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { runHere } from "./run-cli.ts";

/** Every command, as a user types it. */
const COMMANDS: readonly (readonly string[])[] = [
  ["start"],
  ["import", "ubl"],
  ["proof"],
  ["verify"],
  ["status"],
  ["receipt"],
  ["block"],
  ["call"],
  ["query"],
  ["tx", "send"],
  ["tx", "deploy"],
  ["tx", "show"],
  ["replay"],
  ["trace"],
  ["lanes"],
  ["build"],
  ["check"],
  ["instrument"],
  ["keys", "new"],
  ["keys", "list"],
  ["keys", "show"],
];

const USAGE_ERRORS: readonly { readonly id: string; readonly args: readonly string[] }[] = [
  { id: "an unknown command", args: ["conquer"] },
  { id: "a missing argument", args: ["verify"] },
  { id: "a missing option", args: ["proof", "invoice", "1"] },
  { id: "an unknown option", args: ["status", "--colour"] },
  { id: "an argument too many", args: ["block", "1", "2"] },
  { id: "a number that is none", args: ["start", "--port", "http"] },
  { id: "a number out of range", args: ["start", "--port", "65536"] },
  { id: "a height that is none", args: ["block", "first", "--url", "http://127.0.0.1:1"] },
  { id: "blocks that are none", args: ["lanes", "first"] },
  { id: "a range from high to low", args: ["lanes", "9-2"] },
  { id: "a range of a node", args: ["lanes", "2-9", "--url", "http://127.0.0.1:1"] },
  { id: "a height to follow", args: ["lanes", "2", "--live"] },
  { id: "an unknown algorithm", args: ["keys", "new", "x", "--algorithm", "rsa", "--data", "none"] },
  { id: "a day without contracts", args: ["start", "--day", "--no-deploy"] },
];

describe("the help", () => {
  for (const command of COMMANDS) {
    it(`of ${command.join(" ")} has an example, --json and the exit codes`, async () => {
      const { code, stdout } = await runHere([...command, "--help"]);
      assert.equal(code, 0);
      assert.match(stdout, /Examples?:\n {2}cinnabar /);
      assert.match(stdout, /--json/);
      assert.match(stdout, /Exit codes: 0 ok, 1 .+, 2 wrong usage, 70 a failure of ours/);
    });
  }

  it("of the program lists every command, and the version is that of the package", async () => {
    const { code, stdout } = await runHere(["--help"]);
    assert.equal(code, 0);
    for (const [name] of COMMANDS) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, "m"));
    assert.match((await runHere(["--version"])).stdout, /^\d+\.\d+\.\d+\n$/);
  });
});

describe("a command line that makes no sense", () => {
  for (const { id, args } of USAGE_ERRORS) {
    it(`ends with 2 and says why: ${id}`, async () => {
      const { code, stdout, stderr } = await runHere(args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^error: /);
    });
  }
});
