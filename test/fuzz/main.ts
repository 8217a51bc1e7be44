/** `npm run fuzz -- COMMAND [options]`: long searches for differences, and matrices over engines and Node versions. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type NodeBinary, nodeBinaries } from "../bench/nodes.ts";
import { suiteMissing } from "../conformance/wasm-suite.ts";
import { type LaneCounts, searchLanes } from "./lanes/search.ts";
import { type Ledger, LedgerSuite, TIER_FLAGS } from "./ledger.ts";
import { runSearches, type SEARCHES, type SearchCount } from "./searches.ts";
import { expectedLines, stackRows } from "./stack-matrix.ts";
import { type Counts, caseName, VmFuzz } from "./vm-fuzz.ts";

const HELP = `npm run fuzz -- vm [--seed S] [--minutes M] [--json]     random and mutated modules: reader, instrumenter,
                                                    both tiers of the engine, reference interpreter
npm run fuzz -- vm --case FILE.wasm [--shrink]      one module again; --shrink writes a smaller one that fails, too
npm run fuzz -- stack [--node all|20|24|26]         recursion in each tier, on the main thread and on a worker
npm run fuzz -- ledger [--node all|20|24|26]        what each action of the public WebAssembly suite uses, as a hash
npm run fuzz -- fields [--seed S] [--minutes M] [--only T] [--node all|20|24|26]
                                                    the kernels' field, scalar and point arithmetic against BigInt
npm run fuzz -- accel [--seed S] [--minutes M] [--only T] [--node all|20|24|26]
                                                    the kernels' verdicts and digests against the reference
npm run fuzz -- lanes [--seed S] [--minutes M] [--from N]
                                                    blocks over lanes whose threads fail: the sequential bytes
--from N      world to begin with (default 0): the same seed and world give the same blocks
--seed S      text; the same seed gives the same modules (default: drawn, and printed)
--minutes M   how long to go on (default 1)
--only T      searches whose name contains T
--node N      versions of Node.js, fetched from npm where they are not at hand (default: this one)
--json        one JSON object instead of a table
`;

const FOUND_FOLDER = join("build", "fuzz");
const FAILURES_MAX = 5;
const OWN_MAJOR = process.versions.node.split(".")[0]!;

interface Options {
  readonly seed: string;
  readonly minutes: number;
  readonly json: boolean;
  readonly caseFile: string | undefined;
  readonly shrink: boolean;
  readonly only: string;
  readonly from: number;
  readonly node: string;
}

function builtContracts(): Uint8Array[] {
  if (!existsSync("build")) return [];
  return readdirSync("build")
    .filter((name) => name.endsWith(".wasm"))
    .map((name) => new Uint8Array(readFileSync(join("build", name))));
}

function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
}

function summary({ modules, calls, mutants, mutantsAccepted, misread, failures }: Counts): string {
  const numbers = [modules, calls, mutants, mutantsAccepted, misread].map((each) => each.toLocaleString("en"));
  return (
    `${numbers[0]} modules, ${numbers[1]} calls; ${numbers[2]} mutants, ${numbers[3]} of them admitted, ` +
    `${numbers[4]} misread by the library; ` +
    `${failures.length} differences`
  );
}

async function fuzzVm(options: Options): Promise<number> {
  const fuzz = new VmFuzz({ contracts: builtContracts() });
  const until = Date.now() + options.minutes * 60_000;
  process.stderr.write(`seed ${options.seed}\n`);
  const counts = await fuzz.run({
    seed: options.seed,
    goesOn: (soFar) => {
      progress(`${summary(soFar)}; ${Math.max(0, Math.round((until - Date.now()) / 1000))} s left`);
      return Date.now() < until && soFar.failures.length < FAILURES_MAX;
    },
  });
  progress("");
  fuzz.close();
  const files = counts.failures.map(({ bytes, detail }) => ({ file: keep(bytes), detail }));
  const { failures: _, ...numbers } = counts;
  const result = { fuzz: "vm", seed: options.seed, ...numbers, differences: files, node: process.version };
  if (options.json) console.log(JSON.stringify(result));
  else {
    for (const { file, detail } of files) console.log(`${detail}\n  npm run fuzz -- vm --case ${file}\n`);
    const endings = Object.entries(counts.endings).map(([name, count]) => `${name} ${count}`);
    console.log(`${summary(counts)}\nendings: ${endings.join(", ")}\nseed ${options.seed}, Node ${process.version}`);
  }
  return files.length === 0 ? 0 : 1;
}

function keep(bytes: Uint8Array): string {
  mkdirSync(FOUND_FOLDER, { recursive: true });
  const file = join(FOUND_FOLDER, caseName(bytes));
  writeFileSync(file, bytes);
  return file;
}

async function replay(file: string, isShrinking: boolean): Promise<number> {
  const bytes = new Uint8Array(readFileSync(file));
  const fuzz = new VmFuzz({});
  try {
    const problem = await fuzz.problemOf(bytes);
    console.log(problem ?? "no difference");
    if (problem === null || !isShrinking) return problem === null ? 0 : 1;
    const smaller = await fuzz.smaller(bytes);
    console.log(`${smaller.length} of ${bytes.length} bytes: ${keep(smaller)}\n${await fuzz.problemOf(smaller)}`);
    return 1;
  } finally {
    fuzz.close();
  }
}

/** Every row must be the first one, line by line; says where not. */
function printRows(
  rows: readonly { readonly name: string; readonly lines: readonly string[] }[],
  json: boolean,
): number {
  const [first] = rows;
  let different = 0;
  for (const { name, lines } of rows) {
    const hash = createHash("sha256").update(lines.join("\n")).digest("hex");
    const found = lines.filter((line, index) => line !== first!.lines[index]);
    const differences = found.length + Math.abs(lines.length - first!.lines.length);
    different += differences;
    if (json) console.log(JSON.stringify({ name, lines: lines.length, hash, differences }));
    else console.log(`${name.padEnd(36)} ${lines.length} lines  ${hash.slice(0, 32)}  ${differences} differences`);
    for (const line of found.slice(0, 5)) console.log(`  ${line}`);
  }
  return different === 0 ? 0 : 1;
}

