/**
 * A chain in a folder: produces blocks, answers questions about the last committed state, and starts where it stopped.
 *
 *   log/     one record for each block; a block is committed when its record is durable (block-log.ts)
 *   state/   the store: state as of the last checkpoint, and indexes into the log (lmdb-store.ts)
 *   lock/    who uses the folder (folder-lock.ts)
 *
 * Blocks are executed one after the other; while the roots of one are computed and its record is written, the next ones are
 * executed over what it wrote (pipeline.ts). Until its record is durable, everyone who asks sees the state before it, and the
 * order in which records become durable is that of the blocks. Checkpoints are written behind, every `checkpoint.blocks` blocks or `checkpoint.bytes` bytes of
 * records; when they cannot keep up, blocks wait for them. Start = last checkpoint + the records behind it, executed again
 * and compared with their headers.
 *
 * Nothing here is retried: a fault of the node (NodeError) leaves the chain refusing everything with that fault, and a restart
 * finds the last durable block.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import type { Hashes, SignatureVerifier } from "../../accel/device.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import type { CallResult } from "../../vm/outcome.ts";
import type { VerdictSteps } from "../execute/block.ts";
import { CallTree } from "../execute/call-tree.ts";
import { parseAbi } from "../format/abi.ts";
import { blockHash } from "../format/block.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import { utf8Bytes } from "../format/codec.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import { SYSTEM_CONTRACTS } from "../format/names.ts";
import { type ContractRecord, stateKey } from "../format/state-key.ts";
import type { Block, ChainSettings, Header, Receipt, Seal, Transaction } from "../format/types.ts";
import type { LaneStatistics } from "../lanes/lanes.ts";
import { type ScheduleReport, scheduleReport } from "../lanes/schedule-report.ts";
import { InPlaceRoots } from "../roots/in-place.ts";
import type { RootsSettings } from "../roots/messages.ts";
import type { Roots } from "../roots/roots.ts";
import { ThreadRoots } from "../roots/thread.ts";
import type { TableSeed } from "../state/key-table.ts";
import { LmdbStore } from "../state/lmdb-store.ts";
import { committedState } from "../state/state-view.ts";
import type { LogPosition, StateEntry, Store, TransactionLocation } from "../state/store.ts";
import type { TreeProof } from "../state/tree.ts";
import { NATIVE_CONTRACTS } from "../system/contracts.ts";
import { MODULE_KEY_PREFIX } from "../system/lifecycle-contract.ts";
import type { VerdictDesk } from "../verdicts/desk.ts";
import type { VerdictStore, VerifyItems } from "../verdicts/store.ts";
import { type BlockLog, openBlockLog } from "./block-log.ts";
import { type BlockRecord, decodeBlockRecord, decodeLoggedRecord, encodeBlockRecord } from "./block-record.ts";
import { CHECKPOINT_DEFAULT, type CheckpointDistance, writeCheckpoint } from "./checkpoint.ts";
import { acquireFolderLock, type FolderLock } from "./folder-lock.ts";
import {
  type Candidate,
  type Executed,
  type Head,
  headerDifference,
  Ledger,
  type LedgerLanes,
  type NeededRoots,
  type RefusedTransaction,
} from "./ledger.ts";
import { diskLogFiles } from "./log-files.ts";
import { SALT_LENGTH } from "./log-record.ts";
import { Pipeline, type Turn, type Work } from "./pipeline.ts";
import type { RecentState } from "./recent-states.ts";
import { type CommittedBlock, RecordCache } from "./record-cache.ts";
import { recover } from "./recover.ts";
import { checkSettings } from "./settings-rules.ts";
import { verifySignaturesAhead } from "./verify-signatures.ts";

/**
 * Blocks executed and not durable: one whose record is written, one whose roots are computed, one that waits for that, so
 * that neither of the two ever waits for an execution that has begun. More would only add to the time until an answer.
 */
