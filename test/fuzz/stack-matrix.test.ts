/** The stack matrix on the Node at hand; `npm run fuzz -- stack --node all` runs the other versions. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { expectedLines, stackRows } from "./stack-matrix.ts";

const NODE = { major: Number.parseInt(process.versions.node, 10), path: process.execPath };

describe("recursion without end", () => {
  it("ends in the same outcome in both tiers, on both threads, as docs/gas.md says", async () => {
    const expected = expectedLines();
    assert.ok(expected.filter((line) => line.endsWith(": stack")).length >= expected.length / 2);
    for (const { name, lines } of await stackRows(NODE)) assert.deepEqual(lines, expected, name);
  });
});
