/**
 * A log executed again from genesis, in memory, by the sequential executor: the answer to "is this folder's history what its
 * transactions give?". Nothing is written and no lock is taken, so a running node's folder can be replayed too; a record that
 * is being written then ends the log.
 */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Hashes, SignatureVerifier } from "../../accel/device.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import type { ChainSettings } from "../format/types.ts";
import { MemoryStore } from "../state/memory-store.ts";
import type { VerifyItems } from "../verdicts/store.ts";
import { type BlockRecord, decodeLoggedRecord } from "./block-record.ts";
import { Ledger } from "./ledger.ts";
import { readOnlyLogFiles } from "./log-files.ts";
import { PAGE_BYTES } from "./log-record.ts";
import { countRecords, openSegments, type Segment, scanRecords } from "./log-scan.ts";
import { applyRecord, settingsOf } from "./recover.ts";
import { verifySignaturesAhead } from "./verify-signatures.ts";

export interface ReplayOptions {
  /** The data folder of a chain. */
  readonly directory: string;
  readonly machine: Machine;
  readonly hashes: Hashes;
  /** Checks every seal and every transaction's signature again; without it they are taken as they were. */
  readonly verifier?: SignatureVerifier;
  /** With `verifier`: gives the verdicts of transactions, a block's at a time; it has only the seals then. */
  readonly verifyItems?: VerifyItems;
  /** Ids of transactions below which none is forgotten; it changes no result. */
  readonly idsKeptMin?: number;
  readonly progress?: (phase: "replay", done: number, total: number) => void;
  /** Asked after each record; the replay ends behind one for which it is true. */
  readonly isLast?: (record: BlockRecord) => boolean;
  /** Nanoseconds of a clock that never goes back: each transaction's time is measured by it. */
  readonly clock?: () => number;
  /** With `clock`: told the measured nanoseconds of each transaction of a block that was executed. */
  readonly measured?: (record: BlockRecord, durations: Float64Array) => void;
}

export interface ReplayResult {
  readonly settings: ChainSettings;
  /** Of the last record. */
  readonly height: number;
  readonly blockHash: Uint8Array;
  readonly stateRoot: Uint8Array;
  readonly transactionCount: number;
  readonly gasUsed: number;
}

/**
 * Resolves when every record was executed and every root compared.
 * @errors chain.noChain (Rejected): there is no log; chain.rootMismatch, chain.badRecord, chain.badSignature, log.* (NodeError)
 */
export async function replayLog(options: ReplayOptions): Promise<ReplayResult> {
  const segments = openLog(join(options.directory, "log"));
  try {
    return await replaySegments(options, segments);
  } finally {
    for (const { file } of segments) file.close();
  }
}

/** Returns the segments of a log, open for reading. @errors chain.noChain (Rejected); log.* (NodeError) */
export function openLog(directory: string): readonly Segment[] {
  let segments: readonly Segment[];
  try {
    segments = openSegments(readOnlyLogFiles(directory));
  } catch (error) {
    if (error instanceof NodeError) throw error;
    throw new Rejected("chain.noChain", "the folder has no block log", { value: directory.slice(-200) });
  }
  if (segments.length === 0) throw new Rejected("chain.noChain", "the folder's block log is empty");
  return segments;
}

async function replaySegments(options: ReplayOptions, segments: readonly Segment[]): Promise<ReplayResult> {
  const start = { segment: 1, offset: PAGE_BYTES };
  const total = countRecords(segments, start);
  let replay: Replay | undefined;
  for (const { height, payload } of scanRecords(segments, start, 0)) {
    const record = decodeLoggedRecord(payload, height, options.hashes);
    replay ??= new Replay(options, settingsOf(record));
    await replay.apply(record);
    options.progress?.("replay", height + 1, total);
    if (options.isLast?.(record) === true) break;
  }
  if (replay === undefined) throw new Rejected("chain.noChain", "the folder's block log has no record");
  return replay.result();
}

class Replay {
  readonly #options: ReplayOptions;
  readonly #ledger: Ledger;
  #transactionCount = 0;
  #gasUsed = 0;

  constructor(options: ReplayOptions, settings: ChainSettings) {
    const seed = randomBytes(8);
    this.#options = options;
    this.#ledger = new Ledger({
      settings,
      store: new MemoryStore(),
      machine: options.machine,
      hashes: options.hashes,
      seed: { low: seed.readUInt32LE(0), high: seed.readUInt32LE(4) },
      ...(options.idsKeptMin === undefined ? {} : { idsKeptMin: options.idsKeptMin }),
      clock: options.clock,
    });
  }

  async apply(record: BlockRecord): Promise<void> {
    const { block } = record;
    if (this.#options.verifier !== undefined) await this.#verify(record, this.#options.verifier);
    await applyRecord(this.#ledger, record);
    const durations = this.#ledger.lastDurations;
    if (durations !== undefined) this.#options.measured?.(record, durations);
    // Nothing is ever in the store here: ids are known until they expire, and that is all the rules ask for.
    this.#ledger.index.forgetExpired(block.header.height);
    this.#transactionCount += block.transactions.length;
    this.#gasUsed += block.header.gasUsed;
  }

  result(): ReplayResult {
    const { header, hash } = this.#ledger.head;
    return {
      settings: this.#ledger.settings,
      height: header.height,
      blockHash: hash,
      stateRoot: header.stateRoot,
      transactionCount: this.#transactionCount,
      gasUsed: this.#gasUsed,
    };
  }

  async #verify({ block }: BlockRecord, verifier: SignatureVerifier): Promise<void> {
    const { settings, hash } = this.#ledger;
    const { hashes, verifyItems } = this.#options;
    try {
      await verifySignaturesAhead(block, { settings, hash, hashes, verifier }, verifyItems);
    } catch (error) {
      if (!(error instanceof Rejected)) throw error;
      const text = `block ${block.header.height}: ${error.message}`;
      throw new NodeError("chain.badSignature", text, { cause: error });
    }
  }
}
