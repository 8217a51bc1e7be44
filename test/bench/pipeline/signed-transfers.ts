/** Signed transfers as they come over a wire, made before any clock starts. Everything is derived from numbers. */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import { ALGORITHMS, type Hashes } from "../../../accel/device.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import { encodeTransaction, transactionId } from "../../../runtime/format/transaction.ts";
import type { Seal, Transaction } from "../../../runtime/format/types.ts";

/** Far more than the kernels keep tables for, so that signatures cost what they cost for keys seen now and then. */
const SENDERS = 20_000;
/** PKCS 8 of an Ed25519 key without its 32 secret bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
/** Bytes of an X.509 public key before the key itself. */
const SPKI_HEAD_BYTES = 12;

export const CHAIN_ID = "bench";
export const CONTRACT = "transfer";
export const GAS_LIMIT = 1_000_000;

export interface Signer {
  readonly publicKey: Uint8Array;
  readonly sign: (message: Uint8Array) => Uint8Array;
}

export function signerOf(name: string): Signer {
  const secret = createHash("sha256").update(name).digest();
  const key: KeyObject = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, secret]), format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(SPKI_HEAD_BYTES);
  return {
    publicKey: new Uint8Array(publicKey),
    sign: (message) => new Uint8Array(sign(null, message, key)),
  };
}

export function sealWith(signer: Signer): (blockHash: Uint8Array) => Seal {
  return (blockHash) => {
    return { algorithm: ALGORITHMS.ed25519, publicKey: signer.publicKey, signature: signer.sign(blockHash) };
  };
}

/** Returns a transaction without a valid signature. */
export function unsigned(signer: Signer, contract: string, method: string, args: Uint8Array, number: number) {
  const salt = new Uint8Array(16);
  new DataView(salt.buffer).setUint32(0, number);
  const transaction: Transaction = {
    chainId: CHAIN_ID,
    algorithm: ALGORITHMS.ed25519,
    publicKey: signer.publicKey,
    contract,
    method,
    args,
    gasLimit: GAS_LIMIT,
    expiryHeight: 1_000_000,
    salt,
    signature: new Uint8Array(64),
  };
  return transaction;
}

/** A sequence that looks random and is the same in every run (mulberry32). */
export function numbersFrom(seed: number): (limit: number) => number {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

/** Makes the bytes of signed transfers between random accounts, each of them once. */
export class SignedTransfers {
  readonly #hashes: Hashes;
  readonly #abi: ContractAbi;
  readonly #signers = new Map<number, Signer>();
  #number = 1_000_000;

  constructor(hashes: Hashes, abi: ContractAbi) {
    this.#hashes = hashes;
    this.#abi = abi;
  }

  make(count: number, accounts: number, seed: number): Uint8Array[] {
    const pick = numbersFrom(seed);
    return Array.from({ length: count }, () => {
      const [from, to] = [pick(accounts), pick(accounts)];
      return this.#signed(this.#signerOf(from % SENDERS), from, to);
    });
  }

  #signed(signer: Signer, from: number, to: number): Uint8Array {
    const args = encodeArguments(this.#abi, "transfer", { from, to, amount: "1" });
    const transaction = unsigned(signer, CONTRACT, "transfer", args, this.#number++);
    return encodeTransaction({ ...transaction, signature: signer.sign(transactionId(transaction, this.#hashes)) });
  }

  #signerOf(number: number): Signer {
    const known = this.#signers.get(number);
    if (known !== undefined) return known;
    const signer = signerOf(`sender ${number}`);
    this.#signers.set(number, signer);
    return signer;
  }
}
