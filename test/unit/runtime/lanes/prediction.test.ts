/** The replay on n cores: a real plan (checked step by step), never under the bound, near the best there is. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ACCESS_READ, ACCESS_WRITTEN, accessOf } from "../../../../runtime/format/accesses.ts";
import { DependencyGraph, joinedRecords, longestPaths } from "../../../../runtime/lanes/dependency-graph.ts";
import { CORES, Plan, type PlanOptions, type Replayed } from "../../../../runtime/lanes/prediction.ts";
import { Random } from "../../../fuzz/random.ts";
import {
  plainCriticalPath,
  plainDependencies,
  type RecordShape,
  randomRecord,
  shortestMakespan,
} from "./random-records.ts";

const SEED = process.env.CINNABAR_SEED ?? "prediction";
const LANES = 96;

function seeded(name: string, rounds: number, body: (random: Random) => void): void {
  test(name, () => {
    for (let round = 0; round < rounds; round += 1) {
      const seed = `${SEED} ${name} ${round}`;
      try {
        body(new Random(seed));
      } catch (error) {
        process.stderr.write(`seed ${seed}\n`);
        throw error;
      }
    }
  });
}

function randomBlock(random: Random, shape: RecordShape) {
  const record = randomRecord(random, shape);
  const dependencies = plainDependencies(record);
  const costs = Array.from({ length: shape.transactions }, () => random.between(0, 9));
  const lanes = costs.map(() => random.below(random.pick([2, LANES])));
  const graph = DependencyGraph.of(record)!;
  return { record, dependencies, costs, lanes, graph };
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

seeded("dependencies and critical path are those of the plain reading", 300, (random) => {
  const shape = { transactions: random.between(1, 9), keys: random.between(1, 5), accesses: 3, withRanges: true };
  const { dependencies, costs, graph } = randomBlock(random, shape);
  for (const [transaction, expected] of dependencies.entries()) {
    const found = graph.on.subarray(graph.starts[transaction]!, graph.starts[transaction + 1]!);
    assert.deepEqual([...new Set(found)].sort(), [...expected].sort());
  }
  assert.equal(longestPaths(graph, costs).length, plainCriticalPath(dependencies, costs));
});

seeded("records of several blocks are one that says the same as their transactions in one block", 200, (random) => {
  const record = randomRecord(random, { transactions: 8, keys: 4, accesses: 3, withRanges: true });
  const cut = random.between(0, 8);
  const parts = [
    {
      keys: record.keys,
      transactions: record.transactions.slice(0, cut),
      ranges: record.ranges.filter(({ transaction }) => transaction < cut),
    },
    {
      keys: record.keys.toReversed(),
      transactions: record.transactions
        .slice(cut)
        .map((accesses) => accesses.map((access) => accessOf(record.keys.length - 1 - (access >>> 3), access & 7))),
      ranges: record.ranges
        .filter(({ transaction }) => transaction >= cut)
        .map((range) => ({ ...range, transaction: range.transaction - cut })),
    },
  ];
  assert.deepEqual(plainDependencies(joinedRecords(parts)), plainDependencies(record));
});

test("a joined record is as unusable as one of its parts", () => {
  const bad = { keys: [], transactions: [Uint32Array.of(accessOf(3, ACCESS_READ))], ranges: [] };
  const good = { keys: [Uint8Array.of(1)], transactions: [Uint32Array.of(accessOf(0, ACCESS_READ))], ranges: [] };
  assert.equal(DependencyGraph.of(joinedRecords([good, bad])), undefined);
  assert.equal(DependencyGraph.of(joinedRecords([good, good]))?.transactionCount, 2);
});

/** One thing at a time on each core, nothing before what it needs has come, validations in block order on core 0. */
function assertIsPlan(
  replayed: Replayed,
  { dependencies, costs }: { dependencies: readonly ReadonlySet<number>[]; costs: readonly number[] },
  { cores, hop, validation, visible }: Required<PlanOptions> & { readonly cores: number },
): void {
  const { starts, ends, applied, makespan } = replayed;
  const used = costs.map((cost, at) => ({ core: replayed.cores[at]!, start: starts[at]!, end: starts[at]! + cost }));
  for (const [transaction, before] of dependencies.entries()) {
    assert.equal(ends[transaction], used[transaction]!.end);
    for (const other of before) {
      const [end, from] = visible === "executed" ? [ends[other]!, used[other]!.core] : [applied[other]!, 0];
      const way = from === used[transaction]!.core ? 0 : hop;
      assert.ok(starts[transaction]! >= end + way, `${transaction} begins before ${other} can be seen`);
    }
    assert.ok(applied[transaction]! >= ends[transaction]! + validation);
    if (transaction > 0) assert.ok(applied[transaction]! >= applied[transaction - 1]! + validation);
  }
  const validations = [...applied].map((end) => ({ core: 0, start: end - validation, end }));
  const all = [...used, ...validations].filter(({ start, end }) => end > start);
  for (const [at, one] of all.entries()) {
    assert.ok(one.core < cores);
    const overlaps = all.some((other, place) => place > at && other.core === one.core && meets(one, other));
    assert.ok(!overlaps, "two things at a time on one core");
  }
  assert.equal(makespan, Math.max(0, ...ends, ...applied));
}

const meets = (one: { start: number; end: number }, other: { start: number; end: number }): boolean =>
  one.start < other.end && other.start < one.end;

