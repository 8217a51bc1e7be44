/**
 * Lanes against the sequential executor, in wall-clock time: what is compared takes turns, and what others do on the machine
 * is in it.
 *
 *   sequential   `build` on one thread; with signatures: those of a block as one batch by the kernels, then its transactions
 *   lanes        the thread that owns the state, and so many threads beside it; with signatures: a device with as many
 *                workers as there are threads in all, which verifies the next blocks while one is executed
 *   import       `executeSteps` with the access record that the proposer's block came with
 *
 * Every run executes the same blocks over the same state, which is warm; nothing is rooted or committed. A row is of its
 * quiet blocks, in which no thread waited long for a processor; of all of them where too few were quiet.
 */
import { once } from "node:events";
import { availableParallelism, loadavg } from "node:os";
import { Worker } from "node:worker_threads";
import { verifyItems } from "../../../accel/verify-items.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { createWasmVerifier } from "../../../accel/wasm/verifier.ts";
import { type Measurement, measurementOf } from "../harness.ts";
import { type LanesOf, type Run, Runner, type Span } from "./runner.ts";
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
  /** Default: the wall's. */
  readonly clock?: "wall" | "owner";
  readonly better?: "higher" | "lower";
}

/** A row, and how many spans of its poorer side were quiet. */
export interface LaneRow extends Measurement {
  readonly quiet: number;
}

/** Threads of a quiet span waited for a processor no longer than this, together, as a share of it. */
const WAITED_SHARE_MAX = 0.1;
/** With fewer quiet spans than this a row is of all of them. */
const QUIET_MIN = 5;

const isQuiet = ({ waitedShare }: Span): boolean => waitedShare <= WAITED_SHARE_MAX;

/** Microseconds for each transaction, of quiet spans where there are enough of both. */
function microseconds({ ours, baseline, clock }: RowOf): { ours: number[]; baseline: number[]; quiet: number } {
  const spansOf = ({ runs }: Turn): readonly Span[] => runs.flatMap(({ spans }) => spans);
  const quiet = Math.min(spansOf(ours).filter(isQuiet).length, spansOf(baseline).filter(isQuiet).length);
  const figures = (each: Turn): number[] => {
    if (clock === "owner") return each.runs.map(({ ownerNs }) => ownerNs / 1e3);
    const spans = quiet < QUIET_MIN ? spansOf(each) : spansOf(each).filter(isQuiet);
    return spans.map(({ wallNs, count }) => wallNs / 1e3 / count);
  };
  return { ours: figures(ours), baseline: figures(baseline), quiet };
}

function row(of: RowOf): LaneRow {
  const { name, goal, better = "higher" } = of;
  const { quiet, ...figures } = microseconds(of);
  const shown = (us: number): number => (better === "higher" ? 1e6 / us : us);
  const measurement = measurementOf({
    suite: "lanes",
    name,
    unit: better === "higher" ? "transactions/s" : "us",
    goal,
    better,
    ours: figures.ours.map(shown),
    baseline: figures.baseline.map(shown),
  });
  return { ...measurement, quiet };
}

function nameOf({ threads, policy }: LanesOf): string {
  return `${threads} thread${threads === 1 ? "" : "s"} beside the owner, ${policy?.laneCount} lanes`;
}

async function measureKnown(workload: Workload, rounds: number): Promise<{ rows: LaneRow[]; lanes: Turn }> {
  const { name } = workload;
  const sequential = await Runner.open(workload);
  const withLanes = await Promise.all(CONFIGURATIONS.map((lanes) => Runner.open(workload, lanes)));
  const importer = await Runner.open(workload, CONFIGURATIONS[0]);
  const made = await sequential.make();
  const base = turn(() => sequential.build());
  const turns = withLanes.map((runner) => turn(() => runner.build()));
  const imports = turn(() => importer.import(made));
  await takeTurns([base, ...turns, imports], rounds);
  await Promise.all([...withLanes, importer].map((runner) => runner.close()));
  const rows = turns.map((ours, at) =>
    row({
      name: `${name}: ${nameOf(CONFIGURATIONS[at]!)} / sequential`,
      ours,
      baseline: base,
      goal: name === CONTENDED && at === 0 ? GOALS.contendedKnown : GOALS.never,
    }),
  );
  rows.push(
    row({ name: `${name}: import / its proposer`, ours: imports, baseline: base, goal: GOALS.imported }),
    row({ name: `${name}: import / a proposer with lanes`, ours: imports, baseline: turns[0]!, goal: null }),
  );
  if (name === EMPTY) rows.push(...overheadRows(turns[0]!, base));
  return { rows, lanes: turns[0]! };
}

