/**
 * Receipts.
 *
 *   transactionId 32 | outcome u8 | revertCode u32 | output bytes | gasUsed u64
 *   | events: count u32, each: contract string, name string, topics: count u32, each bytes; data bytes
 */
import { OUTCOMES, type OutcomeCode } from "../../vm/outcome.ts";
import { ByteReader, ByteWriter } from "./codec.ts";
import { NAMES, readName, writeName } from "./names.ts";
import type { Event, Receipt } from "./types.ts";

export const TRANSACTION_ID_LENGTH = 32;
/** Bounds of the host calls `output_write` and `event_emit`. */
export const OUTPUT_BYTES_MAX = 65_536;
export const EVENT_DATA_BYTES_MAX = 16_384;
export const EVENTS_MAX = 256;
/** Bounds of `event_emit_indexed`. */
export const EVENT_TOPICS_MAX = 4;
export const EVENT_TOPIC_BYTES_MAX = 64;
const TOPIC_BYTES_MIN = 4;
/** Two names of one character, three lengths and a count. */
const EVENT_BYTES_MIN = 18;

function isOutcome(value: number): value is OutcomeCode {
  return value <= OUTCOMES.calleeFailed;
}

function writeEvent(writer: ByteWriter, event: Event): void {
  writeName(writer, NAMES.contract, event.contract);
  writeName(writer, NAMES.event, event.name);
  writer.u32(event.topics.length);
  for (const topic of event.topics) writer.bytes(topic);
  writer.bytes(event.data);
}

function readEvent(reader: ByteReader): Event {
  return {
    contract: readName(reader, NAMES.contract),
    name: readName(reader, NAMES.event),
    topics: readTopics(reader),
    data: reader.bytes(EVENT_DATA_BYTES_MAX),
  };
}

function readTopics(reader: ByteReader): Uint8Array[] {
  const count = reader.count(EVENT_TOPICS_MAX, TOPIC_BYTES_MIN);
  return Array.from({ length: count }, () => reader.bytes(EVENT_TOPIC_BYTES_MAX));
}

export function writeReceipt(writer: ByteWriter, receipt: Receipt): void {
  writer.fixed(receipt.transactionId, TRANSACTION_ID_LENGTH);
  writer.u8(receipt.outcome);
  writer.u32(receipt.revertCode);
  writer.bytes(receipt.output);
  writer.safeInteger(receipt.gasUsed);
  writer.u32(receipt.events.length);
  for (const event of receipt.events) writeEvent(writer, event);
}

export function readReceipt(reader: ByteReader): Receipt {
  const transactionId = reader.fixed(TRANSACTION_ID_LENGTH);
  const offset = reader.offset;
  const outcome = reader.u8();
  if (!isOutcome(outcome)) return reader.refuse("outcome", `${outcome} is not an outcome`, offset);
  const revertCode = reader.u32();
  const output = reader.bytes(OUTPUT_BYTES_MAX);
  const gasUsed = reader.safeInteger();
  const eventCount = reader.count(EVENTS_MAX, EVENT_BYTES_MIN);
  const events: Event[] = [];
  for (let i = 0; i < eventCount; i++) events.push(readEvent(reader));
  return { transactionId, outcome, revertCode, output, gasUsed, events };
}

/** @errors codec.* */
export function encodeReceipt(receipt: Receipt): Uint8Array {
  const writer = new ByteWriter();
  writeReceipt(writer, receipt);
  return writer.finish();
}

/** Returns the receipt whose encoding is `bytes`. @errors codec.* */
export function decodeReceipt(bytes: Uint8Array): Receipt {
  const reader = new ByteReader(bytes);
  const receipt = readReceipt(reader);
  reader.end();
  return receipt;
}
