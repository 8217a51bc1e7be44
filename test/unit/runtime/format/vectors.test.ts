/** The vectors that the AssemblyScript codec passes too. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Algorithm } from "../../../../accel/device.ts";
import { createHashes } from "../../../../accel/hashes.ts";
import { decodeStorageKey, decodeValue, encodeValue, storageKey } from "../../../../runtime/format/abi-codec.ts";
import { addressOfContract, addressOfKey } from "../../../../runtime/format/address.ts";
import { blockHash, decodeBlock, decodeHeader, encodeBlock, encodeHeader } from "../../../../runtime/format/block.ts";
import { bytesToHex, hexToBytes } from "../../../../runtime/format/bytes.ts";
import type { JsonValue } from "../../../../runtime/format/canonical-json.ts";
import type { AbiStorage, ContractAbi } from "../../../../runtime/format/contract-abi.ts";
import { decodeReceipt, encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { decodeSettings, encodeSettings } from "../../../../runtime/format/settings.ts";
import {
  contractRecordStateKey,
  decodeContractRecord,
  encodeContractRecord,
  splitStateKey,
  stateKey,
} from "../../../../runtime/format/state-key.ts";
import {
  decodeTransaction,
  encodeTransaction,
  encodeUnsigned,
  transactionId,
  transactionIdOfBytes,
} from "../../../../runtime/format/transaction.ts";
import type { ChainSettings, Header, Receipt, Seal, Transaction } from "../../../../runtime/format/types.ts";

/** A value as it stands in the file: byte strings are hex. */
type Json<T> = T extends Uint8Array
  ? string
  : T extends readonly (infer E)[]
    ? readonly Json<E>[]
    : T extends object
      ? { readonly [K in keyof T]: Json<T[K]> }
      : T;
interface Case {
  readonly id: string;
}
interface Vectors {
  readonly types: ContractAbi["types"];
  readonly values: readonly (Case & { readonly type: string; readonly json: JsonValue; readonly bytes: string })[];
  readonly refusedBytes: readonly (Case & { type: string; bytes: string; code: string; offset: number })[];
  readonly refusedJson: readonly (Case & { type: string; json: JsonValue; code: string; path: string })[];
  readonly transactions: readonly (Case & {
    readonly transaction: Json<Transaction>;
    readonly unsigned: string;
    readonly bytes: string;
    readonly transactionId: string;
  })[];
  readonly receipts: readonly (Case & { readonly receipt: Json<Receipt>; readonly bytes: string })[];
  readonly blocks: readonly (Case & {
    readonly header: Json<Header>;
    readonly headerBytes: string;
    readonly blockHash: { readonly sha256: string };
    readonly seal: Json<Seal>;
    readonly transactions: readonly number[];
    readonly bytes: string;
  })[];
  readonly settings: readonly (Case & { readonly settings: Json<ChainSettings>; readonly bytes: string })[];
  readonly storageKeys: readonly (Case & {
    readonly storage: AbiStorage;
    readonly parts: readonly JsonValue[];
    readonly contract: string;
    readonly key: string;
    readonly stateKey: string;
  })[];
  readonly contractRecords: readonly (Case & {
    readonly name: string;
    readonly record: { codeHash: string; abiHash: string; version: number; height: number };
    readonly bytes: string;
    readonly stateKey: string;
  })[];
  readonly addresses: readonly (Case & {
    readonly algorithm?: Algorithm;
    readonly publicKey?: string;
    readonly contract?: string;
    readonly address: string;
  })[];
}

const hashes = createHashes();
const vectors = JSON.parse(readFileSync("test/vectors-own/codec.json", "utf8")) as Vectors;
const LIMITS = { bytesMax: 100_000 };
const abi: ContractAbi = {
  abi: 1,
  contract: "vectors",
  version: 1,
  types: vectors.types,
  methods: [],
  events: [],
  storage: vectors.storageKeys.map(({ storage }) => storage),
  errors: [],
};

const transactionOf = (json: Json<Transaction>): Transaction => ({
  ...json,
  publicKey: hexToBytes(json.publicKey),
  args: hexToBytes(json.args),
  salt: hexToBytes(json.salt),
  signature: hexToBytes(json.signature),
});

const headerOf = (json: Json<Header>): Header => ({
  ...json,
  previousHash: hexToBytes(json.previousHash),
  transactionsRoot: hexToBytes(json.transactionsRoot),
  receiptsRoot: hexToBytes(json.receiptsRoot),
  stateRoot: hexToBytes(json.stateRoot),
  scheduleHash: hexToBytes(json.scheduleHash),
});

test("every value has its bytes, and the bytes that value", () => {
  for (const { id, type, json, bytes } of vectors.values) {
    assert.equal(bytesToHex(encodeValue(abi, type, json)), bytes, id);
    assert.deepEqual(decodeValue(abi, type, hexToBytes(bytes)), json, id);
  }
});

