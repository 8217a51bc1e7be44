/**
 * The public WebAssembly test suite (version 2.0, 2022-11) run twice, as it is and through the instrumenter: every
 * module, result, trap and exhaustion must be the same. Values of vectors cannot pass through JavaScript; their
 * commands are left out on both sides.
 *
 * Needs Debian's `wabt` (wast2json) and `tar`; the archive is `../shared/vectors/wasm-testsuite`. By default the
 * scripts that are not about vectors; FULL=1 runs all.
 */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { SCHEDULE_1 } from "../../vm/gas/schedule.ts";
import { instrument } from "../../vm/instrument/instrument.ts";
import { GasComparison } from "./gas-comparison.ts";
import { convertSuite, suiteMissing } from "./wasm-suite.ts";
import { compileFrom, readCommands, ScriptRun } from "./wast-script.ts";

/**
 * binaryen cannot read a declarative element segment that table.init names. The profile has neither; the module and
 * the one command that needs it are known to be missing.
 */
const KNOWN_DIFFERENCES = ["elem.wast:333", "elem.wast:341"];

/** A loop with parameters, which the profile does not have: the meter charges 1 more each time it goes round. */
const KNOWN_COSTS = ["fac.wast:107"];

const metered = (bytes: Uint8Array): Uint8Array => instrument(bytes, SCHEDULE_1, { profile: false, limits: false });
const nameOf = (file: string): string => basename(file, ".json");

describe("the public WebAssembly test suite through the instrumenter", { skip: suiteMissing() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm-instrumented-"));
  const files: string[] = [];
  after(() => rmSync(folder, { recursive: true, force: true }));
  before(() => {
    files.push(...convertSuite(folder, { simd: process.env.FULL === "1" }));
  });

  it("gives what it gives without, command by command", (context) => {
    const differences: string[] = [];
    let count = 0;
    for (const file of files) {
      const commands = readCommands(file);
      const plain = new ScriptRun(compileFrom(dirname(file)));
      const through = new ScriptRun(compileFrom(dirname(file), metered));
      plain.run(commands);
      through.run(commands);
      count += plain.lines.length;
      for (const [index, line] of plain.lines.entries()) {
        if (through.lines[index] === line) continue;
        if (KNOWN_DIFFERENCES.includes(`${nameOf(file)}:${Number.parseInt(line, 10)}`)) continue;
        differences.push(`${nameOf(file)}:${line} | ${through.lines[index]}`);
      }
    }
    context.diagnostic(`${files.length} scripts, ${count} commands, ${differences.length} different`);
    assert.ok(count > 20_000);
    assert.deepEqual(differences, []);
  });

  it("costs what the interpreter of docs/gas.md counts, in every module it can run", (context) => {
    let compared = 0;
    const differences: string[] = [];
    for (const file of files) {
      const comparison = new GasComparison(dirname(file));
      comparison.run(readCommands(file), nameOf(file));
      compared += comparison.compared;
      const isNew = (line: string): boolean => !KNOWN_COSTS.some((known) => line.startsWith(known));
      differences.push(...comparison.differences.filter(isNew));
    }
    context.diagnostic(`${compared} calls compared, ${differences.length} different`);
    assert.ok(compared > 1_000);
    assert.deepEqual(differences, []);
  });
});
