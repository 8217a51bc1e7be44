/**
 * Memory between the owner of the state and one lane thread: batches of transactions there, attempts back. No message is sent
 * for a transaction, and none for a batch.
 *
 *   control   submitted, finished: how many batches were given, and worked through
 *   states    of each item of each batch: FREE -> RUNNING -> DONE, or FREE -> TAKEN when the owner was faster
 *   places    of each item: where its attempt stands in the output of its batch, or why there is none
 *   input     of each batch: count, block height 2, block time 2, keys version 2; items: id, transaction
 *   output    of each batch: attempts (attempt.ts), each under a seal: words, their two sums
 *
 * A batch is used again when the thread has worked through it and the owner wants nothing of it any more. A thread that is
 * given up takes its exchange with it, so what it may still write meets nobody.
 *
 * The seal says that the words are those that the thread wrote for this item and no other: half an attempt, one of an earlier
 * batch, or what a broken engine left there is no attempt. It is no proof against a thread that lies, and none is needed: the
 * thread runs our code in our process.
 */
import { WordReader, WordWriter } from "./words.ts";

/** One that is worked on, one behind it, and two whose attempts wait for their turn. */
export const BATCHES = 4;
/** A wake-up costs 50 us: as much as 30 short transactions, so it is shared by twice as many. */
export const BATCH_ITEMS = 64;
const ITEMS = BATCHES * BATCH_ITEMS;
const REGION_WORDS = 64 * 1024;

/** Milliseconds between two looks at an item that sleeps. */
const LOOK_MS = 1;

const SUBMITTED = 0;
const FINISHED = 1;
const CONTROL_WORDS = 16;

export const FREE = 0;
export const RUNNING = 1;
/** As RUNNING, and the owner sleeps until it is done. */
export const AWAITED = 2;
export const DONE = 3;
export const TAKEN = 4;

/** Places that are none: why there is no attempt. */
export const NO_ATTEMPT = { notShown: -1, scan: -2, tooLarge: -3, failed: -4, noModule: -5, broken: -6 } as const;
export type NoAttempt = keyof typeof NO_ATTEMPT;
/** By the number of each, which count down from -1. */
const REASONS = Object.keys(NO_ATTEMPT) as readonly NoAttempt[];

function reasonOf(place: number): NoAttempt {
  return REASONS[-place - 1] ?? "failed";
}

export interface ExchangeMemory {
  readonly control: Int32Array;
  readonly states: Int32Array;
  readonly places: Int32Array;
  readonly inputs: readonly Int32Array[];
  readonly outputs: readonly Int32Array[];
}

function sharedWords(count: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(count * 4));
}

export function createExchangeMemory(): ExchangeMemory {
  return {
    control: sharedWords(CONTROL_WORDS),
    states: sharedWords(ITEMS),
    places: sharedWords(ITEMS),
    inputs: Array.from({ length: BATCHES }, () => sharedWords(REGION_WORDS)),
    outputs: Array.from({ length: BATCHES }, () => sharedWords(REGION_WORDS)),
  };
}

const SEAL_WORDS = 3;

/** Of an item and no other of the last 2^26 batches; never 0, so that no seal is all zeros. */
function tagOf(batch: number, place: number): number {
  return (batch * BATCH_ITEMS + place + 1) | 0 || 1;
}

/** Fletcher's two sums in words of 32 bits: one addition for each on the way of every word. */
class Sums {
  first = 0;
  second = 0;

  of(words: Int32Array, start: number, end: number, tag: number): void {
    let first = tag;
    let second = end - start;
    for (let at = start; at < end; at += 1) {
      first = (first + words[at]!) | 0;
      second = (second + first) | 0;
    }
    this.first = first;
    this.second = second;
  }
}

export interface BatchHead {
  readonly height: number;
  readonly timeSeconds: number;
  readonly keysVersion: number;
}

/** The owner's end. An item is a number: batch × BATCH_ITEMS + place in the batch. */
export class ExchangeOwner {
  readonly memory = createExchangeMemory();
  readonly #writers = this.memory.inputs.map((words) => new WordWriter(words));
  readonly #readers = this.memory.outputs.map((words) => new WordReader(words));
  /** Items of each batch whose attempts may still be wanted. */
  readonly #wanted = new Int32Array(BATCHES);
  /** The number of each batch, counted from the first one submitted. */
  readonly #numbers = new Float64Array(BATCHES);
  readonly #sums = new Sums();
  #submitted = 0;
  #count = 0;

