/** The arithmetic of the Weierstrass kernels against BigInt and noble: a share of `npm run fuzz -- fields`. */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Random } from "../../../fuzz/random.ts";
import { CURVES, OPERATION, ORDER_OPERATIONS, WeierstrassFields } from "../../../fuzz/weierstrass-fields.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const COUNT = 400;
const SLOW_COUNT = 12;

describe(`arithmetic of the Weierstrass kernels (seed ${SEED})`, () => {
  const fields = new WeierstrassFields();

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
    for (const operation of ORDER_OPERATIONS) {
      repeat(`${name}: operation ${operation} modulo the order`, COUNT, (random) =>
        fields.checkOrder(random, curve, operation),
      );
    }
    repeat(`${name}: u G + v P`, SLOW_COUNT, (random) => fields.checkSum(random, curve));
  }
  repeat("secp256k1: scalars in halves", COUNT, (random) => fields.checkSplit(random));
});
