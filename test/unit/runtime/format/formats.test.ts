import assert from "node:assert/strict";
import { test } from "node:test";
import { createHashes } from "../../../../accel/hashes.ts";
import { decodeBlock, decodeHeader } from "../../../../runtime/format/block.ts";
import { concatBytes, hexToBytes } from "../../../../runtime/format/bytes.ts";
import { ByteWriter, utf8Bytes } from "../../../../runtime/format/codec.ts";
import { merkleRoot } from "../../../../runtime/format/merkle.ts";
import { decodeReceipt, EVENTS_MAX, encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { decodeSettings, encodeSettings } from "../../../../runtime/format/settings.ts";
import { splitStateKey, stateKey } from "../../../../runtime/format/state-key.ts";
import { decodeTransaction, encodeTransaction } from "../../../../runtime/format/transaction.ts";
import type { ChainSettings, Receipt, Transaction } from "../../../../runtime/format/types.ts";

const { sha256, pairs } = createHashes();
const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);
const LIMITS = { bytesMax: 100_000 };

const transaction: Transaction = {
  chainId: "demo",
  algorithm: 1,
  publicKey: filled(32, 1),
  contract: "invoice",
  method: "issue",
  args: Uint8Array.of(1, 2, 3),
  gasLimit: 1000,
  expiryHeight: 5,
  salt: filled(16, 2),
  signature: filled(64, 3),
};

const receipt: Receipt = {
  transactionId: filled(32, 1),
  outcome: 0,
  revertCode: 0,
  output: new Uint8Array(0),
  gasUsed: 1,
  events: [{ contract: "invoice", name: "Issued", topics: [Uint8Array.of(2)], data: Uint8Array.of(1) }],
};

const settings: ChainSettings = {
  chainId: "demo",
  protocolVersion: 1,
  hash: "sha256",
  sm2UserId: "1234567812345678",
  genesisTimeSeconds: 0,
  admins: [filled(32, 1), filled(32, 2)],
  sealer: { algorithm: 1, publicKey: filled(32, 9) },
  transactionGasMax: 1,
  blockGasMax: 2,
  expiryHeightsMax: 3,
  transactionBytesMax: 4,
};

test("a transaction with a field that is not allowed is not encoded", () => {
  const table: readonly { id: string; change: Partial<Transaction>; code: string }[] = [
    { id: "no chain id", change: { chainId: "" }, code: "codec.chainId" },
    { id: "upper-case chain id", change: { chainId: "Demo" }, code: "codec.chainId" },
    { id: "long chain id", change: { chainId: "a".repeat(33) }, code: "codec.chainId" },
    { id: "chain id and a line end", change: { chainId: "demo\n" }, code: "codec.chainId" },
    { id: "contract that begins with a digit", change: { contract: "1a" }, code: "codec.contractName" },
    { id: "method that begins with _", change: { method: "_a" }, code: "codec.methodName" },
    { id: "unknown algorithm", change: { algorithm: 5 as never }, code: "codec.algorithm" },
    { id: "key of another algorithm", change: { algorithm: 2 }, code: "codec.length" },
    { id: "negative gas", change: { gasLimit: -1 }, code: "codec.range" },
    { id: "gas beyond the safe integers", change: { gasLimit: 2 ** 53 }, code: "codec.range" },
    { id: "short salt", change: { salt: filled(15, 0) }, code: "codec.length" },
    { id: "short signature", change: { signature: filled(63, 0) }, code: "codec.length" },
  ];
  for (const { id, change, code } of table) {
    assert.throws(() => encodeTransaction({ ...transaction, ...change }), { code }, id);
  }
});

test("a transaction's bytes are refused when one field of them is not allowed", () => {
  const good = encodeTransaction(transaction);
  const patched = (offset: number, ...bytes: readonly number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(bytes, offset);
    return copy;
  };
  const table: readonly { id: string; bytes: Uint8Array; code: string }[] = [
    { id: "nothing", bytes: new Uint8Array(0), code: "codec.truncated" },
    { id: "another tag", bytes: patched(12, 0x32), code: "codec.tag" },
    { id: "a chain id of 33", bytes: patched(13, 33), code: "codec.length" },
    { id: "an upper-case chain id", bytes: patched(17, 0x44), code: "codec.chainId" },
    { id: "algorithm 0", bytes: patched(21, 0), code: "codec.algorithm" },
    { id: "algorithm 5", bytes: patched(21, 5), code: "codec.algorithm" },
    { id: "gas of 2^53", bytes: patched(good.length - 64 - 16 - 16 + 6, 0x20), code: "codec.range" },
    { id: "a byte more", bytes: concatBytes(good, Uint8Array.of(0)), code: "codec.trailing" },
    { id: "a byte less", bytes: good.subarray(0, good.length - 1), code: "codec.truncated" },
  ];
  for (const { id, bytes, code } of table) assert.throws(() => decodeTransaction(bytes, LIMITS), { code }, id);
});

