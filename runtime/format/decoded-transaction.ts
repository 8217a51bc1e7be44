/**
 * A transaction as it came: with its bytes and its id.
 *
 * The codec is bijective, so the bytes that a transaction was decoded from are the bytes that it encodes to, and whoever
 * decoded it has them. From the door to the log nobody encodes or hashes it again: its signature, its place in a block, the
 * root of the list and the record all work on what is here. Only the codec makes one, so the parts always belong together.
 *
 * Thousands wait at a time, each read once more when its turn comes, from memory that is cold by then. So its byte strings
 * are views of its bytes, and those that execution does not need are made when they are asked for: copied fields of their
 * own took three times the memory, and a third of the time that a short transaction takes.
 */
import { type Algorithm, type Hashes, PUBLIC_KEY_LENGTH, SIGNATURE_LENGTH } from "../../accel/device.ts";
import { readAlgorithm } from "./key.ts";
import { NAMES, readName } from "./names.ts";
import {
  ARGS_BYTES_MAX,
  beginTransaction,
  encodeTransaction,
  SALT_LENGTH,
  type TransactionLimits,
  transactionIdOfBytes,
} from "./transaction.ts";
import type { Transaction } from "./types.ts";

type IdHash = Pick<Hashes, "sha256">;

export class DecodedTransaction implements Transaction {
  readonly chainId: string;
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly contract: string;
  readonly method: string;
  readonly args: Uint8Array;
  readonly gasLimit: number;
  readonly expiryHeight: number;
  /** What it encodes to. */
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly id: Uint8Array;

  private constructor(bytes: Uint8Array, limits: TransactionLimits, hashes: IdHash) {
    const reader = beginTransaction(bytes, limits);
    this.chainId = readName(reader, NAMES.chainId);
    this.algorithm = readAlgorithm(reader);
    this.publicKey = reader.view(PUBLIC_KEY_LENGTH[this.algorithm]);
    this.contract = readName(reader, NAMES.contract);
    this.method = readName(reader, NAMES.method);
    this.args = reader.bytesView(ARGS_BYTES_MAX);
    this.gasLimit = reader.safeInteger();
    this.expiryHeight = reader.safeInteger();
    reader.skip(SALT_LENGTH);
    reader.skip(SIGNATURE_LENGTH);
    reader.end();
    this.bytes = bytes;
    this.id = transactionIdOfBytes(bytes, hashes);
  }

  get salt(): Uint8Array {
    const end = this.bytes.length - SIGNATURE_LENGTH;
    return this.bytes.subarray(end - SALT_LENGTH, end);
  }

  get signature(): Uint8Array {
    return this.bytes.subarray(this.bytes.length - SIGNATURE_LENGTH);
  }

  /**
   * Returns the transaction whose encoding is `bytes`, as `decodeTransaction` does.
   * @param bytes kept, and never written to again; `ownBytes` where they are a piece of something large that should not stay
   * @errors codec.*
   */
  static decode(bytes: Uint8Array, limits: TransactionLimits, hashes: IdHash): DecodedTransaction {
    return new DecodedTransaction(bytes, limits, hashes);
  }

  /** Returns the transaction with its bytes and id, which are made here unless it has them. @errors codec.* */
  static of(transaction: Transaction, hashes: IdHash): DecodedTransaction {
    if (transaction instanceof DecodedTransaction) return transaction;
    const bytes = encodeTransaction(transaction);
    return new DecodedTransaction(bytes, { bytesMax: bytes.length }, hashes);
  }

  /** Returns the same call with another bound on its gas, for a try: it is not the transaction of these bytes any more. */
  withGasLimit(gasLimit: number): Transaction {
    const { salt, signature } = this;
    return { ...this, salt, signature, gasLimit };
  }
}

/** Returns the bytes, copied where they are a small piece of a larger buffer, such as one that a socket is read into. */
export function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength <= 2 * bytes.length ? bytes : new Uint8Array(bytes);
}
