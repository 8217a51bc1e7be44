/** `cinnabar status, receipt, block, call, query`: what a node knows, printed for a person or as its own JSON. */
import type { Command } from "commander";
import type { ReceiptView, StatusView } from "../../api/schemas.ts";
import type { Client } from "../../client/client.ts";
import { ruleOf } from "../../import/import-documents.ts";
import { addCommand, type CommandLine, type CommandText, runs } from "../command.ts";
import { EXIT, type ExitCode, UsageError } from "../exit-codes.ts";
import { keyParts, parseJsonArgument, parseTransactionId } from "../json-arguments.ts";
import { inSession, type Session, type SessionOptions, withNodeOptions } from "../session.ts";
import { cleanText, formatCount, formatFields, formatTable } from "../table.ts";
import { type Terminal, toJson } from "../terminal.ts";

type Read<Options> = (
  session: Session,
  terminal: Terminal,
  args: readonly string[],
  options: Options,
) => Promise<ExitCode>;

function addRead<Options extends SessionOptions>(
  program: Command,
  line: CommandLine,
  text: CommandText,
  read: Read<Options>,
  more: (command: Command) => Command = (command) => command,
): void {
  runs<Options>(withNodeOptions(more(addCommand(program, text))), line, (terminal, args, options) =>
    inSession(terminal, options, (session) => read(session, terminal, args, options)),
  );
}

export function printFields(terminal: Terminal, fields: readonly (readonly [string, string])[]): void {
  for (const line of formatFields(fields)) terminal.line(line);
}

const timeText = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(".000Z", "Z");

function acceleratorText({ name, lanes, state, reason, kernels, ...device }: StatusView["device"]): string {
  const counts = `${formatCount(device.items)} signatures so far, ${formatCount(device.checkedItems)} checked`;
  const kernelText = kernels === null ? "" : `, ${kernels} kernels`;
  if (state === "ok") return `${name}${kernelText}, ${lanes} lanes, ${counts}`;
  return `QUARANTINED (${cleanText(reason, 200)}): the reference decides; ${counts}`;
}

function lanesText({ threads, taken, conflicts, inPlace }: StatusView["lanes"]): string {
  if (threads === 0) return "no threads: transactions run one after the other";
  const counts = [`${formatCount(taken)} attempts taken`, `${formatCount(conflicts)} run again`];
  return [`${threads} threads`, ...counts, `${formatCount(inPlace)} in place`].join(", ");
}

function statusFields(url: string, status: StatusView): (readonly [string, string])[] {
  const { chain, head, device, lanes, pending } = status;
  return [
    ["address", url],
    ["software", `${status.software.name} ${status.software.version}`],
    ["state", status.state],
    ["chain", `${chain.chainId} (protocol ${chain.protocolVersion}, ${chain.hash})`],
    ["height", formatCount(head.height)],
    ["block", head.hash],
    ["block time", timeText(head.timeSeconds)],
    ["state root", head.stateRoot],
    ["sealer", `${chain.sealer.algorithm} ${chain.sealer.publicKey}`],
    ["pending", `${formatCount(pending.transactions)} transactions`],
    ["accelerator", acceleratorText(device)],
    ["lanes", lanesText(lanes)],
  ];
}

async function readStatus({ client, url }: Session, terminal: Terminal): Promise<ExitCode> {
  const status = await client.status();
  terminal.value({ url, ...status });
  printFields(terminal, statusFields(url, status));
  return EXIT.ok;
}

/** Lines of a receipt; the outcome first, because it is what one looks for. */
export function printReceipt(terminal: Terminal, receipt: ReceiptView, height: number): void {
  const { green, red } = terminal.colours;
  const isOk = receipt.outcome === "ok";
  const fields: (readonly [string, string])[] = [
    ["outcome", isOk ? green("ok") : red(ruleOf(receipt))],
    ...(receipt.message === null ? [] : ([["message", cleanText(receipt.message, 400)]] as const)),
    ...(receipt.result === null ? [] : ([["result", cleanText(toJson(receipt.result), 2000)]] as const)),
    ["transaction", receipt.transactionId],
    ["height", formatCount(height)],
    ["gas", formatCount(receipt.gasUsed)],
    ...receipt.events.map((event): [string, string] => [
      "event",
      `${event.contract}.${event.name} ${cleanText(toJson(event.fields ?? event.data), 400)}`,
    ]),
  ];
  printFields(terminal, fields);
}

async function readReceipt({ client }: Session, terminal: Terminal, [id = ""]: readonly string[]): Promise<ExitCode> {
  const placed = await client.receipt(parseTransactionId(id));
  terminal.value(placed);
  printReceipt(terminal, placed.receipt, placed.height);
  return placed.receipt.outcome === "ok" ? EXIT.ok : EXIT.refused;
}

function parseHeight(text: string): number | "latest" {
  if (text === "latest") return text;
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`a height is a whole number or "latest", not "${cleanText(text, 40)}"`);
}

