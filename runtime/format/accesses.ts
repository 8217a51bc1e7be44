/**
 * The access record of a block: what its transactions read and changed, for whoever executes the block again and wants to
 * know which of them depend on which before they have run.
 *
 *   keys: count u32, each: bytes | transactions: count u32, each: count u32 of accesses, each: u32 key << 3 | flags
 *   | ranges: count u32, each: transaction u32, prefix bytes, from bytes, through optional bytes
 *
 * Flags: 1 read, 2 written, 4 added to and nothing else. It travels with the block and is part of nothing that is hashed or
 * signed: a wrong one costs its reader time, and no result hangs on it.
 */
import { type ByteReader, ByteWriter } from "./codec.ts";

export const ACCESS_READ = 1;
export const ACCESS_WRITTEN = 2;
export const ACCESS_ADDED = 4;
const FLAG_BITS = 3;
const FLAGS = (1 << FLAG_BITS) - 1;

const COUNT_MAX = 0x1000_0000;
const KEY_BYTES_MAX = 1024;

/** A range of keys that a transaction walked over (runtime/state/state-scan.ts). */
export interface RangeAccess {
  readonly transaction: number;
  readonly prefix: Uint8Array;
  readonly from: Uint8Array;
  readonly through: Uint8Array | undefined;
}

export interface AccessRecord {
  /** State keys, each once. */
  readonly keys: readonly Uint8Array[];
  /** Of each transaction: its accesses, each the place of its key << 3 | flags. */
  readonly transactions: readonly Uint32Array[];
  readonly ranges: readonly RangeAccess[];
}

export const NO_ACCESSES: AccessRecord = { keys: [], transactions: [], ranges: [] };

export function accessKey(access: number): number {
  return access >>> FLAG_BITS;
}

export function accessFlagsOf(access: number): number {
  return access & FLAGS;
}

export function accessOf(key: number, flags: number): number {
  return ((key << FLAG_BITS) | flags) >>> 0;
}

export function writeAccesses(writer: ByteWriter, { keys, transactions, ranges }: AccessRecord): void {
  writer.u32(keys.length);
  for (const key of keys) writer.bytes(key);
  writer.u32(transactions.length);
  for (const accesses of transactions) {
    writer.u32(accesses.length);
    for (const access of accesses) writer.u32(access);
  }
  writer.u32(ranges.length);
  for (const { transaction, prefix, from, through } of ranges) {
    writer
      .u32(transaction)
      .bytes(prefix)
      .bytes(from)
      .boolean(through !== undefined);
    if (through !== undefined) writer.bytes(through);
  }
}

export function encodeAccesses(record: AccessRecord): Uint8Array {
  const writer = new ByteWriter(4096);
  writeAccesses(writer, record);
  return writer.finish();
}

/** Returns what the bytes say; nothing of it is checked against anything. @errors codec.* */
export function readAccesses(reader: ByteReader): AccessRecord {
  const keys = Array.from({ length: reader.count(COUNT_MAX, 4) }, () => reader.bytes(KEY_BYTES_MAX));
  const transactions = Array.from({ length: reader.count(COUNT_MAX, 4) }, () =>
    Uint32Array.from({ length: reader.count(COUNT_MAX, 4) }, () => reader.u32()),
  );
  const ranges = Array.from({ length: reader.count(COUNT_MAX, 13) }, () => readRange(reader));
  return { keys, transactions, ranges };
}

function readRange(reader: ByteReader): RangeAccess {
  const transaction = reader.u32();
  const prefix = reader.bytes(KEY_BYTES_MAX);
  const from = reader.bytes(KEY_BYTES_MAX);
  return { transaction, prefix, from, through: reader.boolean() ? reader.bytes(KEY_BYTES_MAX) : undefined };
}
