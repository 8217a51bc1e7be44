/**
 * A client of a node: calls are described in JSON by the contract's ABI, signed here, and submitted; answers come back
 * decoded.
 *
 *   const client = createClient({ url: "http://127.0.0.1:8710" });
 *   const receipt = await client.send({ contract: "invoice", method: "issue", args: { document } }, key);
 *
 * The ABI of a contract and the settings of the chain are asked for once and kept. The height, which the expiry of a
 * transaction is counted from, is learnt from every answer that has one.
 */
import { encodeArguments } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import type { UnsignedTransaction } from "../../runtime/format/types.ts";
import { DEPLOY_GAS } from "../../runtime/system/lifecycle-contract.ts";
import { Rejected } from "../../vm/errors.ts";
import type {
  BatchResultView,
  BlockView,
  ContractView,
  LanesView,
  PlacedReceiptView,
  QueryResultView,
  StateView,
  StatusView,
  SubmissionView,
  TransactionView,
} from "../api/schemas.ts";
import { withSignature } from "../method-signature.ts";
import { ClientError, type ClientProblem } from "./client-error.ts";
import { Http, pauseBefore } from "./http.ts";
import { randomSalt, type SignedTransaction, type SigningKey, signTransaction } from "./transactions.ts";

export interface ClientOptions {
  /** Base address of the node. */
  readonly url: string;
  /** Longest wait for one answer; default 60 s. */
  readonly timeoutMs?: number;
  /** Attempts in all while the node is busy or starting; default 8, about 5 s. */
  readonly attemptsMax?: number;
  /** Another fetch, for proxies and tests. */
  readonly fetch?: typeof fetch;
}

export interface ContractCall {
  readonly contract: string;
  readonly method: string;
  /** By the ABI: an object by name or an array in order; or the argument bytes themselves. Default none. */
  readonly args?: unknown;
  /** Default: DEFAULT_GAS, at most the chain's. */
  readonly gasLimit?: number;
  /** Default: EXPIRY_HEIGHTS ahead, at most the chain's. */
  readonly expiryHeight?: number;
  /** 16 bytes; default random. */
  readonly salt?: Uint8Array;
}

export interface Deployment {
  readonly name: string;
  /** The module's bytes. */
  readonly code: Uint8Array;
  /** ABI of the module, for the arguments of `init`; absent when it has none. */
  readonly abi?: ContractAbi;
  readonly initArgs?: unknown;
  readonly gasLimit?: number;
}

export interface SubmitOptions {
  /** Default committed. */
  readonly wait?: "committed" | "accepted";
  /** How long the node waits for the commit; the node's own limit is the most. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export type Committed = Extract<SubmissionView, { state: "committed" }>;
export type BatchOutcome =
  | SubmissionView
  | { readonly id: string; readonly state: "rejected"; readonly error: ClientError };

export interface ProofRequest {
  readonly contract: string;
  readonly storage: string;
  readonly key?: readonly unknown[];
  /** Default: the last block. */
  readonly height?: number;
}

/** Gas of a call, and on top of it for each byte of arguments, which pays for the code of a deployment and its transport. */
export const DEFAULT_GAS = { base: 100_000_000, perArgumentByte: DEPLOY_GAS.perCodeByte + 100 } as const;
/** Far more blocks than a submission takes, far fewer than a node remembers ids for. */
export const EXPIRY_HEIGHTS = 10_000;

const STATUS_AGE_MAX_MS = 5_000;
const BATCH_BYTES_SHARE = 0.9;

export function createClient(options: ClientOptions): Client {
  return new Client(options);
}

export class Client {
  readonly url: string;
  readonly #http: Http;
  readonly #attemptsMax: number;
  readonly #abis = new Map<string, Promise<ContractAbi>>();
  #status: Promise<StatusView> | undefined;
  #statusMs = 0;
  #height = 0;

