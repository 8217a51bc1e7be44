/**
 * What all commands share: `--json`, an example in the help, one way from an error to an exit code.
 *
 * A command is a function that prints its result and returns its exit code. It throws Rejected for input that is
 * refused, UsageError for a command line that makes no sense and NodeError when we fail; `runAction` says it and picks
 * the code.
 */
import type { Command } from "commander";
import { NodeError, Rejected } from "../../vm/errors.ts";
import { ClientError } from "../client/client-error.ts";
import { isDiskFull, pathReason } from "../config/files.ts";
import { EXIT, type ExitCode, UsageError } from "./exit-codes.ts";
import { cleanText } from "./table.ts";
import { createTerminal, type Output, type Terminal } from "./terminal.ts";

export interface CommandText {
  /** Name and arguments: "receipt <id>". */
  readonly usage: string;
  readonly summary: string;
  /** What the help adds below the summary. */
  readonly description?: string;
  readonly examples: readonly string[];
  /** What exit code 1 means here. */
  readonly refusedWhen?: string;
}

/** Options of every command, as commander hands them over. */
export interface CommonOptions {
  readonly json?: boolean;
}

/** What the commands of one command line share: where they write, and where they leave the exit code. */
export interface CommandLine {
  code: ExitCode;
  readonly output: Output;
}

export type Action<Options> = (
  terminal: Terminal,
  args: readonly string[],
  options: Options & CommonOptions,
) => Promise<ExitCode>;

function helpAfter(text: CommandText): string {
  const refused = text.refusedWhen ?? "the answer is no";
  const title = text.examples.length === 1 ? "Example:" : "Examples:";
  const examples = text.examples.map((example) => `  ${example}`).join("\n");
  return `\n${title}\n${examples}\n\nExit codes: 0 ok, 1 ${refused}, 2 wrong usage, 70 a failure of ours`;
}

/** A command without action under `parent`, with its help; the caller adds options and `runs`. */
export function addCommand(parent: Command, text: CommandText): Command {
  return parent
    .command(text.usage)
    .summary(text.summary)
    .description([text.summary, text.description].filter(Boolean).join("\n\n"))
    .option("--json", "print the result as JSON, one value a line")
    .helpOption("-h, --help", "show this help")
    .addHelpText("after", helpAfter(text))
    .allowExcessArguments(false);
}

/** The command runs `action` with its positional arguments (a variadic one spread at the end). */
export function runs<Options>(command: Command, line: CommandLine, action: Action<Options>): void {
  command.action(async () => {
    const options = command.optsWithGlobals() as Options & CommonOptions;
    const args = command.processedArgs.flat().filter((value): value is string => typeof value === "string");
    line.code = await runAction(createTerminal(options.json === true, line.output), (terminal) =>
      action(terminal, args, options),
    );
  });
}

async function runAction(terminal: Terminal, work: (terminal: Terminal) => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await work(terminal);
  } catch (error) {
    return sayError(terminal, error);
  }
}

/** Says an error on standard error, with `--json` also as `{error}` on standard output; returns its exit code. */
export function sayError(terminal: Terminal, error: unknown): ExitCode {
  if (error instanceof Rejected) return sayRejected(terminal, error);
  if (error instanceof UsageError) {
    terminal.note(`error: ${error.message}`);
    return EXIT.usage;
  }
  if (error instanceof ClientError && isRefusal(error)) return sayRejected(terminal, rejectedOf(error));
  const pathError = pathRejection(error);
  if (pathError !== undefined) return sayRejected(terminal, pathError);
  const known = isDiskFull(error) ? diskFull(error) : error;
  const isKnown = known instanceof NodeError || known instanceof ClientError;
  const code = isKnown ? known.code : "cli.failed";
  const message = known instanceof Error ? known.message : String(known);
  const hint = HINTS.get(code);
  terminal.value({ error: { code, message, ...(hint === undefined ? {} : { hint }) } });
  terminal.note(isKnown ? `failed: ${message} (${code})` : String(known instanceof Error ? known.stack : known));
  if (hint !== undefined) terminal.note(`  hint: ${hint}`);
  return code === "client.badUrl" ? EXIT.usage : EXIT.fault;
}

/** What to do about a node that cannot be asked, or a disk that cannot be written. */
const HINTS: ReadonlyMap<string, string> = new Map([
  ["client.badUrl", "An address is http://HOST:PORT, as `cinnabar start` prints it."],
  ["client.noAnswer", "Ask for its receipt (`cinnabar receipt ID`) before you send it again."],
  ["client.unreachable", "Start one with `cinnabar start`, or see that --url and CINNABAR_URL name one that runs."],
  ["client.timeout", "Look at the node's log, or ask its /readyz."],
  ["disk.full", "Free some space and run the command again. Nothing that was acknowledged is lost."],
  [
    "log.writeFailed",
    "See that the data folder's disk has room and is well, and start again: nothing acknowledged is lost.",
  ],
  [
    "store.writeFailed",
    "See that the data folder's disk has room and is well, and start again: nothing acknowledged is lost.",
  ],
  ["client.badAnswer", "See that --url and CINNABAR_URL name a Cinnabar node."],
]);

function diskFull(error: unknown): NodeError {
  const { path } = error as NodeJS.ErrnoException;
  const place = path === undefined ? "" : ` (writing ${path})`;
  return new NodeError("disk.full", `the disk is full${place}`, { cause: error });
}

/** A path that the operating system would not let us use: the one who named it can name another. */
function pathRejection(error: unknown): Rejected | undefined {
  const reason = pathReason(error);
  if (reason === undefined) return undefined;
  const { path = "a file" } = error as NodeJS.ErrnoException;
  return new Rejected("cli.badPath", `${path} cannot be used: ${reason}`, {
    value: path,
    hint: "Name another path, or change what stands there.",
  });
}

/** True when the node, or the ABI, said no; false when the node could not be asked or failed. */
function isRefusal(error: ClientError): boolean {
  return error.stage === "build" || (error.problem !== undefined && error.problem.status < 500);
}

function rejectedOf({ code, message, problem, cause }: ClientError): Rejected {
  const { value, limit, hint } = problem ?? (cause instanceof Rejected ? cause.details : {});
  const details = Object.entries({ value, limit, hint }).filter(([, text]) => text !== undefined);
  return new Rejected(code, message, Object.fromEntries(details));
}

function sayRejected(terminal: Terminal, error: Rejected): ExitCode {
  const { code, message, details } = error;
  terminal.value({ error: { code, message, ...details } });
  const [first = "", ...more] = message.split("\n").map((line) => cleanText(line, 1000));
  terminal.note(`refused: ${first} (${code})`);
  // Further lines, as a compiler's excerpt, are indented: a line that came from outside cannot pass for one of ours.
  for (const line of more) terminal.note(`  ${line}`);
  for (const [name, value] of Object.entries(details)) {
    if (typeof value === "string") terminal.note(`  ${name}: ${cleanText(value)}`);
  }
  return EXIT.refused;
}

/** A whole number of an option, within bounds. */
export function numberOption(name: string, minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new UsageError(`${name} takes a whole number from ${minimum} to ${maximum}, not "${cleanText(text, 40)}"`);
  };
}
