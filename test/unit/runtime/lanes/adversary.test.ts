/**
 * Blocks made to waste the work of lanes: each transaction is attempted by threads once at most and run in place once at most,
 * and comes out as it does in order.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Worker } from "node:worker_threads";
import { ACCESS_ADDED, ACCESS_READ, type AccessRecord, accessOf } from "../../../../runtime/format/accesses.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import { lastDependencies, visitDependencies } from "../../../../runtime/lanes/access-record.ts";
import { connectFaulty } from "../../../fuzz/lanes/connect.ts";
import { FaultDials } from "../../../fuzz/lanes/faults.ts";
import { Random } from "../../../fuzz/random.ts";
import { encodeScript, type Step } from "../puppet-contract.ts";
import { SETTINGS, transactionOf, utf8 } from "../test-chain.ts";
import { BlockMaker } from "./random-blocks.ts";
import { Twins } from "./twins.ts";

const BLOCKS = 2;
const SIZE = 100;

function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}

const add = (delta: number, low: number, high: number): Step => ({
  operation: "add",
  first: utf8("sum"),
  second: Uint8Array.from([...i64(delta), ...i64(low), ...i64(high)]),
});
const copy = (from: string, to: string): Step => ({ operation: "copy", first: utf8(from), second: utf8(to) });
const put = (key: string, value: string): Step => ({ operation: "put", first: utf8(key), second: utf8(value) });

/** What the transaction with this number does. */
const WORKLOADS: Readonly<Record<string, (number: number) => readonly Step[]>> = {
  "the longest chain: each reads what the one before it wrote": (number) => [
    copy(`link ${number - 1}`, `link ${number}`),
    put(`link ${number}`, String(number)),
  ],
  "all of them read and write one key, at a price": (number) => [
    ...Array.from({ length: 30 }, () => copy("hot", "hot")),
    put("hot", String(number)),
  ],
  "a counter at its bound, whose answer hangs on the order": (number) => [
    add(number % 2 === 0 ? 1 : -1, 0, 1),
    put(`after ${number}`, "added"),
  ],
  "write sets that grow when the attempt is made again in place": (number) => [
    add(number % 3 === 0 ? 2 : -1, 0, 2),
    ...Array.from({ length: 40 }, (_, key) => put(`grown ${key}`, `${number}`)),
    copy("hot", `copy ${number}`),
    put("hot", `${number}`),
  ],
};

function block(steps: (number: number) => readonly Step[], from: number): Transaction[] {
  return Array.from({ length: SIZE }, (_, at) => {
    const args = encodeScript(steps(from + at));
    return transactionOf({ contract: "pa", args, number: 50_000 + from + at, gasLimit: 20_000_000 });
  });
}

for (const offer of ["all", "meet"] as const) {
  test(`blocks that waste attempts: each transaction is attempted once at most (offer ${offer})`, async () => {
    const dials = new FaultDials();
    const threads = new Set<Worker>();
    const parts = { dials: dials.memory, seed: offer, verdicts: new Map<string, boolean>() };
    const twins = new Twins({
      workers: 1,
      policy: { lead: 0, offer },
      connect: (lane, events) => connectFaulty({ ...parts, lane }, { events, threads }),
    });
    try {
      await twins.ready(1);
      await twins.block(new BlockMaker(new Random(offer)).first(), SETTINGS.genesisTimeSeconds + 1);
      let number = 0;
      for (const [name, steps] of Object.entries(WORKLOADS)) {
        const before = dials.calls;
        for (let left = BLOCKS; left > 0; left -= 1) {
          number += 1;
          await twins.block(block(steps, number * SIZE), SETTINGS.genesisTimeSeconds + 1 + number);
        }
        // Two ledgers have threads, and none of these scripts calls another contract.
        const attempts = dials.calls - before;
        assert.ok(attempts <= 2 * BLOCKS * SIZE, `${name}: ${attempts} attempts of ${BLOCKS * SIZE} transactions`);
      }
      const { taken, conflicts, late } = twins.statistics;
      assert.ok(taken + conflicts.value + conflicts.counter + late > 0, "threads had their part in it");
    } finally {
      await twins.close();
      await Promise.all([...threads].map((thread) => thread.terminate()));
    }
  });
}

test("a record of more dependencies than are worth it is not used, after bounded work", () => {
  const half = 4000;
  const all = Array.from({ length: 2 * half }, (_, at) =>
    Uint32Array.of(accessOf(0, at < half ? ACCESS_ADDED : ACCESS_READ)),
  );
  const record: AccessRecord = { keys: [utf8("hot")], transactions: all, ranges: [] };
  let visits = 0;
  const isWhole = visitDependencies(record, () => {
    visits += 1;
  });
  assert.equal(isWhole, false);
  assert.equal(visits, 10_000_000);
  assert.equal(lastDependencies(record), undefined);
});

test("a record with more walks over keys than are worth it is not used, and nothing of it is visited", () => {
  const keys = Array.from({ length: 4000 }, (_, number) => utf8(`key ${number}`));
  const range = { transaction: 1, prefix: utf8("key"), from: utf8(""), through: undefined };
  const record = { keys, transactions: [new Uint32Array(), new Uint32Array()], ranges: Array(4000).fill(range) };
  const isWhole = visitDependencies(record, () => assert.fail("visited"));
  assert.equal(isWhole, false);
});