  /** A batch can be written. */
  get hasRoom(): boolean {
    if (this.#wanted[this.#submitted % BATCHES] !== 0) return false;
    return this.#submitted - Atomics.load(this.memory.control, FINISHED) < BATCHES;
  }

  /** Batches that the thread has not worked through. */
  get batchesAhead(): number {
    return this.#submitted - Atomics.load(this.memory.control, FINISHED);
  }

  open(head: BatchHead): void {
    const writer = this.#writer();
    writer.seek(0);
    writer.word(0);
    writer.integer(head.height);
    writer.integer(head.timeSeconds);
    writer.integer(head.keysVersion);
    this.#count = 0;
  }

  /** Returns the item's number, or -1: the batch is full. */
  add(id: Uint8Array, transaction: Uint8Array): number {
    if (this.#count === BATCH_ITEMS) return -1;
    const writer = this.#writer();
    const start = writer.position;
    writer.bytes(id);
    writer.bytes(transaction);
    if (writer.isFull) {
      writer.seek(start);
      return -1;
    }
    const item = (this.#submitted % BATCHES) * BATCH_ITEMS + this.#count;
    this.#count += 1;
    return item;
  }

  /** The thread works on the open batch. Does nothing when it is empty. */
  submit(): void {
    if (this.#count === 0) return;
    const batch = this.#submitted % BATCHES;
    const { control, states, inputs } = this.memory;
    inputs[batch]![0] = this.#count;
    states.fill(FREE, batch * BATCH_ITEMS, batch * BATCH_ITEMS + this.#count);
    this.#wanted[batch] = this.#count;
    this.#numbers[batch] = this.#submitted;
    this.#submitted += 1;
    Atomics.store(control, SUBMITTED, this.#submitted);
    Atomics.notify(control, SUBMITTED);
  }

  /** The item is the owner's: true when the thread had not begun it. */
  takeBack(item: number): boolean {
    return Atomics.compareExchange(this.memory.states, item, FREE, TAKEN) === FREE;
  }

  isDone(item: number): boolean {
    return Atomics.load(this.memory.states, item) === DONE;
  }

  /** True when the item was done within so many looks. */
  isDoneSoon(item: number, looks: number): boolean {
    const { states } = this.memory;
    for (let look = 0; look < looks; look += 1) if (Atomics.load(states, item) === DONE) return true;
    return false;
  }

  /** True when the item was done within the time; it may not have been begun. */
  waitFor(item: number, spins: number, milliseconds: number): boolean {
    const { states } = this.memory;
    if (this.isDoneSoon(item, spins)) return true;
    for (let left = milliseconds; left > 0; left -= LOOK_MS) {
      const state = Atomics.compareExchange(states, item, RUNNING, AWAITED);
      if (state === DONE) return true;
      // Nobody says when an item is begun, so that one is looked at again soon.
      if (Atomics.wait(states, item, state === FREE ? FREE : AWAITED, LOOK_MS) !== "timed-out" && this.isDone(item)) {
        return true;
      }
    }
    return false;
  }

  /** Returns a reader at the item's attempt, or why there is none. */
  attempt(item: number): WordReader | NoAttempt {
    const place = this.memory.places[item]!;
    if (place < 0) return reasonOf(place);
    const batch = Math.floor(item / BATCH_ITEMS);
    const end = this.#sealedEnd(batch, item, place);
    if (end < 0) return "broken";
    const reader = this.#readers[batch]!;
    reader.open(place, end);
    return reader;
  }

  /** Where the attempt at `place` ends; -1 when its seal is not the item's. */
  #sealedEnd(batch: number, item: number, place: number): number {
    const words = this.memory.outputs[batch]!;
    const seal = place - SEAL_WORDS;
    const end = place + (words[seal] ?? 0);
    if (seal < 0 || end <= place || end > words.length) return -1;
    this.#sums.of(words, place, end, tagOf(this.#numbers[batch]!, item % BATCH_ITEMS));
    return words[seal + 1] === this.#sums.first && words[seal + 2] === this.#sums.second ? end : -1;
  }

  /** Nothing of the item is wanted any more. */
  release(item: number): void {
    this.#wanted[Math.floor(item / BATCH_ITEMS)]! -= 1;
  }

  #writer(): WordWriter {
    return this.#writers[this.#submitted % BATCHES]!;
  }
}

export interface LaneItem {
  readonly id: Uint8Array;
  readonly transaction: Uint8Array;
}

/** The thread's end. */
export class ExchangeThread {
  readonly #memory: ExchangeMemory;
  readonly #readers: readonly WordReader[];
  readonly #writers: readonly WordWriter[];
  readonly #sums = new Sums();
  #finished = 0;

  constructor(memory: ExchangeMemory) {
    this.#memory = memory;
    this.#readers = memory.inputs.map((words) => new WordReader(words));
    this.#writers = memory.outputs.map((words) => new WordWriter(words));
  }

  /** Sleeps until there is a batch; `begin` gets its head, `attempt` each item that the owner has not taken. */
  work(begin: (head: BatchHead) => void, attempt: (item: LaneItem, output: WordWriter) => number): void {
    const { control, states, places } = this.#memory;
    while (Atomics.load(control, SUBMITTED) === this.#finished) Atomics.wait(control, SUBMITTED, this.#finished);
    const batch = this.#finished % BATCHES;
    const reader = this.#readers[batch]!;
    const output = this.#writers[batch]!;
    reader.open(0);
    output.seek(0);
    const count = reader.word();
    begin({ height: reader.integer(), timeSeconds: reader.integer(), keysVersion: reader.integer() });
    for (let place = 0; place < count; place += 1) {
      const item = batch * BATCH_ITEMS + place;
      const id = reader.bytes();
      const transaction = reader.bytes();
      if (Atomics.compareExchange(states, item, FREE, RUNNING) !== FREE) continue;
      const start = output.position;
      output.seek(start + SEAL_WORDS);
      const attempted = attempt({ id, transaction }, output);
      places[item] = attempted;
      if (attempted < 0) output.seek(start);
      else this.#seal(batch, attempted, output.position, tagOf(this.#finished, place));
      if (Atomics.exchange(states, item, DONE) === AWAITED) Atomics.notify(states, item);
    }
    this.#finished += 1;
    Atomics.store(control, FINISHED, this.#finished);
  }

  #seal(batch: number, start: number, end: number, tag: number): void {
    const words = this.#memory.outputs[batch]!;
    this.#sums.of(words, start, end, tag);
    words[start - SEAL_WORDS] = end - start;
    words[start - SEAL_WORDS + 1] = this.#sums.first;
    words[start - SEAL_WORDS + 2] = this.#sums.second;
  }
}