  constructor(options: ClientOptions) {
    this.url = options.url;
    this.#attemptsMax = options.attemptsMax ?? 8;
    this.#http = new Http({
      url: options.url,
      timeoutMs: options.timeoutMs ?? 60_000,
      attemptsMax: this.#attemptsMax,
      fetch: options.fetch ?? fetch,
    });
  }

  // What the chain holds.

  async status(): Promise<StatusView> {
    const status = await this.#http.json<StatusView>({ stage: "read", path: "/v1/status" });
    this.#learnHeight(status.head.height);
    return status;
  }

  /** @errors api.transactionNotFound */
  transaction(id: Uint8Array | string): Promise<TransactionView> {
    return this.#http.json({ stage: "read", path: `/v1/transactions/${hexOf(id)}` });
  }

  /** @errors api.transactionNotFound (also while it waits) */
  receipt(id: Uint8Array | string): Promise<PlacedReceiptView> {
    return this.#http.json({ stage: "read", path: `/v1/receipts/${hexOf(id)}` });
  }

  /** @errors api.blockNotFound */
  block(height: number | "latest"): Promise<BlockView> {
    return this.#http.json({ stage: "read", path: `/v1/blocks/${height}` });
  }

  /** Why a block took the time it took. @errors api.blockNotFound */
  lanes(height: number | "latest"): Promise<LanesView> {
    return this.#http.json({ stage: "read", path: `/v1/blocks/${height}/lanes` });
  }

  /** @errors api.contractNotFound */
  contract(name: string): Promise<ContractView> {
    return this.#http.json({ stage: "read", path: `/v1/contracts/${encodeURIComponent(name)}` });
  }

  /** The contract's ABI, asked for once. @errors api.contractNotFound */
  async abi(name: string): Promise<ContractAbi> {
    const known = this.#abis.get(name) ?? this.contract(name).then((contract) => contract.abi as ContractAbi);
    this.#abis.set(name, known);
    try {
      return await known;
    } catch (error) {
      this.#abis.delete(name);
      throw error;
    }
  }

  /** The answer of a method, which writes nothing. @errors api.contractNotFound, api.methodNotFound, arguments.* */
  query(
    contract: string,
    method: string,
    args: unknown = {},
    options: { readonly sender?: Uint8Array | string; readonly gasLimit?: number } = {},
  ): Promise<QueryResultView> {
    const { sender, gasLimit } = options;
    const body = { method, args, ...(sender === undefined ? {} : { sender: hexOf(sender) }), ...defined({ gasLimit }) };
    return this.#http.json({ stage: "read", path: `/v1/contracts/${encodeURIComponent(contract)}/query`, body });
  }

  /** One stored value. @errors api.contractNotFound, api.storageNotFound, arguments.* */
  state(contract: string, storage: string, key: readonly unknown[] = []): Promise<StateView> {
    const query = new URLSearchParams({ storage, key: JSON.stringify(key) });
    return this.#http.json({ stage: "read", path: `/v1/contracts/${encodeURIComponent(contract)}/state?${query}` });
  }

  /** The text of a proof file, byte for byte as it is to be kept. */
  proof(request: ProofRequest): Promise<string> {
    const { contract, storage, key = [], height } = request;
    const query = new URLSearchParams({ contract, storage, key: JSON.stringify(key) });
    if (height !== undefined) query.set("height", String(height));
    return this.#http.text({ stage: "read", path: `/v1/proofs?${query}` });
  }

  // What goes in.

  /**
   * A transaction to be signed, by here or elsewhere (`bytesToSign`, `attachSignature`).
   * @errors arguments.* and abi.* when the arguments do not fit the ABI, api.contractNotFound
   */
  async buildTransaction(
    call: ContractCall,
    signer: Pick<SigningKey, "algorithm" | "publicKey">,
  ): Promise<UnsignedTransaction> {
    const { chain } = await this.#freshStatus();
    const args = await this.#encodeArguments(call);
    const gasLimit = DEFAULT_GAS.base + DEFAULT_GAS.perArgumentByte * args.length;
    const heights = Math.min(EXPIRY_HEIGHTS, chain.expiryHeightsMax);
    return {
      chainId: chain.chainId,
      algorithm: signer.algorithm,
      publicKey: signer.publicKey,
      contract: call.contract,
      method: call.method,
      args,
      gasLimit: call.gasLimit ?? Math.min(gasLimit, chain.transactionGasMax),
      expiryHeight: call.expiryHeight ?? this.#height + heights,
      salt: call.salt ?? randomSalt(),
    };
  }

  /** The call as a signed transaction, not yet submitted. @errors those of `buildTransaction` */
  async sign(call: ContractCall, key: SigningKey): Promise<SignedTransaction> {
    const unsigned = await this.buildTransaction(call, key);
    const { chain } = await this.#freshStatus();
    return signTransaction(unsigned, key, chain.sm2UserId);
  }

  /**
   * @errors `ingest.*` at stage submit; client.noAnswer at stage commit when the connection broke on the way: the message
   * has the transaction's id, whose receipt says whether it was accepted
   */
  async submit(signed: SignedTransaction, options: SubmitOptions = {}): Promise<SubmissionView> {
    try {
      return await this.#submitOnce(signed, options);
    } catch (error) {
      throw mayHaveArrived(error) ? noAnswer(signed, error) : error;
    }
  }

  async #submitOnce(signed: SignedTransaction, options: SubmitOptions): Promise<SubmissionView> {
    let isRepeated = false;
    try {
      const result = await this.#http.json<SubmissionView>({
        stage: "submit",
        path: `/v1/transactions${waitQuery(options)}`,
        body: signed.bytes,
        onRepeat: () => {
          isRepeated = true;
        },
        ...defined({ signal: options.signal }),
      });
      this.#learnFrom(result);
      return result;
    } catch (error) {
      if (isRepeated && isDuplicate(error)) return this.#findSubmitted(signed, options);
      throw error;
    }
  }

  /**
   * What became of each, in order. They are executed in this order; one that is refused does not stop those behind it.
   * Those that the node had no room for are sent again.
   */
  async submitMany(signed: readonly SignedTransaction[], options: SubmitOptions = {}): Promise<BatchOutcome[]> {
    const { limits } = await this.#freshStatus();
    const results: BatchOutcome[] = [];
    for (const batch of batchesOf(signed, limits.batchTransactionsMax, limits.jsonBytesMax * BATCH_BYTES_SHARE)) {
      results.push(...(await this.#submitBatch(batch, options)));
    }
    return results;
  }

  /**
   * The call is committed; its outcome stands in the receipt.
   * @errors those of `buildTransaction` and `submit`; client.notCommitted at stage commit when the time was over
   */
  async send(call: ContractCall, key: SigningKey, options: Omit<SubmitOptions, "wait"> = {}): Promise<Committed> {
    const signed = await this.sign(call, key);
    const result = await this.submit(signed, { ...options, wait: "committed" });
    if (result.state === "committed") return result;
    const message = `The transaction ${result.id} waits, but was not committed in time.`;
    throw new ClientError("commit", "client.notCommitted", message);
  }

  /** As `send`, of `lifecycle.deploy`. */
  async deploy(deployment: Deployment, key: SigningKey, options: Omit<SubmitOptions, "wait"> = {}): Promise<Committed> {
    const { name, code, gasLimit } = deployment;
    const args = { name, code: bytesToHex(code), initArgs: bytesToHex(encodeInitArguments(deployment)) };
    return await this.send({ contract: "lifecycle", method: "deploy", args, ...defined({ gasLimit }) }, key, options);
  }

  async #submitBatch(batch: readonly SignedTransaction[], options: SubmitOptions): Promise<BatchOutcome[]> {
    const [only] = batch;
    if (batch.length === 1 && only !== undefined) return [await this.#submitAlone(only, options)];
    const results: BatchOutcome[] = [];
    let waiting = batch.map((signed, index) => ({ signed, index }));
    for (let attempt = 1; waiting.length > 0; attempt++) {
      if (attempt > 1) await pauseBefore(attempt);
      const outcomes = await this.#postBatch(
        waiting.map(({ signed }) => signed),
        options,
      );
      const isLast = attempt >= this.#attemptsMax;
      waiting = waiting.filter(({ index }, i) => {
        const outcome = outcomes[i] as BatchOutcome;
        results[index] = outcome;
        return !isLast && outcome.state === "rejected" && outcome.error.code === "ingest.busy";
      });
    }
    return results;
  }

  async #submitAlone(signed: SignedTransaction, options: SubmitOptions): Promise<BatchOutcome> {
    try {
      return await this.submit(signed, options);
    } catch (error) {
      const isRefused = error instanceof ClientError && error.stage === "submit" && error.problem !== undefined;
      if (isRefused) return { id: bytesToHex(signed.id), state: "rejected", error };
      throw error;
    }
  }

  async #postBatch(batch: readonly SignedTransaction[], options: SubmitOptions): Promise<BatchOutcome[]> {
    let isRepeated = false;
    const { results } = await this.#http.json<BatchResultView>({
      stage: "submit",
      path: `/v1/transactions/batch${waitQuery(options)}`,
      body: { transactions: batch.map(({ bytes }) => bytesToHex(bytes)) },
      onRepeat: () => {
        isRepeated = true;
      },
      ...defined({ signal: options.signal }),
    });
    const outcomes: BatchOutcome[] = [];
    for (const [i, result] of results.entries()) {
      const signed = batch[i] as SignedTransaction;
      const outcome = result.state === "rejected" ? rejectedOutcome(signed, result.problem) : result;
      const isFirstAttempts = isRepeated && outcome.state === "rejected" && isDuplicate(outcome.error);
      outcomes.push(isFirstAttempts ? await this.#findSubmitted(signed, options) : outcome);
      if (outcome.state !== "rejected") this.#learnFrom(outcome);
    }
    return outcomes;
  }

  /**
   * What became of a transaction that the node has from an attempt whose answer was lost: committed, or accepted when
   * it has not been by the last attempt.
   */
  async #findSubmitted(signed: SignedTransaction, options: SubmitOptions): Promise<SubmissionView> {
    const id = bytesToHex(signed.id);
    const attemptsMax = options.wait === "accepted" ? 1 : this.#attemptsMax;
    for (let attempt = 1; attempt <= attemptsMax; attempt++) {
      if (attempt > 1) await pauseBefore(attempt);
      try {
        const result = { state: "committed", ...(await this.receipt(id)) } as const;
        this.#learnFrom(result);
        return result;
      } catch (error) {
        if (!(error instanceof ClientError) || error.code !== "api.transactionNotFound") throw error;
      }
    }
    return { id, state: "accepted" };
  }

  async #encodeArguments({ contract, method, args }: ContractCall): Promise<Uint8Array> {
    if (args instanceof Uint8Array) return args;
    const abi = await this.abi(contract);
    try {
      return encodeArguments(abi, method, args ?? {});
    } catch (error) {
      throw buildError(error, abi, method);
    }
  }

  /** Status of the last seconds, and with it the settings and a recent height. */
  async #freshStatus(): Promise<StatusView> {
    const nowMs = Date.now();
    if (this.#status === undefined || nowMs - this.#statusMs > STATUS_AGE_MAX_MS) {
      this.#statusMs = nowMs;
      this.#status = this.status();
    }
    try {
      return await this.#status;
    } catch (error) {
      this.#status = undefined;
      throw error;
    }
  }

  #learnFrom(result: SubmissionView): void {
    if (result.state === "committed") this.#learnHeight(result.height);
  }

  #learnHeight(height: number): void {
    this.#height = Math.max(this.#height, height);
  }
}

