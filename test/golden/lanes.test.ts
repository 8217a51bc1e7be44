/**
 * The schedule report of a real mixed block, as a person reads it: three contracts, a payment that calls an invoice, refusals,
 * one hot cell. Gas, keys, dependencies and the text itself are in the golden file; UPDATE_GOLDEN=1 writes it anew, and its
 * difference is read.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { before, describe, it } from "node:test";
import { writeGenesis } from "../../node/config/genesis.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { runHere } from "../e2e/cli/run-cli.ts";
import {
  type Call,
  call,
  deployment,
  GENESIS_SECONDS,
  goldenFolder,
  goldenGenesis,
  INVOICE,
  keys,
  openGoldenChain,
  sampleInvoices,
  transactionOf,
} from "./golden-chain.ts";

const GOLDEN = "test/golden/lanes.txt";
const ACCOUNTS = ["ACME", "Bäcker & Söhne", "lumen", "kranich"];

const { admin, seller, buyer, carrier } = keys;
const transfer = (from: string, to: string, amount: string): Call =>
  call(buyer, "payment", "transfer", { from, to, amount, reference: `${from} to ${to}` });
const bill = (reference: string): Call => {
  const parties = { shipper: bytesToHex(seller.address), consignee: null };
  return call(carrier, "trade", "issue", { reference, kind: 1, ...parties, documentHash: "11".repeat(32) });
};

/** One block a row; the last one is reported on. */
const HISTORY: readonly (readonly Call[])[] = [
  [
    deployment("invoice", { mode: 0, paymentContract: "payment" }),
    deployment("payment", { currency: "EUR", issuer: null, invoiceContract: "invoice" }),
    deployment("trade", null),
  ],
  [
    sampleInvoices()[0]!,
    call(seller, "payment", "openAccount", { id: "seller" }),
    ...ACCOUNTS.map((id) => call(buyer, "payment", "openAccount", { id })),
    ...ACCOUNTS.slice(0, 3).map((to) => call(admin, "payment", "mint", { to, amount: "100000000" })),
    bill("SEA-1"),
    bill("SEA-2"),
  ],
  [
    ...sampleInvoices().slice(1, 4),
    transfer("ACME", "kranich", "500"),
    call(admin, "payment", "mint", { to: "kranich", amount: "1000" }),
    transfer("Bäcker & Söhne", "lumen", "700"),
    bill("SEA-3"),
    call(admin, "payment", "mint", { to: "lumen", amount: "1000" }),
    call(seller, "trade", "transfer", { reference: "SEA-1", to: bytesToHex(buyer.address) }),
    call(buyer, "payment", "payInvoice", { from: "ACME", to: "seller", ...INVOICE }),
    transfer("kranich", "ACME", "1"),
    call(seller, "trade", "transfer", { reference: "SEA-1", to: bytesToHex(buyer.address) }),
    call(buyer, "payment", "mint", { to: "ACME", amount: "1" }),
    call(buyer, "invoice", "book", { ...INVOICE, booker: "FR00000000026", voucher: "2026-17" }),
    call(buyer, "trade", "surrender", { reference: "SEA-1" }),
    transfer("lumen", "Bäcker & Söhne", "2"),
    call(buyer, "payment", "payInvoice", { from: "ACME", to: "seller", ...INVOICE }),
    transfer("ACME", "lumen", "99"),
    call(seller, "trade", "surrender", { reference: "SEA-2" }),
  ],
];
const HEIGHT = HISTORY.length;

describe("the schedule report of a mixed block", () => {
  const folder = goldenFolder();
  before(async () => {
    writeGenesis(folder, goldenGenesis("sha256"));
    const chain = await openGoldenChain("sha256", folder);
    let index = 0;
    for (const [position, calls] of HISTORY.entries()) {
      const transactions = calls.map((each) => transactionOf(each, index++));
      const { refused } = await chain.produceBlock(transactions, GENESIS_SECONDS + position);
      assert.deepEqual(refused, []);
    }
    await chain.close();
  });

  it("is the golden file's, and names what an accountant would", async () => {
    const { code, stdout, stderr } = await runHere(["lanes", String(HEIGHT), "--all", "--data", folder]);
    assert.equal(code, 0, stderr);
    if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, stdout);
    assert.equal(stdout, readFileSync(GOLDEN, "utf8"), "the report changed; on purpose: UPDATE_GOLDEN=1");
    assert.match(stdout, /payment\/accounts\/ACME/);
    assert.match(stdout, /invoice\/invoices\/DE000000017\/KW-1001/);
    assert.ok(!stdout.includes("\u001b"), "colours are for terminals");
  });

  it("is the same from the chain itself, from its log, and of a range of one block", async () => {
    const last = await runHere(["lanes", "--data", folder, "--json"]);
    const named = await runHere(["lanes", `${HEIGHT}-${HEIGHT}`, "--data", folder, "--json"]);
    assert.equal(last.stdout, named.stdout);
    const chain = await openGoldenChain("sha256", folder);
    const { transactions, chain: path, criticalPath } = chain.laneReport(HEIGHT)!;
    await chain.close();
    const read = JSON.parse(last.stdout) as Record<string, unknown> & { transactions: { waits: unknown }[] };
    assert.equal(read.criticalPath, criticalPath);
    assert.deepEqual(read.chain, path);
    assert.deepEqual(
      read.transactions.map(({ waits }) => waits),
      transactions.map(({ waits }) => waits),
    );
  });

  it("of several blocks has a line each and one prediction of all, with measured times when asked", async () => {
    const range = await runHere(["lanes", `1-${HEIGHT}`, "--data", folder]);
    assert.equal(range.code, 0, range.stderr);
    assert.equal(range.stdout.match(/^ +\d+ +\d+ +[\d,]+ gas +[\d.]+ % /gm)?.length, HEIGHT);
    assert.match(range.stdout, /\nPredicted\n.*\n +1 /);
    const measured = await runHere([
      "lanes",
      String(HEIGHT),
      "--measure",
      "--hop",
      "50000",
      "--data",
      folder,
      "--json",
    ]);
    assert.equal(measured.code, 0, measured.stderr);
    const report = JSON.parse(measured.stdout) as { unit: string; transactions: { cost: number }[] };
    assert.equal(report.unit, "ns");
    assert.ok(report.transactions.every(({ cost }) => cost > 0));
  });

  it("refuses a block that is not there", async () => {
    const { code, stdout } = await runHere(["lanes", "2-99", "--data", folder, "--json"]);
    assert.equal(code, 1);
    assert.match(stdout, /"code":"chain.noBlock".*"limit":"0 to 3"/);
  });
});
