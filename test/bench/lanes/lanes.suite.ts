/** Execution of transactions: how long each takes, part by part, on every version of Node.js that users run. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../../vm/errors.ts";
import type { Measurement, Report, RunOptions, Suite } from "../harness.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";
import { measurementTable } from "../table.ts";

const ROUNDS = 15;

function measureOn({ path, major }: NodeBinary, rounds: number): readonly Measurement[] {
  const script = fileURLToPath(new URL("run.js", import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [script, String(rounds)], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new NodeError("bench.lanes", `Node ${major}: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as readonly Measurement[];
}

async function measure({ node, rounds, only, progress }: RunOptions): Promise<Report> {
  const measurements: Measurement[] = [];
  const texts: string[] = [];
  for (const binary of nodeBinaries(node)) {
    progress(`lanes: Node ${binary.major}`);
    const shown = measureOn(binary, rounds ?? ROUNDS).filter(({ name }) => only === null || name.includes(only));
    measurements.push(...shown);
    texts.push(`Node ${binary.major}\n${measurementTable(shown)}`);
  }
  return { measurements, text: texts.join("\n\n") };
}

export const lanes: Suite = { name: "lanes", measure };
