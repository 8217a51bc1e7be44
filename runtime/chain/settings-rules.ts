/** What chain settings must be beyond their form: a chain that starts with others could not go on. */
import { PROTOCOL_VERSION } from "../../vm/abi.ts";
import { Rejected } from "../../vm/errors.ts";
import { BLOCK_BYTES_MAX } from "../execute/block.ts";
import { encodeSettings } from "../format/settings.ts";
import type { ChainSettings } from "../format/types.ts";

/**
 * Most gas of a block, so that its log record (block-record.ts) always fits the 1 GiB of a ByteWriter:
 *
 *   results that gas pays for       4e10 / RESULT_BYTE_GAS (60)                                  667 MB
 *   a transaction's own share       at most 104,206 of them (16 MiB / 161 bytes) of 57 bytes of
 *                                   receipt, a revert message of 1 KiB and two lengths           113 MB
 *   transactions, header, seal      BLOCK_BYTES_MAX and 4 KiB                                     17 MB
 *                                                                                       sum      797 MB of 1,074
 */
export const BLOCK_GAS_MAX = 40_000_000_000;

/** @errors chain.badSettings with the setting, codec.* where one has no encoding (Rejected) */
export function checkSettings(settings: ChainSettings): void {
  encodeSettings(settings);
  const { protocolVersion, transactionGasMax, blockGasMax, transactionBytesMax, expiryHeightsMax } = settings;
  demand(protocolVersion === PROTOCOL_VERSION, "protocolVersion", `must be ${PROTOCOL_VERSION}`);
  demand(transactionGasMax > 0, "transactionGasMax", "must be above 0");
  demand(transactionGasMax <= blockGasMax, "transactionGasMax", "must not be above blockGasMax");
  demand(blockGasMax <= BLOCK_GAS_MAX, "blockGasMax", `must not be above ${BLOCK_GAS_MAX}`);
  demand(transactionBytesMax > 0, "transactionBytesMax", "must be above 0");
  demand(transactionBytesMax <= BLOCK_BYTES_MAX, "transactionBytesMax", `must not be above ${BLOCK_BYTES_MAX}`);
  demand(expiryHeightsMax > 0, "expiryHeightsMax", "must be above 0");
}

function demand(condition: boolean, setting: keyof ChainSettings, rule: string): void {
  if (!condition) throw new Rejected("chain.badSettings", `${setting} ${rule}`, { value: setting, limit: rule });
}
