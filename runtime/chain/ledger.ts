/**
 * State and rules of a chain, without log, folder or process: what a block is made of, what makes one valid, what it changes.
 *
 *   build    transactions -> candidate      those that cannot be in the block are left out, with the reason
 *   execute  block -> candidate             the same block again: `headerDifference` says where it comes out differently
 *   commit   candidate -> the new head      after its record is durable; before, nothing of it can be seen
 *
 * A candidate's writes wait in the overlay, so there is one at a time. The chain (chain.ts) and the replay (replay.ts) are two
 * ways to drive this.
 */
import type { Hashes, HashMany, HashPairs } from "../../accel/device.ts";
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
import { blockHash, type HashFunction } from "../format/block.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import { digestsInto, manyHashesOf } from "../format/many-hashes.ts";
import { merkleRoot } from "../format/merkle.ts";
import { pairHashesOf } from "../format/pair-hashes.ts";
import { encodeSettings } from "../format/settings.ts";
import type { Block, ChainSettings, Header, Receipt, Seal, Transaction } from "../format/types.ts";
import { KeyHashes } from "../state/key-hashes.ts";
import type { TableSeed } from "../state/key-table.ts";
import { Overlay, type WriteSet } from "../state/overlay.ts";
import { SlotTable, type StateChange } from "../state/slot-table.ts";
import type { Store } from "../state/store.ts";
import { StateTree } from "../state/tree.ts";
import { ChangeRows } from "../state/tree-changes.ts";
import { SETTINGS_STATE_KEY } from "../system/chain-contract.ts";
import type { VerdictDesk } from "../verdicts/desk.ts";
import { RecentStates } from "./recent-states.ts";
import { TransactionIndex } from "./transaction-index.ts";

/** Memory for committed values; what is dirty may exceed it until the next checkpoint. */
const STATE_BYTES_DEFAULT = 512 * 1024 * 1024;
const ZERO_HASH = new Uint8Array(32);
const NO_VALUE = new Uint8Array(0);
/** Keys of deleted entries that are remembered before they are swept out. */
const DELETED_KEYS_MAX = 100_000;
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
  /** The verifier of `machine`, when `buildSteps` and `executeSteps` may abort attempts for verdicts from elsewhere. */
  readonly desk?: VerdictDesk | undefined;
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
  readonly candidate: Candidate;
  readonly refused: readonly RefusedTransaction[];
}

/** A block that was executed and is not committed. */
export interface Candidate {
  readonly header: Header;
  readonly hash: Uint8Array;
  readonly transactions: readonly Transaction[];
  readonly transactionBytes: readonly Uint8Array[];
  readonly receipts: readonly Receipt[];
  readonly receiptBytes: readonly Uint8Array[];
  readonly writes: WriteSet;
  readonly tree: StateTree;
}

