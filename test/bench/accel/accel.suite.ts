/**
 * The kernels of the accelerator against the libraries they stand in for, on every version of Node.js that users run:
 * items per second of one core's processor time, in turns within one process (run.ts) for each version.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../../vm/errors.ts";
import type { Measurement, Report, RunOptions, Suite } from "../harness.ts";
import { fetchPackages, type NodeBinary, nodeBinaries } from "../nodes.ts";
import { measurementTable } from "../table.ts";
import { SODIUM } from "./ed25519.part.ts";

const ROUNDS = 9;

interface RunReport {
  readonly measurements: readonly Measurement[];
  readonly notes: readonly string[];
}

function measureOn({ path, major }: NodeBinary, rounds: number): RunReport {
  const script = fileURLToPath(new URL("run.js", import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [script, String(rounds)], {
    encoding: "utf8",
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new NodeError("bench.accel", `Node ${major}: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as RunReport;
}

async function measure({ node, rounds, only, progress }: RunOptions): Promise<Report> {
  fetchPackages(SODIUM.name, SODIUM.packages, "node_modules/sodium-native/package.json");
  const measurements: Measurement[] = [];
  const texts: string[] = [];
  for (const binary of nodeBinaries(node)) {
    progress(`accel: Node ${binary.major}`);
    const report = measureOn(binary, rounds ?? ROUNDS);
    const shown = report.measurements.filter(({ name }) => only === null || name.includes(only));
    measurements.push(...shown);
    texts.push(`Node ${binary.major}\n${measurementTable(shown)}\n${report.notes.join("\n")}`);
  }
  return { measurements, text: texts.join("\n\n") };
}

export const accel: Suite = { name: "accel", measure };
