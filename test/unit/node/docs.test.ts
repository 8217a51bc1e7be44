import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { PROBLEMS } from "../../../node/api/problems.ts";
import { configVariables } from "../../../node/config/load-config.ts";
import { nodeConfigSchema } from "../../../node/config/schema.ts";

const page = readFileSync("docs/api.md", "utf8");

/** First cells of the table rows between two headings. */
function firstCells(heading: string): string[] {
  const text = page.split(`## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
  return [...text.matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? "");
}

interface SchemaNode {
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

describe("docs/api.md", () => {
  it("has every problem with its status and title, and no other", () => {
    assert.deepEqual(firstCells("Problems").sort(), [...PROBLEMS.keys()].sort());
    for (const [code, { status, title }] of PROBLEMS)
      assert.ok(page.includes(`| \`${code}\` | ${status} | ${title} |`), code);
  });

  it("has every value of the configuration with its variable, default and meaning, and no other", () => {
    const variables = configVariables();
    assert.deepEqual(
      firstCells("Configuration"),
      variables.map(({ path }) => path.join(".")),
    );
    for (const { path, variable } of variables) {
      const node = path.reduce<SchemaNode>((at, key) => at.properties?.[key] ?? {}, nodeConfigSchema as SchemaNode);
      const value = node.default === undefined ? "" : `\`${node.default}\``;
      const row = `| \`${path.join(".")}\` | \`${variable}\` | ${value} | ${node.description} |`;
      assert.ok(page.includes(row), row);
    }
  });
});
