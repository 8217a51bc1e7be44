/**
 * An attempt on its way from the thread that made it to the owner of the state: how it ended, its events, and the accesses
 * that say whether it counts (speculative-state.ts).
 *
 *   outcome | revertCode | gasUsed 2 words | output bytes
 *   accesses: count, each: slot | version | what it brings, flags of the log << 8 | key bytes (slot -1)
 *             | its value, or adds: count, each: answer, change
 *   events:   count, each: contract name, event name, topics: count, each bytes; data bytes
 *
 * The owner validates while it reads, and writes nothing before all accesses have been found true.
 */
import { changedCounter } from "../../vm/host/counter-value.ts";
import type { CounterAnswer } from "../../vm/host/environment.ts";
import { LIMITS } from "../../vm/limits.ts";
import { OUTCOMES, type OutcomeCode } from "../../vm/outcome.ts";
import type { TransactionRun } from "../execute/transaction.ts";
import type { Event } from "../format/types.ts";
import type { AccessLog } from "../state/access-log.ts";
import { KEY_LENGTH_MAX } from "../state/key-table.ts";
import type { Overlay } from "../state/overlay.ts";
import type { SharedValues } from "../state/shared-values.ts";
import { type Access, ADDED, loggedFlags, READ, type SpeculativeState, WRITTEN } from "./speculative-state.ts";
import type { WordReader, WordWriter } from "./words.ts";

const ANSWERS: readonly CounterAnswer[] = ["added", "outOfBounds", "notACounter"];
/** Beside what the owner validates, an access has its flags for the access log. */
const LOGGED_SHIFT = 8;
const FLAGS_MAX = 0x7ff;
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

/** What an access brings: its version must be current; the value it leaves; adds for the owner to make again. */
const BRINGS_VERSION = 1;
const BRINGS_VALUE = 2;
const BRINGS_ADDS = 4;
const BRINGS = BRINGS_VERSION | BRINGS_VALUE | BRINGS_ADDS;

/** An access that was only added to is the owner's to add up; any other change has its value. */
function bringsOf({ flags, changes }: Access): number {
  const version = (flags & READ) !== 0 ? BRINGS_VERSION : 0;
  if ((flags & (READ | WRITTEN | ADDED)) === ADDED) return BRINGS_ADDS;
  return changes > 0 ? version | BRINGS_VALUE : version;
}

