/**
 * One pass over the bytes of a JSON body before anything is built from it.
 *
 * `JSON.parse` builds first and asks later: a megabyte of `[` costs a stack, a hundred thousand integer-like keys cost
 * a quadratic hash table (CVE-2026-21717), and `__proto__` is a key like any other to it. The scan knows strings,
 * brackets, commas and colons, nothing else; whether the text is JSON is left to `JSON.parse`, which now works on
 * something bounded.
 */
import type { Rejected } from "../../vm/errors.ts";
import { type ApiProblem, rejectRequest } from "./problems.ts";

/** Reason for each: no request of this API needs a tenth of it. */
export const JSON_LIMITS = {
  depth: 32,
  /** Keys of all objects together. */
  keys: 1000,
  keyBytes: 256,
  /** Items of one array. */
  items: 10_000,
} as const;

const PROTOTYPE_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What the scan keeps of one open bracket: the keys of an object, or the number of items of an array. */
interface Level {
  readonly keys: Set<string> | undefined;
  items: number;
}

/**
 * The body is within JSON_LIMITS, has no key twice and no key that reaches into prototypes.
 * @errors api.jsonTooDeep, api.jsonTooManyKeys, api.jsonTooManyItems, api.jsonKeyTooLong, api.jsonDuplicateKey,
 *         api.prototypeKey, api.badJson (a string without end)
 */
export function scanJson(bytes: Uint8Array): void {
  const levels: Level[] = [];
  let keyCount = 0;
  let stringStart = -1;
  let stringEnd = -1;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (byte === QUOTE) {
      stringStart = i;
      stringEnd = endOfString(bytes, i);
      i = stringEnd;
    } else if (byte === COLON) {
      keyCount += 1;
      if (keyCount > JSON_LIMITS.keys) throw tooMuch("api.jsonTooManyKeys", keyCount, JSON_LIMITS.keys);
      if (stringStart >= 0) checkKey(levels.at(-1), bytes.subarray(stringStart, stringEnd + 1));
    } else if (byte === COMMA) {
      countItem(levels.at(-1));
    } else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (levels.length >= JSON_LIMITS.depth) throw tooMuch("api.jsonTooDeep", levels.length + 1, JSON_LIMITS.depth);
      levels.push({ keys: byte === OPEN_OBJECT ? new Set() : undefined, items: 1 });
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) {
      levels.pop();
    }
  }
}

/** Index of the closing quote of the string that opens at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  for (let i = start + 1; i < bytes.length; i++) {
    if (bytes[i] === BACKSLASH) i += 1;
    else if (bytes[i] === QUOTE) return i;
  }
  throw rejectRequest("api.badJson", { limit: "every string has an end" });
}

function countItem(level: Level | undefined): void {
  if (level === undefined || level.keys !== undefined) return;
  level.items += 1;
  if (level.items > JSON_LIMITS.items) throw tooMuch("api.jsonTooManyItems", level.items, JSON_LIMITS.items);
}

/** @param quoted  the key with its quotes, as it stands in the body */
function checkKey(level: Level | undefined, quoted: Uint8Array): void {
  if (quoted.length - 2 > JSON_LIMITS.keyBytes) {
    throw tooMuch("api.jsonKeyTooLong", quoted.length - 2, JSON_LIMITS.keyBytes);
  }
  const key = readKey(quoted);
  if (PROTOTYPE_KEYS.has(key)) throw rejectRequest("api.prototypeKey", { value: key });
  if (level?.keys === undefined) return;
  if (level.keys.has(key)) throw rejectRequest("api.jsonDuplicateKey", { value: key });
  level.keys.add(key);
}

/** The key with its escapes resolved: `"__pro\u0074o__"` is no way around the list. */
function readKey(quoted: Uint8Array): string {
  try {
    return String(JSON.parse(Buffer.from(quoted).toString("utf8")));
  } catch {
    throw rejectRequest("api.badJson", { limit: "a key is a JSON string" });
  }
}

function tooMuch(code: ApiProblem, value: number, limit: number): Rejected {
  return rejectRequest(code, { value: String(value), limit: String(limit) });
}
