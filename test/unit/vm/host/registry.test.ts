import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS } from "../../../../vm/abi.ts";
import { createImports, hostImplementations } from "../../../../vm/host/registry.ts";
import { testHashes, testVerifier } from "../small-chain.ts";

const host = { hashes: testHashes, verifier: testVerifier, frame: null, events: 0 };

describe("the host functions", () => {
  it("are those of the ABI table, each once", () => {
    const rows = HOST_FUNCTIONS.map((row) => row.name);
    assert.deepEqual([...hostImplementations(host).keys()].sort(compare), [...rows].sort(compare));
    assert.equal(new Set(rows).size, rows.length);
  });

  it("take as many arguments as their rows say", () => {
    const implementations = hostImplementations(host);
    for (const row of HOST_FUNCTIONS) assert.equal(implementations.get(row.name)!.length, row.params.length, row.name);
  });

  it("stand in the import object under module and name", () => {
    const imports = createImports(host);
    for (const row of HOST_FUNCTIONS) assert.equal(typeof imports[row.module]?.[row.name], "function", row.name);
  });

  it("are a fault of the node outside of a call", () => {
    const inputSize = hostImplementations(host).get("input_size")!;
    assert.throws(() => inputSize(), { name: "NodeError", code: "host.noFrame" });
  });
});

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
