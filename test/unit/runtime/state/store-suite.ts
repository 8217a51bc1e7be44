/** What every store must do; each implementation runs all of it. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { CheckpointBatch, CheckpointMeta, Store } from "../../../../runtime/state/store.ts";

const META: CheckpointMeta = {
  height: 7,
  blockHash: new Uint8Array(32).fill(1),
  stateRoot: new Uint8Array(32).fill(2),
  position: { segment: 3, offset: 2 ** 33 },
  entryCount: 4,
};
const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

function batchOf(part: Partial<CheckpointBatch>): CheckpointBatch {
  return { meta: META, state: [], blocks: [], transactions: [], ...part };
}

/** @param open opens the store at a place; the same place again has what was written before, where `survives` */
export function storeSuite(name: string, open: (place: string) => Store, survives: boolean): void {
  const withStore = (title: string, body: (store: Store, reopen: () => Promise<Store>) => Promise<void>) =>
    test(`${name}: ${title}`, async () => {
      const place = title.replaceAll(/[^a-z]+/g, "-");
      let store = open(place);
      try {
        await body(store, async () => {
          await store.close();
          store = open(place);
          return store;
        });
      } finally {
        await store.close();
      }
    });

  withStore("a new store has nothing", async (store) => {
    assert.equal(store.meta(), undefined);
    assert.equal(store.get(bytes(1)), undefined);
    assert.deepEqual([...store.entries()], []);
    assert.equal(store.blockPosition(0), undefined);
    assert.equal(store.transactionLocation(new Uint8Array(32)), undefined);
  });

  withStore("a checkpoint is there as a whole", async (store) => {
    const id = new Uint8Array(32).fill(9);
    await store.checkpoint(
      batchOf({
        state: [{ key: bytes(1, 2), value: bytes(3) }],
        blocks: [{ height: 2 ** 40, position: { segment: 1, offset: 4096 } }],
        transactions: [{ id, location: { height: 7, index: 5 } }],
      }),
    );
    assert.deepEqual(store.meta(), META);
    assert.deepEqual(store.get(bytes(1, 2)), bytes(3));
    assert.deepEqual(store.blockPosition(2 ** 40), { segment: 1, offset: 4096 });
    assert.deepEqual({ ...store.transactionLocation(id) }, { height: 7, index: 5 });
  });

  withStore("entries come in byte order, and a deleted one not at all", async (store) => {
    const keys = [bytes(2), bytes(1, 255), bytes(1), bytes(255, 0), bytes(1, 0)];
    await store.checkpoint(batchOf({ state: keys.map((key) => ({ key, value: key })) }));
    await store.checkpoint(batchOf({ state: [{ key: bytes(2), value: undefined }] }));
    const sorted = [bytes(1), bytes(1, 0), bytes(1, 255), bytes(255, 0)];
    assert.deepEqual(
      [...store.entries()],
      sorted.map((key) => ({ key, value: key })),
    );
  });

  withStore("the longest key, an empty value and a large one come back", async (store) => {
    const longKey = new Uint8Array(545).fill(7);
    const large = new Uint8Array(600_000).map((_, index) => index);
    await store.checkpoint(
      batchOf({
        state: [
          { key: longKey, value: large },
          { key: bytes(1), value: bytes() },
        ],
      }),
    );
    assert.deepEqual(store.get(longKey), large);
    assert.deepEqual(store.get(bytes(1)), bytes());
  });

  withStore("what is handed out is the caller's to keep", async (store) => {
    await store.checkpoint(batchOf({ state: [{ key: bytes(1), value: bytes(1, 2, 3) }] }));
    const first = store.get(bytes(1))!;
    first.fill(0);
    for (let round = 0; round < 50; round += 1) store.get(bytes(1));
    assert.deepEqual(store.get(bytes(1)), bytes(1, 2, 3));
    assert.deepEqual(first, bytes(0, 0, 0));
  });

  withStore("views of shared memory are stored right", async (store) => {
    const shared = new Uint8Array(new SharedArrayBuffer(64), 8, 16).fill(5);
    const key = new Uint8Array(new SharedArrayBuffer(8), 2, 4).fill(6);
    await store.checkpoint(batchOf({ state: [{ key, value: shared }] }));
    assert.deepEqual(store.get(new Uint8Array(4).fill(6)), new Uint8Array(16).fill(5));
    assert.deepEqual(store.get(key), new Uint8Array(16).fill(5));
  });

  withStore("many entries in one checkpoint are all there", async (store) => {
    const keyOf = (number: number): Uint8Array => bytes(number >> 8, number & 255);
    const state = Array.from({ length: 20_000 }, (_, number) => ({ key: keyOf(number), value: keyOf(number * 7) }));
    await store.checkpoint(batchOf({ state }));
    let count = 0;
    for (const { key, value } of store.entries()) {
      assert.deepEqual(value, keyOf((key[0]! * 256 + key[1]!) * 7));
      count += 1;
    }
    assert.equal(count, 20_000);
  });

  if (!survives) return;
  withStore("a checkpoint is there after closing and opening", async (store, reopen) => {
    await store.checkpoint(batchOf({ state: [{ key: bytes(1), value: bytes(2) }] }));
    const again = await reopen();
    assert.deepEqual(again.meta(), META);
    assert.deepEqual(again.get(bytes(1)), bytes(2));
  });
}
