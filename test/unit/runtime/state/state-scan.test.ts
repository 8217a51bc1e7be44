/** Walks over the committed state and over a running block, against maps that are sorted anew for each walk. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { KeyOrder } from "../../../../runtime/state/key-order.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { isInRange, OrderedScan, type StateScan } from "../../../../runtime/state/state-scan.ts";
import { committedState, type StateView } from "../../../../runtime/state/state-view.ts";
import { NodeError } from "../../../../vm/errors.ts";
import { seededNumbers } from "../seeded-numbers.ts";

const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));
const textOf = (key: Uint8Array): string => Buffer.from(key).toString("latin1");

type Model = Map<string, string>;
type Entry = readonly [key: string, value: string];

function take(scan: StateScan, count = Number.POSITIVE_INFINITY): Entry[] {
  const entries: Entry[] = [];
  while (entries.length < count) {
    const entry = scan.next();
    if (entry === undefined) break;
    entries.push([textOf(entry.key), textOf(entry.value)]);
  }
  return entries;
}

const scanned = (state: StateView, prefix = "", start = ""): Entry[] => take(state.scan(latin(prefix), latin(start)));

const wanted = (model: Model, prefix = "", start = ""): Entry[] =>
  [...model]
    .filter(([key]) => key.startsWith(prefix) && key >= start)
    .sort(([left], [right]) => (left < right ? -1 : 1));

/** A table over a store that holds `entries`, of which none has a slot yet. */
function stateOver(entries: Readonly<Record<string, string>>, bytesMax = 1e6) {
  const stored = new Map(Object.entries(entries));
  const table = new SlotTable({
    seed: { low: 1, high: 2 },
    load: (key) => {
      const value = stored.get(textOf(key));
      return value === undefined ? undefined : latin(value);
    },
    bytesMax,
  });
  for (const key of stored.keys()) table.order.add(latin(key));
  return { table, overlay: new Overlay(table), stored };
}

const put = (overlay: Overlay, key: string, value: string): void => overlay.put(latin(key), key.length, latin(value));
const remove = (overlay: Overlay, key: string): boolean => overlay.remove(latin(key), key.length);

test("a walk has entries of the store and of the running block, and none that the block deleted", () => {
  const { table, overlay } = stateOver({ a: "1", b: "2", d: "4" });
  assert.deepEqual(scanned(overlay), [
    ["a", "1"],
    ["b", "2"],
    ["d", "4"],
  ]);
  put(overlay, "c", "3");
  put(overlay, "b", "two");
  remove(overlay, "a");
  assert.deepEqual(scanned(overlay), [
    ["b", "two"],
    ["c", "3"],
    ["d", "4"],
  ]);
  assert.deepEqual(
    scanned(committedState(table)),
    [
      ["a", "1"],
      ["b", "2"],
      ["d", "4"],
    ],
    "queries see the last block",
  );
  overlay.commit();
  assert.deepEqual(scanned(committedState(table)), [
    ["b", "two"],
    ["c", "3"],
    ["d", "4"],
  ]);
});

test("an entry that is put and deleted again, or the other way round, is there or not", () => {
  const { overlay } = stateOver({ a: "1" });
  const before = overlay.checkpoint();
  put(overlay, "b", "2");
  remove(overlay, "b");
  remove(overlay, "a");
  put(overlay, "a", "one");
  assert.deepEqual(scanned(overlay), [["a", "one"]]);
  overlay.revertTo(before);
  assert.deepEqual(scanned(overlay), [["a", "1"]]);
});

test("what is reverted between two walks is gone from the second, and what is written after that is there", () => {
  const { overlay } = stateOver({ a: "1" });
  put(overlay, "b", "2");
  const mark = overlay.checkpoint();
  put(overlay, "c", "3");
  remove(overlay, "a");
  assert.deepEqual(scanned(overlay), [
    ["b", "2"],
    ["c", "3"],
  ]);
  overlay.revertTo(mark);
  put(overlay, "d", "4");
  assert.deepEqual(scanned(overlay), [
    ["a", "1"],
    ["b", "2"],
    ["d", "4"],
  ]);
  overlay.discard();
  assert.deepEqual(scanned(overlay), [["a", "1"]]);
});

