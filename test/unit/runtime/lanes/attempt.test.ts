/** The judge of attempts: what is true is applied once, and nothing is left of anything else, words without sense included. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TransactionRun } from "../../../../runtime/execute/transaction.ts";
import { AttemptJudge, writeAttempt } from "../../../../runtime/lanes/attempt.ts";
import { ExchangeOwner, ExchangeThread } from "../../../../runtime/lanes/exchange.ts";
import { Showing } from "../../../../runtime/lanes/showing.ts";
import { SpeculativeState } from "../../../../runtime/lanes/speculative-state.ts";
import { WordReader, WordWriter } from "../../../../runtime/lanes/words.ts";
import { AccessLog } from "../../../../runtime/state/access-log.ts";
import { HeldWrites } from "../../../../runtime/state/held-writes.ts";
import { Overlay } from "../../../../runtime/state/overlay.ts";
import { SharedReader, SharedValues } from "../../../../runtime/state/shared-values.ts";
import { SlotTable } from "../../../../runtime/state/slot-table.ts";
import { Random } from "../../../fuzz/random.ts";
import { utf8 } from "../test-chain.ts";

const SEED = process.env.CINNABAR_SEED ?? "attempts";
const OUTPUT_WORDS = 1024;
const RUN: TransactionRun = {
  result: { outcome: 0, revertCode: 0, output: utf8("output"), gasUsed: 2 ** 33 + 5 },
  events: [{ contract: "pa", name: "Paid", topics: [utf8("topic")], data: utf8("data") }],
};

function i64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value), true);
  return bytes;
}

const change = (delta: number, [low, high]: readonly [number, number]): Uint8Array =>
  Uint8Array.from([...i64(delta), ...i64(low), ...i64(high)]);

/** An owner's state, and an attempt over it that is written as words. */
class Scene {
  readonly shared = new SharedValues(1 << 20, 1 << 12);
  readonly table = new SlotTable({
    seed: { low: 1, high: 2 },
    load: () => undefined,
    bytesMax: 1e9,
    shared: this.shared,
  });
  readonly held = new HeldWrites(this.table);
  readonly log = new AccessLog();
  readonly state = new Overlay(this.held, this.log);
  readonly showing = new Showing(this.state, this.shared);
  readonly judge = new AttemptJudge(this.state, this.shared, this.log);
  readonly words = new Int32Array(new SharedArrayBuffer(OUTPUT_WORDS * 4));
  readonly reader = new WordReader(this.words);

  put(key: string, value: Uint8Array): void {
    const checkpoint = this.state.checkpoint();
    this.state.put(utf8(key), key.length, value);
    this.log.endTransaction(false);
    this.state.showSince(checkpoint);
  }

  /** As the ledger does with lanes that are awake. */
  discard(): void {
    this.showing.wake();
    this.state.discard((slot) => this.showing.changed(slot));
  }

  get(key: string): Uint8Array | undefined {
    const value = this.state.get(utf8(key), key.length);
    this.log.endTransaction(false);
    return value;
  }

  /** What a thread sees of a key; its slot must be known. */
  seen(key: string): unknown {
    return new SharedReader(this.shared.arrays).read(this.table.slotOf(utf8(key), key.length));
  }

  /** Returns the words of the attempt. */
  attempt(work: (state: SpeculativeState) => void): number {
    const state = new SpeculativeState(new SharedReader(this.shared.arrays), this.table.sharedKeys);
    state.begin();
    work(state);
    const writer = new WordWriter(this.words);
    assert.ok(writeAttempt(writer, RUN, state));
    return writer.position;
  }

  take(length: number): TransactionRun | undefined {
    this.reader.open(0, length);
    return this.judge.take(this.reader);
  }

  /** Keys that the log has of the running transaction. */
  logged(): number {
    this.log.endTransaction();
    const transaction = this.log.transactionCount - 1;
    const count = this.log.endOf(transaction) - this.log.startOf(transaction);
    this.log.clear();
    return count;
  }
}

const get = (state: SpeculativeState, key: string): Uint8Array | undefined => state.get(utf8(key), key.length);
const put = (state: SpeculativeState, key: string, value: string): void =>
  state.put(utf8(key), key.length, utf8(value));

test("a true attempt is applied, and its run is the one that was made", () => {
  const scene = new Scene();
  scene.put("a", utf8("1"));
  const length = scene.attempt((state) => {
    assert.deepEqual(get(state, "a"), utf8("1"));
    assert.equal(get(state, "absent"), undefined);
    put(state, "b", "2");
    state.addCounter(utf8("c"), 1, change(3, [0, 10]));
  });
  assert.deepEqual(scene.take(length), RUN);
  assert.equal(scene.logged(), 4);
  assert.deepEqual([scene.get("b"), scene.get("c")], [utf8("2"), i64(3)]);
});

test("an attempt that read a value that is another one now is refused, and nothing of it is left", () => {
  const scene = new Scene();
  scene.put("a", utf8("1"));
  const length = scene.attempt((state) => {
    put(state, "b", "2");
    get(state, "a");
  });
  scene.put("a", utf8("2"));
  assert.equal(scene.take(length), undefined);
  assert.equal(scene.judge.conflictKind, "value");
  assert.equal(scene.logged(), 0, "nothing of it is logged");
  assert.equal(scene.get("b"), undefined);
  const again = scene.attempt((state) => get(state, "a"));
  scene.put("a", utf8("2"));
  assert.equal(scene.take(again), undefined, "the same bytes, written again, are a value of their own");
});

