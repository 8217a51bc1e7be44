import assert from "node:assert/strict";
import { test } from "node:test";
import { ABI_BYTES_MAX, encodeAbi, parseAbi } from "../../../../runtime/format/abi.ts";
import {
  abiError,
  decodeArguments,
  decodeEvent,
  decodeReturn,
  encodeArguments,
  encodeValue,
  storageKey,
} from "../../../../runtime/format/abi-codec.ts";
import { canonicalJson, type JsonValue } from "../../../../runtime/format/canonical-json.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import type { ContractAbi } from "../../../../runtime/format/contract-abi.ts";

const abi: ContractAbi = {
  abi: 1,
  contract: "ledger",
  version: 3,
  types: {
    Money: {
      fields: [
        { name: "amount", type: "i64" },
        { name: "currency", type: "string" },
      ],
    },
    constructor: { fields: [{ name: "toString", type: "u8" }] },
  },
  methods: [
    { name: "init", kind: "init", params: [{ name: "mode", type: "u8" }], returns: null, object: [] },
    {
      name: "pay",
      kind: "call",
      params: [
        { name: "to", type: "address" },
        { name: "money", type: "Money" },
        { name: "note", type: "string?" },
      ],
      returns: "u64",
      object: ["to"],
    },
  ],
  events: [{ name: "Paid", fields: [{ name: "money", type: "Money", indexed: true }] }],
  storage: [
    { name: "total", kind: "cell", key: [], value: "u64" },
    { name: "accounts", kind: "map", key: ["address", "string"], value: "Money" },
  ],
  errors: [{ code: 7, name: "ledger.tooLittle", text: "The account holds less than that." }],
};
const TO = "07".repeat(32);
const arguments_ = { to: TO, money: { amount: -5, currency: "EUR" }, note: null };

/** The JSON of the ABI with one value replaced at a path. */
function changed(path: readonly (string | number)[], value: JsonValue | undefined): Uint8Array {
  const copy = structuredClone(abi) as unknown as Record<string, unknown>;
  const parent = path.slice(0, -1).reduce<Record<string, unknown>>((at, step) => at[step] as never, copy);
  if (value === undefined) delete parent[path.at(-1)!];
  else parent[path.at(-1)!] = value;
  return utf8Bytes(canonicalJson(copy as JsonValue));
}

test("an ABI is read from the bytes it was written to", () => {
  assert.deepEqual(parseAbi(encodeAbi(abi)), abi);
});

test("an ABI that breaks a rule is refused with its code", () => {
  const field = (name: string, type: string): JsonValue => ({ name, type });
  const many = (count: number): JsonValue => Array.from({ length: count }, (_, i) => field(`f${i}`, "u8"));
  const table: readonly { id: string; bytes: Uint8Array; code: string }[] = [
    { id: "not UTF-8", bytes: Uint8Array.of(0xff), code: "abi.utf8" },
    { id: "not JSON", bytes: utf8Bytes("{"), code: "abi.json" },
    { id: "not canonical", bytes: utf8Bytes(`${canonicalJson(abi as never)} `), code: "abi.json" },
    { id: "too long", bytes: new Uint8Array(ABI_BYTES_MAX + 1), code: "abi.length" },
    { id: "deep", bytes: utf8Bytes("[".repeat(50_000)), code: "abi.json" },
    { id: "an array", bytes: utf8Bytes("[]"), code: "abi.shape" },
    { id: "null", bytes: utf8Bytes("null"), code: "abi.shape" },
    { id: "a later format", bytes: changed(["abi"], 2), code: "abi.shape" },
    { id: "a field more", bytes: changed(["extra"], 1), code: "abi.shape" },
    { id: "a field less", bytes: changed(["errors"], undefined), code: "abi.shape" },
    { id: "a bad contract name", bytes: changed(["contract"], "Ledger"), code: "abi.name" },
    { id: "a version with a fraction", bytes: changed(["version"], 1.5), code: "abi.shape" },
    { id: "an unknown type", bytes: changed(["methods", 1, "params", 0, "type"], "Invoice"), code: "abi.type" },
    { id: "an optional optional", bytes: changed(["methods", 1, "params", 0, "type"], "u8??"), code: "abi.type" },
    { id: "five suffixes", bytes: changed(["methods", 1, "returns"], "u8[][][][][]"), code: "abi.name" },
    { id: "a type of the prototype", bytes: changed(["methods", 1, "returns"], "hasOwnProperty"), code: "abi.type" },
    { id: "an unknown kind", bytes: changed(["methods", 1, "kind"], "write"), code: "abi.shape" },
    { id: "another init", bytes: changed(["methods", 1, "kind"], "init"), code: "abi.name" },
    { id: "an init that is called", bytes: changed(["methods", 0, "kind"], "call"), code: "abi.name" },
    { id: "a method twice", bytes: changed(["methods", 1, "name"], "init"), code: "abi.name" },
    { id: "an object that is no parameter", bytes: changed(["methods", 1, "object"], ["from"]), code: "abi.name" },
    { id: "a field twice", bytes: changed(["types", "Money", "fields", 1, "name"], "amount"), code: "abi.name" },
    { id: "a struct without fields", bytes: changed(["types", "Money", "fields"], []), code: "abi.shape" },
    { id: "a struct of 65 fields", bytes: changed(["types", "Money", "fields"], many(65)), code: "abi.limit" },
    { id: "a struct named u8", bytes: changed(["types", "u8"], { fields: many(1) }), code: "abi.name" },
    {
      id: "a struct in itself",
      bytes: changed(["types", "Money", "fields", 0, "type"], "Money"),
      code: "abi.recursion",
    },
    {
      id: "a field named __proto__",
      bytes: changed(["types", "Money", "fields", 0, "name"], "__proto__"),
      code: "abi.name",
    },
    { id: "a cell with a key", bytes: changed(["storage", 0, "key"], ["u8"]), code: "abi.shape" },
    { id: "a map without a key", bytes: changed(["storage", 1, "key"], []), code: "abi.shape" },
    { id: "a reserved error code", bytes: changed(["errors", 0, "code"], 0xffff_0000), code: "abi.shape" },
    { id: "a long error text", bytes: changed(["errors", 0, "text"], "x".repeat(501)), code: "abi.shape" },
    {
      id: "five indexed fields",
      bytes: changed(
        ["events", 0, "fields"],
        ["a", "b", "c", "d", "e"].map((name) => ({ indexed: true, name, type: "u8" })),
      ),
      code: "abi.limit",
    },
    { id: "indexed is not a boolean", bytes: changed(["events", 0, "fields", 0, "indexed"], 1), code: "abi.shape" },
  ];
  for (const { id, bytes, code } of table) assert.throws(() => parseAbi(bytes), { code }, id);
});

