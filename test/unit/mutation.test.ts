/** The list of broken rules stays true to the sources: `npm run mutate` runs it. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { filesUnder } from "../mutation/files-under.ts";
import { MUTATIONS } from "../mutation/rules.ts";
import { changed } from "../mutation/workshop.ts";

test("every broken rule finds its one place, changes it, and names tests that are there", () => {
  const tests = filesUnder("dist", ".test.js");
  for (const mutation of MUTATIONS) {
    const text = readFileSync(mutation.file, "utf8");
    const mutant = changed(text, mutation);
    assert.ok(mutant !== null, `${mutation.id}: '${mutation.find}' does not stand once in ${mutation.file}`);
    assert.notEqual(mutant, text, mutation.id);
    for (const part of mutation.tests)
      assert.ok(
        tests.some((file) => file.includes(part)),
        `${mutation.id}: ${part}`,
      );
  }
  assert.equal(new Set(MUTATIONS.map(({ id }) => id)).size, MUTATIONS.length);
});
