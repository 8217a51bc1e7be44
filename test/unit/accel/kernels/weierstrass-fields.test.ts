/** The arithmetic of the Weierstrass kernels against BigInt and noble: a share of `npm run fuzz -- fields`. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Random } from "../../../fuzz/random.ts";
import { COMPOUNDS, CURVES, OPERATION, ORDER_OPERATIONS, WeierstrassFields } from "../../../fuzz/weierstrass-fields.ts";
import { variantsOf } from "./kernel-modules.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const COUNT = 400;
const SLOW_COUNT = 12;

for (const module of variantsOf("probe-weierstrass")) {
  describe(`arithmetic of the Weierstrass kernels, ${module} (seed ${SEED})`, () => {
    const fields = new WeierstrassFields(module);

    function repeat(name: string, count: number, check: (random: Random) => string | null): void {
      it(name, () => {
        const random = new Random(`${SEED} ${name}`);
        for (let i = 0; i < count; i++) assert.equal(check(random), null);
      });
    }

    for (const [curve, { name }] of CURVES.entries()) {
      for (const [operation, code] of Object.entries(OPERATION)) {
        const count = code === OPERATION.root || code === OPERATION.invert ? 4 * SLOW_COUNT : COUNT;
        repeat(`${name}: ${operation} in the field`, count, (random) => fields.checkField(random, curve, code));
      }
      for (const operation of [OPERATION.multiply, OPERATION.square, OPERATION.normalize] as const) {
        repeat(`${name}: operation ${operation} on lazy limbs`, COUNT, (random) =>
          fields.checkLimbs(random, curve, operation),
        );
      }
      for (const formula of Object.keys(COMPOUNDS)) {
        repeat(`${name}: ${formula}`, COUNT, (random) => fields.checkCompound(random, curve, formula));
      }
      for (const operation of ORDER_OPERATIONS) {
        repeat(`${name}: operation ${operation} modulo the order`, COUNT, (random) =>
          fields.checkOrder(random, curve, operation),
        );
      }
      repeat(`${name}: u G + v P`, SLOW_COUNT, (random) => fields.checkSum(random, curve));
    }
    repeat("secp256k1: scalars in halves", COUNT, (random) => fields.checkSplit(random));
  });
}

it("the offsets of the columns of doubles are the bits of the constants in them", () => {
  const source = readFileSync("accel/kernels/field/columns-fused.ts", "utf8");
  const table = source.slice(source.indexOf("const OFFSETS"), source.indexOf("const COLUMNS"));
  const found = [...table.matchAll(/^ {4}(0x[0-9a-f]{16}), \1,$/gm)].map(([, offset]) => BigInt(offset!));
  const bitsOf = (value: number): bigint => new BigUint64Array(Float64Array.of(value).buffer)[0]!;
  const [low, high] = [bitsOf(1.5 * 2 ** 52), bitsOf(1.5 * 2 ** 104)];
  const products = [1n, 2n, 3n, 4n, 5n, 4n, 3n, 2n, 1n, 0n];
  const wanted = products.map((count, k) => BigInt.asUintN(64, -(count * low + (products[k - 1] ?? 0n) * high)));
  assert.deepEqual(found, wanted);
});
