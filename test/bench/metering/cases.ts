/** What is measured: the kernels, each as the one method of a contract, and one method of each contract. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { bytesToHex } from "../../../runtime/format/bytes.ts";
import { documentOf } from "../../unit/contracts/invoice-document.ts";
import { addressOf } from "./live-host.ts";

export interface CallOf {
  readonly sender: string;
  readonly method: string;
  readonly args: unknown;
}

export interface MeteringCase {
  readonly name: string;
  /** The contract's main file, which is written into `folder` where it is not a file of the project. */
  readonly entry: (folder: string) => string;
  /** Calls that come before. */
  readonly before: readonly CallOf[];
  readonly measured: CallOf;
  /** Calls in a row on one instance before its globals are set back. */
  readonly callsPerReset: number;
}

/** Each takes about a millisecond of optimised, unmetered code, and no more than the 4 MiB a contract may have. */
const KERNEL_SCALES: Readonly<Record<string, number>> = {
  collatz: 6000,
  "counted-loop": 400_000,
  "memory-stream": 20,
  sieve: 200_000,
  matrix: 60,
  fibonacci: 27,
  expressions: 400,
  "function-table": 200_000,
  comparators: 2000,
  "multiply-modulo": 5000,
  sorting: 10_000,
  sha256: 60,
  strings: 2000,
  trees: 5000,
  dictionary: 40_000,
  "invoice-lines": 3500,
};

const KERNEL_CONTRACT = (file: string): string => `import { run as kernel } from "./${file}";

@contract("kernel", 1)
export class Kernel {
  @view
  run(scale: i32): i64 {
    return kernel(scale);
  }
}
`;

function kernelCase([name, scale]: [string, number]): MeteringCase {
  return {
    name,
    entry: (folder) => {
      mkdirSync(folder, { recursive: true });
      const source = readFileSync(join(packageRoot(), "test", "bench", "kernels", `${name}.ts`));
      writeFileSync(join(folder, `${name}.ts`), source);
      writeFileSync(join(folder, "index.ts"), KERNEL_CONTRACT(name));
      return join(folder, "index.ts");
    },
    before: [],
    measured: { sender: "bench", method: "run", args: { scale } },
    callsPerReset: 1,
  };
}

const CONTRACT_CALLS_PER_RESET = 16;

function contractCase(contract: string, before: readonly CallOf[], measured: CallOf): MeteringCase {
  const entry = (): string => join(packageRoot(), "contracts", contract, "index.ts");
  const name = `${contract}.${measured.method}`;
  return { name, entry, before, measured, callsPerReset: CONTRACT_CALLS_PER_RESET };
}

const hexAddress = (name: string): string => bytesToHex(addressOf(name));

const CONTRACT_CASES: readonly MeteringCase[] = [
  contractCase(
    "payment",
    [
      { sender: "bank", method: "init", args: { currency: "EUR", issuer: null, invoiceContract: "invoice" } },
      { sender: "alice", method: "openAccount", args: { id: "ACCOUNT-1" } },
      { sender: "bob", method: "openAccount", args: { id: "ACCOUNT-2" } },
      { sender: "bank", method: "mint", args: { to: "ACCOUNT-1", amount: "1000000" } },
    ],
    {
      sender: "alice",
      method: "transfer",
      args: { from: "ACCOUNT-1", to: "ACCOUNT-2", amount: "125", reference: "invoice R-1" },
    },
  ),
  contractCase("invoice", [{ sender: "seller", method: "init", args: { mode: 0, paymentContract: "payment" } }], {
    sender: "seller",
    method: "issue",
    args: { document: documentOf("100.00") },
  }),
  contractCase(
    "trade",
    [
      {
        sender: "carrier",
        method: "issue",
        args: ["BL-1", 1, hexAddress("shipper"), null, "dd".repeat(32)],
      },
    ],
    { sender: "shipper", method: "transfer", args: ["BL-1", hexAddress("bank")] },
  ),
];

export const METERING_CASES: readonly MeteringCase[] = [
  ...Object.entries(KERNEL_SCALES).map(kernelCase),
  ...CONTRACT_CASES,
];