async function runStack({ node, json }: Options): Promise<number> {
  const rows = [{ name: "docs/gas.md (reference interpreter)", lines: expectedLines() as readonly string[] }];
  for (const binary of nodeBinaries(node)) {
    progress(`Node ${binary.major}`);
    rows.push(...(await stackRows(binary)));
  }
  progress("");
  return printRows(rows, json);
}

async function runLedger({ node, json }: Options): Promise<number> {
  const missing = suiteMissing();
  if (missing !== false) {
    process.stderr.write(`the ledger needs the public suite: ${missing}\n`);
    return 70;
  }
  const suite = new LedgerSuite();
  try {
    const rows: Ledger[] = [];
    for (const binary of nodeBinaries(node)) {
      for (const tier of Object.keys(TIER_FLAGS) as (keyof typeof TIER_FLAGS)[]) {
        for (const warmth of ["cold", "warm"] as const) {
          progress(`Node ${binary.major}, ${tier}, ${warmth}`);
          rows.push(await suite.ledger(binary, tier, warmth));
        }
      }
    }
    progress("");
    return printRows(rows, json);
  } finally {
    suite.close();
  }
}

/** The same command with the same seed under each of those versions; relaxed kernels run on Node 24 and 26 only. */
function fuzzKernelsOn(binaries: readonly NodeBinary[], options: Options): number {
  const args = [...process.argv.slice(1), "--seed", options.seed];
  const codes = binaries.map(({ major, path }) => {
    return spawnSync(path, [...args, "--node", String(major)], { stdio: "inherit" }).status ?? 1;
  });
  return Math.max(...codes);
}

