/**
 * What metering costs: kernels and contracts, built in two ways, unmetered and under three metering schemes, on every
 * version of Node.js that users run, in the optimising tier (warm) and in the first tier alone (cold contracts).
 *
 * The variants are built once, in this process; each version and tier then measures the same files in a process of its
 * own (run.ts). Times: the lower the better; a ratio of 1.10 is a tenth more time than the baseline.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { NodeError } from "../../../vm/errors.ts";
import { type Measurement, measurementOf, type Report, type RunOptions, type Suite } from "../harness.ts";
import { type NodeBinary, nodeBinaries } from "../nodes.ts";
import { buildCase } from "./build-variants.ts";
import { METERING_CASES } from "./cases.ts";
import type { BuiltCase, RunReport, Variant } from "./manifest.ts";
import { meteringText } from "./report.ts";

const SUITE = "metering";
const ROUNDS = 15;
const UNIT = "ns/call";

export interface Comparison {
  readonly title: string;
  readonly ours: Variant;
  readonly baseline: Variant;
}

export const COMPARISONS = {
  unmetered: { title: "metered / same module unmetered", ours: "metered", baseline: "unmetered" },
  plain: { title: "metered / plain asc -O3 unmetered", ours: "metered", baseline: "plain" },
  global: { title: "metered / counter in a global", ours: "metered", baseline: "global" },
  hostCall: { title: "metered / host call a block", ours: "metered", baseline: "hostCall" },
} as const satisfies Record<string, Comparison>;
type ComparisonName = keyof typeof COMPARISONS;

export type Tier = "warm" | "first tier";
/** With the time that every variant runs before it is measured: nothing is left to be compiled in the first tier. */
const WARM_UP_MS: Readonly<Record<Tier, number>> = { warm: 200, "first tier": 10 };

/** Ways to keep the engine from optimising, the first it knows. */
const FIRST_TIER_FLAGS = [["--liftoff-only"], ["--no-wasm-tier-up", "--no-wasm-dynamic-tiering"]];

interface Goal {
  readonly comparison: ComparisonName;
  readonly of: "geometric mean" | "worst";
  readonly bound: number;
}

/** Goals by tier and version; those of 24 hold for what is newer. */
function goalsOf(tier: Tier, major: number): Goal[] {
  const isOld = major < 24;
  if (tier === "first tier") return [{ comparison: "unmetered", of: "geometric mean", bound: 1.4 }];
  return [
    { comparison: "unmetered", of: "geometric mean", bound: isOld ? 1.1 : 1.15 },
    { comparison: "unmetered", of: "worst", bound: isOld ? 1.25 : 1.4 },
    { comparison: "plain", of: "geometric mean", bound: isOld ? 0.9 : 1.2 },
    { comparison: "global", of: "worst", bound: 1 },
    { comparison: "hostCall", of: "worst", bound: 0.2 },
  ];
}

export interface Setting {
  readonly major: number;
  readonly tier: Tier;
  readonly report: RunReport;
}

function firstTierFlags({ path }: NodeBinary): readonly string[] | null {
  return FIRST_TIER_FLAGS.find((flags) => spawnSync(path, [...flags, "-e", "0"]).status === 0) ?? null;
}

function measureWith({ path }: NodeBinary, flags: readonly string[], args: readonly string[]): RunReport {
  const script = fileURLToPath(new URL("run.js", import.meta.url));
  const { status, stdout, stderr } = spawnSync(path, [...flags, script, ...args], {
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new NodeError("bench.run", `the measuring process failed: ${stderr}`);
  return JSON.parse(stdout) as RunReport;
}

async function buildAll({ only, progress }: RunOptions): Promise<BuiltCase[]> {
  const folder = join(packageRoot(), "build", "bench", SUITE);
  const built: BuiltCase[] = [];
  for (const each of METERING_CASES) {
    if (only !== null && !each.name.includes(only)) continue;
    progress(`${SUITE}: building ${each.name}`);
    built.push(await buildCase(each, folder));
  }
  mkdirSync(folder, { recursive: true });
  return built;
}

function measurementsOf({ major, tier, report }: Setting): Measurement[] {
  const where = `Node ${major}, ${tier}`;
  const { machine, cases } = report;
  const comparisons = Object.entries(COMPARISONS) as [ComparisonName, Comparison][];
  const single = comparisons.map(([key, { title, ours, baseline }]) => ({
    key,
    title,
    each: cases.map(({ name, nanoseconds }) =>
      measurementOf({
        suite: SUITE,
        name: `${where}: ${name}, ${title}`,
        unit: UNIT,
        goal: null,
        better: "lower",
        ours: nanoseconds[ours],
        baseline: nanoseconds[baseline],
        machine,
      }),
    ),
  }));
  const goals = goalsOf(tier, major).map(({ comparison, of, bound }) => {
    const { title, each } = single.find(({ key }) => key === comparison)!;
    const name = `${where}: ${of}, ${title}`;
    return of === "worst" ? worstOf(each, name, bound) : meanOf(each, name, bound);
  });
  return [...single.flatMap(({ each }) => each), ...goals];
}

function worstOf(each: readonly Measurement[], name: string, goal: number): Measurement {
  const worst = each.reduce((a, b) => (b.ratio! > a.ratio! ? b : a));
  return { ...worst, name, goal, met: worst.ratio! <= goal };
}

function geometricMean(values: readonly number[]): number {
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

function meanOf(each: readonly Measurement[], name: string, goal: number): Measurement {
  const ours = geometricMean(each.map((line) => line.ours));
  const baseline = geometricMean(each.map((line) => line.baseline!));
  return { ...each[0]!, name, ours, baseline, ratio: ours / baseline, goal, met: ours / baseline <= goal };
}

async function measure(options: RunOptions): Promise<Report> {
  const built = await buildAll(options);
  if (built.length === 0) throw new NodeError("bench.kernel", `no kernel has ${options.only} in its name`);
  const manifest = join(packageRoot(), "build", "bench", SUITE, "manifest.json");
  writeFileSync(manifest, JSON.stringify(built));
  const rounds = String(options.rounds ?? ROUNDS);
  const settings: Setting[] = [];
  for (const binary of nodeBinaries(options.node)) {
    for (const tier of Object.keys(WARM_UP_MS) as Tier[]) {
      const flags = tier === "warm" ? [] : firstTierFlags(binary);
      if (flags === null) continue;
      options.progress(`${SUITE}: Node ${binary.major}, ${tier}`);
      const report = measureWith(binary, flags, [manifest, rounds, String(WARM_UP_MS[tier])]);
      settings.push({ major: binary.major, tier, report });
    }
  }
  const measurements = settings.flatMap(measurementsOf);
  return { measurements, text: meteringText(settings, measurements) };
}

export const metering: Suite = { name: SUITE, measure };
