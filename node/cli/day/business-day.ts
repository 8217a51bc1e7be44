/**
 * The business day of `npm start`: sample documents, payments, bookkeeping and a bill of lading, played on the running
 * node through its API as any client would. Good and bad steps alternate, so that one sees who refuses what.
 *
 *   morning   sellers issue invoices; one is a cent off, one comes twice
 *   noon      the buyer pays an invoice and books it; paying or booking it again is refused
 *   afternoon a bill of lading goes from carrier to shipper to financier to buyer and back
 *   evening   many small transfers, for a figure; a proof of the first invoice, checked offline
 */
import type { Client } from "../../client/client.ts";
import { importDocuments } from "../../import/import-documents.ts";
import {
  addressText,
  BUYER_ACCOUNT,
  BUYER_ID,
  type Cast,
  hasAccount,
  loadCast,
  nextDay,
  SELLER_ACCOUNT,
  SELLER_ID,
} from "./cast.ts";
import { DayLedger, type DayStep } from "./ledger.ts";
import { type CheckedProof, proveAndCheck } from "./proof.ts";
import { FIRST_NUMBER, numberOfDay, renumber, SAMPLES, samplePath } from "./samples.ts";
import { measureTransfers, type Throughput } from "./throughput.ts";

export interface DayOptions {
  readonly client: Client;
  readonly dataFolder: string;
  /** Told of each step as it happens. */
  readonly added?: (step: DayStep) => void;
  /** Told what comes next. */
  readonly progress?: (text: string) => void;
}

export interface DayResult {
  readonly day: number;
  readonly steps: readonly DayStep[];
  readonly throughput: Throughput;
  readonly proof: CheckedProof;
  readonly height: number;
  readonly stateRoot: string;
}

interface Scene {
  readonly client: Client;
  readonly cast: Cast;
  readonly ledger: DayLedger;
  readonly day: number;
  /** Number of the day's first invoice. */
  readonly invoice: string;
}

/** Minor units given to the buyer each day: more than the day costs. */
const DAILY_MONEY = 100_000;

async function issueInvoices({ client, cast, ledger, day }: Scene): Promise<void> {
  const settings = { client, key: cast.importer, prepare: (bytes: Uint8Array) => renumber(bytes, day) };
  let index = 0;
  for await (const document of importDocuments(SAMPLES.map(samplePath), settings)) {
    const sample = SAMPLES[index++];
    const refusedBy = sample?.refusedBy;
    const step = `${document.number}: ${sample?.step}`;
    ledger.document(step, document, refusedBy === undefined ? "accepted" : { refusedBy });
  }
  const [first] = SAMPLES;
  if (first === undefined) return;
  for await (const document of importDocuments([samplePath(first)], settings)) {
    ledger.document(`${document.number}: the same file again`, document, { refusedBy: "invoice.duplicate" });
  }
}

async function openAccounts({ client, cast, ledger }: Scene): Promise<void> {
  const accounts = [
    { id: SELLER_ACCOUNT, key: cast.importer },
    { id: BUYER_ACCOUNT, key: cast.buyer },
  ];
  for (const { id, key } of accounts) {
    if (await hasAccount(client, id)) continue;
    await ledger.send(`account ${id} opened`, { contract: "payment", method: "openAccount", args: { id } }, key);
  }
  const mint = { contract: "payment", method: "mint", args: { to: BUYER_ACCOUNT, amount: DAILY_MONEY } };
  await ledger.send("bank issues 1,000.00 EUR to the buyer", mint, cast.bank);
}

async function payAndBook({ cast, ledger, invoice }: Scene): Promise<void> {
  const of = { seller: SELLER_ID, number: invoice };
  const payment = { from: BUYER_ACCOUNT, to: SELLER_ACCOUNT, ...of };
  const pay = { contract: "payment", method: "payInvoice", args: payment };
  await ledger.send(`buyer pays ${invoice}, less the credit`, pay, cast.buyer);
  await ledger.send(`buyer pays ${invoice} again`, pay, cast.buyer, { refusedBy: "invoice.nothingDue" });
  const book = (voucher: string) => ({
    contract: "invoice",
    method: "book",
    args: { ...of, booker: BUYER_ID, voucher },
  });
  await ledger.send(`buyer books ${invoice}`, book("V-1"), cast.buyer);
  await ledger.send(`buyer books ${invoice} again`, book("V-2"), cast.buyer, { refusedBy: "invoice.booked" });
}

async function shipGoods({ cast, ledger, day }: Scene): Promise<void> {
  const reference = `SEA-${day}`;
  const call = (method: string, args: object = {}) => ({ contract: "trade", method, args: { reference, ...args } });
  const give = (key: keyof Cast) => call("transfer", { to: addressText(cast[key]) });
  const issue = call("issue", {
    kind: 1,
    shipper: addressText(cast.importer),
    consignee: null,
    documentHash: "5e".repeat(32),
  });
  await ledger.send(`carrier issues bill of lading ${reference}`, issue, cast.carrier);
  await ledger.send("shipper gives it to the financier", give("financier"), cast.importer);
  await ledger.send("shipper gives it away once more", give("buyer"), cast.importer, { refusedBy: "possessor.only" });
  await ledger.send("financier gives it to the buyer", give("buyer"), cast.financier);
  await ledger.send("buyer surrenders it", call("surrender"), cast.buyer);
  await ledger.send("carrier delivers the goods", call("acceptSurrender"), cast.carrier);
}

/**
 * Plays one day and resolves to what happened.
 * @errors day.unexpected (NodeError) when a step does not come to what it should
 */
export async function playBusinessDay(options: DayOptions): Promise<DayResult> {
  const { client, dataFolder, progress = () => undefined } = options;
  const cast = loadCast(dataFolder);
  const day = await nextDay(client, (candidate) => numberOfDay(FIRST_NUMBER, candidate));
  const ledger = new DayLedger(client, options.added ?? (() => undefined));
  const scene: Scene = { client, cast, ledger, day, invoice: numberOfDay(FIRST_NUMBER, day) };
  progress("invoices");
  await issueInvoices(scene);
  progress("payment and books");
  await openAccounts(scene);
  await payAndBook(scene);
  progress("bill of lading");
  await shipGoods(scene);
  progress("many transfers");
  const throughput = await measureTransfers(client, cast.buyer, { from: BUYER_ACCOUNT, to: SELLER_ACCOUNT });
  progress("proof");
  const proof = await proveAndCheck(client, SELLER_ID, scene.invoice);
  const { head } = await client.status();
  return { day, steps: ledger.steps, throughput, proof, height: head.height, stateRoot: head.stateRoot };
}
