/**
 * Ledgers that are given the same blocks: one executes them in order, one with lanes, and one imports what the second made,
 * with lanes and the access record.
 */
import assert from "node:assert/strict";
import { setImmediate } from "node:timers/promises";
import { connectLane } from "../../../../node/lanes/connect.ts";
import { type Candidate, Ledger, type LedgerLanes } from "../../../../runtime/chain/ledger.ts";
import type { VerdictSteps } from "../../../../runtime/execute/block.ts";
import { type AccessRecord, accessFlagsOf, accessKey } from "../../../../runtime/format/accesses.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { Transaction } from "../../../../runtime/format/types.ts";
import type { LaneStatistics } from "../../../../runtime/lanes/lanes.ts";
import { MemoryStore } from "../../../../runtime/state/memory-store.ts";
import type { NodeError } from "../../../../vm/errors.ts";
import { createMachine } from "../../../../vm/execute/machine.ts";
import { hashes, SETTINGS, seal, verifier } from "../test-chain.ts";

const SEED = { low: 3, high: 4 };

export type TwinOptions = Partial<LedgerLanes> & { readonly stateBytesMax?: number };

/** Kept from twins to twins: compiling contracts takes longer than the blocks. Threads have machines of their own. */
const MACHINES = [0, 1, 2].map(() => createMachine({ hashes, verifier }));

function ledger(place: number, lanes?: LedgerLanes, stateBytesMax?: number): Ledger {
  const made = new Ledger({
    settings: SETTINGS,
    store: new MemoryStore(),
    machine: MACHINES[place]!,
    hashes,
    seed: SEED,
    lanes,
    ...(stateBytesMax === undefined ? {} : { stateBytesMax }),
  });
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

/** An access record for people. */
function textOfRecord({ keys, transactions, ranges }: AccessRecord): unknown {
  const name = (key: Uint8Array): string => Buffer.from(key).toString("latin1");
  return {
    transactions: transactions.map((accesses) =>
      Array.from(accesses, (access) => `${name(keys[accessKey(access)]!)} ${accessFlagsOf(access)}`),
    ),
    ranges: ranges.map(({ transaction, prefix, from, through }) =>
      [transaction, name(prefix), name(from), through && name(through)].join(" "),
    ),
  };
}

function done<T>(steps: VerdictSteps<T>): T {
  const step = steps.next();
  assert.ok(step.done === true, "no desk, no questions");
  return step.value;
}

export class Twins {
  /** Changes the access records on their way to the importer. */
  tampered: ((record: AccessRecord) => AccessRecord) | undefined;
  readonly sequential = ledger(0);
  readonly parallel: Ledger;
  readonly importer: Ledger;
  readonly faults: NodeError[] = [];

  constructor({ stateBytesMax, ...lanes }: TwinOptions = {}) {
    const all: LedgerLanes = {
      workers: 2,
      policy: { lead: 0, offer: "all" },
      connect: connectLane,
      onFault: (fault) => this.faults.push(fault),
      ...lanes,
    };
    this.parallel = ledger(1, all, stateBytesMax);
    this.importer = ledger(2, all, stateBytesMax);
  }

  get statistics(): LaneStatistics {
    return this.parallel.laneStatistics!;
  }

  /** Resolves when so many threads work. */
  async ready(threads: number): Promise<void> {
    for (const each of [this.sequential, this.parallel, this.importer]) {
      each.commit(await each.root(each.buildGenesis()), seal(new Uint8Array(32)));
    }
    for (const each of [this.parallel, this.importer]) while (each.laneThreads < threads) await setImmediate();
  }

  /** The same block on all; a difference is an assertion that fails. Resolves to what the one with lanes made. */
  async block(transactions: readonly Transaction[], seconds: number): Promise<Candidate> {
    const built = this.sequential.build(transactions, seconds);
    const expected = await this.sequential.root(built.executed);
    const found = done(this.parallel.buildSteps(transactions, seconds));
    const candidate = await this.parallel.root(found.executed);
    assert.deepEqual(bytesOf(candidate), bytesOf(expected));
    assert.deepEqual(
      found.refused.map(({ reason }) => reason.code),
      built.refused.map(({ reason }) => reason.code),
    );
    assert.deepEqual(textOfRecord(candidate.accesses), textOfRecord(expected.accesses));
    const block = { header: candidate.header, seal: seal(candidate.hash), transactions: candidate.transactions };
    const accesses = this.tampered?.(candidate.accesses) ?? candidate.accesses;
    const imported = await this.importer.root(done(this.importer.executeSteps(block, accesses)));
    assert.deepEqual(bytesOf(imported), bytesOf(expected));
    assert.deepEqual(textOfRecord(imported.accesses), textOfRecord(expected.accesses));
    this.sequential.commit(expected, block.seal);
    this.parallel.commit(candidate, block.seal);
    this.importer.commit(imported, block.seal);
    // Messages of the threads come between blocks.
    await setImmediate();
    return candidate;
  }

  async close(): Promise<void> {
    await this.parallel.close();
    await this.importer.close();
  }
}
