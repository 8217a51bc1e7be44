/** Measures the plan in this process and prints the measurements as JSON: arguments, the rounds and part of a workload's name. */
import type { Measurement } from "../harness.ts";
import { measurePlan } from "./plan.part.ts";
import { workloadPlans } from "./workloads.ts";

const [rounds, only = ""] = process.argv.slice(2);
const measurements: Measurement[] = [];
for (const [name, { make }] of await workloadPlans()) {
  if (name.includes(only)) measurements.push(...(await measurePlan(make(false), Number(rounds))));
}
process.stdout.write(JSON.stringify(measurements));
