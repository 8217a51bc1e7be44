/**
 * The ABI section of a module: canonical JSON, read strictly. A section that is accepted has one meaning, and its SHA-256 (which
 * stands in the contract's record) names that meaning.
 *
 * Beyond shape and limits it is checked that names are unique, every type exists, no struct contains itself without an array
 * or optional between (it would have no finite value), and every struct has a field (so that each value takes a byte, which
 * bounds what an array can ask for).
 */
import { Rejected } from "../../vm/errors.ts";
import { REVERT_CODE_RESERVED } from "../../vm/outcome.ts";
import { IDENTIFIER, isScalar, parseType, type TypeNode } from "./abi-types.ts";
import { canonicalJson, type JsonObject, type JsonValue, parseCanonicalJson } from "./canonical-json.ts";
import { utf8Bytes } from "./codec.ts";
import type { AbiError, AbiEvent, AbiField, AbiMethod, AbiStorage, ContractAbi } from "./contract-abi.ts";
import { JsonCursor } from "./json-cursor.ts";
import { NAMES } from "./names.ts";
import { EVENT_TOPICS_MAX } from "./receipt.ts";

/** A large contract of ours has about 12 KB; the section is read at every deployment and kept in every proof file. */
export const ABI_BYTES_MAX = 65_536;
const JSON_DEPTH_MAX = 8;
const TYPES_MAX = 256;
const FIELDS_MAX = 64;
const METHODS_MAX = 256;
const EVENTS_MAX = 256;
const STORAGE_MAX = 64;
const KEY_PARTS_MAX = 8;
const ERRORS_MAX = 1024;
const TEXT_LENGTH_MAX = 500;
const U32_MAX = 0xffff_ffff;
/** As people know rules and causes: `BR-CO-10`, `invoice.duplicate`. */
const ERROR_NAME = /^[A-Za-z][A-Za-z0-9._-]{0,63}$/;
const TYPE_TEXT = /^[A-Za-z][A-Za-z0-9_]{0,63}(\[\]|\?){0,4}$/;

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * Returns the ABI whose section is `section`.
 * @errors abi.{length,utf8,json,shape,limit,name,type,recursion}, with the JSON path
 */
export function parseAbi(section: Uint8Array): ContractAbi {
  if (section.length > ABI_BYTES_MAX) {
    throw new Rejected("abi.length", `the ABI has ${section.length} bytes`, { limit: String(ABI_BYTES_MAX) });
  }
  const abi = readAbi(new JsonCursor(parseSection(section), "abi"));
  checkAbi(abi);
  return abi;
}

/**
 * Returns the section bytes of an ABI.
 * @errors those of `parseAbi`: what cannot be read is not written
 */
export function encodeAbi(abi: ContractAbi): Uint8Array {
  const section = utf8Bytes(canonicalJson(abiJson(abi)));
  parseAbi(section);
  return section;
}