const BLOCKS_AHEAD_MAX = 3;
/** Beside the first: a block's results may be hundreds of MB, and then one is enough. */
const BYTES_AHEAD_MAX = 64 * 1024 * 1024;
/** Blocks wait for the store when it is this many checkpoints behind. */
const CHECKPOINTS_BEHIND_MAX = 4;
const ENTROPY_LENGTH = 32;
const ZERO_32 = new Uint8Array(32);

export type { CommittedBlock } from "./record-cache.ts";

/** Verdicts in batches, from a device; without it every signature is verified on the calling thread. */
export interface Offload {
  readonly verifyItems: VerifyItems;
  /** Verdicts of transactions, shared with whoever verifies them before they get here. */
  readonly verdicts: VerdictStore;
  /** The verifier of the chain's machine; without it contracts' questions are answered in place. */
  readonly desk?: VerdictDesk | undefined;
}

/** `total` is an estimate; 0 when it is not known. */
export type Progress = (phase: "state" | "log", done: number, total: number) => void;

export interface ChainOptions {
  readonly directory: string;
  /** Needed for a new folder; compared with what an existing one has. */
  readonly genesis?: ChainSettings;
  readonly machine: Machine;
  readonly hashes: Hashes;
  /** Signs the 32-byte hash of a block with the chain's sealer key. */
  readonly seal: (blockHash: Uint8Array) => Seal;
  readonly progress?: Progress;
  readonly checkpoint?: CheckpointDistance;
  /** Called once when the chain stops for a fault of the node, with what every later call throws. */
  readonly failed?: (error: NodeError) => void;
  /** Bytes of a log segment; a multiple of 4096. */
  readonly segmentBytes?: number;
  /** Memory for cached state, bytes. */
  readonly stateBytesMax?: number;
  /** Ids of transactions in memory below which none is forgotten; it changes no result. */
  readonly idsKeptMin?: number;
  /**
   * 32 bytes that those who send transactions cannot guess: seeds of hash tables and the salt of a new log. They change no
   * result. Default: from the system.
   */
  readonly entropy?: Uint8Array;
  readonly offload?: Offload;
  /** The tree lives on a thread of its own; without it, on the calling one. It changes no result. */
  readonly treeThread?: TreeThread;
  /** Threads that attempt transactions ahead of their turn; without them everything runs on the calling thread. */
  readonly lanes?: LedgerLanes | undefined;
}

export interface TreeThread {
  /** Of a module that exports `createHashes(): Hashes`: the thread loads it. */
  readonly hashesModule: URL;
  /** Starts a thread in place of runtime/roots/worker.js. For tests of what goes wrong. */
  readonly spawnWorker?: (settings: RootsSettings) => Worker;
}

export interface ProducedBlock extends CommittedBlock {
  readonly refused: readonly RefusedTransaction[];
}

export interface FoundTransaction extends TransactionLocation {
  readonly transaction: Transaction;
  readonly receipt: Receipt;
}

export interface Query {
  readonly contract: string;
  readonly method: string;
  readonly args: Uint8Array;
  /** 32-byte address, default zeros. */
  readonly sender?: Uint8Array;
  /** Default and most: the chain's transactionGasMax. */
  readonly gasLimit?: number;
}

/** What shows the value of one state key, or that there is none, under a sealed header. */
export interface StateProof {
  readonly header: Header;
  readonly seal: Seal;
  readonly blockHash: Uint8Array;
  /** The whole state key. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  readonly proof: TreeProof;
  /** Returns the entry at this height whose key has this hash, for every leaf that the proof names. */
  readonly entryOf: (keyHash: Uint8Array) => StateEntry;
}

