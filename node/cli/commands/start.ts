/** `cinnabar start`: a node that serves until it is told to stop; with `--day` it first plays a business day. */
import type { Command } from "commander";
import { createClient } from "../../client/client.ts";
import type { NodeConfigInput } from "../../config/schema.ts";
import { addCommand, type CommandLine, numberOption, runs } from "../command.ts";
import { type DataOptions, dataFolder, withDataOption } from "../data-folder.ts";
import type { DayResult } from "../day/business-day.ts";
import { printDay } from "../day/print-day.ts";
import { EXIT, type ExitCode, UsageError } from "../exit-codes.ts";
import type { LocalNode, LocalNodeOptions } from "../local-node.ts";
import { formatCount, formatFields } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface StartOptions extends DataOptions {
  readonly host?: string;
  readonly port?: number;
  readonly config?: string;
  readonly logLevel?: string;
  readonly chainId?: string;
  readonly deploy: boolean;
  readonly day?: boolean;
  readonly exit?: boolean;
}

/** A node that ends by itself needs no fixed address; one that shows a day should not log over it. */
function configOf(options: StartOptions): NodeConfigInput {
  const port = options.port ?? (options.exit === true ? 0 : undefined);
  const quiet = options.day === true && process.env.CINNABAR_LOG_LEVEL === undefined && options.config === undefined;
  const logLevel = options.logLevel ?? (quiet ? "warn" : undefined);
  return {
    ...(options.host === undefined ? {} : { host: options.host }),
    ...(port === undefined ? {} : { port }),
    ...(logLevel === undefined ? {} : { logLevel: logLevel as NonNullable<NodeConfigInput["logLevel"]> }),
  };
}

async function startOn(terminal: Terminal, options: StartOptions): Promise<LocalNode> {
  const { startLocalNode } = await import("../local-node.ts");
  const configFile = options.config ?? process.env.CINNABAR_CONFIG;
  const progress = terminal.progress("starting the node");
  const settings: LocalNodeOptions = {
    dataFolder: dataFolder(options),
    config: configOf(options),
    deploy: options.deploy,
    ...(configFile === undefined ? {} : { configFile }),
    ...(options.chainId === undefined ? {} : { chainId: options.chainId }),
    progress: (phase, done, total) => progress.update(`(${phase} ${formatCount(done)} of ${formatCount(total)})`),
    deploying: (contract) => progress.update(`(deploying ${contract})`),
  };
  try {
    return await startLocalNode(settings);
  } finally {
    progress.stop();
  }
}

function printStarted(terminal: Terminal, started: LocalNode, folder: string): void {
  const { node, isNew, deployed } = started;
  const { height, chainId } = node.chain.head.header;
  const chain = isNew ? "a new chain" : `continued at height ${formatCount(started.startHeight)}`;
  terminal.value({
    started: { url: node.url, folder, chainId, height, startHeight: started.startHeight, isNew, deployed },
  });
  const fields: (readonly [string, string])[] = [
    ["chain", `${chainId}, ${chain}`],
    ["data", folder],
    ...(deployed.length === 0 ? [] : ([["deployed", deployed.join(", ")]] as const)),
  ];
  for (const line of formatFields(fields)) terminal.line(line);
}

async function playDay(terminal: Terminal, node: LocalNode["node"], folder: string): Promise<DayResult> {
  const { playBusinessDay } = await import("../day/business-day.ts");
  const progress = terminal.progress("business day:");
  try {
    return await playBusinessDay({
      client: createClient({ url: node.url }),
      dataFolder: folder,
      progress: (text) => progress.update(text),
    });
  } finally {
    progress.stop();
  }
}

function printAddress(terminal: Terminal, url: string): void {
  const { bold } = terminal.colours;
  terminal.value({ serving: { url } });
  terminal.line();
  const fields = [
    ["API", bold(url)],
    ["pages", `${url}/docs  ${url}/openapi.json  ${url}/metrics`],
    ["try", `npx cinnabar status --url ${url}`],
  ] as const;
  for (const line of formatFields(fields)) terminal.line(line);
  terminal.line("serving until Ctrl-C");
}

/** Resolves to the node when it is started and has played its day. */
async function prepareNode(terminal: Terminal, options: StartOptions): Promise<LocalNode["node"]> {
  const folder = dataFolder(options);
  const started = await startOn(terminal, options);
  const { node } = started;
  try {
    printStarted(terminal, started, folder);
    if (options.day === true) printDay(terminal, await playDay(terminal, node, folder));
    return node;
  } catch (error) {
    await node.close();
    throw error;
  }
}

async function start(terminal: Terminal, _: readonly string[], options: StartOptions): Promise<ExitCode> {
  if (options.day === true && !options.deploy) {
    throw new UsageError("the business day needs the shipped contracts: leave out --no-deploy");
  }
  const { endOnUnhandled, runUntilStopped } = await import("../../process.ts");
  endOnUnhandled();
  if (options.exit === true) {
    const node = await prepareNode(terminal, options);
    await node.close();
    return EXIT.ok;
  }
  const code = await runUntilStopped(async () => {
    const node = await prepareNode(terminal, options);
    printAddress(terminal, node.url);
    return node;
  });
  return code === EXIT.ok ? EXIT.ok : EXIT.fault;
}

export function registerStart(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "start",
    summary: "start a node and serve until Ctrl-C",
    description:
      "A data folder without a chain gets keys, a genesis and the shipped contracts (invoice, payment, trade).\n" +
      "Values come from defaults, then the configuration file, then CINNABAR_* variables, then these options.\n" +
      "The log is JSON lines on standard error.",
    examples: [
      "cinnabar start",
      "cinnabar start --data ./data --port 8710 --log-level debug",
      "cinnabar start --day --exit",
    ],
    refusedWhen: "it cannot start: a port in use, a folder of another chain, another node on the folder",
  })
    .option("--host <address>", "address to listen on")
    .option("--port <port>", "port to listen on; 0 takes any free one", numberOption("--port", 0, 65_535))
    .option("--config <file>", "JSON configuration file (default: $CINNABAR_CONFIG)")
    .option("--log-level <level>", "silent, fatal, error, warn, info, debug or trace")
    .option("--chain-id <name>", "name of the chain, where the folder has none yet (default: cinnabar-dev)")
    .option("--no-deploy", "leave the chain without the shipped contracts")
    .option("--day", "play a business day on the sample documents first")
    .option("--exit", "stop as soon as that is done");
  runs<StartOptions>(withDataOption(command), line, start);
}
