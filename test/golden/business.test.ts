/**
 * One small history, byte for byte: what every transaction costs, how it ends, and every root and hash.
 *
 * The keys, salts and times are fixed, the documents are the shipped samples, the contracts are those of build/. Two nodes
 * that differ in a byte or a unit of gas differ here, whatever their engine or machine. A change of the file is a change of
 * consensus or of a contract: UPDATE_GOLDEN=1 writes it anew, and its difference is reviewed like code.
 */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { ChainHashName } from "../../runtime/format/types.ts";
import {
  type Call,
  call,
  deployment,
  GENESIS_SECONDS,
  goldenFolder,
  INVOICE,
  keys,
  openGoldenChain,
  sampleInvoices,
  transactionOf,
} from "./golden-chain.ts";

const GOLDEN = "test/golden/business.json";

/** The history: one block a row. */
function history(): Call[][] {
  const { admin, seller, buyer, carrier } = keys;
  const pay = { from: "buyer", to: "seller", ...INVOICE };
  const book = { ...INVOICE, booker: "FR00000000026", voucher: "2026-17" };
  const bill = { reference: "SEA-1", kind: 1, shipper: bytesToHex(seller.address), consignee: null };
  return [
    [
      deployment("invoice", { mode: 0, paymentContract: "payment" }),
      deployment("payment", { currency: "EUR", issuer: null, invoiceContract: "invoice" }),
      deployment("trade", null),
    ],
    [...sampleInvoices(), sampleInvoices()[0]!],
    [
      call(seller, "payment", "openAccount", { id: "seller" }),
      call(buyer, "payment", "openAccount", { id: "buyer" }),
      call(buyer, "payment", "mint", { to: "buyer", amount: "1" }),
      call(admin, "payment", "mint", { to: "buyer", amount: "100000000" }),
      call(buyer, "payment", "payInvoice", pay),
      call(buyer, "payment", "payInvoice", pay),
      call(buyer, "invoice", "book", book),
      call(buyer, "invoice", "book", book),
    ],
    [
      call(carrier, "trade", "issue", { ...bill, documentHash: "11".repeat(32) }),
      call(seller, "trade", "transfer", { reference: "SEA-1", to: bytesToHex(buyer.address) }),
      call(seller, "trade", "transfer", { reference: "SEA-1", to: bytesToHex(buyer.address) }),
      call(buyer, "trade", "surrender", { reference: "SEA-1" }),
      call(carrier, "trade", "acceptSurrender", { reference: "SEA-1" }),
    ],
  ];
}

/** What the history gives on a chain with this hash, as text of the golden file. */
async function run(hash: ChainHashName): Promise<unknown> {
  const chain = await openGoldenChain(hash, goldenFolder());
  const blocks = [];
  let index = 0;
  for (const [position, calls] of history().entries()) {
    const transactions = calls.map((each) => transactionOf(each, index++));
    const { block, blockHash, receipts, refused } = await chain.produceBlock(transactions, GENESIS_SECONDS + position);
    assert.deepEqual(refused, []);
    blocks.push({
      blockHash: bytesToHex(blockHash),
      stateRoot: bytesToHex(block.header.stateRoot),
      receiptsRoot: bytesToHex(block.header.receiptsRoot),
      transactionsRoot: bytesToHex(block.header.transactionsRoot),
      scheduleHash: bytesToHex(block.header.scheduleHash),
      calls: receipts.map((receipt, at) => {
        const { contract, method } = calls[at]!;
        return `${contract}.${method}: outcome ${receipt.outcome} ${receipt.revertCode}, gas ${receipt.gasUsed}`;
      }),
    });
  }
  await chain.close();
  return blocks;
}

test("a history has the receipts, gas, roots and hashes of the golden file, with SHA-256 and with SM3", async () => {
  const found = `${JSON.stringify({ sha256: await run("sha256"), sm3: await run("sm3") }, null, 2)}\n`;
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(GOLDEN, found);
  assert.equal(found, readFileSync(GOLDEN, "utf8"), "consensus or a contract changed; on purpose: UPDATE_GOLDEN=1");
});
