/**
 * Values between JSON and codec bytes, by the types of an ABI.
 *
 *   ABI                    JSON
 *   bool                   true, false
 *   u8 .. u32, i8 .. i32   number
 *   u64, i64               number, or decimal string ("-5"); given back as a number up to 2^53 - 1, as a string beyond
 *   string                 string
 *   bytes, address, hash   lower-case hex; address and hash have 32 bytes
 *   struct                 object with exactly its fields
 *   T[]                    array                        T?   null when absent
 *
 * Bytes that do not decode are Rejected `codec.*` with the offset; JSON that does not fit is Rejected `arguments.*` with the
 * JSON path (`$.lines[3].coefficient`). Types are parsed once for each ABI object, which must not change afterwards.
 */
import { Rejected } from "../../vm/errors.ts";
import { parseType, type ScalarName, type TypeNode } from "./abi-types.ts";
import { bytesToHex, parseHex } from "./bytes.ts";
import type { JsonObject, JsonValue } from "./canonical-json.ts";
import { ByteReader, ByteWriter, hasLoneSurrogate, utf8Bytes } from "./codec.ts";
import type { AbiError, AbiField, AbiMethod, AbiStorage, ContractAbi } from "./contract-abi.ts";
import { EVENT_TOPIC_BYTES_MAX } from "./receipt.ts";
import { CONTRACT_KEY_BYTES_MAX } from "./state-key.ts";

/** Structs, arrays and optionals open at once. Types may be recursive; values are as deep as documents are. */
export const VALUE_DEPTH_MAX = 32;
/** Lengths inside a value are bounded by its bytes. */
const LENGTH_MAX = 0x7fff_ffff;
const WORD_LENGTH = 32;
const DECIMAL = /^(0|-?[1-9][0-9]{0,19})$/;

/** A struct's fields with their parsed types. */
type CompiledField = { readonly name: string; readonly type: TypeNode };

/** Memo of parsed types: derived from the ABI alone, so it can change no result. */
const typeMemo = new WeakMap<ContractAbi, Map<string, TypeNode>>();
const fieldsMemo = new WeakMap<readonly AbiField[], readonly CompiledField[]>();

function typeOf(abi: ContractAbi, expression: string): TypeNode {
  let types = typeMemo.get(abi);
  if (types === undefined) {
    types = new Map();
    typeMemo.set(abi, types);
  }
  let node = types.get(expression);
  if (node === undefined) {
    node = parseType(expression, (name) => Object.hasOwn(abi.types, name));
    types.set(expression, node);
  }
  return node;
}

function compiled(abi: ContractAbi, fields: readonly AbiField[]): readonly CompiledField[] {
  let known = fieldsMemo.get(fields);
  if (known === undefined) {
    known = fields.map(({ name, type }) => ({ name, type: typeOf(abi, type) }));
    fieldsMemo.set(fields, known);
  }
  return known;
}

function structFields(abi: ContractAbi, name: string): readonly CompiledField[] {
  return compiled(abi, abi.types[name]!.fields);
}

// JSON to bytes

/** Where in the JSON the encoder stands; made into text only when something is refused. */
class JsonPath {
  readonly #steps: (string | number)[] = [];

  get depth(): number {
    return this.#steps.length;
  }

  enter(step: string | number): void {
    this.#steps.push(step);
  }

  leave(): void {
    this.#steps.pop();
  }

  refuse(cause: string, text: string, value?: unknown): never {
    const path = `$${this.#steps.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("")}`;
    const shown = value === undefined ? {} : { value: shownValue(value) };
    throw new Rejected(`arguments.${cause}`, `${path}: ${text}`, { path, ...shown });
  }
}

function shownValue(value: unknown): string {
  if (typeof value === "object" && value !== null) return Array.isArray(value) ? "an array" : "an object";
  return String(value).slice(0, 200);
}

interface Encoder {
  readonly abi: ContractAbi;
  readonly writer: ByteWriter;
  readonly path: JsonPath;
}

function encoderOf(abi: ContractAbi): Encoder {
  return { abi, writer: new ByteWriter(), path: new JsonPath() };
}

function writeValue(encoder: Encoder, type: TypeNode, json: unknown): void {
  switch (type.kind) {
    case "scalar":
      writeScalar(encoder, type.name, json);
      break;
    case "struct":
      writeFields(encoder, structFields(encoder.abi, type.name), json);
      break;
    case "array":
      writeArray(encoder, type.element, json);
      break;
    case "optional":
      encoder.writer.boolean(json !== null);
      if (json !== null) writeValue(encoder, type.element, json);
  }
}

