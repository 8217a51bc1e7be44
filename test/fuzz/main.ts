/** `npm run fuzz -- COMMAND [options]`: long searches for differences, and matrices over engines and Node versions. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Counts, caseName, VmFuzz } from "./vm-fuzz.ts";

const HELP = `npm run fuzz -- vm [--seed S] [--minutes M] [--json]     random and mutated modules: reader, instrumenter,
                                                    both tiers of the engine, reference interpreter
npm run fuzz -- vm --case FILE.wasm [--shrink]      one module again; --shrink writes a smaller one that fails, too
--seed S      text; the same seed gives the same modules (default: drawn, and printed)
--minutes M   how long to go on (default 1)
--json        one JSON object instead of a table
`;

const FOUND_FOLDER = join("build", "fuzz");
const FAILURES_MAX = 5;

interface Options {
  readonly seed: string;
  readonly minutes: number;
  readonly json: boolean;
  readonly caseFile: string | undefined;
  readonly shrink: boolean;
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

function parseOptions(): { command: string | undefined; options: Options | null } {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      minutes: { type: "string", default: "1" },
      json: { type: "boolean", default: false },
      case: { type: "string" },
      shrink: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const minutes = Number(values.minutes);
  if (values.help || !(minutes >= 0)) return { command: undefined, options: null };
  const seed = values.seed ?? String(Math.floor(Math.random() * 2 ** 31));
  const options = { seed, minutes, json: values.json, caseFile: values.case, shrink: values.shrink };
  return { command: positionals[0], options };
}

async function main(): Promise<number> {
  const { command, options } = parseOptions();
  if (command === "vm" && options !== null) {
    return options.caseFile === undefined ? fuzzVm(options) : replay(options.caseFile, options.shrink);
  }
  process.stderr.write(HELP);
  return 2;
}

process.exitCode = await main();
