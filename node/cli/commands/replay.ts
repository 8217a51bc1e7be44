/**
 * `cinnabar replay`: the whole history executed again from genesis, and compared with what the folder says it ended in.
 * `cinnabar trace`: the same up to one transaction, and what that one did.
 */
import type { Command } from "commander";
import type { ReplayResult } from "../../../runtime/chain/replay.ts";
import { bytesToHex, hexToBytes } from "../../../runtime/format/bytes.ts";
import { NodeError } from "../../../vm/errors.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { type DataOptions, dataFolder, withDataOption } from "../data-folder.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { parseTransactionId } from "../json-arguments.ts";
import { inSession } from "../session.ts";
import { formatCount } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printFields } from "./read.ts";

interface ReplayCommandOptions extends DataOptions {
  readonly verifySignatures?: boolean;
}

/** What a replay of the folder needs beside the folder: made only when one is asked for. */
export async function replayParts(folder: string) {
  const { createHashes } = await import("../../../accel/hashes.ts");
  const { createReferenceVerifier } = await import("../../../accel/reference/verify.ts");
  const { createMachine } = await import("../../../vm/execute/machine.ts");
  const { readGenesis } = await import("../../config/genesis.ts");
  const { sm2UserId } = readGenesis(folder);
  const hashes = createHashes();
  const verifier = createReferenceVerifier({ sm2UserId });
  return { directory: folder, machine: createMachine({ hashes, verifier }), hashes, verifier, sm2UserId };
}

/** `work`, with its progress shown on the terminal. */
export async function withReplayProgress<T>(
  terminal: Terminal,
  work: (progress: (phase: "replay", done: number, total: number) => void) => Promise<T>,
): Promise<T> {
  const progress = terminal.progress("replaying");
  try {
    return await work((_, done, total) => progress.update(`${formatCount(done)} of ${formatCount(total)} blocks`));
  } finally {
    progress.stop();
  }
}

async function replayFolder(terminal: Terminal, folder: string, options: ReplayCommandOptions): Promise<ReplayResult> {
  const { verifier, sm2UserId, ...parts } = await replayParts(folder);
  const { replayLog } = await import("../../../runtime/chain/replay.ts");
  return withReplayProgress(terminal, async (progress) => {
    if (options.verifySignatures !== true) return replayLog({ ...parts, progress });
    const { withReplayDevice } = await import("../replay-device.ts");
    return withReplayDevice({ sm2UserId }, (verifyItems) => replayLog({ ...parts, verifier, verifyItems, progress }));
  });
}

async function trace(terminal: Terminal, [id = ""]: readonly string[], options: DataOptions): Promise<ExitCode> {
  const transactionId = hexToBytes(parseTransactionId(id));
  const { verifier: _, sm2UserId: _id, ...parts } = await replayParts(dataFolder(options));
  const { traceTransaction } = await import("../../../runtime/chain/trace-transaction.ts");
  const { traceJson, traceText } = await import("../../../vm/execute/trace-text.ts");
  const traced = await withReplayProgress(terminal, (progress) =>
    traceTransaction({ ...parts, progress }, transactionId),
  );
  const { height, receipt } = traced;
  terminal.value({
    transactionId: id,
    height,
    outcome: receipt.outcome,
    revertCode: receipt.revertCode,
    gasUsed: receipt.gasUsed,
    ...traceJson(traced.trace),
  });
  printFields(terminal, [
    ["transaction", bytesToHex(transactionId)],
    ["height", formatCount(height)],
    ["gas", formatCount(receipt.gasUsed)],
  ]);
  const text = traceText(traced.trace);
  for (const line of text === "" ? ["It ran no module: the node answered itself."] : text.split("\n"))
    terminal.line(line);
  return EXIT.ok;
}

interface Head {
  readonly blockHash: string;
  readonly stateRoot: string;
}

/** The block of that height as the node of the folder knows it: from its checkpoint and the records behind that. */
async function storedBlock(terminal: Terminal, options: DataOptions, height: number): Promise<Head> {
  return inSession(terminal, { ...options, deploy: false }, async ({ client }) => {
    const { hash, header } = await client.block(height);
    return { blockHash: hash, stateRoot: header.stateRoot };
  });
}

async function replay(terminal: Terminal, _: readonly string[], options: ReplayCommandOptions): Promise<ExitCode> {
  const startedMs = Date.now();
  const result = await replayFolder(terminal, dataFolder(options), options);
  const replayed = { blockHash: bytesToHex(result.blockHash), stateRoot: bytesToHex(result.stateRoot) };
  const seconds = (Date.now() - startedMs) / 1000;
  const stored = await storedBlock(terminal, options, result.height);
  const isSame = stored.blockHash === replayed.blockHash && stored.stateRoot === replayed.stateRoot;
  const { height, transactionCount, gasUsed } = result;
  terminal.value({ height, ...replayed, transactionCount, gasUsed, seconds, stored, isSame });
  printFields(terminal, [
    ["chain", result.settings.chainId],
    ["height", formatCount(height)],
    ["transactions", `${formatCount(transactionCount)} in ${seconds.toFixed(1)} s`],
    ["signatures", options.verifySignatures === true ? "all verified" : "not verified (--verify-signatures)"],
    ["gas", formatCount(gasUsed)],
    ["block", replayed.blockHash],
    ["state root", replayed.stateRoot],
    ["folder", isSame ? "has the same block and state root" : `differs: ${stored.blockHash} ${stored.stateRoot}`],
  ]);
  if (!isSame) throw new NodeError("replay.differs", "the folder's state is not what its history gives");
  return EXIT.ok;
}

export function registerReplay(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "replay",
    summary: "execute the whole history again and compare every root",
    description: "Reads the block log of the data folder; a node may be running on it.",
    examples: ["cinnabar replay", "cinnabar replay --data backup --verify-signatures"],
    refusedWhen: "there is no chain in the folder",
  }).option("--verify-signatures", "check every seal and every transaction's signature again");
  runs<ReplayCommandOptions>(withDataOption(command), line, replay);
  registerTrace(program, line);
}

function registerTrace(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "trace <id>",
    summary: "what a transaction did: every frame and host call, and the gas after each",
    description:
      "Executes the history in the data folder again up to the transaction and traces that; a node may be running on it.",
    examples: ["cinnabar trace 5f0c...e1", "cinnabar trace 5f0c...e1 --data backup --json"],
    refusedWhen: "there is no chain in the folder, or no such transaction in its history",
  });
  runs<DataOptions>(withDataOption(command), line, trace);
}
