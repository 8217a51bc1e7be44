/** What the chain keeps of its newest blocks in memory is bounded in bytes: a block's values decide how much it is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHMS } from "../../../../accel/device.ts";
import type { Head } from "../../../../runtime/chain/ledger.ts";
import { Overwritten } from "../../../../runtime/chain/overwritten.ts";
import { RecentStates } from "../../../../runtime/chain/recent-states.ts";
import { type CommittedBlock, RecordCache } from "../../../../runtime/chain/record-cache.ts";
import type { Header, Seal } from "../../../../runtime/format/types.ts";
import { seededNumbers } from "../seeded-numbers.ts";
import { utf8 } from "../test-chain.ts";

const ZERO_32 = new Uint8Array(32);
const SEAL: Seal = { algorithm: ALGORITHMS.ed25519, publicKey: ZERO_32, signature: new Uint8Array(64) };
const headerOf = (height: number): Header => ({
  protocolVersion: 1,
  chainId: "c",
  height,
  timeSeconds: 1,
  previousHash: ZERO_32,
  transactionsRoot: ZERO_32,
  receiptsRoot: ZERO_32,
  stateRoot: ZERO_32,
  scheduleHash: ZERO_32,
  gasUsed: 0,
});
const headOf = (height: number): Head => ({ header: headerOf(height), hash: ZERO_32, seal: SEAL });

/** The block at `height` replaced a value of so many bytes. */
function push(states: RecentStates, height: number, before: number): void {
  const write = { key: Uint8Array.of(1), value: undefined, before: new Uint8Array(before) };
  states.push({ head: headOf(height), overwritten: new Overwritten([write]) });
}

test("recent states are dropped by the bytes that were overwritten, and the head stays whatever it is", () => {
  const states = new RecentStates(1_000_000);
  for (let height = 0; height < 10; height += 1) push(states, height, 300_000);
  assert.equal(states.oldestHeight, 7);
  assert.ok(states.bytes <= 1_000_000);
  assert.equal(states.at(6), undefined);
  assert.equal(states.at(9)?.head.header.height, 9);
  push(states, 10, 2_000_000);
  assert.equal(states.oldestHeight, 10);
  for (let height = 11; height < 14; height += 1) push(states, height, 1);
  assert.equal(states.oldestHeight, 11);
});

test("what a block overwrote is found by its key, absence too, and nothing else is", (t) => {
  const pick = seededNumbers(t, 5);
  for (let round = 0; round < 200; round += 1) {
    const model = new Map<string, Uint8Array | undefined>();
    for (let count = pick(30); count > 0; count -= 1) {
      model.set("k".repeat(pick(4)) + pick(40), pick(4) === 0 ? undefined : new Uint8Array(pick(5)).fill(count));
    }
    const writes = [...model].map(([key, before]) => ({ key: utf8(key), value: undefined, before }));
    writes.sort((left, right) => Buffer.compare(left.key, right.key));
    const overwritten = new Overwritten(writes);
    assert.equal(overwritten.count, model.size);
    for (const [key, before] of model) assert.deepEqual(overwritten.find(utf8(key)), { before });
    for (const key of ["", "j", "kkkkk1", `k${pick(40)}x`]) assert.equal(overwritten.find(utf8(key)), undefined);
  }
});

test("no more than 128 heights are kept, however small", () => {
  const states = new RecentStates();
  for (let height = 0; height < 200; height += 1) push(states, height, 1);
  assert.equal(states.oldestHeight, 72);
});

const blockOf = (height: number): CommittedBlock => ({
  block: { header: headerOf(height), seal: SEAL, transactions: [] },
  blockHash: ZERO_32,
  receipts: [],
});
const heightsIn = (cache: RecordCache): number[] =>
  Array.from({ length: 20 }, (_, height) => height).filter((height) => cache.get(height) !== undefined);

test("decoded blocks are kept by number and by bytes, the newest always", () => {
  const cache = new RecordCache(1000);
  for (let height = 0; height < 12; height += 1) cache.add(blockOf(height), 10);
  assert.deepEqual(heightsIn(cache), [4, 5, 6, 7, 8, 9, 10, 11]);
  cache.add(blockOf(12), 960);
  assert.deepEqual(heightsIn(cache), [8, 9, 10, 11, 12]);
  cache.add(blockOf(13), 5000);
  assert.deepEqual(heightsIn(cache), [13]);
  cache.add(blockOf(13), 10);
  cache.add(blockOf(14), 900);
  assert.deepEqual(heightsIn(cache), [13, 14]);
});
