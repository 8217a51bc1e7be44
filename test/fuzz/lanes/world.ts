/**
 * One world of the search: ledgers that are given the same random blocks, one that executes them in order and two with
 * lanes whose threads fail. One of the two builds the blocks, the other imports them with an access record that is right,
 * wrong or missing.
 */

import { setImmediate, setTimeout } from "node:timers/promises";
import type { Worker } from "node:worker_threads";
import type { SignatureItem } from "../../../accel/device.ts";
import { ALGORITHMS, type ContractVerifier } from "../../../accel/device.ts";
import { sign } from "../../../accel/reference/sign.ts";
import { type Candidate, type Executed, Ledger, type LedgerLanes } from "../../../runtime/chain/ledger.ts";
import type { VerdictSteps } from "../../../runtime/execute/block.ts";
import { type AccessRecord, encodeAccesses } from "../../../runtime/format/accesses.ts";
import { bytesToHex, equalBytes } from "../../../runtime/format/bytes.ts";
import type { Transaction } from "../../../runtime/format/types.ts";
import type { LaneEvents, LanePolicy, LaneStatistics, LaneThread } from "../../../runtime/lanes/lanes.ts";
import type { LaneSettings } from "../../../runtime/lanes/serve.ts";
import { MemoryStore } from "../../../runtime/state/memory-store.ts";
import { VerdictDesk } from "../../../runtime/verdicts/desk.ts";
import { type NodeError, Rejected } from "../../../vm/errors.ts";
import { createMachine } from "../../../vm/execute/machine.ts";
import { BlockMaker } from "../../unit/runtime/lanes/random-blocks.ts";
import { admin, hashes, SETTINGS, seal, utf8, verifier } from "../../unit/runtime/test-chain.ts";
import type { Random } from "../random.ts";
import { connectFaulty } from "./connect.ts";
import { FaultDials, type FaultRates, tableVerifier, verdictsOf } from "./faults.ts";

export type Faultiness = "none" | "again" | "stalls" | "deaths" | "hangs" | "garbage" | "everything";

/** What is drawn for a world. */
export interface Shape {
  readonly policy: LanePolicy;
  readonly workers: number;
  readonly faultiness: Faultiness;
  readonly hasDesk: boolean;
  /** Its machines have met the contracts in the worlds before. */
  readonly isWarm: boolean;
  /** Room for values that threads see. */
  readonly sharedBytes: number;
  readonly stateBytesMax: number;
  /** Blocks that are executed before the first of them is committed. */
  readonly aheadMax: number;
  readonly sizeMax: number;
}

const RATES: Readonly<Record<Faultiness, FaultRates>> = {
  none: {},
  again: { again: 200_000 },
  stalls: { stall: 20_000, again: 20_000 },
  deaths: { start: 100_000, end: 3000, stall: 1000 },
  hangs: { hang: 2000, stall: 1000 },
  garbage: { garbage: 30_000, garbageControl: 500, stall: 1000 },
  everything: { start: 50_000, end: 1000, hang: 500, stall: 3000, again: 30_000, garbage: 5000, garbageControl: 200 },
};

export function shapeOf(random: Random): Shape {
  const offer = random.weighted<"all" | "meet">({ all: 3, meet: 2 });
  return {
    policy: { laneCount: random.pick([1, 2, 7, 96]), lead: random.pick([0, 0, 1, random.below(33), 32]), offer },
    workers: random.pick([1, 2, 4]),
    faultiness: random.weighted<Faultiness>({
      none: 4,
      again: 3,
      stalls: 3,
      deaths: 2,
      hangs: 1,
      garbage: 3,
      everything: 2,
    }),
    hasDesk: random.once(2),
    isWarm: !random.once(4),
    sharedBytes: random.pick([0, 64, 1024, 16 * 1024, 1024 * 1024]),
    stateBytesMax: random.pick([1000, 30_000, 1e9]),
    aheadMax: random.pick([1, 1, 2, 5]),
    // A long block lets threads get ahead of a turn that does not wait for them.
    sizeMax: random.pick(offer === "all" ? [4, 12, 25] : [12, 40, 120]),
  };
}

