/** The tables of the metering suite: every kernel, also the losing ones, and what became of the goals. */
import { type Measurement, median } from "../harness.ts";
import { columns, format, goalText } from "../table.ts";
import type { CaseTimes, RunReport, Variant } from "./manifest.ts";

const HEAD = ["kernel", "unmetered", "metered", "/ unmetered", "/ asc -O3", "/ global", "/ host call"];
const BASELINES: readonly Variant[] = ["unmetered", "plain", "global", "hostCall"];

function timeText(nanoseconds: number): string {
  return nanoseconds >= 1e5 ? `${format(nanoseconds / 1e6)} ms` : `${format(nanoseconds / 1e3)} us`;
}

function row({ name, nanoseconds }: CaseTimes): string[] {
  const figure = (variant: Variant): number => median(nanoseconds[variant]);
  const ratios = BASELINES.map((baseline) => format(figure("metered") / figure(baseline)));
  return [name, timeText(figure("unmetered")), timeText(figure("metered")), ...ratios];
}

function meanRow(cases: readonly CaseTimes[]): string[] {
  const means = BASELINES.map((baseline) => {
    const logs = cases.map(({ nanoseconds }) => Math.log(median(nanoseconds.metered) / median(nanoseconds[baseline])));
    return format(Math.exp(logs.reduce((a, b) => a + b, 0) / logs.length));
  });
  return ["geometric mean", "", "", ...means];
}

interface Tabled {
  readonly major: number;
  readonly tier: string;
  readonly report: RunReport;
}

function settingText({ major, tier, report }: Tabled): string {
  const table = columns([HEAD, ...report.cases.map(row), meanRow(report.cases)]);
  return `Node ${major}, ${tier} (${report.machine})\n${table}\n`;
}

export function meteringText(settings: readonly Tabled[], measurements: readonly Measurement[]): string {
  const goals = measurements.filter(({ goal }) => goal !== null);
  const rows = goals.map((line) => [line.name, format(line.ratio, 3), goalText(line)]);
  const rounds = measurements[0]?.rounds ?? 0;
  return [
    ...settings.map(settingText),
    columns([["goal", "ratio", "wanted"], ...rows]),
    `\nProcessor time of a call, medians of ${rounds} interleaved rounds; lower is better.`,
  ].join("\n");
}