seeded("every replay is a plan that could be, and never under the bound", 400, (random) => {
  const shape = { transactions: random.between(1, 30), keys: random.between(1, 12), accesses: 3 };
  const block = randomBlock(random, shape);
  const cores = random.pick([1, 2, 3, 7, LANES]);
  const visible = random.pick(["executed", "applied"] as const);
  const asked = { hop: random.pick([0, 1, 4]), validation: random.pick([0, 1, 2]), visible };
  const plan = new Plan(block.graph, block, asked);
  // One core has no way to go and nothing to validate.
  const options = cores === 1 ? { ...asked, hop: 0, validation: 0 } : asked;
  assertIsPlan(plan.replay(cores), block, { ...options, cores });
  const { makespan, bound } = plan.predict(cores);
  assert.equal(bound, Math.max(sum(block.costs) / cores, plainCriticalPath(block.dependencies, block.costs)));
  assert.ok(makespan >= bound - 1e-9, `${makespan} under ${bound}`);
  if (cores === 1) assert.equal(makespan, sum(block.costs));
});

seeded("without overheads a core is never idle for nothing: Graham's bound holds", 300, (random) => {
  const shape = { transactions: random.between(1, 60), keys: random.between(1, 20), accesses: 3 };
  const { graph, costs, lanes } = randomBlock(random, shape);
  const plan = new Plan(graph, { costs, lanes });
  for (const cores of [2, 3, 8]) {
    const worst = plan.work / cores + (1 - 1 / cores) * plan.criticalPath;
    assert.ok(plan.predict(cores).makespan <= worst + 1e-9);
  }
});

test("on small blocks the plan is the best there is, or nearly", () => {
  let best = 0;
  let ours = 0;
  let same = 0;
  const rounds = 150;
  for (let round = 0; round < rounds; round += 1) {
    const random = new Random(`${SEED} small ${round}`);
    const shape = { transactions: random.between(2, 7), keys: random.between(1, 6), accesses: 2 };
    const { dependencies, graph, costs, lanes } = randomBlock(random, shape);
    const cores = random.between(2, 3);
    const shortest = shortestMakespan(dependencies, costs, cores);
    const { makespan, bound } = new Plan(graph, { costs, lanes }).predict(cores);
    assert.ok(shortest >= bound - 1e-9, `seed ${SEED} small ${round}`);
    assert.ok(makespan >= shortest, `seed ${SEED} small ${round}: ${makespan} is less than can be`);
    best += shortest;
    ours += makespan;
    same += Number(makespan === shortest);
  }
  assert.ok(ours <= 1.03 * best && same >= 0.85 * rounds, `seed ${SEED}: ${ours} to ${best}, ${same} the same`);
});

/** Transfers between accounts drawn by Zipf's law: each reads and writes two. */
function zipfTransfers(random: Random, transactions: number, accounts: number) {
  const sums = new Float64Array(accounts);
  for (let at = 0; at < accounts; at += 1) sums[at] = (sums[at - 1] ?? 0) + (at + 1) ** -0.99;
  const draw = (): number => {
    const wanted = (random.bits() / 2 ** 32) * sums.at(-1)!;
    return sums.findIndex((each) => each >= wanted);
  };
  const both = ACCESS_READ | ACCESS_WRITTEN;
  const pairs = Array.from({ length: transactions }, () => {
    const from = draw();
    let to = draw();
    while (to === from) to = draw();
    return [from, to] as const;
  });
  const keys = Array.from({ length: accounts }, (_, account) => Uint8Array.of(account & 255, account >> 8));
  const accesses = pairs.map(([from, to]) => Uint32Array.of(accessOf(from, both), accessOf(to, both)));
  // A new account costs another write, an argument another length: some spread, as the gas of real transfers has.
  const costs = pairs.map(() => 44_500 + random.below(800));
  return { record: { keys, transactions: accesses, ranges: [] }, costs, lanes: pairs.map(([from]) => from % LANES) };
}

for (const accounts of [10, 100, 10_000]) {
  test(`transfers among ${accounts} accounts by Zipf 0.99 take at most 1.05 of the bound, on all cores`, () => {
    const { record, costs, lanes } = zipfTransfers(new Random(`${SEED} ${accounts}`), 4000, accounts);
    const plan = new Plan(DependencyGraph.of(record)!, { costs, lanes });
    for (const cores of CORES) {
      const { makespan, bound } = plan.predict(cores);
      assert.ok(makespan <= 1.05 * bound, `seed ${SEED} ${accounts}: ${makespan / bound} on ${cores} cores`);
    }
  });
}

test("what limits is named: work, the chain, or the validator", () => {
  const free = DependencyGraph.empty(8);
  const even = { costs: new Array<number>(8).fill(10), lanes: [...new Array<number>(8).keys()] };
  assert.deepEqual(new Plan(free, even).predict(4), { cores: 4, makespan: 20, bound: 20, limit: "work" });
  const validated = new Plan(free, even, { validation: 5 }).predict(4);
  assert.equal(validated.limit, "validator");
  assert.ok(validated.makespan >= 40);
  const record = {
    keys: [Uint8Array.of(1)],
    transactions: even.costs.map(() => Uint32Array.of(accessOf(0, ACCESS_READ | ACCESS_WRITTEN))),
    ranges: [],
  };
  const chain = new Plan(DependencyGraph.of(record)!, even).predict(4);
  assert.deepEqual(chain, { cores: 4, makespan: 80, bound: 80, limit: "chain" });
  assert.deepEqual(new Plan(DependencyGraph.empty(0), { costs: [], lanes: [] }).predict(2).makespan, 0);
});

test("an idle core takes over a whole lane, and pays a hop for it", () => {
  const two = { costs: [10, 10, 10, 10], lanes: [0, 0, 0, 0] };
  const { cores, starts } = new Plan(DependencyGraph.empty(4), two, { hop: 3 }).replay(2);
  assert.deepEqual(new Set(cores), new Set([0, 1]));
  assert.ok(starts.includes(3), `${starts}`);
});
