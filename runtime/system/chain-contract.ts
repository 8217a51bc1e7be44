/**
 * The native contract `chain`: the settings that genesis fixed, under its key `settings` in the form of
 * runtime/format/settings.ts. One view, no calls.
 */
import { HOST_FUNCTIONS, type HostCost } from "../../vm/abi.ts";
import { NodeError } from "../../vm/errors.ts";
import { type CallResult, SYSTEM_REVERTS } from "../../vm/outcome.ts";
import { ByteWriter, utf8Bytes } from "../format/codec.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import { SYSTEM_CONTRACTS } from "../format/names.ts";
import { decodeSettings } from "../format/settings.ts";
import { stateKey } from "../format/state-key.ts";
import type { ChainSettings } from "../format/types.ts";
import { giveUp, type NativeContract, type NativeFrame, NativeGas, outOfGas, succeed } from "./native.ts";

const SETTINGS_KEY = utf8Bytes("settings");
export const SETTINGS_STATE_KEY = stateKey(SYSTEM_CONTRACTS.chain, SETTINGS_KEY);

const field = (name: string, type: string) => ({ name, type });

export const CHAIN_ABI: ContractAbi = {
  abi: 1,
  contract: SYSTEM_CONTRACTS.chain,
  version: 1,
  types: {
    Settings: {
      fields: [
        field("chainId", "string"),
        field("protocolVersion", "u32"),
        field("hash", "string"),
        field("sm2UserId", "string"),
        field("genesisTimeSeconds", "u64"),
        field("admins", "address[]"),
        field("sealerAlgorithm", "u8"),
        field("sealerPublicKey", "bytes"),
        field("transactionGasMax", "u64"),
        field("blockGasMax", "u64"),
        field("expiryHeightsMax", "u64"),
        field("transactionBytesMax", "u64"),
      ],
    },
  },
  methods: [{ name: "settings", kind: "view", params: [], returns: "Settings", object: [] }],
  events: [],
  storage: [],
  errors: [],
};

export const chainContract: NativeContract = {
  abi: CHAIN_ABI,
  run(method: string, args: Uint8Array, gasLimit: number, frame: NativeFrame): CallResult {
    const gas = new NativeGas(gasLimit);
    if (method !== "settings") return giveUp(gas, SYSTEM_REVERTS.unknownMethod, "");
    if (args.length !== 0) return giveUp(gas, SYSTEM_REVERTS.badArguments, "");
    const value = frame.storageGet(SETTINGS_KEY);
    if (value === undefined) throw new NodeError("system.noSettings", "the state has no chain settings");
    if (!gas.charge(readGas(SETTINGS_KEY.length, value.length))) return outOfGas(gas);
    const view = encodeSettingsView(decodeSettings(value));
    return gas.charge(outputGas(view.length)) ? succeed(gas, view) : outOfGas(gas);
  },
};

/** What a contract pays for `storage_get`: native reads cost the same. */
export function readGas(keyLength: number, valueLength: number): number {
  const cost = costOf("storage_get");
  return cost.base + keyLength * (cost.perByte?.keyLength ?? 0) + valueLength * (cost.perResultByte ?? 0);
}

/** What a contract pays for `output_write`: a native view called in a transaction leaves its output in the receipt too. */
export function outputGas(length: number): number {
  const cost = costOf("output_write");
  return cost.base + length * (cost.perByte?.length ?? 0);
}

function costOf(hostFunction: string): HostCost {
  return HOST_FUNCTIONS.find(({ name }) => name === hostFunction)!.cost;
}

/** The struct `Settings` of the ABI, field by field. */
function encodeSettingsView(settings: ChainSettings): Uint8Array {
  const writer = new ByteWriter(512);
  writer.string(settings.chainId).u32(settings.protocolVersion).string(settings.hash).string(settings.sm2UserId);
  writer.safeInteger(settings.genesisTimeSeconds).u32(settings.admins.length);
  for (const admin of settings.admins) writer.fixed(admin, admin.length);
  writer.u8(settings.sealer.algorithm).bytes(settings.sealer.publicKey);
  writer.safeInteger(settings.transactionGasMax).safeInteger(settings.blockGasMax);
  return writer.safeInteger(settings.expiryHeightsMax).safeInteger(settings.transactionBytesMax).finish();
}
