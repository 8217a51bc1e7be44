/** `cinnabar check` on modules of other compilers and with maps of strangers. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { main } from "assemblyscript/asc";
import { runHere } from "./run-cli.ts";

const FLOATS = `export function scaled(value: i32): i32 {
  const half: f64 = value;
  return <i32>(half *
    2.5);
}
`;

interface Verdict {
  readonly reasons: readonly {
    readonly code: string;
    readonly offset: number;
    readonly detail: string;
    readonly source?: string;
    readonly line?: number;
    readonly column?: number;
  }[];
}

/** A module as AssemblyScript's own command writes it, with its source map. */
async function compileFloats(folder: string, mapName: string): Promise<string> {
  const written = new Map<string, Uint8Array | string>();
  const argv = ["floats.ts", "--outFile", "floats.wasm", "--runtime", "stub", "--sourceMap", mapName];
  const { error } = await main(argv, {
    readFile: (name) => (name === "floats.ts" ? FLOATS : null),
    writeFile: (name, contents) => void written.set(name, contents),
    listFiles: () => [],
  });
  assert.equal(error, null);
  const file = join(folder, "floats.wasm");
  mkdirSync(folder, { recursive: true });
  for (const [name, contents] of written) writeFileSync(join(folder, name), contents);
  return file;
}

describe("check", () => {
  let folder = "";

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "cinnabar-check-"));
  });

  after(() => rmSync(folder, { recursive: true }));

  async function verdictOf(file: string): Promise<Verdict> {
    const { code, stdout } = await runHere(["check", file, "--json"]);
    assert.equal(code, 1);
    return JSON.parse(stdout) as Verdict;
  }

  const floats = ({ reasons }: Verdict) => reasons.filter(({ code }) => code === "feature.float");
  const places = (verdict: Verdict) => new Set(floats(verdict).map(({ source, line }) => `${source}:${line}`));

  it("shows the source line of what uses f64, from the map that the module names", async () => {
    const file = await compileFloats(join(folder, "named"), "./floats.wasm.map");
    const verdict = await verdictOf(file);
    assert.deepEqual(places(verdict), new Set(["floats.ts:2", "floats.ts:3", "floats.ts:4"]));
    const literal = floats(verdict).find(({ line }) => line === 4)!;
    assert.match(literal.detail, /f64\.const/);
    assert.equal(literal.column, 5);
    const { stdout } = await runHere(["check", file]);
    assert.match(stdout, /\n {2}offset {2}source +reason/);
    assert.match(stdout, /0x[0-9a-f]+ {2}floats\.ts:4:5 +feature\.float/);
  });

  it("shows it from FILE.map beside the module too", async () => {
    const file = await compileFloats(join(folder, "beside"), "https://maps.example/floats.wasm.map");
    writeFileSync(`${file}.map`, readFileSync(join(folder, "named", "floats.wasm.map")));
    // The name in the module is of another length, and stands behind the code: the offsets are the same.
    assert.deepEqual(places(await verdictOf(file)), new Set(["floats.ts:2", "floats.ts:3", "floats.ts:4"]));
  });

  it("follows no name that leads to an address, out of the folder, or to no regular file", async () => {
    const inner = join(folder, "outer", "inner");
    for (const name of [
      "https://maps.example/a.map",
      "file:a.map",
      "//a.map",
      "../a.map",
      "/dev/zero",
      "sub",
      "\u0000",
    ]) {
      const file = await compileFloats(inner, "./kept.map");
      writeFileSync(join(folder, "outer", "a.map"), readFileSync(join(inner, "kept.map")));
      mkdirSync(join(inner, "sub"), { recursive: true });
      rmSync(join(inner, "kept.map"));
      writeFileSync(file, renamed(readFileSync(file), "./kept.map", name));
      const verdict = await verdictOf(file);
      assert.ok(floats(verdict).length > 0);
      assert.deepEqual(places(verdict), new Set(["undefined:undefined"]), JSON.stringify(name));
    }
  });

  it("says the same without positions when the map is damaged, and prints no control character of a map", async () => {
    const file = await compileFloats(join(folder, "hostile"), "./floats.wasm.map");
    const path = join(folder, "hostile", "floats.wasm.map");
    const map = JSON.parse(readFileSync(path, "utf8")) as { sources: string[]; mappings: string };
    writeFileSync(path, JSON.stringify({ ...map, sources: map.sources.map(() => "\u001b[2Jevil") }));
    const { stdout } = await runHere(["check", file]);
    assert.match(stdout, /evil:4:5/);
    assert.ok(!stdout.includes("\u001b"));
    for (const text of ["", "{}", "[".repeat(100_000), JSON.stringify({ ...map, mappings: `${map.mappings},!` })]) {
      writeFileSync(path, text);
      assert.deepEqual(places(await verdictOf(file)), new Set(["undefined:undefined"]));
    }
  });
});

/** The module with another text in its section `sourceMappingURL`, which is its last. */
function renamed(wasm: Buffer, from: string, to: string): Buffer {
  const section = "sourceMappingURL";
  const head = [section.length, ...Buffer.from(section)];
  const start = wasm.lastIndexOf(Buffer.from(head)) - 2;
  assert.equal(wasm.subarray(start + 2 + head.length + 1).toString(), from);
  const contents = [...head, Buffer.byteLength(to), ...Buffer.from(to)];
  return Buffer.concat([wasm.subarray(0, start), Buffer.from([0, contents.length, ...contents])]);
}
