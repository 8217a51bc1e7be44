import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { ask, askJson, startTestNode, type TestNode } from "./test-node.ts";

describe("a transaction through a real node", () => {
  let test: TestNode;
  before(async () => {
    test = await startTestNode();
  });
  after(() => test.end());

  it("is committed, and its receipt, events and block can be read", async () => {
    const { client, adminKey } = test;
    const call = { contract: "register", method: "put", args: { key: 1, value: "18446744073709551615" } };
    const sent = await client.send(call, adminKey);
    assert.equal(sent.receipt.outcome, "ok");
    assert.deepEqual(sent.receipt.events[0]?.fields, { key: 1, value: "18446744073709551615" });
    assert.ok(sent.receipt.gasUsed > 0);

    const receipt = await client.receipt(sent.id);
    assert.deepEqual(receipt.receipt, sent.receipt);
    assert.equal(receipt.height, sent.height);

    const transaction = await client.transaction(sent.id);
    assert.equal(transaction.state, "committed");
    assert.deepEqual(transaction.args, call.args);
    assert.equal(transaction.sender, bytesToHex(adminKey.address));

    const block = await client.block(sent.height);
    assert.equal(block.transactions[sent.index], sent.id);
    assert.equal(block.header.height, sent.height);
    const before = await client.block(sent.height - 1);
    assert.equal(block.header.previousHash, before.hash);
    assert.ok(block.header.timeSeconds >= before.header.timeSeconds);
  });

  it("changes what a query and the state answer", async () => {
    const { client, adminKey } = test;
    await client.send({ contract: "register", method: "put", args: [42, 7] }, adminKey);
    const query = await client.query("register", "get", { key: 42 });
    assert.equal(query.outcome, "ok");
    assert.equal(query.result, 7);
    const state = await client.state("register", "entries", [42]);
    assert.deepEqual([state.present, state.value, state.bytes], [true, 7, "0700000000000000"]);
    const absent = await client.state("register", "entries", [43]);
    assert.deepEqual([absent.present, absent.value, absent.bytes], [false, null, null]);
  });

  it("that the contract refuses is committed with the error's name and text", async () => {
    const { receipt } = await test.client.send({ contract: "register", method: "fail" }, test.adminKey);
    assert.equal(receipt.outcome, "revert");
    assert.deepEqual(receipt.error, { code: 7, name: "register.absent", text: "there is no entry under the key" });
    assert.equal(receipt.message, "no such entry");
    assert.equal(receipt.output, "");
    const query = await test.client.query("register", "get", { key: 1_000_000 });
    assert.equal(query.error?.name, "register.absent");
  });

  it("that traps or runs out of gas is committed and costs its whole limit", async () => {
    const trapped = await test.client.send({ contract: "register", method: "trap", gasLimit: 200_000 }, test.adminKey);
    assert.deepEqual([trapped.receipt.outcome, trapped.receipt.gasUsed], ["trap", 200_000]);
    const spun = await test.client.send({ contract: "register", method: "spin", gasLimit: 200_000 }, test.adminKey);
    assert.deepEqual([spun.receipt.outcome, spun.receipt.gasUsed], ["outOfGas", 200_000]);
    assert.equal(spun.receipt.message, null);
  });

  it("can be submitted as JSON as well as in bytes, and waited for or not", async () => {
    const { client, adminKey, node } = test;
    const signed = await client.sign({ contract: "register", method: "put", args: [2, 2] }, adminKey);
    const path = "/v1/transactions?wait=accepted";
    const accepted = await askJson(node.url, path, { transaction: bytesToHex(signed.bytes) });
    assert.equal(accepted.status, 202);
    assert.deepEqual(accepted.body, { id: bytesToHex(signed.id), state: "accepted" });
    const other = await client.sign({ contract: "register", method: "put", args: [2, 3] }, adminKey);
    const headers = { "content-type": "application/octet-stream" };
    const committed = await ask(node.url, "/v1/transactions", { method: "POST", headers, body: other.bytes });
    assert.equal(committed.status, 200);
    assert.equal((await client.query("register", "get", [2])).result, 3);
    assert.equal((await client.receipt(signed.id)).receipt.outcome, "ok");
  });

  it("is executed in the order it was sent in, in a batch of several senders' lanes", async () => {
    const { client, adminKey } = test;
    const calls = Array.from({ length: 40 }, (_, i) => ({
      contract: "register",
      method: "put",
      args: { key: 500 + (i % 5), value: i },
    }));
    const signed = await Promise.all(calls.map((call) => client.sign(call, adminKey)));
    const results = await client.submitMany(signed);
    const places = results.map((result) => {
      assert.equal(result.state, "committed");
      return result.state === "committed" ? result.height * 1_000_000 + result.index : 0;
    });
    assert.deepEqual(
      places,
      [...places].sort((a, b) => a - b),
    );
    assert.deepEqual(
      results.map(({ id }) => id),
      signed.map(({ id }) => bytesToHex(id)),
    );
    for (let key = 0; key < 5; key++) {
      assert.equal((await client.query("register", "get", [500 + key])).result, 35 + key);
    }
  });

  it("of a batch that is refused does not stop those beside it", async () => {
    const { client, adminKey } = test;
    const good = await client.sign({ contract: "register", method: "put", args: [900, 1] }, adminKey);
    const bad = { ...good, bytes: good.bytes.slice(0, -1) };
    const last = await client.sign({ contract: "register", method: "put", args: [900, 2] }, adminKey);
    const results = await client.submitMany([good, bad, last, last]);
    assert.deepEqual(
      results.map((result) => (result.state === "rejected" ? result.error.code : result.state)),
      ["committed", "ingest.undecodable", "committed", "ingest.duplicate"],
    );
  });

  it("by each of the four algorithms is accepted", async () => {
    const { keyFromSecret } = await import("../../../node/keys/keystore.ts");
    for (const algorithm of ["ed25519", "secp256k1", "p256", "sm2"] as const) {
      const key = keyFromSecret(algorithm, algorithm, new Uint8Array(32).fill(9));
      const sent = await test.client.send({ contract: "register", method: "put", args: [3, 3] }, key);
      assert.equal(sent.receipt.outcome, "ok", algorithm);
    }
  });
});
