/** Arguments and keys as they are typed: JSON, or plain words where the contract's ABI says what they are. */
import { readFileSync } from "node:fs";
import { Rejected } from "../../vm/errors.ts";
import type { Client } from "../client/client.ts";
import { pathReason } from "../config/files.ts";
import { UsageError } from "./exit-codes.ts";
import { cleanText } from "./table.ts";

/** The refusal of a file that the command line names. */
export function unreadableFile(path: string, error: NodeJS.ErrnoException): Rejected {
  const reason = pathReason(error) ?? error.code ?? error.message;
  return new Rejected("cli.unreadable", `${path} cannot be read: ${reason}`, { value: path });
}

function readArgumentFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw unreadableFile(path, error as NodeJS.ErrnoException);
  }
}

/**
 * JSON of an argument: the text itself, or the file that `@FILE` names; an empty object when there is none.
 * @errors cli.unreadable
 */
export function parseJsonArgument(text: string | undefined): unknown {
  if (text === undefined) return {};
  const json = text.startsWith("@") ? readArgumentFile(text.slice(1)) : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UsageError(
      `the arguments are not JSON: ${(error as Error).message}\n` +
        `  hint: in a shell, quote them: '{"number": "A-1"}', or '["A-1"]' in order, or @FILE`,
    );
  }
}

/** The id of a transaction, as the node wants it. */
export function parseTransactionId(text: string): string {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(id)) return id;
  throw new UsageError(`a transaction's id is 64 hexadecimal digits, not "${cleanText(text, 70)}"`);
}

const INTEGER = /^[iu](8|16|32|64)$/;

/** One word as a value of an ABI type; what is neither text, bytes nor a number is typed as JSON. */
export function wordToValue(word: string, type: string): unknown {
  if (type === "string" || type === "bytes" || type === "address" || type === "hash") return word;
  if (INTEGER.test(type)) return Number.isSafeInteger(Number(word)) ? Number(word) : word;
  return parseJsonArgument(word);
}

/**
 * Words as the parts of a storage key, by the contract's ABI.
 * @errors api.contractNotFound, cli.unknownStorage, cli.keyParts
 */
export async function keyParts(
  client: Client,
  contract: string,
  storage: string,
  words: readonly string[],
): Promise<readonly unknown[]> {
  const abi = await client.abi(contract);
  const declared = abi.storage.find(({ name }) => name === storage);
  if (declared === undefined) {
    const known = abi.storage.map(({ name }) => name).join(", ");
    const isMethod = abi.methods.some(({ name }) => name === storage);
    throw new Rejected("cli.unknownStorage", `${contract} has no storage ${storage}`, {
      value: storage,
      limit: known,
      ...(isMethod ? { hint: `${storage} is a method: cinnabar call ${contract} ${storage}` } : {}),
    });
  }
  if (declared.key.length !== words.length) {
    const wanted = declared.key.join(" ") || "no key";
    throw new Rejected("cli.keyParts", `a key of ${contract}.${storage} is: ${wanted}`, {
      value: words.join(" "),
      limit: `${declared.key.length} words`,
    });
  }
  return declared.key.map((type, index) => wordToValue(words[index] ?? "", type));
}
