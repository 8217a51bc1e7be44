/**
 * A transaction as it came: with its bytes and its id.
 *
 * The codec is bijective, so the bytes that a transaction was decoded from are the bytes that it encodes to, and whoever
 * decoded it has them. From the door to the log nobody encodes or hashes it again: its signature, its place in a block, the
 * root of the list and the record all work on what is here. Only the codec makes one, so the parts always belong together.
 */
import type { Algorithm, Hashes } from "../../accel/device.ts";
import { decodeTransaction, encodeTransaction, type TransactionLimits, transactionIdOfBytes } from "./transaction.ts";
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
  readonly salt: Uint8Array;
  readonly signature: Uint8Array;
  /** What it encodes to. */
  readonly bytes: Uint8Array;
  /** 32 bytes. */
  readonly id: Uint8Array;

  private constructor(transaction: Transaction, bytes: Uint8Array, hashes: IdHash) {
    this.chainId = transaction.chainId;
    this.algorithm = transaction.algorithm;
    this.publicKey = transaction.publicKey;
    this.contract = transaction.contract;
    this.method = transaction.method;
    this.args = transaction.args;
    this.gasLimit = transaction.gasLimit;
    this.expiryHeight = transaction.expiryHeight;
    this.salt = transaction.salt;
    this.signature = transaction.signature;
    this.bytes = bytes;
    this.id = transactionIdOfBytes(bytes, hashes);
  }

  /**
   * Returns the transaction whose encoding is `bytes`, as `decodeTransaction` does.
   * @param bytes never written to again; kept, or copied where they are a small part of a larger buffer
   * @errors codec.*
   */
  static decode(bytes: Uint8Array, limits: TransactionLimits, hashes: IdHash): DecodedTransaction {
    return new DecodedTransaction(decodeTransaction(bytes, limits), ownBytes(bytes), hashes);
  }

  /** Returns the transaction with its bytes and id, which are made here unless it has them. @errors codec.* */
  static of(transaction: Transaction, hashes: IdHash): DecodedTransaction {
    if (transaction instanceof DecodedTransaction) return transaction;
    return new DecodedTransaction(transaction, encodeTransaction(transaction), hashes);
  }
}

/** A body of a request may be a piece of the buffer that a socket reads into: kept, it would keep all of that. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.buffer.byteLength <= 2 * bytes.length ? bytes : new Uint8Array(bytes);
}
