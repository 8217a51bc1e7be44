/** Two ledgers that are given the same blocks: one executes them in order, one with lanes. */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { connectLane } from "../../../../node/lanes/connect.ts";
import { type Candidate, Ledger, type LedgerLanes } from "../../../../runtime/chain/ledger.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import type { LaneStatistics } from "../../../../runtime/lanes/lanes.ts";
import { MemoryStore } from "../../../../runtime/state/memory-store.ts";
import type { NodeError } from "../../../../vm/errors.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { hashes, SETTINGS, seal, verifier } from "../test-chain.ts";

const SEED = { low: 3, high: 4 };

export type TwinOptions = Partial<LedgerLanes> & { readonly stateBytesMax?: number };

function ledger(lanes?: LedgerLanes, stateBytesMax?: number): Ledger {
  const made = new Ledger({
    settings: SETTINGS,
    store: new MemoryStore(),
    machine: createMachine({ hashes, verifier }),
    hashes,
    seed: SEED,
    lanes,
    ...(stateBytesMax === undefined ? {} : { stateBytesMax }),
  });
  made.commit(
    made.buildGenesis(),
    seal(made.settings.genesisTimeSeconds === 0 ? new Uint8Array(32) : new Uint8Array(32)),
  );
  return made;
}

/** All that a block is. */
function bytesOf({ hash, transactionBytes, receiptBytes, writes, header }: Candidate): unknown {
  return {
    hash: bytesToHex(hash),
    gasUsed: header.gasUsed,
    root: bytesToHex(header.stateRoot),
    transactions: transactionBytes.map(bytesToHex),
    receipts: receiptBytes.map(bytesToHex),
    writes: writes.map(({ key, value }) => [bytesToHex(key), value && bytesToHex(value)]),
  };
}

export class Twins {
  readonly sequential = ledger();
  readonly parallel: Ledger;
  readonly faults: NodeError[] = [];

  constructor({ stateBytesMax, ...lanes }: TwinOptions = {}) {
    const all: LedgerLanes = {
      workers: 2,
      policy: { lead: 0, offer: "all" },
      connect: connectLane,
      onFault: (fault) => this.faults.push(fault),
      ...lanes,
    };
    this.parallel = ledger(all, stateBytesMax);
  }

  get statistics(): LaneStatistics {
    return this.parallel.laneStatistics!;
  }

  /** Resolves when so many threads work. */
  async ready(threads: number): Promise<void> {
    while (this.parallel.laneThreads < threads) await setImmediate();
  }

  /** The same block on both; a difference is an assertion that fails. */
  async block(transactions: readonly Transaction[], seconds: number): Promise<void> {
    const expected = this.sequential.build(transactions, seconds);
    const steps = this.parallel.buildSteps(transactions, seconds);
    const step = steps.next();
    assert.ok(step.done, "no desk, no questions");
    const found = step.value;
    assert.deepEqual(bytesOf(found.candidate), bytesOf(expected.candidate));
    assert.deepEqual(
      found.refused.map(({ reason }) => reason.code),
      expected.refused.map(({ reason }) => reason.code),
    );
    this.sequential.commit(expected.candidate, seal(expected.candidate.hash));
    this.parallel.commit(found.candidate, seal(found.candidate.hash));
    // Messages of the threads come between blocks.
    await setImmediate();
  }

  close(): void {
    this.parallel.close();
  }
}
