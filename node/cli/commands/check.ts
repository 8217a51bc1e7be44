/**
 * `cinnabar check`: would the chain take this module, and if not, for which reasons, all of them, and from which lines
 * of the source they come where a source map says so.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Command } from "commander";
import { admit, type Reason } from "../../../vm/admission/admit.ts";
import { Rejected } from "../../../vm/errors.ts";
import { SCHEDULE_1 } from "../../../vm/gas/schedule.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { unreadableFile } from "../json-arguments.ts";
import { readSourcePositions } from "../source-map-file.ts";
import { type Column, cleanText, formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

export interface CheckedReason {
  readonly code: string;
  readonly offset: number;
  readonly detail: string;
  /** What was found and the most that is allowed, where a bound was broken. */
  readonly value?: number;
  readonly limit?: number;
  /** The place in the source, line and column from 1, where a source map knows it. */
  readonly source?: string;
  readonly line?: number;
  readonly column?: number;
}

export interface CheckedModule {
  readonly file: string;
  readonly accepted: boolean;
  /** SHA-256 of the module's bytes, as the chain names its code; empty for a file that cannot be read. */
  readonly codeHash: string;
  readonly reasons: readonly CheckedReason[];
}

/** Reads a file that the command line names. @errors cli.unreadable */
export async function readNamedFile(path: string): Promise<Uint8Array> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw unreadableFile(path, error);
  });
}

/** One verdict for each file named: one that cannot be read is refused, and those behind it are still checked. */
async function checkFile(file: string): Promise<CheckedModule> {
  try {
    return await checkModule(file, await readNamedFile(file));
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { file, accepted: false, codeHash: "", reasons: [{ code: error.code, offset: 0, detail: error.message }] };
  }
}

async function checkModule(file: string, bytes: Uint8Array): Promise<CheckedModule> {
  const found = await reasonsOf(bytes);
  const accepted = found.length === 0;
  const positions = accepted ? undefined : await readSourcePositions(file, bytes);
  const reasons = found.map((reason) => ({ ...reason, ...positions?.at(reason.offset) }));
  const codeHash = createHash("sha256").update(bytes).digest("hex");
  return { file, accepted, codeHash, reasons };
}

/** The instrumenter is loaded only for a module that comes so far. */
async function reasonsOf(bytes: Uint8Array): Promise<readonly Reason[]> {
  const admission = admit(bytes);
  if (!admission.accepted) return admission.reasons;
  const { meterModule } = await import("../../../vm/execute/prepare.ts");
  const metered = meterModule(bytes, SCHEDULE_1);
  return metered.ok ? [] : metered.reasons;
}

function rowOf(reason: CheckedReason, isMapped: boolean): string[] {
  const { code, offset, detail, source, line, column } = reason;
  const place = source === undefined ? "" : cleanText(`${source}:${line}:${column}`);
  return [`0x${offset.toString(16)}`, ...(isMapped ? [place] : []), code, cleanText(detail)];
}

function printModule(terminal: Terminal, module: CheckedModule): void {
  const { green, red } = terminal.colours;
  terminal.value(module);
  const verdict = module.accepted ? green("accepted") : red("refused");
  const hash = module.codeHash === "" ? "" : `  code hash ${module.codeHash}`;
  terminal.line(`${verdict}  ${module.file}${hash}`);
  if (module.reasons.length === 0) return;
  const isMapped = module.reasons.some(({ source }) => source !== undefined);
  const columns: Column[] = [{ title: "  offset", align: "right" }, { title: "reason" }, { title: "detail" }];
  if (isMapped) columns.splice(1, 0, { title: "source" });
  const rows = module.reasons.map((reason) => rowOf(reason, isMapped));
  for (const line of formatTable(columns, rows)) terminal.line(line);
}

async function check(terminal: Terminal, files: readonly string[]): Promise<ExitCode> {
  let isAccepted = true;
  for (const file of files) {
    const module = await checkFile(file);
    printModule(terminal, module);
    isAccepted &&= module.accepted;
  }
  return isAccepted ? EXIT.ok : EXIT.refused;
}

export function registerCheck(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "check <file...>",
    summary: "say whether the chain would take a WebAssembly module, and every reason if not",
    description:
      "Where FILE.map lies beside a module, or its section sourceMappingURL names a file in the module's folder,\n" +
      "the reasons show the line of the source.",
    examples: ["cinnabar check build/invoice.wasm", "cinnabar check *.wasm --json"],
    refusedWhen: "a module is refused",
  });
  runs(command, line, check);
}
