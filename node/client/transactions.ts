/**
 * Transactions on the sender's side: put together, signed, turned into the bytes that are submitted. Nothing here talks
 * to a node, so that a key can stay on a machine that has no network.
 */
import type { Algorithm } from "../../accel/device.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { sign } from "../../accel/reference/sign.ts";
import { encodeTransaction, SALT_LENGTH, transactionId } from "../../runtime/format/transaction.ts";
import type { Transaction, UnsignedTransaction } from "../../runtime/format/types.ts";

/** A key that signs; a keystore's `Key` is one. */
export interface SigningKey {
  readonly algorithm: Algorithm;
  readonly publicKey: Uint8Array;
  readonly secretKey: Uint8Array;
}

export interface SignedTransaction {
  readonly transaction: Transaction;
  /** 32 bytes. */
  readonly id: Uint8Array;
  /** What is submitted. */
  readonly bytes: Uint8Array;
}

/** 16 random bytes. */
export function randomSalt(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(SALT_LENGTH));
}

/** The 32 bytes that the sender signs: the transaction id. */
export function bytesToSign(unsigned: UnsignedTransaction): Uint8Array {
  return transactionId(unsigned, referenceHashes);
}

/** @param signature  64 bytes over `bytesToSign(unsigned)`, made by whatever holds the key */
export function attachSignature(unsigned: UnsignedTransaction, signature: Uint8Array): SignedTransaction {
  const transaction: Transaction = { ...unsigned, signature };
  return { transaction, id: bytesToSign(unsigned), bytes: encodeTransaction(transaction) };
}

/** @param sm2UserId  the chain's, for an SM2 key on a chain with another than the default */
export function signTransaction(unsigned: UnsignedTransaction, key: SigningKey, sm2UserId?: string): SignedTransaction {
  return attachSignature(unsigned, sign(key.algorithm, key.secretKey, bytesToSign(unsigned), { sm2UserId }));
}
