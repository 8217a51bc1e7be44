import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes } from "../../../../runtime/format/bytes.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { committedState } from "../../../../runtime/state/state-view.ts";

type Value = Uint8Array | undefined;
const keyOf = (number: number): Uint8Array => Uint8Array.of(3, number);

function overlayOver(entries: readonly (readonly [number, Value])[]) {
  const values = new Map(entries.map(([key, value]) => [key, value]));
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: (key) => values.get(key[1]!), bytesMax: 1e6 });
  return { table, overlay: new Overlay(table) };
}

test("a write is seen through the overlay and not through the table until the commit", () => {
  const { table, overlay } = overlayOver([[1, Uint8Array.of(1)]]);
  overlay.put(keyOf(1), 2, Uint8Array.of(2));
  assert.deepEqual(overlay.get(keyOf(1), 2), Uint8Array.of(2));
  assert.deepEqual(table.peek(keyOf(1), 2), Uint8Array.of(1));
  overlay.commit();
  assert.deepEqual(table.peek(keyOf(1), 2), Uint8Array.of(2));
});

test("remove says whether the key was there, also for keys of the running block", () => {
  const { overlay } = overlayOver([[1, Uint8Array.of(1)]]);
  overlay.put(keyOf(2), 2, Uint8Array.of(2));
  assert.deepEqual(
    [1, 2, 3, 1].map((key) => overlay.remove(keyOf(key), 2)),
    [true, true, false, false],
  );
});

test("a counter is added to in the running block, goes back with it, and cannot be added to by a query", () => {
  const { table, overlay } = overlayOver([[1, Uint8Array.of(1)]]);
  const change = (...numbers: readonly bigint[]) => new Uint8Array(BigInt64Array.from(numbers).buffer);
  const before = overlay.checkpoint();
  assert.equal(overlay.addCounter(keyOf(2), 2, change(5n, 0n, 9n)), "added");
  assert.equal(overlay.addCounter(keyOf(2), 2, change(5n, 0n, 9n)), "outOfBounds");
  assert.equal(overlay.addCounter(keyOf(1), 2, change(5n, 0n, 9n)), "notACounter");
  assert.deepEqual(overlay.get(keyOf(2), 2), Uint8Array.of(5, 0, 0, 0, 0, 0, 0, 0));
  overlay.revertTo(before);
  assert.equal(overlay.get(keyOf(2), 2), undefined);
  assert.throws(() => committedState(table).addCounter(keyOf(2), 2, change(1n, 0n, 9n)), {
    code: "state.readOnlyWrite",
  });
});

test("an empty value is a value", () => {
  const { overlay } = overlayOver([]);
  overlay.put(keyOf(1), 2, new Uint8Array(0));
  assert.deepEqual(overlay.get(keyOf(1), 2), new Uint8Array(0));
  assert.equal(overlay.remove(keyOf(1), 2), true);
});

test("the write set has the net changes in byte order, with the values before", () => {
  const { overlay } = overlayOver([
    [1, Uint8Array.of(1)],
    [2, Uint8Array.of(2)],
    [3, Uint8Array.of(3)],
  ]);
  overlay.put(keyOf(9), 2, Uint8Array.of(9));
  overlay.put(keyOf(3), 2, Uint8Array.of(0));
  overlay.put(keyOf(3), 2, Uint8Array.of(3));
  overlay.remove(keyOf(2), 2);
  overlay.put(keyOf(1), 2, Uint8Array.of(7));
  overlay.put(keyOf(5), 2, Uint8Array.of(5));
  overlay.remove(keyOf(5), 2);
  assert.deepEqual(overlay.writeSet(), [
    { key: keyOf(1), value: Uint8Array.of(7), before: Uint8Array.of(1) },
    { key: keyOf(2), value: undefined, before: Uint8Array.of(2) },
    { key: keyOf(9), value: Uint8Array.of(9), before: undefined },
  ]);
});

const key = fc.integer({ min: 0, max: 9 });
const value = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("write" as const), key, value }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("checkpoint" as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("revert" as const), back: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
);

test("with any checkpoints and reverts the overlay is a stack of copied maps", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
      const initial = [0, 2, 4].map((number) => [number, Uint8Array.of(number)] as const);
      const { table, overlay } = overlayOver(initial);
      let committed = new Map<number, Value>(initial);
      let now = new Map(committed);
      let marks: { readonly mark: number; readonly copy: Map<number, Value> }[] = [];
      for (const action of steps) {
        if (action.kind === "write") {
          if (action.value === undefined) overlay.remove(keyOf(action.key), 2);
          else overlay.put(keyOf(action.key), 2, action.value);
          now.set(action.key, action.value);
        }
        if (action.kind === "checkpoint") marks.push({ mark: overlay.checkpoint(), copy: new Map(now) });
        if (action.kind === "revert" && marks.length >= action.back) {
          const target = marks.at(-action.back)!;
          overlay.revertTo(target.mark);
          now = new Map(target.copy);
          marks = marks.slice(0, -action.back);
        }
        if (action.kind === "forget") marks.pop();
        if (action.kind === "commit") {
          overlay.commit();
          committed = new Map(now);
          marks = [];
        }
        for (let number = 0; number < 10; number += 1) {
          assert.deepEqual(overlay.get(keyOf(number), 2), now.get(number));
          assert.deepEqual(table.peek(keyOf(number), 2), committed.get(number));
        }
      }
      const net = [...new Set([...now.keys(), ...committed.keys()])]
        .map((number) => ({ key: keyOf(number), value: now.get(number), before: committed.get(number) }))
        .filter(
          (write) =>
            Buffer.compare(write.value ?? Buffer.of(), write.before ?? Buffer.of()) !== 0 ||
            (write.value === undefined) !== (write.before === undefined),
        )
        .sort((left, right) => compareBytes(left.key, right.key));
      assert.deepEqual(overlay.writeSet(), net);
      overlay.discard();
      assert.deepEqual(overlay.writeSet(), []);
    }),
    { numRuns: 200 },
  );
});
