/**
 * What one record of the block log says.
 *
 *   format u8 | block bytes | receipts: count u32, each: bytes | writes: count u32, each: key bytes, value optional bytes
 *   | accesses (format/accesses.ts)
 *
 * The block's transactions end its bytes, so all behind header and seal is one piece (roots/block-body.ts).
 *
 * Block and receipts are the history. The writes are the block's effect, in byte order of the keys: genesis has no
 * transactions and stands for its writes alone, and where a re-execution comes to another root they name the first key
 * that differs. The accesses say which transactions depend on which, for whoever executes the block again; they are no part of
 * the block. The state root is in the block's header.
 */
import type { Hashes } from "../../accel/device.ts";
import { NodeError } from "../../vm/errors.ts";
import { type AccessRecord, encodeAccesses, readAccesses } from "../format/accesses.ts";
import { decodeBlock, encodeBlockHead } from "../format/block.ts";
import { compareBytes, concatBytes } from "../format/bytes.ts";
import { ByteReader, ByteWriter } from "../format/codec.ts";
import { DecodedTransaction } from "../format/decoded-transaction.ts";
import { decodeReceipt } from "../format/receipt.ts";
import type { TransactionLimits } from "../format/transaction.ts";
import type { Block, Receipt } from "../format/types.ts";
import { type BlockLists, encodeBlockBody } from "../roots/block-body.ts";
import type { StateChange } from "../state/slot-table.ts";

const FORMAT = 1;
const U32_BYTES = 4;
const LENGTH_MAX = 0x4000_0000;
const COUNT_MAX = 0x1000_0000;
/** An empty receipt and its length; a key of one byte, no value, and its length. */
const RECEIPT_BYTES_MIN = 4 + 32 + 1 + 4 + 4 + 8 + 4;
const WRITE_BYTES_MIN = 4 + 1 + 1;

export interface BlockRecord {
  readonly block: Block;
  readonly receipts: readonly Receipt[];
  readonly writes: readonly StateChange[];
  readonly accesses: AccessRecord;
}

/** What a record is encoded from: its transactions and receipts were encoded before, for their roots. */
export interface RecordParts extends BlockLists {
  readonly block: Pick<Block, "header" | "seal">;
  readonly accesses: AccessRecord;
  /** All between header and seal and the accesses, where it was encoded before: `encodeBlockBody` of the same lists. */
  readonly body?: Uint8Array;
}

export function encodeBlockRecord(parts: RecordParts): Uint8Array {
  const { block, transactionBytes, accesses, body = encodeBlockBody(parts) } = parts;
  const head = encodeBlockHead(block);
  let blockBytes = head.length + U32_BYTES;
  for (const bytes of transactionBytes) blockBytes += U32_BYTES + bytes.length;
  return concatBytes(new ByteWriter(8).u8(FORMAT).u32(blockBytes).finish(), head, body, encodeAccesses(accesses));
}

/**
 * Returns the record whose encoding is `bytes`; nothing is verified.
 * @param hashes given where the block will be executed: its transactions then carry their bytes and ids
 * @errors codec.*
 */
export function decodeBlockRecord(bytes: Uint8Array, hashes?: Pick<Hashes, "sha256">): BlockRecord {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== FORMAT) reader.refuse("format", `format ${format} of a block record is not known`, 0);
  // The chain's own limit on a transaction was checked when the block was made; the record bounds it here.
  const decode =
    hashes && ((each: Uint8Array, limits: TransactionLimits) => DecodedTransaction.decode(each, limits, hashes));
  const block = decodeBlock(reader.bytes(LENGTH_MAX), { bytesMax: LENGTH_MAX }, decode);
  const receipts: Receipt[] = [];
  const receiptCount = reader.count(COUNT_MAX, RECEIPT_BYTES_MIN);
  for (let i = 0; i < receiptCount; i += 1) receipts.push(decodeReceipt(reader.bytes(LENGTH_MAX)));
  const writes: StateChange[] = [];
  const writeCount = reader.count(COUNT_MAX, WRITE_BYTES_MIN);
  for (let i = 0; i < writeCount; i += 1) writes.push(readWrite(reader));
  const accesses = readAccesses(reader);
  reader.end();
  return { block, receipts, writes, accesses };
}

/** As `decodeBlockRecord`, for bytes whose checksum was right. @errors log.undecodable (NodeError) */
export function decodeLoggedRecord(bytes: Uint8Array, height: number, hashes?: Pick<Hashes, "sha256">): BlockRecord {
  try {
    return decodeBlockRecord(bytes, hashes);
  } catch (error) {
    throw new NodeError("log.undecodable", `the record of height ${height} is whole but does not decode`, {
      cause: error,
    });
  }
}

/** Returns the first key whose value differs between two write sets in byte order, undefined when there is none. */
export function firstDifference(left: readonly StateChange[], right: readonly StateChange[]): Uint8Array | undefined {
  for (let i = 0; i < Math.max(left.length, right.length); i += 1) {
    const ours = left[i];
    const theirs = right[i];
    if (ours === undefined || theirs === undefined) return (ours ?? theirs)!.key;
    const order = compareBytes(ours.key, theirs.key);
    if (order !== 0) return order < 0 ? ours.key : theirs.key;
    if (!sameValue(ours.value, theirs.value)) return ours.key;
  }
  return undefined;
}

function readWrite(reader: ByteReader): StateChange {
  const key = reader.bytes(LENGTH_MAX);
  return { key, value: reader.boolean() ? reader.bytes(LENGTH_MAX) : undefined };
}

function sameValue(left: Uint8Array | undefined, right: Uint8Array | undefined): boolean {
  if (left === undefined || right === undefined) return left === right;
  return compareBytes(left, right) === 0;
}
