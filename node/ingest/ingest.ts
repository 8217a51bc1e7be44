/**
 * The door of the node: bytes become a waiting transaction, or a refusal that says why.
 *
 * The checks run from the cheapest to the dearest and stop at the first that fails: room, size, form, chain, gas,
 * expiry, duplicate, contract and method and arguments by the ABI, and last the signature, which goes to the
 * accelerator in batches. All of them are a courtesy to the sender: the chain decides again when the block is made,
 * against the state it then has.
 */
import type { Hashes, SignatureDevice } from "../../accel/device.ts";
import type { Chain } from "../../runtime/chain/chain.ts";
import { decodeArguments } from "../../runtime/format/abi-codec.ts";
import { addressOfKey } from "../../runtime/format/address.ts";
import { bytesToHex, equalBytes } from "../../runtime/format/bytes.ts";
import type { AbiMethod, ContractAbi } from "../../runtime/format/contract-abi.ts";
import { DecodedTransaction, ownBytes } from "../../runtime/format/decoded-transaction.ts";
import { SYSTEM_CONTRACTS } from "../../runtime/format/names.ts";
import type { ChainSettings, Transaction } from "../../runtime/format/types.ts";
import { deployedModule } from "../../runtime/system/lifecycle-contract.ts";
import { transactionVerdictKey, VerdictStore } from "../../runtime/verdicts/store.ts";
import { type NodeError, Rejected } from "../../vm/errors.ts";
import { signatureOf } from "../method-signature.ts";
import { Deferred } from "./deferred.ts";
import { laneOf } from "./lane.ts";
import type { Commitment, Pool, PoolEntry } from "./pool.ts";
import { rejectTransaction } from "./rejections.ts";
import { SignatureQueue } from "./signature-queue.ts";

/** What ingest asks of the chain. */
export type ChainView = Pick<Chain, "settings" | "head" | "hasTransaction" | "contractAbi">;

export interface IngestObserver {
  batch?(itemCount: number, waitedMs: number): void;
  rejected?(code: string): void;
}

export interface IngestOptions {
  readonly chain: ChainView;
  readonly pool: Pool;
  readonly hashes: Hashes;
  readonly device: SignatureDevice;
  readonly batchItemsMax: number;
  /** Longest wait of a signature for others, milliseconds; default 2. */
  readonly batchWaitMs?: number;
  /** Verdicts known from before; new ones are added. Default: a store of its own. */
  readonly verdicts?: VerdictStore;
  /** Told once when the accelerator breaks: the node cannot go on. */
  readonly onFault: (fault: NodeError) => void;
  readonly observer?: IngestObserver;
  /** Compiles a module ahead of its deployment; resolves when done or given up. Without it blocks do it themselves. */
  readonly prepare?: (code: Uint8Array) => Promise<void>;
}

/** A transaction on its way. Both promises are rejected with the reason when it is refused after all. */
export interface Submission {
  readonly id: Uint8Array;
  readonly transaction: Transaction;
  /** Resolves when the signature is good and the transaction waits for its block. */
  readonly accepted: Promise<void>;
  /** Resolves when the record of its block is on disk. */
  readonly committed: Promise<Commitment>;
}

const BATCH_WAIT_MS = 2;

export class Ingest {
  readonly #options: IngestOptions;
  readonly #signatures: SignatureQueue;
  readonly #verdicts: VerdictStore;
  /** By the key of their verdict: a transaction that is sent twice at the same time is verified once. */
  readonly #beingVerified = new Map<string, Promise<boolean>>();
  #stopped = false;

