/** Which sources a kernel module is made of: from them follows when it is compiled again. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadSetup } from "./setup-module.ts";

interface Kernels {
  sourcesOf(entry: string): readonly string[];
  kernelInputs(root: string): readonly string[];
}

const { sourcesOf, kernelInputs } = await loadSetup<Kernels>("kernels.mjs");

test("the sources of a module are its entry and all that it imports, directly or not", () => {
  const sources = sourcesOf("accel/kernels/hashes.ts");
  assert.ok(sources.includes("accel/kernels/hashes.ts"));
  assert.ok(sources.includes("accel/kernels/memory.ts"), "a re-export");
  assert.ok(sources.includes("accel/kernels/hash/sha256.ts"), "an import of an import");
  assert.ok(!sources.some((path) => path.includes("/field/")), "nothing of the signatures");
});

test("every source of the kernels is part of some module", () => {
  const all = kernelInputs(".").filter((path) => path.startsWith("accel"));
  const entries = all.filter((path) => /kernels\/(?:\w+|probe\/\w+)\.ts$/.test(path));
  const reached = new Set(entries.flatMap((path) => sourcesOf(path)));
  assert.deepEqual(
    all.filter((path) => !reached.has(path)),
    [],
  );
});
