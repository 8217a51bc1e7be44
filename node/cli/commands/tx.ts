/** `cinnabar tx`: send a signed call, or look at one. */
import type { Command } from "commander";
import { ABI_SECTION, type ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { loadKey } from "../../keys/keystore.ts";
import { addCommand, type CommandLine, numberOption, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { parseJsonArgument, parseTransactionId } from "../json-arguments.ts";
import { inSession, type Session, type SessionOptions, withNodeOptions } from "../session.ts";
import { cleanText, formatCount } from "../table.ts";
import { type Terminal, toJson } from "../terminal.ts";
import { readNamedFile } from "./check.ts";
import { keysFolder } from "./keys.ts";
import { printFields, printReceipt } from "./read.ts";

interface SendOptions extends SessionOptions {
  readonly key: string;
  readonly gasLimit?: number;
  readonly wait: boolean;
}

async function sendTransaction(
  { client }: Session,
  terminal: Terminal,
  [contract = "", method = "", args]: readonly string[],
  options: SendOptions,
): Promise<ExitCode> {
  const key = loadKey(keysFolder(options), options.key);
  const gas = options.gasLimit === undefined ? {} : { gasLimit: options.gasLimit };
  const signed = await client.sign({ contract, method, args: parseJsonArgument(args), ...gas }, key);
  const result = await client.submit(signed, { wait: options.wait ? "committed" : "accepted" });
  terminal.value(result);
  if (result.state === "accepted") {
    terminal.line(`accepted  ${result.id}`);
    return EXIT.ok;
  }
  printReceipt(terminal, result.receipt, result.height);
  return result.receipt.outcome === "ok" ? EXIT.ok : EXIT.refused;
}

/** The ABI in the module's own custom section; undefined when there is none to read. */
async function abiOf(code: Uint8Array): Promise<ContractAbi | undefined> {
  const { customSection } = await import("../../../vm/admission/custom-section.ts");
  const { parseAbi } = await import("../../../runtime/format/abi.ts");
  const section = customSection(code, ABI_SECTION);
  return section === undefined ? undefined : parseAbi(section);
}

async function deployContract(
  { client }: Session,
  terminal: Terminal,
  [name = "", file = "", args]: readonly string[],
  options: SendOptions,
): Promise<ExitCode> {
  const key = loadKey(keysFolder(options), options.key);
  const code = new Uint8Array(await readNamedFile(file));
  const abi = await abiOf(code);
  const gas = options.gasLimit === undefined ? {} : { gasLimit: options.gasLimit };
  const known = abi === undefined ? {} : { abi };
  const result = await client.deploy({ name, code, initArgs: parseJsonArgument(args), ...known, ...gas }, key);
  terminal.value(result);
  printReceipt(terminal, result.receipt, result.height);
  return result.receipt.outcome === "ok" ? EXIT.ok : EXIT.refused;
}

async function showTransaction(
  { client }: Session,
  terminal: Terminal,
  [id = ""]: readonly string[],
): Promise<ExitCode> {
  const transaction = await client.transaction(parseTransactionId(id));
  terminal.value(transaction);
  printFields(terminal, [
    ["transaction", transaction.id],
    ["state", transaction.state],
    ["height", transaction.height === null ? "-" : formatCount(transaction.height)],
    ["sender", `${transaction.sender} (${transaction.algorithm})`],
    ["call", `${transaction.contract}.${transaction.method}`],
    ["arguments", cleanText(toJson(transaction.args ?? transaction.argsBytes), 2000)],
    ["gas limit", formatCount(transaction.gasLimit)],
    ["expires", `after height ${formatCount(transaction.expiryHeight)}`],
  ]);
  return EXIT.ok;
}

export function registerTx(program: Command, line: CommandLine): void {
  const tx = program.command("tx").summary("send a transaction, or show one");
  const send = addCommand(tx, {
    usage: "send <contract> <method> [arguments]",
    summary: "sign a call and submit it",
    description:
      "The arguments are JSON by the contract's ABI, or @FILE that holds it: an object by name, or an array in order.",
    examples: [`cinnabar tx send payment transfer '{"from": "a", "to": "b", "amount": 100}' --key buyer`],
    refusedWhen: "the transaction is refused or fails",
  })
    .option("--key <name>", "key of DATA/keys that signs", "admin")
    .option("--gas-limit <gas>", "most gas it may use", numberOption("--gas-limit", 1, Number.MAX_SAFE_INTEGER))
    .option("--no-wait", "answer when the signature is good, not when its block is on disk");
  runs<SendOptions>(withNodeOptions(send), line, (terminal, args, options) =>
    inSession(terminal, options, (session) => sendTransaction(session, terminal, args, options)),
  );
  const deploy = addCommand(tx, {
    usage: "deploy <name> <file> [arguments]",
    summary: "put a contract on the chain",
    description: "The arguments are JSON for the contract's `init`. The key must be one of the chain's admins.",
    examples: [
      `cinnabar tx deploy ledger build/payment.wasm '{"currency": "EUR", "issuer": null, "invoiceContract": ""}'`,
    ],
    refusedWhen: "the module is refused, or its init fails",
  })
    .option("--key <name>", "key of DATA/keys that signs", "admin")
    .option("--gas-limit <gas>", "most gas it may use", numberOption("--gas-limit", 1, Number.MAX_SAFE_INTEGER));
  runs<SendOptions>(withNodeOptions(deploy), line, (terminal, args, options) =>
    inSession(terminal, options, (session) => deployContract(session, terminal, args, options)),
  );
  const show = addCommand(tx, {
    usage: "show <id>",
    summary: "show a transaction",
    examples: ["cinnabar tx show 3f5c..."],
    refusedWhen: "there is no such transaction",
  });
  runs<SessionOptions>(withNodeOptions(show), line, (terminal, args, options) =>
    inSession(terminal, options, (session) => showTransaction(session, terminal, args)),
  );
}
