import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { runCommandLine } from "../../../node/cli/main.ts";

const page = readFileSync(join(process.cwd(), "docs", "cli.md"), "utf8");

async function helpOf(...command: string[]): Promise<string> {
  let text = "";
  const out = (part: string): void => {
    text += part;
  };
  await runCommandLine([...command, "--help"], { out, err: out, isTerminal: { out: false, err: false } });
  return text;
}

/** Names under "Commands:" of a help text. */
const commandsIn = (help: string): string[] =>
  [...(help.split("Commands:")[1] ?? "").matchAll(/^ {2}([a-z]+)/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== "help");

describe("docs/cli.md", () => {
  it("lists every command that the program has, and no other", async () => {
    const documented = [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell]) =>
      cell!.split(", ").map((part) => part.replaceAll("`", "").split(" ")),
    );
    const names = new Set(documented.map(([name]) => name!));
    const existing = commandsIn(await helpOf());
    assert.deepEqual([...names].sort(), existing.sort());
    for (const group of ["tx", "keys", "import"]) {
      const parts = documented.filter(([name]) => name === group).map(([, part]) => part!);
      assert.deepEqual(parts.sort(), commandsIn(await helpOf(group)).sort());
    }
  });
});
