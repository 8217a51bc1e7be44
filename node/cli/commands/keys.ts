/** `cinnabar keys`: the key files of a data folder. */
import { join } from "node:path";
import type { Command } from "commander";
import { ALGORITHMS, type AlgorithmName } from "../../../accel/device.ts";
import { KEYS_FOLDER } from "../../config/folder-names.ts";
import { createKey, type KeySummary, listKeys, loadKey, summaryOfKey } from "../../keys/keystore.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { type DataOptions, dataFolder, withDataOption } from "../data-folder.ts";
import { EXIT, type ExitCode, UsageError } from "../exit-codes.ts";
import { formatFields, formatTable } from "../table.ts";
import type { Terminal } from "../terminal.ts";

interface NewOptions extends DataOptions {
  readonly algorithm: string;
}

export const keysFolder = (options: DataOptions): string => join(dataFolder(options), KEYS_FOLDER);

const isAlgorithm = (name: string): name is AlgorithmName => Object.hasOwn(ALGORITHMS, name);

function printKey(terminal: Terminal, key: KeySummary): void {
  terminal.value(key);
  const fields = [
    ["name", key.name],
    ["algorithm", key.algorithm],
    ["public key", key.publicKey],
    ["address", key.address],
  ] as const;
  for (const line of formatFields(fields)) terminal.line(line);
}

async function newKey(terminal: Terminal, [name = ""]: readonly string[], options: NewOptions): Promise<ExitCode> {
  if (!isAlgorithm(options.algorithm)) {
    throw new UsageError(`--algorithm is one of ${Object.keys(ALGORITHMS).join(", ")}`);
  }
  printKey(terminal, summaryOfKey(createKey(keysFolder(options), name, options.algorithm)));
  return EXIT.ok;
}

async function showKey(terminal: Terminal, [name = ""]: readonly string[], options: DataOptions): Promise<ExitCode> {
  printKey(terminal, summaryOfKey(loadKey(keysFolder(options), name)));
  return EXIT.ok;
}

async function list(terminal: Terminal, _: readonly string[], options: DataOptions): Promise<ExitCode> {
  const keys = listKeys(keysFolder(options));
  for (const key of keys) terminal.value(key);
  if (keys.length === 0) {
    terminal.note(`no keys in ${keysFolder(options)}`);
    return EXIT.ok;
  }
  const columns = [{ title: "name" }, { title: "algorithm" }, { title: "address" }];
  for (const line of formatTable(
    columns,
    keys.map((key) => [key.name, key.algorithm, key.address]),
  )) {
    terminal.line(line);
  }
  return EXIT.ok;
}

export function registerKeys(program: Command, line: CommandLine): void {
  const keys = program
    .command("keys")
    .summary("make, list and show keys")
    .description("Key files stand in DATA/keys, one JSON file a key, readable by their owner only.");
  const create = addCommand(keys, {
    usage: "new <name>",
    summary: "make a new key",
    examples: ["cinnabar keys new buyer", "cinnabar keys new bank --algorithm sm2"],
    refusedWhen: "there is a key of that name",
  }).option("--algorithm <name>", `one of ${Object.keys(ALGORITHMS).join(", ")}`, "ed25519");
  runs<NewOptions>(withDataOption(create), line, newKey);
  const all = { usage: "list", summary: "list the keys", examples: ["cinnabar keys list --json"] };
  runs<DataOptions>(withDataOption(addCommand(keys, all)), line, list);
  const show = addCommand(keys, {
    usage: "show <name>",
    summary: "show a key's public part",
    examples: ["cinnabar keys show admin"],
    refusedWhen: "there is no such key",
  });
  runs<DataOptions>(withDataOption(show), line, showKey);
}