function overheadRows(ours: Turn, baseline: Turn): LaneRow[] {
  const overhead = { ours, baseline, goal: GOALS.overhead, better: "lower" as const };
  const name = "overhead of lanes, empty contract, 1 thread";
  return [
    row({ ...overhead, name: `${name}: wall clock` }),
    row({ ...overhead, name: `${name}: processor time of the owner`, clock: "owner" }),
  ];
}

/** Signatures included, on as many cores as there are threads that execute. */
async function measureSigned(plan: WorkloadPlan, rounds: number): Promise<LaneRow[]> {
  const workload = plan.make(true);
  const { name } = workload;
  const sequential = await Runner.open(workload);
  const parallel = await Runner.open(workload, CONFIGURATIONS[0]);
  const verifier = createWasmVerifier();
  const device = createWasmDevice({ workers: CONFIGURATIONS[0]!.threads + 1 });
  const baseline = turn(() => sequential.buildInTurn((items) => verifier.verifyMany(items)));
  const ours = turn(() => parallel.buildAhead((items) => verifyItems(device, items)));
  await takeTurns([baseline, ours], rounds);
  await Promise.all([parallel.close(), device.close()]);
  const goal = name === UNCONTENDED ? GOALS.uncontended : name === CONTENDED ? GOALS.contended : GOALS.never;
  const title = `${name}, signatures included: 2 workers / 1`;
  return [row({ name: title, ours, baseline, goal })];
}

/** Rates of two workloads with lanes, one against the other. */
function countersRow(ours: Turn, baseline: Turn): LaneRow {
  return row({
    name: `${COUNTER_HOT} / ${COUNTER_MANY}: ${nameOf(CONFIGURATIONS[0]!)}`,
    ours,
    baseline,
    goal: GOALS.counters,
  });
}

function worstRow(rows: readonly LaneRow[]): LaneRow[] {
  const bound = rows.filter(({ name }) => name.endsWith("/ sequential"));
  const worst = bound.reduce<LaneRow | undefined>(
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
  const counted = `${cores} threads that only count: ${share.toFixed(2)} times the work of one`;
  return `${cores} cores, load ${load.join(" ")}; ${counted}`;
}

export interface PartReport {
  readonly rows: LaneRow[];
  /** The machine's load before and after. */
  readonly machine: readonly string[];
}

/** Measures all rows of the workloads. */
export async function measureParallel(
  plans: ReadonlyMap<string, WorkloadPlan>,
  { rounds, only, progress }: PartOptions,
): Promise<PartReport> {
  const machine = [await machineText()];
  const rows: LaneRow[] = [];
  const known = new Map<string, Turn>();
  for (const [name, plan] of plans) {
    if (only !== null && !name.includes(only)) continue;
    progress(name);
    const found = await measureKnown(plan.make(false), rounds);
    rows.push(...found.rows);
    known.set(name, found.lanes);
    if (plan.canBeSigned) rows.push(...(await measureSigned(plan, rounds)));
  }
  const [hot, many] = [known.get(COUNTER_HOT), known.get(COUNTER_MANY)];
  if (hot !== undefined && many !== undefined) rows.push(countersRow(hot, many));
  rows.push(...worstRow(rows));
  machine.push(await machineText());
  return { rows, machine };
}
