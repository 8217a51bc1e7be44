/** Pages, counters, topics and the log, from a contract on the real executor. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { before, beforeEach, describe, test } from "node:test";
import { createHashes } from "../../../../accel/hashes.ts";
import { type CompiledContract, compileContract } from "../../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../../contracts/compiler/package-root.ts";
import { createTestChain, type Snapshot, type TestChain } from "../../../../contracts/testing/test-chain.ts";
import { encodeTopic } from "../../../../runtime/format/abi-codec.ts";
import { admit } from "../../../../vm/admission/admit.ts";
import { Rejected } from "../../../../vm/errors.ts";

const ENTRY = join(packageRoot(), "test", "unit", "contracts", "fixtures", "walker", "index.ts");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("a contract that walks and counts", () => {
  const chain: TestChain = createTestChain();
  let module: CompiledContract;
  let fresh: Snapshot;

  before(async () => {
    module = await compileContract({ entry: ENTRY, debug: true });
    assert.equal(chain.deploy(module).error, null);
    fresh = chain.snapshot();
  });
  beforeEach(() => chain.restore(fresh));

  const view = (method: string, ...args: readonly unknown[]): unknown => {
    const called = chain.view("walker", method, args);
    assert.equal(called.error, null, called.error?.message);
    return called.result;
  };
  const call = (method: string, ...args: readonly unknown[]): unknown => {
    const called = chain.call("walker", method, args);
    assert.equal(called.error, null, called.error?.message);
    return called.result;
  };
  const listed = (keys: readonly string[], values: readonly number[], hasMore: boolean) => ({ keys, values, hasMore });

  test("gets a map in pages: by length, then by bytes", () => {
    for (const [index, key] of ["b", "aa", "a", "", "ä", "c"].entries()) call("put", key, index);
    call("put2", "11".repeat(32), "x", 100);
    assert.deepEqual(view("first", 4), listed(["", "a", "b", "c"], [3, 2, 0, 5], true));
    assert.deepEqual(view("after", "c", 4), listed(["aa", "ä"], [1, 4], false));
    assert.deepEqual(view("after", "bb", 4), listed(["ä"], [4], false), "behind a key that is not there");
    assert.deepEqual(view("first", 6), listed(["", "a", "b", "c", "aa", "ä"], [3, 2, 0, 5, 1, 4], true));
    assert.deepEqual(view("first", 7), listed(["", "a", "b", "c", "aa", "ä"], [3, 2, 0, 5, 1, 4], false));
  });

  test("gets nothing from an empty map, and at most a hundred entries from a long one", () => {
    assert.deepEqual(view("first", 10), listed([], [], false));
    for (let index = 0; index < 101; index++) call("put", String(index).padStart(3, "0"), index);
    const { keys, hasMore } = view("first", 1_000_000) as { keys: string[]; hasMore: boolean };
    assert.deepEqual([keys.length, keys.at(-1), hasMore], [100, "099", true]);
    assert.deepEqual(view("after", "099", 1_000_000), listed(["100"], [100], false));
    assert.equal(chain.view("walker", "first", [0]).error?.name, "badPage");
  });

  test("pages with the longest key a map can have, and goes on behind it", () => {
    const longest = "k".repeat(512 - 1 - "names".length - 4);
    call("put", longest, 1);
    call("put", `${longest.slice(1)}l`, 2);
    assert.deepEqual(view("after", longest, 5), listed([`${longest.slice(1)}l`], [2], false));
    assert.equal(chain.view("walker", "after", [`${longest}k`, 5]).error?.name, "storage.keyTooLong");
  });

  test("gets the entries under the first part of a key, and under the first two", () => {
    const [one, two] = ["11".repeat(32), "22".repeat(32)];
    for (const [index, key] of ["b", "a"].entries()) {
      call("put2", one, key, index);
      call("put2", two, key, 10 + index);
    }
    assert.deepEqual(view("first2", one, 9), listed(["a", "b"], [1, 0], false));
    assert.deepEqual(view("after2", two, "a", 9), listed(["b"], [10], false));
    assert.deepEqual(view("first2", "33".repeat(32), 9), listed([], [], false));
    for (const third of [255, 0, 7]) {
      call("put3", 1, one, third, `1-${third}`);
      call("put3", 2, one, third, `2-${third}`);
    }
    assert.deepEqual(view("first3", 1, one, 2), { keys: [0, 7], values: ["1-0", "1-7"], hasMore: true });
    assert.deepEqual(view("after3", 1, one, 7, 2), { keys: [255], values: ["1-255"], hasMore: false });
    assert.deepEqual(view("after3", 1, one, 255, 2), { keys: [], values: [], hasMore: false });
  });

  test("sees what it has just deleted gone", () => {
    for (let index = 0; index < 25; index++) call("put", `key ${index}`, index);
    assert.equal(call("removeAll", 10), 25);
    assert.deepEqual(view("first", 10), listed([], [], false));
  });

  test("counts up and down inside of bounds, and shows counters as values of the ABI", () => {
    assert.equal(view("sum"), 0);
    assert.deepEqual([call("add", 5), call("add", -12)], [true, true]);
    assert.equal(view("sum"), -7);
    assert.equal(chain.storage("walker", "total"), -7);
    const most = "9223372036854775807";
    assert.equal(call("addWithin", "ann", most, 0, most), true);
    assert.equal(call("addWithin", "ann", 1, 0, most), false);
    assert.equal(call("addWithin", "bob", -1, 0, most), false);
    assert.equal(view("balance", "ann"), most);
    assert.equal(chain.storage("walker", "balances", ["ann"]), most);
    assert.equal(chain.storage("walker", "balances", ["bob"]), undefined);
    assert.equal(chain.view("walker", "add", [1]).error?.name, "readOnly");
    assert.deepEqual(module.abi.storage.slice(-2), [
      { name: "total", kind: "cell", key: [], value: "i64" },
      { name: "balances", kind: "map", key: ["string"], value: "i64" },
    ]);
  });

  test("an event has the topics of its indexed fields, in their order, and a hash for what is long", () => {
    const { sha256 } = createHashes();
    const long = "l".repeat(61);
    const { events } = chain.call("walker", "tell", ["s".repeat(60), long, chain.address("ann")]);
    const topic = (field: string, json: unknown): string =>
      hex(encodeTopic(module.abi, { event: "Everything", field }, json, sha256));
    assert.deepEqual(events[0]!.topics, [
      topic("short", "s".repeat(60)),
      topic("long", long),
      chain.address("ann"),
      topic("amount", { coefficient: 15, scale: 1 }),
    ]);
    assert.deepEqual(
      events[0]!.topics.map((text) => text.length / 2),
      [64, 32, 32, 9],
    );
    assert.equal(events[0]!.topics[1], hex(sha256(Uint8Array.from([61, 0, 0, 0, ...Buffer.from(long)]))));
    assert.deepEqual([events[1]!.topics, events[1]!.fields], [[], { value: 7 }]);
    assert.throws(() => topic("note", "a note"), { code: "abi.unknownEvent" });
  });

  test("logs to the test chain, also from a query", () => {
    chain.debugLines.length = 0;
    assert.equal(view("log", "hé"), 2);
    assert.deepEqual(chain.debugLines, [
      { contract: "walker", text: "hé" },
      { contract: "walker", text: "again" },
    ]);
  });

  test("is refused by a real chain because it logs, and by the compiler that is not told it is for tests", async () => {
    assert.deepEqual(
      admit(module.wasm).reasons.map(({ code }) => code),
      ["import.debugOnly"],
    );
    await assert.rejects(compileContract({ entry: ENTRY }), (error) => {
      assert.ok(error instanceof Rejected);
      assert.equal(error.code, "contract.refused");
      assert.match(error.message, /import\.debugOnly at byte \d+: .*leave it out of what is deployed/);
      return true;
    });
  });
});
