/** What the parts of the accel suite share: cases that take turns, measured in processor time. */
import { type Measurement, measurementOf } from "../harness.ts";
import { cpuNanoseconds } from "../machine.ts";

export interface Contender {
  readonly name: string;
  /** Verifies or hashes `items` items once; throws when a result is wrong. */
  readonly run: () => void;
  readonly items: number;
}

export interface Comparison {
  readonly ours: Contender;
  readonly baseline: Contender;
  /** Wanted ratio of items per second, null where none is set. */
  readonly goal: number | null;
}

export interface Part {
  readonly comparisons: readonly Comparison[];
  /** Lines for below the table, made after the measurement from the medians (ns an item) of the contenders. */
  readonly notes: (nanoseconds: ReadonlyMap<string, number>) => readonly string[];
}

const SUITE = "accel";
/** Processor time that one turn of a contender takes at least, so that the clock's steps do not matter. */
const TURN_NS = 20e6;

/** Items per second of processor time, in one turn. */
function turn({ run, items }: Contender): number {
  const start = cpuNanoseconds();
  let runs = 0;
  let spent = 0;
  do {
    run();
    runs++;
    spent = cpuNanoseconds() - start;
  } while (spent < TURN_NS);
  return (items * runs * 1e9) / spent;
}

/** Measures all contenders in turns; the first round warms up and is thrown away. */
export function measurePart(part: Part, rounds: number): { measurements: Measurement[]; notes: readonly string[] } {
  const contenders = new Map<string, Contender>();
  for (const { ours, baseline } of part.comparisons) {
    contenders.set(ours.name, ours);
    contenders.set(baseline.name, baseline);
  }
  const rates = new Map([...contenders.keys()].map((name) => [name, [] as number[]]));
  for (let round = 0; round <= rounds; round++) {
    for (const [name, contender] of contenders) {
      const rate = turn(contender);
      if (round > 0) rates.get(name)!.push(rate);
    }
  }
  const measurements = part.comparisons.map(({ ours, baseline, goal }) =>
    measurementOf({
      suite: SUITE,
      name: `${ours.name} / ${baseline.name}`,
      unit: "items/s",
      goal,
      better: "higher",
      ours: rates.get(ours.name)!,
      baseline: rates.get(baseline.name)!,
    }),
  );
  const medianOf = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
  const nanoseconds = new Map([...rates].map(([name, values]) => [name, 1e9 / medianOf(values)]));
  return { measurements, notes: part.notes(nanoseconds) };
}
