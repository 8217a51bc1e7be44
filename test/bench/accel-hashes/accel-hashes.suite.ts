/**
 * The hash kernels against OpenSSL and the WebAssembly libraries that people use in their place, on every version of
 * Node.js that users run: messages per second of one core's processor time, in turns within one process for each version.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { NodeError } from "../../../vm/errors.ts";
import type { Measurement, Report, RunOptions, Suite } from "../harness.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";
import { measurementTable } from "../table.ts";
import { fetchPeers } from "./peers.ts";

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
  if (status !== 0) throw new NodeError("bench.accelHashes", `Node ${major}: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as RunReport;
}

async function measure({ node, rounds, only, progress }: RunOptions): Promise<Report> {
  if (!fetchPeers()) throw new NodeError("bench.accelHashes", "there is nothing to compare with: no hash libraries");
  const measurements: Measurement[] = [];
  const texts: string[] = [];
  for (const binary of nodeBinaries(node)) {
    progress(`accel-hashes: Node ${binary.major}`);
    const report = measureOn(binary, rounds ?? ROUNDS);
    const shown = report.measurements.filter(({ name }) => only === null || name.includes(only));
    measurements.push(...shown);
    texts.push(`Node ${binary.major}\n${measurementTable(shown)}\n${report.notes.join("\n")}`);
  }
  return { measurements, text: texts.join("\n\n") };
}

export const accelHashes: Suite = { name: "accel-hashes", measure };
