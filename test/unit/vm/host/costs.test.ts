/**
 * Every row of the ABI table at the edge of its price: with one gas less than what it charges before the work the call is
 * out of gas and the host was not reached; with just that much it was.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { SmallChain } from "../small-chain.ts";
import { contractWat } from "../wat.ts";

/** Frame, and the `call` in front of which the charge stands. */
const FRAME_GAS = 3_000;
const CALL_GAS = 8;
/** Where addresses point: the letter "a", which is a name wherever one is wanted. */
const ADDRESS = 64;

/** Lengths, sizes and numbers are 1, everything else is the address. */
function argumentOf(name: string): number {
  return /length$/i.test(name) || /Max$/.test(name) || name === "algorithm" ? 1 : ADDRESS;
}

function codeOf(row: HostFunction): Uint8Array {
  const args = row.params.map(({ name, type }) => `(${type}.const ${type === "i64" ? 0 : argumentOf(name)})`);
  const call = `(call $f ${args.join(" ")})`;
  const params = row.params.map(({ type }) => ` ${type}`).join("");
  const result = row.result === null ? "" : ` (result ${row.result})`;
  return contractWat(
    `(data (i32.const ${ADDRESS}) "a") (func (export "call_run") ${row.result === null ? call : `(drop ${call})`})`,
    [`"${row.module}" "${row.name}" (func $f (param${params})${result})`],
  );
}

/** What the row charges before the call, for the arguments above. */
function chargedBefore({ params, cost }: HostFunction): number {
  const { perByte = {}, byValue } = cost;
  const bytes = params.reduce((sum, { name }) => sum + (perByte[name] ?? 0) * argumentOf(name), 0);
  return cost.base + bytes + (byValue === undefined ? 0 : byValue.gas[argumentOf(byValue.parameter)]!);
}

describe("a host function at the edge of its price", () => {
  for (const row of HOST_FUNCTIONS) {
    it(`${row.name} is reached with its whole price and not with one gas less`, () => {
      const chain = new SmallChain().deploy("a", codeOf(row));
      const price = FRAME_GAS + CALL_GAS + row.params.length + chargedBefore(row);
      const poor = chain.run("a", "run", { gas: price - 1 });
      assert.deepEqual([poor.outcome, poor.gasUsed, chain.log], [OUTCOMES.outOfGas, price - 1, []]);
      const enough = chain.run("a", "run", { gas: price });
      assert.notEqual(enough.outcome, OUTCOMES.outOfGas);
      assert.ok(enough.gasUsed <= price);
    });
  }
});
