/**
 * What the host does for a guest, by its price: each host function at several lengths, frames by pages, memory.grow, and
 * deployments by bytes and functions. Everything runs in the real machine and the real executor, on a state in memory;
 * what a block costs afterwards (its tree, its record in the log) is not in it.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { NodeError } from "../../../vm/errors.ts";
import { LIMITS } from "../../../vm/limits.ts";
import { OUTCOMES } from "../../../vm/outcome.ts";
import { ChainInMemory } from "../chain-in-memory.ts";
import { cpuNanoseconds } from "../machine.ts";
import type { Finding } from "./findings.ts";
import { type HostCase, hostCases, NOTHING_CONTRACT } from "./host-cases.ts";
import { assemble } from "./program.ts";

const GAS_LIMIT = 2 ** 50;
const SAMPLES = 5;
const SAMPLE_NANOSECONDS = 3e6;
const SALT_BYTES = 8;

interface Work {
  /** Gas of one unit; the last run's. */
  readonly run: () => number;
  readonly units: number;
}

/** The least of the samples a unit, and its gas. */
function timed({ run, units }: Work, after: () => void): { nanoseconds: number; gas: number } {
  let gas = run();
  after();
  const time = (count: number): number => {
    const start = cpuNanoseconds();
    for (let i = 0; i < count; i++) gas = run();
    after();
    return cpuNanoseconds() - start;
  };
  let count = 1;
  for (let spent = time(1); spent < SAMPLE_NANOSECONDS; spent = time(count)) {
    count = Math.max(count + 1, Math.ceil((count * SAMPLE_NANOSECONDS * 1.1) / Math.max(spent, 1000)));
  }
  const best = Math.min(...Array.from({ length: SAMPLES }, () => time(count)));
  return { nanoseconds: best / count / units, gas: gas / units };
}

/** Argument bytes that differ from call to call in their first eight: what a contract makes new keys of. */
function saltedArguments(rest: Uint8Array): () => Uint8Array {
  const bytes = new Uint8Array(SALT_BYTES + rest.length);
  bytes.set(rest, SALT_BYTES);
  const view = new DataView(bytes.buffer);
  return () => {
    view.setUint32(0, view.getUint32(0) + 1);
    return bytes;
  };
}

function caseFinding(chain: ChainInMemory, contract: string, each: HostCase): Finding {
  chain.deploy(contract, assemble(each.module));
  const args = saltedArguments(each.input ?? new Uint8Array(0));
  const run = (): number => {
    const { outcome, gasUsed } = chain.call(contract, "run", args(), GAS_LIMIT);
    if (outcome !== (each.outcome ?? OUTCOMES.ok)) {
      throw new NodeError("bench.outcome", `${each.cost}, ${each.name} ended with outcome ${outcome}`);
    }
    return gasUsed;
  };
  const time = timed({ run, units: each.units }, () => chain.commit());
  return { kind: "host", cost: each.cost, pattern: each.name, ...time };
}

// Deployments: the same module again under another hash, made by a custom section.

const body = (operations: number): string => "(local.set 0 (i32.add (local.get 0) (i32.const 7)))".repeat(operations);

function moduleOf(functions: number, operations: number): Uint8Array {
  const each = `(func (param i32) (result i32) ${body(operations)} (local.get 0))`;
  return assemble(`(module (memory (export "memory") 1 1) (func (export "call_run")) ${each.repeat(functions)})`);
}

function salted(wasm: Uint8Array, salt: number): Uint8Array {
  const name = Buffer.from(`salt${String(salt).padStart(10, "0")}`);
  return new Uint8Array(Buffer.concat([wasm, Buffer.from([0, name.length + 1, name.length]), name]));
}

function deployments(): Finding[] {
  const contracts = ["payment", "invoice", "trade"].map((name) => ({
    pattern: `contract ${name}`,
    wasm: new Uint8Array(readFileSync(join(packageRoot(), "build", `${name}.wasm`))),
  }));
  const made = [
    { pattern: "1 function of 4 instructions", wasm: moduleOf(1, 1) },
    { pattern: `${LIMITS.functions - 1} functions of 1 instruction`, wasm: moduleOf(LIMITS.functions - 1, 0) },
    { pattern: "200 functions of 401 instructions", wasm: moduleOf(200, 100) },
    { pattern: "8 functions of 16,001 instructions", wasm: moduleOf(8, 4000) },
  ];
  return [...contracts, ...made].map(({ pattern, wasm }) => {
    const chain = new ChainInMemory();
    let salt = 0;
    const run = (): number => {
      salt += 1;
      const init = pattern === "contract payment" ? "payment" : pattern === "contract invoice" ? "invoice" : "";
      return chain.deploy(`c${salt}`, salted(wasm, salt), INIT_ARGS[init] ?? new Uint8Array(0)).gasUsed;
    };
    return { kind: "host", cost: "deployment", pattern, ...timed({ run, units: 1 }, () => {}) };
  });
}

/** Codec bytes of `init`: (currency "EUR", issuer none, invoiceContract ""); (mode 0, paymentContract ""). */
const INIT_ARGS: Readonly<Record<string, Uint8Array>> = {
  payment: Uint8Array.of(3, 0, 0, 0, 0x45, 0x55, 0x52, 0, 0, 0, 0, 0),
  invoice: Uint8Array.of(0, 0, 0, 0, 0),
};

export function hostFindings(): Finding[] {
  const chain = new ChainInMemory();
  chain.deploy("nothing", assemble(NOTHING_CONTRACT));
  const found = hostCases().map((each, index) => caseFinding(chain, `h${index}`, each));
  return [...found, ...deployments()];
}