export interface Chain {
  readonly settings: ChainSettings;
  readonly head: Head;
  /** Height of the last checkpoint: what the store has. */
  readonly checkpointHeight: number;
  /**
   * Resolves when the block is durable. It holds those transactions that can be in it, in their order, maybe none; the others
   * come back with the reason. Its time is `timeSeconds`, or the head's where that is later.
   * @param transactions signatures verified by the caller
   */
  produceBlock(transactions: readonly Transaction[], timeSeconds: number): Promise<ProducedBlock>;
  /**
   * Resolves when the block of a record that another node of this chain exported is durable here. Seal, signatures, order and
   * every header field are verified first; the signatures at once, while blocks asked for before are still executed.
   * @param verifier of the seal, and without `offload` of the transactions
   * @errors block.* , codec.* (Rejected): nothing happened
   */
  importRecord(record: Uint8Array, verifier: SignatureVerifier): Promise<CommittedBlock>;
  /** Returns the log's record of a height, for `importRecord` elsewhere; undefined above the head. */
  exportRecord(height: number): Uint8Array | undefined;
  /** Returns the result of a call on the last committed state, which it cannot change. */
  query(query: Query): CallResult;
  /** Returns the committed value under a contract's own key. @errors codec.contractName, codec.length */
  readState(contract: string, key: Uint8Array): Uint8Array | undefined;
  /** Returns how the attempts of the lanes went since the chain was opened; undefined without lanes. */
  laneStatistics(): LaneStatistics | undefined;
  /** Threads that attempt transactions. */
  laneThreads(): number;
  /**
   * Returns the schedule report of a block, with what the lanes did where the block is recent and was executed with them;
   * undefined above the head. Names are by the ABIs of now. @param workMax as in `scheduleReport`
   */
  laneReport(height: number, workMax?: number): ScheduleReport | undefined;
  getBlock(height: number): CommittedBlock | undefined;
  getTransaction(id: Uint8Array): FoundTransaction | undefined;
  /** True for the id of a committed transaction, failed ones too. */
  hasTransaction(id: Uint8Array): boolean;
  /** Returns the bytes of modules that were deployed, in the order of their hashes, at most `countMax`. */
  deployedModules(countMax: number): Uint8Array[];
  /** Returns the record of a deployed contract; undefined for system contracts and unknown names. */
  contractRecord(name: string): ContractRecord | undefined;
  /** Returns the bytes of the ABI section of a deployed contract; undefined for system contracts and unknown names. */
  contractAbiSection(name: string): Uint8Array | undefined;
  /** Returns the ABI of a contract, system contracts too; undefined when there is no such contract or it has no valid ABI. */
  contractAbi(name: string): ContractAbi | undefined;
  /**
   * Resolves to the proof of a contract's entry, or of its absence, at a recent height (default the head).
   * @errors proof.heightPruned, proof.heightUnknown (Rejected)
   */
  prove(contract: string, key: Uint8Array, height?: number): Promise<StateProof>;
  /** Resolves when the store has everything up to the head. */
  checkpoint(): Promise<void>;
  /**
   * Resolves when what was asked for before is done, a last checkpoint is written, everything is closed and the folder is
   * free. From the call on no block is made and none imported; questions are answered until the end.
   */
  close(): Promise<void>;
}

/**
 * Resolves to the chain in a folder, made there when there is none.
 * @errors data.locked, chain.noGenesis, chain.otherChain, chain.badSettings (Rejected);
 *   log.*, store.*, chain.rootMismatch (NodeError): the folder is damaged; nothing was changed but a torn end of the log, and
 *   the store, which may have got further checkpoints of the records before the damage
 */
export async function openChain(options: ChainOptions): Promise<Chain> {
  const lock = await acquireFolderLock(options.directory);
  const open: { store?: Store; log?: BlockLog; roots?: Roots } = {};
  try {
    const entropy = options.entropy ?? randomBytes(ENTROPY_LENGTH);
    open.store = new LmdbStore(join(options.directory, "state"));
    const meta = open.store.meta();
    open.log = await openBlockLog({
      files: diskLogFiles(join(options.directory, "log")),
      salt: entropy.subarray(0, SALT_LENGTH),
      ...optional("segmentBytes", options.segmentBytes),
      ...optional("from", meta && { position: meta.position, height: meta.height }),
    });
    const { treeThread } = options;
    const createRoots = (needed: NeededRoots): Roots => {
      open.roots = treeThread === undefined ? new InPlaceRoots(needed) : new ThreadRoots({ ...needed, ...treeThread });
      return open.roots;
    };
    const parts = { options, lock, store: open.store, log: open.log, seed: seedOf(entropy), createRoots };
    return await startChain(parts);
  } catch (error) {
    await open.roots?.close();
    await open.log?.close();
    await open.store?.close();
    lock.release();
    throw error;
  }
}

