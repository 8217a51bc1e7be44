/**
 * From a folder to a ledger: the store's last checkpoint, then the log's records behind it, each executed again and compared
 * with what was acknowledged. A difference is a fault of the node (other rules, other code, damaged data) and stops it.
 */
import { NodeError, Rejected } from "../../vm/errors.ts";
import { blockHash } from "../format/block.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import { encodeReceipt } from "../format/receipt.ts";
import { decodeSettings, encodeSettings } from "../format/settings.ts";
import type { ChainSettings, Receipt } from "../format/types.ts";
import type { LogPosition } from "../state/store.ts";
import { SETTINGS_STATE_KEY } from "../system/chain-contract.ts";
import type { BlockLog } from "./block-log.ts";
import { type BlockRecord, decodeLoggedRecord, firstDifference } from "./block-record.ts";
import { type CheckpointDistance, writeCheckpoint } from "./checkpoint.ts";
import { type Candidate, type Executed, headerDifference, Ledger, type LedgerOptions } from "./ledger.ts";

export interface RecoverOptions extends Omit<LedgerOptions, "settings"> {
  readonly log: BlockLog;
  /** How many records, or bytes of them, are executed before the store gets a checkpoint of them. */
  readonly checkpoint: CheckpointDistance;
  readonly genesis?: ChainSettings;
  readonly progress: (phase: "state" | "log", done: number, total: number) => void;
}

/**
 * Resolves to the ledger as of the log's last record. On the way the store gets checkpoints, as it did when the blocks were
 * made: without them the whole state of a lost store would stand in memory, and the next interrupted start begin anew.
 * @errors chain.otherChain (Rejected); chain.rootMismatch, chain.badRecord, store.corrupt, log.* (NodeError)
 */
export async function recover(options: RecoverOptions): Promise<Ledger> {
  const { log, store, progress } = options;
  const meta = store.meta();
  const first = meta === undefined ? undefined : decodeLoggedRecord(log.read(meta.position, meta.height), meta.height);
  const settings = meta === undefined ? settingsOfGenesis(log) : settingsOfStore(options);
  if (options.genesis !== undefined) checkSameChain(options.genesis, settings);
  const ledger = new Ledger({ ...options, settings });
  if (meta !== undefined && first !== undefined) {
    const { header, seal } = first.block;
    const hash = blockHash(header, ledger.hash);
    if (!equalBytes(hash, meta.blockHash)) {
      throw new NodeError("chain.rootMismatch", `store and log have different blocks of height ${meta.height}`);
    }
    await ledger.restore({ header, hash, seal }, meta.entryCount, (done, total) => progress("state", done, total));
  }
  await applyBehind(options, ledger, meta?.height ?? -1);
  return ledger;
}

/** Executes the records above the store's height, with a checkpoint whenever one is due; the rest is the chain's to write. */
async function applyBehind(options: RecoverOptions, ledger: Ledger, from: number): Promise<void> {
  const { log, store, progress, checkpoint, hashes } = options;
  const behind = log.found.filter(({ height }) => height > from);
  let storedHeight = from;
  let positions: LogPosition[] = [];
  let bytes = 0;
  for (const [done, { height, position }] of behind.entries()) {
    const payload = log.read(position, height);
    await applyRecord(ledger, decodeLoggedRecord(payload, height, hashes));
    positions.push(position);
    bytes += payload.length;
    progress("log", done + 1, behind.length);
    if (positions.length < checkpoint.blocks && bytes < checkpoint.bytes) continue;
    await writeCheckpoint(ledger, store, storedHeight, positions);
    [storedHeight, positions, bytes] = [height, [], 0];
  }
}

/**
 * Resolves when the record's block is the ledger's head, executed again; to its measured durations where the ledger has a clock.
 * @errors chain.rootMismatch, chain.badRecord (NodeError)
 */
export async function applyRecord(ledger: Ledger, record: BlockRecord): Promise<Float64Array | undefined> {
  const { header, seal } = record.block;
  const executed = header.height === 0 ? ledger.buildGenesis() : executeAgain(ledger, record);
  const candidate = await ledger.root(executed);
  const difference = headerDifference(header, candidate.header);
  if (difference !== undefined) throw outcomeDiffers(difference, record, candidate);
  if (!sameReceipts(candidate.receiptBytes, record.receipts)) {
    throw new NodeError(
      "chain.badRecord",
      `the receipts in the log's record of height ${header.height} are not its block's`,
    );
  }
  ledger.commit(candidate, seal);
  return executed.result.durations;
}

function executeAgain(ledger: Ledger, { block }: BlockRecord): Executed {
  try {
    return ledger.execute(block);
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    const text = `block ${block.header.height} cannot be executed again: ${error.message}`;
    throw new NodeError("chain.badRecord", text, { cause: error });
  }
}

/** The record has what the block wrote when it was acknowledged, so the first key that comes out differently can be named. */
function outcomeDiffers(difference: Rejected, record: BlockRecord, candidate: Candidate): NodeError {
  const { value, limit } = difference.details;
  const key = firstDifference(record.writes, candidate.writes);
  const place = key === undefined ? "the writes are equal" : `the first different key is ${bytesToHex(key)}`;
  const text = `${difference.message}: ${value} in the log, ${limit} executed again; ${place}`;
  return new NodeError("chain.rootMismatch", `block ${record.block.header.height}: ${text}`, { cause: difference });
}

function sameReceipts(encoded: readonly Uint8Array[], receipts: readonly Receipt[]): boolean {
  if (encoded.length !== receipts.length) return false;
  return encoded.every((bytes, index) => equalBytes(bytes, encodeReceipt(receipts[index]!)));
}

/** Returns the settings that a genesis record put into the state. @errors chain.badRecord (NodeError) */
export function settingsOf(genesis: BlockRecord): ChainSettings {
  const write = genesis.writes.find(({ key }) => equalBytes(key, SETTINGS_STATE_KEY));
  if (genesis.block.header.height !== 0 || write?.value === undefined) {
    throw new NodeError("chain.badRecord", "the log's first record has no chain settings");
  }
  return decodeSettings(write.value);
}

function settingsOfGenesis(log: BlockLog): ChainSettings {
  const genesis = log.found[0]!;
  return settingsOf(decodeLoggedRecord(log.read(genesis.position, genesis.height), genesis.height));
}

function settingsOfStore({ store }: RecoverOptions): ChainSettings {
  const value = store.get(SETTINGS_STATE_KEY);
  if (value === undefined) throw new NodeError("store.corrupt", "the store has no chain settings");
  return decodeSettings(value);
}

function checkSameChain(given: ChainSettings, found: ChainSettings): void {
  if (equalBytes(encodeSettings(given), encodeSettings(found))) return;
  const same = given.chainId === found.chainId;
  const text = same
    ? `the data folder has a chain "${found.chainId}" with other settings than the genesis file's`
    : `the data folder is of chain "${found.chainId}", the genesis file of chain "${given.chainId}"`;
  throw new Rejected("chain.otherChain", text, {
    value: found.chainId,
    limit: given.chainId,
    hint: "choose the folder or the genesis file that belongs to the other",
  });
}
