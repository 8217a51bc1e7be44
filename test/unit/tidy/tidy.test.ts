/** The habits of the house, as a test: a rule that no tool enforces is not a rule. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { listFiles, longFunctions, readKernels, readSources, resolveImport, type SourceFile } from "./source-scan.ts";

const root = process.cwd();
const sources = readSources(root);
const isTest = (path: string): boolean => path.startsWith("test/") || path.endsWith(".test.ts");
const kernels = readKernels(root);
const product = sources.filter((source) => !isTest(source.path));

const LINE_LENGTH_MAX = 120;
const FUNCTION_LINES_MAX = 70;

/** Functions over the limit that have a reason; the number of lines may only shrink. */
const LONG_FUNCTIONS: Readonly<Record<string, number>> = {
  // One formula without a loop, all of whose values stay in registers: a call in between would put them in memory.
  "accel/kernels/field/fe25519-integer.ts#feMul": 88,
  "accel/kernels/field/p256-prime.ts#reduceP256": 75,
  "accel/kernels/hash/blake3-lanes.ts#rounds": 88,
};

interface Direction {
  /** Files the rule is for. */
  readonly from: RegExp;
  /** Our own files they may import. */
  readonly ours: RegExp;
  /** Packages they may import. */
  readonly packages: RegExp;
}

