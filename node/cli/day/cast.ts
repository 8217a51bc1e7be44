/** Who takes part in the business day, and the accounts they have: invented companies, each with a key of its own. */
import { join } from "node:path";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { Client } from "../../client/client.ts";
import { ADMIN_KEY, KEYS_FOLDER } from "../../config/folder-names.ts";
import { type Key, loadOrCreateKey } from "../../keys/keystore.ts";

export interface Cast {
  /** Sends the sellers' invoices in; their accounts are this key's. */
  readonly importer: Key;
  /** Atelier Lumen, which buys. */
  readonly buyer: Key;
  /** Issuer of the euro ledger: the key that deployed the contracts. */
  readonly bank: Key;
  readonly carrier: Key;
  readonly financier: Key;
}

export const SELLER_ACCOUNT = "kranich-eur";
export const BUYER_ACCOUNT = "lumen-eur";
/** What the sample documents name as seller and buyer. */
export const SELLER_ID = "DE000000017";
export const BUYER_ID = "FR00000000026";

export const addressText = (key: Key): string => bytesToHex(key.address);

/** The keys of the day, in DATA/keys; made on the first day. */
export function loadCast(dataFolder: string): Cast {
  const load = (name: string): Key => loadOrCreateKey(join(dataFolder, KEYS_FOLDER), name);
  return {
    importer: load("importer"),
    buyer: load("buyer"),
    bank: load(ADMIN_KEY),
    carrier: load("carrier"),
    financier: load("financier"),
  };
}

/** True when the account exists. */
export async function hasAccount(client: Client, id: string): Promise<boolean> {
  return (await client.state("payment", "accounts", [id])).present;
}

/** The number of the day: one more than the days whose first invoice is on the chain. */
export async function nextDay(client: Client, firstNumber: (day: number) => string): Promise<number> {
  for (let day = 1; ; day++) {
    const { present } = await client.state("invoice", "numbers", [firstNumber(day)]);
    if (!present) return day;
  }
}
