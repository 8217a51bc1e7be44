/**
 * The lanes of a block: its transactions are attempted on other threads ahead of their turn, and each attempt is taken at its
 * turn if what it saw is still so. All of it is scheduling: without an attempt the transaction runs in place, with the same
 * bytes, so whatever is late, lost or wrong here costs time only.
 *
 *   begin   lanes of the block's transactions; batches of them go to the threads
 *   take    at a transaction's turn: its attempt, validated; undefined: run it in place
 *   end     what is left is forgotten
 *
 * The owner of the state is one of the workers: it runs in place what it does not offer. What takes no longer than the way to
 * a thread is never offered (payoff.ts). Of the rest, how many lanes are is found by meeting: when the owner comes to an item
 * that is not done it offers fewer, when one is done more, and the more is lost with a late one the fewer. It does not wait
 * long for an item that a thread runs: others may have that thread's processor. A lane whose attempts fail rests for a while
 * (lane-trust.ts), and the others do not. When a block gives nothing away, the next ones do not try, twice as many each time.
 *
 * Bounded work: a transaction is given to a thread once at most, whatever dies, and run in place once at most, plus the times
 * that a desk aborts it (runtime/verdicts/desk.ts). It is given at most AHEAD_MAX transactions ahead of its turn.
 */
import { NodeError } from "../../vm/errors.ts";
import type { Machine } from "../../vm/execute/machine.ts";
import type { AttemptSource } from "../execute/block.ts";
import type { BlockContext } from "../execute/call-tree.ts";
import type { TransactionRun } from "../execute/transaction.ts";
import type { ChainSettings, Transaction } from "../format/types.ts";
import type { AccessLog } from "../state/access-log.ts";
import type { Overlay } from "../state/overlay.ts";
import type { SharedValues } from "../state/shared-values.ts";
import type { SlotTable } from "../state/slot-table.ts";
import type { Checkpoint } from "../state/state-view.ts";
import { AttemptJudge, type ConflictKind } from "./attempt.ts";
import { BATCHES, ExchangeOwner, type NoAttempt } from "./exchange.ts";
import { FATES, LaneLog } from "./lane-log.ts";
import { LaneTrust } from "./lane-trust.ts";
import { Payoff, type Way } from "./payoff.ts";
import { LANE_COUNT } from "./placement.ts";
import type { LaneAnswer, LaneMessage, LaneSettings } from "./serve.ts";
import { Showing } from "./showing.ts";

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
  /** What a thread gets of a transaction; undefined for one that runs in place in any case. */
  readonly taskOf: (transaction: Transaction) => LaneTask | undefined;
  readonly connect: (settings: LaneSettings, events: LaneEvents) => LaneThread;
  /** Milliseconds, never going back: by it is found what is worth giving away. Without it everything is. */
  readonly clock?: (() => number) | undefined;
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
  /** It lacks a contract, which comes between blocks. */
  lacksModule: boolean;
}

