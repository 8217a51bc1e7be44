/** What the lanes are measured with: contracts, the state before, and blocks of transactions. */
import { join } from "node:path";
import { compileContract } from "../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { builtContract } from "../../../contracts/testing/built-contract.ts";
import { encodeArguments, encodeValue, storageKey } from "../../../runtime/format/abi-codec.ts";
import type { ContractAbi } from "../../../runtime/format/contract-abi.ts";
import type { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import { stateKey } from "../../../runtime/format/state-key.ts";
import type { StateEntry } from "../../../runtime/state/store.ts";
import { Random } from "../../fuzz/random.ts";
import { documentOf } from "../../unit/contracts/invoice-document.ts";
import { type CallOf, Senders } from "./senders.ts";

const BLOCKS = 4;
const SENDERS = 128;
const BALANCE = "1000000000000";
const GAS_LIMIT = 20_000_000;
const ACCOUNTS_MANY = 10_000;
const ZIPF_EXPONENT = 0.99;
/** Some 50 us of metered code on the machines this was written on. */
const COMPUTE_STEPS = 24_000;

export interface Contract {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly abi: ContractAbi;
  readonly initArgs: Uint8Array;
}

export interface Workload {
  readonly name: string;
  readonly contract: Contract;
  /** The contract's state before the first block. */
  readonly entries: readonly StateEntry[];
  readonly blocks: readonly (readonly DecodedTransaction[])[];
}

/** A workload before its transactions are made. */
export interface WorkloadPlan {
  readonly name: string;
  /** Its transactions can be signed; the others are there for what execution alone does. */
  readonly canBeSigned: boolean;
  readonly make: (isSigned: boolean) => Workload;
}

interface Parts {
  readonly name: string;
  readonly contract: Contract;
  readonly entries?: readonly StateEntry[];
  readonly blockSize: number;
  readonly canBeSigned?: boolean;
  /** Draws one call. */
  readonly calls: (random: Random) => () => Omit<CallOf, "contract">;
}

function plan({ name, contract, entries = [], blockSize, canBeSigned = false, calls }: Parts): WorkloadPlan {
  const make = (isSigned: boolean): Workload => {
    const senders = new Senders(SENDERS, isSigned);
    const next = calls(new Random(`bench lanes ${name}`));
    const transaction = (): DecodedTransaction =>
      senders.transaction({ contract: contract.name, ...next() }, GAS_LIMIT);
    const blocks = Array.from({ length: BLOCKS }, () => Array.from({ length: blockSize }, transaction));
    return { name, contract, entries, blocks };
  };
  return { name, canBeSigned, make };
}

async function benchContract(file: string, initArgs: unknown): Promise<Contract> {
  const entry = join(packageRoot(), "test", "bench", "kernels", "contracts", `${file}.ts`);
  const { name, wasm, abi } = await compileContract({ entry });
  return { name, wasm, abi, initArgs: encodeArguments(abi, "init", initArgs) };
}

function balanceEntry({ name, abi }: Contract, map: string, account: number): StateEntry {
  return { key: stateKey(name, storageKey(abi, map, [account])), value: encodeValue(abi, "u64", BALANCE) };
}

/** Accounts 1 to `count` have enough. */
function funded(contract: Contract, count: number): StateEntry[] {
  return Array.from({ length: count }, (_, index) => balanceEntry(contract, "balances", index + 1));
}

/** Draws numbers below `count`, each with a chance in proportion to (number + 1)^-exponent. */
function zipf(random: Random, count: number, exponent: number): () => number {
  const sums = new Float64Array(count);
  let sum = 0;
  for (let number = 0; number < count; number += 1) {
    sum += (number + 1) ** -exponent;
    sums[number] = sum;
  }
  return () => {
    const wanted = (random.bits() / 2 ** 32) * sum;
    let low = 0;
    for (let high = count - 1; low < high; ) {
      const middle = (low + high) >> 1;
      if (sums[middle]! < wanted) low = middle + 1;
      else high = middle;
    }
    return low;
  };
}

function drawsOf(random: Random, count: number, isZipf: boolean): () => number {
  return isZipf ? zipf(random, count, ZIPF_EXPONENT) : () => random.below(count);
}

function transfers(contract: Contract, count: number, isZipf: boolean): WorkloadPlan {
  return plan({
    name: `transfer, ${count} accounts${isZipf ? `, Zipf ${ZIPF_EXPONENT}` : ""}`,
    contract,
    entries: funded(contract, count),
    blockSize: 1024,
    canBeSigned: !isZipf && (count === 2 || count === ACCOUNTS_MANY),
    calls: (random) => {
      const draw = drawsOf(random, count, isZipf);
      return () => {
        const from = draw();
        let to = draw();
        while (to === from) to = draw();
        const args = encodeArguments(contract.abi, "transfer", { from: from + 1, to: to + 1, amount: "1" });
        return { method: "transfer", args, sender: from };
      };
    },
  });
}

/** Payments of 10,000 accounts. @param treasuries what they pay into */
function payments(contract: Contract, method: "pay" | "payCounted", treasuries: number): WorkloadPlan {
  const into = treasuries === 1 ? "one treasury" : `${treasuries} treasuries`;
  return plan({
    name: `${into}, ${method === "pay" ? "plain balance" : "counter"}`,
    contract,
    entries: [...funded(contract, ACCOUNTS_MANY), balanceEntry(contract, "received", 0)],
    blockSize: 1024,
    calls: (random) => () => {
      const from = random.below(ACCOUNTS_MANY);
      const treasury = random.below(treasuries);
      const args = encodeArguments(contract.abi, method, { from: from + 1, treasury, amount: "1" });
      return { method, args, sender: from };
    },
  });
}

/** Each sender issues in its own name, a document like any other. */
function invoices(contract: Contract): WorkloadPlan {
  return plan({
    name: "national invoice day",
    contract,
    blockSize: 256,
    canBeSigned: true,
    calls: (random) => {
      let number = 0;
      return () => {
        number += 1;
        const sender = random.below(SENDERS);
        const net = `${random.between(1, 99_999)}.${random.below(10)}0`;
        const document = documentOf(net, { number: `R-${number}`, seller: `DE${sender}` });
        return { method: "issue", args: encodeArguments(contract.abi, "issue", { document }), sender };
      };
    },
  });
}

function work(contract: Contract): WorkloadPlan[] {
  const compute = plan({
    name: "compute-heavy",
    contract,
    blockSize: 128,
    canBeSigned: true,
    calls: (random) => () => {
      const place = random.below(ACCOUNTS_MANY);
      const args = encodeArguments(contract.abi, "compute", { place, steps: COMPUTE_STEPS });
      return { method: "compute", args, sender: place };
    },
  });
  const nothing = plan({
    name: "empty contract",
    contract,
    blockSize: 1024,
    calls: (random) => () => ({ method: "nothing", args: new Uint8Array(0), sender: random.below(SENDERS) }),
  });
  return [compute, nothing];
}

/** All of them, by name. */
export async function workloadPlans(): Promise<ReadonlyMap<string, WorkloadPlan>> {
  const transfer = await benchContract("transfer", { from: 1, to: 2, balance: BALANCE });
  const treasury = await benchContract("treasury", {});
  const invoice = builtContract("invoice");
  const settings = { mode: 0, paymentContract: "payment" };
  const invoiceContract = { name: "invoice", ...invoice, initArgs: encodeArguments(invoice.abi, "init", settings) };
  const counts = [2, 10, 100, ACCOUNTS_MANY];
  const plans = [
    ...counts.map((count) => transfers(transfer, count, false)),
    ...counts.map((count) => transfers(transfer, count, true)),
    payments(treasury, "pay", 1),
    payments(treasury, "payCounted", 1),
    payments(treasury, "payCounted", ACCOUNTS_MANY),
    invoices(invoiceContract),
    ...work(await benchContract("work", {})),
  ];
  return new Map(plans.map((each) => [each.name, each]));
}
