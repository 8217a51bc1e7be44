/** A real node on a real folder, for tests: any free port, quiet, signatures on the main thread. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "../../../node/client/client.ts";
import type { ClientProblem } from "../../../node/client/client-error.ts";
import { type FolderOptions, openFolder } from "../../../node/config/folder.ts";
import { loadConfig } from "../../../node/config/load-config.ts";
import type { NodeConfigInput } from "../../../node/config/schema.ts";
import type { Key } from "../../../node/keys/keystore.ts";
import { type Node, startNode } from "../../../node/node.ts";
import { REGISTER_ABI, registerModule } from "./register-contract.ts";

export const CHAIN_ID = "test-chain";
const GENESIS_TIME_SECONDS = 1_700_000_000;

export interface TestNode {
  readonly node: Node;
  readonly client: Client;
  readonly adminKey: Key;
  readonly folder: string;
  /** The node is stopped and its folder gone. */
  end(): Promise<void>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly body: unknown;
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "cinnabar-node-"));
}

/** A folder with a chain of its own. */
export function createFolder(options: Partial<FolderOptions> = {}): {
  readonly folder: string;
  readonly adminKey: Key;
} {
  const folder = temporaryFolder();
  const { adminKey } = openFolder(folder, { chainId: CHAIN_ID, timeSeconds: GENESIS_TIME_SECONDS, ...options });
  return { folder, adminKey };
}

export function testConfig(folder: string, input: NodeConfigInput = {}) {
  const quiet = { dataFolder: folder, port: 0, logLevel: "silent", accelerator: { workers: 0 } } as const;
  return loadConfig({ options: { ...quiet, ...input } });
}

/** A running node with the contract `register` deployed. */
export async function startTestNode(
  input: NodeConfigInput = {},
  genesis: Partial<FolderOptions> = {},
): Promise<TestNode> {
  const { folder, adminKey } = createFolder(genesis);
  const node = await startNode(testConfig(folder, input));
  const client = createClient({ url: node.url });
  const deployed = await client.deploy({ name: "register", code: registerModule(), abi: REGISTER_ABI }, adminKey);
  if (deployed.receipt.outcome !== "ok") throw new TypeError(`not deployed: ${JSON.stringify(deployed.receipt)}`);
  const end = async () => {
    await node.close();
    rmSync(folder, { recursive: true, force: true });
  };
  return { node, client, adminKey, folder, end };
}

export interface RawRequest {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One request as it is; the body is read as JSON where it is some. */
export async function ask(url: string, path: string, request: RawRequest = {}): Promise<Answer> {
  const { method = "GET", body, headers = {} } = request;
  const init = body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) };
  const response = await fetch(url + path, { method, headers, ...init });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: jsonOrUndefined(text) };
}

export function askJson(url: string, path: string, value: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return ask(url, path, { method: "POST", headers, body: typeof value === "string" ? value : JSON.stringify(value) });
}

export function problemIn(answer: Answer): ClientProblem {
  return answer.body as ClientProblem;
}

function jsonOrUndefined(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
