/**
 * The process that calibrates: `node run.js PART [SEED MINUTES]`, in the tier that its flags give it. Prints its findings as
 * JSON.
 */
import { machineName } from "../machine.ts";
import { searchBlocks } from "./block-search.ts";
import type { Finding, PartReport } from "./findings.ts";
import { hostFindings } from "./host-findings.ts";
import { MEMORY_PATTERNS } from "./memory-patterns.ts";
import { OPCODE_PATTERNS } from "./opcode-patterns.ts";
import { timeBody } from "./program.ts";

const REPETITIONS = 32;

function opcodeFindings(): Finding[] {
  return [...OPCODE_PATTERNS, ...MEMORY_PATTERNS].map(({ cost, name, text, repetitions = REPETITIONS, options }) => {
    const body = Array.from({ length: repetitions }, (_, index) => text(index)).join("\n");
    const { nanoseconds, gas } = timeBody(body, options);
    const units = { nanoseconds: nanoseconds / repetitions, gas: gas / repetitions };
    return { kind: "instruction", cost, pattern: name, ...units };
  });
}

function report([part, seed, minutes]: readonly string[]): PartReport {
  const machine = machineName();
  if (part === "opcodes") return { machine, findings: opcodeFindings(), blocks: [] };
  if (part === "host") return { machine, findings: hostFindings(), blocks: [] };
  return { machine, findings: [], blocks: searchBlocks(Number(seed), Number(minutes)) };
}

process.stdout.write(JSON.stringify(report(process.argv.slice(2))));
