/** Blocks held over the committed state are a stack of maps, whatever is written, committed, undone and walked over. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { HeldWrites } from "../../../../runtime/state/held-writes.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { committedState } from "../../../../runtime/state/state-view.ts";

type Value = Uint8Array | undefined;
type State = ReadonlyMap<number, Value>;
const KEYS = 10;
const keyOf = (number: number): Uint8Array => Uint8Array.of(3, number);

function stateOver(entries: readonly (readonly [number, Uint8Array])[], bytesMax = 1e6) {
  const stored = new Map<number, Value>(entries);
  const table = new SlotTable({ seed: { low: 1, high: 2 }, load: (key) => stored.get(key[1]!), bytesMax });
  for (const [number] of entries) table.order.add(keyOf(number));
  const held = new HeldWrites(table);
  return { stored, table, held, overlay: new Overlay(held) };
}

const present = (state: State): number[] => [...Array(KEYS).keys()].filter((number) => state.get(number) !== undefined);

function walked(view: Pick<Overlay, "scan">): number[] {
  const scan = view.scan(Uint8Array.of(3), Uint8Array.of(3));
  const numbers: number[] = [];
  for (let entry = scan.next(); entry !== undefined; entry = scan.next()) numbers.push(entry.key[1]!);
  return numbers;
}

const write = fc.record({
  key: fc.integer({ min: 0, max: KEYS - 1 }),
  value: fc.option(fc.uint8Array({ maxLength: 2 }), { nil: undefined }),
});
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant("write" as const), writes: fc.array(write, { maxLength: 4 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("hold" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("undo" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("discardRunning" as const) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("walk" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("checkpoint" as const) }) },
);

test("the running block sees the blocks held below it, everyone else the committed state", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const initial = [0, 2, 4].map((number) => [number, Uint8Array.of(number)] as const);
      const { stored, table, held, overlay } = stateOver(initial, 400);
      let committed: State = new Map<number, Value>(initial);
      let blocks: State[] = [];
      let running = new Map(committed);
      for (const action of steps) {
        if (action.kind === "write") {
          for (const { key, value } of action.writes) {
            if (value === undefined) overlay.remove(keyOf(key), 2);
            else overlay.put(keyOf(key), 2, value);
            running.set(key, value);
          }
        }
        if (action.kind === "hold") {
          const below = blocks.at(-1) ?? committed;
          const changed = overlay.writeSet().map(({ key, value, before }) => [key[1], value, before]);
          const expected = [...Array(KEYS).keys()].map((key) => [key, running.get(key), below.get(key)] as const);
          assert.deepEqual(
            changed,
            expected.filter(([, value, before]) => value?.join() !== before?.join()),
          );
          held.hold(overlay.netWrites());
          overlay.discard();
          blocks.push(new Map(running));
        }
        if (action.kind === "commit" && blocks.length > 0) {
          held.commitOldest();
          committed = blocks.shift()!;
        }
        if (action.kind === "undo") {
          overlay.discard();
          held.undoAll();
          blocks = [];
          running = new Map(committed);
        }
        if (action.kind === "discardRunning") {
          overlay.discard();
          running = new Map(blocks.at(-1) ?? committed);
        }
        if (action.kind === "walk") {
          assert.deepEqual(walked(overlay), present(running));
          assert.deepEqual(walked(committedState(table)), present(committed));
        }
        if (action.kind === "checkpoint") {
          for (const { key, value } of table.beginCheckpoint()) stored.set(key[1]!, value);
          table.endCheckpoint();
          if (blocks.length === 0) {
            // The running block starts again: a trim comes only between blocks.
            overlay.discard();
            running = new Map(committed);
            if (table.trim()) held.forgetSlots();
          }
        }
        assert.equal(held.count, blocks.length);
        for (let number = 0; number < KEYS; number += 1) {
          assert.deepEqual(overlay.get(keyOf(number), 2), running.get(number));
          assert.deepEqual(table.peek(keyOf(number), 2), committed.get(number));
        }
      }
    }),
    { numRuns: 2000 },
  );
});

test("slots may not change under a block that is held", () => {
  const { held, overlay } = stateOver([]);
  overlay.put(keyOf(1), 2, Uint8Array.of(1));
  held.hold(overlay.netWrites());
  overlay.discard();
  overlay.put(keyOf(2), 2, Uint8Array.of(1));
  assert.throws(() => held.forgetSlots(), { code: "state.stillHeld" });
  assert.throws(() => overlay.commit(), { code: "state.stillHeld" });
  held.commitOldest();
  assert.throws(() => held.commitOldest(), { code: "state.nothingHeld" });
});