export class Ledger {
  readonly settings: ChainSettings;
  readonly hash: HashFunction;
  readonly table: SlotTable;
  readonly code: ContractCode;
  readonly recent = new RecentStates();
  readonly index: TransactionIndex;
  readonly #options: LedgerOptions;
  readonly #hashPairs: HashPairs;
  readonly #hashMany: HashMany;
  readonly #overlay: Overlay;
  readonly #services: BlockServices;
  /** Keys of the trees that are kept, and for a while of deleted ones. */
  readonly #keyHashes: KeyHashes;
  #tree: StateTree;
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
    });
    this.code = new ContractCode(machine, hashes);
    this.index = new TransactionIndex(seed, options.idsKeptMin);
    this.#overlay = new Overlay(this.table);
    this.#services = {
      state: this.#overlay,
      machine,
      code: this.code,
      hashes,
      isKnown: (id) => this.isKnown(id),
      desk: options.desk,
    };
    const name = settings.hash === "sm3" ? "sm3" : "sha256";
    this.#hashPairs = hashes.pairs?.[name] ?? pairHashesOf(this.hash);
    this.#hashMany = hashes.many?.[name] ?? manyHashesOf(this.hash);
    this.#keyHashes = new KeyHashes(seed);
    this.#tree = StateTree.empty(this.#hashPairs);
  }

  /** @errors chain.noHead (NodeError) before genesis */
  get head(): Head {
    if (this.#head === undefined) throw new NodeError("chain.noHead", "the chain has no block yet");
    return this.#head;
  }

  /** Entries of the state. */
  get entryCount(): number {
    return this.#entryCount;
  }

  /** True for a transaction of the chain; for one that has expired the answer may be either. */
  isKnown(id: Uint8Array): boolean {
    return this.index.find(id) !== undefined || this.#options.store.transactionLocation(id) !== undefined;
  }

  /** Returns block 0: no transactions, the settings in the state. */
  buildGenesis(): Candidate {
    const { settings } = this;
    this.#overlay.put(SETTINGS_STATE_KEY, SETTINGS_STATE_KEY.length, encodeSettings(settings));
    const writeSet = this.#overlay.writeSet();
    const result: BlockResult = { transactionBytes: [], receipts: [], receiptBytes: [], gasUsed: 0, writeSet };
    return this.#candidate(result, [], {
      height: 0,
      timeSeconds: settings.genesisTimeSeconds,
      previousHash: ZERO_HASH,
    });
  }

  /** Returns the next block with those transactions that can be in it, in their order, and the others with the reason. */
  build(transactions: readonly Transaction[], timeSeconds: number): Built {
    const place = this.#nextPlace(Math.max(timeSeconds, this.head.header.timeSeconds));
    const execution = new BlockExecution(this.#services, this.#context(place));
    const included: Transaction[] = [];
    const refused: RefusedTransaction[] = [];
    for (const transaction of transactions) {
      const outcome = execution.add(transaction);
      if (outcome instanceof Rejected) refused.push({ transaction, reason: outcome });
      else included.push(transaction);
    }
    return { candidate: this.#candidate(execution.finish(), included, place), refused };
  }

  /** As `build`; yields the signatures that contracts ask about, whose verdicts the caller teaches the desk. */
  *buildSteps(transactions: readonly Transaction[], timeSeconds: number): VerdictSteps<Built> {
    const place = this.#nextPlace(Math.max(timeSeconds, this.head.header.timeSeconds));
    const execution = new BlockExecution(this.#services, this.#context(place));
    const included: Transaction[] = [];
    const refused: RefusedTransaction[] = [];
    for (const [index, transaction] of transactions.entries()) {
      const outcome = yield* execution.addSteps(transactions, index);
      if (outcome instanceof Rejected) refused.push({ transaction, reason: outcome });
      else included.push(transaction);
    }
    return { candidate: this.#candidate(execution.finish(), included, place), refused };
  }

  /**
   * Returns what the block's transactions give, executed as the next block at its time. Seal, signatures and the comparison of
   * the headers are the caller's.
   * @errors block.mismatch (Rejected) when it is not the next block, block.badTransaction
   */
  execute({ header, transactions }: Block): Candidate {
    const place = this.#placeOf(header);
    return this.#candidate(executeBlock(this.#services, this.#context(place), transactions), transactions, place);
  }

  /** As `execute`; yields what `buildSteps` does. */
  *executeSteps({ header, transactions }: Block): VerdictSteps<Candidate> {
    const place = this.#placeOf(header);
    const result = yield* executeBlockSteps(this.#services, this.#context(place), transactions);
    return this.#candidate(result, transactions, place);
  }

  #placeOf(header: Header): Place {
    const place = this.#nextPlace(header.timeSeconds);
    const earliest = this.head.header.timeSeconds;
    if (header.height !== place.height) throw mismatch("height", header.height, place.height);
    if (header.timeSeconds < earliest) throw mismatch("timeSeconds", header.timeSeconds, earliest);
    return place;
  }

  /** The candidate is the head and its writes are the committed state. */
  commit(candidate: Candidate, seal: Seal): void {
    const { header, hash, transactions, receipts, tree, writes } = candidate;
    this.#overlay.commit();
    this.table.trim();
    for (const { value, before } of writes)
      this.#entryCount += Number(value !== undefined) - Number(before !== undefined);
    this.#tree = tree;
    this.#head = { header, hash, seal };
    this.recent.push({ head: this.#head, tree, writes });
    this.#sweepKeys();
    for (const [index, { expiryHeight }] of transactions.entries()) {
      this.index.add(receipts[index]!.transactionId, { height: header.height, index, expiryHeight });
    }
  }

  /** The candidate is forgotten; also undoes what an execution that threw left behind. */
  discard(candidate?: Candidate): void {
    this.#overlay.discard();
    if (candidate !== undefined && candidate.tree !== this.#tree) candidate.tree.release();
  }

  /**
   * The ledger stands at a checkpoint of its store: the tree is made from the store's entries.
   * @param progress called with entries done and expected
   * @errors chain.rootMismatch (NodeError) when the entries do not give the head's state root
   */
  restore(head: Head, entryCount: number, progress: (done: number, total: number) => void): void {
    let batch: StateChange[] = [];
    for (const { key, value } of this.#options.store.entries()) {
      batch.push({ key, value });
      this.table.order.add(key);
      this.#entryCount += 1;
      if (batch.length < REBUILD_BATCH) continue;
      this.#replaceTree(batch);
      batch = [];
      progress(this.#entryCount, entryCount);
    }
    this.#replaceTree(batch);
    progress(this.#entryCount, this.#entryCount);
    if (!equalBytes(this.#tree.root, head.header.stateRoot)) {
      throw new NodeError(
        "chain.rootMismatch",
        `the store does not give the state root of height ${head.header.height}`,
      );
    }
    this.#head = head;
    this.recent.push({ head, tree: this.#tree, writes: [] });
  }

  /** Returns the state key of a leaf of any tree that is kept. @errors chain.noKey (NodeError) */
  keyOfHash(keyHash: Uint8Array): Uint8Array {
    const key = this.#keyHashes.keyOf(keyHash);
    if (key === undefined) throw new NodeError("chain.noKey", "the tree has a leaf whose key is not known");
    return key;
  }

  /** Proofs at recent heights may still name keys that were deleted, so those of the recent writes stay. */
  #sweepKeys(): void {
    if (this.#keyHashes.count <= 2 * this.#entryCount + DELETED_KEYS_MAX) return;
    const recentKeys = this.recent.writtenKeys();
    this.#keyHashes.keep((keyHash) => this.#tree.get(keyHash) !== undefined);
    for (const key of recentKeys) this.#keyHashes.learn(key, this.hash(key));
  }

  #replaceTree(changes: readonly Change[]): void {
    const old = this.#tree;
    this.#tree = old.update(this.#rowsOf(changes));
    old.release();
  }

  #nextPlace(timeSeconds: number): Place {
    const { header, hash } = this.head;
    return { height: header.height + 1, timeSeconds, previousHash: hash };
  }

  #context({ height, timeSeconds }: Place): BlockContext {
    return { settings: this.settings, height, timeSeconds };
  }

  #candidate(result: BlockResult, transactions: readonly Transaction[], place: Place): Candidate {
    const tree = this.#tree.update(this.#rowsOf(result.writeSet));
    const header: Header = {
      ...place,
      protocolVersion: this.settings.protocolVersion,
      chainId: this.settings.chainId,
      transactionsRoot: this.#listRoot(result.transactionBytes),
      receiptsRoot: this.#listRoot(result.receiptBytes),
      stateRoot: tree.root,
      scheduleHash: this.#options.machine.scheduleHash,
      gasUsed: result.gasUsed,
    };
    const hash = blockHash(header, this.hash);
    return { ...result, header, hash, transactions, writes: result.writeSet, tree };
  }

  #listRoot(items: readonly Uint8Array[]): Uint8Array {
    return merkleRoot(items, this.hash, this.#hashPairs, this.#hashMany);
  }

  /**
   * The hashes of keys and values; a value that goes has that of nothing, which nobody reads. A key that had a value before is
   * in the tree, so it is known by its hash already.
   */
  #rowsOf(changes: readonly Change[]): ChangeRows {
    const rows = new ChangeRows(changes.length);
    const keys = changes.map(({ key }) => key);
    const values = changes.map(({ value }) => value ?? NO_VALUE);
    digestsInto(rows.keyHashes, keys, this.#hashMany);
    digestsInto(rows.valueHashes, values, this.#hashMany);
    for (const [i, { key, value, before }] of changes.entries()) {
      if (value === undefined) rows.deletes[i] = 1;
      if (before === undefined) this.#keyHashes.learn(key, rows.keyHashOf(i));
    }
    return rows;
  }
}

/** A change of a block, or an entry of the store, which was not there before. */
interface Change extends StateChange {
  readonly before?: Uint8Array | undefined;
}

interface Place {
  readonly height: number;
  readonly timeSeconds: number;
  readonly previousHash: Uint8Array;
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