/** First match wins; DESIGN's directions and the one home of each heavy package. */
const DIRECTIONS: readonly Direction[] = [
  { from: /^accel\/reference\/(bls|hashes|recover|verify)/, ours: /^accel\//, packages: /^@noble\// },
  { from: /^accel\/reference\//, ours: /^accel\//, packages: /^(@noble\/|node:)/ },
  { from: /^accel\//, ours: /^accel\//, packages: /^node:/ },
  { from: /^vm\/instrument\//, ours: /^vm\/|^accel\/device\.ts$/, packages: /^binaryen$/ },
  { from: /^vm\//, ours: /^vm\/|^accel\/device\.ts$/, packages: /^$/ },
  {
    from: /^runtime\/verify\//,
    ours: /^(runtime|vm)\/|^accel\/(device|reference\/(hashes|verify))\.ts$/,
    packages: /^$/,
  },
  { from: /^runtime\/state\//, ours: /^(runtime|vm)\/|^accel\/device\.ts$/, packages: /^(lmdb$|node:)/ },
  { from: /^runtime\/format\//, ours: /^(runtime|vm)\/|^accel\/device\.ts$/, packages: /^$/ },
  { from: /^runtime\//, ours: /^(runtime|vm)\/|^accel\/device\.ts$/, packages: /^node:/ },
  {
    from: /^contracts\/compiler\//,
    ours: /^(contracts\/compiler|vm|runtime\/format)\//,
    packages: /^(assemblyscript|node:)/,
  },
  { from: /^contracts\/testing\//, ours: /^(contracts|runtime|vm|accel)\//, packages: /^node:/ },
  { from: /^node\//, ours: /^(node|runtime|vm|accel|contracts)\//, packages: /^(?!(lmdb|binaryen|@noble)\b)/ },
  { from: /./, ours: /./, packages: /./ },
];

function breaches(source: SourceFile): string[] {
  if (isTest(source.path)) return [];
  const rule = DIRECTIONS.find((direction) => direction.from.test(source.path))!;
  return source.imports
    .filter(({ specifier }) =>
      specifier.startsWith(".")
        ? !rule.ours.test(resolveImport(source.path, specifier))
        : !rule.packages.test(specifier),
    )
    .map(({ specifier }) => `${source.path} imports ${specifier}`);
}

test("every import goes in the direction of the plan", () => {
  assert.deepEqual(sources.flatMap(breaches), []);
});

test("nothing but tests imports a test, and only the room itself avoids its index", () => {
  const wrong = product.flatMap((source) =>
    source.imports.map(({ specifier }) => resolveImport(source.path, specifier)).filter((target) => isTest(target)),
  );
  assert.deepEqual(wrong, []);
});

test("the kernels are read", () => {
  assert.ok(kernels.length > 20, `${kernels.length} files`);
});

test("there is no import cycle", () => {
  const edges = new Map(
    sources.map((source) => [
      source.path,
      source.imports
        .filter(({ specifier, typeOnly }) => specifier.startsWith(".") && !typeOnly)
        .map(({ specifier }) => resolveImport(source.path, specifier)),
    ]),
  );
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    if (state.get(path) === "done") return;
    if (state.get(path) === "open") {
      cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
      return;
    }
    state.set(path, "open");
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    state.set(path, "done");
  };
  for (const path of edges.keys()) visit(path, []);
  assert.deepEqual(cycles, []);
});

interface Ban {
  readonly where: RegExp;
  readonly what: RegExp;
  readonly why: string;
}

const BANS: readonly Ban[] = [
  {
    where: /^(vm|runtime)\//,
    what: /\bDate\b|\bMath\.random\b|\bperformance\b|\bIntl\b|\bsetTimeout\b|\bsetInterval\b/,
    why: "time and chance come in as arguments",
  },
  {
    where: /^(vm|runtime)\//,
    what: /\bprocess\.(env|hrtime|argv)\b/,
    why: "the environment comes in as arguments",
  },
  { where: /^(vm|runtime)\//, what: /\.toLocale\w*\(|\.localeCompare\(/, why: "locale is not the same on every node" },
  { where: /^(vm|runtime)\//, what: /\.sort\(\s*\)/, why: "the default sort compares UTF-16 text" },
  { where: /^(accel|vm|runtime|node|contracts)\//, what: /\bnew Error\(/, why: "an error has a code" },
  { where: /./, what: /\bexport default\b/, why: "named exports only" },
  { where: /./, what: /[:<,(|]\s*any\b|\bas any\b/, why: "no any" },
  { where: /^(accel|vm|runtime)\//, what: /^(export )?let\b/m, why: "no module-level state" },
  { where: /^(accel|vm|runtime)\//, what: /\bconsole\./, why: "rooms do not print" },
];

for (const ban of BANS) {
  test(`no ${ban.what.source} under ${ban.where.source}: ${ban.why}`, () => {
    const found = product
      .filter((source) => ban.where.test(source.path))
      .flatMap((source) =>
        source.code
          .split("\n")
          .map((line, index) => ({ line, at: `${source.path}:${index + 1}` }))
          .filter(({ line }) => ban.what.test(line))
          .map(({ at, line }) => `${at}: ${line.trim()}`),
      );
    assert.deepEqual(found, []);
  });
}

test(`no line is longer than ${LINE_LENGTH_MAX} characters`, () => {
  const texts = (source: SourceFile): string[] =>
    source.text
      .split("\n")
      .map((line, index) => ({ line, index }))
      // A host function's or schedule row's documentation is one string: data, not code to scroll.
      .filter(
        ({ line }) => line.length > LINE_LENGTH_MAX && !/^\s*(\w+: )?["'`].*["'`],?;?$|^\s*(\/\/|\*|\/\*\*)/.test(line),
      )
      .map(({ index }) => `${source.path}:${index + 1}`);
  assert.deepEqual([...sources, ...kernels].flatMap(texts), []);
});

test(`no function is longer than ${FUNCTION_LINES_MAX} lines without a reason, and those with one only shrink`, () => {
  const long = [...product, ...kernels].flatMap((source) =>
    longFunctions(source, FUNCTION_LINES_MAX)
      .filter(({ name, lines }) => lines > (LONG_FUNCTIONS[`${source.path}#${name}`] ?? FUNCTION_LINES_MAX))
      .map(({ name, line, lines }) => `${source.path}:${line} ${name} has ${lines} lines`),
  );
  assert.deepEqual(long, []);
});

test("every source file is imported by someone or is an entry point", () => {
  const manifest = readFileSync(join(root, "package.json"), "utf8");
  const imported = new Set(
    sources.flatMap((source) =>
      source.imports
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => resolveImport(source.path, specifier)),
    ),
  );
  const scripts = listFiles(root, (path) => path.endsWith(".mjs")).map((path) =>
    readFileSync(join(root, path), "utf8"),
  );
  const everything = [manifest, ...scripts, ...sources.map((source) => source.text)];
  const named = (path: string): boolean => {
    const emitted = path.replace(/\.ts$/, ".js");
    const file = emitted.slice(emitted.lastIndexOf("/") + 1);
    return everything.some(
      (text) => text.includes(`/${file}"`) || text.includes(`/${file}\``) || text.includes(emitted),
    );
  };
  const orphans = product.map(({ path }) => path).filter((path) => !imported.has(path) && !named(path));
  assert.deepEqual(orphans, []);
});

test("a TODO names its issue", () => {
  const found = sources.filter(
    (source) => /\b(TODO|FIXME)\b(?!\(#\d+\))/.test(source.text) && !source.path.startsWith("test/unit/tidy/"),
  );
  assert.deepEqual(
    found.map(({ path }) => path),
    [],
  );
});

test("there is one copy of binaryen, the version AssemblyScript pins", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { version: string; dependencies?: Record<string, string> }>;
  };
  const copies = Object.keys(lock.packages).filter((path) => /(^|\/)node_modules\/binaryen$/.test(path));
  assert.deepEqual(copies, ["node_modules/binaryen"]);
  assert.equal(
    lock.packages["node_modules/binaryen"]!.version,
    lock.packages["node_modules/assemblyscript"]!.dependencies!.binaryen,
  );
});

test("every dependency is pinned exactly", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    Record<string, string>
  >;
  const loose = ["dependencies", "devDependencies"].flatMap((kind) =>
    Object.entries(manifest[kind] ?? {}).filter(([, version]) => !/^\d/.test(version)),
  );
  assert.deepEqual(loose, []);
});

test("every room has a README of at most 20 lines", () => {
  for (const room of ["accel", "vm", "runtime", "contracts", "node", "test"]) {
    const path = join(root, room, "README.md");
    assert.ok(existsSync(path), `${room}/README.md is missing`);
    const lines = readFileSync(path, "utf8").trimEnd().split("\n").length;
    assert.ok(lines <= 20, `${room}/README.md has ${lines} lines`);
  }
});
