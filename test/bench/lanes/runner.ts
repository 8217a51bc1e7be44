/** A ledger that executes a workload's blocks again and again: after each run all is undone, so every run is the same. */
import { setImmediate } from "node:timers/promises";
import type { SignatureItem, VerdictBitmap } from "../../../accel/device.ts";
import { countAccepted } from "../../../accel/verdicts.ts";
import { connectLane } from "../../../node/lanes/connect.ts";
import { type Candidate, type Executed, Ledger } from "../../../runtime/chain/ledger.ts";
import type { VerdictSteps } from "../../../runtime/execute/block.ts";
import type { DecodedTransaction } from "../../../runtime/format/decoded-transaction.ts";
import { FATES } from "../../../runtime/lanes/lane-log.ts";
import type { LanePolicy, LaneStatistics } from "../../../runtime/lanes/lanes.ts";
import { MemoryStore } from "../../../runtime/state/memory-store.ts";
import { NodeError } from "../../../vm/errors.ts";
import { createMachine } from "../../../vm/execute/machine.ts";
import { OUTCOMES } from "../../../vm/outcome.ts";
import { deployArguments, deployOf, hashes, SETTINGS, seal, verifier } from "../../unit/runtime/test-chain.ts";
import { threadTimes } from "./thread-times.ts";
import type { Workload } from "./workloads.ts";

const SEED = { low: 3, high: 4 };
const ZERO_HASH = new Uint8Array(32);
/** Blocks whose signatures are asked for before the one that is executed. */
const BLOCKS_AHEAD = 2;

export interface LanesOf {
  /** Beside the thread that owns the state. */
  readonly threads: number;
  readonly policy?: Partial<LanePolicy>;
  /** True: everything is given away, whether or not it is worth it. */
  readonly noClock?: boolean;
}

/** All signatures of a list; resolves to the verdicts. */
export type Verify = (items: readonly SignatureItem[]) => Promise<VerdictBitmap> | VerdictBitmap;

/** A stretch of a run: a block, or all of them where they overlap. */
export interface Span {
  readonly count: number;
  readonly wallNs: number;
  /** Time that threads of this process waited for a processor, as a share of the span. */
  readonly waitedShare: number;
}

/** One run through all blocks. */
export interface Run {
  readonly spans: readonly Span[];
  /** Processor time of the thread that owns the state, for each transaction; 0 where the system does not say. */
  readonly ownerNs: number;
}

/** How long each transaction's turn took, in nanoseconds, and whether its attempt was taken. */
export interface Turns {
  readonly durations: readonly number[];
  readonly isTaken: readonly boolean[];
}

function done<T>(steps: VerdictSteps<T>): T {
  const step = steps.next();
  if (step.done === true) return step.value;
  throw new NodeError("bench.lanes", "a contract asked for a verdict");
}

async function seeded(entries: Workload["entries"]): Promise<MemoryStore> {
  const store = new MemoryStore();
  const position = { segment: 0, offset: 0 };
  const meta = { height: 0, blockHash: ZERO_HASH, stateRoot: ZERO_HASH, position, entryCount: entries.length };
  await store.checkpoint({ state: entries, blocks: [], transactions: [], meta });
  return store;
}

export class Runner {
  readonly #ledger: Ledger;
  readonly #workload: Workload;
  readonly #hasLanes: boolean;
  #items: readonly (readonly SignatureItem[])[] | undefined;

  private constructor(ledger: Ledger, workload: Workload, hasLanes: boolean) {
    this.#ledger = ledger;
    this.#workload = workload;
    this.#hasLanes = hasLanes;
  }

  /** Resolves when the contract is deployed and all threads work. @param clock for `turns`, nanoseconds */
  static async open(workload: Workload, lanes?: LanesOf, clock?: () => number): Promise<Runner> {
    const fail = (fault: NodeError): never => {
      throw fault;
    };
    const ledger = new Ledger({
      settings: SETTINGS,
      store: await seeded(workload.entries),
      machine: createMachine({ hashes, verifier }),
      hashes,
      seed: SEED,
      clock,
      lanes: lanes && {
        workers: lanes.threads,
        policy: lanes.policy,
        connect: connectLane,
        onFault: fail,
        clock: lanes.noClock === true ? undefined : () => performance.now(),
      },
    });
    ledger.commit(await ledger.root(ledger.buildGenesis()), seal(ZERO_HASH));
    const { name, wasm, initArgs } = workload.contract;
    const deploy = deployOf(name, wasm, 1, { args: deployArguments(name, wasm, initArgs) });
    const { executed } = ledger.build([deploy], SETTINGS.genesisTimeSeconds);
    demandAllOk(executed.result.receipts, 1);
    ledger.commit(await ledger.root(executed), seal(ZERO_HASH));
    while (ledger.laneThreads < (lanes?.threads ?? 0)) await setImmediate();
    return new Runner(ledger, workload, lanes !== undefined);
  }

