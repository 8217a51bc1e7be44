/**
 * An instance that ran anything at all is as new: random programs, most of them hostile (writes at any address, over
 * data segments and the last byte, fills, growth, traps, endless loops, reverts), run one after the other on instances
 * used again, end and cost as each does on an instance of its own, and leave memory, globals and table as declared.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { type CallResult, OUTCOMES } from "../../vm/outcome.ts";
import { SmallChain } from "../unit/vm/small-chain.ts";
import { HOST, wat } from "../unit/vm/wat.ts";

const RUNS = process.env.FULL === "1" ? 3_000 : 80;
const PAGE = 65_536;
const GAS = 1_500_000;
/** A byte of output costs 60. */
const PROBE_GAS = 10_000_000;
const METHODS = ["m0", "m1", "m2", "m3"] as const;

const i32 = (value: number): string => `(i32.const ${value})`;

/** Anywhere, and often where it matters: page borders, the last bytes, outside. */
const address = (pages: number): fc.Arbitrary<number> =>
  fc.oneof(
    fc.integer({ min: 0, max: pages * PAGE + 8 }),
    fc.constantFrom(0, 1, PAGE - 8, PAGE - 1, PAGE, pages * PAGE - 8, pages * PAGE - 1, pages * PAGE, -1, -8),
    fc.integer(),
  );

const length = (pages: number): fc.Arbitrary<number> =>
  fc.oneof(fc.integer({ min: 0, max: 300 }), fc.constantFrom(PAGE, pages * PAGE, -1));

function statement(pages: number): fc.Arbitrary<string> {
  const at = address(pages).map(i32);
  const size = length(pages).map(i32);
  const value = fc.integer().map(i32);
  const stores = fc.constantFrom("i32.store", "i32.store8", "i32.store16");
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(stores, at, value).map(([op, to, what]) => `(${op} ${to} ${what})`) },
    { weight: 2, arbitrary: fc.tuple(at, value).map(([to, low]) => `(i64.store ${to} (i64.extend_i32_s ${low}))`) },
    { weight: 2, arbitrary: fc.tuple(at, value, size).map((parts) => `(memory.fill ${parts.join(" ")})`) },
    { weight: 2, arbitrary: fc.tuple(at, at, size).map((parts) => `(memory.copy ${parts.join(" ")})`) },
    { weight: 2, arbitrary: value.map((what) => `(global.set $small ${what})`) },
    { weight: 1, arbitrary: value.map((what) => `(global.set $large (i64.extend_i32_s ${what}))`) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 3, 9).map((more) => `(drop (memory.grow ${i32(more)}))`) },
    { weight: 1, arbitrary: fc.constantFrom(0, 1, 2, 7).map((entry) => `(call_indirect (type $t) ${i32(entry)})`) },
    { weight: 1, arbitrary: at.map((to) => `(call $input_read ${to})`) },
    { weight: 1, arbitrary: fc.tuple(at, size).map((parts) => `(call $output ${parts.join(" ")})`) },
    { weight: 1, arbitrary: fc.tuple(at, size).map((parts) => `(call $revert (i32.const 5) ${parts.join(" ")})`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        "(unreachable)",
        "(loop $l (br $l))",
        "(call $deep)",
        "(drop (i32.div_u (i32.const 1) (i32.const 0)))",
      ),
    },
  );
}

interface Program {
  readonly pages: number;
  readonly text: string;
}

const program: fc.Arbitrary<Program> = fc
  .integer({ min: 1, max: 3 })
  .chain((pages) => {
    const body = fc.array(statement(pages), { minLength: 1, maxLength: 8 }).map((lines) => lines.join("\n"));
    const segment = fc.tuple(fc.integer({ min: 0, max: pages * PAGE - 40 }), fc.string({ maxLength: 32 }));
    return fc.tuple(
      fc.constant(pages),
      fc.tuple(body, body, body, body),
      fc.array(segment, { maxLength: 4 }),
      fc.boolean(),
    );
  })
  .map(([pages, bodies, segments, hasLastByte]) => ({
    pages,
    text: programText(pages, bodies, segments, hasLastByte),
  }));

