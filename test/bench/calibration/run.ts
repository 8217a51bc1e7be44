/**
 * The process that calibrates: `node run.js PART [SEED MINUTES]`, in the tier that its flags give it. Prints its findings as
 * JSON.
 */
import { machineName } from "../machine.ts";
import { searchBlocks } from "./block-search.ts";
import type { Finding, PartReport } from "./findings.ts";
import { hostFindings } from "./host-findings.ts";
import { OPCODE_PATTERNS } from "./opcode-patterns.ts";
import { timeBody } from "./program.ts";

const REPETITIONS = 32;

function opcodeFindings(): Finding[] {
  return OPCODE_PATTERNS.map(({ cost, name, text, repetitions = REPETITIONS, options }) => {
    const body = Array.from({ length: repetitions }, (_, index) => text(index)).join("\n");
    const { nanoseconds, gas } = timeBody(body, options);
    const units = { nanoseconds: nanoseconds / repetitions, gas: gas / repetitions };
    return { kind: "instruction", cost, pattern: name, ...units };
  });
}

async function main([part, seed, minutes]: readonly string[]): Promise<void> {
  const machine = machineName();
  const report: PartReport = { machine, findings: [], block: null };
  if (part === "opcodes") Object.assign(report, { findings: opcodeFindings() });
  if (part === "host") Object.assign(report, { findings: await hostFindings() });
  if (part === "search") Object.assign(report, { block: searchBlocks(Number(seed), Number(minutes)) });
  process.stdout.write(JSON.stringify(report));
}

await main(process.argv.slice(2));
