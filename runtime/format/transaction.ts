/**
 * Transactions.
 *
 *   "cinnabar-tx-1" | chainId string | algorithm u8 | publicKey 32 or 33 | contract string | method string | args bytes
 *   | gasLimit u64 | expiryHeight u64 | salt 16                                            <- the unsigned bytes end here
 *   | signature 64
 *
 * The id is the SHA-256 of the unsigned bytes, on every chain; the signature is over the id. The signature is no part of the
 * id, so another valid signature of the same content is the same transaction.
 */
import { type Hashes, SIGNATURE_LENGTH } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { ByteReader, ByteWriter, utf8Bytes } from "./codec.ts";
import { readKey, writeKey } from "./key.ts";
import { NAMES, readName, writeName } from "./names.ts";
import { readTag, writeTag } from "./tag.ts";
import type { Transaction, UnsignedTransaction } from "./types.ts";

export const SALT_LENGTH = 16;
const TAG = utf8Bytes("cinnabar-tx-1");
/** The fields before `args` and after it; what a limit on the whole leaves for `args` is checked on the whole. */
export const ARGS_BYTES_MAX = 0x7fff_ffff;

export function writeUnsigned(writer: ByteWriter, transaction: UnsignedTransaction): void {
  writeTag(writer, TAG);
  writeName(writer, NAMES.chainId, transaction.chainId);
  writeKey(writer, transaction.algorithm, transaction.publicKey);
  writeName(writer, NAMES.contract, transaction.contract);
  writeName(writer, NAMES.method, transaction.method);
  writer.bytes(transaction.args);
  writer.safeInteger(transaction.gasLimit);
  writer.safeInteger(transaction.expiryHeight);
  writer.fixed(transaction.salt, SALT_LENGTH);
}

/** Returns the bytes whose SHA-256 is the transaction id. @errors codec.* */
export function encodeUnsigned(transaction: UnsignedTransaction): Uint8Array {
  const writer = new ByteWriter(256 + transaction.args.length);
  writeUnsigned(writer, transaction);
  return writer.finish();
}

/** @errors codec.* */
export function writeTransaction(writer: ByteWriter, transaction: Transaction): void {
  writeUnsigned(writer, transaction);
  writer.fixed(transaction.signature, SIGNATURE_LENGTH);
}

/** @errors codec.* */
export function encodeTransaction(transaction: Transaction): Uint8Array {
  const writer = new ByteWriter(320 + transaction.args.length);
  writeTransaction(writer, transaction);
  return writer.finish();
}

export interface TransactionLimits {
  /** Most bytes of an encoded transaction (ChainSettings.transactionBytesMax). */
  readonly bytesMax: number;
}

/**
 * Returns the transaction whose encoding is `bytes`. The signature is not verified, the limits of the chain (gas, expiry) are
 * not checked.
 * @errors codec.*, codec.length when there are more than `bytesMax` bytes
 */
export function decodeTransaction(bytes: Uint8Array, limits: TransactionLimits): Transaction {
  const reader = beginTransaction(bytes, limits);
  const transaction: Transaction = {
    chainId: readName(reader, NAMES.chainId),
    ...readKey(reader),
    contract: readName(reader, NAMES.contract),
    method: readName(reader, NAMES.method),
    args: reader.bytes(ARGS_BYTES_MAX),
    gasLimit: reader.safeInteger(),
    expiryHeight: reader.safeInteger(),
    salt: reader.fixed(SALT_LENGTH),
    signature: reader.fixed(SIGNATURE_LENGTH),
  };
  reader.end();
  return transaction;
}

/** Returns a reader of the fields, behind the tag. @errors codec.length, codec.tag, codec.truncated */
export function beginTransaction(bytes: Uint8Array, limits: TransactionLimits): ByteReader {
  if (bytes.length > limits.bytesMax) {
    throw new Rejected("codec.length", `a transaction of ${bytes.length} bytes is too long`, {
      limit: String(limits.bytesMax),
      offset: limits.bytesMax,
    });
  }
  const reader = new ByteReader(bytes);
  readTag(reader, TAG);
  return reader;
}

/** Returns the 32-byte id. @errors codec.* */
export function transactionId(transaction: UnsignedTransaction, hashes: Pick<Hashes, "sha256">): Uint8Array {
  return hashes.sha256(encodeUnsigned(transaction));
}

/** Returns the id of the transaction whose encoding is `bytes`, which must have been decoded before; saves encoding it again. */
export function transactionIdOfBytes(bytes: Uint8Array, hashes: Pick<Hashes, "sha256">): Uint8Array {
  return hashes.sha256(bytes.subarray(0, bytes.length - SIGNATURE_LENGTH));
}
