/** Reports of small blocks that can be checked by hand, of random ones by the plain reading, and of blocks that lanes executed. */
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACCESS_ADDED,
  ACCESS_READ,
  ACCESS_WRITTEN,
  type AccessRecord,
  accessFlagsOf,
  accessKey,
  accessOf,
} from "../../../../runtime/format/accesses.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../../../runtime/format/contract-abi.ts";
import { stateKey } from "../../../../runtime/format/state-key.ts";
import type { Receipt, Transaction } from "../../../../runtime/format/types.ts";
import { FATE_NAMES, FATES, type LaneFacts, LaneLog, RecentLaneFacts } from "../../../../runtime/lanes/lane-log.ts";
import { type ReportedBlock, scheduleReport } from "../../../../runtime/lanes/schedule-report.ts";
import { Random } from "../../../fuzz/random.ts";
import { SETTINGS, transactionOf, utf8 } from "../test-chain.ts";
import { BlockMaker } from "./random-blocks.ts";
import { plainCriticalPath, plainDependencies, randomRecord } from "./random-records.ts";
import { Twins } from "./twins.ts";

const SEED = process.env.CINNABAR_SEED ?? "report";
const PAIR = ACCESS_READ | ACCESS_WRITTEN;

const storageOf = (name: string, key: readonly string[], value: string): ContractAbi["storage"][number] => {
  return { name, kind: key.length === 0 ? "cell" : "map", key, value };
};
const ABI: ContractAbi = {
  abi: 1,
  contract: "bank",
  version: 1,
  types: {},
  methods: [],
  events: [],
  storage: [storageOf("total", [], "u64"), storageOf("accounts", ["string"], "u64")],
  errors: [],
};
const abiOf = (contract: string): ContractAbi | undefined => (contract === "bank" ? ABI : undefined);

const word = (text: string): number[] => [utf8(text).length, 0, 0, 0, ...utf8(text)];
const total = stateKey("bank", Uint8Array.of(5, ...utf8("total")));
const account = (name: string): Uint8Array => stateKey("bank", Uint8Array.of(8, ...utf8("accounts"), ...word(name)));

function reported(record: AccessRecord, costs: readonly number[]): ReportedBlock {
  const transactions: Transaction[] = costs.map((_, number) => transactionOf({ contract: "bank", number }));
  const receipts: Receipt[] = costs.map((gasUsed, index) => {
    const transactionId = new Uint8Array(32).fill(index);
    return { transactionId, outcome: 0, revertCode: 0, output: new Uint8Array(0), gasUsed, events: [] };
  });
  return { block: { header: { height: 7 }, transactions }, receipts, accesses: record };
}

/** a pays b, c pays b, d looks at the total, everybody adds to the total in a pair of read and write. */
const PAYMENTS: AccessRecord = {
  keys: [total, account("a"), account("b"), account("c/d")],
  transactions: [
    Uint32Array.of(accessOf(1, PAIR), accessOf(2, PAIR), accessOf(0, PAIR)),
    Uint32Array.of(accessOf(3, PAIR), accessOf(2, PAIR), accessOf(0, PAIR)),
    Uint32Array.of(accessOf(0, PAIR)),
    Uint32Array.of(accessOf(0, ACCESS_READ)),
  ],
  ranges: [],
};

test("a block that can be followed by hand: waits, critical path, hottest keys, counters", () => {
  const report = scheduleReport(reported(PAYMENTS, [10, 20, 30, 5]), { abiOf });
  assert.deepEqual(
    [report.height, report.unit, report.work, report.criticalPath, report.bound],
    [7, "gas", 65, 65, 65],
  );
  assert.deepEqual(report.chain, [
    { transaction: 0, keys: [] },
    { transaction: 1, keys: ["bank/accounts/b", "bank/total"] },
    { transaction: 2, keys: ["bank/total"] },
    { transaction: 3, keys: ["bank/total"] },
  ]);
  assert.deepEqual(
    report.transactions.map(({ start }) => start),
    [0, 10, 30, 60],
  );
  const [contract, ...others] = report.contracts;
  assert.deepEqual(others, []);
  const [hottest, second] = contract!.keys;
  // As a counter the total makes nobody wait but the one that reads it: 10, then 20 by account b, then 5.
  assert.deepEqual(hottest, {
    key: "bank/total",
    value: "u64",
    readers: 1,
    writers: 3,
    adders: 0,
    waits: 3,
    pathCost: 55,
    pathAsCounter: 35,
  });
  assert.deepEqual([second!.key, second!.pathCost, second!.pathAsCounter], ["bank/accounts/b", 20, 65]);
  assert.equal(report.lanes.length, 96);
  assert.equal(
    report.lanes.reduce((sum, { cost }) => sum + cost, 0),
    65,
  );
});

