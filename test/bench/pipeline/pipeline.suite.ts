/**
 * Transfers per second of one process, signed, verified, metered, executed, rooted and durable; no HTTP.
 *
 * The input is signed before the clock starts; what is measured begins with its bytes and ends when the record of the last block is
 * on disk. A ladder shows what each step adds, at 100,000 accounts:
 *
 *   bytes        groups of them are taken and nothing is done
 *   + decode     fields, and the id
 *   + signatures the wasm device, ed25519
 *   + execution  a ledger in memory whose roots nobody computes
 *   + roots      the same, the tree in place and on its thread
 *   + durable    the chain in a folder: seal, record, fdatasync, checkpoints behind; and the same at 1,000,000 accounts
 *
 * Beside the rate stands the processor time of a transfer, over all threads: it is what the rate would be on a machine that
 * nobody else uses, and steps can be taken from each other. Latency from arrival to durable at half of the rate reached.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import type { SignatureDevice } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { createWasmDevice } from "../../../accel/wasm/device.ts";
import { compileContract } from "../../../contracts/compiler/compile.ts";
import { packageRoot } from "../../../contracts/compiler/package-root.ts";
import { type Measurement, measurementOf, median, type Report, type RunOptions, type Suite } from "../harness.ts";
import { cpuNanoseconds } from "../machine.ts";
import { columns, format, measurementTable } from "../table.ts";
import { type Contract, openChainSink, openLedgerSink, type Sink } from "./chains.ts";
import { BLOCK_TRANSACTIONS, feed, type Way } from "./feed.ts";
import { type Latencies, measureLatency } from "./latency.ts";
import { SignedTransfers } from "./signed-transfers.ts";

const ROUNDS = 3;
const TRANSFERS = 80_000;
const SMALL = 100_000;
const LARGE = 1_000_000;
/** Transfers a second, by issue; at 100,000 and at 1,000,000 accounts. */
const GOALS = { [SMALL]: 55_000, [LARGE]: 45_000 } as const;
const SUITE = "pipeline";
const UNIT = "transfers/s";

interface Step {
  readonly name: string;
  readonly accounts: number;
  readonly hasSignatures: boolean;
  readonly isDecoding: boolean;
  readonly open?: () => Promise<Sink>;
  readonly goal?: number;
}

interface Result {
  readonly step: Step;
  /** One figure a round: transfers a second, and processor time of each, microseconds. */
  readonly rates: readonly number[];
  readonly cpuUs: readonly number[];
  readonly latency?: LatencyAt;
}

const hashes = createHashes();

function stepsOf(contract: Contract): readonly Step[] {
  const decoded = { accounts: SMALL, hasSignatures: false, isDecoding: true };
  const signed = { ...decoded, hasSignatures: true };
  const ledger = (kind: Parameters<typeof openLedgerSink>[3]) => () => openLedgerSink(hashes, contract, SMALL, kind);
  const chain = (accounts: number, hasThread: boolean) => () => openChainSink(hashes, contract, accounts, hasThread);
  const large = { accounts: LARGE };
  return [
    { ...decoded, name: "bytes", isDecoding: false },
    { ...decoded, name: "+ decode, id" },
    { ...signed, name: "+ signatures" },
    { ...decoded, name: "executed, signatures known", open: ledger("none") },
    { ...decoded, name: "+ roots in place, signatures known", open: ledger("in place") },
    { ...decoded, name: "+ roots on a thread, signatures known", open: ledger("on a thread") },
    { ...decoded, name: "durable, signatures known", open: chain(SMALL, true) },
    { ...signed, name: "durable, tree in place", open: chain(SMALL, false) },
    { ...signed, name: "durable", open: chain(SMALL, true), goal: GOALS[SMALL] },
    { ...decoded, ...large, name: "durable, signatures known", open: chain(LARGE, true) },
    { ...signed, ...large, name: "durable", open: chain(LARGE, true), goal: GOALS[LARGE] },
  ];
}

async function loadContract(): Promise<Contract> {
  const entry = join(packageRoot(), "test", "bench", "kernels", "contracts", "transfer.ts");
  const { wasm, abi } = await compileContract({ entry });
  return { code: wasm, abi };
}

type Progress = RunOptions["progress"];

interface LatencyAt extends Latencies {
  readonly ratePerSecond: number;
}

interface Parts {
  readonly device: SignatureDevice;
  /** Transfers of each round, the first to warm up; the last ones are for the latency. */
  readonly slices: readonly (readonly Uint8Array[])[];
  readonly progress: Progress;
}

