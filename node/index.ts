/** The node room for outsiders (`cinnabar/node`). Inside the project, import the files themselves. */
export {
  ADMIN_KEY,
  type FolderOptions,
  KEYS_FOLDER,
  NODE_FILE,
  type OpenedFolder,
  openFolder,
  SEALER_KEY,
} from "./config/folder.ts";
export {
  createGenesis,
  GENESIS_DEFAULTS,
  type GenesisOptions,
  hasGenesis,
  readGenesis,
  writeGenesis,
} from "./config/genesis.ts";
export { type ConfigSources, configVariables, loadConfig } from "./config/load-config.ts";
export { type NodeConfig, type NodeConfigInput, nodeConfigSchema } from "./config/schema.ts";
export { INGEST_REJECTIONS, type IngestRejection } from "./ingest/rejections.ts";
export { createKey, type Key, type KeySummary, listKeys, loadKey, loadOrCreateKey } from "./keys/keystore.ts";
export { type Node, type NodeFile, type NodeOptions, startNode } from "./node.ts";
export { EXIT_CODES, endOnUnhandled, runUntilStopped } from "./process.ts";
