/**
 * Many small transfers from one account, signed beforehand: how many the node takes in a second, each of them on disk.
 */
import { NodeError } from "../../../vm/errors.ts";
import type { Client } from "../../client/client.ts";
import type { SignedTransaction } from "../../client/transactions.ts";
import type { Key } from "../../keys/keystore.ts";

export interface Throughput {
  readonly transactions: number;
  readonly seconds: number;
  /** Committed transactions in a second, signatures verified and records synced to disk. */
  readonly perSecond: number;
}

const TRANSFERS = 300;

async function signTransfers(client: Client, key: Key, route: { from: string; to: string }) {
  const signed: SignedTransaction[] = [];
  for (let index = 0; index < TRANSFERS; index++) {
    const args = { ...route, amount: 1, reference: `small change ${index + 1}` };
    signed.push(await client.sign({ contract: "payment", method: "transfer", args }, key));
  }
  return signed;
}

/** @errors day.unexpected (NodeError) when a transfer was not made */
export async function measureTransfers(
  client: Client,
  key: Key,
  route: { readonly from: string; readonly to: string },
): Promise<Throughput> {
  const signed = await signTransfers(client, key, route);
  const startedMs = performance.now();
  const outcomes = await client.submitMany(signed);
  const seconds = (performance.now() - startedMs) / 1000;
  const isDone = outcomes.every((outcome) => outcome.state === "committed" && outcome.receipt.outcome === "ok");
  if (!isDone) throw new NodeError("day.unexpected", "a small transfer was not made");
  return { transactions: TRANSFERS, seconds, perSecond: Math.round(TRANSFERS / seconds) };
}
