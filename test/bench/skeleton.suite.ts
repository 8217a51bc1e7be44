/**
 * The first whole way of a transaction, layer by layer: what later work is measured against. No goals.
 *
 * The work is `payment.transfer` between two of a hundred accounts: two reads, two writes, one event. From the inside out: the
 * virtual machine with a plain map for state; whole blocks of a chain in a folder (execution, state root, durable record)
 * with signatures known; and the node, to which signed transactions are handed over HTTP and which answers when they are
 * committed. Verification is measured for each algorithm on one thread.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALGORITHMS, type Algorithm, type AlgorithmName } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { generateSecretKey, publicKeyOf, sign } from "../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { startLocalNode } from "../../node/cli/local-node.ts";
import { type Client, createClient } from "../../node/client/client.ts";
import { ADMIN_KEY, KEYS_FOLDER } from "../../node/config/folder.ts";
import { createGenesis } from "../../node/config/genesis.ts";
import { type Key, keyFromSecret, loadKey } from "../../node/keys/keystore.ts";
import { type Chain, openChain } from "../../runtime/chain/chain.ts";
import { parseAbi } from "../../runtime/format/abi.ts";
import { encodeArguments } from "../../runtime/format/abi-codec.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import type { Transaction } from "../../runtime/format/types.ts";
import { LIFECYCLE_ABI } from "../../runtime/system/lifecycle-contract.ts";
import { NodeError } from "../../vm/errors.ts";
import { createMachine, type LoadedContract, type Machine } from "../../vm/execute/machine.ts";
import { OUTCOMES } from "../../vm/outcome.ts";
import { type Case, microRate, suiteOfCases, timedRate } from "./harness.ts";
import { contextOf, MapEnvironment } from "./map-environment.ts";

const ACCOUNTS = 100;
const BLOCK_TRANSACTIONS = 1024;
const NODE_TRANSACTIONS = 512;
const GAS_LIMIT = 10_000_000;
const CHAIN_ID = "bench";
const INIT = { currency: "EUR", issuer: null, invoiceContract: "invoice" };

interface Parts {
  readonly folder: string;
  readonly abi: ContractAbi;
  readonly code: Uint8Array;
  readonly key: Key;
}

function loadParts(): Parts {
  const code = new Uint8Array(readFileSync("build/payment.wasm"));
  return {
    folder: mkdtempSync(join(tmpdir(), "cinnabar-bench-")),
    abi: parseAbi(new Uint8Array(readFileSync("build/payment.abi.json"))),
    code,
    key: keyFromSecret("bench", "ed25519", generateSecretKey(ALGORITHMS.ed25519)),
  };
}

const account = (index: number): string => `ACCOUNT-${index % ACCOUNTS}`;

/** The calls that fill a ledger, in order: accounts, then money on each. */
function ledgerCalls(): { method: string; args: Record<string, unknown> }[] {
  const indexes = Array.from({ length: ACCOUNTS }, (_, index) => index);
  return [
    ...indexes.map((index) => ({ method: "openAccount", args: { id: account(index) } })),
    ...indexes.map((index) => ({ method: "mint", args: { to: account(index), amount: "1000000000000" } })),
  ];
}

const transferArgs = (index: number): Record<string, unknown> => ({
  from: account(index),
  to: account(index + 1),
  amount: "1",
  reference: "bench",
});

// One contract call on the machine.

function newMachine(): Machine {
  return createMachine({ hashes: createHashes(), verifier: createReferenceVerifier({}) });
}

function demandOk(outcome: number, what: string): void {
  if (outcome !== OUTCOMES.ok) throw new NodeError("bench.outcome", `${what} ended with outcome ${outcome}`);
}

function machineCase({ abi, code, key }: Parts): Case {
  const machine = newMachine();
  const loaded = machine.load(code);
  if (!loaded.ok) throw new NodeError("bench.load", "build/payment.wasm is refused; run npm run build");
  const environment = new MapEnvironment(contextOf("payment", key.address));
  const call = (contract: LoadedContract, method: string, input: Uint8Array): void => {
    demandOk(machine.run(contract, method, input, GAS_LIMIT, environment).outcome, method);
  };
  call(loaded.contract, "init", encodeArguments(abi, "init", INIT));
  for (const { method, args } of ledgerCalls()) call(loaded.contract, method, encodeArguments(abi, method, args));
  const inputs = Array.from({ length: ACCOUNTS }, (_, index) => encodeArguments(abi, "transfer", transferArgs(index)));
  let next = 0;
  return {
    name: "contract call, payment.transfer, one thread",
    unit: "calls/s",
    goal: null,
    ours: () => microRate(() => call(loaded.contract, "transfer", inputs[next++ % ACCOUNTS]!)),
  };
}

// Blocks on a chain in a folder.

