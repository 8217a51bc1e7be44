/**
 * The blocks of a folder's log, read and not executed, with the ABIs of the contracts as of each block: those stand in what
 * the blocks before it wrote. Nothing is written and no lock is taken, so a node may be running on the folder.
 */
import { join } from "node:path";
import { customSection } from "../../vm/admission/custom-section.ts";
import { Rejected } from "../../vm/errors.ts";
import { parseAbi } from "../format/abi.ts";
import { bytesToHex } from "../format/bytes.ts";
import { ABI_SECTION, type ContractAbi } from "../format/contract-abi.ts";
import { SYSTEM_CONTRACTS } from "../format/names.ts";
import { decodeContractRecord, splitStateKey } from "../format/state-key.ts";
import type { StateChange } from "../state/slot-table.ts";
import { NATIVE_CONTRACTS } from "../system/contracts.ts";
import { MODULE_KEY_PREFIX } from "../system/lifecycle-contract.ts";
import { type BlockRecord, decodeLoggedRecord } from "./block-record.ts";
import { PAGE_BYTES } from "./log-record.ts";
import { countRecords, scanRecords } from "./log-scan.ts";
import { openLog } from "./replay.ts";

const RECORD_KEY_PREFIX = "contract/";

export interface LoggedBlock {
  readonly record: BlockRecord;
  /** The ABI of a contract after this block; undefined when there is none. It answers until the next block is asked for. */
  readonly abiOf: (contract: string) => ContractAbi | undefined;
  /** Records of the log. */
  readonly total: number;
}

/** Yields the blocks from genesis on. @errors chain.noChain (Rejected); log.* (NodeError) */
export function* loggedBlocks(directory: string): Generator<LoggedBlock, void, void> {
  const segments = openLog(join(directory, "log"));
  try {
    const start = { segment: 1, offset: PAGE_BYTES };
    const total = countRecords(segments, start);
    const abis = new LoggedAbis();
    const abiOf = (contract: string) => abis.abiOf(contract);
    for (const { height, payload } of scanRecords(segments, start, 0)) {
      const record = decodeLoggedRecord(payload, height);
      abis.apply(record.writes);
      yield { record, abiOf, total };
    }
  } finally {
    for (const { file } of segments) file.close();
  }
}

/** Which contract has which ABI, learned from what blocks wrote. */
export class LoggedAbis {
  /** Code hashes by contract, modules by code hash. */
  readonly #codeOf = new Map<string, string>();
  readonly #modules = new Map<string, Uint8Array>();
  readonly #abis = new Map<string, ContractAbi | undefined>();

  apply(writes: readonly StateChange[]): void {
    for (const { key, value } of writes) {
      const { contract, key: own } = splitStateKey(key);
      if (contract === SYSTEM_CONTRACTS.lifecycle && value !== undefined) this.#learn(textOf(own), value);
    }
  }

  abiOf(contract: string): ContractAbi | undefined {
    const native = NATIVE_CONTRACTS.get(contract);
    if (native !== undefined) return native.abi;
    const codeHash = this.#codeOf.get(contract);
    if (codeHash === undefined) return undefined;
    if (!this.#abis.has(codeHash)) this.#abis.set(codeHash, abiOfModule(this.#modules.get(codeHash)));
    return this.#abis.get(codeHash);
  }

  #learn(key: string, value: Uint8Array): void {
    if (key.startsWith(MODULE_KEY_PREFIX)) this.#modules.set(key.slice(MODULE_KEY_PREFIX.length), value);
    if (!key.startsWith(RECORD_KEY_PREFIX)) return;
    this.#codeOf.set(key.slice(RECORD_KEY_PREFIX.length), bytesToHex(decodeContractRecord(value).codeHash));
  }
}

/** Names and hashes are ASCII. */
function textOf(key: Uint8Array): string {
  return String.fromCharCode(...key);
}

function abiOfModule(code: Uint8Array | undefined): ContractAbi | undefined {
  const section = code && customSection(code, ABI_SECTION);
  if (section === undefined) return undefined;
  try {
    return parseAbi(section);
  } catch (error) {
    if (error instanceof Rejected) return undefined;
    throw error;
  }
}