async function readBlock(
  { client }: Session,
  terminal: Terminal,
  [height = "latest"]: readonly string[],
): Promise<ExitCode> {
  const block = await client.block(parseHeight(height));
  terminal.value(block);
  const { header, seal } = block;
  printFields(terminal, [
    ["height", formatCount(header.height)],
    ["hash", block.hash],
    ["previous", header.previousHash],
    ["time", timeText(header.timeSeconds)],
    ["state root", header.stateRoot],
    ["gas", formatCount(header.gasUsed)],
    ["sealer", `${seal.algorithm} ${seal.publicKey}`],
    ["transactions", formatCount(block.transactions.length)],
  ]);
  if (terminal.json) return EXIT.ok;
  await printTransactions(client, terminal, block.transactions);
  return EXIT.ok;
}

async function printTransactions(client: Client, terminal: Terminal, ids: readonly string[]): Promise<void> {
  const rows: string[][] = [];
  for (const id of ids) {
    const [{ receipt }, transaction] = await Promise.all([client.receipt(id), client.transaction(id)]);
    const call = `${transaction.contract}.${transaction.method}`;
    rows.push([id.slice(0, 16), call, receipt.outcome === "ok" ? "ok" : ruleOf(receipt), formatCount(receipt.gasUsed)]);
  }
  if (rows.length === 0) return;
  terminal.line();
  const columns = [{ title: "transaction" }, { title: "call" }, { title: "outcome" }, { title: "gas", align: "right" }];
  for (const line of formatTable(columns as Parameters<typeof formatTable>[0], rows)) terminal.line(line);
}

function parseAddress(text: string): string {
  const address = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(address)) return address;
  throw new UsageError(`--sender is an address of 64 hexadecimal digits, not "${cleanText(text, 70)}"`);
}

interface CallOptions extends SessionOptions {
  readonly sender?: string;
}

async function readCall(
  { client }: Session,
  terminal: Terminal,
  [contract = "", method = "", args]: readonly string[],
  options: CallOptions,
): Promise<ExitCode> {
  const sender = options.sender === undefined ? {} : { sender: parseAddress(options.sender) };
  const answer = await client.query(contract, method, parseJsonArgument(args), sender);
  terminal.value(answer);
  if (answer.outcome === "ok") {
    terminal.line(toJson(answer.result, 2));
    return EXIT.ok;
  }
  const message = answer.message ?? answer.error?.text ?? "";
  terminal.line(`${terminal.colours.red(ruleOf(answer))}  ${cleanText(message, 400)}`);
  return EXIT.refused;
}

async function readStored(
  { client }: Session,
  terminal: Terminal,
  [contract = "", storage = "", ...parts]: readonly string[],
): Promise<ExitCode> {
  const key = await keyParts(client, contract, storage, parts);
  const state = await client.state(contract, storage, key);
  terminal.value(state);
  if (state.present) terminal.line(toJson(state.value, 2));
  else terminal.note(`nothing at height ${state.height}`);
  return state.present ? EXIT.ok : EXIT.refused;
}

const STATUS: CommandText = {
  usage: "status",
  summary: "show a node's chain, height, state root and accelerator",
  examples: ["cinnabar status", "cinnabar status --url http://127.0.0.1:8710 --json"],
};
const RECEIPT: CommandText = {
  usage: "receipt <id>",
  summary: "show what a transaction did",
  examples: ["cinnabar receipt 3f5c...", "cinnabar receipt 3f5c... --json"],
  refusedWhen: "there is no such receipt, or the transaction failed",
};
const BLOCK: CommandText = {
  usage: "block [height]",
  summary: "show a block, the last one by default",
  examples: ["cinnabar block", "cinnabar block 12 --json"],
  refusedWhen: "there is no such block",
};
const CALL: CommandText = {
  usage: "call <contract> <method> [arguments]",
  summary: "ask a contract: run a method on the last state and write nothing",
  description: "The arguments are JSON by the contract's ABI: an object by name, or an array in order.",
  examples: [`cinnabar call invoice verify '["KW-1001-D1", 20260331, {"coefficient": 39389, "scale": 2}]'`],
  refusedWhen: "the contract gives up",
};
const QUERY: CommandText = {
  usage: "query <contract> <storage> [key...]",
  summary: "show a stored value, by the storage that the contract's ABI declares",
  examples: ["cinnabar query invoice numbers KW-1001-D1"],
  refusedWhen: "nothing is stored there",
};

export function registerReads(program: Command, line: CommandLine): void {
  addRead(program, line, STATUS, readStatus);
  addRead(program, line, RECEIPT, readReceipt);
  addRead(program, line, BLOCK, readBlock);
  addRead<CallOptions>(program, line, CALL, readCall, (command) =>
    command.option("--sender <address>", "address the call is made for (default: zeros)"),
  );
  addRead(program, line, QUERY, readStored);
}
