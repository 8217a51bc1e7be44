/**
 * What the library under the instrumenter misreads: an operand that waits under a block or an if that never ends, and is
 * then the condition of an `if` that a branch names. The library takes the block for the condition and leaves the
 * operand where nothing may stand. No compiler writes this, and every node refuses it alike, when the instrumented form
 * is admitted, with a reason of its own. What must never happen: that it runs, or that the node stops.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admitInstrumented } from "../../vm/admission/admit.ts";
import { createMachine } from "../../vm/execute/machine.ts";
import { instrument } from "../../vm/instrument/instrument.ts";
import { contractOfCode, EMPTY, END, NOP, UNREACHABLE } from "../unit/vm/admission/module-builder.ts";
import { testHashes, testVerifier } from "../unit/vm/small-chain.ts";

const NEVER_ENDS = {
  "a block": [0x02, EMPTY, UNREACHABLE, END],
  "an if": [0x41, 1, 0x04, EMPTY, UNREACHABLE, 0x05, UNREACHABLE, END],
};

describe("an operand under code that never ends", () => {
  for (const [what, code] of Object.entries(NEVER_ENDS)) {
    const module = (inside: readonly number[]): Uint8Array =>
      contractOfCode([0x41, 3, ...code, 0x04, EMPTY, ...inside, END]);

    it(`is admitted and instrumented where no branch names the if: ${what}`, () => {
      assert.deepEqual(admitInstrumented(instrument(module([NOP]))).reasons, []);
    });

    it(`is refused by the machine where one does, and the node goes on: ${what}`, () => {
      const result = createMachine({ hashes: testHashes, verifier: testVerifier }).load(module([0x0c, 0]));
      assert.ok(!result.ok);
      assert.deepEqual(
        result.reasons.map(({ code }) => code),
        ["module.instrumentedForm"],
      );
    });
  }
});
