/**
 * `cinnabar lanes`: why a block took the time it took, and how long it would take on more cores. From a node's API, where it
 * also knows what its own lanes did; from the log of a data folder; or of each new block of a node while it runs.
 */
import { setTimeout as pause } from "node:timers/promises";
import type { Command } from "commander";
import { Rejected } from "../../../vm/errors.ts";
import type { LanesView } from "../../api/schemas.ts";
import { type Client, createClient } from "../../client/client.ts";
import { addCommand, type CommandLine, numberOption, runs } from "../command.ts";
import { dataFolder } from "../data-folder.ts";
import { EXIT, type ExitCode, UsageError } from "../exit-codes.ts";
import { type FolderReports, folderReports, type HeightRange } from "../lanes/folder-reports.ts";
import { BLOCK_COLUMNS, blockRow, printPredictions, printReport, printSummary } from "../lanes/print-report.ts";
import { runningNodeUrl, type SessionOptions, withNodeOptions } from "../session.ts";
import { cleanText, formatCount, formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { replayParts, withReplayProgress } from "./replay.ts";

interface LanesOptions extends SessionOptions {
  readonly live?: boolean;
  readonly blocks?: number;
  readonly measure?: boolean;
  readonly all?: boolean;
  readonly hop?: number;
  readonly validation?: number;
}

const RANGE = /^(0|[1-9]\d{0,14})(?:-(0|[1-9]\d{0,14}))?$/;
const RANGE_BLOCKS_MAX = 10_000;
const POLL_MS = 500;
/** Of a node that makes blocks faster than a person reads, the older ones are left out. */
const BLOCKS_PER_POLL_MAX = 16;
const OVERHEAD_MAX = 1_000_000_000;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/** Undefined: the last block. */
function parseRange(text: string | undefined): HeightRange | undefined {
  if (text === undefined || text === "latest") return undefined;
  const match = RANGE.exec(text);
  if (match === null) throw badRange(text, 'is a height, a range of heights like 10-20, or "latest"');
  const from = Number(match[1]);
  const to = Number(match[2] ?? match[1]);
  if (to < from) throw badRange(text, "has its lower height first");
  if (to - from >= RANGE_BLOCKS_MAX) throw badRange(text, `has at most ${formatCount(RANGE_BLOCKS_MAX)} blocks`);
  return { from, to };
}

function badRange(text: string, rule: string): UsageError {
  return new UsageError(`what to report on ${rule}, not "${cleanText(text, 40)}"`);
}

async function lanes(terminal: Terminal, [text]: readonly string[], options: LanesOptions): Promise<ExitCode> {
  if (options.live === true) return follow(terminal, text, options);
  const range = parseRange(text);
  const isOne = range === undefined || range.from === range.to;
  const url = nodeUrl(options);
  if (url !== undefined && isOne && !readsFolder(options)) {
    const report = await createClient({ url }).lanes(range?.from ?? "latest");
    terminal.value(report);
    printReport(terminal, report, options.all === true);
    return EXIT.ok;
  }
  const found = await reportsOf(terminal, range, options);
  if (!isOne) {
    printRange(terminal, found);
    return EXIT.ok;
  }
  // The predictions of all blocks are those of the one, with the overheads that were asked for.
  const report = { ...found.reports[0]!, predictions: found.predictions };
  terminal.value(report);
  printReport(terminal, report, options.all === true);
  return EXIT.ok;
}

/** The node that is asked: the one that is named, or the one that runs on the folder. */
function nodeUrl(options: LanesOptions): string | undefined {
  return options.url ?? (process.env.CINNABAR_URL || undefined) ?? runningNodeUrl(dataFolder(options));
}

/** A node measures nothing and has no overheads in its predictions. */
function readsFolder({ measure, hop, validation }: LanesOptions): boolean {
  return measure === true || hop !== undefined || validation !== undefined;
}

async function reportsOf(
  terminal: Terminal,
  range: HeightRange | undefined,
  options: LanesOptions,
): Promise<FolderReports> {
  if (options.url !== undefined) {
    throw new UsageError("a node's API gives the report of one block, not measured; ranges and measures are of --data");
  }
  const folder = dataFolder(options);
  const durations = options.measure === true ? await measure(terminal, folder, range) : new Map<number, Float64Array>();
  const { hop, validation } = options;
  const overheads = { ...(hop === undefined ? {} : { hop }), ...(validation === undefined ? {} : { validation }) };
  const progress = terminal.progress("reading");
  try {
    const update = (done: number, total: number) =>
      progress.update(`${formatCount(done)} of ${formatCount(total)} blocks`);
    return await folderReports({ folder, range, durations, overheads, progress: update });
  } finally {
    progress.stop();
  }
}

/** The history is executed again on one thread, and each transaction's time is taken. */
async function measure(
  terminal: Terminal,
  folder: string,
  range: HeightRange | undefined,
): Promise<Map<number, Float64Array>> {
  const { verifier: _, sm2UserId: _id, ...parts } = await replayParts(folder);
  const { replayLog } = await import("../../../runtime/chain/replay.ts");
  const durations = new Map<number, Float64Array>();
  await withReplayProgress(terminal, (progress) =>
    replayLog({
      ...parts,
      progress,
      clock: () => Number(process.hrtime.bigint()),
      measured: ({ block }, times) => {
        const { height } = block.header;
        if (range === undefined) durations.clear();
        if (range === undefined || height >= range.from) durations.set(height, times);
      },
      isLast: ({ block }) => block.header.height === range?.to,
    }),
  );
  return durations;
}

function printRange(terminal: Terminal, { reports, predictions }: FolderReports): void {
  const unit = reports[0]!.unit;
  for (const report of reports) terminal.value(report);
  for (const line of formatTable(BLOCK_COLUMNS, reports.map(blockRow))) terminal.line(line);
  terminal.value({ summary: { from: reports[0]!.height, to: reports.at(-1)!.height, unit, predictions } });
  if (predictions.length > 0) printPredictions(terminal, predictions, unit);
}

async function follow(terminal: Terminal, text: string | undefined, options: LanesOptions): Promise<ExitCode> {
  if (text !== undefined) throw new UsageError("--live follows a node from its last block on and takes no height");
  const url = nodeUrl(options);
  if (url === undefined) {
    throw new Rejected("cli.noNode", "no node runs on the data folder", { hint: "cinnabar start, or --url" });
  }
  const client = createClient({ url });
  const screen = new Follower(terminal);
  for (let next = (await client.status()).head.height; ; ) {
    const { height } = (await client.status()).head;
    const first = Math.max(next, height - BLOCKS_PER_POLL_MAX + 1);
    if (first > next) terminal.note(`${formatCount(first - next)} blocks are not shown`);
    for (next = first; next <= height; next += 1) {
      screen.show(await client.lanes(next));
      if (screen.count === options.blocks) return EXIT.ok;
    }
    await waitForBlock(client, height);
  }
}

async function waitForBlock(client: Client, height: number): Promise<void> {
  do await pause(POLL_MS);
  while ((await client.status()).head.height === height);
}

const LINES_KEPT = 12;

/** Draws the newest block again and again on a screen, with a line for each before it; elsewhere prints the lines. */
class Follower {
  readonly #terminal: Terminal;
  #rows: string[][] = [];
  count = 0;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(report: LanesView): void {
    const terminal = this.#terminal;
    this.count += 1;
    terminal.value(report);
    this.#rows = [...this.#rows, blockRow(report)].slice(-LINES_KEPT);
    const lines = formatTable(BLOCK_COLUMNS, this.#rows);
    if (!terminal.isScreen) {
      // The titles once; widths follow the first block, as those of a log do.
      for (const line of this.count === 1 ? lines : lines.slice(-1)) terminal.line(line);
      return;
    }
    terminal.line(`${CLEAR_SCREEN}${terminal.colours.bold("Lanes")}, Ctrl-C ends`);
    printSummary(terminal, report);
    terminal.line();
    for (const line of lines) terminal.line(line);
  }
}

export function registerLanes(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "lanes [blocks]",
    summary: "why a block took its time: lanes, critical path, hottest keys, and how long on 96 cores",
    description:
      "The blocks are a height, a range of heights like 10-20, or latest (default). One block is asked of a node " +
      "where one is named or runs on the data folder, which then tells what its lanes did too; else the log of the " +
      "folder is read. Costs are gas unless --measure executes the history again and takes times.",
    examples: [
      "cinnabar lanes",
      "cinnabar lanes 12 --json",
      "cinnabar lanes 10-200 --data backup --measure",
      "cinnabar lanes --live",
    ],
    refusedWhen: "there is no such block",
  })
    .option("--live", "follow a node: one line a block, or a screen that is drawn again")
    .option("--blocks <n>", "with --live: end after so many blocks", numberOption("--blocks", 1, 1_000_000_000))
    .option("--measure", "costs are times: the history in the data folder is executed again")
    .option("--hop <cost>", "what a hop between cores costs, gas or ns", numberOption("--hop", 0, OVERHEAD_MAX))
    .option(
      "--validation <cost>",
      "what the validation of one transaction costs, gas or ns",
      numberOption("--validation", 0, OVERHEAD_MAX),
    )
    .option("--all", "no table is cut");
  runs<LanesOptions>(withNodeOptions(command), line, lanes);
}
