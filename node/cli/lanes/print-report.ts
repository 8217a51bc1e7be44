/** The schedule report of a block, printed for a person: what a program wants of it is in the JSON. */
import type { LanesView } from "../../api/schemas.ts";
import { type Column, cleanText, formatCount, formatFields, formatTable } from "../table.ts";
import type { Colours, Terminal } from "../terminal.ts";

const ROWS = 8;
const CELLS = 12;
const ROWS_SHOWN_MAX = 20;
const KEY_WIDTH_MAX = 60;
/** By a quarter of the fullest lane's load each; the first is for a lane without work. */
const SHADES = [" \u00b7", "\u2591\u2591", "\u2592\u2592", "\u2593\u2593", "\u2588\u2588"] as const;

type HotKeyView = LanesView["contracts"][number]["keys"][number];
type TransactionView = LanesView["transactions"][number];
type PredictionView = LanesView["predictions"][number];

export function percentText(part: number, whole: number): string {
  return whole === 0 ? "0 %" : `${((100 * part) / whole).toFixed(1)} %`;
}

/** A cost with its unit; measured time in microseconds. */
export function costText(cost: number, unit: LanesView["unit"]): string {
  return unit === "gas" ? `${formatCount(Math.round(cost))} gas` : `${formatCount(Math.round(cost / 1000))} us`;
}

/** Prints all of it; long tables are cut. @param isWhole nothing is cut, and every transaction is shown */
export function printReport(terminal: Terminal, report: LanesView, isWhole: boolean): void {
  printSummary(terminal, report);
  if (report.transactions.length === 0) return;
  const shown = isWhole ? Number.POSITIVE_INFINITY : ROWS_SHOWN_MAX;
  printChain(terminal, report, shown);
  printKeys(terminal, report, shown);
  printTransactions(terminal, report, shown);
  printFates(terminal, report, shown);
  if (report.predictions.length > 0) printPredictions(terminal, report.predictions, report.unit);
}

/** What stands on a screen that is drawn again for each block. */
export function printSummary(terminal: Terminal, report: LanesView): void {
  for (const line of formatFields(summaryFields(report))) terminal.line(line);
  terminal.line();
  for (const line of gridLines(report, terminal.colours)) terminal.line(line);
}

function summaryFields(report: LanesView): (readonly [string, string])[] {
  const { height, transactions, work, criticalPath, bound, lanes, unit, chain, hasDependencies } = report;
  const used = lanes.filter((lane) => lane.transactions > 0);
  const fullest = Math.max(0, ...lanes.map(({ cost }) => cost));
  const pathText = `${costText(criticalPath, unit)}, ${percentText(criticalPath, work)} of the work`;
  const limit = criticalPath >= work / lanes.length ? "the critical path" : "the work";
  return [
    ["height", formatCount(height)],
    ["transactions", formatCount(transactions.length)],
    ["work", costText(work, unit)],
    [
      "critical path",
      hasDependencies ? `${pathText}, ${chain.length} transactions` : "not known: the block's access record is no use",
    ],
    ["bound", `${costText(bound, unit)} on 96 cores: ${limit}; ${speedText(work, bound)} as fast as one core`],
    ["lanes", `${used.length} of ${lanes.length} used, the fullest has ${percentText(fullest, work)} of the work`],
  ];
}

function speedText(work: number, makespan: number): string {
  return makespan === 0 ? "1.0x" : `${(work / makespan).toFixed(1)}x`;
}

