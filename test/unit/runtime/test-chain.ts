/** A chain of a test: keys, settings, signed transactions. Everything is derived from a seed, so that runs can be compared. */
import { createHash, createPrivateKey, sign as platformSign } from "node:crypto";
import { ALGORITHMS, type Hashes } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../../accel/reference/verify.ts";
import { type Chain, type ChainOptions, openChain } from "../../../runtime/chain/chain.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import { addressOfKey } from "../../../runtime/format/address.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { transactionId } from "../../../runtime/format/transaction.ts";
import type { ChainSettings, Seal, Transaction } from "../../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../../runtime/system/lifecycle-contract.ts";
import { createMachine } from "../../../vm/execute/machine.ts";

export const hashes: Hashes = createHashes();
export const verifier = createReferenceVerifier({});
export const machine = createMachine({ hashes, verifier });

const ALGORITHM = ALGORITHMS.ed25519;
const digest = (text: string): Uint8Array => new Uint8Array(createHash("sha256").update(text).digest());

export interface Key {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly address: Uint8Array;
}

export function keyOf(name: string): Key {
  const secret = digest(`key ${name}`);
  const publicKey = publicKeyOf(ALGORITHM, secret);
  return { secret, publicKey, address: addressOfKey(ALGORITHM, publicKey, hashes) };
}

export const admin = keyOf("admin");
export const stranger = keyOf("stranger");

export const SETTINGS: ChainSettings = {
  chainId: "test-chain",
  protocolVersion: 1,
  hash: "sha256",
  sm2UserId: "1234567812345678",
  genesisTimeSeconds: 1_700_000_000,
  admins: [admin.address],
  sealer: { algorithm: ALGORITHM, publicKey: admin.publicKey },
  transactionGasMax: 500_000_000,
  blockGasMax: 40_000_000_000,
  expiryHeightsMax: 100,
  transactionBytesMax: 600_000,
};

/** PKCS 8 of an Ed25519 key without its 32 secret bytes (RFC 8410). */
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const sealKey = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, admin.secret]), format: "der", type: "pkcs8" });

/** The platform's Ed25519 signs as the reference does (RFC 8032 leaves no choice), thirty times as fast. */
export function seal(blockHash: Uint8Array): Seal {
  const signature = new Uint8Array(platformSign(null, blockHash, sealKey));
  return { algorithm: ALGORITHM, publicKey: admin.publicKey, signature };
}

/** The tree on a thread, for `openTestChain`. */
export const TREE_THREAD = { hashesModule: new URL("../../../accel/hashes.js", import.meta.url) };

/** Opens the chain in a folder with small files; 1 MiB segments hold a few hundred small blocks. */
export function openTestChain(directory: string, options: Partial<ChainOptions> = {}): Promise<Chain> {
  return openChain({ directory, genesis: SETTINGS, machine, hashes, seal, segmentBytes: 1024 * 1024, ...options });
}

export interface Draft extends Partial<Transaction> {
  readonly contract: string;
  /** Makes the salt: the same number and fields give the same transaction. */
  readonly number: number;
  readonly from?: Key;
}

/** Returns a transaction without a valid signature: who produces blocks verifies before. */
export function transactionOf({ number, from = admin, ...fields }: Draft): Transaction {
  return {
    chainId: SETTINGS.chainId,
    algorithm: ALGORITHM,
    publicKey: from.publicKey,
    method: "run",
    args: new Uint8Array(0),
    gasLimit: 50_000_000,
    expiryHeight: 100,
    salt: digest(`salt ${number}`).slice(0, 16),
    signature: new Uint8Array(64),
    ...fields,
  };
}

export function signed(transaction: Transaction, from: Key = admin): Transaction {
  return { ...transaction, signature: sign(ALGORITHM, from.secret, transactionId(transaction, hashes)) };
}

export function idOf(transaction: Transaction): Uint8Array {
  return transactionId(transaction, hashes);
}

export function deployArguments(name: string, code: Uint8Array, initArgs: Uint8Array = new Uint8Array(0)): Uint8Array {
  const json = { name, code: bytesToHex(code), initArgs: bytesToHex(initArgs) };
  return encodeArguments(LIFECYCLE_ABI, "deploy", json);
}

export function deployOf(name: string, code: Uint8Array, number: number, fields: Partial<Draft> = {}): Transaction {
  return transactionOf({
    contract: "lifecycle",
    method: "deploy",
    args: deployArguments(name, code),
    number,
    gasLimit: 500_000_000,
    ...fields,
  });
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
