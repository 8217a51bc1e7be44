/**
 * Measures ratios one can trust on a noisy machine.
 *
 * What is compared takes turns, round by round (A B A B ...), so that a slow minute of the machine hits all of it; the
 * figure of a case is the median of its rounds. The first round warms up and is thrown away. Each suite runs in a process of
 * its own (node/setup/bench.mjs). Most suites are lists of cases and leave the turns to `suiteOfCases`; micro cases are
 * timed by benchmark.js, which calibrates its loop counts; cases with a start and an end of their own (blocks, commits)
 * return their rate themselves. A suite that measures in other processes (other versions of Node.js) brings its own
 * figures. Nothing here asserts: a missed goal is printed.
 */
import Benchmark from "benchmark";
import { cpuNanoseconds, machineName } from "./machine.ts";

/** Of a rate the higher is better, of a time the lower; a goal is a bound of the ratio on that side. */
export type Better = "higher" | "lower";

export interface Case {
  readonly name: string;
  /** Of both figures; a rate (`.../s`): higher is better. */
  readonly unit: string;
  /** One round: resolves to the rate. */
  readonly ours: () => Promise<number>;
  readonly baseline?: (() => Promise<number>) | undefined;
  /** Wanted ratio ours / baseline, null where none is set. */
  readonly goal: number | null;
}

export interface Measurement {
  readonly suite: string;
  readonly name: string;
  readonly ours: number;
  readonly baseline: number | null;
  readonly ratio: number | null;
  /** A bound of the ratio; of the figure itself where nothing is compared. */
  readonly goal: number | null;
  readonly met: boolean | null;
  readonly better: Better;
  readonly unit: string;
  readonly rounds: number;
  /** Median absolute deviation of ours, as a share of the median. */
  readonly spread: number;
  readonly machine: string;
}

export interface RunOptions {
  /** Measured rounds after the warm-up; null: what the suite thinks right. */
  readonly rounds: number | null;
  /** Parts of names of what to measure; null: everything. */
  readonly only: string | null;
  /** A major version of Node.js, or `all`. */
  readonly node: string;
  readonly seed: number;
  readonly minutes: number;
  readonly progress: (text: string) => void;
}

export interface Report {
  readonly measurements: readonly Measurement[];
  /** Printed in place of the general table. */
  readonly text?: string;
}

export interface Suite {
  readonly name: string;
  readonly measure: (options: RunOptions) => Promise<Report>;
}

/** Builds the cases; what it opens is closed by the returned function. */
type OpenCases = () => Promise<{ cases: readonly Case[]; close: () => Promise<void> }>;

const ROUNDS = 5;
/** Seconds benchmark.js may spend on one case in one round. */
const MICRO_SECONDS = 0.4;

/** Resolves to calls per second of a synchronous function. */
export function microRate(work: () => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const bench = new Benchmark(work, { maxTime: MICRO_SECONDS, minSamples: 3, async: false });
    bench.on("complete", () => {
      if (bench.error === undefined) resolve(bench.hz);
      else reject(bench.error);
    });
    bench.run();
  });
}

/** Resolves to items per second of one timed run. */
export async function timedRate(items: number, work: () => Promise<void> | void): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return (items * 1e9) / Number(process.hrtime.bigint() - start);
}

/** Resolves to items per second of processor time of one run. */
export async function cpuRate(items: number, work: () => void): Promise<number> {
  const start = cpuNanoseconds();
  work();
  return (items * 1e9) / (cpuNanoseconds() - start);
}

/** A suite of cases that take turns in this process. */
export function suiteOfCases(name: string, open: OpenCases): Suite {
  return { name, measure: async (options) => ({ measurements: await measureCases(name, open, options) }) };
}

async function measureCases(suite: string, open: OpenCases, options: RunOptions): Promise<Measurement[]> {
  const { cases: all, close } = await open();
  const cases = all.filter(({ name }) => options.only === null || name.includes(options.only));
  const rounds = options.rounds ?? ROUNDS;
  try {
    const ours = cases.map(() => [] as number[]);
    const baselines = cases.map(() => [] as number[]);
    for (let round = 0; round <= rounds; round++) {
      for (const [index, measured] of cases.entries()) {
        options.progress(`${suite}: round ${round} of ${rounds}, ${measured.name}`);
        const rate = await measured.ours();
        const baseline = await measured.baseline?.();
        if (round === 0) continue;
        ours[index]!.push(rate);
        if (baseline !== undefined) baselines[index]!.push(baseline);
      }
    }
    return cases.map(({ name, unit, goal }, index) =>
      measurementOf({ suite, name, unit, goal, better: "higher", ours: ours[index]!, baseline: baselines[index]! }),
    );
  } finally {
    await close();
  }
}

export interface Figures {
  readonly suite: string;
  readonly name: string;
  readonly unit: string;
  readonly goal: number | null;
  readonly better: Better;
  /** One figure a round. */
  readonly ours: readonly number[];
  /** None: there is nothing to compare with. */
  readonly baseline: readonly number[];
  /** Default: this process. */
  readonly machine?: string;
}

/** The medians of the rounds, and whether their ratio meets the goal. */
export function measurementOf(figures: Figures): Measurement {
  const { suite, name, unit, goal, better } = figures;
  const ours = median(figures.ours);
  const baseline = figures.baseline.length === 0 ? null : median(figures.baseline);
  const ratio = baseline === null ? null : ours / baseline;
  const isMet = (wanted: number, found: number): boolean => (better === "lower" ? found <= wanted : found >= wanted);
  return {
    suite,
    name,
    ours,
    baseline,
    ratio,
    goal,
    met: goal === null ? null : isMet(goal, ratio ?? ours),
    better,
    unit,
    rounds: figures.ours.length,
    spread: median(figures.ours.map((value) => Math.abs(value - ours))) / ours,
    machine: figures.machine ?? machineName(),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