/** The lanes as 8 rows of 12 cells, shaded by load. */
function gridLines({ lanes }: LanesView, colours: Colours): string[] {
  const fullest = Math.max(0, ...lanes.map(({ cost }) => cost));
  const paint = [colours.dim, colours.green, colours.green, colours.yellow, colours.red];
  const cell = (cost: number): string => {
    const shade = fullest === 0 ? 0 : Math.ceil((4 * cost) / fullest);
    return paint[shade]!(SHADES[shade]!);
  };
  const rows = Array.from({ length: ROWS }, (_, row) => {
    const cells = lanes.slice(row * CELLS, (row + 1) * CELLS).map(({ cost }) => cell(cost));
    return `lane ${String(row * CELLS).padStart(2)}  ${cells.join(" ")}`;
  });
  const [none, quarter, half, most, full] = SHADES;
  return [
    ...rows,
    `${none.trim()} idle, of the fullest lane: ${quarter} to 25 %, ${half} 50 %, ${most} 75 %, ${full} 100 %`,
  ];
}

function printTable(
  terminal: Terminal,
  title: string,
  { columns, rows, shown }: { columns: readonly Column[]; rows: readonly (readonly string[])[]; shown: number },
): void {
  terminal.line();
  terminal.line(terminal.colours.bold(title));
  for (const line of formatTable(columns, rows.slice(0, shown))) terminal.line(line);
  if (rows.length > shown) terminal.line(`and ${formatCount(rows.length - shown)} more (--all)`);
}

const right = (title: string): Column => ({ title, align: "right" });
const callText = ({ contract, method }: TransactionView): string => `${contract}.${method}`;
const keyText = (key: string): string => cleanText(key, KEY_WIDTH_MAX);

function keysText(keys: readonly string[]): string {
  return keys.map(keyText).join(", ");
}

function printChain(terminal: Terminal, { chain, transactions, unit }: LanesView, shown: number): void {
  if (chain.length < 2) return;
  const rows = chain.map(({ transaction, keys }, place) => {
    const called = transactions[transaction]!;
    const waits = place === 0 ? "" : `${keysText(keys)} of ${chain[place - 1]!.transaction}`;
    return [String(transaction), callText(called), String(called.lane), costText(called.cost, unit), waits];
  });
  const columns = [right("transaction"), { title: "call" }, right("lane"), right("cost"), { title: "waits for" }];
  printTable(terminal, "Critical path", { columns, rows, shown });
}

function printKeys(terminal: Terminal, { contracts, criticalPath, unit }: LanesView, shown: number): void {
  const keys = contracts.flatMap((contract) => [...contract.keys, ...contract.storages]);
  if (keys.length === 0) return;
  const inOrder = keys.toSorted((one, other) => other.pathCost - one.pathCost || other.waits - one.waits);
  const rows = inOrder.map((key) => [
    keyText(key.key),
    ...[key.readers, key.writers, key.adders, key.waits].map(formatCount),
    key.pathCost === 0 ? "no" : percentText(key.pathCost, criticalPath),
    counterText(key, criticalPath, unit),
  ]);
  const counts = ["readers", "writers", "adders", "waits", "of the path"].map(right);
  const columns = [{ title: "key" }, ...counts, { title: "as a counter the path would be" }];
  printTable(terminal, "Hottest keys", { columns, rows, shown });
}

function counterText({ pathAsCounter }: HotKeyView, criticalPath: number, unit: LanesView["unit"]): string {
  if (pathAsCounter === null) return "";
  if (pathAsCounter >= criticalPath) return "no shorter";
  return `${costText(pathAsCounter, unit)}, ${percentText(criticalPath - pathAsCounter, criticalPath)} shorter`;
}

function printTransactions(terminal: Terminal, { transactions, unit }: LanesView, shown: number): void {
  const rows = transactions.map((transaction, place) => [
    String(place),
    callText(transaction),
    transaction.outcome,
    String(transaction.lane),
    costText(transaction.cost, unit),
    waitsText(transaction),
  ]);
  const columns = [
    right("transaction"),
    { title: "call" },
    { title: "outcome" },
    right("lane"),
    right("cost"),
    { title: "waits for" },
  ];
  printTable(terminal, "Transactions", { columns, rows, shown });
}