function fuzzKernels(command: keyof typeof SEARCHES, options: Options): number {
  const { seed, minutes, json, only, node } = options;
  if (node !== OWN_MAJOR) return fuzzKernelsOn(nodeBinaries(node), options);
  const until = Date.now() + minutes * 60_000;
  process.stderr.write(`seed ${seed}\n`);
  const total = (counts: readonly SearchCount[]): string =>
    counts.reduce((sum, { compared }) => sum + compared, 0).toLocaleString("en");
  const counts = runSearches({ command, seed, only }, (soFar) => {
    progress(`${total(soFar)} results; ${Math.max(0, Math.round((until - Date.now()) / 1000))} s left`);
    return Date.now() < until;
  });
  progress("");
  if (json) console.log(JSON.stringify({ fuzz: command, seed, searches: counts, node: process.version }));
  else {
    for (const { name, compared, judged, difference } of counts) {
      const [results, inputs] = [compared, judged].map((count) => count.toLocaleString("en").padStart(13));
      console.log(`${name.padEnd(44)} ${results} results${inputs} inputs  ${difference ?? "no difference"}`);
    }
    console.log(`${total(counts)} results compared; seed ${seed}, Node ${process.version}`);
  }
  return counts.some(({ difference }) => difference !== null) ? 1 : 0;
}

async function fuzzLanes({ seed, minutes, json, from }: Options): Promise<number> {
  const until = Date.now() + minutes * 60_000;
  process.stderr.write(`seed ${seed}\n`);
  const counts = await searchLanes({ seed, from }, (soFar, more) => {
    progress(`${soFar.blocks + more} blocks; ${Math.max(0, Math.round((until - Date.now()) / 1000))} s left`);
    return Date.now() < until;
  });
  progress("");
  if (json) console.log(JSON.stringify({ fuzz: "lanes", seed, ...counts, node: process.version }));
  else console.log(laneSummary(counts, seed));
  return counts.failure === null ? 0 : 1;
}

function laneSummary({ failure, shapes, faults, ...numbers }: LaneCounts, seed: string): string {
  const textOf = (table: object): string =>
    Object.entries(table)
      .map(([name, count]) => `${name} ${count.toLocaleString("en")}`)
      .join(", ");
  const { worlds, blocks, ...others } = numbers;
  return [
    ...(failure === null ? [] : [failure, `  npm run fuzz -- lanes --seed ${seed} --from N for world N alone\n`]),
    `${blocks.toLocaleString("en")} blocks in ${worlds} worlds; ${textOf(others)}`,
    `blocks by shape: ${textOf(shapes)}`,
    `faults of threads: ${textOf(faults)}`,
    `${failure === null ? "no difference" : "1 difference"}; seed ${seed}, Node ${process.version}`,
  ].join("\n");
}

function parseOptions(): { command: string | undefined; options: Options | null } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      minutes: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      case: { type: "string" },
      shrink: { type: "boolean", default: false },
      only: { type: "string", default: "" },
      from: { type: "string", default: "0" },
      node: { type: "string", default: OWN_MAJOR },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (values.help || !(minutes >= 0) || !/^(all|\d+)$/.test(values.node)) return { command: undefined, options: null };
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
  const { json, shrink, only, node } = values;
  const options = { seed, minutes, json, caseFile: values.case, shrink, only, node, from: Number(values.from) };
  return { command: positionals[0], options };
}

async function main(): Promise<number> {
  const { command, options } = parseOptions();
  if (command === "vm" && options !== null) {
    return options.caseFile === undefined ? fuzzVm(options) : replay(options.caseFile, options.shrink);
  }
  if (command === "lanes" && options !== null) return fuzzLanes(options);
  if (command === "stack" && options !== null) return runStack(options);
  if (command === "ledger" && options !== null) return runLedger(options);
  if ((command === "fields" || command === "accel") && options !== null) return fuzzKernels(command, options);
  process.stderr.write(HELP);
  return 2;
}

process.exitCode = await main();
