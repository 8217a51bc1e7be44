/**
 * An attempt on its way from the thread that made it to the owner of the state: how it ended, its events, and the accesses
 * that say whether it counts (speculative-state.ts).
 *
 *   outcome | revertCode | gasUsed 2 words | output bytes
 *   accesses: count, each: slot | version | flags | key bytes (slot -1) | value (written) | adds: count, each: answer, change
 *   events:   count, each: contract name, event name, topics: count, each bytes; data bytes
 *
 * The owner validates while it reads, and writes nothing before all accesses have been found true.
 */
import { NodeError } from "../../vm/errors.ts";
import { changedCounter } from "../../vm/host/counter-value.ts";
import type { CounterAnswer } from "../../vm/host/environment.ts";
import type { OutcomeCode } from "../../vm/outcome.ts";
import type { TransactionRun } from "../execute/transaction.ts";
import type { Event } from "../format/types.ts";
import type { Overlay } from "../state/overlay.ts";
import type { SharedValues } from "../state/shared-values.ts";
import { type Access, ADDED, READ, type SpeculativeState, WRITTEN } from "./speculative-state.ts";
import type { WordReader, WordWriter } from "./words.ts";

const ANSWERS: readonly CounterAnswer[] = ["added", "outOfBounds", "notACounter"];
const NO_VALUE = 0;
const VALUE = 1;

/** True when the whole attempt found room. */
export function writeAttempt(writer: WordWriter, run: TransactionRun, state: SpeculativeState): boolean {
  const { result, events } = run;
  writer.word(result.outcome);
  writer.word(result.revertCode);
  writer.integer(result.gasUsed);
  writer.bytes(result.output);
  writer.word(state.accessCount);
  for (let place = 0; place < state.accessCount; place += 1) writeAccess(writer, state.access(place));
  writer.word(events.length);
  for (const event of events) writeEvent(writer, event);
  return !writer.isFull;
}

/** Only added to, so that the sum is the owner's to make. */
function isAddOnly(flags: number): boolean {
  return (flags & (READ | WRITTEN | ADDED)) === ADDED;
}

/** The value is the attempt's: what was added to and read was computed from a version that must still stand. */
function hasValue(flags: number): boolean {
  return (flags & WRITTEN) !== 0 || (flags & (READ | ADDED)) === (READ | ADDED);
}

function writeAccess(writer: WordWriter, { slot, version, flags, key, value, adds }: Access): void {
  writer.word(slot);
  writer.word(version);
  writer.word(flags);
  if (slot < 0) writer.bytes(key!);
  if (hasValue(flags)) {
    writer.word(value === undefined ? NO_VALUE : VALUE);
    if (value !== undefined) writer.bytes(value);
  } else if (isAddOnly(flags)) {
    writer.word(adds.length);
    for (const { change, answer } of adds) {
      writer.word(ANSWERS.indexOf(answer));
      writer.bytes(change);
    }
  }
}

function writeEvent(writer: WordWriter, { contract, name, topics, data }: Event): void {
  writer.name(contract);
  writer.name(name);
  writer.word(topics.length);
  for (const topic of topics) writer.bytes(topic);
  writer.bytes(data);
}

/** What an attempt would write, gathered while it is validated. */
interface PendingWrite {
  slot: number;
  value: Uint8Array | undefined;
}

/** Why an attempt does not count. */
export interface Conflict {
  /** The slot whose value is another one now. */
  readonly slot: number;
}

/** Reads attempts and applies those that are true. */
export class AttemptJudge {
  readonly #state: Overlay;
  readonly #shared: SharedValues;
  #writes: PendingWrite[] = [];
  #writeCount = 0;
  /** The slot that the last refused attempt failed on. */
  conflictSlot = -1;

  constructor(state: Overlay, shared: SharedValues) {
    this.#state = state;
    this.#shared = shared;
  }

  /** The attempt's writes are in the state and its run is returned; or undefined, and the state is as it was. */
  take(reader: WordReader): TransactionRun | undefined {
    const outcome = reader.word() as OutcomeCode;
    const revertCode = reader.word() >>> 0;
    const gasUsed = reader.integer();
    const output = reader.bytes();
    this.#writeCount = 0;
    for (let left = reader.word(); left > 0; left -= 1) {
      if (!this.#isTrue(reader)) return undefined;
    }
    const events = Array.from({ length: reader.word() }, () => readEvent(reader));
    for (let at = 0; at < this.#writeCount; at += 1) {
      const { slot, value } = this.#writes[at]!;
      this.#state.write(slot, value);
    }
    return { result: { outcome, revertCode, output, gasUsed }, events };
  }

  /** Validates one access and keeps what it writes. */
  #isTrue(reader: WordReader): boolean {
    const seen = reader.word();
    const version = reader.word();
    const flags = reader.word();
    const slot = seen >= 0 ? seen : this.#slotOf(reader.bytes());
    if ((flags & READ) !== 0 && !this.#isCurrent(slot, seen >= 0, version)) {
      this.conflictSlot = slot;
      return false;
    }
    if (hasValue(flags)) this.#push(slot, reader.word() === NO_VALUE ? undefined : reader.bytes());
    else if (isAddOnly(flags)) return this.#addAgain(reader, slot);
    return true;
  }

  #slotOf(key: Uint8Array): number {
    return this.#state.slotOf(key, key.length);
  }

  #isCurrent(slot: number, hadSlot: boolean, version: number): boolean {
    const value = this.#state.read(slot);
    return hadSlot ? this.#shared.isCurrent(slot, version, value) : value === undefined;
  }

  /** The adds on the value of now; false when one of them gets another answer than the attempt got. */
  #addAgain(reader: WordReader, slot: number): boolean {
    let value = this.#state.read(slot);
    let isChanged = false;
    for (let left = reader.word(); left > 0; left -= 1) {
      const answer = ANSWERS[reader.word()];
      const changed = changedCounter(value, reader.bytes());
      if (answer !== (typeof changed === "string" ? changed : "added")) {
        this.conflictSlot = slot;
        return false;
      }
      if (typeof changed === "string") continue;
      value = changed;
      isChanged = true;
    }
    if (isChanged) this.#push(slot, value);
    return true;
  }

  #push(slot: number, value: Uint8Array | undefined): void {
    const pending = this.#writes[this.#writeCount];
    if (pending === undefined) this.#writes.push({ slot, value });
    else {
      pending.slot = slot;
      pending.value = value;
    }
    this.#writeCount += 1;
  }
}

function readEvent(reader: WordReader): Event {
  const contract = reader.name();
  const name = reader.name();
  const topics = Array.from({ length: reader.word() }, () => reader.bytes());
  return { contract, name, topics, data: reader.bytes() };
}

/** A thread wrote what no attempt says. */
export function badAttempt(detail: string): NodeError {
  return new NodeError("lanes.badAttempt", `a lane's attempt cannot be read: ${detail}`);
}
