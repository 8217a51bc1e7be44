/** The hostile corpus: every module of it is refused for exactly its reasons, whole or cut; the worst that are admitted
 * go through the instrumenter and are admitted again. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { admit, admitInstrumented } from "../../../../vm/admission/admit.ts";
import { instrument } from "../../../../vm/instrument/instrument.ts";
import { AT_CAPS } from "../../../corpus/at-caps.ts";
import { HOSTILE, NAMES_OF_NOTE } from "../../../corpus/hostile.ts";
import { checkAdmission } from "../../../fuzz/admission-check.ts";
import { Random } from "../../../fuzz/random.ts";
import { SmallChain } from "../small-chain.ts";
import { contractOfCode, DROP, repeat, UNREACHABLE } from "./module-builder.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const KIB = 1_024;

describe("the hostile corpus", () => {
  for (const { id, bytes, codes } of HOSTILE) {
    const verdict = codes.length === 0 ? "is admitted" : `is refused with ${codes.join(", ")}`;
    it(`${verdict}: ${id}`, () => {
      const found = new Set(admit(bytes()).reasons.map(({ code }) => code));
      assert.deepEqual([...found].sort(), [...codes].sort());
    });
  }

  it(`is judged as the engine does, cut anywhere (seed ${SEED})`, () => {
    const random = new Random(SEED);
    for (const { id, bytes } of HOSTILE) {
      const whole = bytes();
      if (whole.length > 20 * KIB) continue;
      for (let cut = 0; cut < 5; cut++) {
        const length = random.below(whole.length + 1);
        const { problem } = checkAdmission(whole.subarray(0, length));
        assert.equal(problem, null, `${id}, ${length} bytes`);
      }
    }
  });

  it("has exports whose names mean nothing but themselves", () => {
    const row = HOSTILE.find(({ codes, bytes }) => codes.length === 0 && admit(bytes()).accepted)!;
    const chain = new SmallChain().deploy("a", row.bytes());
    const { contract } = { contract: chain.contracts.get("a")! };
    assert.deepEqual(contract.methods, []);
    const names = contract.facts.exports.map(({ name }) => name);
    assert.deepEqual(names, ["memory", ...NAMES_OF_NOTE]);
    for (const name of NAMES_OF_NOTE) assert.equal(chain.run("a", name).gasUsed, 0);
  });
});

describe("code that is never reached", () => {
  it("may lie inside one another as deep as any other", () => {
    assert.equal(admit(contractOfCode([UNREACHABLE, ...repeat(100, [DROP])])).accepted, true);
    assert.equal(admit(contractOfCode(repeat(10, [0x0f, 0x6a, DROP]))).accepted, true);
    assert.equal(admit(contractOfCode(repeat(5_000, [UNREACHABLE]))).accepted, true);
  });

  it("counts by its own block: a thousand blocks side by side are not deep", () => {
    const code = repeat(1_000, [0x02, 0x40, UNREACHABLE, 0x6a, DROP, 0x0b]);
    assert.equal(admit(contractOfCode(code)).accepted, true);
  });
});

describe("the worst modules inside the caps", () => {
  for (const { id, bytes } of AT_CAPS) {
    it(`are admitted, and once more when instrumented: ${id}`, () => {
      const code = bytes(16 * KIB);
      assert.deepEqual(admit(code).reasons, []);
      assert.deepEqual(admitInstrumented(instrument(code)).reasons, []);
    });
  }
});