test("an attempt that found nothing is refused when there is something now", () => {
  for (const isKnown of [false, true]) {
    const scene = new Scene();
    if (isKnown) scene.get("absent");
    const length = scene.attempt((state) => get(state, "absent"));
    scene.put("absent", utf8("here"));
    assert.equal(scene.take(length), undefined, `with a slot: ${isKnown}`);
  }
});

test("an add that is answered otherwise at its turn is refused, and other adds are made again", () => {
  const scene = new Scene();
  scene.put("c", i64(5));
  const length = scene.attempt((state) => {
    assert.equal(state.addCounter(utf8("c"), 1, change(3, [0, 10])), "added");
  });
  scene.put("c", i64(6));
  assert.notEqual(scene.take(length), undefined);
  assert.deepEqual(scene.get("c"), i64(9));
  assert.equal(scene.take(length), undefined);
  assert.equal(scene.judge.conflictKind, "counter");
  assert.deepEqual(scene.get("c"), i64(9));
});

test("what is undone is shown as it was: threads attempt on", () => {
  const scene = new Scene();
  scene.put("a", utf8("1"));
  scene.state.commit();
  scene.put("a", utf8("running"));
  assert.deepEqual(scene.seen("a"), utf8("running"));
  scene.discard();
  assert.deepEqual(scene.seen("a"), utf8("1"), "the running block");
  scene.put("a", utf8("held"));
  scene.held.hold(scene.state.netWrites());
  scene.discard();
  scene.held.undoAll();
  assert.deepEqual(scene.seen("a"), utf8("1"), "a held block");
});

test("words without sense are no attempt, or one whose accesses are true; they are never an error", () => {
  const random = new Random(SEED);
  const scene = new Scene();
  for (let key = 0; key < 20; key += 1) scene.put(`k${key}`, i64(key));
  const length = scene.attempt((state) => {
    get(state, "k1");
    get(state, "new");
    put(state, "k2", "a value of some words");
    state.addCounter(utf8("k3"), 2, change(1, [0, 100]));
    state.addCounter(utf8("k4"), 2, change(1, [0, 1]));
  });
  const written = scene.words.slice(0, length);
  let refused = 0;
  for (let round = 0; round < 20_000; round += 1) {
    scene.words.set(written);
    for (let left = random.between(1, 4); left > 0; left -= 1) {
      scene.words[random.below(length)] = random.once(3) ? random.between(-3, 40) : random.bits();
    }
    if (random.once(20)) for (let at = 0; at < length; at += 1) scene.words[at] = random.bits() >> random.below(32);
    const before = scene.state.checkpoint();
    if (scene.take(random.once(8) ? random.below(length) : length) === undefined) {
      refused += 1;
      assert.equal(scene.state.checkpoint(), before, `seed ${SEED}, round ${round}`);
      assert.equal(scene.logged(), 0, `seed ${SEED}, round ${round}`);
    } else {
      scene.log.clear();
      scene.state.revertTo(before);
      scene.log.clear();
      scene.state.showSince(0);
    }
  }
  assert.ok(refused > 5000, `${refused} refused, seed ${SEED}`);
});

/** One batch of two items on both ends of an exchange. */
function exchanged(owner: ExchangeOwner, thread: ExchangeThread, text: string): readonly number[] {
  owner.open({ height: 1, timeSeconds: 2, keysVersion: 3 });
  const items = [1, 2].map((number) => owner.add(utf8(`id ${number}`), utf8(text)));
  owner.submit();
  thread.work(
    () => undefined,
    ({ id, transaction }, output) => {
      const start = output.position;
      output.bytes(id);
      output.bytes(transaction);
      return start;
    },
  );
  return items;
}

test("half an attempt, an old one and noise break the seal; every single word counts", () => {
  const owner = new ExchangeOwner();
  const thread = new ExchangeThread(owner.memory);
  const [, item] = exchanged(owner, thread, "a transaction") as [number, number];
  const { outputs, places } = owner.memory;
  const [words] = outputs as [Int32Array];
  const end = places[item]! + 7;
  assert.ok(owner.attempt(item) instanceof WordReader);
  for (let at = places[item]! - 3; at < end; at += 1) {
    for (let bit = 0; bit < 32; bit += 1) {
      words[at]! ^= 1 << bit;
      assert.equal(owner.attempt(item), "broken", `word ${at}, bit ${bit}`);
      words[at]! ^= 1 << bit;
    }
  }
  const place = places[item]!;
  for (const wrong of [0, 1, 2, place + 1, words.length - 1, words.length, words.length + 7, 0x7fff_ffff]) {
    places[item] = wrong;
    assert.equal(owner.attempt(item), "broken", `place ${wrong}`);
  }
  places[item] = -77;
  assert.equal(owner.attempt(item), "failed");
  places[item] = place;
  const old = words.slice();
  for (let batch = 0; batch < 4; batch += 1) {
    const items = exchanged(owner, thread, "a transaction");
    for (const each of items) owner.release(each);
    if (batch === 0) for (const each of [0, 1]) owner.release(each);
  }
  assert.ok(owner.attempt(item) instanceof WordReader);
  words.set(old);
  assert.equal(owner.attempt(item), "broken", "the same words in the same place, four batches ago");
});
