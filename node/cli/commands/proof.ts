/**
 * `cinnabar proof`: a file that shows what the chain holds under a key, or that it holds nothing, to anybody, offline.
 */
import { writeFile } from "node:fs/promises";
import type { Command } from "commander";
import { addCommand, type CommandLine, numberOption, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { type ProofAnswer, requestProof } from "../request-proof.ts";
import { inSession, type Session, type SessionOptions, withNodeOptions } from "../session.ts";
import { cleanText, formatCount } from "../table.ts";
import { type Terminal, toJson } from "../terminal.ts";

interface ProofOptions extends SessionOptions {
  readonly output: string;
  readonly storage?: string;
  readonly height?: number;
  readonly seller?: string;
}

function printAnswer(terminal: Terminal, { text, claim, sellerCount }: ProofAnswer, output: string): void {
  const { contract, storage, key, height, present } = claim;
  terminal.value({ output, bytes: text.length, contract, storage, key, height, present, sealer: claim.sealer });
  const entry = `${contract}.${storage}${cleanText(toJson(key))}`;
  terminal.line(`${output}: ${formatCount(text.length)} bytes`);
  terminal.line(
    present ? `shows the entry ${entry} at height ${height}` : `shows that there is no ${entry} at height ${height}`,
  );
  if (sellerCount !== undefined && sellerCount > 1) {
    terminal.line(`${sellerCount} sellers use this number; --seller chooses another than ${cleanText(String(key[0]))}`);
  }
  terminal.line(`check it anywhere with: cinnabar verify ${output} --sealer ${claim.sealer.publicKey}`);
}

async function prove(
  { client }: Session,
  terminal: Terminal,
  [contract = "", ...words]: readonly string[],
  options: ProofOptions,
): Promise<ExitCode> {
  const { output, storage, height, seller } = options;
  const answer = await requestProof(client, {
    contract,
    words,
    ...(storage === undefined ? {} : { storage }),
    ...(height === undefined ? {} : { height }),
    ...(seller === undefined ? {} : { seller }),
  });
  await writeFile(output, answer.text);
  printAnswer(terminal, answer, output);
  return EXIT.ok;
}

export function registerProof(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "proof <contract> [key...]",
    summary: "write a proof file for a stored entry, or for its absence",
    description:
      "`proof invoice NUMBER` finds the invoice of that number, or shows that there is none. For other entries\n" +
      "the key's parts are given in order; --storage names the storage where the contract has several.",
    examples: [
      "cinnabar proof invoice KW-1001-D1 -o proof.json",
      "cinnabar proof trade SEA-1 -o bill.json",
      "cinnabar proof payment lumen-eur --storage accounts --height 12 -o account.json",
    ],
    refusedWhen: "there is no such contract, or the state of that height is gone",
  })
    .requiredOption("-o, --output <file>", "where the proof is written")
    .option("--storage <name>", "the contract's storage")
    .option("--height <height>", "height of the state (default: the last)", numberOption("--height", 0, 2 ** 48))
    .option("--seller <id>", "of an invoice: its seller, where several use the number");
  runs<ProofOptions>(withNodeOptions(command), line, (terminal, args, options) =>
    inSession(terminal, options, (session) => prove(session, terminal, args, options)),
  );
}
