import assert from "node:assert/strict";
import { test } from "node:test";
import { TransactionIndex } from "../../../../runtime/chain/transaction-index.ts";

const SEED = { low: 1, high: 2 };
const idOf = (number: number): Uint8Array => new Uint8Array(32).fill(number);

/** Transactions 1, 2, 3, ... in blocks of these heights, with these expiry heights. */
function indexOf(entries: readonly (readonly [height: number, expiryHeight: number])[], keptMin = 0): TransactionIndex {
  const index = new TransactionIndex(SEED, keptMin);
  for (const [number, [height, expiryHeight]] of entries.entries()) {
    index.add(idOf(number + 1), { height, index: 0, expiryHeight });
  }
  return index;
}

const numbersIn = (index: TransactionIndex): number[] =>
  [1, 2, 3, 4].filter((number) => index.find(idOf(number)) !== undefined);

test("what a checkpoint has written is forgotten, and nothing above its height", () => {
  const index = indexOf([
    [4, 100],
    [5, 100],
    [6, 6],
    [7, 100],
  ]);
  index.forgetStored(5);
  assert.deepEqual(numbersIn(index), [3, 4]);
  assert.deepEqual(index.above(5), [
    { id: idOf(3), location: { height: 6, index: 0 } },
    { id: idOf(4), location: { height: 7, index: 0 } },
  ]);
});

test("without a store an id is known up to its expiry height, and not after", () => {
  const index = indexOf([
    [4, 6],
    [4, 7],
    [4, 8],
  ]);
  // The next block is 7: the first cannot be in it, the second can.
  index.forgetExpired(6);
  assert.deepEqual(numbersIn(index), [2, 3]);
});

test("below the number kept anyway nothing is forgotten, and expired ones only when as many again came", () => {
  const entries = [
    [1, 1],
    [1, 9],
    [1, 9],
  ] as const;
  const few = indexOf(entries, 4);
  few.forgetStored(5);
  few.forgetExpired(5);
  assert.equal(few.size, 3);
  const index = indexOf(entries, 3);
  index.forgetExpired(1);
  assert.equal(index.size, 2);
  index.add(idOf(4), { height: 2, index: 0, expiryHeight: 2 });
  index.forgetExpired(2);
  assert.equal(index.size, 3);
});
