import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Probe } from "./probe.ts";

const I64_MIN = -(2n ** 63n);
const I64_MAX = 2n ** 63n - 1n;
const U64_MAX = 2n ** 64n - 1n;
/** Numbers of every size, and those at the edges. */
const sized = (min: bigint, max: bigint) =>
  fc.oneof(
    fc.bigInt({ min, max }),
    fc.bigInt({ min: min < 0n ? -1000n : 0n, max: 1000n }),
    fc.constantFrom(min, min + 1n, max - 1n, max),
    fc.nat({ max: 63 }).map((bits) => (1n << BigInt(bits) > max ? max : 1n << BigInt(bits))),
  );
const i64 = sized(I64_MIN, I64_MAX);
const u64 = sized(0n, U64_MAX);

export function arithmeticTests(probe: Probe): void {
  /** The answer as a BigInt, or the name of the error. */
  function answer(method: string, args: unknown): bigint | string {
    const { result, error } = probe.chain.view("probe", method, args);
    return error === null ? BigInt(result as number | string) : error.name;
  }

  const fits = (value: bigint, min: bigint, max: bigint): bigint | string =>
    value < min || value > max ? "arithmetic.overflow" : value;

  test("checked sums, differences and products are exact or an overflow", () => {
    const operations = [
      (a: bigint, b: bigint) => a + b,
      (a: bigint, b: bigint) => a - b,
      (a: bigint, b: bigint) => a * b,
    ];
    fc.assert(
      fc.property(fc.nat({ max: 2 }), i64, i64, (operation, a, b) => {
        const got = answer("arithmetic", [operation, String(a), String(b)]);
        assert.equal(got, fits(operations[operation]!(a, b), I64_MIN, I64_MAX));
      }),
      { numRuns: 300 },
    );
  });

  test("unsigned sums and differences are exact or an overflow", () => {
    fc.assert(
      fc.property(fc.nat({ max: 1 }), u64, u64, (operation, a, b) => {
        const got = answer("unsigned", [operation, String(a), String(b)]);
        assert.equal(got, fits(operation === 0 ? a + b : a - b, 0n, U64_MAX));
      }),
      { numRuns: 200 },
    );
  });

  /** floor((2ab + d) / 2d): the nearest integer, halves towards +infinity. */
  function rounded(a: bigint, b: bigint, divisor: bigint): bigint {
    const dividend = 2n * a * b + divisor;
    const quotient = dividend / (2n * divisor);
    return dividend % (2n * divisor) < 0n ? quotient - 1n : quotient;
  }

  test("a product divided is rounded exactly, halves towards +infinity, over 128 bits", () => {
    fc.assert(
      fc.property(i64, i64, u64, (a, b, divisor) => {
        const got = answer("rounded", [String(a), String(b), String(divisor)]);
        if (divisor === 0n || (abs(a) * abs(b)) / divisor > U64_MAX) assert.equal(got, "arithmetic.overflow");
        else assert.equal(got, fits(rounded(a, b, divisor), I64_MIN, I64_MAX));
      }),
      { numRuns: 500 },
    );
    for (const [a, want] of [
      [5, 3],
      [-5, -2],
      [4, 2],
      [-4, -2],
      [7, 4],
      [-7, -3],
      [1, 1],
      [-1, 0],
    ] as const) {
      assert.equal(answer("rounded", [a, 1, 2]), BigInt(want), `${a} / 2`);
    }
  });

  const abs = (value: bigint): bigint => (value < 0n ? -value : value);

  test("a decimal becomes minor units exactly, or says that it cannot", () => {
    fc.assert(
      fc.property(
        i64,
        fc.integer({ min: 0, max: 22 }),
        fc.integer({ min: 0, max: 4 }),
        (coefficient, scale, exponent) => {
          const got = answer("minor", [{ coefficient: String(coefficient), scale }, exponent]);
          const shifted = coefficient * 10n ** BigInt(exponent);
          const divisor = 10n ** BigInt(scale);
          const want = shifted % divisor === 0n ? fits(shifted / divisor, I64_MIN, I64_MAX) : "amount.tooManyDecimals";
          assert.equal(got, want);
        },
      ),
      { numRuns: 300 },
    );
    assert.equal(answer("minor", [{ coefficient: 0, scale: 255 }, 2]), 0n);
    assert.equal(answer("minor", [{ coefficient: 1, scale: 255 }, 2]), "amount.tooManyDecimals");
    assert.equal(answer("minor", [{ coefficient: 1, scale: 0 }, 200]), "arithmetic.overflow");
  });

  test("a decimal's text is what documents write", () => {
    const cases: readonly [number | string, number, string][] = [
      [11900, 2, "119.00"],
      [-5, 2, "-0.05"],
      [0, 2, "0.00"],
      [7, 0, "7"],
      [-12345, 3, "-12.345"],
      [String(I64_MIN), 2, "-92233720368547758.08"],
      [1, 20, "0.00000000000000000001"],
    ];
    for (const [coefficient, scale, want] of cases) {
      const { result } = probe.chain.view("probe", "decimalText", [{ coefficient, scale }]);
      assert.equal(result, want);
    }
  });

  test("the currency table has the exponents of ISO 4217, and nothing else", () => {
    const known: Readonly<Record<string, number>> = {
      AED: 2,
      AFN: 2,
      BHD: 3,
      BIF: 0,
      CDF: 2,
      CHE: 2,
      CLF: 4,
      CLP: 0,
      CNY: 2,
      CRC: 2,
      DJF: 0,
      EUR: 2,
      GNF: 0,
      GTQ: 2,
      IQD: 3,
      ISK: 0,
      JOD: 3,
      JPY: 0,
      KMF: 0,
      KRW: 0,
      KWD: 3,
      LBP: 2,
      LRD: 2,
      LYD: 3,
      OMR: 3,
      PGK: 2,
      PHP: 2,
      PYG: 0,
      RWF: 0,
      SEK: 2,
      TND: 3,
      TOP: 2,
      UGX: 0,
      USD: 2,
      UYI: 0,
      UYW: 4,
      VND: 0,
      VUV: 0,
      XAF: 0,
      XOF: 0,
      XPF: 0,
      ZWG: 2,
    };
    for (const [code, exponent] of Object.entries(known)) {
      assert.equal(probe.chain.view("probe", "exponent", [code]).result, exponent, code);
    }
    const unknown = [
      "",
      "EU",
      "EURO",
      "eur",
      "AAA",
      "ZZZ",
      "XXX",
      "XAU",
      "XTS",
      "DEM",
      "E2R",
      "ΕUR",
      "EU\u0000",
      "AED2",
      "2AF",
    ];
    for (const code of unknown) assert.equal(probe.chain.view("probe", "exponent", [code]).result, -1, code);
  });

  test("the currency table is sorted, so that the search finds every entry", async () => {
    const { readFileSync } = await import("node:fs");
    const { join } = await import("node:path");
    const { packageRoot } = await import("../../../../contracts/compiler/package-root.ts");
    const source = readFileSync(join(packageRoot(), "contracts", "sdk", "currency.ts"), "utf8");
    const rows = [...source.matchAll(/"((?:[A-Z]{3}\d)+)"/g)].map(([, row]) => row!);
    assert.equal(rows.length, 8);
    const entries = rows.join("").match(/.{4}/g)!;
    assert.deepEqual(
      entries,
      [...new Set(entries)].sort((a, b) => (a < b ? -1 : 1)),
    );
    for (const entry of entries) {
      assert.equal(probe.chain.view("probe", "exponent", [entry.slice(0, 3)]).result, Number(entry[3]), entry);
    }
  });
}
