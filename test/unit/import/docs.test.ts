import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const root = process.cwd();
const page = readFileSync(join(root, "docs", "import.md"), "utf8");

describe("docs/import.md", () => {
  it("names every code that the reader refuses with, and no other", () => {
    const folder = join(root, "node", "import");
    const sources = readdirSync(folder)
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readFileSync(join(folder, name), "utf8"));
    const used = new Set(
      sources.flatMap((text) => [...text.matchAll(/Rejected\("([a-z]+\.\w+)"/g)].map(([, code]) => code)),
    );
    const documented = new Set([...page.matchAll(/`((?:ubl|import)\.\w+)`/g)].map(([, code]) => code));
    assert.deepEqual([...used].sort(), [...documented].sort());
  });
});