interface ChainParts {
  readonly options: ChainOptions;
  readonly lock: FolderLock;
  readonly store: Store;
  readonly log: BlockLog;
  readonly seed: TableSeed;
  readonly createRoots: (needed: NeededRoots) => Roots;
}

async function startChain(parts: ChainParts): Promise<Chain> {
  const { options, store, log, seed } = parts;
  const { genesis, machine, hashes, stateBytesMax, idsKeptMin } = options;
  if (genesis !== undefined) checkSettings(genesis);
  const base = {
    store,
    machine,
    hashes,
    seed,
    ...optional("stateBytesMax", stateBytesMax),
    ...optional("idsKeptMin", idsKeptMin),
    ...optional("desk", options.offload?.desk),
    ...optional("lanes", options.lanes),
    createRoots: parts.createRoots,
  };
  if (log.head !== undefined) {
    const progress = options.progress ?? (() => {});
    const checkpoint = options.checkpoint ?? CHECKPOINT_DEFAULT;
    const ledger = await recover({ ...base, log, ...optional("genesis", genesis), checkpoint, progress });
    return new OpenChain(parts, ledger, store.meta()?.height ?? -1);
  }
  if (genesis === undefined) {
    throw new Rejected("chain.noGenesis", "the data folder is new, and no genesis settings were given");
  }
  const ledger = new Ledger({ ...base, settings: genesis });
  const chain = new OpenChain(parts, ledger, -1);
  await chain.writeGenesis();
  return chain;
}

/** A block that is executed and not durable. */
interface RootedWork<M> {
  readonly candidate: Promise<Candidate>;
  readonly byteCount: number;
  /** What its finishing needs to know beside. */
  readonly more: M;
}

class OpenChain implements Chain {
  readonly #options: ChainOptions;
  readonly #lock: FolderLock;
  readonly #store: Store;
  readonly #log: BlockLog;
  readonly #ledger: Ledger;
  /** Positions of the blocks above the last checkpoint, the lowest first. */
  #positions: LogPosition[];
  #checkpointHeight: number;
  #bytesSinceCheckpoint = 0;
  readonly #records = new RecordCache();
  readonly #abis = new Map<string, ContractAbi | undefined>();
  readonly #pipeline: Pipeline;
  #writing: Promise<void> | undefined;
  #failure: NodeError | Rejected | undefined;
  /** Set when closing begins. */
  #closing: Promise<void> | undefined;

