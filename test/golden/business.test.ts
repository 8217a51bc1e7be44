/**
 * One small history, byte for byte: what every transaction costs, how it ends, and every root and hash.
 *
 * The keys, salts and times are fixed, the documents are the shipped samples, the contracts are those of build/. Two nodes
 * that differ in a byte or a unit of gas differ here, whatever their engine or machine. A change of the file is a change of
 * consensus or of a contract: UPDATE_GOLDEN=1 writes it anew, and its difference is reviewed like code.
 */
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { ALGORITHMS } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { sign } from "../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { createGenesis } from "../../node/config/genesis.ts";
import { toInvoiceArguments } from "../../node/import/invoice-arguments.ts";
import { parseDocument } from "../../node/import/parse-document.ts";
import { type Key, keyFromSecret } from "../../node/keys/keystore.ts";
import { type Chain, openChain } from "../../runtime/chain/chain.ts";
import { parseAbi } from "../../runtime/format/abi.ts";
import { encodeArguments } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import { transactionId } from "../../runtime/format/transaction.ts";
import type { ChainHashName, Transaction } from "../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../runtime/system/lifecycle-contract.ts";
import { createMachine } from "../../vm/execute/machine.ts";

const GOLDEN = "test/golden/business.json";
const GENESIS_SECONDS = 1_767_225_600;
const hashes = createHashes();
const verifier = createReferenceVerifier({});
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const keyOf = (name: string): Key => keyFromSecret(name, "ed25519", hashes.sha256(text(`golden ${name}`)));
const keys = { admin: keyOf("admin"), seller: keyOf("seller"), buyer: keyOf("buyer"), carrier: keyOf("carrier") };

interface Call {
  readonly contract: string;
  readonly method: string;
  readonly args: unknown;
  readonly by: Key;
}

const abis = new Map([
  ["lifecycle", LIFECYCLE_ABI],
  ...["invoice", "payment", "trade"].map(
    (name) => [name, parseAbi(new Uint8Array(readFileSync(`build/${name}.abi.json`)))] as const,
  ),
]);

const call = (by: Key, contract: string, method: string, args: unknown): Call => ({ contract, method, args, by });
const INVOICE = { seller: "DE000000017", number: "KW-1001" };

function deployment(name: string, initArgs: Record<string, unknown> | null): Call {
  const code = bytesToHex(new Uint8Array(readFileSync(`build/${name}.wasm`)));
  const init = initArgs === null ? "" : bytesToHex(encodeArguments(abis.get(name)!, "init", initArgs));
  return call(keys.admin, "lifecycle", "deploy", { name, code, initArgs: init });
}

function sampleInvoices(): Call[] {
  const files = readdirSync("node/samples").filter((name) => name.endsWith(".xml"));
  return files.sort().map((name) => {
    const bytes = new Uint8Array(readFileSync(join("node/samples", name)));
    return call(keys.seller, "invoice", "issue", toInvoiceArguments(parseDocument(bytes), bytes));
  });
}

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

function transactionOf({ contract, method, args, by }: Call, index: number): Transaction {
  const unsigned = {
    chainId: "golden",
    algorithm: by.algorithm,
    publicKey: by.publicKey,
    contract,
    method,
    args: encodeArguments(abis.get(contract)!, method, args),
    gasLimit: contract === "lifecycle" ? 1_000_000_000 : 10_000_000,
    expiryHeight: 100,
    salt: hashes.sha256(text(`salt ${index}`)).slice(0, 16),
  };
  return { ...unsigned, signature: sign(by.algorithm, by.secretKey, transactionId(unsigned, hashes)) };
}

const folders: string[] = [];
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function openGoldenChain(hash: ChainHashName): Promise<Chain> {
  const directory = mkdtempSync(join(tmpdir(), "cinnabar-golden-"));
  folders.push(directory);
  const { publicKey, secretKey } = keys.admin;
  const timeSeconds = GENESIS_SECONDS;
  const genesis = createGenesis({ chainId: "golden", adminKey: keys.admin, sealerKey: keys.admin, timeSeconds, hash });
  return openChain({
    directory,
    genesis,
    machine: createMachine({ hashes, verifier }),
    hashes,
    seal: (blockHash) => ({
      algorithm: ALGORITHMS.ed25519,
      publicKey,
      signature: sign(ALGORITHMS.ed25519, secretKey, blockHash),
    }),
  });
}

/** What the history gives on a chain with this hash, as text of the golden file. */
async function run(hash: ChainHashName): Promise<unknown> {
  const chain = await openGoldenChain(hash);
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