const ED25519 = ALGORITHMS.ed25519;
/** Every third with the signature of another message. */
const QUESTIONS: readonly SignatureItem[] = Array.from({ length: 12 }, (_, index) => {
  const message = utf8(`message ${index}`);
  const signature = sign(ED25519, admin.secret, index % 3 === 2 ? utf8("another") : message);
  return { algorithm: ED25519, publicKey: admin.publicKey, signature, message };
});

/** A chain's machine and its desk: kept from world to world, they are warm. */
class Bench {
  readonly desk: VerdictDesk | undefined;
  readonly machine;

  constructor(inner: ContractVerifier, hasDesk: boolean) {
    this.desk = hasDesk ? new VerdictDesk({ inner, hashes }) : undefined;
    this.machine = createMachine({ hashes, verifier: this.desk ?? inner, instancesMax: 64 });
  }
}

/** What worlds share. */
export class Surroundings {
  readonly verdicts = verdictsOf(verifier, QUESTIONS);
  readonly table = tableVerifier(this.verdicts);
  readonly dials = new FaultDials();
  readonly #warm = new Map<string, Bench>();
  readonly plain = new Bench(this.table, false);

  bench(name: string, { hasDesk, isWarm }: Shape): Bench {
    const key = `${name} ${hasDesk}`;
    const known = this.#warm.get(key);
    if (isWarm && known !== undefined) return known;
    const made = new Bench(this.table, hasDesk);
    this.#warm.set(key, made);
    return made;
  }
}

interface Side {
  readonly ledger: Ledger;
  readonly store: MemoryStore;
  readonly desk: VerdictDesk | undefined;
}

/** What a chain of the same blocks must be equal in. */
function differenceOf(found: Candidate, expected: Candidate): string | undefined {
  const lists = ["transactionBytes", "receiptBytes"] as const;
  for (const name of lists) {
    const place = expected[name].findIndex((bytes, at) => !equalBytes(bytes, found[name][at] ?? new Uint8Array(0)));
    if (place >= 0 || found[name].length !== expected[name].length) return `${name}[${place}]`;
  }
  const textOf = (each: Candidate): string =>
    each.writes.map(({ key, value }) => `${bytesToHex(key)}=${value && bytesToHex(value)}`).join("\n");
  if (found.header.gasUsed !== expected.header.gasUsed) return "gas";
  if (!equalBytes(found.hash, expected.hash)) return textOf(found) === textOf(expected) ? "hash" : "writes";
  if (!equalBytes(encodeAccesses(found.accesses), encodeAccesses(expected.accesses))) return "access record";
  return undefined;
}

/** A block was not what the sequential executor makes of it. */
export class Difference extends Error {}

const READY_TRIES = 400;
const HANG_MS = 30;
const HANG_MS_CALM = 20_000;

export class World {
  readonly shape: Shape;
  blocks = 0;
  transactions = 0;
  undone = 0;
  killed = 0;
  checkpoints = 0;
  readonly faults: NodeError[] = [];
  readonly #random: Random;
  readonly #surroundings: Surroundings;
  readonly #seed: string;
  readonly #sequential: Side;
  readonly #builder: Side;
  readonly #importer: Side;
  readonly #maker: BlockMaker;
  readonly #threads = new Set<Worker>();
  #height = 0;

  constructor(surroundings: Surroundings, shape: Shape, seed: string, random: Random) {
    this.shape = shape;
    this.#surroundings = surroundings;
    this.#seed = seed;
    this.#random = random;
    this.#maker = new BlockMaker(random, { questions: random.once(2) ? QUESTIONS : [], hasCopies: true });
    surroundings.dials.set(RATES[shape.faultiness]);
    this.#sequential = this.#side(surroundings.plain);
    this.#builder = this.#side(surroundings.bench("builder", shape), this.#lanes());
    this.#importer = this.#side(surroundings.bench("importer", shape), this.#lanes());
  }

