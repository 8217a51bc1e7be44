/**
 * The lanes of a block: its transactions are attempted on other threads ahead of their turn, and each attempt is taken at its
 * turn if what it saw is still so. All of it is scheduling: without an attempt the transaction runs in place, with the same
 * bytes, so whatever is late, lost or wrong here costs time only.
 *
 *   begin   lanes of the block's transactions; batches of them go to the threads
 *   take    at a transaction's turn: its attempt, validated; undefined: run it in place
 *   end     what is left is forgotten
 *
 * The owner of the state is one of the workers: it runs in place what it does not offer. How many of the lanes it offers is
 * found by meeting: when it comes to an item that is not done it offers one lane less, when all items of a batch were done in
 * time one more. A lane whose attempts fail rests for a while (lane-trust.ts), and the others do not.
 *
 * Bounded work: a transaction is given to a thread once at most, whatever dies, and run in place once at most, plus the times
 * that a desk aborts it (runtime/verdicts/desk.ts). It is given at most AHEAD_MAX transactions ahead of its turn.
 */
import { NodeError } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import type { AttemptSource } from "../execute/block.ts";
import type { BlockContext } from "../execute/call-tree.ts";
import type { TransactionRun } from "../execute/transaction.ts";
import type { ChainSettings } from "../format/types.ts";
import type { AccessLog } from "../state/access-log.ts";
import type { Overlay } from "../state/overlay.ts";
import type { SharedValues } from "../state/shared-values.ts";
import type { SlotTable } from "../state/slot-table.ts";
import { AttemptJudge, type ConflictKind } from "./attempt.ts";
import { BATCHES, ExchangeOwner, type NoAttempt } from "./exchange.ts";
import { FATES, LaneLog } from "./lane-log.ts";
import { LaneTrust } from "./lane-trust.ts";
import { LANE_COUNT } from "./placement.ts";
import type { LaneAnswer, LaneMessage, LaneSettings } from "./serve.ts";

/** A transaction as the threads get it. */
export interface LaneTask {
  readonly id: Uint8Array;
  readonly bytes: Uint8Array;
  readonly lane: number;
}

/** A thread that runs `serveLane`. */
export interface LaneThread {
  post(message: LaneMessage): void;
  /** Ends the thread at once. */
  terminate(): void;
}

export interface LaneEvents {
  answer(answer: LaneAnswer): void;
  /** The thread is gone, or is to be given up. */
  ended(cause: unknown): void;
}

/** How much is given to the threads. */
export interface LanePolicy {
  /** Lanes that are placed on. Default 96. */
  readonly laneCount: number;
  /** Transactions between the turn and the first one that is given away. Default 32: a thread needs its time to wake up. */
  readonly lead: number;
  /**
   * `meet`: as many lanes are offered as the threads have done when their turn comes. `all`: everything is, and the owner
   * waits for each attempt; for tests and measurements.
   */
  readonly offer: "meet" | "all";
}

const POLICY_DEFAULT: LanePolicy = { laneCount: LANE_COUNT, lead: 32, offer: "meet" };

export interface LanesOptions {
  /** At least 1. */
  readonly workers: number;
  readonly policy?: Partial<LanePolicy> | undefined;
  readonly settings: ChainSettings;
  readonly machine: Pick<Machine, "prepared">;
  readonly connect: (settings: LaneSettings, events: LaneEvents) => LaneThread;
  /** Threads die again and again: the node must stop. */
  readonly onFault: (fault: NodeError) => void;
  /** A thread that keeps the owner waiting longer is given up. Default 2000. */
  readonly hangMs?: number;
}

/** How the attempts of a chain's life went. */
export interface LaneStatistics {
  taken: number;
  /** By what they failed on. */
  conflicts: Record<ConflictKind, number>;
  /** The owner was faster, or had to wait. */
  late: number;
  withoutAttempt: Record<NoAttempt, number>;
  inPlace: number;
  restarts: number;
}

interface Worker {
  readonly exchange: ExchangeOwner;
  thread: LaneThread;
  isReady: boolean;
  isLost: boolean;
  keysVersion: number;
  /** The next transaction of the block that may be given to it. */
  next: number;
}

const HANG_MS = 2000;
const BROKEN = "what it answered cannot be read";
/** Looks at a running item before the owner sleeps: some 20 us. */
const SPINS = 2000;
/** Turns between two looks at the threads. */
const FEED_EVERY = 16;
/** An attempt further ahead than this sees a state that is old by its turn. */
const AHEAD_MAX = 2048;
/** Deaths without one taken attempt between them. */
const DEATHS_MAX = 3;

