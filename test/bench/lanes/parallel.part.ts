/**
 * Lanes against the sequential executor, in wall-clock time: what is compared takes turns, and what others do on the machine
 * is in it.
 *
 *   sequential   `build` on one thread; with signatures: those of a block as one batch by the kernels, then its transactions
 *   lanes        the thread that owns the state, and so many threads beside it; with signatures: a device with as many
 *                workers as there are threads in all, which verifies the next blocks while one is executed
 *   import       `executeSteps` with the access record that the proposer's block came with
 *
 * Every run executes the same blocks over the same state, which is warm; nothing is rooted or committed.
 */
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { Worker } from "node:worker_threads";
import { verifyItems } from "../../../accel/verify-items.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { createWasmVerifier } from "../../../accel/wasm/verifier.ts";
import { type Measurement, measurementOf } from "../harness.ts";
import { type LanesOf, type Run, Runner } from "./runner.ts";
import type { Workload, WorkloadPlan } from "./workloads.ts";

const GOALS = {
  never: 0.95,
  uncontended: 1.9,
  contended: 1.9,
  contendedKnown: 0.97,
  counters: 0.9,
  imported: 1.5,
  overhead: 1.03,
} as const;
const UNCONTENDED = "transfer, 10000 accounts";
const CONTENDED = "transfer, 2 accounts";
const EMPTY = "empty contract";
const COUNTER_HOT = "one treasury, counter";
const COUNTER_MANY = "10000 treasuries, counter";

/** Every count of threads with 96 lanes, every count of lanes with one thread. */
const CONFIGURATIONS: readonly LanesOf[] = [
  { threads: 1, policy: { laneCount: 96 } },
  { threads: 1, policy: { laneCount: 7 } },
  { threads: 1, policy: { laneCount: 1 } },
  { threads: 2, policy: { laneCount: 96 } },
  { threads: 4, policy: { laneCount: 96 } },
];

export interface PartOptions {
  readonly rounds: number;
  /** Part of the names of workloads; all of them where it is null. */
  readonly only: string | null;
  readonly progress: (text: string) => void;
}

/** One thing that takes its turn each round. */
interface Turn {
  readonly run: () => Promise<Run>;
  readonly runs: Run[];
}

function turn(run: () => Promise<Run>): Turn {
  return { run, runs: [] };
}

/** The first round warms up and is thrown away; so is a second one, because threads are sent contracts between blocks. */
async function takeTurns(turns: readonly Turn[], rounds: number): Promise<void> {
  for (let round = -1; round <= rounds; round += 1) {
    for (const { run, runs } of turns) {
      const found = await run();
      if (round > 0) runs.push(found);
    }
  }
}

interface RowOf {
  readonly name: string;
  readonly ours: Turn;
  readonly baseline: Turn;
  readonly goal: number | null;
  /** Transactions of a run. */
  readonly count: number;
  readonly clock?: "wallNs" | "ownerNs";
  readonly better?: "higher" | "lower";
}

function row({ name, ours, baseline, goal, count, clock = "wallNs", better = "higher" }: RowOf): Measurement {
  const figure = ({ [clock]: ns }: Run): number => (better === "higher" ? (count * 1e9) / ns : ns / 1e3 / count);
  return measurementOf({
    suite: "lanes",
    name,
    unit: better === "higher" ? "transactions/s" : "us",
    goal,
    better,
    ours: ours.runs.map(figure),
    baseline: baseline.runs.map(figure),
  });
}

function nameOf({ threads, policy }: LanesOf): string {
  return `${threads} thread${threads === 1 ? "" : "s"} beside the owner, ${policy?.laneCount} lanes`;
}

/** What stays for rows over several workloads. */
interface Known {
  readonly sequential: Turn;
  readonly lanes: Turn;
  readonly count: number;
}

async function measureKnown(workload: Workload, rounds: number): Promise<{ rows: Measurement[]; known: Known }> {
  const { name } = workload;
  const sequential = await Runner.open(workload);
  const withLanes = await Promise.all(CONFIGURATIONS.map((lanes) => Runner.open(workload, lanes)));
  const importer = await Runner.open(workload, CONFIGURATIONS[0]);
  const made = await sequential.make();
  const base = turn(() => sequential.build());
  const turns = withLanes.map((runner) => turn(() => runner.build()));
  const imports = turn(() => importer.import(made));
  await takeTurns([base, ...turns, imports], rounds);
  const count = sequential.transactionCount;
  await Promise.all([...withLanes, importer].map((runner) => runner.close()));
  const rows = turns.map((ours, at) =>
    row({
      name: `${name}: ${nameOf(CONFIGURATIONS[at]!)} / sequential`,
      ours,
      baseline: base,
      goal: name === CONTENDED && at === 0 ? GOALS.contendedKnown : GOALS.never,
      count,
    }),
  );
  rows.push(
    row({ name: `${name}: import / its proposer`, ours: imports, baseline: base, goal: GOALS.imported, count }),
    row({ name: `${name}: import / a proposer with lanes`, ours: imports, baseline: turns[0]!, goal: null, count }),
  );
  if (name === EMPTY) rows.push(...overheadRows(turns[0]!, base, count));
  return { rows, known: { sequential: base, lanes: turns[0]!, count } };
}