function waitsText({ waits, moreWaits }: TransactionView): string {
  const texts = waits.map(({ transaction, keys }) => `${transaction}: ${keysText(keys)}`);
  return [...texts, ...(moreWaits > 0 ? [`and ${formatCount(moreWaits)} more`] : [])].join("; ");
}

/** What a fate means, after "its attempt" where there was one. */
const FATE_TEXTS: Readonly<Record<LanesView["fates"][number]["fate"], string>> = {
  taken: "attempted ahead, and that counted",
  value: "attempted, and run again: a value was another one by then",
  counter: "attempted, and run again: a sum met its bound otherwise",
  late: "given to a thread that was not done in time",
  lost: "given to a thread that died or hung",
  inPlace: "run in place, not given away",
  notShown: "not attempted: a value was not in shared memory",
  scan: "not attempted: it walks over keys",
  tooLarge: "not attempted: it does not fit in an item",
  failed: "not attempted: the attempt failed",
  noModule: "not attempted: the thread had not got the contract yet",
  broken: "its attempt could not be read; the thread was replaced",
};

function printFates(terminal: Terminal, { fates, transactions, unit }: LanesView, shown: number): void {
  if (fates.length === 0) return;
  const rows = fates.map(({ fate, transactions: count, cost }) => [
    FATE_TEXTS[fate],
    formatCount(count),
    costText(cost, unit),
  ]);
  const columns = [{ title: "" }, right("transactions"), right("cost")];
  printTable(terminal, "In the lanes of this node", { columns, rows, shown });
  const retries = transactions.flatMap((transaction, place) => {
    const { conflict } = transaction;
    if (conflict === null) return [];
    const by = conflict.by === null ? "an earlier block" : `transaction ${conflict.by}`;
    return [[String(place), callText(transaction), `${keyText(conflict.key)} was changed by ${by}`]];
  });
  if (retries.length === 0) return;
  const retryColumns = [right("transaction"), { title: "call" }, { title: "because" }];
  printTable(terminal, "Run again", { columns: retryColumns, rows: retries, shown });
}

/** The table of a plan on more and more cores. */
export function printPredictions(
  terminal: Terminal,
  predictions: readonly PredictionView[],
  unit: LanesView["unit"],
): void {
  const work = predictions[0]?.makespan ?? 0;
  const rows = predictions.map(({ cores, makespan, bound, limit, appliedMakespan }) => [
    String(cores),
    costText(makespan, unit),
    speedText(work, makespan),
    bound === 0 ? "1.00" : (makespan / bound).toFixed(2),
    limit,
    costText(appliedMakespan, unit),
  ]);
  const columns = [
    right("cores"),
    right("time"),
    right("speed"),
    right("of the bound"),
    { title: "limit" },
    right("seen only when applied"),
  ];
  printTable(terminal, "Predicted", { columns, rows, shown: rows.length });
}

/** One line of a block, for a table of blocks and for a log that is followed. */
export function blockRow(report: LanesView): string[] {
  const { height, transactions, work, criticalPath, lanes, unit, contracts, fates } = report;
  const used = lanes.filter((lane) => lane.transactions > 0).length;
  const keys = contracts.flatMap((contract) => contract.keys);
  const hottest = keys.toSorted((one, other) => other.pathCost - one.pathCost || other.waits - one.waits)[0];
  const countOf = (...names: string[]): number =>
    fates.reduce((sum, { fate, transactions: count }) => sum + (names.includes(fate) ? count : 0), 0);
  return [
    String(height),
    formatCount(transactions.length),
    costText(work, unit),
    percentText(criticalPath, work),
    String(used),
    fates.length === 0 ? "" : formatCount(countOf("taken")),
    fates.length === 0 ? "" : formatCount(countOf("value", "counter")),
    hottest === undefined ? "" : keyText(hottest.key),
  ];
}

export const BLOCK_COLUMNS: readonly Column[] = [
  right("height"),
  right("transactions"),
  right("work"),
  right("path"),
  right("lanes"),
  right("taken"),
  right("run again"),
  { title: "hottest key" },
];
