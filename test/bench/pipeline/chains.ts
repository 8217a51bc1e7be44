/** What the blocks of the bench are made on: a chain in a folder, or a ledger alone, with an account for each number. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ALGORITHMS, type Hashes } from "../../../accel/device.ts";
import { SM2_DEFAULT_USER_ID } from "../../../accel/reference/sm2.ts";
import { type Chain, openChain } from "../../../runtime/chain/chain.ts";
import { Ledger, type NeededRoots } from "../../../runtime/chain/ledger.ts";
import { encodeArguments } from "../../../runtime/format/abi-codec.ts";
import { addressOfKey } from "../../../runtime/format/address.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import type { ChainSettings, Receipt, Transaction } from "../../../runtime/format/types.ts";
import { InPlaceRoots } from "../../../runtime/roots/in-place.ts";
import type { AddedBlock, Roots } from "../../../runtime/roots/roots.ts";
import { ThreadRoots } from "../../../runtime/roots/thread.ts";
import { MemoryStore } from "../../../runtime/state/memory-store.ts";
import { LIFECYCLE_ABI } from "../../../runtime/system/lifecycle-contract.ts";
import { PROTOCOL_VERSION } from "../../../vm/abi.ts";
import { NodeError } from "../../../vm/errors.ts";
import { demandOk, newMachine } from "../chain-in-memory.ts";
import { CHAIN_ID, CONTRACT, sealWith, signerOf, unsigned } from "./signed-transfers.ts";

const BALANCE = "1000000000";
/** As many as a call has memory for: the contract never frees any. */
const FILL_ACCOUNTS = 400;
const FILLS_PER_BLOCK = 50;
const FILL_GAS = 400_000_000;
const ADMIN = signerOf("admin");
export const TREE_THREAD = { hashesModule: new URL("../../../accel/hashes.js", import.meta.url) };

export interface Contract {
  readonly code: Uint8Array;
  readonly abi: ContractAbi;
}

/** Where blocks are made. */
export interface Sink {
  readonly hashes: Hashes;
  /** Resolves when the block is made; every transaction is in it and succeeded. */
  block(transactions: readonly Transaction[]): Promise<void>;
  close(): Promise<void>;
}

function settingsWith(hashes: Hashes): ChainSettings {
  return {
    chainId: CHAIN_ID,
    protocolVersion: PROTOCOL_VERSION,
    hash: "sha256",
    sm2UserId: SM2_DEFAULT_USER_ID,
    genesisTimeSeconds: 0,
    admins: [addressOfKey(ALGORITHMS.ed25519, ADMIN.publicKey, hashes)],
    sealer: { algorithm: ALGORITHMS.ed25519, publicKey: ADMIN.publicKey },
    transactionGasMax: 1_000_000_000,
    blockGasMax: 40_000_000_000,
    expiryHeightsMax: 2_000_000,
    transactionBytesMax: 1_000_000,
  };
}

/** Deploys the contract, and fills the accounts. */
async function prepare(sink: Sink, { code, abi }: Contract, accounts: number): Promise<void> {
  const init = bytesToHex(encodeArguments(abi, "init", { from: 0, to: 1, balance: BALANCE }));
  const deploy = encodeArguments(LIFECYCLE_ABI, "deploy", { name: CONTRACT, code: bytesToHex(code), initArgs: init });
  await sink.block([{ ...unsigned(ADMIN, "lifecycle", "deploy", deploy, 0), gasLimit: 1_000_000_000 }]);
  let fills: Transaction[] = [];
  for (let first = 0; first < accounts; first += FILL_ACCOUNTS) {
    const count = Math.min(FILL_ACCOUNTS, accounts - first);
    const args = encodeArguments(abi, "fill", { first, count, balance: BALANCE });
    fills.push({ ...unsigned(ADMIN, CONTRACT, "fill", args, 1 + first), gasLimit: FILL_GAS });
    if (fills.length < FILLS_PER_BLOCK && first + FILL_ACCOUNTS < accounts) continue;
    await sink.block(fills);
    fills = [];
  }
}

function demandAll(transactions: readonly Transaction[], receipts: readonly Receipt[]): void {
  for (const { outcome } of receipts) demandOk(outcome);
  if (receipts.length !== transactions.length) throw new NodeError("bench.refused", "a transfer is not in its block");
}

/** A chain in a temporary folder. */
export async function openChainSink(
  hashes: Hashes,
  contract: Contract,
  accounts: number,
  hasThread: boolean,
): Promise<Sink & { readonly chain: Chain }> {
  const directory = mkdtempSync(join(tmpdir(), "cinnabar-bench-"));
  const chain = await openChain({
    directory,
    genesis: settingsWith(hashes),
    machine: newMachine(),
    hashes,
    seal: sealWith(ADMIN),
    ...(hasThread ? { treeThread: TREE_THREAD } : {}),
  });
  const sink = {
    hashes,
    chain,
    block: async (transactions: readonly Transaction[]) => {
      demandAll(transactions, (await chain.produceBlock(transactions, 0)).receipts);
    },
    close: async () => {
      await chain.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
  await prepare(sink, contract, accounts);
  await chain.checkpoint();
  return sink;
}

/** Who computes the roots of a ledger that stands alone; "none": its headers are wrong. */
export type RootsKind = "none" | "in place" | "on a thread";

/** A ledger in memory: execution and roots, without seal, record and file. */
export async function openLedgerSink(
  hashes: Hashes,
  contract: Contract,
  accounts: number,
  kind: RootsKind,
): Promise<Sink> {
  const ledger = new Ledger({
    settings: settingsWith(hashes),
    store: new MemoryStore(),
    machine: newMachine(),
    hashes,
    seed: { low: 1, high: 2 },
    createRoots: (needed) => rootsOf(kind, needed),
  });
  const seal = sealWith(ADMIN)(new Uint8Array(32));
  ledger.commit(await ledger.root(ledger.buildGenesis()), seal);
  let last: Promise<void> = Promise.resolve();
  const sink: Sink = {
    hashes,
    block: (transactions) => {
      const { executed } = ledger.build(transactions, 0);
      const before = last;
      last = ledger.root(executed).then(async (candidate) => {
        await before;
        ledger.commit(candidate, seal);
        demandAll(transactions, candidate.receipts);
      });
      return last;
    },
    close: () => ledger.close(),
  };
  await prepare(sink, contract, accounts);
  return sink;
}

function rootsOf(kind: RootsKind, needed: NeededRoots): Roots {
  if (kind === "in place") return new InPlaceRoots(needed);
  return kind === "none" ? new NoRoots(needed) : new ThreadRoots({ ...needed, ...TREE_THREAD });
}

/** A tree that nobody hashes. */
class NoRoots extends InPlaceRoots {
  override async add(): Promise<AddedBlock> {
    const none = new Uint8Array(32);
    return { transactionsRoot: none, receiptsRoot: none, stateRoot: none };
  }

  override dropBelow(): void {}
}
