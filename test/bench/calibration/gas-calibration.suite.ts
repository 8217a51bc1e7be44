/**
 * Whether the prices hold: processor time a gas, for each opcode class, host function, frame and deployment, in the first
 * tier and in the optimising one, on every version of Node.js; and the dearest block of instructions that a search finds.
 *
 * The engine is told to use one tier from the start (`--liftoff-only`, `--no-liftoff`), each in a process of its own.
 * The baseline is the target: what a gas may take. A ratio above 1 is work under its price.
 */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../../vm/errors.ts";
import { type Measurement, measurementOf, type Report, type RunOptions, type Suite } from "../harness.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";
import { columns, format } from "../table.ts";
import { type Finding, type FoundBlock, marginOf, NANOSECONDS_PER_GAS, type PartReport, perGas } from "./findings.ts";

const SUITE = "gas-calibration";
const PARTS = ["opcodes", "host", "search"] as const;
const TIERS = { "first tier": "--liftoff-only", optimising: "--no-liftoff" } as const;
type Tier = keyof typeof TIERS;

interface Placed<T> {
  readonly where: string;
  readonly tier: Tier;
  readonly machine: string;
  readonly found: T;
}

function runPart({ path }: NodeBinary, tier: Tier, args: readonly string[]): Promise<PartReport> {
  const script = fileURLToPath(new URL("run.js", import.meta.url));
  const child = spawn(path, [TIERS[tier], script, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  const errors: string[] = [];
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => errors.push(text));
  return new Promise((resolve, reject) => {
    child.on("close", (status) => {
      if (status === 0) resolve(JSON.parse(output.join("")) as PartReport);
      else reject(new NodeError("bench.run", `the calibrating process failed: ${errors.join("").slice(-2000)}`));
    });
  });
}

/** The largest finding for each price, over all versions and tiers. */
function worstByCost(placed: readonly Placed<Finding>[]): Placed<Finding>[] {
  const worst = new Map<string, Placed<Finding>>();
  for (const each of placed) {
    const known = worst.get(each.found.cost);
    if (known === undefined || perGas(each.found) > perGas(known.found)) worst.set(each.found.cost, each);
  }
  return [...worst.values()].sort((a, b) => marginOf(a.found) - marginOf(b.found));
}

function findingRow({ where, tier, found }: Placed<Finding>): string[] {
  const figures = [format(found.nanoseconds), format(found.gas, 1), format(perGas(found), 3)];
  return [found.cost, found.pattern, `${where}, ${tier}`, ...figures, `${format(marginOf(found))}x`];
}

function findingsText(placed: readonly Placed<Finding>[]): string {
  const head = ["price", "worst use", "where", "ns/unit", "gas/unit", "ns/gas", "margin"];
  const under = placed.filter(({ found }) => marginOf(found) < 1).sort((a, b) => marginOf(a.found) - marginOf(b.found));
  const parts = [columns([head, ...worstByCost(placed).map(findingRow)])];
  if (under.length > 0) parts.push(`\nUnder their price:\n${columns([head, ...under.map(findingRow)])}`);
  return parts.join("\n");
}

function blockText({ where, tier, found }: Placed<FoundBlock>): string {
  const { nanoseconds, gas, seed, tried } = found;
  const figures = `${format(nanoseconds)} ns, ${format(gas, 1)} gas, seed ${seed}, ${tried} tried`;
  const rate = `${format(perGas(found), 3)} ns/gas`;
  const head = `Dearest block ${found.title}, ${where}, ${tier}: ${rate} (${figures})`;
  return `\n${head}\n${found.text.map((line) => `  ${line}`).join("\n")}`;
}

function measurements(placed: readonly Placed<Finding>[], blocks: readonly Placed<FoundBlock>[]): Measurement[] {
  const line = (name: string, machine: string, rate: number, target: number): Measurement =>
    measurementOf({
      suite: SUITE,
      name,
      unit: "ns/gas",
      goal: 1,
      better: "lower",
      ours: [rate],
      baseline: [target],
      machine,
    });
  return [
    ...placed.map(({ where, tier, machine, found }) =>
      line(
        `${where}, ${tier}: ${found.cost}, ${found.pattern}`,
        machine,
        perGas(found),
        NANOSECONDS_PER_GAS[found.kind],
      ),
    ),
    ...blocks.map(({ where, tier, machine, found }) =>
      line(
        `${where}, ${tier}: dearest block ${found.title}, seed ${found.seed}`,
        machine,
        perGas(found),
        NANOSECONDS_PER_GAS.instruction,
      ),
    ),
  ];
}

async function measure(options: RunOptions): Promise<Report> {
  const findings: Placed<Finding>[] = [];
  const blocks: Placed<FoundBlock>[] = [];
  const binaries = nodeBinaries(options.node);
  const parts = PARTS.filter((part) => options.only === null || part.includes(options.only));
  for (const binary of binaries) {
    for (const tier of Object.keys(TIERS) as Tier[]) {
      for (const part of parts) {
        const where = `Node ${binary.major}`;
        options.progress(`${SUITE}: ${part}, ${where}, ${tier}`);
        const minutes = options.minutes / binaries.length / Object.keys(TIERS).length;
        const report = await runPart(binary, tier, [part, String(options.seed), String(minutes)]);
        const at = { where, tier, machine: report.machine };
        findings.push(...report.findings.map((found) => ({ ...at, found })));
        blocks.push(...report.blocks.map((found) => ({ ...at, found })));
      }
    }
  }
  return {
    measurements: measurements(findings, blocks),
    data: [...findings, ...blocks].map(({ where, tier, machine, found }) => ({
      suite: SUITE,
      node: where,
      tier,
      machine,
      ...found,
    })),
    text: [...(findings.length > 0 ? [findingsText(findings)] : []), ...blocks.map(blockText)].join("\n"),
  };
}

export const gasCalibration: Suite = { name: SUITE, measure };
