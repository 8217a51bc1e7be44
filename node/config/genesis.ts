/**
 * The genesis file: the settings a chain begins with, as JSON in the data folder. It is written once, and its bytes
 * become block 0; later edits are refused by the chain, which knows the settings it began with.
 */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { type Static, Type } from "typebox";
import { ALGORITHMS, type Algorithm, type AlgorithmName } from "../../accel/device.ts";
import { SM2_DEFAULT_USER_ID } from "../../accel/reference/sm2.ts";
import { checkSettings } from "../../runtime/chain/settings-rules.ts";
import { bytesToHex, compareBytes, equalBytes } from "../../runtime/format/bytes.ts";
import { algorithmName } from "../../runtime/format/key.ts";
import { decodeSettings, encodeSettings } from "../../runtime/format/settings.ts";
import type { ChainHashName, ChainSettings } from "../../runtime/format/types.ts";
import { PROTOCOL_VERSION } from "../../vm/abi.ts";
import { Rejected } from "../../vm/errors.ts";
import { LIMITS } from "../../vm/limits.ts";
import type { Key } from "../keys/keystore.ts";
import { createFileWhole, isSystemError } from "./files.ts";

export const GENESIS_FILE = "genesis.json";
const GENESIS_BYTES_MAX = 1024 * 1024;

export interface GenesisOptions {
  /** 1..32 characters `a-z 0-9 -`. */
  readonly chainId: string;
  /** The key that may deploy; more addresses by `admins`. */
  readonly adminKey: Pick<Key, "address">;
  readonly admins?: readonly Uint8Array[];
  readonly sealerKey: Pick<Key, "algorithm" | "publicKey">;
  /** Whole seconds since 1970-01-01. */
  readonly timeSeconds: number;
  readonly hash?: ChainHashName;
  readonly sm2UserId?: string;
  readonly transactionGasMax?: number;
  readonly blockGasMax?: number;
  readonly expiryHeightsMax?: number;
  readonly transactionBytesMax?: number;
}

export const GENESIS_DEFAULTS = {
  hash: "sha256",
  /** About a second of one core at the schedule's price of an instruction. */
  transactionGasMax: 1_000_000_000,
  blockGasMax: 10_000_000_000,
  /** Ids are remembered as long; at ten blocks a second this is a day. */
  expiryHeightsMax: 1_000_000,
  /** The longest module and 64 KiB for its arguments and the rest. */
  transactionBytesMax: LIMITS.moduleBytes + 65_536,
} as const;

/**
 * Settings of a new chain; the same options give the same settings.
 * @errors codec.* when a name, the user id or a number is outside its range; chain.badSettings
 */
export function createGenesis(options: GenesisOptions): ChainSettings {
  const { chainId, adminKey, sealerKey, timeSeconds } = options;
  const settings: ChainSettings = {
    chainId,
    protocolVersion: PROTOCOL_VERSION,
    hash: options.hash ?? GENESIS_DEFAULTS.hash,
    sm2UserId: options.sm2UserId ?? SM2_DEFAULT_USER_ID,
    genesisTimeSeconds: timeSeconds,
    admins: sortedSet([adminKey.address, ...(options.admins ?? [])]),
    sealer: { algorithm: sealerKey.algorithm, publicKey: sealerKey.publicKey },
    transactionGasMax: options.transactionGasMax ?? GENESIS_DEFAULTS.transactionGasMax,
    blockGasMax: options.blockGasMax ?? GENESIS_DEFAULTS.blockGasMax,
    expiryHeightsMax: options.expiryHeightsMax ?? GENESIS_DEFAULTS.expiryHeightsMax,
    transactionBytesMax: options.transactionBytesMax ?? GENESIS_DEFAULTS.transactionBytesMax,
  };
  checkSettings(settings);
  return decodeSettings(encodeSettings(settings));
}

/** The folder has a genesis file of these settings. @errors genesis.exists */
export function writeGenesis(dataFolder: string, settings: ChainSettings): void {
  mkdirSync(dataFolder, { recursive: true });
  const path = join(dataFolder, GENESIS_FILE);
  if (createFileWhole(path, `${JSON.stringify(fileOfSettings(settings), null, 2)}\n`, 0o644)) return;
  throw new Rejected("genesis.exists", "The data folder has a chain already.", {
    value: path,
    hint: "Use another folder, or start the node on this one.",
  });
}

