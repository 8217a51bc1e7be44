/** Names that are part of the chain's bytes: which texts they are, and how they are read and written. */
import { Rejected } from "../../vm/errors.ts";
import { type ByteReader, type ByteWriter, utf8Bytes } from "./codec.ts";
import { TextMemory } from "./text-memory.ts";

export const CHAIN_ID_LENGTH_MAX = 32;
export const CONTRACT_NAME_LENGTH_MAX = 32;
export const METHOD_NAME_LENGTH_MAX = 64;
/** Bound of the `event_emit` host call. */
export const EVENT_NAME_LENGTH_MAX = 64;

/** Contracts that the node itself is; a deployed contract cannot take these names. */
export const SYSTEM_CONTRACTS = { chain: "chain", lifecycle: "lifecycle" } as const;

export interface NameRule {
  readonly kind: string;
  /** Cause in the code of a refusal: `codec.<cause>`. */
  readonly cause: string;
  readonly pattern: RegExp;
  readonly lengthMax: number;
  /** Texts that the pattern was tried on. */
  readonly memory: TextMemory;
}

export const NAMES = {
  chainId: {
    kind: "chain id",
    cause: "chainId",
    pattern: /^[a-z0-9-]{1,32}$/,
    lengthMax: CHAIN_ID_LENGTH_MAX,
    memory: new TextMemory(),
  },
  contract: {
    kind: "contract name",
    cause: "contractName",
    pattern: /^[a-z][a-z0-9-]{0,31}$/,
    lengthMax: CONTRACT_NAME_LENGTH_MAX,
    memory: new TextMemory(),
  },
  method: {
    kind: "method name",
    cause: "methodName",
    pattern: /^[A-Za-z][A-Za-z0-9_]{0,63}$/,
    lengthMax: METHOD_NAME_LENGTH_MAX,
    memory: new TextMemory(),
  },
  event: {
    kind: "event name",
    cause: "eventName",
    pattern: /^[A-Za-z0-9_]{1,64}$/,
    lengthMax: EVENT_NAME_LENGTH_MAX,
    memory: new TextMemory(),
  },
} as const satisfies Record<string, NameRule>;

export function isChainId(text: string): boolean {
  return NAMES.chainId.pattern.test(text);
}

export function isContractName(text: string): boolean {
  return NAMES.contract.pattern.test(text);
}

export function isMethodName(text: string): boolean {
  return NAMES.method.pattern.test(text);
}

/** @errors codec.<rule.cause> */
export function writeName(writer: ByteWriter, rule: NameRule, name: string): void {
  if (!rule.pattern.test(name)) {
    throw new Rejected(`codec.${rule.cause}`, `not a ${rule.kind}`, {
      value: name.slice(0, 200),
      limit: rule.pattern.source,
    });
  }
  writer.string(name);
}

/** @errors codec.<rule.cause> and those of a string */
export function readName(reader: ByteReader, rule: NameRule): string {
  const known = reader.recall(rule.memory);
  if (known !== undefined) return known;
  const offset = reader.offset;
  const name = reader.string(rule.lengthMax);
  if (!rule.pattern.test(name)) reader.refuse(rule.cause, `not a ${rule.kind}`, offset);
  rule.memory.remember(utf8Bytes(name), name);
  return name;
}
