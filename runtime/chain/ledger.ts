/**
 * State and rules of a chain, without log, folder or process: what a block is made of, what makes one valid, what it changes.
 *
 *   build    transactions -> executed       those that cannot be in the block are left out, with the reason
 *   execute  block -> executed              the same block again: `headerDifference` says where it comes out differently
 *   root     executed -> candidate          the roots, and with them the header
 *   commit   candidate -> the new head      after its record is durable; before, nothing of it can be seen
 *
 * The next block may be executed as soon as one was: what those before wrote is held over the committed state until each is
 * committed, the oldest first. When one turns out not to be a block, it is discarded with all behind it. The chain (chain.ts)
 * and the replay (replay.ts) are two ways to drive this.
 */
import type { Hashes } from "../../accel/device.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import {
  BlockExecution,
  type BlockResult,
  type BlockServices,
  executeBlock,
  executeBlockSteps,
  type VerdictSteps,
} from "../execute/block.ts";
import type { BlockContext } from "../execute/call-tree.ts";
import { ContractCode } from "../execute/contract-code.ts";
import type { AccessRecord } from "../format/accesses.ts";
import { blockHash, type HashFunction } from "../format/block.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import { DecodedTransaction } from "../format/decoded-transaction.ts";
import { manyHashesOf } from "../format/many-hashes.ts";
import { pairHashesOf } from "../format/pair-hashes.ts";
import { encodeSettings } from "../format/settings.ts";
import type { Block, ChainSettings, Header, Receipt, Seal, Transaction } from "../format/types.ts";
import { accessRecordOf, lastDependencies } from "../lanes/access-record.ts";
import { type LaneFacts, RecentLaneFacts } from "../lanes/lane-log.ts";
import { type LaneStatistics, Lanes, type LanesOptions, type LaneTask } from "../lanes/lanes.ts";
import { Placement } from "../lanes/placement.ts";
import type { BlockTreesOptions } from "../roots/block-trees.ts";
import { InPlaceRoots } from "../roots/in-place.ts";
import type { AddedBlock, KeyedProof, Roots } from "../roots/roots.ts";
import { AccessLog } from "../state/access-log.ts";
import { HeldWrites } from "../state/held-writes.ts";
import type { TableSeed } from "../state/key-table.ts";
import { Overlay, type WriteSet } from "../state/overlay.ts";
import { SharedValues } from "../state/shared-values.ts";
import { SlotTable } from "../state/slot-table.ts";
import { committedState } from "../state/state-view.ts";
import type { StateEntry, Store } from "../state/store.ts";
import { SETTINGS_STATE_KEY } from "../system/chain-contract.ts";
import { NATIVE_CONTRACTS } from "../system/contracts.ts";
import type { VerdictDesk } from "../verdicts/desk.ts";
import { Overwritten } from "./overwritten.ts";
import { RecentStates } from "./recent-states.ts";
import { TransactionIndex } from "./transaction-index.ts";

/** Memory for committed values; what is dirty may exceed it until the next checkpoint. */
const STATE_BYTES_DEFAULT = 512 * 1024 * 1024;
/** Address space; memory is used as values come. */
const SHARED_BYTES_DEFAULT = 256 * 1024 * 1024;
const ZERO_HASH = new Uint8Array(32);
/** Entries hashed into the tree at a time when it is made from the store. */
const REBUILD_BATCH = 4096;

export interface LedgerOptions {
  readonly settings: ChainSettings;
  readonly store: Store;
  readonly machine: Machine;
  readonly hashes: Hashes;
  readonly seed: TableSeed;
  readonly stateBytesMax?: number;
  /** Ids of transactions below which none is forgotten (transaction-index.ts). */
  readonly idsKeptMin?: number;
  /** Who computes roots; default: the calling thread. */
  readonly createRoots?: ((needed: NeededRoots) => Roots) | undefined;
  /** The verifier of `machine`, when `buildSteps` and `executeSteps` may abort attempts for verdicts from elsewhere. */
  readonly desk?: VerdictDesk | undefined;
  /** Threads that attempt transactions ahead of their turn; without them everything runs in place. */
  readonly lanes?: LedgerLanes | undefined;
  /** Nanoseconds of a clock that never goes back, by which each transaction's turn is measured. It changes no result. */
  readonly clock?: (() => number) | undefined;
}

export interface LedgerLanes
  extends Pick<LanesOptions, "workers" | "policy" | "connect" | "onFault" | "hangMs" | "clock"> {
  /** Memory for the values that the threads see. Default 256 MiB. */
  readonly sharedBytes?: number;
}

