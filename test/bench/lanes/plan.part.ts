/**
 * The plan on 96 cores, from recorded blocks: its makespan against the bound max(work / 96, critical path). And how far a
 * prediction is off where it can be checked, on one core and on two.
 *
 *   by gas, by time   runtime/lanes/prediction.ts over all blocks of a workload, one behind the other; times are the medians
 *                     of each transaction's turn, executed one after the other on one thread
 *   one core          predicted: the sum of the times; measured: the same blocks built in turn, processor time
 *   two cores         predicted: the plan where an attempt sees what has been applied, with the measured time of a turn whose
 *                     attempt is taken as a validation; measured: the owner and one thread, wall clock, of blocks in which
 *                     no thread waited long for a processor where there were some
 *
 * What a block has once (its net writes, its access record) is in what is measured and in no prediction: the error of one
 * core shows it.
 */
import { DependencyGraph, joinedRecords } from "../../../runtime/lanes/dependency-graph.ts";
import { LANE_COUNT, Placement } from "../../../runtime/lanes/placement.ts";
import { Plan, type PlanOptions } from "../../../runtime/lanes/prediction.ts";
import { type Measurement, measurementOf, median } from "../harness.ts";
import { type LanesOf, Runner, type Span, type Turns } from "./runner.ts";
import type { Workload } from "./workloads.ts";

const GOAL = 1.05;
const GOAL_IS_FOR = /Zipf/;
const TWO_CORES: LanesOf = { threads: 1, policy: { laneCount: LANE_COUNT } };

/** As in parallel.part.ts. */
const WAITED_SHARE_MAX = 0.1;
const QUIET_MIN = 5;

const nanoseconds = (): number => Number(process.hrtime.bigint());

/** Everything that is measured, one figure or list a round. */
interface Rounds {
  readonly oneCoreUs: number[];
  readonly twoCores: Span[];
  readonly turns: Turns[];
  readonly turnsWithLanes: Turns[];
}

async function measureRounds(workload: Workload, rounds: number): Promise<Rounds> {
  const sequential = await Runner.open(workload);
  const timed = await Runner.open(workload, undefined, nanoseconds);
  const parallel = await Runner.open(workload, TWO_CORES);
  const timedParallel = await Runner.open(workload, TWO_CORES, nanoseconds);
  const found: Rounds = { oneCoreUs: [], twoCores: [], turns: [], turnsWithLanes: [] };
  // Two rounds warm up, as with the rows of parallel.part.ts.
  for (let round = -1; round <= rounds; round += 1) {
    const runs = [await sequential.build(), await parallel.build()] as const;
    const turns = [await timed.turns(), await timedParallel.turns()] as const;
    if (round <= 0) continue;
    found.oneCoreUs.push((runs[0].ownerNs / 1e3) * sequential.transactionCount);
    found.twoCores.push(...runs[1].spans);
    found.turns.push(turns[0]);
    found.turnsWithLanes.push(turns[1]);
  }
  await Promise.all([sequential, timed, parallel, timedParallel].map((runner) => runner.close()));
  return found;
}

/** Microseconds of each transaction's turn. */
function timesOf(turns: readonly Turns[]): number[] {
  return turns[0]!.durations.map((_, at) => median(turns.map(({ durations }) => durations[at]! / 1e3)));
}

/** Microseconds of a turn whose attempt is taken; 0 where none was. Of the quickest: the others waited for the thread. */
function validationOf(turns: readonly Turns[]): number {
  const taken = turns.flatMap(({ durations, isTaken }) => durations.filter((_, at) => isTaken[at]));
  taken.sort((left, right) => left - right);
  return (taken[Math.floor(taken.length / 10)] ?? 0) / 1e3;
}

/** Microseconds of all blocks, one figure for each block that was measured. */
function wallUsOf(spans: readonly Span[], blockCount: number): number[] {
  const quiet = spans.filter(({ waitedShare }) => waitedShare <= WAITED_SHARE_MAX);
  return (quiet.length < QUIET_MIN ? spans : quiet).map(({ wallNs }) => (wallNs / 1e3) * blockCount);
}

/** Measures the rows of one workload. */
export async function measurePlan(workload: Workload, rounds: number): Promise<Measurement[]> {
  const { name, contract, blocks } = workload;
  const recorder = await Runner.open(workload);
  const made = await recorder.make();
  await recorder.close();
  const { oneCoreUs, twoCores: spans, turns, turnsWithLanes } = await measureRounds(workload, rounds);
  const graph = DependencyGraph.of(joinedRecords(made.map(({ accesses }) => accesses)));
  if (graph === undefined) return [];
  const placement = new Placement(() => contract.abi);
  const lanes = blocks.flatMap((transactions) => transactions.map((transaction) => placement.laneOf(transaction)));
  const gas = made.flatMap(({ receipts }) => receipts.map(({ gasUsed }) => gasUsed / 1e6));
  const planOf = (costs: readonly number[], options?: PlanOptions): Plan => new Plan(graph, { costs, lanes }, options);
  const times = timesOf(turns);
  const validation = validationOf(turnsWithLanes);
  const row = (text: string, unit: string, ours: number, baseline: readonly number[], goal: number | null = null) =>
    measurementOf({ suite: "lanes", name: `${name}: ${text}`, unit, goal, better: "lower", ours: [ours], baseline });
  const onAll = (text: string, unit: string, plan: Plan, goal: number | null): Measurement => {
    const { makespan, bound } = plan.predict(LANE_COUNT);
    return row(`plan on ${LANE_COUNT} cores / bound, ${text}`, unit, makespan, [bound], goal);
  };
  const goal = GOAL_IS_FOR.test(name) ? GOAL : null;
  const wallUs = wallUsOf(spans, blocks.length);
  const twoCores = planOf(times, { visible: "applied", validation }).predict(2).makespan;
  return [
    onAll("by gas", "million gas", planOf(gas), goal),
    onAll("by time", "us", planOf(times), goal),
    onAll("by time, seen only when applied", "us", planOf(times, { visible: "applied" }), null),
    row("one core, predicted / measured", "us", planOf(times).predict(1).makespan, oneCoreUs),
    // Where no attempt was taken, one core did it all and there is nothing to compare.
    ...(validation === 0
      ? []
      : [row(`two cores, ${validation.toFixed(2)} us a validation, predicted / measured`, "us", twoCores, wallUs)]),
  ];
}
