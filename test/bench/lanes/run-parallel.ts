/** Measures the lanes in this process and prints the report as JSON: arguments, the rounds and part of a workload's name. */
import { measureParallel } from "./parallel.part.ts";
import { workloadPlans } from "./workloads.ts";

const [rounds, only] = process.argv.slice(2);
const progress = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
};
const report = await measureParallel(await workloadPlans(), { rounds: Number(rounds), only: only || null, progress });
process.stdout.write(JSON.stringify(report));
