import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ClientError } from "../../../node/client/client-error.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { verifyProofFile } from "../../../runtime/verify/index.ts";
import { startTestNode, type TestNode } from "./test-node.ts";

describe("a proof from a real node", () => {
  let test: TestNode;
  let sealer: string;
  before(async () => {
    test = await startTestNode();
    for (const key of [5, 6, 7]) {
      await test.client.send({ contract: "register", method: "put", args: [key, key * 10] }, test.adminKey);
    }
    sealer = bytesToHex(test.node.chain.settings.sealer.publicKey);
  });
  after(() => test.end());

  const failedWith = (code: string) => (error: ClientError) => error.code === code;
  const proofOf = (key: number, height?: number) =>
    test.client.proof({
      contract: "register",
      storage: "entries",
      key: [key],
      ...(height === undefined ? {} : { height }),
    });

  it("shows a stored value, offline", async () => {
    const verified = verifyProofFile(await proofOf(6), { sealer });
    assert.ok(verified.ok, JSON.stringify(verified));
    assert.deepEqual([verified.claim.present, verified.claim.value], [true, 60]);
    assert.deepEqual([verified.claim.contract, verified.claim.storage], ["register", "entries"]);
  });

  it("shows that there is no value, offline, wherever the key's hash falls among the others", async () => {
    for (let key = 100; key < 130; key++) {
      const verified = verifyProofFile(await proofOf(key), { sealer });
      assert.ok(verified.ok, JSON.stringify(verified));
      assert.deepEqual([verified.claim.present, verified.claim.value], [false, null]);
    }
  });

  it("is the same file for every JSON form of its key", async () => {
    const proof = (key: readonly unknown[]) =>
      test.client.proof({ contract: "register", storage: "entries", key, height: 4 });
    const text = await proof(["6"]);
    assert.equal(text, await proof([6]));
    const verified = verifyProofFile(text, { sealer });
    assert.ok(verified.ok, JSON.stringify(verified));
    assert.deepEqual(verified.claim.key, [6]);
    const beyond = verifyProofFile(await proof(["18446744073709551615"]), { sealer });
    assert.ok(beyond.ok, JSON.stringify(beyond));
  });

  it("shows what an older height held", async () => {
    const { height } = await test.client.send({ contract: "register", method: "put", args: [6, 61] }, test.adminKey);
    const verified = verifyProofFile(await proofOf(6, height - 1), { sealer });
    assert.ok(verified.ok);
    assert.equal(verified.claim.value, 60);
    const now = verifyProofFile(await proofOf(6, height), { sealer });
    assert.ok(now.ok);
    assert.equal(now.claim.value, 61);
  });

  it("does not hold when a character of it is changed, or the sealer is another", async () => {
    const text = await proofOf(6);
    for (let at = 3; at < text.length; at += Math.ceil(text.length / 25)) {
      const other = text[at] === "0" ? "1" : "0";
      assert.equal(verifyProofFile(text.slice(0, at) + other + text.slice(at + 1)).ok, false, `character ${at}`);
    }
    assert.equal(verifyProofFile(text, { sealer: "00".repeat(32) }).ok, false);
  });

  it("is refused for a height, a storage or a contract that is not there", async () => {
    await assert.rejects(proofOf(6, 10_000), failedWith("proof.heightUnknown"));
    const { client } = test;
    await assert.rejects(client.proof({ contract: "register", storage: "x" }), failedWith("api.storageNotFound"));
    await assert.rejects(client.proof({ contract: "nobody", storage: "x" }), failedWith("api.contractNotFound"));
    await assert.rejects(
      client.proof({ contract: "register", storage: "entries", key: [1, 2] }),
      failedWith("arguments.length"),
    );
  });
});
