/** A node of this process on a data folder: keys and genesis where there are none, the shipped contracts deployed. */
import { join } from "node:path";
import { destination, pino } from "pino";
import { Rejected } from "../../vm/errors.ts";
import { createClient } from "../client/client.ts";
import { KEYS_FOLDER, openFolder } from "../config/folder.ts";
import { loadConfig } from "../config/load-config.ts";
import type { NodeConfig, NodeConfigInput } from "../config/schema.ts";
import { type Node, type NodeOptions, startNode } from "../node.ts";
import { nodeEnvironment } from "./node-environment.ts";
import { deployShippedContracts } from "./shipped-contracts.ts";

export const DEFAULT_CHAIN_ID = "cinnabar-dev";

export interface LocalNodeOptions {
  readonly dataFolder: string;
  /** Values that win over configuration file and environment. */
  readonly config?: NodeConfigInput;
  readonly configFile?: string;
  /** Name of the chain where the folder has none yet. */
  readonly chainId?: string;
  /** False: the chain stays without the shipped contracts. Default true. */
  readonly deploy?: boolean;
  readonly progress?: NodeOptions["progress"];
  /** Told what is deployed, one after the other. */
  readonly deploying?: (contract: string) => void;
}

export interface LocalNode {
  readonly node: Node;
  /** True when the folder had no chain before. */
  readonly isNew: boolean;
  /** Height of the chain when it was opened, before anything was deployed. */
  readonly startHeight: number;
  /** Contracts that were deployed now. */
  readonly deployed: readonly string[];
}

function configOf(options: LocalNodeOptions): NodeConfig {
  return loadConfig({
    ...(options.configFile === undefined ? {} : { file: options.configFile }),
    environment: nodeEnvironment(),
    options: { ...options.config, dataFolder: options.dataFolder },
  });
}

/**
 * The folder has a chain; true when it was made now.
 * @errors chain.otherChain when it has another one than the one that was asked for by name
 */
function openChainFolder(dataFolder: string, wanted: string | undefined): boolean {
  const chainId = wanted ?? DEFAULT_CHAIN_ID;
  const { isNew, settings } = openFolder(dataFolder, { chainId, timeSeconds: Math.floor(Date.now() / 1000) });
  if (wanted === undefined || settings.chainId === wanted) return isNew;
  throw new Rejected("chain.otherChain", `the data folder has the chain ${settings.chainId}, not ${wanted}`, {
    value: dataFolder,
    limit: settings.chainId,
    hint: "Leave out --chain-id to go on with this chain, or name another folder by --data for a new one.",
  });
}

/**
 * Resolves to a running node whose chain has the shipped contracts. Its log goes to standard error.
 * @errors those of startNode, config.*, chain.otherChain, deploy.refused
 */
export async function startLocalNode(options: LocalNodeOptions): Promise<LocalNode> {
  const config = configOf(options);
  const isNew = openChainFolder(config.dataFolder, options.chainId);
  const log = pino({ level: config.logLevel }, destination({ dest: 2, sync: true }));
  const node = await startNode(config, {
    log,
    ...(options.progress === undefined ? {} : { progress: options.progress }),
  });
  const startHeight = node.chain.head.header.height;
  try {
    const client = createClient({ url: node.url });
    const keys = join(config.dataFolder, KEYS_FOLDER);
    const deployed = options.deploy === false ? [] : await deployShippedContracts(client, keys, options.deploying);
    return { node, isNew, startHeight, deployed };
  } catch (error) {
    await node.close();
    throw error;
  }
}