/** The steps taken so far are the structs and arrays that are open. */
function checkDepth(encoder: Encoder): void {
  if (encoder.path.depth >= VALUE_DEPTH_MAX) encoder.path.refuse("depth", `deeper than ${VALUE_DEPTH_MAX}`);
}

function writeInside(encoder: Encoder, step: string | number, type: TypeNode, json: unknown): void {
  encoder.path.enter(step);
  writeValue(encoder, type, json);
  encoder.path.leave();
}

function writeFields(encoder: Encoder, fields: readonly CompiledField[], json: unknown): void {
  checkDepth(encoder);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    encoder.path.refuse("type", "not an object", json);
  }
  const values = json as JsonObject;
  for (const { name, type } of fields) {
    if (!Object.hasOwn(values, name)) encoder.path.refuse("missing", `"${name}" is missing`);
    writeInside(encoder, name, type, values[name]);
  }
  const names = Object.keys(values);
  if (names.length === fields.length) return;
  const unknown = names.find((name) => fields.every((field) => field.name !== name));
  encoder.path.refuse("unknown", "there is no such field", unknown);
}

function writeArray(encoder: Encoder, element: TypeNode, json: unknown): void {
  checkDepth(encoder);
  if (!Array.isArray(json)) encoder.path.refuse("type", "not an array", json);
  encoder.writer.u32(json.length);
  for (let i = 0; i < json.length; i++) writeInside(encoder, i, element, json[i]);
}

function writeScalar(encoder: Encoder, name: ScalarName, json: unknown): void {
  switch (name) {
    case "bool":
      writeBoolean(encoder, json);
      break;
    case "string":
      writeText(encoder, json);
      break;
    case "bytes":
      encoder.writer.bytes(hexOf(encoder, json));
      break;
    case "address":
    case "hash":
      writeWord(encoder, hexOf(encoder, json));
      break;
    default:
      writeInteger(encoder, name, json);
  }
}

function writeBoolean(encoder: Encoder, json: unknown): void {
  if (typeof json !== "boolean") encoder.path.refuse("type", "not true or false", json);
  encoder.writer.boolean(json);
}

function writeText(encoder: Encoder, json: unknown): void {
  if (typeof json !== "string") encoder.path.refuse("type", "not a string", json);
  if (hasLoneSurrogate(json)) encoder.path.refuse("utf8", "a lone surrogate has no UTF-8 form");
  encoder.writer.string(json);
}

function hexOf(encoder: Encoder, json: unknown): Uint8Array {
  if (typeof json !== "string") return encoder.path.refuse("type", "not a string of hex", json);
  return parseHex(json) ?? encoder.path.refuse("hex", "not lower-case hex with two digits a byte", json);
}

function writeWord(encoder: Encoder, bytes: Uint8Array): void {
  if (bytes.length !== WORD_LENGTH) {
    encoder.path.refuse("length", `${bytes.length} bytes where ${WORD_LENGTH} are due`);
  }
  encoder.writer.fixed(bytes, WORD_LENGTH);
}

type IntegerName = Exclude<ScalarName, "bool" | "string" | "bytes" | "address" | "hash">;

const INTEGER_RANGES: Readonly<Record<IntegerName, { readonly minimum: bigint; readonly maximum: bigint }>> = {
  u8: { minimum: 0n, maximum: 0xffn },
  u16: { minimum: 0n, maximum: 0xffffn },
  u32: { minimum: 0n, maximum: 0xffff_ffffn },
  u64: { minimum: 0n, maximum: 0xffff_ffff_ffff_ffffn },
  i8: { minimum: -0x80n, maximum: 0x7fn },
  i16: { minimum: -0x8000n, maximum: 0x7fffn },
  i32: { minimum: -0x8000_0000n, maximum: 0x7fff_ffffn },
  i64: { minimum: -0x8000_0000_0000_0000n, maximum: 0x7fff_ffff_ffff_ffffn },
};

function writeInteger(encoder: Encoder, name: IntegerName, json: unknown): void {
  const { writer } = encoder;
  const value = integerOf(encoder, name, json);
  const { minimum, maximum } = INTEGER_RANGES[name];
  if (value < minimum || value > maximum) encoder.path.refuse("range", `not a ${name}`, json);
  if (name === "u64") writer.u64(BigInt(value));
  else if (name === "i64") writer.i64(BigInt(value));
  else writer[name](Number(value));
}