function writeAccess(writer: WordWriter, access: Access): void {
  const { slot, version, key, value, adds } = access;
  const brings = bringsOf(access);
  writer.word(slot);
  writer.word(version);
  writer.word(brings | (loggedFlags(access) << LOGGED_SHIFT));
  if (slot < 0) writer.bytes(key!);
  if ((brings & BRINGS_VALUE) !== 0) {
    writer.word(value === undefined ? NO_VALUE : VALUE);
    if (value !== undefined) writer.bytes(value);
  } else if (brings === BRINGS_ADDS) {
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

export type ConflictKind = "value" | "counter" | "broken";

/** Fewest words of an access, an add, an event and a topic: what bounds a count before it is believed. */
const ACCESS_WORDS_MIN = 3;
const ADD_WORDS_MIN = 2;
const EVENT_WORDS_MIN = 4;
const TOPIC_WORDS_MIN = 1;
const OUTCOME_MAX = Math.max(...Object.values(OUTCOMES));

/** Reads attempts and applies those that are true. */
export class AttemptJudge {
  readonly #state: Overlay;
  readonly #shared: SharedValues;
  readonly #log: AccessLog;
  #writes: PendingWrite[] = [];
  #writeCount = 0;
  /**
   * The slot that the last refused attempt failed on, and how: its value, or the answer of an add to it, is another one; or
   * its words say nothing.
   */
  conflictSlot = -1;
  conflictKind: ConflictKind = "value";

  /** @param log gets the accesses of what is taken, and for the moment of what is not */
  constructor(state: Overlay, shared: SharedValues, log: AccessLog) {
    this.#state = state;
    this.#shared = shared;
    this.#log = log;
  }

  /** The attempt's writes are in the state and its run is returned; or undefined, and the state is as it was. */
  take(reader: WordReader): TransactionRun | undefined {
    const outcome = reader.word() as OutcomeCode;
    const revertCode = reader.word() >>> 0;
    const gasUsed = reader.integer();
    const output = reader.bytes();
    this.#writeCount = 0;
    for (let left = reader.count(ACCESS_WORDS_MIN); left > 0; left -= 1) {
      if (!this.#isTrue(reader)) return this.#drop();
    }
    const events = Array.from({ length: reader.count(EVENT_WORDS_MIN) }, () => readEvent(reader));
    if (reader.isBroken || !(outcome >= 0 && outcome <= OUTCOME_MAX) || !Number.isSafeInteger(gasUsed) || gasUsed < 0) {
      this.#refuse(-1, "broken");
      return this.#drop();
    }
    for (let at = 0; at < this.#writeCount; at += 1) {
      const { slot, value } = this.#writes[at]!;
      this.#state.write(slot, value);
    }
    return { result: { outcome, revertCode, output, gasUsed }, events };
  }

  /** Nothing of the attempt is left. */
  #drop(): undefined {
    this.#log.endTransaction(false);
    return undefined;
  }

  /** Validates one access and keeps what it writes. */
  #isTrue(reader: WordReader): boolean {
    const seen = reader.word();
    const version = reader.word();
    const flags = reader.word();
    const brings = flags & BRINGS;
    const slot = seen >= 0 ? seen : this.#slotOf(reader.bytes());
    if (reader.isBroken || flags < 0 || flags > FLAGS_MAX || !this.#isSlot(slot, seen >= 0))
      return this.#refuse(slot, "broken");
    this.#log.attempted(slot, flags >> LOGGED_SHIFT);
    if ((brings & BRINGS_VERSION) !== 0 && !this.#isCurrent(slot, seen >= 0, version))
      return this.#refuse(slot, "value");
    if ((brings & BRINGS_VALUE) !== 0) this.#push(slot, reader.word() === NO_VALUE ? undefined : reader.bytes());
    else if (brings === BRINGS_ADDS) return this.#addAgain(reader, slot);
    return true;
  }

  /** -1 for what cannot be a key. */
  #slotOf(key: Uint8Array): number {
    return key.length === 0 || key.length > KEY_LENGTH_MAX ? -1 : this.#state.slotOf(key, key.length);
  }

  /** A slot of which a thread knows was shown to it. */
  #isSlot(slot: number, wasSeen: boolean): boolean {
    return wasSeen ? this.#shared.wasShown(slot) : slot >= 0;
  }

  #isCurrent(slot: number, hadSlot: boolean, version: number): boolean {
    const value = this.#state.read(slot);
    return hadSlot ? this.#shared.isCurrent(slot, version, value) : value === undefined;
  }

  /** The adds on the value of now; false when one of them gets another answer than the attempt got. */
  #addAgain(reader: WordReader, slot: number): boolean {
    let value = this.#state.read(slot);
    let isChanged = false;
    for (let left = reader.count(ADD_WORDS_MIN); left > 0; left -= 1) {
      const answer = ANSWERS[reader.word()];
      const change = reader.bytes();
      if (change.length !== LIMITS.counterChangeBytes) return this.#refuse(slot, "broken");
      const changed = changedCounter(value, change);
      if (answer !== (typeof changed === "string" ? changed : "added")) return this.#refuse(slot, "counter");
      if (typeof changed === "string") continue;
      value = changed;
      isChanged = true;
    }
    if (isChanged) this.#push(slot, value);
    return true;
  }

  #refuse(slot: number, kind: ConflictKind): false {
    this.conflictSlot = slot;
    this.conflictKind = kind;
    return false;
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
  const topics = Array.from({ length: reader.count(TOPIC_WORDS_MIN) }, () => reader.bytes());
  return { contract, name, topics, data: reader.bytes() };
}
