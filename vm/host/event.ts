/** Events: bounded in number over the whole transaction, because receipts are kept for ever. */
import { LIMITS } from "../limits.ts";
import { currentFrame, type Frame, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";
import { eventNameRule, NameReader } from "./text.ts";

const NO_TOPICS: readonly Uint8Array[] = [];
const LENGTH_BYTES = 4;
/** Bytes of the longest list of topics. */
const TOPICS_BYTES_MAX = LENGTH_BYTES + LIMITS.eventTopics * (LENGTH_BYTES + LIMITS.eventTopicBytes);

export function eventFunctions(host: HostState) {
  const eventNames = new NameReader(eventNameRule(LIMITS.eventNameBytes));
  return {
    event_emit(name: number, nameLength: number, data: number, dataLength: number): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const eventName = eventNames.read(frame, name, nameLength);
      emit(host, frame, { name: eventName, topics: NO_TOPICS, data: dataAt(frame, data, dataLength) });
    },

    event_emit_indexed(
      name: number,
      nameLength: number,
      topics: number,
      topicsLength: number,
      data: number,
      dataLength: number,
    ): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const eventName = eventNames.read(frame, name, nameLength);
      const eventTopics = topicsAt(frame, topics, topicsLength);
      emit(host, frame, { name: eventName, topics: eventTopics, data: dataAt(frame, data, dataLength) });
    },
  };
}

interface EmittedEvent {
  readonly name: string;
  readonly topics: readonly Uint8Array[];
  readonly data: Uint8Array;
}

function emit(host: HostState, frame: Frame, { name, topics, data }: EmittedEvent): void {
  if (host.events >= LIMITS.eventsPerTransaction) frame.refuse("eventsTooMany");
  host.events += 1;
  frame.environment.emitEvent(name, topics, data);
}

function dataAt(frame: Frame, address: number, length: number): Uint8Array {
  if (length >>> 0 > LIMITS.eventDataBytes) frame.refuse("eventTooLong");
  return guestCopy(frame, address, length);
}

/** The topics of a list in the codec's form, which must be just that. */
function topicsAt(frame: Frame, address: number, length: number): readonly Uint8Array[] {
  if (length >>> 0 > TOPICS_BYTES_MAX) frame.refuse("badTopics");
  const list = guestCopy(frame, address, length);
  const lengthAt = (offset: number): number =>
    offset + LENGTH_BYTES > list.length ? frame.refuse("badTopics") : u32At(list, offset);
  const count = lengthAt(0);
  if (count > LIMITS.eventTopics) frame.refuse("badTopics");
  const topics: Uint8Array[] = [];
  let offset = LENGTH_BYTES;
  while (topics.length < count) {
    const size = lengthAt(offset);
    const start = offset + LENGTH_BYTES;
    if (size > LIMITS.eventTopicBytes || start + size > list.length) frame.refuse("badTopics");
    topics.push(list.slice(start, start + size));
    offset = start + size;
  }
  if (offset !== list.length) frame.refuse("badTopics");
  return topics;
}

function u32At(bytes: Uint8Array, offset: number): number {
  const high = (bytes[offset + 3]! << 24) | (bytes[offset + 2]! << 16);
  return (high | (bytes[offset + 1]! << 8) | bytes[offset]!) >>> 0;
}
