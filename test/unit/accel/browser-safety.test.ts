import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, resolve } from "node:path";
import { test } from "node:test";

const IMPORT = /(?:from|import)\s*\(?\s*["']([^"']+)["']/g;

/** Every module that `entry` reaches by value or type imports; the names of packages of Node as they are written. */
function reachableFrom(entry: string): ReadonlySet<string> {
  const seen = new Set<string>();
  const waiting = [resolve(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (file.startsWith("node:")) continue;
    const source = readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
    for (const [, name] of source.matchAll(IMPORT)) waiting.push(resolveImport(file, name!));
  }
  return seen;
}

function resolveImport(file: string, name: string): string {
  if (name.startsWith(".")) return resolve(dirname(file), name);
  return createRequire(file).resolve(name);
}

for (const entry of ["verify.ts", "hashes.ts", "sign.ts"]) {
  test(`accel/reference/${entry} and all it imports run in a browser`, () => {
    const modules = [...reachableFrom(`accel/reference/${entry}`)];
    assert.ok(
      modules.some((module) => module.includes("@noble")),
      "the search reached noble",
    );
    const builtIns = modules.filter((module) => !module.includes("/") || module.startsWith("node:"));
    assert.deepEqual(builtIns, []);
  });
}

test("the search finds what is not for browsers", () => {
  assert.ok(reachableFrom("accel/hashes.ts").has("node:crypto"));
});