export class Lanes implements AttemptSource {
  readonly statistics: LaneStatistics = {
    taken: 0,
    conflicts: { value: 0, counter: 0, broken: 0 },
    late: 0,
    withoutAttempt: { notShown: 0, scan: 0, tooLarge: 0, failed: 0, noModule: 0, broken: 0 },
    inPlace: 0,
    restarts: 0,
  };
  /** What became of each transaction of the block. */
  readonly log = new LaneLog();
  readonly #options: LanesOptions;
  readonly #policy: LanePolicy;
  readonly #table: SlotTable;
  readonly #shared: SharedValues;
  readonly #judge: AttemptJudge;
  readonly #workers: Worker[] = [];
  #tasks: readonly (LaneTask | undefined)[] = [];
  #block: BlockContext | undefined;
  #after: Int32Array | undefined;
  /** Of each transaction of the block: its worker + 1 and its item, 0 where it was not given away. */
  #workerOf = new Uint8Array(1024);
  #itemOf = new Int32Array(1024);
  #turn = 0;
  /** Lanes below this number are offered. */
  #offered: number;
  readonly #trust: LaneTrust;
  #deaths = 0;
  #isClosed = false;

  /** @param table made with shared values */
  constructor(options: LanesOptions, table: SlotTable, state: Overlay, log: AccessLog) {
    const { shared } = table;
    if (shared === undefined) throw new NodeError("lanes.notShared", "the table of the lanes is not shared");
    this.#options = options;
    this.#policy = { ...POLICY_DEFAULT, ...options.policy };
    this.#offered = this.#policy.laneCount / (this.#policy.offer === "all" ? 1 : 2);
    this.#trust = new LaneTrust(this.#policy.laneCount);
    this.#table = table;
    this.#shared = shared;
    this.#judge = new AttemptJudge(state, shared, log);
    for (let index = 0; index < options.workers; index += 1) this.#workers.push(this.#start());
  }

  /** Threads that work. */
  get readyCount(): number {
    return this.#workers.filter(({ isReady, isLost }) => isReady && !isLost).length;
  }

  /**
   * The transactions of a block, undefined those that run in place in any case, and the block they are in.
   * @param after of each transaction the last one before it that it depends on, -1 for none: it is not attempted before that
   *   one has had its turn. Without it every transaction is attempted as soon as there is room.
   */
  begin(tasks: readonly (LaneTask | undefined)[], block: BlockContext, after?: Int32Array): void {
    this.#tasks = tasks;
    this.#after = after;
    this.#block = block;
    this.#turn = 0;
    this.log.clear(tasks.length);
    if (tasks.length > this.#workerOf.length) {
      this.#workerOf = new Uint8Array(tasks.length);
      this.#itemOf = new Int32Array(tasks.length);
    } else this.#workerOf.fill(0, 0, tasks.length);
    for (const worker of this.#workers) worker.next = 0;
    this.#feed();
  }

  take(index: number): TransactionRun | undefined {
    this.#turn = index;
    if (index % FEED_EVERY === 0) this.#feed();
    this.#trust.tick();
    const number = this.#workerOf[index]!;
    if (number === 0) {
      this.statistics.inPlace += 1;
      this.log.note(FATES.inPlace);
      return undefined;
    }
    const worker = this.#workers[number - 1]!;
    const item = this.#itemOf[index]!;
    const run = this.#isInTime(worker, item) ? this.#judged(worker, item) : undefined;
    worker.exchange.release(item);
    this.#workerOf[index] = 0;
    return run;
  }

  skip(index: number): void {
    this.#turn = index;
    this.#drop(index);
  }

  /** What has not been taken is forgotten. */
  end(): void {
    for (let index = this.#turn; index < this.#tasks.length; index += 1) this.#drop(index);
    this.#tasks = [];
    this.log.clear(0);
  }

  close(): void {
    this.#isClosed = true;
    for (const worker of this.#workers) {
      worker.isLost = true;
      worker.thread.terminate();
    }
  }

  #drop(index: number): void {
    const number = this.#workerOf[index]!;
    if (number === 0) return;
    const worker = this.#workers[number - 1]!;
    const item = this.#itemOf[index]!;
    worker.exchange.takeBack(item);
    worker.exchange.release(item);
    this.#workerOf[index] = 0;
  }

  /** True when the thread has done the item; otherwise it is the owner's. */
  #isInTime(worker: Worker, item: number): boolean {
    const { exchange } = worker;
    if (worker.isLost) return this.#isLate(FATES.lost);
    if (exchange.isDone(item)) return true;
    this.statistics.late += 1;
    if (this.#policy.offer === "meet") {
      this.#offered = Math.max(1, this.#offered - 1);
      if (exchange.takeBack(item)) return this.#isLate(FATES.late);
    }
    if (exchange.waitFor(item, SPINS, this.#options.hangMs ?? HANG_MS)) return true;
    this.#lose(worker, "it did not answer in time");
    return this.#isLate(FATES.lost);
  }

  #isLate(fate: number): false {
    this.log.note(fate);
    return false;
  }

  #judged(worker: Worker, item: number): TransactionRun | undefined {
    const attempt = worker.exchange.attempt(item);
    if (typeof attempt === "string") {
      this.statistics.withoutAttempt[attempt] += 1;
      this.log.note(FATES[attempt]);
      if (attempt === "broken") this.#lose(worker, BROKEN);
      // A module that has not come says nothing about the lane: it was asked for, once.
      else if (attempt !== "noModule") this.#trust.failed(this.#laneAtTurn);
      return undefined;
    }
    const run = this.#judge.take(attempt);
    if (run === undefined) {
      this.#trust.failed(this.#laneAtTurn);
      const { conflictKind, conflictSlot } = this.#judge;
      this.statistics.conflicts[conflictKind] += 1;
      this.log.note(FATES[conflictKind], conflictSlot);
      if (conflictKind === "broken") this.#lose(worker, BROKEN);
    } else {
      this.log.note(FATES.taken);
      this.#trust.taken(this.#laneAtTurn);
      this.statistics.taken += 1;
      this.#deaths = 0;
    }
    return run;
  }

