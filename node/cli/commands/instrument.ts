/**
 * `cinnabar instrument`: the module as the VM would run it, for conformance suites and for a look at what is charged.
 */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { Rejected } from "../../../vm/errors.ts";
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
  const { admit } = await import("../../../vm/admission/admit.ts");
  const { instrument } = await import("../../../vm/instrument/instrument.ts");
  const { SCHEDULE_1 } = await import("../../../vm/gas/schedule.ts");
  const admission = admit(bytes, { profile: options.profile, limits: options.limits });
  if (!admission.accepted) {
    const reasons = admission.reasons.map(({ code, offset, detail }) => `0x${offset.toString(16)} ${code} ${detail}`);
    throw new Rejected("module.refused", `${file} is not admitted: ${reasons.join("; ")}`, { value: file });
  }
  return instrument(bytes, SCHEDULE_1, { profile: options.profile, limits: options.limits });
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