function parseSection(section: Uint8Array): JsonValue {
  let text: string;
  try {
    text = utf8Decoder.decode(section);
  } catch {
    throw new Rejected("abi.utf8", "the ABI is not UTF-8");
  }
  try {
    return parseCanonicalJson(text, { lengthMax: ABI_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    throw new Rejected("abi.json", `the ABI is not canonical JSON: ${error.message}`, error.details);
  }
}

function readAbi(cursor: JsonCursor): ContractAbi {
  const names = ["abi", "contract", "version", "types", "methods", "events", "storage", "errors"] as const;
  const fields = cursor.object(names);
  if (fields.abi.value !== 1) fields.abi.refuse("shape", "not a version of the ABI format that is known here");
  return {
    abi: 1,
    contract: fields.contract.text(NAMES.contract.pattern),
    version: fields.version.integer(U32_MAX),
    types: Object.fromEntries(fields.types.entries(TYPES_MAX).map(readStruct)),
    methods: fields.methods.array(METHODS_MAX).map(readMethod),
    events: fields.events.array(EVENTS_MAX).map(readEvent),
    storage: fields.storage.array(STORAGE_MAX).map(readStorage),
    errors: fields.errors.array(ERRORS_MAX).map(readError),
  };
}

function readStruct([name, cursor]: readonly [string, JsonCursor]): [string, { readonly fields: readonly AbiField[] }] {
  if (!IDENTIFIER.test(name) || isScalar(name)) cursor.refuse("name", "not a name for a struct");
  const fields = cursor.object(["fields"]).fields.array(FIELDS_MAX).map(readField);
  if (fields.length === 0) cursor.refuse("shape", "a struct has a field");
  return [name, { fields }];
}

function readField(cursor: JsonCursor): AbiField {
  const { name, type } = cursor.object(["name", "type"]);
  return { name: name.text(IDENTIFIER), type: type.text(TYPE_TEXT) };
}

function readMethod(cursor: JsonCursor): AbiMethod {
  const fields = cursor.object(["name", "kind", "params", "returns", "object"]);
  return {
    name: fields.name.text(NAMES.method.pattern),
    kind: fields.kind.oneOf(["init", "call", "view"]),
    params: fields.params.array(FIELDS_MAX).map(readField),
    returns: fields.returns.value === null ? null : fields.returns.text(TYPE_TEXT),
    object: fields.object.array(FIELDS_MAX).map((item) => item.text(IDENTIFIER)),
  };
}

function readEvent(cursor: JsonCursor): AbiEvent {
  const { name, fields } = cursor.object(["name", "fields"]);
  const found = fields.array(FIELDS_MAX).map((item) => {
    const field = item.object(["name", "type", "indexed"]);
    return {
      name: field.name.text(IDENTIFIER),
      type: field.type.text(TYPE_TEXT),
      indexed: field.indexed.boolean(),
    };
  });
  if (found.filter(({ indexed }) => indexed).length > EVENT_TOPICS_MAX) {
    fields.refuse("limit", `more than ${EVENT_TOPICS_MAX} indexed fields`);
  }
  return { name: name.text(NAMES.event.pattern), fields: found };
}

function readStorage(cursor: JsonCursor): AbiStorage {
  const fields = cursor.object(["name", "kind", "key", "value"]);
  const kind = fields.kind.oneOf(["cell", "map"]);
  const key = fields.key.array(KEY_PARTS_MAX).map((item) => item.text(TYPE_TEXT));
  if ((kind === "cell") !== (key.length === 0)) fields.key.refuse("shape", "a map has key parts, a cell has none");
  return { name: fields.name.text(IDENTIFIER), kind, key, value: fields.value.text(TYPE_TEXT) };
}

function readError(cursor: JsonCursor): AbiError {
  const { code, name, text } = cursor.object(["code", "name", "text"]);
  const { value } = text;
  if (typeof value !== "string" || value.length > TEXT_LENGTH_MAX) return text.refuse("shape", "not a short text");
  return { code: code.integer(REVERT_CODE_RESERVED - 1), name: name.text(ERROR_NAME), text: value };
}

function checkAbi(abi: ContractAbi): void {
  checkUnique(abi);
  for (const method of abi.methods) checkMethod(method);
  const isStruct = (name: string): boolean => Object.hasOwn(abi.types, name);
  for (const { at, type } of typesIn(abi)) checkType(type, at, isStruct);
  checkFinite(abi, isStruct);
}

function checkUnique(abi: ContractAbi): void {
  const names = (entries: readonly { readonly name: string }[]): readonly string[] => entries.map(({ name }) => name);
  const lists: readonly (readonly [string, readonly (string | number)[]])[] = [
    ["$.methods", names(abi.methods)],
    ["$.events", names(abi.events)],
    ["$.storage", names(abi.storage)],
    ["$.errors", names(abi.errors)],
    ["$.errors", abi.errors.map(({ code }) => code)],
    ...abi.methods.map(({ name, params }) => [`$.methods.${name}`, names(params)] as const),
    ...abi.events.map(({ name, fields }) => [`$.events.${name}`, names(fields)] as const),
    ...Object.entries(abi.types).map(([name, { fields }]) => [`$.types.${name}`, names(fields)] as const),
  ];
  for (const [path, list] of lists) {
    if (new Set(list).size < list.length) {
      throw new Rejected("abi.name", `${path}: a name or code stands twice`, { path });
    }
  }
}

function checkMethod(method: AbiMethod): void {
  const path = `$.methods.${method.name}`;
  if ((method.kind === "init") !== (method.name === "init")) {
    throw new Rejected("abi.name", `${path}: the method "init", and no other, is of kind init`, { path });
  }
  const foreign = method.object.find((name) => method.params.every((param) => param.name !== name));
  if (foreign !== undefined) {
    throw new Rejected("abi.name", `${path}: "object" names no parameter`, { path, value: foreign });
  }
}

function typesIn(abi: ContractAbi): readonly { readonly at: string; readonly type: string }[] {
  const ofFields = (at: string, fields: readonly AbiField[]) =>
    fields.map(({ name, type }) => ({ at: `${at}.${name}`, type }));
  return [
    ...Object.entries(abi.types).flatMap(([name, { fields }]) => ofFields(`$.types.${name}`, fields)),
    ...abi.methods.flatMap(({ name, params }) => ofFields(`$.methods.${name}`, params)),
    ...abi.methods.flatMap(({ name, returns }) =>
      returns === null ? [] : [{ at: `$.methods.${name}`, type: returns }],
    ),
    ...abi.events.flatMap(({ name, fields }) => ofFields(`$.events.${name}`, fields)),
    ...abi.storage.flatMap(({ name, key, value }) =>
      [...key, value].map((type) => ({ at: `$.storage.${name}`, type })),
    ),
  ];
}

function checkType(type: string, path: string, isStruct: (name: string) => boolean): void {
  try {
    parseType(type, isStruct);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    throw new Rejected("abi.type", `${path}: not a type of this ABI`, { path, value: type });
  }
}

/** No struct contains itself directly; depth first, each struct once. */
function checkFinite(abi: ContractAbi, isStruct: (name: string) => boolean): void {
  const done = new Set<string>();
  const open = new Set<string>();
  const visit = (name: string): void => {
    if (done.has(name)) return;
    if (open.has(name)) {
      const path = `$.types.${name}`;
      throw new Rejected("abi.recursion", `${path}: the struct contains itself`, { path });
    }
    open.add(name);
    for (const field of abi.types[name]!.fields) {
      const node: TypeNode = parseType(field.type, isStruct);
      if (node.kind === "struct") visit(node.name);
    }
    open.delete(name);
    done.add(name);
  };
  for (const name of Object.keys(abi.types)) visit(name);
}

function fieldJson({ name, type }: AbiField): JsonObject {
  return { name, type };
}

/** Copies the fields the format has, so that nothing else of the object gets into the section. */
function abiJson(abi: ContractAbi): JsonObject {
  return {
    abi: abi.abi,
    contract: abi.contract,
    version: abi.version,
    types: Object.fromEntries(
      Object.entries(abi.types).map(([name, { fields }]) => [name, { fields: fields.map(fieldJson) }]),
    ),
    methods: abi.methods.map(({ name, kind, params, returns, object }) => ({
      name,
      kind,
      params: params.map(fieldJson),
      returns,
      object,
    })),
    events: abi.events.map(({ name, fields }) => ({
      name,
      fields: fields.map((field) => ({ ...fieldJson(field), indexed: field.indexed })),
    })),
    storage: abi.storage.map(({ name, kind, key, value }) => ({ name, kind, key, value })),
    errors: abi.errors.map(({ code, name, text }) => ({ code, name, text })),
  };
}
