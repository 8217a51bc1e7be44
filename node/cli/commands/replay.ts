/**
 * `cinnabar replay`: the whole history executed again from genesis, and compared with what the folder says it ended in.
 */
import type { Command } from "commander";
import type { ReplayResult } from "../../../runtime/chain/replay.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { NodeError } from "../../../vm/errors.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { type DataOptions, dataFolder, withDataOption } from "../data-folder.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { inSession } from "../session.ts";
import { formatCount } from "../table.ts";
import type { Terminal } from "../terminal.ts";
import { printFields } from "./read.ts";

interface ReplayCommandOptions extends DataOptions {
  readonly verifySignatures?: boolean;
}

async function replayFolder(terminal: Terminal, folder: string, options: ReplayCommandOptions): Promise<ReplayResult> {
  const { createHashes } = await import("../../../accel/hashes.ts");
  const { createReferenceVerifier } = await import("../../../accel/reference/verify.ts");
  const { createMachine } = await import("../../../vm/execute/machine.ts");
  const { replayLog } = await import("../../../runtime/chain/replay.ts");
  const { readGenesis } = await import("../../config/genesis.ts");
  const { sm2UserId } = readGenesis(folder);
  const hashes = createHashes();
  const verifier = createReferenceVerifier({ sm2UserId });
  const progress = terminal.progress("replaying");
  try {
    return await replayLog({
      directory: folder,
      machine: createMachine({ hashes, verifier }),
      hashes,
      ...(options.verifySignatures === true ? { verifier } : {}),
      progress: (_, done, total) => progress.update(`${formatCount(done)} of ${formatCount(total)} blocks`),
    });
  } finally {
    progress.stop();
  }
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
}