/** What roots of this chain are made with. */
export interface NeededRoots extends BlockTreesOptions {
  /** Of `hash`. */
  readonly hashName: ChainSettings["hash"];
}

export interface Head {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly seal: Seal;
}

export interface RefusedTransaction {
  readonly transaction: Transaction;
  /** Why it is not in the block: transaction.* for good, block.gasFull and block.full only for this block. */
  readonly reason: Rejected;
}

/** A block made of transactions that wait. */
export interface Built {
  readonly executed: Executed;
  readonly refused: readonly RefusedTransaction[];
}

/** A block whose transactions were executed; what it wrote is held. */
export interface Executed {
  readonly place: Place;
  readonly transactions: readonly Transaction[];
  readonly result: BlockResult;
  readonly accesses: AccessRecord;
  /** Entries of the state after it. */
  readonly entryCount: number;
  /** Numbers of the writes whose keys had no value before. */
  readonly newKeys: Uint32Array;
  /** Of what it is made of and what it made: what it takes in memory until it is committed. */
  readonly byteCount: number;
}

/** An executed block with its roots. */
export interface Candidate {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly transactions: readonly Transaction[];
  readonly transactionBytes: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
  readonly receiptBytes: readonly Uint8Array[];
  readonly writes: WriteSet;
  readonly accesses: AccessRecord;
  /** The lists as bytes, where the roots needed them (roots/block-body.ts). */
  readonly body?: Uint8Array;
}

export class Ledger {
  readonly settings: ChainSettings;
  readonly hash: HashFunction;
  readonly table: SlotTable;
  readonly code: ContractCode;
  readonly recent = new RecentStates();
  readonly index: TransactionIndex;
  readonly #options: LedgerOptions;
  readonly #held: HeldWrites;
  readonly #overlay: Overlay;
  readonly #services: BlockServices;
  readonly #accesses = new AccessLog();
  readonly #lanes: Lanes | undefined;
  readonly #laneFacts = new RecentLaneFacts();
  readonly #placement: Placement;
  readonly #roots: Roots;
  /** Blocks that are held, the oldest first. */
  #executed: Executed[] = [];
  /** True while the overlay may hold part of a block. */
  #isExecuting = false;
  /** The hash of the block that was rooted last. */
  #rooted: Promise<Uint8Array> = Promise.resolve(ZERO_HASH);
  #head: Head | undefined;
  #entryCount = 0;

  constructor(options: LedgerOptions) {
    const { settings, store, machine, hashes, seed, stateBytesMax } = options;
    this.#options = options;
    this.settings = settings;
    this.hash = settings.hash === "sm3" ? hashes.sm3 : hashes.sha256;
    this.table = new SlotTable({
      seed,
      load: (key) => store.get(key),
      bytesMax: stateBytesMax ?? STATE_BYTES_DEFAULT,
      shared: options.lanes && new SharedValues(options.lanes.sharedBytes ?? SHARED_BYTES_DEFAULT),
    });
    this.code = new ContractCode(machine, hashes);
    this.index = new TransactionIndex(seed, options.idsKeptMin);
    this.#held = new HeldWrites(this.table);
    this.#overlay = new Overlay(this.#held, this.#accesses);
    this.#lanes =
      options.lanes &&
      new Lanes(
        { ...options.lanes, settings, machine, taskOf: (transaction) => this.#laneTask(transaction) },
        this.table,
        this.#overlay,
        this.#accesses,
      );
    this.#placement = new Placement((name) => this.code.abiOf(committedState(this.table), name));
    this.#services = {
      state: this.#overlay,
      machine,
      code: this.code,
      hashes,
      isKnown: (id) => this.#isHeld(id) || this.isKnown(id),
      desk: options.desk,
      accesses: this.#accesses,
      attempts: this.#lanes,
      clock: options.clock,
    };
    const hashPairs = hashes.pairs?.[settings.hash] ?? pairHashesOf(this.hash);
    const hashMany = hashes.many?.[settings.hash] ?? manyHashesOf(this.hash);
    const roots = { hash: this.hash, hashName: settings.hash, hashPairs, hashMany, seed };
    this.#roots = options.createRoots?.(roots) ?? new InPlaceRoots(roots);
  }

