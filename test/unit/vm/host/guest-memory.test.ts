/**
 * Every host function that takes an address, called by a contract with addresses and lengths at the edges of 32 bits:
 * the answer is a result or a stated refusal, never anything else, and nothing outside the memory is read or written.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../../vm/outcome.ts";
import { SmallChain } from "../small-chain.ts";
import { contractWat, HOST } from "../wat.ts";

const EDGES = [0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1];
const MEMORY_BYTES = 65_536;
/** More than any length costs: the edges must reach the host, not end in out of gas. */
const GAS = 2 ** 45;

/** A parameter that is an address, with the one that is its length (by the names of the table), or the fixed length. */
interface Range {
  readonly address: number;
  readonly length: number | null;
}

const FIXED_LENGTH: Readonly<Record<string, number>> = { signature: 64, target: 32, change: 24 };
const FREE_PARAMETERS = new Set([
  ...["code", "algorithm", "gasLimit", "line", "column", "fileName"],
  ...["entriesMax", "bytesMax"],
]);
/** Those that are 1 while the others are 0, so that a call that could be good is. */
const ONES = /^(algorithm|entriesMax|bytesMax)$|Length$/;

function rangesOf(row: HostFunction): Range[] {
  const names = row.params.map((parameter) => parameter.name);
  return names.flatMap((name, address) => {
    if (FREE_PARAMETERS.has(name) || /length$/i.test(name)) return [];
    const own = names.indexOf(`${name}Length`);
    if (own >= 0) return [{ address, length: own }];
    return [{ address, length: name in FIXED_LENGTH ? null : names.indexOf("length") }];
  });
}

function importLine(row: HostFunction): string {
  const params = row.params.map((parameter) => ` ${parameter.type}`).join("");
  const result = row.result === null ? "" : ` (result ${row.result})`;
  return `"${row.module}" "${row.name}" (func $f (param${params})${result})`;
}

/** A contract that calls the function with the arguments it is given as input, four bytes each; an i64 is 0. */
function callerOf(row: HostFunction): Uint8Array {
  const args = row.params.map(({ type }, index) =>
    type === "i64" ? "(i64.const 0)" : `(i32.load (i32.const ${4 * index}))`,
  );
  const call = row.result === null ? `(call $f ${args.join(" ")})` : `(drop (call $f ${args.join(" ")}))`;
  const imports = row.name === "input_read" ? [importLine(row)] : [HOST.inputRead, importLine(row)];
  const read = row.name === "input_read" ? "$f" : "$input_read";
  return contractWat(`(func (export "call_run") (call ${read} (i32.const 0)) ${call})`, imports, 1);
}

const WITH_ADDRESSES = HOST_FUNCTIONS.filter((row) => row.params.some((each) => /^i32$/.test(each.type)));

describe("an address and a length from a contract", () => {
  for (const row of WITH_ADDRESSES) {
    for (const range of rangesOf(row)) {
      const parameter = row.params[range.address]!.name;
      it(`end in a result or a stated refusal: ${row.name}, ${parameter}`, () => {
        const chain = new SmallChain().deploy("a", callerOf(row));
        for (const address of EDGES) {
          for (const length of range.length === null ? [0] : EDGES) checkCall(chain, row, range, address, length);
        }
      });
    }
  }
});

function checkCall(chain: SmallChain, row: HostFunction, range: Range, address: number, length: number): void {
  const values: number[] = row.params.map((parameter) => (ONES.test(parameter.name) ? 1 : 0));
  values[range.address] = address;
  if (range.length !== null && range.length >= 0) values[range.length] = length;
  const input = new Uint8Array(Uint32Array.from(values).buffer);
  const result = chain.run("a", "run", { gas: GAS, input });
  const shown = `${row.name}(${values.join(", ")})`;
  const allowed = row.refusals.map((name) => HOST_REFUSALS[name as keyof typeof HOST_REFUSALS]);
  if (result.outcome === OUTCOMES.refusedHostCall) assert.ok(allowed.includes(result.revertCode as never), shown);
  else assert.ok([OUTCOMES.ok, OUTCOMES.revert, OUTCOMES.calleeFailed].includes(result.outcome as never), shown);
  const needed = range.length === null || range.length < 0 ? fixedLength(row, range, input.length) : length;
  if (address + needed > MEMORY_BYTES) assert.equal(result.outcome, OUTCOMES.refusedHostCall, shown);
  if (row.name === "abort" && result.outcome === OUTCOMES.revert) {
    assert.equal(result.revertCode, SYSTEM_REVERTS.abort, shown);
  }
}

/**
 * Bytes read or written at the address where no parameter says. The result register is empty; `abort` of 0 reads
 * nothing.
 */
function fixedLength(row: HostFunction, range: Range, inputLength: number): number {
  if (row.name === "input_read") return inputLength;
  if (row.name === "result_read" || row.name === "abort") return 0;
  if (row.name === "counter_read") return 8;
  return FIXED_LENGTH[row.params[range.address]!.name] ?? 0;
}