function overheadRows(ours: Turn, baseline: Turn, count: number): Measurement[] {
  const overhead = { ours, baseline, count, goal: GOALS.overhead, better: "lower" as const };
  const name = "overhead of lanes, empty contract, 1 thread";
  return [
    row({ ...overhead, name: `${name}: wall clock` }),
    row({ ...overhead, name: `${name}: processor time of the owner`, clock: "ownerNs" }),
  ];
}

/** Signatures included, on as many cores as there are threads that execute. */
async function measureSigned(plan: WorkloadPlan, rounds: number): Promise<Measurement[]> {
  const workload = plan.make(true);
  const { name } = workload;
  const sequential = await Runner.open(workload);
  const parallel = await Runner.open(workload, CONFIGURATIONS[0]);
  const verifier = createWasmVerifier();
  const device = createWasmDevice({ workers: CONFIGURATIONS[0]!.threads + 1 });
  const baseline = turn(() => sequential.buildInTurn((items) => verifier.verifyMany(items)));
  const ours = turn(() => parallel.build((items) => verifyItems(device, items)));
  await takeTurns([baseline, ours], rounds);
  await Promise.all([parallel.close(), device.close()]);
  const goal = name === UNCONTENDED ? GOALS.uncontended : name === CONTENDED ? GOALS.contended : GOALS.never;
  const title = `${name}, signatures included: 2 workers / 1`;
  return [row({ name: title, ours, baseline, goal, count: sequential.transactionCount })];
}

/** Rates of two workloads with lanes, one against the other. */
function countersRow(hot: Known, many: Known): Measurement {
  return row({
    name: `${COUNTER_HOT} / ${COUNTER_MANY}: ${nameOf(CONFIGURATIONS[0]!)}`,
    ours: hot.lanes,
    baseline: many.lanes,
    goal: GOALS.counters,
    count: hot.count,
  });
}

function worstRow(rows: readonly Measurement[]): Measurement[] {
  const bound = rows.filter(({ name }) => name.endsWith("/ sequential"));
  const worst = bound.reduce<Measurement | undefined>(
    (least, each) => (least === undefined || each.ratio! < least.ratio! ? each : least),
    undefined,
  );
  return worst === undefined
    ? []
    : [
        {
          ...worst,
          name: `worst of ${bound.length}: ${worst.name}`,
          goal: GOALS.never,
          met: worst.ratio! >= GOALS.never,
        },
      ];
}

/** Counts per second of so many threads that share nothing. */
async function countRate(threads: number): Promise<number> {
  const counter = new URL("../accel/count.js", import.meta.url);
  const workers = Array.from({ length: threads }, () => new Worker(counter));
  const rates = await Promise.all(workers.map((worker) => once(worker, "message") as Promise<[number]>));
  return rates.reduce((sum, [rate]) => sum + rate, 0);
}

/** What others left of the machine: without it no figure in wall-clock time says anything. */
async function machineText(): Promise<string> {
  const cores = availableParallelism();
  const share = (await countRate(cores)) / (await countRate(1));
  const load = loadavg().map((value) => value.toFixed(1));
  return `${cores} cores, load ${load.join(" ")}; ${cores} threads that only count: ${share.toFixed(2)} times the work of one`;
}

export interface PartReport {
  readonly rows: Measurement[];
  /** The machine's load before and after. */
  readonly machine: readonly string[];
}

/** Measures all rows of the workloads. */
export async function measureParallel(
  plans: ReadonlyMap<string, WorkloadPlan>,
  { rounds, only, progress }: PartOptions,
): Promise<PartReport> {
  const machine = [await machineText()];
  const rows: Measurement[] = [];
  const known = new Map<string, Known>();
  for (const [name, plan] of plans) {
    if (only !== null && !name.includes(only)) continue;
    progress(name);
    const found = await measureKnown(plan.make(false), rounds);
    rows.push(...found.rows);
    known.set(name, found.known);
    if (plan.canBeSigned) rows.push(...(await measureSigned(plan, rounds)));
  }
  const [hot, many] = [known.get(COUNTER_HOT), known.get(COUNTER_MANY)];
  if (hot !== undefined && many !== undefined) rows.push(countersRow(hot, many));
  rows.push(...worstRow(rows));
  machine.push(await machineText());
  return { rows, machine };
}