test("a transaction over the limit of bytes is refused before it is read", () => {
  const bytes = encodeTransaction(transaction);
  assert.throws(() => decodeTransaction(bytes, { bytesMax: bytes.length - 1 }), { code: "codec.length" });
  assert.deepEqual(decodeTransaction(bytes, { bytesMax: bytes.length }), transaction);
});

test("a receipt with an unknown outcome, too many events or a bad name is refused", () => {
  const bytes = encodeReceipt(receipt);
  const patched = bytes.slice();
  patched[32] = 7;
  assert.throws(() => decodeReceipt(patched), { code: "codec.outcome" });
  const event = receipt.events[0]!;
  const many = encodeReceipt({ ...receipt, events: Array.from({ length: EVENTS_MAX + 1 }, () => event) });
  assert.throws(() => decodeReceipt(many), { code: "codec.length" });
  assert.throws(() => encodeReceipt({ ...receipt, events: [{ ...event, name: "a b" }] }), { code: "codec.eventName" });
});

test("a receipt with an event of five topics, or of one of 65 bytes, is refused", () => {
  const withTopics = (...lengths: readonly number[]): Uint8Array => {
    const topics = lengths.map((length) => new Uint8Array(length));
    return encodeReceipt({ ...receipt, events: [{ ...receipt.events[0]!, topics }] });
  };
  assert.equal(decodeReceipt(withTopics(64, 0, 1, 64)).events[0]!.topics.length, 4);
  assert.throws(() => decodeReceipt(withTopics(0, 0, 0, 0, 0)), { code: "codec.length" });
  assert.throws(() => decodeReceipt(withTopics(65)), { code: "codec.length" });
});

test("a block that claims more transactions than its bytes can hold is refused at once", () => {
  const header = new ByteWriter().bytes(new Uint8Array(3)).finish();
  assert.throws(() => decodeBlock(header, LIMITS), { code: "codec.truncated" });
  assert.throws(() => decodeHeader(utf8Bytes("cinnabar-header-2")), { code: "codec.tag" });
});

test("admins are a set: any other order, or a double, is refused", () => {
  const [first, second] = settings.admins as [Uint8Array, Uint8Array];
  for (const admins of [
    [second, first],
    [first, first],
  ]) {
    assert.throws(() => encodeSettings({ ...settings, admins }), { code: "codec.order" });
  }
  const bytes = encodeSettings(settings);
  const swapped = bytes.slice();
  const start = bytes.length - 32 - 33 - 64;
  swapped.set(second, start);
  swapped.set(first, start + 32);
  assert.throws(() => decodeSettings(swapped), { code: "codec.order" });
});

test("settings with an unknown hash or a long user id are refused", () => {
  const bytes = encodeSettings(settings);
  const patched = bytes.slice();
  patched[19 + 8 + 4] = 3;
  assert.throws(() => decodeSettings(patched), { code: "codec.hash" });
  assert.throws(() => encodeSettings({ ...settings, sm2UserId: "ü".repeat(128) }), { code: "codec.length" });
});

test("a state key names one contract and one key", () => {
  assert.throws(() => stateKey("Invoice", Uint8Array.of(1)), { code: "codec.contractName" });
  assert.throws(() => stateKey("invoice", new Uint8Array(0)), { code: "codec.length" });
  assert.throws(() => stateKey("invoice", new Uint8Array(513)), { code: "codec.length" });
  assert.throws(() => splitStateKey(hexToBytes("0161")), { code: "codec.length" });
  assert.throws(() => splitStateKey(hexToBytes("034100")), { code: "codec.truncated" });
  assert.throws(() => splitStateKey(hexToBytes("014100")), { code: "codec.contractName" });
});

test("roots of lists are those of Certificate Transparency", () => {
  const leaves = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
  const roots = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
  ];
  roots.forEach((root, count) => {
    assert.deepEqual(merkleRoot(leaves.slice(0, count).map(hexToBytes), sha256), hexToBytes(root));
  });
});

test("the root of a list is that of its definition, by pairs and one by one", () => {
  const definition = (leaves: readonly Uint8Array[]): Uint8Array => {
    if (leaves.length === 1) return sha256(Uint8Array.of(0, ...leaves[0]!));
    let half = 1;
    while (half * 2 < leaves.length) half *= 2;
    return sha256(Uint8Array.of(1, ...definition(leaves.slice(0, half)), ...definition(leaves.slice(half))));
  };
  assert.ok(pairs !== undefined, "the kernels are there");
  for (let count = 1; count <= 70; count++) {
    const leaves = Array.from({ length: count }, (_, i) => new Uint8Array(i).fill(i));
    const want = definition(leaves);
    assert.deepEqual(merkleRoot(leaves, sha256), want, `${count} leaves`);
    assert.deepEqual(merkleRoot(leaves, sha256, pairs.sha256), want, `${count} leaves, pairs`);
  }
});
