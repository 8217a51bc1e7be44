import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";

const SEED = { low: 1, high: 2 };
type Value = Uint8Array | undefined;
const keyOf = (number: number): Uint8Array => Uint8Array.of(7, number);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

/** A store that counts its loads. */
function storeOf(entries: Iterable<readonly [number, Value]>) {
  const values = new Map<string, Value>();
  for (const [key, value] of entries) values.set(hex(keyOf(key)), value);
  const loads: string[] = [];
  const load = (key: Uint8Array): Value => {
    loads.push(hex(key));
    return values.get(hex(key));
  };
  return { values, load, loads };
}

test("a value is loaded once, and an absent one too", () => {
  const store = storeOf([[1, Uint8Array.of(5)]]);
  const table = new SlotTable({ seed: SEED, load: store.load, bytesMax: 1e6 });
  for (const key of [1, 2, 1, 2]) {
    const slot = table.slotOf(keyOf(key), 2);
    assert.deepEqual(table.valueOf(slot), key === 1 ? Uint8Array.of(5) : undefined);
  }
  assert.deepEqual(store.loads, [hex(keyOf(1)), hex(keyOf(2))]);
});

test("a committed value hides the store's before and after its checkpoint", () => {
  const store = storeOf([[1, Uint8Array.of(5)]]);
  const table = new SlotTable({ seed: SEED, load: store.load, bytesMax: 1e6 });
  const slot = table.slotOf(keyOf(1), 2);
  table.commitValue(slot, undefined);
  assert.equal(table.valueOf(slot), undefined);
  assert.deepEqual(table.beginCheckpoint(), [{ key: keyOf(1), value: undefined }]);
  assert.equal(table.valueOf(slot), undefined);
  table.endCheckpoint();
  assert.deepEqual(table.beginCheckpoint(), []);
});

test("a value changed while its checkpoint is written is in the next one", () => {
  const table = new SlotTable({ seed: SEED, load: () => undefined, bytesMax: 1e6 });
  const slot = table.slotOf(keyOf(1), 2);
  table.commitValue(slot, Uint8Array.of(1));
  table.beginCheckpoint();
  table.commitValue(slot, Uint8Array.of(2));
  table.endCheckpoint();
  assert.deepEqual(table.beginCheckpoint(), [{ key: keyOf(1), value: Uint8Array.of(2) }]);
});

test("only one checkpoint can be open", () => {
  const table = new SlotTable({ seed: SEED, load: () => undefined, bytesMax: 1e6 });
  table.beginCheckpoint();
  assert.throws(() => table.beginCheckpoint(), { code: "state.checkpointOpen" });
});

test("trim drops what is clean and keeps what is dirty, and only above the limit", () => {
  const table = new SlotTable({ seed: SEED, load: () => Uint8Array.of(0), bytesMax: 2000 });
  for (let key = 0; key < 20; key += 1) table.valueOf(table.slotOf(keyOf(key), 2));
  table.trim();
  assert.equal(table.slotCount, 20);
  for (let key = 20; key < 60; key += 1) table.valueOf(table.slotOf(keyOf(key), 2));
  table.commitValue(table.slotOf(keyOf(3), 2), Uint8Array.of(9));
  table.trim();
  assert.equal(table.slotCount, 1);
  assert.deepEqual(table.peek(keyOf(3), 2), Uint8Array.of(9));
  assert.equal(table.dirtyCount, 1);
});

