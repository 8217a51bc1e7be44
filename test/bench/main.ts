/** `npm run bench -- SUITE [--json] [--rounds N]`: runs one suite and prints its measurements. */
import { parseArgs } from "node:util";
import { type Measurement, runSuite, type Suite } from "./harness.ts";
import { skeleton } from "./skeleton.suite.ts";

const SUITES: readonly Suite[] = [skeleton];
const ROUNDS = 5;

const HELP = `npm run bench -- SUITE [--json] [--rounds N]

Suites: ${SUITES.map(({ name }) => name).join(", ")}
--json      one JSON object per measurement
--rounds N  measured rounds after the warm-up (default ${ROUNDS})
`;

function format(value: number | null): string {
  if (value === null) return "-";
  const digits = value >= 100 ? 0 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

function printTable(measurements: readonly Measurement[]): void {
  const rows = [
    ["measurement", "ours", "unit", "baseline", "ratio", "goal", "spread"],
    ...measurements.map((line) => [
      line.name,
      format(line.ours),
      line.unit,
      format(line.baseline),
      format(line.ratio),
      line.goal === null ? "-" : `${line.goal}${line.met === false ? " missed" : ""}`,
      `${(line.spread * 100).toFixed(0)} %`,
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  for (const cells of rows) {
    console.log(
      cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("  "),
    );
  }
  console.log(`\n${measurements[0]?.rounds ?? 0} interleaved rounds, medians; ${measurements[0]?.machine ?? ""}`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      rounds: { type: "string", default: String(ROUNDS) },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const suite = SUITES.find(({ name }) => name === positionals[0]);
  const rounds = Number(values.rounds);
  if (values.help || suite === undefined || !Number.isInteger(rounds) || rounds < 1) {
    process.stderr.write(HELP);
    return values.help ? 0 : 2;
  }
  const progress = (text: string): void => {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  };
  const measurements = await runSuite(suite, { rounds, progress });
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  if (values.json) for (const line of measurements) console.log(JSON.stringify(line));
  else printTable(measurements);
  return 0;
}

process.exitCode = await main();