test("all keys of a storage as counters at once, where one alone gains nothing", () => {
  const both = Uint32Array.of(accessOf(1, PAIR), accessOf(2, PAIR));
  const report = scheduleReport(reported({ ...PAYMENTS, transactions: [both, both, both] }, [10, 10, 10]), { abiOf });
  const { keys, storages } = report.contracts[0]!;
  assert.deepEqual(
    keys.map(({ pathAsCounter }) => pathAsCounter),
    [30, 30],
  );
  assert.deepEqual(
    storages.map(({ key, pathAsCounter }) => [key, pathAsCounter]),
    [["bank/accounts/*", 10]],
  );
});

test("keys that no ABI names are shown as text or in hex, and cannot pass for others", () => {
  const keys = [
    account("c/d"),
    account("x\u202e\n"),
    stateKey("other", utf8("plain/key")),
    stateKey("other", Uint8Array.of(0, 255)),
    Uint8Array.of(9),
    stateKey("bank", Uint8Array.of(8, ...utf8("accounts"), 1)),
  ];
  const all = Uint32Array.from(keys, (_, place) => accessOf(place, PAIR));
  const report = scheduleReport(reported({ keys, transactions: [all, all], ranges: [] }, [1, 1]), { abiOf });
  const texts = report.contracts.flatMap((contract) => contract.keys.map(({ key }) => key));
  assert.deepEqual(
    texts.toSorted(),
    [
      "0x09",
      'bank/accounts/"c/d"',
      'bank/accounts/"x\\u202e\\n"',
      "bank/0x086163636f756e747301",
      "other/0x00ff",
      "other/plain/key",
    ].toSorted(),
  );
});

test("random blocks: the path by the plain reading, and every number adds up", () => {
  for (let round = 0; round < 100; round += 1) {
    const random = new Random(`${SEED} ${round}`);
    const shape = { transactions: random.between(1, 12), keys: random.between(1, 6), accesses: 3, withRanges: true };
    const record = randomRecord(random, shape);
    const costs = record.transactions.map(() => random.between(1, 50));
    const dependencies = plainDependencies(record);
    const report = scheduleReport(reported(record, costs), { abiOf });
    const text = `seed ${SEED} ${round}`;
    assert.equal(report.criticalPath, plainCriticalPath(dependencies, costs), text);
    const chainCost = report.chain.reduce((sum, { transaction }) => sum + costs[transaction]!, 0);
    assert.equal(chainCost, report.criticalPath, text);
    for (const [place, { transaction, keys }] of report.chain.entries()) {
      if (place === 0) continue;
      assert.ok(dependencies[transaction]!.has(report.chain[place - 1]!.transaction) && keys.length > 0, text);
    }
    for (const [transaction, { waits, moreWaits }] of report.transactions.entries()) {
      assert.equal(waits.length + moreWaits, dependencies[transaction]!.size, text);
      for (const wait of waits) assert.ok(dependencies[transaction]!.has(wait.transaction), text);
    }
    for (const { pathAsCounter } of report.contracts.flatMap(({ keys, storages }) => [...keys, ...storages])) {
      assert.ok(pathAsCounter === undefined || pathAsCounter >= Math.max(...costs), text);
    }
    assert.equal(report.predictions[0]!.makespan, report.work, text);
  }
});

test("a record that is no use leaves a report without dependencies", () => {
  const costs = [3, 4];
  const useless: AccessRecord[] = [
    { keys: [], transactions: [], ranges: [] },
    { keys: [], transactions: [Uint32Array.of(accessOf(5, PAIR)), Uint32Array.of()], ranges: [] },
  ];
  for (const record of useless) {
    const report = scheduleReport(reported(record, costs), { abiOf });
    assert.deepEqual([report.hasDependencies, report.criticalPath, report.predictions], [false, 4, []]);
  }
  const both = Uint32Array.of(accessOf(0, PAIR));
  const record = { keys: [total], transactions: [both, both], ranges: [] };
  assert.equal(scheduleReport(reported(record, costs), { abiOf, workMax: 0 }).hasDependencies, false);
  assert.equal(scheduleReport(reported(record, costs), { abiOf, workMax: 1 }).hasDependencies, true);
});

test("measured times stand in the place of gas", () => {
  const report = scheduleReport(reported(PAYMENTS, [10, 20, 30, 5]), { abiOf, durations: [1, 2, 3, 4] });
  assert.deepEqual([report.unit, report.work, report.criticalPath], ["ns", 10, 10]);
});

