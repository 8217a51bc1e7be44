/** A chain for golden files: fixed keys, salts and times, the shipped samples, the contracts of build/. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
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
import type { ChainHashName, ChainSettings, Transaction } from "../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../runtime/system/lifecycle-contract.ts";
import { createMachine } from "../../vm/execute/machine.ts";

export const GENESIS_SECONDS = 1_767_225_600;
const hashes = createHashes();
const verifier = createReferenceVerifier({});
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const keyOf = (name: string): Key => keyFromSecret(name, "ed25519", hashes.sha256(text(`golden ${name}`)));
export const keys = {
  admin: keyOf("admin"),
  seller: keyOf("seller"),
  buyer: keyOf("buyer"),
  carrier: keyOf("carrier"),
};

export interface Call {
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

export const call = (by: Key, contract: string, method: string, args: unknown): Call => ({
  contract,
  method,
  args,
  by,
});
export const INVOICE = { seller: "DE000000017", number: "KW-1001" };

export function deployment(name: string, initArgs: Record<string, unknown> | null): Call {
  const code = bytesToHex(new Uint8Array(readFileSync(`build/${name}.wasm`)));
  const init = initArgs === null ? "" : bytesToHex(encodeArguments(abis.get(name)!, "init", initArgs));
  return call(keys.admin, "lifecycle", "deploy", { name, code, initArgs: init });
}

export function sampleInvoices(): Call[] {
  const files = readdirSync("node/samples").filter((name) => name.endsWith(".xml"));
  return files.sort().map((name) => {
    const bytes = new Uint8Array(readFileSync(join("node/samples", name)));
    return call(keys.seller, "invoice", "issue", toInvoiceArguments(parseDocument(bytes), bytes));
  });
}

export function transactionOf({ contract, method, args, by }: Call, index: number): Transaction {
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

/** A folder that is gone after the tests. */
export function goldenFolder(): string {
  const directory = mkdtempSync(join(tmpdir(), "cinnabar-golden-"));
  folders.push(directory);
  return directory;
}

export function goldenGenesis(hash: ChainHashName): ChainSettings {
  const timeSeconds = GENESIS_SECONDS;
  return createGenesis({ chainId: "golden", adminKey: keys.admin, sealerKey: keys.admin, timeSeconds, hash });
}

export function openGoldenChain(hash: ChainHashName, directory: string): Promise<Chain> {
  const { publicKey, secretKey } = keys.admin;
  return openChain({
    directory,
    genesis: goldenGenesis(hash),
    machine: createMachine({ hashes, verifier }),
    hashes,
    seal: (blockHash) => ({
      algorithm: ALGORITHMS.ed25519,
      publicKey,
      signature: sign(ALGORITHMS.ed25519, secretKey, blockHash),
    }),
  });
}
