import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parseJsonBody } from "../../../node/api/http-rules.ts";
import { JSON_LIMITS } from "../../../node/api/json-scan.ts";
import { Rejected } from "../../../vm/errors.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const keys = (count: number): string => `{${Array.from({ length: count }, (_, i) => `"k${i}":0`).join(",")}}`;
const items = (count: number): string => `[${Array.from({ length: count }, () => "0").join(",")}]`;

function rejectedWith(code: string) {
  return (error: unknown) => error instanceof Rejected && error.code === code;
}

const accepted: readonly { readonly id: string; readonly text: string }[] = [
  { id: "nothing special", text: '{"a":[1,{"b":null}],"c":"x"}' },
  { id: "the deepest nesting", text: nested(JSON_LIMITS.depth) },
  { id: "as many keys as there may be", text: keys(JSON_LIMITS.keys) },
  { id: "as many items as there may be", text: items(JSON_LIMITS.items) },
  { id: "brackets, commas and colons in strings", text: JSON.stringify(["[[[[{{{{:,:,".repeat(100)]) },
  { id: "escaped quotes and backslashes", text: JSON.stringify({ 'a"\\': 'x"\\"]]]' }) },
  { id: "the same key in different objects", text: '[{"a":1},{"a":1}]' },
  { id: "a prototype's name as a value", text: '["__proto__"]' },
];

const refused: readonly { readonly id: string; readonly text: string; readonly code: string }[] = [
  { id: "one level too many", text: nested(JSON_LIMITS.depth + 1), code: "api.jsonTooDeep" },
  { id: "10,000 levels", text: nested(10_000), code: "api.jsonTooDeep" },
  { id: "10,000 levels of objects", text: '{"a":'.repeat(10_000), code: "api.jsonTooDeep" },
  { id: "a megabyte of open brackets", text: "[".repeat(1_000_000), code: "api.jsonTooDeep" },
  { id: "one key too many", text: keys(JSON_LIMITS.keys + 1), code: "api.jsonTooManyKeys" },
  { id: "100,000 keys", text: keys(100_000), code: "api.jsonTooManyKeys" },
  { id: "one item too many", text: items(JSON_LIMITS.items + 1), code: "api.jsonTooManyItems" },
  { id: "a long key", text: `{"${"k".repeat(JSON_LIMITS.keyBytes + 1)}":0}`, code: "api.jsonKeyTooLong" },
  { id: "a key twice", text: '{"a":1,"a":2}', code: "api.jsonDuplicateKey" },
  { id: "a key twice, once escaped", text: '{"a":1,"\\u0061":2}', code: "api.jsonDuplicateKey" },
  { id: "__proto__", text: '{"__proto__":{}}', code: "api.prototypeKey" },
  { id: "__proto__ with an escape", text: '{"__pro\\u0074o__":{}}', code: "api.prototypeKey" },
  { id: "__proto__ far inside", text: '{"args":[[{"__proto__":1}]]}', code: "api.prototypeKey" },
  { id: "constructor", text: '{"constructor":{"prototype":{}}}', code: "api.prototypeKey" },
  { id: "nothing", text: "", code: "api.badJson" },
  { id: "NaN", text: "[NaN]", code: "api.badJson" },
  { id: "Infinity", text: "[1e999,Infinity]", code: "api.badJson" },
  { id: "a string without end", text: '{"a', code: "api.badJson" },
  { id: "a trailing comma", text: "[1,]", code: "api.badJson" },
  { id: "a byte order mark", text: "\uFEFF{}", code: "api.badJson" },
  { id: "two values", text: "{}{}", code: "api.badJson" },
];

describe("the scan before JSON.parse", () => {
  for (const { id, text } of accepted) {
    it(`lets through ${id}`, () => {
      assert.deepEqual(parseJsonBody(bytesOf(text)), JSON.parse(text));
    });
  }

  for (const { id, text, code } of refused) {
    it(`refuses ${id} as ${code}`, () => {
      assert.throws(() => parseJsonBody(bytesOf(text)), rejectedWith(code));
    });
  }

  it("refuses bytes that are not UTF-8", () => {
    assert.throws(() => parseJsonBody(Uint8Array.of(0x22, 0xff, 0x22)), rejectedWith("api.badJson"));
  });

  it("changes nothing about small JSON values and refuses with a code whatever bytes come", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }), (text) => {
        try {
          assert.deepEqual(parseJsonBody(bytesOf(text)), JSON.parse(text));
        } catch (error) {
          assert.ok(error instanceof Rejected && error.code !== "api.badJson", String(error));
        }
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          parseJsonBody(bytes);
        } catch (error) {
          assert.ok(error instanceof Rejected);
        }
      }),
    );
  });
});
