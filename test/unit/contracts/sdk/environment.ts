/** Context, storage, events, calls, crypto and failures, as a contract sees them. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ALGORITHMS, type AlgorithmName } from "../../../../accel/device.ts";
import { createHashes } from "../../../../accel/hashes.ts";
import { generateSecretKey, publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { encodeValue } from "../../../../runtime/format/abi-codec.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import type { Probe } from "./probe.ts";

export function environmentTests({ chain, abi }: Probe): void {
  const fresh = chain.snapshot();
  beforeEach(() => chain.restore(fresh));

  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

  test("a call sees its sender, its caller, its contract, the block and initialised globals", () => {
    chain.height = 41;
    chain.timeSeconds = 1_800_000_000;
    const { result, error } = chain.call("probe", "surroundings", [], { sender: "bob" });
    assert.equal(error, null);
    const { transactionId, ...rest } = result as Record<string, unknown>;
    assert.match(String(transactionId), /^(?!0+$)[0-9a-f]{64}$/);
    assert.deepEqual(rest, {
      sender: chain.address("bob"),
      caller: chain.address("bob"),
      callerContract: "",
      self: chain.address("contract:probe"),
      chainId: "test",
      height: 41,
      time: 1_800_000_000,
      started: "started",
    });
    assert.equal(chain.height, 42);
  });

  test("cells and maps keep values under the keys the ABI says", () => {
    assert.equal(chain.storage("probe", "cell"), undefined);
    assert.equal(chain.call("probe", "store", ["k", 70_000], { sender: "bob" }).error, null);
    assert.equal(chain.storage("probe", "cell"), 70_000);
    assert.equal(chain.storage("probe", "pairs", [chain.address("bob"), 70_000]), 70_000);
    assert.equal(chain.storage("probe", "triples", [1, "k", { coefficient: 15, scale: 1 }]), "k");
    assert.equal(chain.storage("probe", "triples", [1, "l", { coefficient: 15, scale: 1 }]), undefined);
  });

  test("a map says whether a key was there, and what was removed is gone", () => {
    const value = { text: "x", items: [], maybe: null };
    assert.equal(chain.call("probe", "storeText", ["k", value]).result, true);
    assert.equal(chain.call("probe", "storeText", ["k", value]).result, false);
    assert.deepEqual(chain.storage("probe", "names", ["k"]), value);
    assert.equal(chain.call("probe", "forget", ["k"]).result, true);
    assert.equal(chain.call("probe", "forget", ["k"]).result, false);
    assert.equal(chain.storage("probe", "names", ["k"]), undefined);
  });

  test("a missing value and a key that is too long are coded errors", () => {
    assert.equal(chain.view("probe", "stored", []).error?.name, "storage.missing");
    assert.equal(chain.call("probe", "store", ["k".repeat(600), 1]).error?.name, "storage.keyTooLong");
  });

  test("an event has the name of its class and the fields in order", () => {
    const { events } = chain.call("probe", "store", ["k", "18446744073709551615"]);
    const fields = { key: "k", value: "18446744073709551615" };
    const topics = [hex(encodeValue(abi, "string", "k"))];
    assert.deepEqual(events, [{ contract: "probe", name: "Stored", topics, fields }]);
  });

  test("a query cannot write", () => {
    const { outcome, error } = chain.view("probe", "store", ["k", 1]);
    assert.equal(outcome, "refusedHostCall");
    assert.equal(error?.name, "readOnly");
  });

  test("a call of another contract has its effects and its events, and sees the caller", () => {
    const { error, events } = chain.call("probe", "storeBoth", ["other", "k", 5]);
    assert.equal(error, null);
    assert.deepEqual(
      events.map((event) => event.contract),
      ["other"],
    );
    assert.equal(chain.storage("probe", "cell"), 5);
    assert.equal(chain.storage("other", "cell"), 5);
  });

  test("a failed callee undoes the caller too, with its code and message", () => {
    const { outcome, error } = chain.call("probe", "storeBoth", ["other", "k".repeat(600), 5]);
    assert.equal(outcome, "calleeFailed");
    assert.equal(error?.name, "storage.keyTooLong");
    assert.equal(chain.storage("probe", "cell"), undefined);
    const own = chain.call("probe", "storeBoth", ["probe", "k", 5]);
    assert.equal(own.error?.name, "reentrancy");
    assert.equal(chain.call("probe", "storeBoth", ["nobody", "k", 5]).error?.name, "unknownContract");
  });

  test("a caught callee leaves how it ended", () => {
    chain.call("other", "store", ["k", 9]);
    const all = "9223372036854775807";
    assert.deepEqual(chain.call("probe", "tryStored", ["other", "stored", all]).result, {
      outcome: 0,
      code: 0,
      value: 9,
    });
    chain.call("other", "forget", ["k"]);
    const missing = chain.call("probe", "tryStored", ["other", "stored", all]).result as { code: number };
    assert.deepEqual(missing, { outcome: 1, code: 0xfffe0004, value: 0 });
    const poor = chain.call("probe", "tryStored", ["other", "stored", 100]).result as { outcome: number };
    assert.equal(poor.outcome, 2);
  });

  test("a revert of the contract has its code, name and message; a broken assertion is an abort", () => {
    const { outcome, error } = chain.view("probe", "fail", ["because ü"]);
    assert.equal(outcome, "revert");
    assert.deepEqual(error, { code: 7, name: "probe.asked", message: "because ü" });
    const overrun = chain.view("probe", "overrun", [3]);
    assert.equal(overrun.error?.name, "abort");
    assert.match(overrun.error?.message ?? "", /Index out of range/);
    assert.equal(chain.view("probe", "overrun", [2]).result, 3);
  });

  test("hashes are those of the platform", () => {
    const hashes = createHashes();
    for (const text of ["", "abc", "x".repeat(200)]) {
      const message = utf8Bytes(text);
      const names = ["sha256", "sm3", "keccak256", "blake2b256", "blake3"] as const;
      const digests = chain.view("probe", "digests", [hex(message)]).result;
      assert.deepEqual(
        digests,
        names.map((name) => hex(hashes[name](message))),
      );
      const wide = chain.view("probe", "wideDigests", [hex(message)]).result;
      assert.deepEqual(wide, [hex(hashes.sha512(message)), hex(hashes.blake2b512(message))]);
    }
  });

  test("signatures of all algorithms are verified, and a changed message or a short signature is not signed", () => {
    const message = utf8Bytes("pay");
    for (const name of Object.keys(ALGORITHMS) as AlgorithmName[]) {
      const algorithm = ALGORITHMS[name];
      const secret = generateSecretKey(algorithm);
      const key = hex(publicKeyOf(algorithm, secret));
      const signature = hex(sign(algorithm, secret, message));
      const isSigned = (text: string, bytes: string) =>
        chain.view("probe", "isSigned", [algorithm, key, bytes, hex(utf8Bytes(text))]).result;
      assert.equal(isSigned("pay", signature), true, name);
      assert.equal(isSigned("pau", signature), false, name);
      assert.equal(isSigned("pay", signature.slice(2)), false, name);
    }
  });
}