  /** @errors chain.noHead (NodeError) before genesis */
  get head(): Head {
    if (this.#head === undefined) throw new NodeError("chain.noHead", "the chain has no block yet");
    return this.#head;
  }

  /** Entries of the committed state. */
  get entryCount(): number {
    return this.#entryCount;
  }

  /** True when blocks should end before the next is executed: the table can be trimmed only when nothing is held. */
  get wantsRest(): boolean {
    return this.table.wantsTrim;
  }

  /** True for a transaction of the chain; for one that has expired the answer may be either. */
  isKnown(id: Uint8Array): boolean {
    return this.index.find(id) !== undefined || this.#options.store.transactionLocation(id) !== undefined;
  }

  /** Returns block 0: no transactions, the settings in the state. */
  buildGenesis(): Executed {
    const { settings } = this;
    this.#isExecuting = true;
    this.#overlay.put(SETTINGS_STATE_KEY, SETTINGS_STATE_KEY.length, encodeSettings(settings));
    const place = { height: 0, timeSeconds: settings.genesisTimeSeconds };
    return this.#hold(new BlockExecution(this.#services, this.#context(place)).finish(), [], place);
  }

  /** Returns the next block with those transactions that can be in it, in their order, and the others with the reason. */
  build(transactions: readonly Transaction[], timeSeconds: number): Built {
    const place = this.#laterPlace(timeSeconds);
    const execution = this.#begin(place);
    const included: Transaction[] = [];
    const refused: RefusedTransaction[] = [];
    for (const transaction of transactions) {
      const outcome = execution.add(transaction);
      if (outcome instanceof Rejected) refused.push({ transaction, reason: outcome });
      else included.push(transaction);
    }
    return { executed: this.#hold(execution.finish(), included, place), refused };
  }

  /** As `build`; yields the signatures that contracts ask about, whose verdicts the caller teaches the desk. */
  *buildSteps(transactions: readonly Transaction[], timeSeconds: number): VerdictSteps<Built> {
    const place = this.#laterPlace(timeSeconds);
    const execution = this.#begin(place);
    const included: Transaction[] = [];
    const refused: RefusedTransaction[] = [];
    this.#lanes?.begin(transactions, this.#context(place));
    yield* execution.addAllSteps(transactions, (outcome, index) => {
      const transaction = transactions[index]!;
      if (outcome instanceof Rejected) refused.push({ transaction, reason: outcome });
      else included.push(transaction);
    });
    return { executed: this.#hold(execution.finish(), included, place), refused };
  }

  /**
   * Returns what the block's transactions give, executed as the next block at its time. Seal, signatures and the comparison of
   * the headers are the caller's.
   * @errors block.mismatch (Rejected) when it is not the next block, block.badTransaction
   */
  execute({ header, transactions }: Block): Executed {
    const place = this.#placeOf(header);
    this.#isExecuting = true;
    return this.#hold(executeBlock(this.#services, this.#context(place), transactions), transactions, place);
  }

  /**
   * As `execute`; yields what `buildSteps` does. @param accesses the block's access record, if it came with one: threads then
   * begin a transaction when what it waits for is applied, and not before
   */
  *executeSteps({ header, transactions }: Block, accesses?: AccessRecord): VerdictSteps<Executed> {
    const place = this.#placeOf(header);
    this.#isExecuting = true;
    const isOfBlock = accesses?.transactions.length === transactions.length;
    const after = isOfBlock ? () => lastDependencies(accesses) : undefined;
    this.#lanes?.begin(transactions, this.#context(place), after);
    const result = yield* executeBlockSteps(this.#services, this.#context(place), transactions);
    return this.#hold(result, transactions, place);
  }

  /** Resolves to the candidate of the block executed last: blocks are rooted in their order, each once. */
  root(executed: Executed): Promise<Candidate> {
    const { result, entryCount, newKeys } = executed;
    const roots = this.#roots.add({ ...result, writes: result.writeSet, newKeys, entryCount });
    const candidate = Promise.all([this.#rooted, roots]).then(([previousHash, added]) =>
      this.#candidate(executed, added, previousHash),
    );
    this.#rooted = candidate.then(({ hash }) => hash);
    // Who asked for the candidate sees its error.
    this.#rooted.catch(() => undefined);
    return candidate;
  }

  /** How the attempts of the lanes went; undefined without lanes. */
  get laneStatistics(): LaneStatistics | undefined {
    return this.#lanes?.statistics;
  }

  /** What the lanes did with the transactions of a recent block that was executed with them; undefined for others. */
  laneFacts(height: number): LaneFacts | undefined {
    return this.#laneFacts.get(height);
  }

  /** Threads that work for the lanes. */
  get laneThreads(): number {
    return this.#lanes?.readyCount ?? 0;
  }

  /** System contracts run in place: a deployment compiles, and settings are for the next block. */
  #laneTask(transaction: Transaction): LaneTask | undefined {
    if (NATIVE_CONTRACTS.has(transaction.contract)) return undefined;
    const { id, bytes } = DecodedTransaction.of(transaction, this.#options.hashes);
    return { id, bytes, lane: this.#placement.laneOf(transaction) };
  }

  #placeOf(header: Header): Place {
    const place = this.#nextPlace(header.timeSeconds);
    const earliest = this.#tip.timeSeconds;
    if (header.height !== place.height) throw mismatch("height", header.height, place.height);
    if (header.timeSeconds < earliest) throw mismatch("timeSeconds", header.timeSeconds, earliest);
    return place;
  }

  /** The candidate of the oldest block that is held is the head, and its writes are the committed state. */
  commit(candidate: Candidate, seal: Seal): void {
    const { header, hash, transactions, receipts, writes } = candidate;
    this.#held.commitOldest();
    const { entryCount } = this.#executed.shift()!;
    this.#trimWhenIdle();
    this.#entryCount = entryCount;
    this.#head = { header, hash, seal };
    this.recent.push({ head: this.#head, overwritten: new Overwritten(writes) });
    this.#roots.dropBelow(this.recent.oldestHeight);
    for (const [index, { expiryHeight }] of transactions.entries()) {
      this.index.add(receipts[index]!.transactionId, { height: header.height, index, expiryHeight });
    }
  }

  /** What the running block wrote is forgotten; those that are held stay. */
  discardRunning(): void {
    this.#lanes?.end();
    this.#overlay.discard((slot) => this.#lanes?.changed(slot));
    this.#isExecuting = false;
  }

  /** Every block that is not committed is forgotten, the running one too. */
  discard(): void {
    this.discardRunning();
    this.#held.undoAll();
    this.#executed = [];
    this.#roots.dropAbove(this.#head?.header.height ?? -1);
    this.#rooted = Promise.resolve(this.#head?.hash ?? ZERO_HASH);
  }

  /**
   * The ledger stands at a checkpoint of its store: the tree is made from the store's entries.
   * @param progress called with entries done and expected
   * @errors chain.rootMismatch (NodeError) when the entries do not give the head's state root
   */
  async restore(head: Head, entryCount: number, progress: (done: number, total: number) => void): Promise<void> {
    let batch: StateEntry[] = [];
    for (const entry of this.#options.store.entries()) {
      batch.push(entry);
      this.table.order.add(entry.key);
      this.#entryCount += 1;
      if (batch.length < REBUILD_BATCH) continue;
      await this.#roots.load(batch);
      batch = [];
      progress(this.#entryCount, entryCount);
    }
    await this.#roots.load(batch);
    progress(this.#entryCount, this.#entryCount);
    const { height, stateRoot } = head.header;
    if (!equalBytes(await this.#roots.begin(height), stateRoot)) {
      throw new NodeError("chain.rootMismatch", `the store does not give the state root of height ${height}`);
    }
    this.#head = head;
    this.#rooted = Promise.resolve(head.hash);
    this.recent.push({ head, overwritten: new Overwritten([]) });
  }

  /** Resolves when the tree is lost; undefined where it cannot be. */
  get rootsLost(): Promise<NodeError> | undefined {
    return this.#roots.lost;
  }

  /** Resolves to what shows a state key, or its absence, at a height of `recent`. */
  prove(height: number, key: Uint8Array): Promise<KeyedProof> {
    return this.#roots.prove(height, key);
  }

  close(): Promise<void> {
    this.#lanes?.close();
    return this.#roots.close();
  }

  #isHeld(id: Uint8Array): boolean {
    return this.#executed.some(({ result }) => result.ids.has(id));
  }

  /** Slots change their numbers in a trim, so nothing may hold one. */
  #trimWhenIdle(): void {
    if (this.#isExecuting || this.#held.count > 0) return;
    if (!this.table.trim()) return;
    this.#held.forgetSlots();
    this.#lanes?.forgetSlots();
  }

  /** The newest block, committed or not. */
  get #tip(): Place {
    return this.#executed.at(-1)?.place ?? this.head.header;
  }

  #laterPlace(timeSeconds: number): Place {
    return this.#nextPlace(Math.max(timeSeconds, this.#tip.timeSeconds));
  }

  #nextPlace(timeSeconds: number): Place {
    return { height: this.#tip.height + 1, timeSeconds };
  }

  #begin(place: Place): BlockExecution {
    this.#isExecuting = true;
    return new BlockExecution(this.#services, this.#context(place));
  }

  #context({ height, timeSeconds }: Place): BlockContext {
    return { settings: this.settings, height, timeSeconds };
  }

  /** The block that ran is over: the next one may be executed over it. */
  #hold(result: BlockResult, transactions: readonly Transaction[], { height, timeSeconds }: Place): Executed {
    const facts = this.#lanes?.log.facts(result.receipts.length, (slot) => this.table.keyOf(slot));
    if (facts !== undefined) this.#laneFacts.set(height, facts);
    this.#held.hold(result.slotWrites);
    this.discardRunning();
    const accesses = accessRecordOf(this.#accesses, (slot) => this.table.keyOf(slot));
    const { entryChange, writeBytes, newKeys } = measured(result.writeSet);
    const entryCount = (this.#executed.at(-1)?.entryCount ?? this.#entryCount) + entryChange;
    const byteCount = writeBytes + lengthOf(result.transactionBytes) + lengthOf(result.receiptBytes);
    const place = { height, timeSeconds };
    const executed = { place, transactions, result, accesses, entryCount, newKeys, byteCount };
    this.#executed.push(executed);
    return executed;
  }

  #candidate(
    { place, result, transactions, accesses }: Executed,
    added: AddedBlock,
    previousHash: Uint8Array,
  ): Candidate {
    const { transactionsRoot, receiptsRoot, stateRoot, body } = added;
    const header: Header = {
      ...place,
      previousHash,
      transactionsRoot,
      receiptsRoot,
      stateRoot,
      protocolVersion: this.settings.protocolVersion,
      chainId: this.settings.chainId,
      scheduleHash: this.#options.machine.scheduleHash,
      gasUsed: result.gasUsed,
    };
    const hash = blockHash(header, this.hash);
    const candidate = { ...result, header, hash, transactions, writes: result.writeSet, accesses };
    return body === undefined ? candidate : { ...candidate, body };
  }
}

/** What is known of a block's header before it is executed, as far as contracts can see it. */
export interface Place {
  readonly height: number;
  readonly timeSeconds: number;
}

interface MeasuredWrites {
  readonly newKeys: Uint32Array;
  /** Of keys and values before and after. */
  readonly writeBytes: number;
  readonly entryChange: number;
}

/** What is to be known of a block's writes, in one walk over them. */
function measured(writes: WriteSet): MeasuredWrites {
  const newKeys: number[] = [];
  let deletedCount = 0;
  let writeBytes = 0;
  for (const [number, { key, value, before }] of writes.entries()) {
    if (before === undefined) newKeys.push(number);
    if (value === undefined) deletedCount += 1;
    writeBytes += key.length + (value?.length ?? 0) + (before?.length ?? 0);
  }
  return { newKeys: Uint32Array.from(newKeys), writeBytes, entryChange: newKeys.length - deletedCount };
}

function lengthOf(list: readonly Uint8Array[]): number {
  let bytes = 0;
  for (const each of list) bytes += each.length;
  return bytes;
}

const HEADER_FIELDS = [
  "protocolVersion",
  "chainId",
  "height",
  "timeSeconds",
  "previousHash",
  "scheduleHash",
  "transactionsRoot",
  "gasUsed",
  "receiptsRoot",
  "stateRoot",
] as const satisfies readonly (keyof Header)[];

/** Returns the refusal that names the first field in which the headers differ, undefined when they are equal. */
export function headerDifference(header: Header, computed: Header): Rejected | undefined {
  for (const field of HEADER_FIELDS) {
    const theirs = header[field];
    const ours = computed[field];
    const isEqual =
      theirs instanceof Uint8Array && ours instanceof Uint8Array ? equalBytes(theirs, ours) : theirs === ours;
    if (!isEqual) return mismatch(field, theirs, ours);
  }
  return undefined;
}

function mismatch(field: keyof Header, theirs: Header[keyof Header], ours: Header[keyof Header]): Rejected {
  return new Rejected("block.mismatch", `${field} of the block is not what its execution gives`, {
    value: textOf(theirs),
    limit: textOf(ours),
  });
}

function textOf(value: Header[keyof Header]): string {
  return value instanceof Uint8Array ? bytesToHex(value) : String(value);
}
