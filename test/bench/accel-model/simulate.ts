/**
 * What a schedule gives on the chip, in virtual time: one thread of a node feeds 96 lanes.
 *
 *   items -> lane's queue at home -> [thread: submit] --hop--> [lane: batch, FIFO] --hop--> [thread: settle] -> verdict
 *
 * The thread does one thing at a time, in the order in which it came up: half of its cost of a batch when it submits,
 * half when it settles. A lane of the node has at most `window` batches under way and takes what has come meanwhile into
 * its next batch, at most `batchItems`, as node/ingest does. Items arrive at random (a Poisson process), or the queues
 * at home are never empty. The same options give the same figures: chance comes from a seed.
 */
import { Random } from "../../fuzz/random.ts";

export interface Schedule {
  readonly lanes: number;
  /** Most items of a batch. */
  readonly batchItems: number;
  /** Batches of one lane that may be under way. */
  readonly window: number;
  /** Microseconds of the card: for an item, for a batch besides, for the way in one direction. */
  readonly serviceUs: number;
  readonly batchUs: number;
  readonly hopUs: number;
  /** Microseconds of the node's thread: for an item, for a batch besides; there and back together. */
  readonly threadItemUs: number;
  readonly threadBatchUs: number;
  /** Items that arrive each second; Infinity: there are always enough. */
  readonly itemsPerSecond: number;
}

export interface Outcome {
  readonly itemsPerSecond: number;
  /** From arrival to verdict, microseconds; with endless load, from the submission. */
  readonly p50Us: number;
  readonly p99Us: number;
  readonly meanBatchItems: number;
  /** Shares of the time that the thread, and the lanes on average, were at work. */
  readonly threadBusy: number;
  readonly cardBusy: number;
}

interface Batch {
  readonly lane: number;
  readonly arrivals: readonly number[];
}

/** Work of the node's thread. */
interface Job {
  readonly begin: () => Batch;
  readonly end: (batch: Batch) => void;
}

/** Something that happens at a time; those of one time in the order in which they were planned. */
interface Event {
  readonly atUs: number;
  readonly order: number;
  readonly run: () => void;
}

/** The earliest event first: a binary heap. */
class Agenda {
  readonly #heap: Event[] = [];
  #planned = 0;
  nowUs = 0;

  plan(atUs: number, run: () => void): void {
    const heap = this.#heap;
    const event = { atUs, order: this.#planned++, run };
    let place = heap.length;
    for (let parent = (place - 1) >> 1; place > 0 && isBefore(event, heap[parent]!); parent = (place - 1) >> 1) {
      heap[place] = heap[parent]!;
      place = parent;
    }
    heap[place] = event;
  }

  /** Runs the next event; false when there is none. */
  step(): boolean {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) return false;
    if (heap.length > 0) this.#sink(last);
    this.nowUs = first.atUs;
    first.run();
    return true;
  }

  #sink(event: Event): void {
    const heap = this.#heap;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (!isBefore(heap[child]!, event)) break;
      heap[place] = heap[child]!;
      place = child;
    }
    heap[place] = event;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

class Simulation {
  readonly #schedule: Schedule;
  readonly #agenda = new Agenda();
  readonly #random: Random;
  readonly #home: number[][];
  readonly #underWay: number[];
  readonly #laneFreeUs: number[];
  readonly #latencies: number[] = [];
  readonly #jobs: Job[] = [];
  #isThreadAtWork = false;
  #threadBusyUs = 0;
  #cardBusyUs = 0;
  #batches = 0;
  #items = 0;
  readonly #warmUpItems: number;
  #startUs = 0;

  constructor(schedule: Schedule, seed: string, warmUpItems: number) {
    this.#schedule = schedule;
    this.#random = new Random(seed);
    this.#warmUpItems = warmUpItems;
    this.#home = Array.from({ length: schedule.lanes }, () => []);
    this.#underWay = new Array<number>(schedule.lanes).fill(0);
    this.#laneFreeUs = new Array<number>(schedule.lanes).fill(0);
  }

