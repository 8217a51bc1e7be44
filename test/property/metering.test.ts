/**
 * The instrumenter against the interpreter of docs/gas.md, which was written from the page alone: random programs,
 * run with plenty of gas and with every kind of too little, end alike, cost alike and leave the same memory.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { instrument } from "../../vm/instrument/instrument.ts";
import { wat } from "../unit/vm/wat.ts";
import { CountingInterpreter, type Run } from "./counting-interpreter.ts";
import { randomProgram } from "./random-program.ts";

const PLENTY = 50_000_000n;
const STACK_BYTES = 262_144;
const RUNS = process.env.FULL === "1" ? 5_000 : 250;

/** The instrumented module, run with a counter. */
class Metered {
  readonly #exports: WebAssembly.Instance["exports"];

  constructor(code: Uint8Array) {
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(instrument(code))).exports;
  }

  get memory(): Uint8Array {
    return new Uint8Array((this.#exports.memory as WebAssembly.Memory).buffer);
  }

  run(gas: bigint): Run {
    const counter = this.#exports.__cinnabar_gas as WebAssembly.Global<"i64">;
    const reset = this.#exports.__cinnabar_reset as (low: number, high: number, stack: number) => void;
    reset(0, 0, STACK_BYTES);
    counter.value = gas;
    let ending: Run["ending"] = "returned";
    try {
      (this.#exports.call_run as () => void)();
    } catch (error) {
      assert.ok(error instanceof WebAssembly.RuntimeError);
      ending = "trapped";
    }
    if (counter.value < 0n) ending = "outOfGas";
    return { ending, result: undefined, gasUsed: gas - counter.value };
  }
}

/** Limits at which something changes or nearly does, and one at random. */
function limitsFor(gasUsed: bigint, share: number): bigint[] {
  const random = (gasUsed * BigInt(share)) / 1_000n;
  return [0n, 1n, gasUsed - 1n, gasUsed, random].filter((limit) => limit >= 0n);
}

describe("the meter", () => {
  it("agrees with an interpreter that counts, on random programs at any limit", () => {
    const endings = new Map<string, number>();
    fc.assert(
      fc.property(randomProgram, fc.integer({ min: 0, max: 1_000 }), (text, share) => {
        const code = wat(text);
        const expected = new CountingInterpreter(code).run("call_run", [], PLENTY);
        for (const limit of [PLENTY, ...limitsFor(expected.gasUsed, share)]) {
          const interpreter = new CountingInterpreter(code);
          const counted = interpreter.run("call_run", [], limit);
          const metered = new Metered(code);
          const measured = metered.run(limit);
          endings.set(counted.ending, (endings.get(counted.ending) ?? 0) + 1);
          assert.equal(measured.ending, counted.ending, `limit ${limit}`);
          if (counted.ending === "outOfGas") continue;
          assert.equal(measured.gasUsed, counted.gasUsed);
          if (counted.ending === "returned") assert.deepEqual(metered.memory, interpreter.memory);
        }
      }),
      // The first failing program is shown with its seed; making it smaller would take hours of random loops.
      { numRuns: RUNS, endOnFailure: true },
    );
    for (const ending of ["returned", "trapped", "outOfGas"]) assert.ok((endings.get(ending) ?? 0) > 10, ending);
  });
});
