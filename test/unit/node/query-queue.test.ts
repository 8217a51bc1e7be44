import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { QueryQueue } from "../../../node/api/query-queue.ts";
import { Rejected } from "../../../vm/errors.ts";

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("the queue of queries", () => {
  it("runs one in each turn of the event loop, in their order", async () => {
    const queue = new QueryQueue(10);
    const ran: number[] = [];
    const all = [0, 1, 2, 3, 4].map((number) => queue.run(() => ran.push(number)));
    assert.deepEqual(ran, [], "a query ran within the turn that brought it");
    for (let turn = 1; turn <= 5; turn++) {
      await nextTurn();
      assert.equal(ran.length, turn, `after turn ${turn}`);
    }
    assert.deepEqual(await Promise.all(all), [1, 2, 3, 4, 5]);
    assert.deepEqual(ran, [0, 1, 2, 3, 4]);
  });

  it("is busy above its bound, and has room again after the next query", async () => {
    const queue = new QueryQueue(2);
    const first = [queue.run(() => "a"), queue.run(() => "b")];
    await assert.rejects(
      queue.run(() => assert.fail()),
      (error) => error instanceof Rejected && error.code === "api.busy",
    );
    await nextTurn();
    assert.equal(await queue.run(() => "c"), "c");
    assert.deepEqual(await Promise.all(first), ["a", "b"]);
  });

  it("gives the error of a query to its caller and goes on", async () => {
    const queue = new QueryQueue(10);
    const failing = queue.run(() => {
      throw new TypeError("of this one");
    });
    const next = queue.run(() => "next");
    await assert.rejects(failing, /of this one/);
    assert.equal(await next, "next");
  });

  it("leaves out what nobody waits for", async () => {
    const queue = new QueryQueue(10);
    const ran: string[] = [];
    void queue.run(
      () => ran.push("gone"),
      () => false,
    );
    const wanted = queue.run(() => ran.push("wanted"));
    await nextTurn();
    assert.deepEqual(ran, ["wanted"]);
    await wanted;
  });
});