const HANG_MS = 2000;
const BROKEN = "what it answered cannot be read";
/** Looks at a running item before the owner runs it itself, or sleeps: some 20 us. */
const SPINS = 2000;
const SPINS_MIN = 16;
/** Transactions behind a late item that the owner takes back as well, so that the thread is ahead of it again. */
const RETREAT = 8;
/** The share of lanes more for an item that was done in time. */
const OFFER_RISE = 0.05;
/** Of the items, fewest and most that must be done in time for it to stay where it is. */
const IN_TIME_MIN = 0.1;
const IN_TIME_MAX = 0.95;
/** Each block begins to count lanes at another one, so that those that are offered first are not always the same. */
const OFFER_STEP = 37;
/** Turns between two looks at the threads. */
const FEED_EVERY = 16;
/** An attempt further ahead than this sees a state that is old by its turn. */
const AHEAD_MAX = 2048;
/** Blocks after which it is tried again at the latest. */
const QUIET_BLOCKS_MAX = 64;
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
  readonly #payoff: Payoff;
  readonly #showing: Showing;
  #transactions: readonly Transaction[] = [];
  #block: BlockContext | undefined;
  #after: Int32Array | undefined;
  /** Of each transaction of the block: its worker + 1 and its item, 0 where it was not given away. */
  #workerOf = new Uint8Array(1024);
  #itemOf = new Int32Array(1024);
  #turn = 0;
  #spins = SPINS;
  /** How the running turn goes. */
  #way: Way = "inPlace";
  /** So many lanes are offered, from `#firstLane` on; more than there are: all. */
  #offered: number;
  readonly #trust: LaneTrust;
  /** Of each transaction that was given away: its lane. */
  #laneOf = new Uint8Array(1024);
  #firstLane = 0;
  /** Attempts may be made in this block. */
  #isOffering = false;
  /** Transactions of this block that were given away. */
  #givenCount = 0;
  /** Blocks that do not try, and how many it will be the next time. */
  #quietLeft = 0;
  #quiet = 1;
  #deaths = 0;
  #isClosed = false;

  /** @param table made with shared values */
  constructor(options: LanesOptions, table: SlotTable, state: Overlay, log: AccessLog) {
    const { shared } = table;
    if (shared === undefined) throw new NodeError("lanes.notShared", "the table of the lanes is not shared");
    this.#options = options;
    this.#policy = { ...POLICY_DEFAULT, ...options.policy };
    this.#offered = this.#policy.laneCount;
    this.#trust = new LaneTrust(this.#policy.laneCount);
    this.#table = table;
    this.#shared = shared;
    this.#judge = new AttemptJudge(state, shared, log);
    this.#payoff = new Payoff(options.clock);
    this.#showing = new Showing(state, shared);
    for (let index = 0; index < options.workers; index += 1) this.#workers.push(this.#start());
  }

  /** Threads that work. */
  get readyCount(): number {
    return this.#workers.filter(({ isReady, isLost }) => isReady && !isLost).length;
  }

  /**
   * The transactions of a block, and the block they are in.
   * @param after gives of each transaction the last one before it that it depends on, -1 for none: it is not attempted before
   *   that one has had its turn. Without it every transaction is attempted as soon as there is room.
   */
  begin(transactions: readonly Transaction[], block: BlockContext, after?: () => Int32Array | undefined): void {
    this.#transactions = transactions;
    this.#block = block;
    this.#turn = 0;
    this.log.clear(transactions.length);
    this.#firstLane = (this.#firstLane + OFFER_STEP) % this.#policy.laneCount;
    if (transactions.length > this.#workerOf.length) {
      this.#workerOf = new Uint8Array(transactions.length);
      this.#itemOf = new Int32Array(transactions.length);
      this.#laneOf = new Uint8Array(transactions.length);
    } else this.#workerOf.fill(0, 0, transactions.length);
    for (const worker of this.#workers) {
      worker.next = 0;
      worker.lacksModule = false;
    }
    this.#givenCount = 0;
    this.#isOffering = this.#payoff.hasWorth && this.readyCount > 0 && !this.#isQuiet();
    this.#after = this.#isOffering ? after?.() : undefined;
    if (this.#isOffering) this.#showing.wake();
    else this.#showing.sleep();
    this.#feed();
  }

  take(index: number): TransactionRun | undefined {
    this.#turn = index;
    if (index % FEED_EVERY === 0) this.#feed();
    this.#trust.tick();
    const number = this.#workerOf[index]!;
    this.#payoff.begins();
    if (number === 0) {
      this.statistics.inPlace += 1;
      this.log.note(FATES.inPlace);
      this.#way = "inPlace";
      return undefined;
    }
    const run = this.#fetch(index, this.#workers[number - 1]!);
    this.#way = run === undefined ? "failed" : "taken";
    return run;
  }

  included(index: number, checkpoint: Checkpoint): void {
    if (this.#payoff.isMeasuring) this.#payoff.ended(this.#kindOf(index), this.#way);
    this.#showing.written(checkpoint);
  }

  skip(index: number): void {
    this.#turn = index;
    this.#drop(index);
  }

  /** True for the blocks behind one that gave nothing away. */
  #isQuiet(): boolean {
    if (this.#quietLeft === 0 || this.#policy.offer === "all") return false;
    this.#quietLeft -= 1;
    return true;
  }

  #rememberQuiet(): void {
    if (this.#givenCount > 0) this.#quiet = 1;
    else {
      this.#quietLeft = this.#quiet;
      this.#quiet = Math.min(QUIET_BLOCKS_MAX, this.#quiet * 2);
    }
  }

  /** What has not been taken is forgotten. */
  end(): void {
    if (this.#isOffering) this.#rememberQuiet();
    this.#isOffering = false;
    for (let index = this.#turn; index < this.#transactions.length; index += 1) this.#drop(index);
    this.#transactions = [];
    this.#payoff.forget();
    this.log.clear(0);
  }

  /** The slot's value may be another one than that after the last transaction that was included. */
  changed(slot: number): void {
    this.#showing.changed(slot);
  }

  /** Slots have other numbers now. */
  forgetSlots(): void {
    this.#showing.forgetSlots();
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

  /** Returns what the thread made of the transaction; undefined: it is the owner's. */
  #fetch(index: number, worker: Worker): TransactionRun | undefined {
    const item = this.#itemOf[index]!;
    const isInTime = this.#isInTime(worker, item);
    this.#meet(index, isInTime);
    if (!isInTime && this.#policy.offer === "meet") this.#retreat(index, this.#workerOf[index]!);
    const run = isInTime ? this.#judged(worker, item) : undefined;
    worker.exchange.release(item);
    this.#workerOf[index] = 0;
    return run;
  }

  /** True when the thread has done the item; otherwise it is the owner's. */
  #isInTime(worker: Worker, item: number): boolean {
    const { exchange } = worker;
    if (worker.isLost) return this.#isLate(FATES.lost);
    if (exchange.isDone(item)) return true;
    this.statistics.late += 1;
    if (this.#policy.offer === "meet") {
      if (exchange.takeBack(item)) return this.#isLate(FATES.late);
      return this.#isDoneSoon(worker, item) || this.#isLate(FATES.late);
    }
    if (exchange.waitFor(item, SPINS, this.#options.hangMs ?? HANG_MS)) return true;
    this.#lose(worker, "it did not answer in time");
    return this.#isLate(FATES.lost);
  }

  /** Looks at a running item for a while; less long each time that it was in vain. */
  #isDoneSoon({ exchange }: Worker, item: number): boolean {
    const isDone = exchange.isDoneSoon(item, this.#spins);
    this.#spins = isDone ? Math.min(SPINS, this.#spins * 2) : Math.max(SPINS_MIN, this.#spins / 4);
    return isDone;
  }

  /** The owner has caught up with a thread: it leaves it the items further on. */
  #retreat(index: number, number: number): void {
    const to = Math.min(this.#transactions.length, index + 1 + RETREAT);
    for (let at = index + 1; at < to; at += 1) {
      if (this.#workerOf[at] === number && this.#workers[number - 1]!.exchange.takeBack(this.#itemOf[at]!)) {
        this.#workers[number - 1]!.exchange.release(this.#itemOf[at]!);
        this.#workerOf[at] = 0;
      }
    }
  }

  #isLate(fate: number): false {
    this.log.note(fate);
    return false;
  }

  /**
   * More lanes are offered, or fewer. With a share p of items in time what is lost with late ones is won with the others; the
   * aim is at the root of it, where something is won.
   */
  #meet(index: number, isInTime: boolean): void {
    if (this.#policy.offer === "all") return;
    if (isInTime) {
      this.#offered = Math.min(this.#policy.laneCount, this.#offered * (1 + OFFER_RISE));
      return;
    }
    const aim = Math.sqrt(this.#payoff.wayShare(this.#kindOf(index)));
    const share = Math.max(IN_TIME_MIN, Math.min(IN_TIME_MAX, aim));
    this.#offered = Math.max(1, this.#offered * (1 - Math.min(0.5, (OFFER_RISE * share) / (1 - share))));
  }

  #judged(worker: Worker, item: number): TransactionRun | undefined {
    const attempt = worker.exchange.attempt(item);
    if (typeof attempt === "string") {
      this.statistics.withoutAttempt[attempt] += 1;
      this.log.note(FATES[attempt]);
      if (attempt === "broken") this.#lose(worker, BROKEN);
      // A module that has not come says nothing about the lane: it was asked for, once.
      if (attempt === "noModule") worker.lacksModule = true;
      else this.#trust.failed(this.#laneOf[this.#turn]!);
      return undefined;
    }
    const run = this.#judge.take(attempt);
    if (run === undefined) {
      this.#trust.failed(this.#laneOf[this.#turn]!);
      const { conflictKind, conflictSlot } = this.#judge;
      this.statistics.conflicts[conflictKind] += 1;
      // The slot of a broken attempt may be none.
      this.log.note(FATES[conflictKind], conflictKind === "broken" ? -1 : conflictSlot);
      if (conflictKind === "broken") this.#lose(worker, BROKEN);
    } else {
      this.log.note(FATES.taken);
      this.#trust.taken(this.#laneOf[this.#turn]!);
      this.statistics.taken += 1;
      this.#deaths = 0;
    }
    return run;
  }

  #kindOf(index: number): number {
    const { contract, method } = this.#transactions[index]!;
    return this.#payoff.kindOf(contract, method);
  }

  /** Gives batches to threads that have room. */
  #feed(): void {
    if (!this.#isOffering) return;
    for (const [number, worker] of this.#workers.entries()) {
      while (this.#canTake(worker) && this.#payoff.giving(() => this.#give(worker, number)) > 0);
    }
  }

  #canTake(worker: Worker): boolean {
    const { isReady, isLost, lacksModule, exchange } = worker;
    if (!isReady || isLost || lacksModule || worker.next >= this.#transactions.length) return false;
    return exchange.batchesAhead < BATCHES / 2 && exchange.hasRoom;
  }

  /** Fills one batch; returns how many transactions are in it. */
  #give(worker: Worker, number: number): number {
    const { exchange } = worker;
    const { height, timeSeconds } = this.#block!;
    this.#tellKeys(worker);
    exchange.open({ height, timeSeconds, keysVersion: worker.keysVersion });
    let index = Math.max(worker.next, this.#turn + this.#policy.lead);
    let count = 0;
    const end = Math.min(this.#transactions.length, this.#turn + AHEAD_MAX);
    for (; index < end; index += 1) {
      if (this.#workerOf[index] !== 0 || !this.#payoff.isWorth(this.#kindOf(index))) continue;
      // One that must wait runs in place: by the time that it may begin, its turn has all but come.
      if (this.#after !== undefined && this.#after[index]! >= this.#turn) continue;
      const task = this.#options.taskOf(this.#transactions[index]!);
      if (task === undefined || !this.#isFor(task.lane, number)) continue;
      const item = exchange.add(task.id, task.bytes);
      if (item < 0) break;
      this.#workerOf[index] = number + 1;
      this.#itemOf[index] = item;
      this.#laneOf[index] = task.lane % this.#policy.laneCount;
      count += 1;
    }
    worker.next = index;
    this.#givenCount += count;
    exchange.submit();
    return count;
  }

  /** The lanes that are offered are for the threads, each for the one it is congruent to. */
  #isFor(lane: number, number: number): boolean {
    const { laneCount, offer } = this.#policy;
    const place = lane % laneCount;
    if (place % this.#options.workers !== number || (place + this.#firstLane) % laneCount >= this.#offered)
      return false;
    return offer === "all" || !this.#trust.rests(place);
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
    const worker: Worker = {
      exchange,
      thread,
      isReady: false,
      isLost: false,
      keysVersion,
      next: 0,
      lacksModule: false,
    };
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
    for (let index = this.#turn; index < this.#transactions.length; index += 1) {
      if (this.#workerOf[index] === number + 1) this.#workerOf[index] = 0;
    }
    this.#workers[number] = this.#start();
    // What was given to the thread that died is not given again.
    this.#workers[number]!.next = worker.next;
  }
}
