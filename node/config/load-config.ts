/**
 * Puts a node's configuration together: defaults < JSON file < environment < options, each level over the one before,
 * value by value. The file is JSON; a TOML file is not read. Nothing is ignored: a key that the schema does not know is
 * refused at every level, because a misspelt limit would otherwise be no limit.
 *
 * The environment variable of a value is CINNABAR_ and its path in upper snake case: `ingest.pendingMax` is
 * CINNABAR_INGEST_PENDING_MAX. The folder has a short one, CINNABAR_DATA.
 */
import { readFileSync } from "node:fs";
import { Ajv, type ErrorObject } from "ajv";
import { Rejected } from "../../vm/errors.ts";
import { type NodeConfig, type NodeConfigInput, nodeConfigSchema } from "./schema.ts";

const ENVIRONMENT_PREFIX = "CINNABAR_";

/** Variables with the prefix that belong to the command line and the client, not to the node. */
const OTHER_ENVIRONMENT: ReadonlySet<string> = new Set([
  "CINNABAR_CONFIG",
  "CINNABAR_KEY",
  "CINNABAR_NO_COLOR",
  "CINNABAR_URL",
]);

type JsonObject = Record<string, unknown>;

export interface ConfigSources {
  /** Path of a JSON file. */
  readonly file?: string;
  /** Usually `process.env`. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly options?: NodeConfigInput;
}

/**
 * The whole configuration, complete and valid.
 * @errors config.badFile, config.unknownKey, config.badValue
 */
export function loadConfig(sources: ConfigSources = {}): NodeConfig {
  const merged: JsonObject = {};
  if (sources.file !== undefined) mergeInto(merged, readConfigFile(sources.file));
  mergeInto(merged, readEnvironment(sources.environment ?? {}));
  mergeInto(merged, (sources.options ?? {}) as JsonObject);
  return validateConfig(merged);
}

/** Path and environment variable of every value, for the reference page and `--help`. */
export function configVariables(): readonly { readonly path: readonly string[]; readonly variable: string }[] {
  return leafPaths().map(({ path }) => ({ path, variable: variableOf(path) }));
}

function validateConfig(value: JsonObject): NodeConfig {
  const ajv = new Ajv({ strict: true, useDefaults: true, removeAdditional: false, coerceTypes: false });
  const validate = ajv.compile<NodeConfig>(nodeConfigSchema);
  if (validate(value)) return value;
  throw configRejection(validate.errors?.[0], value);
}

function configRejection(error: ErrorObject | undefined, value: JsonObject): Rejected {
  const path = (error?.instancePath ?? "").slice(1).replaceAll("/", ".");
  if (error?.keyword === "additionalProperties") {
    const key = [path, String(error.params.additionalProperty)].filter((part) => part !== "").join(".");
    return unknownKey(key);
  }
  return new Rejected("config.badValue", `The configuration value ${path} ${error?.message ?? "is not valid"}.`, {
    value: String(JSON.stringify(valueAt(value, path))).slice(0, 200),
    limit: JSON.stringify(error?.params ?? {}),
  });
}

function unknownKey(key: string): Rejected {
  return new Rejected("config.unknownKey", `The configuration has no value ${key}.`, {
    value: key.slice(0, 200),
    hint: "Look for a misspelling; docs/api.md lists every value.",
  });
}

function valueAt(value: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((at, key) => (isObject(at) ? at[key] : at), value);
}

function readConfigFile(path: string): JsonObject {
  try {
    const value: unknown = JSON.parse(readFileSync(path, "utf8"));
    if (isObject(value)) return value;
  } catch (cause) {
    throw badFile(path, cause instanceof Error ? cause.message : String(cause));
  }
  throw badFile(path, "it is not a JSON object");
}

function badFile(path: string, reason: string): Rejected {
  return new Rejected("config.badFile", `The configuration file cannot be used: ${reason}`, {
    value: path.slice(0, 200),
    limit: "a JSON object",
  });
}

function readEnvironment(environment: Readonly<Record<string, string | undefined>>): JsonObject {
  const byVariable = new Map(leafPaths().map((leaf) => [variableOf(leaf.path), leaf]));
  const result: JsonObject = {};
  for (const [variable, text] of Object.entries(environment)) {
    if (text === undefined || !variable.startsWith(ENVIRONMENT_PREFIX) || OTHER_ENVIRONMENT.has(variable)) continue;
    const leaf = byVariable.get(variable);
    if (leaf === undefined) throw unknownKey(variable);
    setAt(result, leaf.path, parseText(leaf.type, text));
  }
  return result;
}

/** A text that is not of the type stays a text, and the schema refuses it with its name. */
function parseText(type: string, text: string): unknown {
  if (type === "integer" && /^[0-9]{1,16}$/.test(text)) return Number(text);
  if (type === "boolean" && (text === "true" || text === "false")) return text === "true";
  return text;
}

interface Leaf {
  readonly path: readonly string[];
  readonly type: string;
}

interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
}

const CONFIG_SCHEMA: SchemaNode = nodeConfigSchema as object;

function leafPaths(schema: SchemaNode = CONFIG_SCHEMA, path: readonly string[] = []): Leaf[] {
  if (schema.properties === undefined) return [{ path, type: schema.type ?? "string" }];
  return Object.entries(schema.properties).flatMap(([key, child]) => leafPaths(child, [...path, key]));
}

function variableOf(path: readonly string[]): string {
  if (path.join(".") === "dataFolder") return "CINNABAR_DATA";
  const snake = path.map((part) => part.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase());
  return ENVIRONMENT_PREFIX + snake.join("_");
}

function setAt(target: JsonObject, path: readonly string[], value: unknown): void {
  const [key, ...rest] = path;
  if (key === undefined) return;
  if (rest.length === 0) {
    target[key] = value;
    return;
  }
  const child = target[key];
  const next = isObject(child) ? child : {};
  target[key] = next;
  setAt(next, rest, value);
}

/** Values of `source` that are not undefined stand in `target`; objects are merged, everything else is replaced. */
function mergeInto(target: JsonObject, source: JsonObject): void {
  for (const [key, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const present = Object.hasOwn(target, key) ? target[key] : undefined;
    if (isObject(value)) {
      const merged: JsonObject = isObject(present) ? present : {};
      mergeInto(merged, value);
      defineValue(target, key, merged);
    } else {
      defineValue(target, key, value);
    }
  }
}

/** As an assignment, but a key named `__proto__` becomes a key, which the schema then refuses. */
function defineValue(target: JsonObject, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