function encodeInitArguments({ abi, initArgs }: Deployment): Uint8Array {
  if (initArgs instanceof Uint8Array) return initArgs;
  if (abi === undefined || !abi.methods.some((method) => method.kind === "init")) return withoutInit(initArgs);
  try {
    return encodeArguments(abi, "init", initArgs ?? {});
  } catch (error) {
    throw buildError(error, abi, "init");
  }
}

/** Arguments for a contract that takes none are the caller's mistake. */
function withoutInit(initArgs: unknown): Uint8Array {
  const hasArguments = typeof initArgs === "object" && initArgs !== null && Object.keys(initArgs).length > 0;
  if (!hasArguments) return new Uint8Array();
  throw new ClientError(
    "build",
    "arguments.unknown",
    "The contract has no init, or its ABI is not known: it takes no arguments.",
  );
}

/** Errors of a connection that was never made: nothing was sent. */
const NEVER_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"]);

function mayHaveArrived(error: unknown): boolean {
  if (!(error instanceof ClientError) || error.code !== "client.unreachable") return false;
  for (let cause: unknown = error.cause; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && NEVER_CONNECTED.has(String(cause.code))) return false;
  }
  return true;
}

function noAnswer(signed: SignedTransaction, cause: unknown): ClientError {
  const id = bytesToHex(signed.id);
  const message = `The connection broke before an answer came: transaction ${id} may have been accepted.`;
  return new ClientError("commit", "client.noAnswer", message, { cause });
}

