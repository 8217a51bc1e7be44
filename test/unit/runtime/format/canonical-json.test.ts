import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { canonicalJson, type JsonValue, parseCanonicalJson } from "../../../../runtime/format/canonical-json.ts";

const RFC_8785 = "../shared/vectors/rfc8785";
const LIMITS = { lengthMax: 10_000, depthMax: 20 };

test("the canonical form is that of the vectors of RFC 8785", { skip: !existsSync(RFC_8785) && "no vectors" }, () => {
  const names = readdirSync(join(RFC_8785, "input"));
  assert.ok(names.length > 0);
  for (const name of names) {
    const value = JSON.parse(readFileSync(join(RFC_8785, "input", name), "utf8")) as JsonValue;
    const want = readFileSync(join(RFC_8785, "output", name), "utf8");
    assert.equal(canonicalJson(value), want, name);
    assert.deepEqual(parseCanonicalJson(want, LIMITS), value, name);
  }
});

test("text that is not the canonical form of its value is refused", () => {
  const table: readonly { id: string; text: string; code: string }[] = [
    { id: "white space", text: '{"a": 1}', code: "json.notCanonical" },
    { id: "a line end", text: "[]\n", code: "json.notCanonical" },
    { id: "names out of order", text: '{"b":1,"a":2}', code: "json.notCanonical" },
    { id: "a doubled name", text: '{"a":1,"a":1}', code: "json.notCanonical" },
    { id: "an escape that is not needed", text: '"\\u0061"', code: "json.notCanonical" },
    { id: "an escaped slash", text: '"\\/"', code: "json.notCanonical" },
    { id: "upper-case escape", text: '"\\u001F"', code: "json.notCanonical" },
    { id: "a fraction of zero", text: "1.0", code: "json.notCanonical" },
    { id: "minus zero", text: "-0", code: "json.notCanonical" },
    { id: "an exponent", text: "1e2", code: "json.notCanonical" },
    { id: "a number too large", text: "1e400", code: "json.notCanonical" },
    { id: "a number with too many digits", text: "9007199254740993", code: "json.notCanonical" },
    { id: "half a pair", text: '"\\ud800"', code: "json.notCanonical" },
    { id: "a byte order mark", text: "\ufeff[]", code: "json.syntax" },
    { id: "nothing", text: "", code: "json.syntax" },
    { id: "a comma at the end", text: "[1,]", code: "json.syntax" },
    { id: "nested 21 deep", text: "[".repeat(21) + "]".repeat(21), code: "json.depth" },
    { id: "10,000 brackets", text: "[".repeat(10_000), code: "json.depth" },
    { id: "one character too many", text: `"${"a".repeat(9_999)}"`, code: "json.length" },
  ];
  for (const { id, text, code } of table) assert.throws(() => parseCanonicalJson(text, LIMITS), { code }, id);
});

test("brackets in strings do not count as nesting", () => {
  const text = `["${"[{".repeat(40)}\\"[["]`;
  assert.deepEqual(parseCanonicalJson(text, LIMITS), [`${"[{".repeat(40)}"[[`]);
});

test("a name like __proto__ is a name like others", () => {
  const value = parseCanonicalJson('{"__proto__":1}', LIMITS);
  assert.deepEqual(Object.keys(value as object), ["__proto__"]);
});
