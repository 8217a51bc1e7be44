import assert from "node:assert/strict";
import { test } from "node:test";
import { sayError } from "../../../node/cli/command.ts";
import { EXIT } from "../../../node/cli/exit-codes.ts";
import { createTerminal, type Terminal } from "../../../node/cli/terminal.ts";
import { Rejected } from "../../../vm/errors.ts";

interface Said {
  out: string;
  err: string;
}

function jsonTerminal(said: Said): Terminal {
  return createTerminal(true, {
    out: (text) => {
      said.out += text;
    },
    err: (text) => {
      said.err += text;
    },
    isTerminal: { out: false, err: false },
  });
}

test("a full disk is a code, a sentence and what to do, without a stack", () => {
  const said = { out: "", err: "" };
  const error = Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC", path: "p.json" });
  assert.equal(sayError(jsonTerminal(said), error), EXIT.fault);
  assert.equal(JSON.parse(said.out).error.code, "disk.full");
  assert.match(said.err, /the disk is full \(writing p\.json\) \(disk\.full\)\n {2}hint: Free some space/);
  assert.doesNotMatch(said.err, /ENOSPC|at .*\.js/);
});

test("a message of several lines keeps them, indented and without control characters", () => {
  const said = { out: "", err: "" };
  const error = new Rejected("contract.compile", "no such name\n 27 | require(x)\n    | ~~~\u001b[2J");
  assert.equal(sayError(jsonTerminal(said), error), EXIT.refused);
  const excerpt = "refused: no such name (contract.compile)\n   27 | require(x)\n      | ~~~\ufffd[2J\n";
  assert.equal(said.err, excerpt);
});