  run(items: number): Outcome {
    if (this.#isEndless) for (let lane = 0; lane < this.#schedule.lanes; lane++) this.#fill(lane);
    else this.#planArrival();
    while (this.#items < items && this.#agenda.step());
    return this.#outcome();
  }

  get #isEndless(): boolean {
    return this.#schedule.itemsPerSecond === Number.POSITIVE_INFINITY;
  }

  #planArrival(): void {
    const gapUs = (-Math.log((this.#random.bits() + 1) / 2 ** 32) * 1e6) / this.#schedule.itemsPerSecond;
    this.#agenda.plan(this.#agenda.nowUs + gapUs, () => {
      const lane = this.#random.below(this.#schedule.lanes);
      this.#home[lane]!.push(this.#agenda.nowUs);
      this.#fill(lane);
      this.#planArrival();
    });
  }

  /** As many batches of the lane as the window allows are on their way. */
  #fill(lane: number): void {
    while (this.#underWay[lane]! < this.#schedule.window && (this.#isEndless || this.#home[lane]!.length > 0)) {
      this.#underWay[lane]!++;
      // What goes into the batch is decided when the thread comes to it: until then items may join.
      this.#onThread(
        () => this.#takeBatch(lane),
        (batch) => this.#toCard(batch),
      );
      if (!this.#isEndless) break;
    }
  }

  #takeBatch(lane: number): Batch {
    const { batchItems } = this.#schedule;
    if (this.#isEndless) return { lane, arrivals: new Array<number>(batchItems).fill(this.#agenda.nowUs) };
    return { lane, arrivals: this.#home[lane]!.splice(0, batchItems) };
  }

  /** The thread does this when it has done all that came up before; it is known then what the batch is. */
  #onThread(begin: () => Batch, end: (batch: Batch) => void): void {
    this.#jobs.push({ begin, end });
    if (!this.#isThreadAtWork) this.#work();
  }

  /** The next job, for half of the thread's cost of its batch. */
  #work(): void {
    const job = this.#jobs.shift();
    this.#isThreadAtWork = job !== undefined;
    if (job === undefined) return;
    const batch = job.begin();
    const { threadItemUs, threadBatchUs } = this.#schedule;
    const costUs = (threadBatchUs + threadItemUs * batch.arrivals.length) / 2;
    this.#threadBusyUs += costUs;
    this.#agenda.plan(this.#agenda.nowUs + costUs, () => {
      job.end(batch);
      this.#work();
    });
  }

  #toCard(batch: Batch): void {
    const { hopUs, batchUs, serviceUs } = this.#schedule;
    const startUs = Math.max(this.#agenda.nowUs + hopUs, this.#laneFreeUs[batch.lane]!);
    const workUs = batchUs + serviceUs * batch.arrivals.length;
    this.#cardBusyUs += workUs;
    this.#laneFreeUs[batch.lane] = startUs + workUs;
    this.#agenda.plan(startUs + workUs + hopUs, () =>
      this.#onThread(
        () => batch,
        () => this.#settle(batch),
      ),
    );
  }

  #settle({ lane, arrivals }: Batch): void {
    this.#underWay[lane]!--;
    this.#batches++;
    this.#items += arrivals.length;
    // With endless load all batches are full and all items of one have the same time: one stands for them.
    const counted = this.#isEndless ? arrivals.slice(0, 1) : arrivals;
    for (const arrivalUs of counted) this.#latencies.push(this.#agenda.nowUs - arrivalUs);
    if (this.#startUs === 0 && this.#items >= this.#warmUpItems) this.#beginMeasuring();
    this.#fill(lane);
  }

  /** What was counted while the queues filled is forgotten. */
  #beginMeasuring(): void {
    this.#startUs = this.#agenda.nowUs;
    this.#latencies.length = 0;
    this.#items = 0;
    this.#threadBusyUs = 0;
    this.#cardBusyUs = 0;
    this.#batches = 0;
  }

  #outcome(): Outcome {
    const spanUs = this.#agenda.nowUs - this.#startUs;
    const sorted = Float64Array.from(this.#latencies).sort();
    const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
    return {
      itemsPerSecond: (this.#items * 1e6) / spanUs,
      p50Us: at(0.5),
      p99Us: at(0.99),
      meanBatchItems: this.#items / this.#batches,
      threadBusy: Math.min(1, this.#threadBusyUs / spanUs),
      cardBusy: Math.min(1, this.#cardBusyUs / spanUs / this.#schedule.lanes),
    };
  }
}

/** Returns what the schedule gives over `items` verdicts, after as many batches as fill the lanes twice. */
export function simulate(schedule: Schedule, items: number, seed = "accel-model"): Outcome {
  const { lanes, window, batchItems } = schedule;
  const fill = schedule.itemsPerSecond === Number.POSITIVE_INFINITY ? 2 * lanes * window * batchItems : items / 10;
  return new Simulation(schedule, seed, fill).run(Math.max(items, fill));
}

/** Who holds the throughput down: what is at work all the time, or the way between. */
export function limitOf({ threadBusy, cardBusy }: Outcome): "node" | "card" | "hop" {
  if (threadBusy >= 0.95) return "node";
  return cardBusy >= 0.95 ? "card" : "hop";
}
