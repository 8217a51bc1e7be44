/** `cinnabar verify`: checks a proof file offline, step by step, and says what it shows and what it does not. */
import type { Command } from "commander";
import { type VerifiedClaim, type VerifiedProof, verifyProofFile } from "../../../runtime/verify/index.ts";
import { addCommand, type CommandLine, runs } from "../command.ts";
import { EXIT, type ExitCode } from "../exit-codes.ts";
import { cleanText, formatFields } from "../table.ts";
import { type Terminal, toJson } from "../terminal.ts";
import { readNamedFile } from "./check.ts";

interface VerifyCommandOptions {
  readonly sealer?: string;
  readonly chain?: string;
}

function claimFields(claim: VerifiedClaim): (readonly [string, string])[] {
  const entry = `${claim.contract}.${claim.storage}${cleanText(toJson(claim.key))}`;
  const value = claim.present ? cleanText(toJson(claim.value), 2000) : "there is no such entry";
  return [
    ["chain", claim.chainId],
    ["height", `${claim.height}, ${new Date(claim.timeSeconds * 1000).toISOString()}`],
    ["block", claim.blockHash],
    ["state root", claim.stateRoot],
    ["sealer", `${claim.sealer.algorithm} ${claim.sealer.publicKey}`],
    ["contract", `${claim.contract}, version ${claim.contractVersion}, code ${claim.codeHash}`],
    ["entry", entry],
    ["value", value],
  ];
}

function printProof(terminal: Terminal, proof: VerifiedProof): void {
  const { green, red } = terminal.colours;
  for (const { name, ok, detail } of proof.steps) {
    terminal.line(`${ok ? green("ok    ") : red("FAILED")}  ${name.padEnd(8)}  ${cleanText(detail)}`);
  }
  terminal.line();
  if (!proof.ok) {
    terminal.line(`${red("refused")}: ${cleanText(proof.message, 400)} (${proof.code})`);
    return;
  }
  terminal.line(green("The proof holds. It shows:"));
  for (const line of formatFields(claimFields(proof.claim))) terminal.line(`  ${line}`);
  terminal.line("It does not show:");
  for (const sentence of proof.notShown) terminal.line(`  - ${sentence}`);
}

/** Strict UTF-8, and a byte order mark stays, so that each byte of the file counts. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** The verdict on a file's bytes. */
export function verifyBytes(bytes: Uint8Array, options: VerifyCommandOptions = {}): VerifiedProof {
  const text = textOf(bytes);
  if (text === undefined) {
    const message = "the file is not UTF-8";
    return { ok: false, steps: [{ name: "format", ok: false, detail: message }], code: "proof.format", message };
  }
  return verifyProofFile(text, {
    ...(options.sealer === undefined ? {} : { sealer: options.sealer.toLowerCase() }),
    ...(options.chain === undefined ? {} : { chainId: options.chain }),
  });
}

async function verify(
  terminal: Terminal,
  [file = ""]: readonly string[],
  options: VerifyCommandOptions,
): Promise<ExitCode> {
  const proof = verifyBytes(await readNamedFile(file), options);
  terminal.value({ file, ...proof });
  printProof(terminal, proof);
  return proof.ok ? EXIT.ok : EXIT.refused;
}

export function registerVerify(program: Command, line: CommandLine): void {
  const command = addCommand(program, {
    usage: "verify <file>",
    summary: "check a proof file offline, without a node",
    examples: ["cinnabar verify proof.json", "cinnabar verify proof.json --sealer 5c2a... --chain cinnabar-dev --json"],
    refusedWhen: "the proof does not hold",
  })
    .option("--sealer <hex>", "public key that must have sealed the block: the one you trust")
    .option("--chain <id>", "chain that the block must be of");
  runs<VerifyCommandOptions>(command, line, verify);
}