  constructor(options: IngestOptions) {
    this.#options = options;
    const { device, batchItemsMax, batchWaitMs = BATCH_WAIT_MS, verdicts = new VerdictStore(), observer } = options;
    this.#verdicts = verdicts;
    this.#signatures = new SignatureQueue({
      device,
      batchItemsMax,
      batchWaitMs,
      onBatch: (itemCount, waitedMs) => observer?.batch?.(itemCount, waitedMs),
    });
  }

  /**
   * The transaction of these bytes is being checked; all but its signature is known to be good.
   * @param bytes  one transaction in canonical form
   * @errors every `ingest.*` of rejections.ts
   */
  submit(bytes: Uint8Array): Submission {
    try {
      return this.#admit(bytes);
    } catch (error) {
      this.#count(error);
      throw error;
    }
  }

  /** Every later `submit` is refused; what waits already stays. */
  stop(): void {
    this.#stopped = true;
  }

  #admit(bytes: Uint8Array): Submission {
    const { chain, pool, hashes } = this.#options;
    if (this.#stopped) throw rejectTransaction("stopping");
    pool.checkRoom(bytes.length);
    const transaction = decodeWithin(bytes, chain.settings.transactionBytesMax, hashes);
    checkAgainstSettings(transaction, chain.settings);
    checkExpiry(transaction, chain.head.header.height, chain.settings.expiryHeightsMax);
    const { id } = transaction;
    const idText = bytesToHex(id);
    if (pool.has(idText) || chain.hasTransaction(id)) throw rejectTransaction("duplicate", { value: idText });
    const lane = laneOf(transaction.contract, objectOfCall(transaction, chain));
    const entry: PoolEntry = {
      transaction,
      id,
      idText,
      byteLength: bytes.length,
      accepted: new Deferred(),
      committed: new Deferred(),
      state: "verifying",
    };
    pool.add(entry);
    void this.#verify(lane, entry);
    return { id, transaction, accepted: entry.accepted.promise, committed: entry.committed.promise };
  }

  async #verify(lane: number, entry: PoolEntry): Promise<void> {
    const { pool, onFault } = this.#options;
    try {
      const isGood = await this.#verdictOf(lane, entry);
      if (isGood) this.#letIn(entry);
      else pool.reject(entry, this.#count(rejectTransaction("badSignature", { value: entry.idText })));
    } catch (fault) {
      pool.reject(entry, fault);
      onFault(fault as NodeError);
    }
  }

  /** From the store, from the same transaction that is being verified, or from the device. */
  async #verdictOf(lane: number, { transaction, id }: PoolEntry): Promise<boolean> {
    const { algorithm, publicKey, signature } = transaction;
    const key = transactionVerdictKey(id, signature);
    const known = this.#verdicts.find(key);
    if (known !== undefined) return known;
    const open = this.#beingVerified.get(key);
    if (open !== undefined) return open;
    const verdict = this.#signatures.verify(lane, { algorithm, publicKey, signature, message: id });
    this.#beingVerified.set(key, verdict);
    try {
      const isAccepted = await verdict;
      this.#verdicts.remember(key, isAccepted);
      return isAccepted;
    } finally {
      this.#beingVerified.delete(key);
    }
  }

  /** A module that an admin deploys is compiled before its transaction may go into a block. */
  #letIn(entry: PoolEntry): void {
    const { pool, prepare } = this.#options;
    const code = prepare && this.#moduleOf(entry.transaction);
    pool.markVerified(entry, code !== undefined);
    if (code !== undefined) void prepare?.(code).then(() => pool.letGo(entry));
  }

  /** Only an admin's: others' deployments are refused in their block, and must not cost the node more than that. */
  #moduleOf(transaction: Transaction): Uint8Array | undefined {
    const { chain, hashes } = this.#options;
    if (transaction.contract !== SYSTEM_CONTRACTS.lifecycle) return undefined;
    const sender = addressOfKey(transaction.algorithm, transaction.publicKey, hashes);
    if (!chain.settings.admins.some((admin) => equalBytes(admin, sender))) return undefined;
    return deployedModule(transaction.method, transaction.args);
  }

  #count(error: unknown): unknown {
    if (error instanceof Rejected) this.#options.observer?.rejected?.(error.code);
    return error;
  }
}

function decodeWithin(bytes: Uint8Array, byteLengthMax: number, hashes: Hashes): DecodedTransaction {
  if (bytes.length > byteLengthMax) {
    throw rejectTransaction("tooLarge", { value: `${bytes.length} bytes`, limit: `${byteLengthMax} bytes` });
  }
  try {
    return DecodedTransaction.decode(ownBytes(bytes), { bytesMax: byteLengthMax }, hashes);
  } catch (error) {
    throw error instanceof Rejected ? rejectTransaction("undecodable", {}, error) : error;
  }
}

function checkAgainstSettings(transaction: Transaction, settings: ChainSettings): void {
  if (transaction.chainId !== settings.chainId) {
    throw rejectTransaction("wrongChain", { value: transaction.chainId, limit: settings.chainId });
  }
  if (transaction.gasLimit > settings.transactionGasMax) {
    throw rejectTransaction("gasTooHigh", {
      value: String(transaction.gasLimit),
      limit: String(settings.transactionGasMax),
    });
  }
  if (transaction.gasLimit === 0) throw rejectTransaction("gasTooLow", { value: "0", limit: "at least 1" });
}

function checkExpiry(transaction: Transaction, height: number, heightsMax: number): void {
  const { expiryHeight } = transaction;
  if (expiryHeight <= height) {
    throw rejectTransaction("expired", { value: String(expiryHeight), limit: `next block is ${height + 1}` });
  }
  if (expiryHeight > height + heightsMax) {
    throw rejectTransaction("expiryTooFar", { value: String(expiryHeight), limit: String(height + heightsMax) });
  }
}

/**
 * Text of the object the call is about, after contract, method and arguments have been checked.
 * @errors ingest.unknownContract, ingest.unknownMethod, ingest.badArguments
 */
function objectOfCall(transaction: Transaction, chain: ChainView): string {
  const { contract, method: methodName, args, publicKey } = transaction;
  const abi = chain.contractAbi(contract);
  if (abi === undefined) throw rejectTransaction("unknownContract", { value: contract });
  const method = abi.methods.find((candidate) => candidate.name === methodName && candidate.kind !== "init");
  if (method === undefined) throw rejectTransaction("unknownMethod", { value: `${contract}.${methodName}` });
  const values = decodeCall(abi, method, args);
  if (method.object.length === 0) return bytesToHex(publicKey);
  return JSON.stringify(method.object.map((name) => values[name]));
}

function decodeCall(abi: ContractAbi, method: AbiMethod, args: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return decodeArguments(abi, method.name, args);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    throw rejectTransaction("badArguments", { hint: signatureOf(method) }, error);
  }
}
