import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SourceMap, shiftedSourceMap } from "../../../../contracts/compiler/source-map.ts";
import { SourcePositions } from "../../../../contracts/compiler/source-positions.ts";
import { compileFiles } from "../compile-text.ts";

const SEED = 20_260_311;
const ALL: readonly [number, number] = [0, 2 ** 31];

const mapOf = (mappings: unknown, sources: unknown = ["a.ts", "b.ts"], version: unknown = 3): string =>
  JSON.stringify({ version, sources, names: [], mappings });

test("segments add up, and a byte belongs to the last segment before it", () => {
  // Offset 16 is a.ts 1:1, 24 is b.ts 3:5, from 32 on the map knows no place.
  const map = SourceMap.parse(mapOf("gBAAA,QCEI,Q"))!;
  const at = (offset: number) => map.positionAt(offset, ...ALL);
  assert.deepEqual(at(16), { source: "a.ts", line: 1, column: 1 });
  assert.deepEqual(at(23), { source: "a.ts", line: 1, column: 1 });
  assert.deepEqual(at(31), { source: "b.ts", line: 3, column: 5 });
  assert.deepEqual(at(32), { source: "b.ts", line: 3, column: 5 }, "the nearest before it");
  assert.deepEqual(map.positionAt(20, 18, 40), { source: "b.ts", line: 3, column: 5 }, "locals: the first instruction");
  assert.equal(map.positionAt(20, 18, 22), undefined, "a body without a segment");
});

test("what is not a source map of a module is none", () => {
  const bad = [
    ...[
      "",
      "null",
      "[]",
      "{",
      '"text"',
      "{}",
      mapOf("AAAA", ["a"], 2),
      mapOf("AAAA", "a"),
      mapOf("AAAA", [1]),
      mapOf(7),
    ],
    // A digit that is none, a number cut short or endless, too few fields, a source that is not there, going back.
    ...["A!AA", "gggg", "ggggggggggA", "AA", "AAA", "AAAAAA", "AEAA", "ADAA", "AADA", "AAAD", "gBAAA,DAAA"].map(
      (each) => mapOf(each),
    ),
  ];
  for (const text of bad) assert.equal(SourceMap.parse(text), undefined, text);
  assert.notEqual(SourceMap.parse(mapOf("", [])), undefined, "an empty map is one");
});

test("a map moves with its code", () => {
  const moved = SourceMap.parse(shiftedSourceMap(mapOf("gBAAA,QCEI"), -3))!;
  assert.deepEqual(moved.positionAt(13, ...ALL), { source: "a.ts", line: 1, column: 1 });
  assert.deepEqual(moved.positionAt(21, ...ALL), { source: "b.ts", line: 3, column: 5 });
  assert.equal(shiftedSourceMap(mapOf(""), 5), mapOf(""));
});

test("no text makes the reader of maps throw, and no position lies outside of its map", () => {
  const digit = fc.constantFrom(..."ABCDEQgw79+/,,;! ");
  const mappings = fc.array(digit, { maxLength: 60 }).map((digits) => digits.join(""));
  const sources = fc.oneof(fc.array(fc.string(), { maxLength: 3 }), fc.jsonValue());
  const text = fc.oneof(
    fc.string(),
    fc.json(),
    fc.tuple(mappings, sources).map(([each, names]) => mapOf(each, names)),
  );
  const property = fc.property(text, fc.integer(), (map, offset) => {
    const position = SourceMap.parse(map)?.positionAt(offset, ...ALL);
    if (position === undefined) return true;
    const { sources: names } = JSON.parse(map) as { sources: string[] };
    return names.includes(position.source) && position.line >= 1 && position.column >= 1;
  });
  fc.assert(property, { numRuns: 3000, seed: SEED });
});

const MARKED = `import { Cell } from "cinnabar/sdk";

@contract("marked", 1)
export class Marked {
  total: Cell<u64>;

  @call
  set(): void {
    this.total.set(0x0123_4567_89ab_cdef);
    this.total.set(this.total.get() ^
      0x0fed_cba9_8765_4321);
  }
}
`;

/** The bytes of an i64.const. */
function constantBytes(value: bigint): Buffer {
  const bytes = [0x42];
  for (let rest = value; ; ) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = rest === 0n && (low & 0x40) === 0;
    bytes.push(isLast ? low : low | 0x80);
    if (isLast) return Buffer.from(bytes);
  }
}

test("the map of a contract leads from an instruction to the place it was written", async () => {
  const { wasm, sourceMap } = await compileFiles({ "index.ts": MARKED });
  const positions = new SourcePositions(wasm, SourceMap.parse(sourceMap)!);
  const placeOf = (value: bigint) => {
    const offset = Buffer.from(wasm).indexOf(constantBytes(value));
    assert.notEqual(offset, -1);
    return positions.at(offset);
  };
  assert.deepEqual(placeOf(0x0123_4567_89ab_cdefn), { source: "index.ts", line: 9, column: 20 });
  assert.deepEqual(placeOf(0x0fed_cba9_8765_4321n), { source: "index.ts", line: 11, column: 7 });
  assert.equal(positions.at(0), undefined);
  assert.equal(positions.at(wasm.length - 1), undefined, "not in a function");
  assert.ok(
    !Buffer.from(wasm).includes("sourceMappingURL"),
    "the module on the chain does not carry the name of a map",
  );
});
