/** The command line: `cinnabar COMMAND`. Builds the commands, runs the one that is asked for, sets the exit code. */
import { Command, CommanderError } from "commander";
import { readSoftware } from "../version.ts";
import { type CommandLine, sayError } from "./command.ts";
import { registerBuild } from "./commands/build.ts";
import { registerCheck } from "./commands/check.ts";
import { registerImport } from "./commands/import.ts";
import { registerInstrument } from "./commands/instrument.ts";
import { registerKeys } from "./commands/keys.ts";
import { registerLanes } from "./commands/lanes.ts";
import { registerProof } from "./commands/proof.ts";
import { registerReads } from "./commands/read.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerStart } from "./commands/start.ts";
import { registerTx } from "./commands/tx.ts";
import { registerVerify } from "./commands/verify.ts";
import { EXIT, type ExitCode } from "./exit-codes.ts";
import { createTerminal, type Output, processOutput } from "./terminal.ts";

/** In the order of the help. */
const COMMANDS = [
  registerStart,
  registerImport,
  registerProof,
  registerVerify,
  registerReads,
  registerTx,
  registerReplay,
  registerLanes,
  registerBuild,
  registerCheck,
  registerInstrument,
  registerKeys,
];

function createProgram(line: CommandLine): Command {
  const software = readSoftware();
  const program = new Command("cinnabar")
    .description("Invoices, trade documents and payments on a chain of WebAssembly contracts.")
    .version(software.version, "-V, --version", "show the version")
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .showHelpAfterError("(the same command with --help shows how)")
    .configureOutput({ writeOut: line.output.out, writeErr: line.output.err })
    .exitOverride();
  for (const register of COMMANDS) register(program, line);
  program.addHelpText(
    "after",
    "\nExit codes: 0 ok, 1 refused or a negative answer, 2 wrong usage, 70 a failure of ours",
  );
  return program;
}

/** Runs a command line (without node and script); resolves to its exit code. */
export async function runCommandLine(argv: readonly string[], output: Output = processOutput): Promise<ExitCode> {
  const line: CommandLine = { code: EXIT.ok, output };
  try {
    const program = createProgram(line);
    await program.parseAsync([...argv], { from: "user" });
    return line.code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    return sayError(createTerminal(argv.includes("--json"), output), error);
  }
}

/** The process ends with the exit code of the command line. A reader that closes the pipe early is not an error. */
export async function main(argv: readonly string[]): Promise<void> {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit(EXIT.ok);
  });
  process.exitCode = await runCommandLine(argv);
}
