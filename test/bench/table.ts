/** Figures as text in columns. */
import type { Measurement } from "./harness.ts";

export function format(value: number | null, digits = 2): string {
  if (value === null) return "-";
  return value.toFixed(Math.abs(value) >= 100 ? 0 : digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** The first column to the left, the others to the right. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  ");
  return rows.map((cells) => line(cells).trimEnd()).join("\n");
}

export function goalText({ goal, met, better }: Measurement): string {
  if (goal === null) return "-";
  return `${better === "lower" ? "<=" : ">="} ${goal}${met === false ? " missed" : ""}`;
}

/** The general table of a suite. */
export function measurementTable(measurements: readonly Measurement[]): string {
  const rows = measurements.map((line) => [
    line.name,
    format(line.ours),
    line.unit,
    format(line.baseline),
    format(line.ratio),
    goalText(line),
    `${(line.spread * 100).toFixed(0)} %`,
  ]);
  const table = columns([["measurement", "ours", "unit", "baseline", "ratio", "goal", "spread"], ...rows]);
  const machines = [...new Set(measurements.map(({ machine }) => machine))];
  return `${table}\n\n${measurements[0]?.rounds ?? 0} interleaved rounds, medians; ${machines.join("; ")}`;
}