test("trims of a table that is dirty above its limit copy nothing, and drop again after a checkpoint", () => {
  const table = new SlotTable({ seed: SEED, load: () => undefined, bytesMax: 1000 });
  for (let key = 0; key < 200; key += 1) {
    const slot = table.slotOf(keyOf(key), 2);
    table.commitValue(slot, new Uint8Array(key % 3 === 0 ? 50 : 1));
    table.commitValue(slot, new Uint8Array(10));
    assert.equal(table.dirtyBytes, table.bytes);
    table.trim();
    assert.deepEqual(table.keyOf(slot), keyOf(key), "the slot's number is still its own");
  }
  assert.equal(table.rebuildCount, 0);
  // A few clean ones beside many dirty ones are not worth a copy.
  for (let key = 200; key < 210; key += 1) table.valueOf(table.slotOf(keyOf(key), 2));
  table.trim();
  assert.equal(table.rebuildCount, 0);
  table.beginCheckpoint();
  assert.equal(table.dirtyBytes, 0);
  table.endCheckpoint();
  table.trim();
  assert.equal(table.slotCount, 0);
});

test("after a trim that left much the next one waits until a quarter is new", () => {
  const table = new SlotTable({ seed: SEED, load: () => undefined, bytesMax: 1000 });
  const commit = (key: number): void => table.commitValue(table.slotOf(keyOf(key), 2), new Uint8Array(10));
  const read = (key: number): void => void table.valueOf(table.slotOf(keyOf(key), 2));
  for (let key = 0; key < 60; key += 1) commit(key);
  for (let key = 60; key < 100; key += 1) read(key);
  table.trim();
  const { rebuildCount } = table;
  assert.equal(table.slotCount, 60);
  for (let round = 0; round < 10; round += 1) {
    read(100 + round);
    table.trim();
  }
  assert.equal(table.rebuildCount, rebuildCount);
  assert.equal(table.slotCount, 70);
});

test("trim waits for an open checkpoint, whose slots are not in the store yet", () => {
  const table = new SlotTable({ seed: SEED, load: () => undefined, bytesMax: 0 });
  table.commitValue(table.slotOf(keyOf(1), 2), Uint8Array.of(1));
  table.beginCheckpoint();
  table.trim();
  assert.deepEqual(table.peek(keyOf(1), 2), Uint8Array.of(1));
});

test("a peek makes no slot", () => {
  const store = storeOf([[1, Uint8Array.of(5)]]);
  const table = new SlotTable({ seed: SEED, load: store.load, bytesMax: 1e6 });
  assert.deepEqual(table.peek(keyOf(1), 2), Uint8Array.of(5));
  assert.equal(table.slotCount, 0);
});

const key = fc.integer({ min: 0, max: 11 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("read" as const), key }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("peek" as const), key }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("commit" as const),
      key,
      value: fc.option(fc.uint8Array({ maxLength: 40 }), { nil: undefined }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("begin" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("end" as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("trim" as const) }) },
);

test("table and store together are a map, whatever is loaded, written behind and dropped", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), fc.integer({ min: 0, max: 1200 }), (steps, bytesMax) => {
      const store = storeOf([0, 2, 4, 6].map((number) => [number, Uint8Array.of(number)]));
      const table = new SlotTable({ seed: SEED, load: store.load, bytesMax });
      const model = new Map(store.values);
      let writing: ReturnType<SlotTable["beginCheckpoint"]> | undefined;
      for (const action of steps) {
        if (action.kind === "begin" && writing === undefined) writing = table.beginCheckpoint();
        if (action.kind === "end" && writing !== undefined) {
          for (const change of writing) store.values.set(hex(change.key), change.value);
          table.endCheckpoint();
          writing = undefined;
        }
        if (action.kind === "trim") table.trim();
        if (action.kind === "peek")
          assert.deepEqual(table.peek(keyOf(action.key), 2), model.get(hex(keyOf(action.key))));
        if (action.kind === "read") {
          const value = table.valueOf(table.slotOf(keyOf(action.key), 2));
          assert.deepEqual(value, model.get(hex(keyOf(action.key))));
        }
        if (action.kind === "commit") {
          table.commitValue(table.slotOf(keyOf(action.key), 2), action.value);
          model.set(hex(keyOf(action.key)), action.value);
        }
      }
      for (const [text, value] of model) assert.deepEqual(table.peek(Buffer.from(text, "hex"), 2), value);
    }),
    { numRuns: 300 },
  );
});
