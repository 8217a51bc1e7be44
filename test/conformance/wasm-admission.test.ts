/**
 * The public WebAssembly test suite (version 2.0, 2022-11) against the reader of vm/admission, without the profile and
 * with the limits all engines share: every module the suite calls invalid or malformed is refused by the reader itself,
 * every other is accepted. With the profile, those are refused only for what the profile adds.
 *
 * Needs Debian's `wabt` (wast2json) and `tar`; the archive is `../shared/vectors/wasm-testsuite`.
 */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, describe, it } from "node:test";
import { admit } from "../../vm/admission/admit.ts";

const ARCHIVE = "../shared/vectors/wasm-testsuite/core-3a04b2cf-2022-11-09.tar.gz";

const REFUSED_COMMANDS = new Set(["assert_invalid", "assert_malformed"]);
const VALID_COMMANDS = new Set(["module", "assert_unlinkable", "assert_uninstantiable"]);

interface Command {
  readonly type: string;
  readonly line: number;
  readonly filename?: string;
  readonly module_type?: string;
  readonly text?: string;
}

interface Case {
  readonly id: string;
  readonly type: string;
  readonly text: string;
  readonly bytes: Uint8Array;
}

function skipReason(): string | false {
  if (!existsSync(ARCHIVE)) return `${ARCHIVE} is absent`;
  const found = spawnSync("wast2json", ["--version"]);
  return found.error === undefined ? false : "wast2json is not installed (Debian package wabt)";
}

function filesUnder(folder: string, ending: string): string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort((left, right) => (left < right ? -1 : 1));
}

/** All binary modules of one script, with what the suite says of them. */
function casesOf(script: string, folder: string): Case[] {
  const output = join(folder, `${basename(script)}.json`);
  execFileSync("wast2json", ["--enable-all", "--no-check", "-o", output, script], { stdio: "ignore" });
  const { commands } = JSON.parse(readFileSync(output, "utf8")) as { commands: Command[] };
  return commands.flatMap((command) => {
    const isBinary = command.filename?.endsWith(".wasm") ?? false;
    if (!isBinary || command.filename === undefined) return [];
    const id = `${basename(script)}:${command.line} ${command.type}`;
    const bytes = new Uint8Array(readFileSync(join(folder, command.filename)));
    return [{ id, type: command.type, text: command.text ?? "", bytes }];
  });
}

function codesOf(bytes: Uint8Array, options: { profile: boolean; limits: boolean }): string[] {
  return admit(bytes, options).reasons.map((reason) => reason.code);
}

/** Besides features and limits, what a contract must be and a module need not. */
const PROFILE_CODES = new Set([
  "import.unknown",
  "import.signature",
  "import.duplicate",
  "table.bounds",
  "memory.missing",
  "memory.noMaximum",
  "export.memoryMissing",
  "element.bounds",
  "data.bounds",
]);

const LIFTED = { profile: false, limits: false };

describe("the public WebAssembly test suite", { skip: skipReason() }, () => {
  const folder = mkdtempSync(join(tmpdir(), "wasm-admission-"));
  const cases: Case[] = [];
  after(() => rmSync(folder, { recursive: true, force: true }));

  before(() => {
    execFileSync("tar", ["-xzf", ARCHIVE, "-C", folder]);
    for (const script of filesUnder(folder, ".wast")) cases.push(...casesOf(script, folder));
  });

  it("has its valid modules accepted without the profile", (context) => {
    const valid = cases.filter((each) => VALID_COMMANDS.has(each.type));
    const refused = valid.flatMap(({ id, bytes }) => {
      const { reasons } = admit(bytes, LIFTED);
      return reasons.length === 0 ? [] : [`${id}: ${JSON.stringify(reasons[0])}`];
    });
    context.diagnostic(`${valid.length} valid modules, ${valid.length - refused.length} accepted`);
    assert.ok(valid.length > 1_000);
    assert.deepEqual(refused, []);
  });

  it("has its invalid and malformed modules refused by the reader itself", (context) => {
    const wrong = cases.filter((each) => REFUSED_COMMANDS.has(each.type));
    const accepted = wrong.flatMap(({ id, text, bytes }) => {
      const codes = codesOf(bytes, LIFTED);
      const isJudged = codes.length > 0 && !codes.includes("module.engineRefused");
      return isJudged ? [] : [`${id} "${text}": ${codes.join() || "accepted"}`];
    });
    context.diagnostic(`${wrong.length} invalid or malformed binaries, ${wrong.length - accepted.length} refused`);
    assert.ok(wrong.length > 1_000);
    assert.deepEqual(accepted, []);
  });

  it("has its valid modules refused with the profile only for what the profile adds", (context) => {
    const valid = cases.filter((each) => VALID_COMMANDS.has(each.type));
    const counts = new Map<string, number>();
    for (const { id, bytes } of valid) {
      const codes = new Set(codesOf(bytes, { profile: true, limits: true }));
      for (const code of codes) {
        assert.ok(/^(feature|limit)\./.test(code) || PROFILE_CODES.has(code), `${id}: ${code}`);
        counts.set(code, (counts.get(code) ?? 0) + 1);
      }
    }
    const shown = [...counts].map(([code, count]) => `${code} ${count}`);
    context.diagnostic(`modules refused by code: ${shown.sort((left, right) => (left < right ? -1 : 1)).join(", ")}`);
  });
});