function programText(
  pages: number,
  bodies: readonly string[],
  segments: readonly (readonly [number, string])[],
  hasLastByte: boolean,
): string {
  const hex = (text: string): string => Buffer.from(text).toString("hex").replace(/../g, "\\$&");
  const data = segments.map(([offset, text]) => `(data ${i32(offset)} "${hex(text)}")`);
  if (hasLastByte) data.push(`(data ${i32(pages * PAGE - 1)} "\\ff")`);
  const imports = [HOST.output, HOST.inputRead, HOST.revert].map((line) => `(import ${line})`);
  const methods = bodies.map((body, index) => `(func (export "call_m${index}") ${body})`);
  const dumps = Array.from(
    { length: pages },
    (_, page) => `(func (export "call_page${page}") (call $output ${i32(page * PAGE)} ${i32(PAGE)}))`,
  );
  return `(module ${imports.join("\n")}
    (memory (export "memory") ${pages} ${pages + 2}) ${data.join("\n")}
    (type $t (func)) (table 3 3 funcref) (elem (i32.const 0) $one $two)
    (global $small (mut i32) (i32.const -7)) (global $large (mut i64) (i64.const 0x1234567890))
    (func $one (global.set $small (i32.const 1))) (func $two (global.set $small (i32.const 2)))
    (func $deep (call $deep))
    ${methods.join("\n")} ${dumps.join("\n")}
    (func (export "call_globals")
      (i32.store (i32.const 0) (global.get $small)) (i64.store (i32.const 4) (global.get $large))
      (i32.store (i32.const 12) (memory.size)) (call_indirect (type $t) (i32.const 1))
      (i32.store (i32.const 16) (global.get $small)) (call $output (i32.const 0) (i32.const 20))))`;
}

const shown = ({ outcome, revertCode, gasUsed, output }: CallResult): string =>
  `${outcome} ${revertCode} ${gasUsed} ${Buffer.from(output).toString("base64")}`;

describe("an instance used again", () => {
  it("is byte for byte as a new one after any program", () => {
    const endings = new Map<number, number>();
    const input = Uint8Array.from({ length: 50 }, (_, index) => index + 1);
    const property = fc.property(program, fc.array(fc.constantFrom(...METHODS), { maxLength: 6 }), (made, order) => {
      const code = wat(made.text);
      const probes = [...Array.from({ length: made.pages }, (_, page) => `page${page}`), "globals"];
      const alone = (method: string, gas: number): string =>
        shown(new SmallChain().deploy("a", code).run("a", method, { gas, input }));
      const expected = new Map([
        ...METHODS.map((method) => [method, alone(method, GAS)] as const),
        ...probes.map((probe) => [probe, alone(probe, PROBE_GAS)] as const),
      ]);
      const reused = new SmallChain().deploy("a", code);
      for (const method of order) {
        const result = reused.run("a", method, { gas: GAS, input });
        endings.set(result.outcome, (endings.get(result.outcome) ?? 0) + 1);
        assert.equal(shown(result), expected.get(method), method);
        for (const probe of probes) {
          const seen = reused.run("a", probe, { gas: PROBE_GAS, input });
          assert.equal(seen.outcome, OUTCOMES.ok);
          assert.equal(shown(seen), expected.get(probe), `${method}, ${probe}`);
        }
      }
    });
    const seed = Number(process.env.SEED ?? 20_261_125);
    fc.assert(property, { numRuns: RUNS, seed });
    const counts = [...endings].sort(([a], [b]) => a - b).map(([outcome, count]) => `${outcome}: ${count}`);
    console.log(`seed ${seed}; runs by outcome: ${counts.join(", ")}`);
    assert.ok(endings.size >= 5, "ok, revert, trap, out of gas, stack all occur");
  });
});
