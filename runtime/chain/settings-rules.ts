/** What chain settings must be beyond their form: a chain that starts with others could not go on. */
import { PROTOCOL_VERSION } from "../../vm/abi.ts";
import { Rejected } from "../../vm/errors.ts";
import { BLOCK_BYTES_MAX } from "../execute/block.ts";
import { encodeSettings } from "../format/settings.ts";
import type { ChainSettings } from "../format/types.ts";

/** @errors chain.badSettings with the setting, codec.* where one has no encoding (Rejected) */
export function checkSettings(settings: ChainSettings): void {
  encodeSettings(settings);
  const { protocolVersion, transactionGasMax, blockGasMax, transactionBytesMax, expiryHeightsMax } = settings;
  demand(protocolVersion === PROTOCOL_VERSION, "protocolVersion", `must be ${PROTOCOL_VERSION}`);
  demand(transactionGasMax > 0, "transactionGasMax", "must be above 0");
  demand(transactionGasMax <= blockGasMax, "transactionGasMax", "must not be above blockGasMax");
  demand(transactionBytesMax > 0, "transactionBytesMax", "must be above 0");
  demand(transactionBytesMax <= BLOCK_BYTES_MAX, "transactionBytesMax", `must not be above ${BLOCK_BYTES_MAX}`);
  demand(expiryHeightsMax > 0, "expiryHeightsMax", "must be above 0");
}

function demand(condition: boolean, setting: keyof ChainSettings, rule: string): void {
  if (!condition) throw new Rejected("chain.badSettings", `${setting} ${rule}`, { value: setting, limit: rule });
}
