/** The gas of a block bounds the bytes of its record: a property of the prices in vm/abi.ts, looked at row by row. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ALGORITHMS } from "../../../../accel/device.ts";
import { GENESIS_DEFAULTS } from "../../../../node/config/genesis.ts";
import { encodeBlockRecord } from "../../../../runtime/chain/block-record.ts";
import { BLOCK_GAS_MAX } from "../../../../runtime/chain/settings-rules.ts";
import { BLOCK_BYTES_MAX } from "../../../../runtime/execute/block.ts";
import { NO_ACCESSES } from "../../../../runtime/format/accesses.ts";
import { WRITER_BYTES_MAX } from "../../../../runtime/format/codec.ts";
import { encodeReceipt } from "../../../../runtime/format/receipt.ts";
import { stateKey } from "../../../../runtime/format/state-key.ts";
import { encodeTransaction } from "../../../../runtime/format/transaction.ts";
import type { Block, Event, Receipt } from "../../../../runtime/format/types.ts";
import type { StateChange } from "../../../../runtime/state/slot-table.ts";
import { outputGas, readGas } from "../../../../runtime/system/chain-contract.ts";
import { HOST_FUNCTIONS, RESULT_BYTE_GAS } from "../../../../vm/abi.ts";
import { LIMITS } from "../../../../vm/limits.ts";
import { OUTCOMES } from "../../../../vm/outcome.ts";

const ZERO_32 = new Uint8Array(32);
/** The longest name a contract can have. */
const CONTRACT = "c".repeat(LIMITS.contractNameBytes);
const HEADER = {
  protocolVersion: 1,
  chainId: "c".repeat(32),
  height: 1,
  timeSeconds: 1,
  previousHash: ZERO_32,
  transactionsRoot: ZERO_32,
  receiptsRoot: ZERO_32,
  stateRoot: ZERO_32,
  scheduleHash: ZERO_32,
  gasUsed: 0,
};
const SEAL = { algorithm: ALGORITHMS.p256, publicKey: new Uint8Array(33), signature: new Uint8Array(64) };
const EMPTY_BLOCK: Block = { header: HEADER, seal: SEAL, transactions: [] };
const RECEIPT: Receipt = {
  transactionId: ZERO_32,
  outcome: OUTCOMES.ok,
  revertCode: 0,
  output: new Uint8Array(0),
  gasUsed: 0,
  events: [],
};

function recordLength(parts: { receipts?: readonly Receipt[]; writes?: readonly StateChange[] }): number {
  const { receipts = [], writes = [] } = parts;
  const receiptBytes = receipts.map(encodeReceipt);
  return encodeBlockRecord({ block: EMPTY_BLOCK, transactionBytes: [], receiptBytes, writes, accesses: NO_ACCESSES })
    .length;
}

const NOTHING = recordLength({});
const BARE_RECEIPT = recordLength({ receipts: [RECEIPT] });
const bytesOfWrite = (key: number, value: number | undefined): number =>
  recordLength({ writes: [{ key: stateKey(CONTRACT, new Uint8Array(key)), value: zeros(value) }] }) - NOTHING;
const bytesOfEvent = (name: number, data: number, topics: readonly Uint8Array[] = []): number => {
  const event: Event = { contract: CONTRACT, name: "n".repeat(name), topics, data: new Uint8Array(data) };
  return recordLength({ receipts: [{ ...RECEIPT, events: [event] }] }) - BARE_RECEIPT;
};
const bytesOfOutput = (output: number): number =>
  recordLength({ receipts: [{ ...RECEIPT, output: new Uint8Array(output) }] }) - BARE_RECEIPT;
const zeros = (length: number | undefined) => (length === undefined ? undefined : new Uint8Array(length));

/** Gas of a host call whose length parameters have these values; the others cost nothing by their value here. */
function gasOf(name: string, lengths: Readonly<Record<string, number>>): number {
  const { cost } = HOST_FUNCTIONS.find((row) => row.name === name)!;
  return Object.entries(cost.perByte ?? {}).reduce((sum, [part, gas]) => sum + gas * lengths[part]!, cost.base);
}

const { storageKeyBytes, storageValueBytes, eventNameBytes, eventDataBytes, outputBytes } = LIMITS;
const { counterBytes, eventTopics, eventTopicBytes } = LIMITS;
const RESULTS: readonly (readonly [what: string, bytes: number, gas: number])[] = [
  ...[1, storageKeyBytes].flatMap((keyLength) => [
    ["delete", bytesOfWrite(keyLength, undefined), gasOf("storage_delete", { keyLength })] as const,
    ...[0, storageValueBytes].map(
      (valueLength) =>
        ["put", bytesOfWrite(keyLength, valueLength), gasOf("storage_put", { keyLength, valueLength })] as const,
    ),
  ]),
  ...[1, eventNameBytes].flatMap((nameLength) =>
    [0, eventDataBytes].map(
      (dataLength) =>
        ["event", bytesOfEvent(nameLength, dataLength), gasOf("event_emit", { nameLength, dataLength })] as const,
    ),
  ),
  ...[1, storageKeyBytes].map(
    (keyLength) => ["counter", bytesOfWrite(keyLength, counterBytes), gasOf("counter_add", { keyLength })] as const,
  ),
  ...[[], [0], [1, 0], Array<number>(eventTopics).fill(eventTopicBytes)].map((lengths) => {
    const topics = lengths.map((length) => new Uint8Array(length));
    const topicsLength = 4 + lengths.reduce((sum, length) => sum + 4 + length, 0);
    const gas = gasOf("event_emit_indexed", { nameLength: 1, topicsLength, dataLength: 0 });
    return ["indexed event", bytesOfEvent(1, 0, topics), gas] as const;
  }),
  ...[1, outputBytes].map((length) => ["output", bytesOfOutput(length), gasOf("output_write", { length })] as const),
  ...[1, outputBytes].map((length) => ["view", bytesOfOutput(length), readGas(1, 0) + outputGas(length)] as const),
];

test("every byte that a host call leaves in a record is paid for, the lengths and names beside it too", () => {
  for (const [what, bytes, gas] of RESULTS) assert.ok(gas >= RESULT_BYTE_GAS * bytes, `${what}: ${gas} for ${bytes}`);
});

/** Bytes of the largest record of a block of so much gas: the dearest thing to write, over and over. */
function recordBytesMax(blockGas: number): number {
  const bytesForGas = Math.max(...RESULTS.map(([, bytes, gas]) => bytes / gas));
  const transaction = encodeTransaction({
    chainId: "c",
    algorithm: ALGORITHMS.ed25519,
    publicKey: ZERO_32,
    contract: "c",
    method: "m",
    args: new Uint8Array(0),
    gasLimit: 0,
    expiryHeight: 0,
    salt: new Uint8Array(16),
    signature: new Uint8Array(64),
  });
  const transactionCount = BLOCK_BYTES_MAX / transaction.length;
  const message = bytesOfOutput(LIMITS.revertMessageBytes);
  const own = BARE_RECEIPT - NOTHING + message + 4;
  return blockGas * bytesForGas + transactionCount * own + BLOCK_BYTES_MAX + NOTHING;
}

test("the record of the fullest block that settings allow stays below the limit of its writer", () => {
  assert.ok(recordBytesMax(BLOCK_GAS_MAX) < WRITER_BYTES_MAX, String(recordBytesMax(BLOCK_GAS_MAX)));
  assert.ok(GENESIS_DEFAULTS.blockGasMax <= BLOCK_GAS_MAX);
  assert.ok(recordBytesMax(GENESIS_DEFAULTS.blockGasMax) < WRITER_BYTES_MAX / 3);
});