function isDuplicate(error: unknown): boolean {
  return error instanceof ClientError && error.code === "ingest.duplicate";
}

/** A refusal of the codec is the caller's mistake, seen before anything was sent. */
function buildError(error: unknown, abi: ContractAbi, method: string): unknown {
  if (!(error instanceof Rejected)) return error;
  const cause = withSignature(error, abi, method);
  return new ClientError("build", cause.code, cause.message, { cause });
}

function rejectedOutcome(signed: SignedTransaction, problem: unknown): BatchOutcome {
  const known = problem as ClientProblem;
  const error = new ClientError("submit", known.code, known.detail, { problem: known });
  return { id: bytesToHex(signed.id), state: "rejected", error };
}

/** Runs of transactions that fit a request; one that is too long for a batch is alone, and goes as bytes. */
function batchesOf(
  signed: readonly SignedTransaction[],
  countMax: number,
  hexLengthMax: number,
): readonly SignedTransaction[][] {
  const batches: SignedTransaction[][] = [];
  let hexLength = Number.POSITIVE_INFINITY;
  for (const one of signed) {
    const length = 2 * one.bytes.length + 3;
    const last = batches.at(-1);
    if (last === undefined || last.length >= countMax || hexLength + length > hexLengthMax) {
      batches.push([one]);
      hexLength = length;
    } else {
      last.push(one);
      hexLength += length;
    }
  }
  return batches;
}

function waitQuery({ wait, timeoutMs }: SubmitOptions): string {
  const query = new URLSearchParams();
  if (wait !== undefined) query.set("wait", wait);
  if (timeoutMs !== undefined) query.set("timeoutMs", String(timeoutMs));
  return query.size === 0 ? "" : `?${query}`;
}

function hexOf(bytes: Uint8Array | string): string {
  return typeof bytes === "string" ? bytes : bytesToHex(bytes);
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** Without the members that are undefined. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as Defined<T>;
}