  get #laneAtTurn(): number {
    return this.#tasks[this.#turn]!.lane % this.#policy.laneCount;
  }

  /** Gives batches to threads that have room. */
  #feed(): void {
    if (this.#block === undefined) return;
    for (const [number, worker] of this.#workers.entries()) {
      while (this.#canTake(worker) && this.#give(worker, number));
    }
  }

  #canTake(worker: Worker): boolean {
    return worker.isReady && !worker.isLost && worker.exchange.batchesAhead < BATCHES / 2 && worker.exchange.hasRoom;
  }

  /** Fills one batch; false when there is nothing for it. */
  #give(worker: Worker, number: number): boolean {
    const { exchange } = worker;
    const { height, timeSeconds } = this.#block!;
    this.#tellKeys(worker);
    exchange.open({ height, timeSeconds, keysVersion: worker.keysVersion });
    let index = Math.max(worker.next, this.#turn + this.#policy.lead);
    let count = 0;
    const end = Math.min(this.#tasks.length, this.#turn + AHEAD_MAX);
    for (; index < end; index += 1) {
      const task = this.#tasks[index];
      if (task === undefined || !this.#isFor(task.lane, number) || this.#workerOf[index] !== 0) continue;
      // One that must wait runs in place: by the time that it may begin, its turn has all but come.
      if (this.#after !== undefined && this.#after[index]! >= this.#turn) continue;
      const item = exchange.add(task.id, task.bytes);
      if (item < 0) break;
      this.#workerOf[index] = number + 1;
      this.#itemOf[index] = item;
      count += 1;
    }
    worker.next = index;
    exchange.submit();
    if (count > 0) this.#offered = Math.min(this.#policy.laneCount, this.#offered + 1);
    return count > 0;
  }

  /** Lanes below the offered number are for the threads, each for the one it is congruent to. */
  #isFor(lane: number, number: number): boolean {
    const place = lane % this.#policy.laneCount;
    if (place >= this.#offered || place % this.#options.workers !== number) return false;
    return this.#policy.offer === "all" || !this.#trust.rests(place);
  }

  #tellKeys(worker: Worker): void {
    const version = this.#table.keysVersion;
    if (worker.keysVersion === version) return;
    worker.keysVersion = version;
    worker.thread.post({ kind: "keys", keys: this.#table.sharedKeys, version });
  }

  #start(): Worker {
    const exchange = new ExchangeOwner();
    const keysVersion = this.#table.keysVersion;
    const settings: LaneSettings = {
      settings: this.#options.settings,
      exchange: exchange.memory,
      values: this.#shared.arrays,
      keys: this.#table.sharedKeys,
      keysVersion,
    };
    const thread = this.#options.connect(settings, {
      answer: (answer) => this.#hear(worker, answer),
      ended: (cause) => this.#lose(worker, cause),
    });
    const worker: Worker = { exchange, thread, isReady: false, isLost: false, keysVersion, next: 0 };
    return worker;
  }

  #hear(worker: Worker, answer: LaneAnswer): void {
    if (answer.kind === "ready") {
      worker.isReady = true;
      return;
    }
    const prepared = this.#options.machine.prepared(answer.codeHash);
    if (prepared !== undefined) worker.thread.post({ kind: "contract", prepared });
  }

  /** The thread is given up and another one started; its items are the owner's. */
  #lose(worker: Worker, cause: unknown): void {
    if (worker.isLost || this.#isClosed) return;
    worker.isLost = true;
    worker.thread.terminate();
    this.#deaths += 1;
    this.statistics.restarts += 1;
    if (this.#deaths > DEATHS_MAX * this.#options.workers) {
      this.#options.onFault(new NodeError("lanes.threadsDie", "lane threads die again and again", { cause }));
      return;
    }
    const number = this.#workers.indexOf(worker);
    for (let index = this.#turn; index < this.#tasks.length; index += 1) {
      if (this.#workerOf[index] === number + 1) this.#workerOf[index] = 0;
    }
    this.#workers[number] = this.#start();
    // What was given to the thread that died is not given again.
    this.#workers[number]!.next = worker.next;
  }
}
