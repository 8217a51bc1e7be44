/**
 * `cinnabar instrument`: the module as the VM would run it, for conformance suites and for a look at what is charged.
 */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { type AdmissionOptions, admit, type Reason } from "../../../vm/admission/admit.ts";
import { Rejected } from "../../../vm/errors.ts";
import { SCHEDULE_1 } from "../../../vm/gas/schedule.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { formatCount } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { readNamedFile } from "./check.ts";

interface InstrumentOptions {
  readonly output: string;
  readonly profile: boolean;
  readonly limits: boolean;
}

/** @errors module.refused with every reason */
async function instrumentFile(file: string, options: InstrumentOptions): Promise<Uint8Array> {
  const bytes = new Uint8Array(await readNamedFile(file));
  const lifted = { profile: options.profile, limits: options.limits };
  if (!options.profile || !options.limits) return instrumentLifted(file, bytes, lifted);
  const { meterModule } = await import("../../../vm/execute/prepare.ts");
  const metered = meterModule(bytes, SCHEDULE_1);
  if (!metered.ok) throw refusal(file, metered.reasons);
  return metered.instrumented;
}

/** What no chain takes is not admitted a second time. */
async function instrumentLifted(file: string, bytes: Uint8Array, lifted: AdmissionOptions): Promise<Uint8Array> {
  const { instrument } = await import("../../../vm/instrument/instrument.ts");
  const admission = admit(bytes, lifted);
  if (!admission.accepted) throw refusal(file, admission.reasons);
  return instrument(bytes, SCHEDULE_1, lifted);
}

function refusal(file: string, reasons: readonly Reason[]): Rejected {
  const listed = reasons.map(({ code, offset, detail }) => `0x${offset.toString(16)} ${code} ${detail}`);
  return new Rejected("module.refused", `${file} is not admitted: ${listed.join("; ")}`, { value: file });
}

async function run(terminal: Terminal, [file = ""]: readonly string[], options: InstrumentOptions): Promise<ExitCode> {
  const instrumented = await instrumentFile(file, options);
  await writeFile(options.output, instrumented);
  terminal.value({ file, output: options.output, bytes: instrumented.length });
  terminal.line(`${options.output}: ${formatCount(instrumented.length)} bytes`);
  return EXIT.ok;
}

export function registerInstrument(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "instrument <file>",
    summary: "write the module that the VM would run: with gas, stack and memory charged",
    description: "docs/gas.md says how its counter is set and read from outside.",
    examples: ["cinnabar instrument build/invoice.wasm -o metered.wasm"],
    refusedWhen: "the module is refused",
  })
    .requiredOption("-o, --output <file>", "where the module is written")
    .option("--no-profile", "lift the profile: take floats and other features that a chain refuses")
    .option("--no-limits", "lift the static limits and budgets; charging stays");
  runs<InstrumentOptions>(command, line, run);
}