test("a struct may contain itself behind an array or optional", () => {
  for (const type of ["Money[]", "Money?"]) {
    assert.doesNotThrow(() => parseAbi(changed(["types", "Money", "fields", 0, "type"], type)));
  }
});

test("arguments are given by name or in order, and come back by name", () => {
  const bytes = encodeArguments(abi, "pay", arguments_);
  assert.deepEqual(encodeArguments(abi, "pay", [TO, arguments_.money, null]), bytes);
  assert.deepEqual(decodeArguments(abi, "pay", bytes), arguments_);
});

test("arguments that do not fit are refused with their path", () => {
  const table: readonly { id: string; json: unknown; code: string; path: string }[] = [
    { id: "one missing", json: { to: TO, money: arguments_.money }, code: "arguments.missing", path: "$" },
    { id: "one too many", json: { ...arguments_, fee: 1 }, code: "arguments.unknown", path: "$" },
    { id: "too few in order", json: [TO], code: "arguments.length", path: "$" },
    { id: "a string", json: "pay", code: "arguments.type", path: "$" },
    { id: "undefined", json: undefined, code: "arguments.type", path: "$" },
    {
      id: "inside a struct",
      json: { ...arguments_, money: { amount: "5 EUR", currency: "EUR" } },
      code: "arguments.type",
      path: "$.money.amount",
    },
    {
      id: "inside, in order",
      json: [TO, { amount: 1, currency: 5 }, null],
      code: "arguments.type",
      path: "$[1].currency",
    },
  ];
  for (const { id, json, code, path } of table) {
    const isRight = (error: { code: string; details: { path: string } }): boolean =>
      error.code === code && error.details.path === path;
    assert.throws(() => encodeArguments(abi, "pay", json), isRight, id);
  }
});

test("names that the ABI does not have are refused with those it has", () => {
  const hasHint = (hint: string) => (error: { details: { hint: string } }) => error.details.hint === hint;
  assert.throws(() => encodeArguments(abi, "constructor", {}), hasHint("init, pay"));
  assert.throws(() => storageKey(abi, "balances", []), hasHint("total, accounts"));
  assert.throws(() => decodeEvent(abi, "Minted", new Uint8Array(0)), { code: "abi.unknownEvent" });
  assert.throws(() => encodeValue(abi, "toString", 1), { code: "abi.type" });
});

test("a struct and a field may be named like a method of objects", () => {
  assert.deepEqual(encodeValue(abi, "constructor", { toString: 5 }), Uint8Array.of(5));
  assert.throws(() => encodeValue(abi, "constructor", {}), { code: "arguments.missing" });
});

test("returns, events and errors are read by the ABI", () => {
  assert.equal(decodeReturn(abi, "pay", encodeValue(abi, "u64", "18446744073709551615")), "18446744073709551615");
  assert.equal(decodeReturn(abi, "init", new Uint8Array(0)), null);
  assert.throws(() => decodeReturn(abi, "init", Uint8Array.of(1)), { code: "codec.trailing" });
  const money = encodeValue(abi, "Money", arguments_.money);
  assert.deepEqual(decodeEvent(abi, "Paid", money), { money: arguments_.money });
  assert.equal(abiError(abi, 7)?.name, "ledger.tooLittle");
  assert.equal(abiError(abi, 8), null);
});

test("a storage key of more than 512 bytes is refused", () => {
  const key = (length: number): Uint8Array => storageKey(abi, "accounts", [TO, "x".repeat(length)]);
  assert.equal(key(512 - 1 - 8 - 32 - 4).length, 512);
  assert.throws(() => key(512 - 1 - 8 - 32 - 4 + 1), { code: "arguments.keyTooLong" });
});