  get statistics(): readonly LaneStatistics[] {
    return [this.#builder, this.#importer].map(({ ledger }) => ledger.laneStatistics!);
  }

  get rebuilds(): number {
    return this.#builder.ledger.table.rebuildCount;
  }

  /** The genesis block and the contracts are there, and threads have had their time to begin. */
  async begin(): Promise<void> {
    for (const { ledger } of [this.#sequential, this.#builder, this.#importer]) {
      ledger.commit(await ledger.root(ledger.buildGenesis()), seal(new Uint8Array(32)));
    }
    this.#height = 0;
    await this.#ready();
    await this.#group([this.#maker.first()]);
  }

  /** Some blocks more; a difference is thrown. */
  async step(): Promise<void> {
    const random = this.#random;
    const count = random.between(1, this.shape.aheadMax);
    const sizeMax = this.shape.sizeMax;
    await this.#group(Array.from({ length: count }, (_, at) => this.#maker.block(this.#height + 1 + at, sizeMax)));
    if (random.once(10)) await this.#checkpoint();
    // Messages of the threads come between blocks.
    await setImmediate();
    if (this.isDeadly && random.once(40)) this.#kill();
    if (this.isDeadly && random.once(4)) await this.#ready();
  }

  async close(): Promise<void> {
    await Promise.all([this.#builder, this.#importer].map(({ ledger }) => ledger.close()));
    await Promise.all([...this.#threads].map((thread) => thread.terminate()));
  }

  /** Threads die or are given up. */
  get isDeadly(): boolean {
    return !["none", "again", "stalls"].includes(this.shape.faultiness);
  }

  async #ready(): Promise<void> {
    for (const { ledger } of [this.#builder, this.#importer]) {
      for (let tries = 0; tries < READY_TRIES && ledger.laneThreads < this.shape.workers; tries += 1) {
        if (this.faults.length > 0) return;
        await setTimeout(2);
      }
    }
  }

  /** The same blocks in order, built ahead of their commit, and imported. */
  async #group(blocks: readonly (readonly Transaction[])[]): Promise<void> {
    const expected: Candidate[] = [];
    for (const [at, transactions] of blocks.entries()) {
      const { ledger } = this.#sequential;
      const { executed } = ledger.build(transactions, SETTINGS.genesisTimeSeconds + this.#height + at + 1);
      const candidate = await ledger.root(executed);
      ledger.commit(candidate, seal(candidate.hash));
      expected.push(candidate);
    }
    await this.#ahead(this.#builder, expected, (at) =>
      this.#builder.ledger.buildSteps(blocks[at]!, expected[at]!.header.timeSeconds),
    );
    await this.#ahead(this.#importer, expected, (at) => this.#imported(expected[at]!));
    this.#height += blocks.length;
    this.blocks += blocks.length;
    for (const { transactions } of expected) this.transactions += transactions.length;
  }

  /** A block as a neighbour sends it. */
  *#imported(candidate: Candidate): VerdictSteps<Executed> {
    const { header, transactions, accesses } = candidate;
    return yield* this.#importer.ledger.executeSteps(
      { header, seal: seal(candidate.hash), transactions },
      this.#tampered(accesses),
    );
  }

  #tampered(record: AccessRecord): AccessRecord | undefined {
    const random = this.#random;
    const kind = random.weighted<"right" | "none" | "spoilt" | "turned" | "empty">({
      right: 6,
      none: 2,
      spoilt: 1,
      turned: 1,
      empty: 1,
    });
    if (kind === "right") return record;
    if (kind === "none") return undefined;
    if (kind === "turned") return { ...record, transactions: record.transactions.toReversed() };
    if (kind === "empty") return { ...record, keys: [] };
    const keyCount = Math.max(1, record.keys.length);
    const spoilt = record.transactions.map((accesses) =>
      accesses.map((access) => (random.once(2) ? access : random.below(keyCount * 8))),
    );
    return { ...record, transactions: spoilt };
  }

  /** Executes all blocks, undoing them now and then, before the first is committed. */
  async #ahead(
    side: Side,
    expected: readonly Candidate[],
    stepsOf: (at: number) => VerdictSteps<{ readonly executed: Executed } | Executed>,
  ): Promise<void> {
    let candidates: Candidate[] = [];
    let discards = this.#random.once(6) ? this.#random.between(1, 2) : 0;
    while (candidates.length < expected.length) {
      const at = candidates.length;
      const isUndone = discards > 0 && this.#random.once(2);
      const done = this.#driven(side, stepsOf(at), isUndone);
      if (done !== undefined) candidates.push(await side.ledger.root(done));
      if (done === undefined || isUndone || (discards > 0 && this.#offerNone(side, expected, at))) {
        side.ledger.discard();
        candidates = [];
        discards -= 1;
        this.undone += 1;
      }
    }
    for (const [at, candidate] of candidates.entries()) {
      const difference = differenceOf(candidate, expected[at]!);
      const name = side === this.#builder ? "built" : "imported";
      if (difference !== undefined) throw new Difference(`${difference} of block ${candidate.header.height}, ${name}`);
      side.ledger.commit(candidate, seal(candidate.hash));
    }
  }

  /** Answers what contracts ask. Undefined: the block was given up at a question. */
  #driven(
    { desk }: Side,
    steps: VerdictSteps<{ readonly executed: Executed } | Executed>,
    mayStop: boolean,
  ): Executed | undefined {
    for (;;) {
      const step = steps.next();
      if (step.done === true) return "executed" in step.value ? step.value.executed : step.value;
      if (mayStop && this.#random.once(3)) return undefined;
      desk!.learn(step.value, this.#surroundings.table.verifyMany(step.value));
    }
  }

  /** True: a block whose last transaction is one of the block before was refused, with all others executed. */
  #offerNone(side: Side, expected: readonly Candidate[], at: number): boolean {
    const { header, hash, transactions } = expected[at]!;
    if (transactions.length === 0) return false;
    const next = { ...header, height: header.height + 1, timeSeconds: header.timeSeconds + 1 };
    const none = [...(expected[at + 1]?.transactions ?? []), transactions[0]!];
    try {
      const steps = side.ledger.executeSteps({ header: next, seal: seal(hash), transactions: none });
      this.#driven(side, steps, false);
    } catch (error) {
      if (error instanceof Rejected) return true;
      throw error;
    }
    throw new Difference("a transaction was executed twice");
  }

  /** Clean values may be dropped afterwards, and slots get other numbers. */
  async #checkpoint(): Promise<void> {
    this.checkpoints += 1;
    for (const { ledger, store } of [this.#sequential, this.#builder, this.#importer]) {
      const { height, stateRoot } = ledger.head.header;
      const meta = {
        height,
        blockHash: ledger.head.hash,
        stateRoot,
        position: POSITION,
        entryCount: ledger.entryCount,
      };
      await store.checkpoint({ meta, state: ledger.table.beginCheckpoint(), blocks: [], transactions: [] });
      ledger.table.endCheckpoint();
    }
  }

  #kill(): void {
    const threads = [...this.#threads];
    if (threads.length === 0) return;
    this.killed += 1;
    void this.#random.pick(threads).terminate();
  }

  #side({ machine, desk }: Bench, lanes?: LedgerLanes): Side {
    const store = new MemoryStore();
    const parts = { settings: SETTINGS, store, machine, hashes, seed: { low: 3, high: 4 }, desk, lanes };
    return { ledger: new Ledger({ ...parts, stateBytesMax: this.shape.stateBytesMax }), store, desk };
  }

  #lanes(): LedgerLanes {
    const { policy, workers, sharedBytes } = this.shape;
    return {
      policy,
      workers,
      sharedBytes,
      hangMs: this.isDeadly ? HANG_MS : HANG_MS_CALM,
      onFault: (fault) => this.faults.push(fault),
      connect: (settings, events) => this.#connect(settings, events),
    };
  }

  #connect(lane: LaneSettings, events: LaneEvents): LaneThread {
    const { dials, verdicts } = this.#surroundings;
    return connectFaulty({ lane, dials: dials.memory, seed: this.#seed, verdicts }, { events, threads: this.#threads });
  }
}

const POSITION = { segment: 1, offset: 0 };
