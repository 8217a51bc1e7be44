/**
 * Contract calls per second of one thread, signatures excluded: ours metered and with a way back, the peer's without
 * either. Then the ladder, layer by layer, to see which one costs what:
 *
 *   bare call   the instrumented module, its meters armed and its globals set back; the host answers from a tape
 *   + frame     the machine: a pooled instance, its reset, the real host functions, a state that forgets
 *   + storage   the same on a map
 *   + overlay   the call tree on the block's overlay: checkpoint, journal, committed every 1,024 calls
 *   + block     a transaction: encoded, its id hashed, authorised, receipt written
 */
import { NodeError } from "../../../vm/errors.ts";
import { demandOk } from "../chain-in-memory.ts";
import { type Case, cpuRate, suiteOfCases } from "../harness.ts";
import { contextOf, FixedEnvironment, MapEnvironment } from "../map-environment.ts";
import { openPeers, type PeerContract } from "./cosmwasm.ts";
import { bareCall, deployed, FIXED_VALUE, GAS_LIMIT, machineCall, type Subject, subject, treeCall } from "./layers.ts";

const SUITE = "calls";
const UNIT = "calls/s";
const GOAL = 4;
const CALLS_PER_BLOCK = 1024;
const BLOCKS_PER_ROUND = 100;
const CALLS = CALLS_PER_BLOCK * BLOCKS_PER_ROUND;

// What is called.

const sender = "bench";

function subjects(): Promise<Subject>[] {
  return [
    subject(
      "counter.increment",
      { sender, method: "init", args: [] },
      { sender, method: "increment", args: [] },
      { sender, method: "value", args: [] },
    ),
    subject(
      "transfer.transfer",
      { sender, method: "init", args: { from: 1, to: 2, balance: "1000000000000" } },
      { sender, method: "transfer", args: { from: 1, to: 2, amount: "1" } },
      { sender, method: "balance", args: { account: 2 } },
    ),
  ];
}

/** Blocks of calls, each committed; the number that the contract keeps has moved by as many, or the bench ends. */
function overlayBlocks(subject: Subject): (calls: number) => void {
  const chain = deployed(subject);
  const { contract, measured, input } = subject;
  const value = (): bigint => readNumber(treeCall(chain, contract, subject.view, subject.viewArgs));
  return (calls) => {
    const before = value();
    for (let done = 0; done < calls; done += CALLS_PER_BLOCK) {
      for (let i = 0; i < CALLS_PER_BLOCK; i++) treeCall(chain, contract, measured.method, input);
      chain.commit();
    }
    demandMoved(before, value(), calls);
  };
}

function transactionBlocks(subject: Subject): (calls: number) => void {
  const chain = deployed(subject);
  const { contract, measured, input } = subject;
  return (calls) => {
    for (let done = 0; done < calls; done += CALLS_PER_BLOCK) {
      const execution = chain.block();
      for (let i = 0; i < CALLS_PER_BLOCK; i++) {
        demandOk(chain.add(execution, chain.transaction(contract, measured.method, input, GAS_LIMIT)).outcome);
      }
      execution.finish();
      chain.commit();
    }
  };
}

function readNumber(output: Uint8Array): bigint {
  return Buffer.from(output).readBigUInt64LE(0);
}

function demandMoved(before: bigint, after: bigint, calls: number): void {
  if (after - before === BigInt(calls)) return;
  throw new NodeError("bench.differs", `${calls} calls moved the contract's number from ${before} to ${after}`);
}

// The cases.

const repeated =
  (call: () => void) =>
  (calls: number): void => {
    for (let i = 0; i < calls; i++) call();
  };

function peerCalls({ execute: call, value }: PeerContract, key: string): (calls: number) => void {
  return (calls) => {
    const before = value(key);
    for (let i = 0; i < calls; i++) call();
    demandMoved(before, value(key), calls);
  };
}

function casesOf(subject: Subject, peer: ((calls: number) => void) | null): Case[] {
  const { title, contract, initArgs } = subject;
  const context = contextOf(contract);
  const rate = (run: (calls: number) => void) => () => cpuRate(CALLS, () => run(CALLS));
  const row = (name: string, run: (calls: number) => void): Case => {
    return { name: `${title}, ${name}`, unit: UNIT, goal: null, ours: rate(run) };
  };
  const full = overlayBlocks(subject);
  return [
    {
      name: `${title}, metered, journal and rollback / cosmwasm-vm-js, unmetered`,
      unit: UNIT,
      goal: peer === null ? null : GOAL,
      ours: rate(full),
      baseline: peer === null ? undefined : rate(peer),
    },
    row("bare call", repeated(bareCall(subject))),
    row("+ frame", repeated(machineCall(subject, new FixedEnvironment(context, FIXED_VALUE)))),
    row("+ storage", repeated(machineCall(subject, new MapEnvironment(context), initArgs))),
    row("+ overlay", full),
    row("+ block", transactionBlocks(subject)),
  ];
}

export const calls = suiteOfCases(SUITE, async () => {
  const peers = await openPeers();
  const [counter, transfer] = await Promise.all(subjects());
  const cases = [
    ...casesOf(counter!, peers && peerCalls(peers.counter, "a")),
    ...casesOf(transfer!, peers && peerCalls(peers.transfer, "b")),
  ];
  return { cases, close: async () => {} };
});