function integerOf(encoder: Encoder, name: IntegerName, json: unknown): number | bigint {
  if (typeof json === "number" && Number.isSafeInteger(json)) return Object.is(json, -0) ? 0 : json;
  const isWide = name === "u64" || name === "i64";
  if (isWide && typeof json === "string" && DECIMAL.test(json)) return BigInt(json);
  if (isWide && typeof json === "bigint") return json;
  const expected = isWide ? "an integer up to 2^53 - 1, or a decimal string" : "an integer";
  return encoder.path.refuse("type", `not ${expected}`, json);
}

// Bytes to JSON

interface Decoder {
  readonly abi: ContractAbi;
  readonly reader: ByteReader;
  /** Structs, arrays and optionals left to open. */
  readonly depthLeft: number;
}

function decoderOf(abi: ContractAbi, bytes: Uint8Array): Decoder {
  return { abi, reader: new ByteReader(bytes), depthLeft: VALUE_DEPTH_MAX };
}

/** A decoder inside one struct or array; a list of parameters, fields of an event or parts of a key counts as one. */
function opened(decoder: Decoder): Decoder {
  if (decoder.depthLeft === 0) decoder.reader.refuse("depth", `deeper than ${VALUE_DEPTH_MAX}`);
  return { ...decoder, depthLeft: decoder.depthLeft - 1 };
}

function readValue(decoder: Decoder, type: TypeNode): JsonValue {
  if (type.kind === "scalar") return readScalar(decoder.reader, type.name);
  if (type.kind === "optional") return decoder.reader.boolean() ? readValue(decoder, type.element) : null;
  if (type.kind === "struct") return readFields(decoder, structFields(decoder.abi, type.name));
  const inner = opened(decoder);
  // Every type takes at least one byte: structs have a field, and none contains itself without an array or optional.
  const count = inner.reader.count(LENGTH_MAX, 1);
  return Array.from({ length: count }, () => readValue(inner, type.element));
}

function readFields(decoder: Decoder, fields: readonly CompiledField[]): JsonObject {
  const inner = opened(decoder);
  return Object.fromEntries(fields.map(({ name, type }) => [name, readValue(inner, type)]));
}

function readScalar(reader: ByteReader, name: ScalarName): JsonValue {
  switch (name) {
    case "bool":
      return reader.boolean();
    case "string":
      return reader.string(LENGTH_MAX);
    case "bytes":
      return bytesToHex(reader.bytes(LENGTH_MAX));
    case "address":
    case "hash":
      return bytesToHex(reader.fixed(WORD_LENGTH));
    case "u64":
    case "i64":
      return wideIntegerJson(reader[name]());
    default:
      return reader[name]();
  }
}

