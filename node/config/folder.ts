/** A data folder from nothing: the keys of its chain, and its genesis. */
import { join } from "node:path";
import type { AlgorithmName } from "../../accel/device.ts";
import type { ChainSettings } from "../../runtime/format/types.ts";
import { type Key, loadOrCreateKey } from "../keys/keystore.ts";
import { ADMIN_KEY, KEYS_FOLDER, NODE_FILE, SEALER_KEY } from "./folder-names.ts";
import { createGenesis, type GenesisOptions, hasGenesis, readGenesis, writeGenesis } from "./genesis.ts";

export { ADMIN_KEY, KEYS_FOLDER, NODE_FILE, SEALER_KEY };

export interface FolderOptions extends Omit<GenesisOptions, "adminKey" | "sealerKey"> {
  /** Of both keys; default ed25519. */
  readonly algorithm?: AlgorithmName;
}

export interface OpenedFolder {
  readonly settings: ChainSettings;
  /** May deploy. */
  readonly adminKey: Key;
  /** True when the chain has just been made. */
  readonly isNew: boolean;
}

/**
 * The folder has a chain: its genesis file, the key that seals its blocks and the key that may deploy. A folder that
 * has one is left as it is, whatever the options say. A crash in the middle leaves keys, which the next call uses.
 * @errors keys.*, genesis.badFile, codec.*, chain.badSettings
 */
export function openFolder(dataFolder: string, options: FolderOptions): OpenedFolder {
  const keys = join(dataFolder, KEYS_FOLDER);
  const adminKey = loadOrCreateKey(keys, ADMIN_KEY, options.algorithm);
  if (hasGenesis(dataFolder)) return { settings: readGenesis(dataFolder), adminKey, isNew: false };
  const sealerKey = loadOrCreateKey(keys, SEALER_KEY, options.algorithm);
  const settings = createGenesis({ ...options, adminKey, sealerKey });
  writeGenesis(dataFolder, settings);
  return { settings, adminKey, isNew: true };
}
