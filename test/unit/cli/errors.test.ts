import assert from "node:assert/strict";
import { test } from "node:test";
import { sayError } from "../../../node/cli/command.ts";
import { EXIT } from "../../../node/cli/exit-codes.ts";
import { createTerminal } from "../../../node/cli/terminal.ts";

test("a full disk is a code, a sentence and what to do, without a stack", () => {
  const said = { out: "", err: "" };
  const terminal = createTerminal(true, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    isTerminal: { out: false, err: false },
  });
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", path: "p.json" });
  assert.equal(sayError(terminal, error), EXIT.fault);
  assert.equal(JSON.parse(said.out).error.code, "disk.full");
  assert.match(said.err, /the disk is full \(writing p\.json\) \(disk\.full\)\n {2}hint: Free some space/);
  assert.doesNotMatch(said.err, /ENOSPC|at .*\.js/);
});
