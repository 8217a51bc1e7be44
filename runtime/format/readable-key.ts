/**
 * State keys as people read them: `payment/accounts/ACME`.
 *
 * Where the contract's ABI declares the storage, the parts of the key are decoded by it; where it does not, as for system
 * contracts, the contract's own key is shown as text when it is text, and else in hex. A part that is not a plain word stands
 * in quotes, so a slash or a control character in a key cannot pass for something else.
 */
import { Rejected } from "../../vm/errors.ts";
import { decodeStorageKey } from "./abi-codec.ts";
import { bytesToHex } from "./bytes.ts";
import type { JsonValue } from "./canonical-json.ts";
import type { ContractAbi } from "./contract-abi.ts";
import { splitStateKey } from "./state-key.ts";

const PLAIN_WORD = /^[\p{L}\p{N}._:@+-]+$/u;
/** Slashes too: what system contracts put in their keys. */
const PLAIN_PATH = /^[\x21-\x7e]+$/;
const HEX_SHOWN_MAX = 40;
const CONTROL = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;

export interface ReadableKey {
  /** Empty for bytes that are no state key. */
  readonly contract: string;
  /** As the ABI declares it; empty where it does not. */
  readonly storage: string;
  /** The whole key. */
  readonly text: string;
}

/** Returns what a state key says. @param abiOf the ABI of a contract, undefined where there is none */
export function readableKey(key: Uint8Array, abiOf: (contract: string) => ContractAbi | undefined): ReadableKey {
  const split = orUndefined(() => splitStateKey(key));
  if (split === undefined) return { contract: "", storage: "", text: hexText(key) };
  const { contract, key: own } = split;
  const abi = abiOf(contract);
  const storage = abi?.storage.find(({ name }) => own[0] === name.length && startsWith(own, name));
  const parts = abi && storage && orUndefined(() => decodeStorageKey(abi, storage.name, own));
  if (storage === undefined || parts === undefined) {
    return { contract, storage: "", text: `${contract}/${rawText(own)}` };
  }
  return { contract, storage: storage.name, text: [contract, storage.name, ...parts.map(partText)].join("/") };
}

function startsWith(own: Uint8Array, name: string): boolean {
  for (let at = 0; at < name.length; at += 1) if (own[1 + at] !== name.charCodeAt(at)) return false;
  return true;
}

function partText(part: JsonValue): string {
  if (typeof part === "string" && PLAIN_WORD.test(part)) return part;
  return JSON.stringify(part).replace(
    CONTROL,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function rawText(own: Uint8Array): string {
  const text = String.fromCharCode(...own);
  return PLAIN_PATH.test(text) ? text : hexText(own);
}

function hexText(bytes: Uint8Array): string {
  const hex = bytesToHex(bytes);
  return hex.length <= HEX_SHOWN_MAX ? `0x${hex}` : `0x${hex.slice(0, HEX_SHOWN_MAX)}\u2026 (${bytes.length} bytes)`;
}

function orUndefined<T>(decode: () => T): T | undefined {
  try {
    return decode();
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}
