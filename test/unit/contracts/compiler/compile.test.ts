import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chdir, cwd } from "node:process";
import { test } from "node:test";
import { contractEntries } from "../../../../contracts/compiler/build-all.ts";
import { compileContract } from "../../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../../contracts/compiler/package-root.ts";
import { START_EXPORT } from "../../../../contracts/compiler/start-function.ts";
import { encodeAbi, parseAbi } from "../../../../runtime/format/abi.ts";
import { ABI_SECTION } from "../../../../runtime/format/contract-abi.ts";
import { HOST_FUNCTIONS } from "../../../../vm/abi.ts";
import { admit } from "../../../../vm/admission/admit.ts";
import { customSection } from "../../../../vm/admission/custom-section.ts";
import { Rejected } from "../../../../vm/errors.ts";
import { compileFiles } from "../compile-text.ts";

const COUNTER = `
import { Cell, emit } from "cinnabar/sdk";

const first = "on".concat("e");

@event
@indexed("value")
export class Counted {
  constructor(public value: u64, public note: string) {}
}

@errors
export class Failure {
  @error("step.zero", "A step of zero changes nothing.")
  static readonly zero: u32 = 0x10;
}

export function notAMethod(): i32 {
  return 1;
}

@contract("counter", 7)
export class Counter {
  total: Cell<u64>;

  @init init(start: u64): void { this.total.set(start); }
  @call @object("step") add(step: u64): u64 {
    this.total.set(this.total.get() + step);
    emit(new Counted(this.total.get(), first));
    return this.total.get();
  }
  @view value(): u64 { return this.total.getOr(0); }
}
`;

interface CommonOptions {
  readonly initialMemory: number;
  readonly maximumMemory: number;
  readonly exportStart: string;
}

/** The options of the package's asconfig.json. */
function commonOptions(): CommonOptions {
  const text = readFileSync(join(packageRoot(), "asconfig.json"), "utf8");
  return (JSON.parse(text) as { readonly options: CommonOptions }).options;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

test("a contract becomes an admitted module with its methods and its ABI", async () => {
  const { wasm, abi, name } = await compileFiles({ "index.ts": COUNTER });
  assert.equal(name, "counter");

  const admission = admit(wasm);
  assert.deepEqual(admission.reasons, []);
  assert.ok(admission.accepted);
  const exports = admission.facts.exports.map((entry) => entry.name);
  assert.deepEqual(exports, ["call_init", "call_add", "call_value", "memory"]);
  const known = new Set(HOST_FUNCTIONS.map((row) => `${row.module}.${row.name}`));
  for (const entry of admission.facts.imports) assert.ok(known.has(`${entry.module}.${entry.name}`), entry.name);
  const { initialMemory, maximumMemory, exportStart } = commonOptions();
  assert.deepEqual(admission.facts.memory, { initialPages: initialMemory, maximumPages: maximumMemory });
  assert.equal(exportStart, START_EXPORT);

  const section = customSection(wasm, ABI_SECTION);
  assert.deepEqual(section, encodeAbi(abi));
  assert.deepEqual(parseAbi(section!), abi);
  assert.equal(abi.version, 7);
  assert.deepEqual(abi.methods, [
    { name: "init", kind: "init", params: [{ name: "start", type: "u64" }], returns: null, object: [] },
    { name: "add", kind: "call", params: [{ name: "step", type: "u64" }], returns: "u64", object: ["step"] },
    { name: "value", kind: "view", params: [], returns: "u64", object: [] },
  ]);
  assert.deepEqual(abi.events, [
    {
      name: "Counted",
      fields: [
        { name: "value", type: "u64", indexed: true },
        { name: "note", type: "string", indexed: false },
      ],
    },
  ]);
  assert.deepEqual(abi.storage, [{ name: "total", kind: "cell", key: [], value: "u64" }]);
  assert.deepEqual(abi.errors[0], { code: 16, name: "step.zero", text: "A step of zero changes nothing." });
});

test("the same source gives the same bytes in any folder, from any working directory, and as built", async () => {
  const entry = contractEntries().find((file) => file.includes("trade"))!;
  const folder = mkdtempSync(join(tmpdir(), "cinnabar-copy-"));
  const before = cwd();
  try {
    const here = await compileContract({ entry, outDir: folder });
    assert.equal(here.wasmPath, join(folder, "trade.wasm"));
    assert.deepEqual(new Uint8Array(readFileSync(here.wasmPath)), here.wasm);
    assert.deepEqual(new Uint8Array(readFileSync(here.abiPath)), encodeAbi(here.abi));

    cpSync(join(packageRoot(), "contracts", "trade"), join(folder, "somewhere", "else"), { recursive: true });
    chdir(folder);
    const there = await compileContract({ entry: join("somewhere", "else", "index.ts") });
    assert.equal(sha256(there.wasm), sha256(here.wasm));
    const built = readFileSync(join(packageRoot(), "build", "trade.wasm"));
    assert.equal(sha256(built), sha256(here.wasm), "build/ is out of date: npm run build");
  } finally {
    chdir(before);
    rmSync(folder, { recursive: true });
  }
});

test("a file that is not there is refused by code", async () => {
  const isNoEntry = (error: unknown) => error instanceof Rejected && error.code === "contract.noEntry";
  await assert.rejects(compileContract({ entry: "no/such/contract.ts" }), isNoEntry);
});

test("a module the chain would not admit is refused with the chain's reasons", async () => {
  const source = COUNTER.replace("return this.total.getOr(0);", "return 1 + (Math.random() * 5 as u64);");
  await assert.rejects(compileFiles({ "index.ts": source }), (error: unknown) => {
    assert.ok(error instanceof Rejected);
    assert.equal(error.code, "contract.refused");
    assert.match(error.message, /seed/);
    return true;
  });
});

test("a contract has the memory that is asked for, and no more than a chain admits", async () => {
  const entry = contractEntries()[0]!;
  const pagesOf = async (memoryPagesMax?: number): Promise<number | null | undefined> => {
    const { wasm } = await compileContract(memoryPagesMax === undefined ? { entry } : { entry, memoryPagesMax });
    const admission = admit(wasm);
    return admission.accepted ? admission.facts.memory?.maximumPages : undefined;
  };
  assert.deepEqual([await pagesOf(), await pagesOf(64)], [8, 64]);
  for (const pages of [0, 65, 1.5, Number.NaN]) {
    await assert.rejects(pagesOf(pages), (error) => error instanceof Rejected && error.code === "contract.memoryPages");
  }
});