/** One step, round after round, each with transfers of its own; and its latency where it has a goal. */
async function measureStep(step: Step, { device, slices, progress }: Parts): Promise<Result> {
  const sink = await step.open?.();
  const way: Way = {
    hashes,
    isDecoding: step.isDecoding,
    device: step.hasSignatures ? device : undefined,
    block: sink && ((transactions) => sink.block(transactions)),
  };
  const [rates, cpuUs]: [number[], number[]] = [[], []];
  try {
    for (const [round, slice] of slices.slice(0, -1).entries()) {
      progress(`pipeline: ${step.name}, ${format(step.accounts, 0)} accounts, round ${round}`);
      const [startCpu, start] = [cpuNanoseconds(), performance.now()];
      await feed(slice, way);
      if (round === 0) continue;
      rates.push((slice.length * 1000) / (performance.now() - start));
      cpuUs.push((cpuNanoseconds() - startCpu) / 1000 / slice.length);
    }
    if (step.goal === undefined || sink === undefined) return { step, rates, cpuUs };
    progress(`pipeline: latency at half of the rate, ${format(step.accounts, 0)} accounts`);
    const ratePerSecond = median(rates) / 2;
    const latency = { ratePerSecond, ...(await measureLatency(slices.at(-1)!, ratePerSecond, sink, device)) };
    return { step, rates, cpuUs, latency };
  } finally {
    await sink?.close();
  }
}

const titleOf = ({ name, accounts }: Step): string => `${name}, ${format(accounts, 0)} accounts`;

function measurementsOf({ step, rates, cpuUs, latency }: Result): Measurement[] {
  const { goal } = step;
  const title = titleOf(step);
  const one = (name: string, unit: string, ours: readonly number[], better: "higher" | "lower"): Measurement =>
    measurementOf({ suite: SUITE, name, unit, goal: null, better, ours, baseline: [] });
  const rate = measurementOf({
    suite: SUITE,
    name: title,
    unit: UNIT,
    goal: goal ?? null,
    better: "higher",
    ours: rates,
    baseline: [],
  });
  const all = [rate, one(`${title}, processor time`, "us/transfer", cpuUs, "lower")];
  if (latency === undefined) return all;
  const at = `latency at ${format(latency.ratePerSecond, 0)} transfers/s, ${format(step.accounts, 0)} accounts`;
  return [...all, one(`${at}, p50`, "ms", [latency.p50Ms], "lower"), one(`${at}, p99`, "ms", [latency.p99Ms], "lower")];
}

/** The ladder: what a step costs, and the rate at which two cores that do nothing else would do it. */
function ladderText(results: readonly Result[]): string {
  const rows = results.map(({ step, rates, cpuUs }) => {
    const us = median(cpuUs);
    return [
      titleOf(step),
      format(median(rates) / 1000, 1),
      format(us),
      format((1000 * availableParallelism()) / us, 1),
    ];
  });
  return columns([["step", "k transfers/s", "us processor time each", "k/s if all cores were ours"], ...rows]);
}

async function measure(options: RunOptions): Promise<Report> {
  const rounds = options.rounds ?? ROUNDS;
  const contract = await loadContract();
  const steps = stepsOf(contract).filter((step) => options.only === null || titleOf(step).includes(options.only));
  const transfers = new SignedTransfers(hashes, contract.abi);
  const device = createWasmDevice({ workers: availableParallelism() });
  const results: Result[] = [];
  try {
    for (const accounts of [SMALL, LARGE]) {
      const ofSize = steps.filter((step) => step.accounts === accounts);
      if (ofSize.length === 0) continue;
      options.progress(`pipeline: signing for ${format(accounts, 0)} accounts`);
      const slices = Array.from({ length: rounds + 2 }, (_, round) =>
        transfers.make(TRANSFERS, accounts, options.seed + round),
      );
      for (const step of ofSize) {
        results.push(await measureStep(step, { device, slices, progress: options.progress }));
      }
    }
  } finally {
    await device.close();
  }
  const measurements = results.flatMap(measurementsOf);
  const wanted = measurements.filter(({ goal, unit }) => goal !== null || unit === "ms");
  const text = [
    `Blocks of ${BLOCK_TRANSACTIONS} transfers between random accounts, keys of 20,000 senders, one after the other:`,
    ladderText(results),
    measurementTable(wanted.length > 0 ? wanted : measurements),
  ].join("\n\n");
  return { measurements, text };
}

export const pipeline: Suite = { name: SUITE, measure };