test("who forced a transaction to run again is named", () => {
  const facts: LaneFacts = {
    fates: Uint8Array.of(FATES.taken, FATES.value, FATES.inPlace, FATES.value),
    conflicts: [
      { transaction: 1, key: account("b") },
      { transaction: 3, key: account("nobody") },
    ],
  };
  const { transactions, fates } = scheduleReport(reported(PAYMENTS, [10, 20, 30, 5]), { abiOf, facts });
  assert.deepEqual(transactions[1]!.conflict, { key: "bank/accounts/b", by: 0 });
  assert.deepEqual(transactions[3]!.conflict, { key: "bank/accounts/nobody", by: -1 });
  assert.deepEqual(fates, [
    { fate: "inPlace", transactions: 1, cost: 30 },
    { fate: "taken", transactions: 1, cost: 10 },
    { fate: "value", transactions: 2, cost: 25 },
  ]);
});

test("the log of a block is of that block only, and the newest blocks are kept", () => {
  const log = new LaneLog();
  const keyOf = (slot: number): Uint8Array => Uint8Array.of(slot);
  log.clear(3000);
  for (let at = 0; at < 3000; at += 1) log.note(FATES.taken, at === 2999 ? 4 : -1);
  assert.equal(log.facts(2999, keyOf), undefined);
  assert.deepEqual(log.facts(3000, keyOf)?.conflicts, [{ transaction: 2999, key: Uint8Array.of(4) }]);
  log.clear(0);
  assert.equal(log.facts(3000, keyOf), undefined);
  const recent = new RecentLaneFacts();
  const large: LaneFacts = { fates: new Uint8Array(40_000), conflicts: [] };
  for (const height of [1, 2, 3]) recent.set(height, large);
  assert.deepEqual(
    [1, 2, 3].map((height) => recent.get(height) !== undefined),
    [false, false, true],
  );
  recent.set(3, { fates: new Uint8Array(1), conflicts: [] });
  recent.set(4, large);
  assert.equal(recent.get(3)?.fates.length, 1);
});

/** True when the transaction wrote the key or added to it. */
function changes(record: AccessRecord, transaction: number, key: string): boolean {
  return record.transactions[transaction]!.some(
    (access) =>
      (accessFlagsOf(access) & (ACCESS_WRITTEN | ACCESS_ADDED)) !== 0 &&
      bytesToHex(record.keys[accessKey(access)]!) === key,
  );
}

test("what threads did with random blocks: as the statistics count it, and whoever is named changed it", async () => {
  const twins = new Twins({ workers: 2, policy: { lead: 0, offer: "all" } });
  const maker = new BlockMaker(new Random(`${SEED} lanes`));
  const counts: Record<string, number> = {};
  let conflicts = 0;
  try {
    await twins.ready(2);
    for (let height = 1; height < 14; height += 1) {
      const transactions = height === 1 ? maker.first() : maker.block(height);
      const candidate = await twins.block(transactions, SETTINGS.genesisTimeSeconds + height);
      const facts = twins.parallel.laneFacts(height)!;
      assert.equal(facts.fates.length, candidate.transactions.length);
      for (const fate of facts.fates) counts[FATE_NAMES[fate]!] = (counts[FATE_NAMES[fate]!] ?? 0) + 1;
      const block = { header: candidate.header, transactions: candidate.transactions };
      const report = scheduleReport(
        { block, receipts: candidate.receipts, accesses: candidate.accesses },
        { abiOf: () => undefined, facts },
      );
      for (const { transaction, key } of facts.conflicts) {
        conflicts += 1;
        const { by } = report.transactions[transaction]!.conflict!;
        const text = `seed ${SEED}, block ${height}, transaction ${transaction}`;
        for (let each = 0; each < transaction; each += 1) {
          if (each === by) assert.ok(changes(candidate.accesses, each, bytesToHex(key)), text);
          if (each > by) assert.ok(!changes(candidate.accesses, each, bytesToHex(key)), text);
        }
      }
    }
    const { statistics } = twins;
    assert.deepEqual(
      [counts.value ?? 0, counts.counter ?? 0],
      [statistics.conflicts.value, statistics.conflicts.counter],
    );
    assert.equal(counts.taken, statistics.taken);
    assert.equal(conflicts, statistics.conflicts.value + statistics.conflicts.counter);
    assert.ok(conflicts > 5, JSON.stringify(counts));
  } finally {
    await twins.close();
  }
});
