/**
 * The node a command talks to.
 *
 *   --url, CINNABAR_URL       that node
 *   a node runs on --data     that one; its address stands in DATA/node.json
 *   else                      a node started here, on that folder, for as long as the command runs
 *
 * A node started here makes keys and a genesis where there are none and deploys the shipped contracts on first use, so
 * that the first command in a fresh clone works.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { type Client, createClient } from "../client/client.ts";
import { NODE_FILE } from "../config/folder-names.ts";
import type { NodeFile } from "../node.ts";
import { type DataOptions, dataFolder, withDataOption } from "./data-folder.ts";
import type { Terminal } from "./terminal.ts";

export interface SessionOptions extends DataOptions {
  readonly url?: string;
  /** False: a node started here deploys nothing. */
  readonly deploy?: boolean;
}

export interface Session {
  readonly client: Client;
  readonly url: string;
  close(): Promise<void>;
}

export function withNodeOptions(command: Command): Command {
  return withDataOption(command).option(
    "--url <address>",
    "a node's address (default: $CINNABAR_URL, else that of --data)",
  );
}

/** Address of the node that runs on the folder; undefined when none does. */
export function runningNodeUrl(folder: string): string | undefined {
  const file = readNodeFile(folder);
  return file !== undefined && isAlive(file.pid) ? file.url : undefined;
}

function readNodeFile(folder: string): NodeFile | undefined {
  try {
    const file = JSON.parse(readFileSync(join(folder, NODE_FILE), "utf8")) as Partial<NodeFile>;
    return typeof file.url === "string" && typeof file.pid === "number" ? (file as NodeFile) : undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is there and another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

async function openEmbedded(terminal: Terminal, folder: string, deploy: boolean): Promise<Session> {
  const progress = terminal.progress(`starting a node on ${folder}`);
  try {
    const { startLocalNode } = await import("./local-node.ts");
    const { node } = await startLocalNode({
      dataFolder: folder,
      deploy,
      config: { port: 0, logLevel: "error", api: { documentation: false } },
      deploying: (contract) => progress.update(`(deploying ${contract})`),
    });
    const { url } = node;
    return { client: createClient({ url }), url, close: () => node.close() };
  } finally {
    progress.stop();
  }
}

/** A session with the node of the options; must be closed. */
export async function openSession(terminal: Terminal, options: SessionOptions): Promise<Session> {
  const folder = dataFolder(options);
  const url = options.url ?? (process.env.CINNABAR_URL || undefined) ?? runningNodeUrl(folder);
  if (url === undefined) return openEmbedded(terminal, folder, options.deploy ?? true);
  return { client: createClient({ url }), url, close: async () => {} };
}

/** Runs `work` in a session and closes it, whatever happens. */
export async function inSession<T>(
  terminal: Terminal,
  options: SessionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession(terminal, options);
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}
