/** `cinnabar build`: contracts from AssemblyScript to modules and ABIs, the project's own or those that are named. */
import { join } from "node:path";
import type { Command } from "commander";
import type { BuildSummary } from "../../../contracts/compiler/build-all.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type Column, formatCount, formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface BuildOptions {
  readonly output?: string;
  readonly debug?: boolean;
  readonly memoryPages?: string;
}

const COLUMNS: readonly Column[] = [
  { title: "contract" },
  { title: "version", align: "right" },
  { title: "methods", align: "right" },
  { title: "bytes", align: "right" },
  { title: "code hash" },
];

const rowOf = ({ contract, version, methods, bytes, codeHash }: BuildSummary): string[] => [
  contract,
  String(version),
  String(methods),
  formatCount(bytes),
  codeHash,
];

async function build(terminal: Terminal, entries: readonly string[], options: BuildOptions): Promise<ExitCode> {
  const { contractEntries, summaryOf } = await import("../../../contracts/compiler/build-all.ts");
  const { compileContract } = await import("../../../contracts/compiler/compile.ts");
  const { packageRoot } = await import("../../../contracts/compiler/package-root.ts");
  const outDir = options.output ?? join(entries.length === 0 ? packageRoot() : process.cwd(), "build");
  const summaries: BuildSummary[] = [];
  const debug = options.debug ?? false;
  const memory = options.memoryPages === undefined ? {} : { memoryPagesMax: Number(options.memoryPages) };
  const progress = terminal.progress("compiling");
  try {
    for (const entry of entries.length === 0 ? contractEntries() : entries) {
      progress.update(entry);
      summaries.push(summaryOf(await compileContract({ entry, outDir, debug, ...memory })));
    }
  } finally {
    progress.stop();
  }
  for (const summary of summaries) terminal.value({ ...summary, output: outDir });
  for (const line of formatTable(COLUMNS, summaries.map(rowOf))) terminal.line(line);
  return EXIT.ok;
}

export function registerBuild(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "build [entry...]",
    summary: "compile contracts to NAME.wasm, its source map and NAME.abi.json",
    description:
      "An entry is a contract's index.ts. Without one, the shipped contracts are compiled.\n" +
      "docs/contracts.md says more.",
    examples: ["cinnabar build", "cinnabar build my-contract/index.ts -o out"],
    refusedWhen: "a contract does not compile or would not be admitted",
  })
    .option("-o, --output <folder>", "where they are written (default: build)")
    .option("--debug", "contracts may log (debugLog): for test chains, a real one refuses the module")
    .option("--memory-pages <count>", "most pages of 64 KiB of memory (default: 8; with more, loads cost more)");
  runs<BuildOptions>(command, line, build);
}