  get statistics(): LaneStatistics | undefined {
    return this.#ledger.laneStatistics;
  }

  get transactionCount(): number {
    return this.#workload.blocks.reduce((sum, { length }) => sum + length, 0);
  }

  /** Builds all blocks. */
  build(): Promise<Run> {
    return this.#run(this.#workload.blocks, (transactions) => void this.#buildOne(transactions));
  }

  /** Builds all blocks, on a ledger with a clock. */
  async turns(): Promise<Turns> {
    const durations: number[] = [];
    const isTaken: boolean[] = [];
    await this.#run(this.#workload.blocks, (transactions) => {
      const { result, place } = this.#buildOne(transactions);
      const fates = this.#ledger.laneFacts(place.height)?.fates;
      durations.push(...(result.durations ?? []));
      isTaken.push(...transactions.map((_, at) => fates?.[at] === FATES.taken));
    });
    return { durations, isTaken };
  }

  /** Builds all blocks; the signatures of the next ones are verified meanwhile. */
  buildAhead(verify: Verify): Promise<Run> {
    const { blocks } = this.#workload;
    const items = this.#itemsOfBlocks();
    return this.#run([blocks], async () => {
      const verdicts: (Promise<VerdictBitmap> | VerdictBitmap)[] = [];
      for (const [index, transactions] of blocks.entries()) {
        while (verdicts.length < Math.min(index + 1 + BLOCKS_AHEAD, blocks.length)) {
          verdicts.push(verify(items[verdicts.length]!));
        }
        demandAccepted(await verdicts[index]!, transactions.length);
        this.#buildOne(transactions);
      }
    });
  }

  /** Builds all blocks on this thread, each after its own signatures. */
  buildInTurn(verify: Verify): Promise<Run> {
    const items = this.#itemsOfBlocks();
    return this.#run([this.#workload.blocks], async ([...blocks]) => {
      for (const [index, transactions] of blocks.entries()) {
        demandAccepted(await verify(items[index]!), transactions.length);
        this.#buildOne(transactions);
      }
    });
  }

  /** What `import` takes. */
  async make(): Promise<Candidate[]> {
    const made: Candidate[] = [];
    for (const transactions of this.#workload.blocks) {
      const { executed } = this.#ledger.build(transactions, SETTINGS.genesisTimeSeconds);
      made.push(await this.#ledger.root(executed));
    }
    this.#ledger.discard();
    return made;
  }

  /** Executes blocks that another ledger has made, with their access records. */
  import(made: readonly Candidate[]): Promise<Run> {
    const noSeal = seal(ZERO_HASH);
    return this.#run(made, ({ header, transactions, accesses }) => {
      const block = { header, seal: noSeal, transactions };
      const executed = done(this.#ledger.executeSteps(block, accesses));
      demandAllOk(executed.result.receipts, transactions.length);
    });
  }

  close(): Promise<void> {
    return this.#ledger.close();
  }

  #buildOne(transactions: readonly DecodedTransaction[]): Executed {
    const { executed } = this.#hasLanes
      ? done(this.#ledger.buildSteps(transactions, SETTINGS.genesisTimeSeconds))
      : this.#ledger.build(transactions, SETTINGS.genesisTimeSeconds);
    demandAllOk(executed.result.receipts, transactions.length);
    return executed;
  }

  /** Times the work on each part; messages of the threads come between parts. Nothing is left of it. */
  async #run<T>(parts: readonly T[], work: (part: T) => Promise<void> | void): Promise<Run> {
    const spans: Span[] = [];
    const ownerStart = threadTimes().ownerNs;
    for (const part of parts) {
      const before = threadTimes();
      const start = process.hrtime.bigint();
      await work(part);
      const wallNs = Number(process.hrtime.bigint() - start);
      const waitedShare = (threadTimes().waitedNs - before.waitedNs) / wallNs;
      spans.push({ count: this.transactionCount / parts.length, wallNs, waitedShare });
      await setImmediate();
    }
    const ownerNs = (threadTimes().ownerNs - ownerStart) / this.transactionCount;
    this.#ledger.discard();
    return { spans, ownerNs };
  }

  #itemsOfBlocks(): readonly (readonly SignatureItem[])[] {
    this.#items ??= this.#workload.blocks.map((transactions) =>
      transactions.map(({ algorithm, publicKey, signature, id }) => ({ algorithm, publicKey, signature, message: id })),
    );
    return this.#items;
  }
}

function demandAllOk(receipts: readonly { readonly outcome: number }[], count: number): void {
  const failed = receipts.find(({ outcome }) => outcome !== OUTCOMES.ok);
  if (receipts.length === count && failed === undefined) return;
  throw new NodeError("bench.outcome", `${receipts.length} of ${count} receipts, outcome ${failed?.outcome ?? 0}`);
}

function demandAccepted(verdicts: VerdictBitmap, count: number): void {
  if (countAccepted(verdicts) !== count) throw new NodeError("bench.verdict", "a good signature was refused");
}
