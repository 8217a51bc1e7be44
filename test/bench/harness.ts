/**
 * Measures ratios one can trust on a noisy machine.
 *
 * All cases of a suite take turns, round by round (A B A B ...), so that a slow minute of the machine hits all of them; the
 * figure of a case is the median of its rounds. The first round warms up and is thrown away. Each suite runs in a process of
 * its own (node/setup/bench.mjs). Micro cases are timed by benchmark.js, which calibrates its loop counts; cases with a start
 * and an end of their own (blocks, commits) return their rate themselves. Nothing here asserts: a missed goal is printed.
 */
import { cpus } from "node:os";
import Benchmark from "benchmark";

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
  readonly goal: number | null;
  readonly met: boolean | null;
  readonly unit: string;
  readonly rounds: number;
  /** Median absolute deviation of ours, as a share of the median. */
  readonly spread: number;
  readonly machine: string;
}

export interface Suite {
  readonly name: string;
  /** Builds the cases; what it opens is closed by the returned function. */
  readonly open: () => Promise<{ cases: readonly Case[]; close: () => Promise<void> }>;
}

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

export async function runSuite(
  suite: Suite,
  options: { readonly rounds: number; readonly progress: (text: string) => void },
): Promise<Measurement[]> {
  const { cases, close } = await suite.open();
  try {
    const ours = cases.map(() => [] as number[]);
    const baselines = cases.map(() => [] as number[]);
    for (let round = 0; round <= options.rounds; round++) {
      for (const [index, measured] of cases.entries()) {
        options.progress(`${suite.name}: round ${round} of ${options.rounds}, ${measured.name}`);
        const rate = await measured.ours();
        const baseline = await measured.baseline?.();
        if (round === 0) continue;
        ours[index]!.push(rate);
        if (baseline !== undefined) baselines[index]!.push(baseline);
      }
    }
    return cases.map((measured, index) => summarize(suite.name, measured, ours[index]!, baselines[index]!));
  } finally {
    await close();
  }
}

function summarize(suite: string, measured: Case, ours: readonly number[], baselines: readonly number[]): Measurement {
  const figure = median(ours);
  const baseline = baselines.length === 0 ? null : median(baselines);
  const ratio = baseline === null ? null : figure / baseline;
  return {
    suite,
    name: measured.name,
    ours: figure,
    baseline,
    ratio,
    goal: measured.goal,
    met: ratio === null || measured.goal === null ? null : ratio >= measured.goal,
    unit: measured.unit,
    rounds: ours.length,
    spread: median(ours.map((value) => Math.abs(value - figure))) / figure,
    machine: machineName(),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function machineName(): string {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? "unknown processor";
  return `${processors.length} x ${model}, Node ${process.version}, V8 ${process.versions.v8}`;
}