function wideIntegerJson(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

// What callers use

function found<T extends { readonly name: string }>(entries: readonly T[], name: string, cause: string): T {
  const entry = entries.find((candidate) => candidate.name === name);
  if (entry === undefined) {
    const hint = entries
      .map((candidate) => candidate.name)
      .join(", ")
      .slice(0, 500);
    throw new Rejected(`abi.${cause}`, "the ABI has no such name", { value: name.slice(0, 200), hint });
  }
  return entry;
}

/** @errors abi.unknownMethod */
export function abiMethod(abi: ContractAbi, name: string): AbiMethod {
  return found(abi.methods, name, "unknownMethod");
}

/** @errors abi.unknownStorage */
export function abiStorage(abi: ContractAbi, name: string): AbiStorage {
  return found(abi.storage, name, "unknownStorage");
}

/** Returns what the contract says of a revert code, or null. */
export function abiError(abi: ContractAbi, code: number): AbiError | null {
  return abi.errors.find((error) => error.code === code) ?? null;
}

/**
 * Returns the codec bytes of `json` as a value of type `type`.
 * @errors abi.type, arguments.{type,range,hex,length,utf8,missing,unknown,depth}
 */
export function encodeValue(abi: ContractAbi, type: string, json: unknown): Uint8Array {
  const encoder = encoderOf(abi);
  writeValue(encoder, typeOf(abi, type), json);
  return encoder.writer.finish();
}

/** Returns the JSON of the value of type `type` whose bytes are exactly `bytes`. @errors abi.type, codec.* */
export function decodeValue(abi: ContractAbi, type: string, bytes: Uint8Array): JsonValue {
  const decoder = decoderOf(abi, bytes);
  const value = readValue(decoder, typeOf(abi, type));
  decoder.reader.end();
  return value;
}

/**
 * Returns the argument bytes of a call.
 * @param json an object with exactly the parameters, or an array of them in order
 * @errors abi.unknownMethod, arguments.*
 */
export function encodeArguments(abi: ContractAbi, method: string, json: unknown): Uint8Array {
  const fields = compiled(abi, abiMethod(abi, method).params);
  const encoder = encoderOf(abi);
  if (Array.isArray(json)) writeInOrder(encoder, fields, json);
  else writeFields(encoder, fields, json);
  return encoder.writer.finish();
}

function writeInOrder(encoder: Encoder, fields: readonly CompiledField[], values: readonly unknown[]): void {
  if (values.length !== fields.length) {
    encoder.path.refuse("length", `${values.length} values where ${fields.length} are due`);
  }
  fields.forEach(({ type }, index) => {
    writeInside(encoder, index, type, values[index]);
  });
}

function decodeFields(abi: ContractAbi, fields: readonly AbiField[], bytes: Uint8Array): JsonObject {
  const decoder = decoderOf(abi, bytes);
  const values = readFields(decoder, compiled(abi, fields));
  decoder.reader.end();
  return values;
}

/** Returns the arguments of a call by name. @errors abi.unknownMethod, codec.* */
export function decodeArguments(abi: ContractAbi, method: string, bytes: Uint8Array): JsonObject {
  return decodeFields(abi, abiMethod(abi, method).params, bytes);
}

/** Returns what a method returned; null when it returns nothing. @errors abi.unknownMethod, codec.* */
export function decodeReturn(abi: ContractAbi, method: string, bytes: Uint8Array): JsonValue {
  const { returns } = abiMethod(abi, method);
  if (returns !== null) return decodeValue(abi, returns, bytes);
  new ByteReader(bytes).end();
  return null;
}

/** Returns the fields of an event. @errors abi.unknownEvent, codec.* */
export function decodeEvent(abi: ContractAbi, event: string, bytes: Uint8Array): JsonObject {
  return decodeFields(abi, found(abi.events, event, "unknownEvent").fields, bytes);
}

/**
 * Returns the topic that an event has for the value of an indexed field: its codec bytes, or their SHA-256 where they are more
 * than EVENT_TOPIC_BYTES_MAX. A contract's SDK makes the same.
 * @errors abi.unknownEvent (of the field, too), arguments.*
 */
export function encodeTopic(
  abi: ContractAbi,
  place: { readonly event: string; readonly field: string },
  json: unknown,
  sha256: (message: Uint8Array) => Uint8Array,
): Uint8Array {
  const { fields } = found(abi.events, place.event, "unknownEvent");
  const indexed = fields.filter((field) => field.indexed);
  const bytes = encodeValue(abi, found(indexed, place.field, "unknownEvent").type, json);
  return bytes.length > EVENT_TOPIC_BYTES_MAX ? sha256(bytes) : bytes;
}

/**
 * Returns the contract's own key of a storage cell (no parts) or map entry:
 * length of the storage's name u8 | name | codec bytes of the parts, in order.
 * @errors abi.unknownStorage, arguments.*, arguments.keyTooLong
 */
export function storageKey(abi: ContractAbi, storageName: string, parts: readonly unknown[]): Uint8Array {
  const storage = abiStorage(abi, storageName);
  const encoder = encoderOf(abi);
  const name = utf8Bytes(storage.name);
  encoder.writer.u8(name.length).fixed(name, name.length);
  const types = storage.key.map((type) => ({ name: "", type: typeOf(abi, type) }));
  writeInOrder(encoder, types, parts);
  if (encoder.writer.length > CONTRACT_KEY_BYTES_MAX) {
    encoder.path.refuse("keyTooLong", `the key has more than ${CONTRACT_KEY_BYTES_MAX} bytes`);
  }
  return encoder.writer.finish();
}

/**
 * Returns the key parts of a contract's own key that belongs to `storageName`.
 * @errors abi.unknownStorage, codec.storage when it belongs to another, codec.*
 */
export function decodeStorageKey(abi: ContractAbi, storageName: string, key: Uint8Array): readonly JsonValue[] {
  const storage = abiStorage(abi, storageName);
  const decoder = decoderOf(abi, key);
  const nameLength = decoder.reader.u8();
  const name = String.fromCharCode(...decoder.reader.fixed(nameLength));
  if (name !== storage.name) decoder.reader.refuse("storage", "the key belongs to another storage", 0);
  const inner = opened(decoder);
  const parts = storage.key.map((type) => readValue(inner, typeOf(abi, type)));
  decoder.reader.end();
  return parts;
}
