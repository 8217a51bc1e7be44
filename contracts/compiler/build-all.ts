/**
 * Builds every contract of this package into build/: NAME.wasm, its source map and NAME.abi.json.
 * `node dist/contracts/compiler/build-all.js [--json]` prints a table, or one JSON object a line.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { argv, exit, stderr, stdout } from "node:process";
import { pathToFileURL } from "node:url";
import { Rejected } from "../../vm/errors.ts";
import { compileContract, type WrittenContract } from "./compile.ts";
import { packageRoot } from "./package-root.ts";

/** Folders beside the contracts that are not contracts. */
const OTHER_FOLDERS: ReadonlySet<string> = new Set(["sdk", "compiler", "testing"]);

/** The main files of the package's contracts, by name of their folders. */
export function contractEntries(): string[] {
  const folder = join(packageRoot(), "contracts");
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !OTHER_FOLDERS.has(entry.name))
    .map((entry) => join(folder, entry.name, "index.ts"))
    .filter((file) => existsSync(file))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** Every contract is compiled and written to `outDir`, one compiler run each. @errors those of compileContract */
export async function buildContracts(outDir: string): Promise<WrittenContract[]> {
  const built: WrittenContract[] = [];
  for (const entry of contractEntries()) built.push(await compileContract({ entry, outDir }));
  return built;
}

export interface BuildSummary {
  readonly contract: string;
  readonly version: number;
  readonly methods: number;
  readonly bytes: number;
  readonly codeHash: string;
}

export function summaryOf({ name, abi, wasm }: WrittenContract): BuildSummary {
  const codeHash = createHash("sha256").update(wasm).digest("hex");
  return { contract: name, version: abi.version, methods: abi.methods.length, bytes: wasm.length, codeHash };
}

function tableLine(summary: BuildSummary): string {
  const { contract, version, methods, bytes, codeHash } = summary;
  const columns = [`v${version}`.padStart(4), `${methods} methods`.padStart(11), `${bytes} bytes`.padStart(12)];
  return `${contract.padEnd(12)}${columns.join("  ")}  ${codeHash.slice(0, 16)}`;
}

async function main(): Promise<number> {
  try {
    const built = await buildContracts(join(packageRoot(), "build"));
    const line = argv.includes("--json") ? (summary: BuildSummary) => JSON.stringify(summary) : tableLine;
    for (const contract of built) stdout.write(`${line(summaryOf(contract))}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    stderr.write(`${error.code}\n${error.message}\n`);
    return 1;
  }
}

if (argv[1] !== undefined && import.meta.url === pathToFileURL(argv[1]).href) exit(await main());
