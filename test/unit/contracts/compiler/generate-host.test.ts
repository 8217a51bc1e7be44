import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostSource } from "../../../../contracts/compiler/generate-host.ts";
import { hostReference } from "../../../../contracts/compiler/host-reference.ts";
import { packageRoot } from "../../../../contracts/compiler/package-root.ts";
import { HOST_FUNCTIONS, HOST_MODULE } from "../../../../vm/abi.ts";
import { HOST_REFUSALS } from "../../../../vm/outcome.ts";

test("contracts/sdk/host.ts is what the table of host functions says", () => {
  const written = readFileSync(join(packageRoot(), "contracts", "sdk", "host.ts"), "utf8");
  assert.equal(written, hostSource(), "run: node dist/contracts/compiler/generate-host.js");
});

test("docs/host-functions.md is what the table of host functions says", () => {
  const written = readFileSync(join(packageRoot(), "docs", "host-functions.md"), "utf8");
  assert.equal(written, hostReference(), "run: node dist/contracts/compiler/generate-host.js");
});

test("the reference has a section with gas and refusals for every host function, and every refusal once", () => {
  const reference = hostReference();
  for (const { name, cost, refusals } of HOST_FUNCTIONS) {
    const section = reference.split(`\n## ${name}\n`)[1]?.split("\n## ")[0] ?? "";
    assert.match(section, new RegExp(`gas: ${cost.base}`), name);
    for (const refusal of refusals) assert.ok(section.includes(`\`${refusal}\``), `${name}: ${refusal}`);
  }
  for (const [name, code] of Object.entries(HOST_REFUSALS)) {
    assert.equal(reference.split(`| ${code} | \`${name}\` |`).length, 2, name);
  }
});

test("refusals have numbers of their own, and every one of a row is one", () => {
  const codes = Object.values(HOST_REFUSALS);
  assert.equal(new Set(codes).size, codes.length);
  const named = new Set(HOST_FUNCTIONS.flatMap(({ refusals }) => refusals));
  assert.deepEqual([...named].sort(), Object.keys(HOST_REFUSALS).sort());
});

test("every host function but abort is declared with its parameters", () => {
  const source = hostSource();
  for (const { module, name, params } of HOST_FUNCTIONS) {
    const declared = new RegExp(`function ${name}\\(([^)]*)\\)`).exec(source)?.[1];
    if (module !== HOST_MODULE) {
      assert.equal(declared, undefined, name);
      continue;
    }
    const names = (declared ?? "").split(",").map((parameter) => parameter.split(":")[0]!.trim());
    assert.deepEqual(
      names.filter(Boolean),
      params.map((parameter) => parameter.name),
    );
  }
});
