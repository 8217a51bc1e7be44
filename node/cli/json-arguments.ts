/** Arguments and keys as they are typed: JSON, or plain words where the contract's ABI says what they are. */
import { readFileSync } from "node:fs";
import { Rejected } from "../../vm/errors.ts";
import type { Client } from "../client/client.ts";
import { UsageError } from "./exit-codes.ts";

/** JSON of an argument: the text itself, or the file that `@FILE` names; an empty object when there is none. */
export function parseJsonArgument(text: string | undefined): unknown {
  if (text === undefined) return {};
  const json = text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text;
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UsageError(`the arguments are not JSON: ${(error as Error).message}`);
  }
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
    throw new Rejected("cli.unknownStorage", `${contract} has no storage ${storage}`, { value: storage, limit: known });
  }
  if (declared.key.length !== words.length) {
    const wanted = declared.key.join(" ") || "no key";
    throw new Rejected("cli.keyParts", `a key of ${contract}.${storage} is: ${wanted}`, { value: words.join(" ") });
  }
  return declared.key.map((type, index) => wordToValue(words[index] ?? "", type));
}