/**
 * The settings in the folder's genesis file.
 * @errors genesis.notFound, genesis.badFile
 */
export function readGenesis(dataFolder: string): ChainSettings {
  const path = join(dataFolder, GENESIS_FILE);
  const settings = settingsOfFile(path, parseFile(path));
  try {
    checkSettings(settings);
    return decodeSettings(encodeSettings(settings));
  } catch (error) {
    if (error instanceof Rejected) throw badFile(path, `${error.code} ${error.message}`);
    throw error;
  }
}

/** True when the folder has a genesis file. */
export function hasGenesis(dataFolder: string): boolean {
  try {
    readFileSync(join(dataFolder, GENESIS_FILE));
    return true;
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return false;
    throw error;
  }
}

function sortedSet(addresses: readonly Uint8Array[]): readonly Uint8Array[] {
  const sorted = [...addresses].sort(compareBytes);
  return sorted.filter((address, i) => i === 0 || !equalBytes(address, sorted[i - 1] as Uint8Array));
}

const hexText = (byteLength: number) => Type.String({ pattern: `^[0-9a-f]{${2 * byteLength}}$` });
const safeInteger = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

const genesisFileSchema = Type.Object(
  {
    version: Type.Literal(1),
    chainId: Type.String(),
    protocolVersion: safeInteger,
    hash: Type.Unsafe<ChainHashName>({ type: "string", enum: ["sha256", "sm3"] }),
    sm2UserId: Type.String(),
    genesisTimeSeconds: safeInteger,
    admins: Type.Array(hexText(32)),
    sealer: Type.Object(
      {
        algorithm: Type.Unsafe<AlgorithmName>({ type: "string", enum: Object.keys(ALGORITHMS) }),
        publicKey: Type.String({ pattern: "^([0-9a-f]{2})*$" }),
      },
      { additionalProperties: false },
    ),
    transactionGasMax: safeInteger,
    blockGasMax: safeInteger,
    expiryHeightsMax: safeInteger,
    transactionBytesMax: safeInteger,
  },
  { additionalProperties: false },
);

type GenesisFile = Static<typeof genesisFileSchema>;

function fileOfSettings(settings: ChainSettings): GenesisFile {
  return {
    version: 1,
    ...settings,
    admins: settings.admins.map(bytesToHex),
    sealer: {
      algorithm: algorithmName(settings.sealer.algorithm),
      publicKey: bytesToHex(settings.sealer.publicKey),
    },
  };
}

function settingsOfFile(path: string, value: unknown): ChainSettings {
  const validate = new Ajv({ strict: true }).compile<GenesisFile>(genesisFileSchema);
  if (!validate(value)) {
    const [error] = validate.errors ?? [];
    throw badFile(path, `${error?.instancePath ?? ""} ${error?.message ?? "is not valid"}`);
  }
  const { version: _, ...file } = value;
  const algorithm: Algorithm = ALGORITHMS[file.sealer.algorithm];
  return {
    ...file,
    admins: file.admins.map(bytesOf),
    sealer: { algorithm, publicKey: bytesOf(file.sealer.publicKey) },
  };
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, "hex"));
}

function parseFile(path: string): unknown {
  const text = readText(path);
  try {
    return JSON.parse(text);
  } catch {
    throw badFile(path, "it is not JSON");
  }
}

function readText(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.length <= GENESIS_BYTES_MAX) return text;
  } catch (error) {
    if (!isSystemError(error, "ENOENT")) throw error;
    throw new Rejected("genesis.notFound", "The data folder has no chain.", {
      value: path,
      hint: "`cinnabar start` makes one.",
    });
  }
  throw badFile(path, "it is too long");
}

function badFile(path: string, reason: string): Rejected {
  return new Rejected("genesis.badFile", `The genesis file cannot be used: ${reason}.`, {
    value: path,
    hint: "Put it back from a copy; the chain refuses one of other settings.",
  });
}
