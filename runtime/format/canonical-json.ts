/**
 * Canonical JSON (RFC 8785): one text for each value. Names sorted by UTF-16 code units, no white space, numbers as ECMAScript
 * prints them, strings with the fewest escapes.
 *
 * The reader is strict by the shortest way: it reads with the platform's parser, writes the value again and compares. Doubled
 * names, white space, other escapes, `1.0` for `1` and lone surrogates all come out different and are refused.
 */
import { Rejected } from "../../vm/errors.ts";
import { utf8Bytes } from "./codec.ts";

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

export interface JsonLimits {
  /** Most UTF-16 units of the text. */
  readonly lengthMax: number;
  /** Most arrays and objects open at once. */
  readonly depthMax: number;
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [0x08, "\\b"],
  [0x09, "\\t"],
  [0x0a, "\\n"],
  [0x0c, "\\f"],
  [0x0d, "\\r"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);
const PLAIN_TEXT = /^[ !#-[\]-\u{10ffff}]*$/u;

export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function quoted(text: string): string {
  utf8Bytes(text);
  if (PLAIN_TEXT.test(text)) return `"${text}"`;
  let escaped = "";
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const short = ESCAPES.get(code);
    if (short !== undefined) escaped += short;
    else if (code < 0x20) escaped += `\\u${code.toString(16).padStart(4, "0")}`;
    else escaped += text[i];
  }
  return `"${escaped}"`;
}

function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Rejected("json.number", "JSON has no such number", { value: String(value) });
  return String(value);
}

function byCodeUnits(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * Returns the canonical text of `value`, whose nesting the caller has bounded.
 * @errors codec.utf8 (a lone surrogate), json.number (not finite)
 */
export function canonicalJson(value: JsonValue): string {
  if (value === null) return "null";
  if (typeof value === "boolean") return value ? "true" : "false";
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return quoted(value);
  if (isJsonArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const names = Object.keys(value).sort(byCodeUnits);
  return `{${names.map((name) => `${quoted(name)}:${canonicalJson(value[name]!)}`).join(",")}}`;
}

/** The deepest nesting of brackets outside strings; right for any text that is JSON. */
function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (inString) {
      if (code === 0x5c) i++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return deepest;
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw new Rejected("json.syntax", "the text is not JSON");
  }
}

/**
 * Returns the value whose canonical text is `text`.
 * @errors json.length, json.depth, json.syntax, json.notCanonical
 */
export function parseCanonicalJson(text: string, limits: JsonLimits): JsonValue {
  if (text.length > limits.lengthMax) {
    throw new Rejected("json.length", "the text is too long", { limit: String(limits.lengthMax) });
  }
  if (nestingOf(text) > limits.depthMax) {
    throw new Rejected("json.depth", "the text is nested too deep", { limit: String(limits.depthMax) });
  }
  const value = parseJson(text);
  if (!isCanonical(text, value)) {
    throw new Rejected("json.notCanonical", "the text is JSON but not its canonical form", {
      hint: "sorted names, no white space, no doubled names (RFC 8785)",
    });
  }
  return value;
}

function isCanonical(text: string, value: JsonValue): boolean {
  try {
    return canonicalJson(value) === text;
  } catch {
    return false;
  }
}
