import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { hostSource } from "../../../../contracts/compiler/generate-host.ts";
import { packageRoot } from "../../../../contracts/compiler/package-root.ts";
import { HOST_FUNCTIONS, HOST_MODULE } from "../../../../vm/abi.ts";

test("contracts/sdk/host.ts is what the table of host functions says", () => {
  const written = readFileSync(join(packageRoot(), "contracts", "sdk", "host.ts"), "utf8");
  assert.equal(written, hostSource(), "run: node dist/contracts/compiler/generate-host.js");
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