test("bytes that are no value are refused with their code and offset", () => {
  for (const { id, type, bytes, code, offset } of vectors.refusedBytes) {
    const isRight = (error: { code: string; details: { offset: number } }): boolean => {
      assert.deepEqual([error.code, error.details.offset], [code, offset], id);
      return true;
    };
    assert.throws(() => decodeValue(abi, type, hexToBytes(bytes)), isRight, id);
  }
});

test("JSON that does not fit is refused with its code and path", () => {
  for (const { id, type, json, code, path } of vectors.refusedJson) {
    const isRight = (error: { code: string; details: { path: string } }): boolean => {
      assert.deepEqual([error.code, error.details.path], [code, path], id);
      return true;
    };
    assert.throws(() => encodeValue(abi, type, json), isRight, id);
  }
});

test("transactions have their bytes and ids", () => {
  for (const vector of vectors.transactions) {
    const transaction = transactionOf(vector.transaction);
    const bytes = encodeTransaction(transaction);
    assert.equal(bytesToHex(encodeUnsigned(transaction)), vector.unsigned, vector.id);
    assert.equal(bytesToHex(bytes), vector.bytes, vector.id);
    assert.deepEqual(decodeTransaction(bytes, LIMITS), transaction, vector.id);
    assert.equal(bytesToHex(transactionId(transaction, hashes)), vector.transactionId, vector.id);
    assert.equal(bytesToHex(transactionIdOfBytes(bytes, hashes)), vector.transactionId, vector.id);
  }
});

test("receipts have their bytes", () => {
  for (const { id, receipt: json, bytes } of vectors.receipts) {
    const receipt: Receipt = {
      ...json,
      transactionId: hexToBytes(json.transactionId),
      output: hexToBytes(json.output),
      events: json.events.map((event) => ({
        ...event,
        topics: event.topics.map(hexToBytes),
        data: hexToBytes(event.data),
      })),
    };
    assert.equal(bytesToHex(encodeReceipt(receipt)), bytes, id);
    assert.deepEqual(decodeReceipt(hexToBytes(bytes)), receipt, id);
  }
});

test("headers and blocks have their bytes and hash", () => {
  for (const vector of vectors.blocks) {
    const header = headerOf(vector.header);
    const { algorithm, publicKey, signature } = vector.seal;
    const block = {
      header,
      seal: { algorithm, publicKey: hexToBytes(publicKey), signature: hexToBytes(signature) },
      transactions: vector.transactions.map((index) => transactionOf(vectors.transactions[index]!.transaction)),
    };
    assert.equal(bytesToHex(encodeHeader(header)), vector.headerBytes);
    assert.deepEqual(decodeHeader(hexToBytes(vector.headerBytes)), header);
    assert.equal(bytesToHex(blockHash(header, hashes.sha256)), vector.blockHash.sha256);
    assert.equal(bytesToHex(encodeBlock(block)), vector.bytes);
    assert.deepEqual(decodeBlock(hexToBytes(vector.bytes), LIMITS), block);
  }
});

test("settings have their bytes", () => {
  for (const { id, settings: json, bytes } of vectors.settings) {
    const settings: ChainSettings = {
      ...json,
      admins: json.admins.map(hexToBytes),
      sealer: { ...json.sealer, publicKey: hexToBytes(json.sealer.publicKey) },
    };
    assert.equal(bytesToHex(encodeSettings(settings)), bytes, id);
    assert.deepEqual(decodeSettings(hexToBytes(bytes)), settings, id);
  }
});

test("storage entries have their keys", () => {
  for (const { id, storage, parts, contract, key, stateKey: whole } of vectors.storageKeys) {
    const bytes = storageKey(abi, storage.name, parts);
    assert.equal(bytesToHex(bytes), key, id);
    assert.deepEqual(decodeStorageKey(abi, storage.name, bytes), parts, id);
    assert.equal(bytesToHex(stateKey(contract, bytes)), whole, id);
    assert.deepEqual(splitStateKey(hexToBytes(whole)), { contract, key: bytes }, id);
  }
});

test("contract records have their bytes and key", () => {
  for (const { id, name, record: json, bytes, stateKey: key } of vectors.contractRecords) {
    const record = { ...json, codeHash: hexToBytes(json.codeHash), abiHash: hexToBytes(json.abiHash) };
    assert.equal(bytesToHex(encodeContractRecord(record)), bytes, id);
    assert.deepEqual(decodeContractRecord(hexToBytes(bytes)), record, id);
    assert.equal(bytesToHex(contractRecordStateKey(name)), key, id);
  }
});

test("keys and contracts have their addresses", () => {
  for (const { id, algorithm, publicKey, contract, address } of vectors.addresses) {
    const got =
      contract === undefined
        ? addressOfKey(algorithm!, hexToBytes(publicKey!), hashes)
        : addressOfContract(contract, hashes);
    assert.equal(bytesToHex(got), address, id);
  }
});
