/**
 * Every host function that takes an address, called by a contract with addresses and lengths at the edges of 32 bits:
 * the answer is a result or a stated refusal, never anything else; it is the same again on a new machine, to the unit of
 * gas; and nothing outside the target is written.
 */
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HOST_FUNCTIONS, type HostFunction } from "../../../../vm/abi.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES, REVERT_MESSAGE_BYTES_MAX } from "../../../../vm/outcome.ts";
import { SmallChain } from "../small-chain.ts";
import { inputCaller, inputOf, MEMORY_BYTES, type Range, rangesOf, rowOf, smallArguments } from "./row-caller.ts";

const EDGES = [0, 1, 2 ** 16 - 1, 2 ** 16, 2 ** 31, 2 ** 32 - 1];
/** More than any length costs: the edges must reach the host, not end in out of gas. */
const GAS = Number.MAX_SAFE_INTEGER;
const ENDINGS = [OUTCOMES.ok, OUTCOMES.revert, OUTCOMES.calleeFailed, OUTCOMES.refusedHostCall];

const WITH_ADDRESSES = HOST_FUNCTIONS.filter((row) => rangesOf(row).length > 0);

describe("an address and a length from a contract", () => {
  for (const row of WITH_ADDRESSES) {
    const code = inputCaller(row);
    const chains = [new SmallChain().deploy("a", code), new SmallChain().deploy("a", code)];
    for (const range of rangesOf(row)) {
      it(`end in a result or a stated refusal: ${row.name}, ${row.params[range.address]!.name}`, () => {
        for (const address of EDGES) {
          for (const length of range.length === null ? [range.bytes] : EDGES) {
            checkCall(chains, row, range, { address, length });
          }
        }
      });
    }
  }

  it("of every pair of a function with two", () => {
    const pairs = WITH_ADDRESSES.filter((row) => rangesOf(row).length > 1);
    assert.ok(pairs.length > 10);
    for (const row of pairs) {
      const chains = [new SmallChain().deploy("a", inputCaller(row)), new SmallChain().deploy("a", inputCaller(row))];
      for (const edge of EDGES) checkEdge(chains, row, edge);
    }
  });

  it("are found in every row that has an i32 which is not a plain number", () => {
    const without = HOST_FUNCTIONS.filter((row) => !WITH_ADDRESSES.includes(row));
    assert.deepEqual(
      without.flatMap((row) => row.params),
      [],
    );
    assert.deepEqual(
      rangesOf(rowOf("storage_put")).map(({ address, length }) => [address, length]),
      [
        [0, 1],
        [2, 3],
      ],
    );
    assert.deepEqual(
      rangesOf(rowOf("signature_verify")).map(({ address, length, bytes }) => [address, length, bytes]),
      [
        [1, 2, 0],
        [3, null, 64],
        [4, 5, 0],
      ],
    );
  });
});

/** One address and its length at an edge, the other arguments small. */
function checkCall(
  chains: readonly SmallChain[],
  row: HostFunction,
  range: Range,
  { address, length }: { readonly address: number; readonly length: number },
): void {
  const values = smallArguments(row);
  values[range.address] = address;
  if (range.length !== null) values[range.length] = length;
  const result = checkClosed(chains, row, values);
  if (address + length > MEMORY_BYTES) assert.equal(result.outcome, OUTCOMES.refusedHostCall, shown(row, values));
}

/** All addresses and all lengths at one edge. */
function checkEdge(chains: readonly SmallChain[], row: HostFunction, edge: number): void {
  const values = smallArguments(row);
  for (const { address, length } of rangesOf(row)) {
    values[address] = edge;
    if (length !== null) values[length] = edge;
  }
  checkClosed(chains, row, values);
}

function shown(row: HostFunction, values: readonly (number | bigint)[]): string {
  return `${row.name}(${values.join(", ")})`;
}

function checkClosed(
  chains: readonly SmallChain[],
  row: HostFunction,
  values: readonly (number | bigint)[],
): CallResult {
  const input = inputOf(row, values);
  const [result, again] = chains.map((chain) => chain.run("a", "run", { gas: GAS, input }));
  assert.deepEqual(result, again, shown(row, values));
  const { outcome, revertCode, gasUsed, output } = result!;
  assert.ok(ENDINGS.includes(outcome as never), `${shown(row, values)} ended with ${outcome}`);
  if (outcome === OUTCOMES.refusedHostCall) {
    const allowed = row.refusals.map((name) => HOST_REFUSALS[name as keyof typeof HOST_REFUSALS]);
    assert.ok(allowed.includes(revertCode as never), `${shown(row, values)} was refused with ${revertCode}`);
    assert.equal(gasUsed, GAS);
    assert.equal(output.length, 0);
  } else {
    assert.ok(Number.isSafeInteger(gasUsed) && gasUsed > 0 && gasUsed < GAS);
  }
  if (outcome === OUTCOMES.ok) checkMemory(row, values, input, output);
  else assert.ok(output.length <= REVERT_MESSAGE_BYTES_MAX);
  return result!;
}

/** The memory is the input and zeros, but for the bytes at the target. */
function checkMemory(
  row: HostFunction,
  values: readonly (number | bigint)[],
  input: Uint8Array,
  memory: Uint8Array,
): void {
  const want = new Uint8Array(MEMORY_BYTES);
  want.set(input);
  const target = rangesOf(row).find((range) => range.isTarget);
  if (target !== undefined) {
    const start = Number(values[target.address]);
    const bytes = row.name === "input_read" ? input.length : target.bytes;
    want.set(memory.subarray(start, start + bytes), start);
  }
  assert.ok(Buffer.from(memory).equals(want), `${shown(row, values)} wrote outside of its target`);
}
