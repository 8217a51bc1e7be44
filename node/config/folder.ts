/** A data folder from nothing: the keys of its chain, and its genesis. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { AlgorithmName } from "../../accel/device.ts";
import type { ChainSettings } from "../../runtime/format/types.ts";
import { Rejected } from "../../vm/errors.ts";
import { type Key, loadOrCreateKey } from "../keys/keystore.ts";
import { ADMIN_KEY, KEYS_FOLDER, NODE_FILE, SEALER_KEY } from "./folder-names.ts";
import { createGenesis, GENESIS_FILE, type GenesisOptions, hasGenesis, readGenesis, writeGenesis } from "./genesis.ts";

export { ADMIN_KEY, KEYS_FOLDER, NODE_FILE, SEALER_KEY };

/** What the chain writes after its genesis file. */
const CHAIN_FOLDERS = ["log", "state"] as const;

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
 * Nothing is written into one that has blocks and no genesis file: a new chain over an old one's blocks would be no
 * chain, and would hide which file was lost.
 * @errors genesis.lost, keys.*, genesis.badFile, codec.*, chain.badSettings
 */
export function openFolder(dataFolder: string, options: FolderOptions): OpenedFolder {
  const keys = join(dataFolder, KEYS_FOLDER);
  const isNew = !hasGenesis(dataFolder);
  if (isNew) checkHasNoBlocks(dataFolder);
  const adminKey = loadOrCreateKey(keys, ADMIN_KEY, options.algorithm);
  if (!isNew) return { settings: readGenesis(dataFolder), adminKey, isNew };
  const sealerKey = loadOrCreateKey(keys, SEALER_KEY, options.algorithm);
  const settings = createGenesis({ ...options, adminKey, sealerKey });
  writeGenesis(dataFolder, settings);
  return { settings, adminKey, isNew };
}

/** @errors genesis.lost */
function checkHasNoBlocks(dataFolder: string): void {
  const found = CHAIN_FOLDERS.find((name) => hasFiles(join(dataFolder, name)));
  if (found === undefined) return;
  throw new Rejected("genesis.lost", `The data folder has blocks, but its ${GENESIS_FILE} is gone.`, {
    value: join(dataFolder, found),
    hint: `Put the chain's own ${GENESIS_FILE} back from a copy, or name another folder for a new chain.`,
  });
}

function hasFiles(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).length > 0;
}
