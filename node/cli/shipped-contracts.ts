/** The contracts that come with the project, and how a chain gets them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../contracts/compiler/package-root.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import { NodeError } from "../../vm/errors.ts";
import type { Client } from "../client/client.ts";
import { ClientError } from "../client/client-error.ts";
import { ADMIN_KEY } from "../config/folder-names.ts";
import { hasKey, type Key, loadKey } from "../keys/keystore.ts";

interface ShippedContract {
  readonly name: string;
  /** Arguments of its `init`; left out when it has none. */
  readonly initArgs?: Readonly<Record<string, unknown>>;
}

/** Rules as CEN's validation artefacts apply them, with their tolerance in BR-CO-17. */
const MODE_CEN = 0;

/** In this order: a contract that is called by another one stands first. */
export const SHIPPED_CONTRACTS: readonly ShippedContract[] = [
  { name: "invoice", initArgs: { mode: MODE_CEN, paymentContract: "payment" } },
  { name: "payment", initArgs: { currency: "EUR", issuer: null, invoiceContract: "invoice" } },
  { name: "trade" },
];

function readShipped(name: string): { code: Uint8Array; abi: ContractAbi } {
  const path = (ending: string): string => join(packageRoot(), "build", `${name}.${ending}`);
  try {
    const abi = JSON.parse(readFileSync(path("abi.json"), "utf8")) as ContractAbi;
    return { code: new Uint8Array(readFileSync(path("wasm"))), abi };
  } catch (cause) {
    throw new NodeError("deploy.notBuilt", `the contract ${name} is not built; run: cinnabar build`, { cause });
  }
}

async function isDeployed(client: Client, name: string): Promise<boolean> {
  try {
    await client.contract(name);
    return true;
  } catch (error) {
    if (error instanceof ClientError && error.code === "api.contractNotFound") return false;
    throw error;
  }
}

/** The chain's admin key, when this folder has it. */
async function adminKey(client: Client, keysFolder: string): Promise<Key | undefined> {
  if (!hasKey(keysFolder, ADMIN_KEY)) return undefined;
  const key = loadKey(keysFolder, ADMIN_KEY);
  const { chain } = await client.status();
  return chain.admins.includes(bytesToHex(key.address)) ? key : undefined;
}

async function deployOne(client: Client, shipped: ShippedContract, key: Key): Promise<void> {
  const { code, abi } = readShipped(shipped.name);
  const { receipt } = await client.deploy({ name: shipped.name, code, abi, initArgs: shipped.initArgs ?? {} }, key);
  if (receipt.outcome === "ok") return;
  const why = receipt.message ?? receipt.error?.name ?? receipt.outcome;
  throw new NodeError("deploy.refused", `the contract ${shipped.name} was not deployed: ${why}`);
}

/**
 * The chain has the shipped contracts; resolves to the names of those that were deployed now. Where the folder has no
 * admin key of the chain, nothing is deployed.
 */
export async function deployShippedContracts(
  client: Client,
  keysFolder: string,
  deploying: (contract: string) => void = () => undefined,
): Promise<readonly string[]> {
  const missing: ShippedContract[] = [];
  for (const shipped of SHIPPED_CONTRACTS) if (!(await isDeployed(client, shipped.name))) missing.push(shipped);
  const key = missing.length === 0 ? undefined : await adminKey(client, keysFolder);
  if (key === undefined) return [];
  for (const shipped of missing) {
    deploying(shipped.name);
    await deployOne(client, shipped, key);
  }
  return missing.map(({ name }) => name);
}
