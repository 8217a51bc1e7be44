/** The field and the scalars of ed25519 in the kernels against BigInt: a share of `npm run fuzz -- fields`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { SMALL_ORDER } from "../../../fuzz/ed25519-mutants.ts";
import { FIELD_OPERATIONS, FieldCheck, PointCheck, ScalarCheck, WideEntryCheck } from "../../../fuzz/fields-25519.ts";
import { Random } from "../../../fuzz/random.ts";
import { Ed25519Kernel } from "./ed25519-kernel.ts";
import { variantsOf } from "./kernel-modules.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const PAIRS = 3000;
const POINTS = 150;

for (const name of variantsOf("probe-fe25519")) {
  describe(`field of 2^255 - 19, ${name} (seed ${SEED})`, () => {
    const field = new FieldCheck(name);
    for (const [what, { code, formula }] of Object.entries(FIELD_OPERATIONS)) {
      it(`${what}: ${4 * PAIRS} results are those of BigInt`, () => {
        assert.equal(field.check(code, formula, PAIRS, new Random(`${SEED} ${what}`)), null);
      });
    }
    it("the power that gives square roots", () => {
      assert.equal(field.checkPower(40, new Random(`${SEED} power`)), null);
    });
    it("zero, odd and negative numbers", () => {
      assert.equal(field.checkBits(PAIRS, new Random(`${SEED} bits`)), null);
    });
  });
}

for (const name of variantsOf("probe-edwards25519")) {
  it(`scalars of ed25519, ${name}: results are those of BigInt (seed ${SEED})`, () => {
    assert.equal(new ScalarCheck(name).check(PAIRS, new Random(`${SEED} scalars`)), null);
  });

  it(`points of ed25519, ${name}: results are those of noble (seed ${SEED})`, () => {
    assert.equal(new PointCheck(name, SMALL_ORDER).check(POINTS, new Random(`${SEED} points`)), null);
  });
}

for (const name of variantsOf("probe-edwards25519").slice(1)) {
  it(`entries at the bounds of their limbs, ${name}: doubles are those of BigInt (seed ${SEED})`, () => {
    assert.equal(new WideEntryCheck(name).check(POINTS, new Random(`${SEED} wide`)), null);
  });
}

it("the biases of the fused field are the bits of the constants in each column", () => {
  const source = readFileSync("accel/kernels/field/fe25519-fused.ts", "utf8");
  const found = [...source.matchAll(/^ {4}(0x[0-9a-f]{16}), \1,$/gm)].map(([, bias]) => BigInt(bias!));
  const bitsOf = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const low = bitsOf(1.5 * 2 ** 52);
  const high = bitsOf(1.5 * 2 ** 103);
  const products = [1n, 2n, 3n, 4n, 5n, 4n, 3n, 2n, 1n, 0n];
  const columns = products.map((count, k) => count * low + (products[k - 1] ?? 0n) * high);
  const wanted = [0, 1, 2, 3, 4].map((k) =>
    BigInt.asUintN(64, 2n ** 62n + 2n ** 50n - columns[k]! - 19n * columns[k + 5]!),
  );
  assert.deepEqual(found, wanted);
});

it("the relaxed module says whether multiply-add is fused, the integer module that it is not", (t) => {
  assert.equal(new Ed25519Kernel("signatures").isFused, false);
  for (const name of variantsOf("signatures").slice(1)) t.diagnostic(`${name}: ${new Ed25519Kernel(name).isFused}`);
});