  constructor(parts: ChainParts, ledger: Ledger, checkpointHeight: number) {
    this.#options = parts.options;
    this.#lock = parts.lock;
    this.#store = parts.store;
    this.#log = parts.log;
    this.#ledger = ledger;
    this.#checkpointHeight = checkpointHeight;
    this.#pipeline = this.#createPipeline();
    void ledger.rootsLost?.then((fault) => this.#stop(fault));
    this.#positions = parts.log.found.filter(({ height }) => height > checkpointHeight).map(({ position }) => position);
  }

  get settings(): ChainSettings {
    return this.#ledger.settings;
  }

  get head(): Head {
    this.#refuseWhenStopped();
    return this.#ledger.head;
  }

  get checkpointHeight(): number {
    return this.#checkpointHeight;
  }

  async writeGenesis(): Promise<void> {
    await this.#makeBlock({
      execute: async () => this.#rooted(this.#ledger.buildGenesis(), undefined),
      finish: async ({ candidate }) => this.#commit(await candidate),
    });
  }

  produceBlock(transactions: readonly Transaction[], timeSeconds: number): Promise<ProducedBlock> {
    return this.#makeBlock({
      execute: async (turn) => {
        await this.#waitForStore();
        turn.check();
        const { executed, refused } = await this.#drive(this.#ledger.buildSteps(transactions, timeSeconds), turn);
        return this.#rooted(executed, refused);
      },
      finish: async ({ candidate, more: refused }) => ({ ...(await this.#commit(await candidate)), refused }),
    });
  }

  importRecord(record: Uint8Array, verifier: SignatureVerifier): Promise<CommittedBlock> {
    const ahead = this.#readAhead(record, verifier);
    // Its error is that of the work below, which may come later or not at all.
    ahead.catch(() => undefined);
    return this.#makeBlock({
      execute: async (turn) => {
        await this.#waitForStore();
        const { block, accesses } = await ahead;
        turn.check();
        return this.#rooted(await this.#drive(this.#ledger.executeSteps(block, accesses), turn), block);
      },
      finish: async ({ candidate, more: block }) => {
        const computed = await candidate;
        const difference = headerDifference(block.header, computed.header);
        if (difference !== undefined) throw difference;
        return this.#commit(computed, block.seal);
      },
    });
  }

  /** The roots of a block are computed from here on, while the next one is executed. */
  #rooted<T>(executed: Executed, more: T): RootedWork<T> {
    const candidate = this.#ledger.root(executed);
    // Its error is that of the finishing, unless the block is undone before.
    candidate.catch(() => undefined);
    return { candidate, byteCount: executed.byteCount, more };
  }

  /** What a record says, the signatures of its block verified. */
  async #readAhead(record: Uint8Array, verifier: SignatureVerifier): Promise<BlockRecord> {
    if (this.#closing !== undefined) throw new Rejected("chain.closed", "the chain is closing");
    this.#refuseWhenStopped();
    const { hashes, offload } = this.#options;
    const decoded = decodeBlockRecord(record, hashes);
    const context = { settings: this.settings, hash: this.#ledger.hash, hashes, verifier };
    await verifySignaturesAhead(
      decoded.block,
      { ...context, ...optional("verdicts", offload?.verdicts) },
      offload?.verifyItems,
    );
    return decoded;
  }

  /** Runs the steps to their end; between them the thread is free, and nothing of the block can be seen. */
  async #drive<T>(steps: VerdictSteps<T>, turn: Turn): Promise<T> {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return step.value;
      const { offload } = this.#options;
      if (offload?.desk === undefined) throw new NodeError("chain.noDesk", "verdicts are wanted and nobody gives them");
      offload.desk.learn(step.value, await offload.verifyItems(step.value));
      turn.check();
    }
  }

  exportRecord(height: number): Uint8Array | undefined {
    this.#refuseWhenStopped();
    const position = this.#positionOf(height);
    return position && this.#orStop(() => this.#log.read(position, height));
  }

  query(query: Query): CallResult {
    this.#refuseWhenStopped();
    const { header } = this.#ledger.head;
    const gasMax = this.settings.transactionGasMax;
    const services = {
      state: committedState(this.#ledger.table),
      machine: this.#options.machine,
      code: this.#ledger.code,
    };
    const block = { settings: this.settings, height: header.height, timeSeconds: header.timeSeconds };
    const origin = { transactionId: ZERO_32, sender: query.sender ?? ZERO_32, readOnly: true };
    const gasLimit = Math.min(query.gasLimit ?? gasMax, gasMax);
    if (!Number.isSafeInteger(gasLimit) || gasLimit < 0) {
      throw new Rejected("query.gasLimit", "a gas limit is a whole number of 0 or more", { value: String(gasLimit) });
    }
    return this.#orStop(() => new CallTree(services, block, origin).run({ ...query, gasLimit }));
  }

  readState(contract: string, key: Uint8Array): Uint8Array | undefined {
    this.#refuseWhenStopped();
    const whole = stateKey(contract, key);
    return this.#ledger.table.peek(whole, whole.length);
  }

  getBlock(height: number): CommittedBlock | undefined {
    this.#refuseWhenStopped();
    const known = this.#records.get(height);
    if (known !== undefined) return known;
    const bytes = this.exportRecord(height);
    if (bytes === undefined) return undefined;
    const { block, receipts } = this.#orStop(() => decodeLoggedRecord(bytes, height));
    const committed = { block, receipts, blockHash: this.#hashOf(block, height) };
    this.#records.add(committed, bytes.length);
    return committed;
  }

  laneStatistics(): LaneStatistics | undefined {
    return this.#ledger.laneStatistics;
  }

  laneThreads(): number {
    return this.#ledger.laneThreads;
  }

  laneReport(height: number, workMax?: number): ScheduleReport | undefined {
    const bytes = this.exportRecord(height);
    if (bytes === undefined) return undefined;
    const record = this.#orStop(() => decodeLoggedRecord(bytes, height));
    const abiOf = (name: string) => this.contractAbi(name);
    return scheduleReport(record, { abiOf, facts: this.#ledger.laneFacts(height), ...optional("workMax", workMax) });
  }

  getTransaction(id: Uint8Array): FoundTransaction | undefined {
    this.#refuseWhenStopped();
    const location = this.#ledger.index.find(id) ?? this.#store.transactionLocation(id);
    if (location === undefined) return undefined;
    const { height, index } = location;
    const committed = this.getBlock(height);
    const transaction = committed?.block.transactions[index];
    const receipt = committed?.receipts[index];
    if (transaction === undefined || receipt === undefined || !equalBytes(receipt.transactionId, id)) {
      throw this.#stop(new NodeError("store.corrupt", `the index names block ${height} for a transaction not in it`));
    }
    return { height, index, transaction, receipt };
  }

  hasTransaction(id: Uint8Array): boolean {
    this.#refuseWhenStopped();
    return this.#ledger.isKnown(id);
  }

  deployedModules(countMax: number): Uint8Array[] {
    this.#refuseWhenStopped();
    const prefix = stateKey(SYSTEM_CONTRACTS.lifecycle, utf8Bytes(MODULE_KEY_PREFIX));
    const modules = committedState(this.#ledger.table).scan(prefix, prefix);
    const codes: Uint8Array[] = [];
    while (codes.length < countMax) {
      const entry = modules.next();
      if (entry === undefined) break;
      codes.push(entry.value);
    }
    return codes;
  }

  contractRecord(name: string): ContractRecord | undefined {
    this.#refuseWhenStopped();
    return this.#ledger.code.recordOf(committedState(this.#ledger.table), name);
  }

  contractAbiSection(name: string): Uint8Array | undefined {
    const record = this.contractRecord(name);
    return record && this.#ledger.code.abiSectionOf(committedState(this.#ledger.table), record.codeHash);
  }

  contractAbi(name: string): ContractAbi | undefined {
    const native = NATIVE_CONTRACTS.get(name);
    if (native !== undefined) return native.abi;
    const record = this.contractRecord(name);
    if (record === undefined) return undefined;
    const codeHash = bytesToHex(record.codeHash);
    if (!this.#abis.has(codeHash)) {
      const state = committedState(this.#ledger.table);
      this.#abis.set(codeHash, abiOrUndefined(this.#ledger.code.abiSectionOf(state, record.codeHash)));
    }
    return this.#abis.get(codeHash);
  }

  async prove(contract: string, key: Uint8Array, wanted?: number): Promise<StateProof> {
    this.#refuseWhenStopped();
    const height = wanted ?? this.head.header.height;
    const whole = stateKey(contract, key);
    const state = this.#recentAt(height);
    const { header, seal, hash: blockHash } = state.head;
    const value = this.#valueAt(height, whole);
    const { proof, keys } = await this.#orStopAfter(this.#ledger.prove(height, whole));
    // The height may have been dropped meanwhile, and with it what was overwritten since.
    this.#recentAt(height);
    const entries = keys.map(({ keyHash, key: stored }) => ({ keyHash, entry: this.#entryAt(height, stored) }));
    const entryOf = (keyHash: Uint8Array): StateEntry => {
      const found = entries.find((each) => equalBytes(each.keyHash, keyHash));
      if (found === undefined) throw new NodeError("chain.noEntry", "the proof does not name such a leaf");
      return found.entry;
    };
    return { header, seal, blockHash, key: whole, value, proof, entryOf };
  }

  /** @errors proof.heightPruned, proof.heightUnknown (Rejected) */
  #recentAt(height: number): RecentState {
    const { recent, head } = this.#ledger;
    const state = recent.at(height);
    if (state === undefined) throw unprovable(height, recent.oldestHeight, head.header.height);
    return state;
  }

  #valueAt(height: number, key: Uint8Array): Uint8Array | undefined {
    const { recent, table } = this.#ledger;
    return recent.valueAt(height, key, table.peek(key, key.length));
  }

  #entryAt(height: number, key: Uint8Array): StateEntry {
    const value = this.#valueAt(height, key);
    if (value === undefined) throw new NodeError("chain.noEntry", "the tree has a leaf that the state has not");
    return { key, value };
  }

  checkpoint(): Promise<void> {
    return this.#refuseWhenClosing() ?? this.#pipeline.runAlone(() => this.#checkpointAll());
  }

  close(): Promise<void> {
    // The last work in the queue is put there before the mark is set, so nothing can come between it and the end.
    this.#closing ??= this.#closeAfter(this.checkpoint());
    return this.#closing;
  }

  async #closeAfter(lastCheckpoint: Promise<void>): Promise<void> {
    // After a fault nothing is written any more; otherwise the checkpoint names the height that the log must have.
    await lastCheckpoint.catch((error: unknown) => {
      if (error !== this.#failure) throw error;
    });
    this.#failure = new Rejected("chain.closed", "the chain is closed");
    await this.#writing?.catch(() => undefined);
    await this.#ledger.close();
    await this.#log.close();
    await this.#store.close();
    this.#lock.release();
  }

  #createPipeline(): Pipeline {
    return new Pipeline({
      hasRoom: (executed) => this.#hasRoomBehind(executed as readonly RootedWork<unknown>[]),
      undoRunning: () => this.#ledger.discardRunning(),
      undoAll: () => this.#ledger.discard(),
      failure: () => this.#failure,
      stop: (error) => this.#stop(error),
    });
  }

  #makeBlock<M, T>(work: Work<RootedWork<M>, T>): Promise<T> {
    return this.#refuseWhenClosing() ?? this.#pipeline.run(work);
  }

  #hasRoomBehind(executed: readonly RootedWork<unknown>[]): boolean {
    if (executed.length >= BLOCKS_AHEAD_MAX || this.#ledger.wantsRest) return false;
    return executed.reduce((sum, { byteCount }) => sum + byteCount, 0) <= BYTES_AHEAD_MAX;
  }

  #refuseWhenClosing(): Promise<never> | undefined {
    if (this.#closing === undefined) return undefined;
    return Promise.reject(new Rejected("chain.closed", "the chain is closing"));
  }

  #refuseWhenStopped(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #orStop<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw error instanceof Rejected ? error : this.#stop(error);
    }
  }

  async #orStopAfter<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      throw error instanceof Rejected ? error : this.#stop(error);
    }
  }

  /** The chain refuses everything from now on; returns what it refuses with. */
  #stop(error: unknown): NodeError | Rejected {
    if (this.#failure !== undefined) return this.#failure;
    const fault = error instanceof NodeError ? error : unexpected(error);
    this.#failure = fault;
    this.#options.failed?.(fault);
    return fault;
  }

  /** An executed block that cannot be written down is a fault of ours: to refuse it would be to make it again and again. */
  async #commit(candidate: Candidate, givenSeal?: Seal): Promise<CommittedBlock> {
    try {
      return await this.#sealAndWrite(candidate, givenSeal);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      const text = `block ${candidate.header.height} cannot be committed: ${error.message}`;
      throw new NodeError("chain.commitFailed", text, { cause: error });
    }
  }

  async #sealAndWrite(candidate: Candidate, givenSeal?: Seal): Promise<CommittedBlock> {
    const seal = givenSeal ?? this.#options.seal(candidate.hash);
    const block: Block = { header: candidate.header, seal, transactions: candidate.transactions };
    const payload = encodeBlockRecord({ ...candidate, block });
    // Named before it is pushed: while the append is awaited, a checkpoint that ends replaces the list.
    const position = await this.#log.append(candidate.header.height, payload);
    this.#positions.push(position);
    this.#ledger.commit(candidate, seal);
    this.#bytesSinceCheckpoint += payload.length;
    if (this.#writing === undefined && this.#isCheckpointDue(1)) this.#startCheckpoint();
    const committed = { block, blockHash: candidate.hash, receipts: candidate.receipts };
    this.#records.add(committed, payload.length);
    return committed;
  }

  #isCheckpointDue(times: number): boolean {
    const { blocks, bytes } = this.#options.checkpoint ?? CHECKPOINT_DEFAULT;
    return this.#positions.length >= blocks * times || this.#bytesSinceCheckpoint >= bytes * times;
  }

  /** A store that cannot keep up holds the blocks back instead of the memory growing without end. */
  async #waitForStore(): Promise<void> {
    if (this.#writing !== undefined && this.#isCheckpointDue(CHECKPOINTS_BEHIND_MAX)) await this.#writing;
    this.#refuseWhenStopped();
  }

  #startCheckpoint(): void {
    this.#writing = this.#writeCheckpoint().finally(() => {
      this.#writing = undefined;
    });
    // Who waits for it sees the fault; who does not meets it at the next call.
    this.#writing.catch((error: unknown) => this.#stop(error));
  }

  async #checkpointAll(): Promise<void> {
    await this.#writing;
    if (this.#checkpointHeight === this.#ledger.head.header.height) return;
    this.#startCheckpoint();
    await this.#writing;
  }

  async #writeCheckpoint(): Promise<void> {
    const { height } = this.#ledger.head.header;
    const positions = this.#positions.slice();
    const bytes = this.#bytesSinceCheckpoint;
    await writeCheckpoint(this.#ledger, this.#store, this.#checkpointHeight, positions);
    this.#checkpointHeight = height;
    this.#positions = this.#positions.slice(positions.length);
    this.#bytesSinceCheckpoint -= bytes;
  }

  #positionOf(height: number): LogPosition | undefined {
    if (!Number.isSafeInteger(height) || height < 0 || height > this.#ledger.head.header.height) return undefined;
    if (height > this.#checkpointHeight) return this.#positions[height - this.#checkpointHeight - 1];
    return this.#store.blockPosition(height);
  }

  #hashOf(block: Block, height: number): Uint8Array {
    const recent = this.#ledger.recent.at(height);
    return recent === undefined ? blockHash(block.header, this.#ledger.hash) : recent.head.hash;
  }
}

function seedOf(entropy: Uint8Array): TableSeed {
  const view = new DataView(entropy.buffer, entropy.byteOffset + SALT_LENGTH, 8);
  return { low: view.getUint32(0), high: view.getUint32(4) };
}

function abiOrUndefined(section: Uint8Array): ContractAbi | undefined {
  try {
    return parseAbi(section);
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}

function unprovable(height: number, oldest: number, newest: number): Rejected {
  const details = { value: String(height), limit: `${oldest} to ${newest}` };
  if (height > newest) return new Rejected("proof.heightUnknown", "there is no block of this height yet", details);
  return new Rejected("proof.heightPruned", "the state of this height is not kept any more", {
    ...details,
    hint: "ask for the proof at a newer height",
  });
}

function unexpected(error: unknown): NodeError {
  const text = error instanceof Error ? error.message : String(error);
  return new NodeError("chain.unexpected", `an error that is nobody's: ${text}`, { cause: error });
}

/** A property that is there only when its value is: what exactOptionalPropertyTypes asks for. */
function optional<K extends string, V>(key: K, value: V | undefined): { readonly [P in K]?: V } {
  return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: V };
}