test("a walk says which range it has covered", () => {
  const { overlay } = stateOver({ "p/a": "1", "p/c": "2", "q/a": "3" });
  const scan = overlay.scan(latin("p/"), latin("p/b"));
  assert.equal(scan.covered(), undefined, "nothing was asked yet");
  assert.deepEqual(take(scan, 1), [["p/c", "2"]]);
  const some = scan.covered()!;
  assert.deepEqual(
    ["p/a", "p/b", "p/bb", "p/c", "p/c\x00", "p/d"].map((key) => isInRange(some, latin(key))),
    [false, true, true, true, false, false],
  );
  assert.deepEqual(take(scan), []);
  const all = scan.covered()!;
  assert.deepEqual(
    ["p/a", "p/b", "p/c\x00", "p/\xff\xff", "p", "q/a"].map((key) => isInRange(all, latin(key))),
    [false, true, true, true, false, false],
  );
  const fromStart = overlay.scan(latin("p/"), latin(""));
  assert.deepEqual(take(fromStart, 1), [["p/a", "1"]]);
  assert.deepEqual(
    ["o", "p", "p/", "p/a", "p/b"].map((key) => isInRange(fromStart.covered()!, latin(key))),
    [false, false, true, true, false],
  );
});

test("a key without a value is a fault of the node", () => {
  const order = new KeyOrder();
  order.add(latin("a"));
  const scan = new OrderedScan(order, { prefix: latin(""), start: latin("") }, () => undefined);
  assert.throws(
    () => scan.next(),
    (error) => error instanceof NodeError && error.code === "state.order",
  );
});

for (const seed of [11, 12, 13, 14]) {
  test(`random puts, deletes, checkpoints, reverts, commits and walks agree with sorted maps, seed ${seed}`, (t) => {
    const pick = seededNumbers(t, seed);
    const randomKey = (): string => ["", "p", "p/", "q"][pick(4)]! + String.fromCharCode(pick(40), pick(4) * 80);
    const initial = Object.fromEntries(Array.from({ length: 60 }, () => [randomKey(), String(pick(1000))]));
    // A table so small that slots are dropped and made anew: walks must not need them.
    const { table, overlay, stored } = stateOver(initial, 4000);
    let committed: Model = new Map(Object.entries(initial));
    let now: Model = new Map(committed);
    let marks: { readonly mark: number; readonly copy: Model }[] = [];
    const steps: readonly (() => void)[] = [
      () => {
        const [key, value] = [randomKey(), String(pick(1000))];
        put(overlay, key, value);
        now.set(key, value);
      },
      () => {
        const key = [...now.keys()][pick(now.size + 1)] ?? randomKey();
        assert.equal(remove(overlay, key), now.delete(key));
      },
      () => marks.push({ mark: overlay.checkpoint(), copy: new Map(now) }),
      () => {
        const target = marks[pick(marks.length + 1)];
        if (target === undefined) return;
        overlay.revertTo(target.mark);
        now = new Map(target.copy);
        marks = marks.filter(({ mark }) => mark < target.mark);
      },
      () => {
        const [prefix, start] = [randomKey().slice(0, pick(3)), randomKey().slice(0, pick(4))];
        assert.deepEqual(scanned(overlay, prefix, start), wanted(now, prefix, start));
        assert.deepEqual(scanned(committedState(table), prefix, start), wanted(committed, prefix, start));
      },
    ];
    const weights = [0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 4, 4];
    for (let step = 0; step < 3000; step++) {
      steps[weights[pick(weights.length)]!]!();
      if (pick(60) !== 0) continue;
      overlay.commit();
      committed = new Map(now);
      marks = [];
      for (const { key, value } of table.beginCheckpoint()) {
        if (value === undefined) stored.delete(textOf(key));
        else stored.set(textOf(key), textOf(value));
      }
      table.endCheckpoint();
      table.trim();
      assert.equal(table.order.count, committed.size);
    }
    assert.ok(table.rebuildCount > 0, "slots were dropped on the way");
    overlay.discard();
    assert.deepEqual(scanned(overlay), wanted(committed));
  });
}
