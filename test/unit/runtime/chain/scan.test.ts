/** Scans and counters on a chain with a folder: over blocks, checkpoints, restarts, a lost store and a small memory. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Chain } from "../../../../runtime/chain/chain.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";
import { seededNumbers } from "../seeded-numbers.ts";
import { deployOf, openTestChain, SETTINGS, signed, transactionOf, utf8 } from "../test-chain.ts";
import { headed, WALKER } from "../walker-contract.ts";

const root = mkdtempSync(join(tmpdir(), "cinnabar-scan-"));
after(() => rmSync(root, { recursive: true, force: true }));
const TIME = SETTINGS.genesisTimeSeconds;

let number = 0;
function transaction(method: string, args: Uint8Array, contract = "walker"): Transaction {
  number += 1;
  return transactionOf({ contract, method, args, number });
}

const putOf = (key: string, value: string, contract?: string) => transaction("put", headed(key, value), contract);
const deleteOf = (key: string) => transaction("delete", utf8(key));
const scanOf = (prefix = "", start = "") => transaction("scan", headed(prefix, start));
const addOf = (key: string, ...change: readonly bigint[]) =>
  transaction("add", Uint8Array.from([...new Uint8Array(BigInt64Array.from(change).buffer), ...utf8(key)]));

/** The entries of a page as `key=value`. */
function entriesOf(page: Uint8Array): string[] {
  const view = new DataView(page.buffer, page.byteOffset, page.length);
  const entries: string[] = [];
  let offset = 5;
  const next = (): string => {
    const length = view.getUint32(offset, true);
    offset += 4 + length;
    return Buffer.from(page.subarray(offset - length, offset)).toString();
  };
  while (entries.length < view.getUint32(1, true)) entries.push(`${next()}=${next()}`);
  return entries;
}

function queried(chain: Chain, prefix = "", start = ""): string[] {
  const result = chain.query({ contract: "walker", method: "scan", args: headed(prefix, start) });
  assert.equal(result.outcome, OUTCOMES.ok);
  return entriesOf(result.output);
}

async function walkerChain(name: string, options: Parameters<typeof openTestChain>[1] = {}): Promise<Chain> {
  const chain = await openTestChain(join(root, name), options);
  const deployments = ["walker", "walkers"].map((contract, index) => signed(deployOf(contract, WALKER, index)));
  await chain.produceBlock(deployments, TIME);
  return chain;
}

test("a scan in a block sees the blocks before and the transactions in front of it, but no failed one", async () => {
  const chain = await walkerChain("block");
  await chain.produceBlock([putOf("a", "1"), putOf("c", "3"), putOf("x", "other", "walkers")], TIME);
  const poor = { ...putOf("d", "4"), gasLimit: 4000 };
  const { receipts } = await chain.produceBlock(
    [scanOf(), putOf("b", "2"), scanOf(), deleteOf("a"), poor, scanOf(), scanOf("b"), scanOf("", "b\x00")],
    TIME,
  );
  assert.equal(receipts[4]!.outcome, OUTCOMES.outOfGas);
  assert.deepEqual(
    [0, 2, 5, 6, 7].map((index) => entriesOf(receipts[index]!.output)),
    [["a=1", "c=3"], ["a=1", "b=2", "c=3"], ["b=2", "c=3"], ["b=2"], ["c=3"]],
  );
  assert.deepEqual(queried(chain), ["b=2", "c=3"]);
  const pending = chain.produceBlock([putOf("e", "5"), deleteOf("b")], TIME);
  assert.deepEqual(queried(chain), ["b=2", "c=3"], "a block that is being written down is not seen");
  await pending;
  assert.deepEqual(queried(chain), ["c=3", "e=5"]);
  await chain.close();
});

test("counters are added to within a block, and a refused add changes nothing", async () => {
  const chain = await walkerChain("counter");
  const adds = [addOf("n", 5n, 0n, 8n), addOf("n", 4n, 0n, 8n), addOf("n", 3n, 0n, 8n)];
  const { receipts } = await chain.produceBlock(adds, TIME);
  assert.deepEqual(
    receipts.map(({ outcome, output }) => [outcome, output[0]]),
    [
      [OUTCOMES.ok, 1],
      [OUTCOMES.ok, 0],
      [OUTCOMES.ok, 1],
    ],
  );
  assert.deepEqual(chain.readState("walker", utf8("n")), Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0));
  await chain.close();
});

test("a scan gives the same after checkpoints, restarts and the loss of the store, with little memory", async (t) => {
  const pick = seededNumbers(t, 21);
  const options = { stateBytesMax: 20_000, checkpoint: { blocks: 7, bytes: 1e9 } };
  let chain = await walkerChain("restart", options);
  const model = new Map<string, string>();
  const randomKey = (): string => `${"pq"[pick(2)]}${pick(60)}`;
  const expected = (): string[] =>
    [...model]
      .map(([key, value]) => `${key}=${value}`)
      .sort((left, right) => (left.split("=")[0]! < right.split("=")[0]! ? -1 : 1));
  for (let block = 0; block < 40; block++) {
    const transactions = Array.from({ length: 1 + pick(6) }, () => {
      const key = randomKey();
      if (pick(3) === 0) {
        model.delete(key);
        return deleteOf(key);
      }
      model.set(key, "v".repeat(pick(300)));
      return putOf(key, model.get(key)!);
    });
    const { receipts } = await chain.produceBlock([...transactions, scanOf("p")], TIME);
    assert.deepEqual(
      entriesOf(receipts.at(-1)!.output),
      expected().filter((entry) => entry.startsWith("p")),
    );
    if (pick(5) === 0) {
      await chain.close();
      if (pick(2) === 0) rmSync(join(root, "restart", "state"), { recursive: true });
      chain = await openTestChain(join(root, "restart"), options);
    }
    assert.deepEqual([...queried(chain, "p"), ...queried(chain, "q")], expected());
  }
  await chain.close();
});
