/**
 * Execution of transactions on every version of Node.js that users run: how long each takes in turn, part by part, and what
 * the lanes gain.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../../vm/errors.ts";
import type { Measurement, Report, RunOptions, Suite } from "../harness.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";
import { columns, format, goalText, measurementTable } from "../table.ts";
import type { LaneRow, PartReport } from "./parallel.part.ts";

const ROUNDS = 15;
/** Short ones, so that some find the machine quiet. */
const PARALLEL_ROUNDS = 41;

/** Medians of each transaction's time are taken over them. */
const PLAN_ROUNDS = 15;

/** What the script prints, as JSON. */
function resultOf<T>({ path, major }: NodeBinary, script: string, args: readonly string[]): T {
  const file = fileURLToPath(new URL(script, import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [file, ...args], { encoding: "utf8", maxBuffer: 2 ** 26 });
  if (status !== 0) throw new NodeError("bench.lanes", `Node ${major}: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as T;
}

async function measure({ node, rounds, only, progress }: RunOptions): Promise<Report> {
  const measurements: Measurement[] = [];
  const texts: string[] = [];
  for (const binary of nodeBinaries(node)) {
    progress(`lanes: Node ${binary.major}, in turn`);
    const inTurn = resultOf<readonly Measurement[]>(binary, "run.js", [String(rounds ?? ROUNDS)]);
    const shown = inTurn.filter(({ name }) => only === null || name.includes(only));
    if (shown.length > 0) texts.push(`Node ${binary.major}\n${measurementTable(shown)}`);
    progress(`lanes: Node ${binary.major}, on lanes`);
    const args = [String(rounds ?? PARALLEL_ROUNDS), only ?? ""];
    const { rows, machine } = resultOf<PartReport>(binary, "run-parallel.js", args);
    if (rows.length > 0) texts.push(`Node ${binary.major}\n${rowsTable(rows, machine)}`);
    progress(`lanes: Node ${binary.major}, predictions`);
    const planArgs = [String(rounds ?? PLAN_ROUNDS), only ?? ""];
    const planned = resultOf<readonly Measurement[]>(binary, "run-plan.js", planArgs);
    if (planned.length > 0) texts.push(`Node ${binary.major}\n${measurementTable(planned)}`);
    measurements.push(...shown, ...rows, ...planned);
  }
  return { measurements, text: texts.join("\n\n") };
}

/** @param machine what others left of it */
function rowsTable(rows: readonly LaneRow[], machine: readonly string[]): string {
  const cells = rows.map((line) => [
    line.name,
    format(line.ours),
    line.unit,
    format(line.baseline),
    format(line.ratio),
    goalText(line),
    `${(line.spread * 100).toFixed(0)} %`,
    String(line.quiet),
  ]);
  const table = columns([["measurement", "ours", "unit", "baseline", "ratio", "goal", "spread", "quiet"], ...cells]);
  return [table, "", "medians of the quiet blocks; of all of them where fewer than 5 were quiet", ...machine].join(
    "\n",
  );
}

export const lanes: Suite = { name: "lanes", measure };