function unsignedTransaction(parts: Parts, contract: string, method: string, args: Uint8Array): Transaction {
  return {
    chainId: CHAIN_ID,
    algorithm: parts.key.algorithm,
    publicKey: parts.key.publicKey,
    contract,
    method,
    args,
    gasLimit: contract === "payment" ? GAS_LIMIT : 900_000_000,
    expiryHeight: 100_000,
    salt: randomBytes(16),
    signature: new Uint8Array(64),
  };
}

async function openBenchChain(parts: Parts): Promise<Chain> {
  const genesis = createGenesis({ chainId: CHAIN_ID, adminKey: parts.key, sealerKey: parts.key, timeSeconds: 0 });
  const { algorithm, publicKey, secretKey } = parts.key;
  const chain = await openChain({
    directory: join(parts.folder, "chain"),
    genesis,
    machine: newMachine(),
    hashes: createHashes(),
    seal: (hash) => ({ algorithm, publicKey, signature: sign(algorithm, secretKey, hash) }),
  });
  const initArgs = bytesToHex(encodeArguments(parts.abi, "init", INIT));
  const deploy = encodeArguments(LIFECYCLE_ABI, "deploy", { name: "payment", code: bytesToHex(parts.code), initArgs });
  const calls = ledgerCalls().map(({ method, args }) => ({ method, args: encodeArguments(parts.abi, method, args) }));
  await produceOk(chain, [unsignedTransaction(parts, "lifecycle", "deploy", deploy)]);
  await produceOk(
    chain,
    calls.map(({ method, args }) => unsignedTransaction(parts, "payment", method, args)),
  );
  return chain;
}

async function produceOk(chain: Chain, transactions: readonly Transaction[]): Promise<void> {
  const { receipts, refused } = await chain.produceBlock(transactions, 0);
  if (refused.length > 0) throw new NodeError("bench.refused", refused[0]!.reason.message);
  for (const { outcome } of receipts) demandOk(outcome, "a transaction of a block");
}

function chainCase(parts: Parts, chain: Chain): Case {
  const transactions = (): Transaction[] =>
    Array.from({ length: BLOCK_TRANSACTIONS }, (_, index) =>
      unsignedTransaction(parts, "payment", "transfer", encodeArguments(parts.abi, "transfer", transferArgs(index))),
    );
  return {
    name: `durable blocks of ${BLOCK_TRANSACTIONS} transfers, signatures known`,
    unit: "transactions/s",
    goal: null,
    ours: () => {
      const block = transactions();
      return timedRate(block.length, () => produceOk(chain, block));
    },
  };
}

// The whole node.

async function fillNode(client: Client, key: Key): Promise<void> {
  const calls = ledgerCalls().map(({ method, args }) => client.sign({ contract: "payment", method, args }, key));
  for (const result of await client.submitMany(await Promise.all(calls))) {
    if (result.state !== "committed") throw new NodeError("bench.fill", `the ledger was not filled: ${result.state}`);
  }
}

function nodeCase(client: Client, key: Key): Case {
  return {
    name: `node over HTTP: ${NODE_TRANSACTIONS} transfers signed (ed25519), verified, executed, rooted, durable`,
    unit: "transactions/s",
    goal: null,
    ours: async () => {
      const calls = Array.from({ length: NODE_TRANSACTIONS }, (_, index) =>
        client.sign({ contract: "payment", method: "transfer", args: transferArgs(index) }, key),
      );
      const signed = await Promise.all(calls);
      return timedRate(signed.length, async () => {
        for (const { state } of await client.submitMany(signed)) {
          if (state !== "committed") throw new NodeError("bench.submit", `a transfer is ${state}`);
        }
      });
    },
  };
}

function verificationCase([name, algorithm]: [AlgorithmName, Algorithm]): Case {
  const verifier = createReferenceVerifier({});
  const secretKey = generateSecretKey(algorithm);
  const publicKey = publicKeyOf(algorithm, secretKey);
  const message = randomBytes(32);
  const signature = sign(algorithm, secretKey, message);
  return {
    name: `verification, ${name}, reference driver, one thread`,
    unit: "signatures/s",
    goal: null,
    ours: () =>
      microRate(() => {
        if (!verifier.verify(algorithm, publicKey, signature, message)) {
          throw new NodeError("bench.verdict", "a good signature was refused");
        }
      }),
  };
}

export const skeleton = suiteOfCases("skeleton", async () => {
  const parts = loadParts();
  const chain = await openBenchChain(parts);
  const dataFolder = join(parts.folder, "node");
  const { node } = await startLocalNode({ dataFolder, config: { port: 0, logLevel: "error" } });
  const client = createClient({ url: node.url });
  const key = loadKey(join(dataFolder, KEYS_FOLDER), ADMIN_KEY);
  await fillNode(client, key);
  const algorithms = Object.entries(ALGORITHMS) as [AlgorithmName, Algorithm][];
  return {
    cases: [machineCase(parts), chainCase(parts, chain), nodeCase(client, key), ...algorithms.map(verificationCase)],
    close: async () => {
      await node.close();
      await chain.close();
      rmSync(parts.folder, { recursive: true, force: true });
    },
  };
});
