/** Events: bounded in number over the whole transaction, because receipts are kept for ever. */
import { LIMITS } from "../limits.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";
import { eventNameRule, guestName } from "./text.ts";

const EVENT_NAME = eventNameRule(LIMITS.eventNameBytes);

export function eventFunctions(host: HostState) {
  return {
    event_emit(name: number, nameLength: number, data: number, dataLength: number): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const eventName = guestName(frame, name, nameLength, EVENT_NAME);
      if (dataLength >>> 0 > LIMITS.eventDataBytes) frame.refuse("eventTooLong");
      const bytes = guestCopy(frame, data, dataLength);
      if (host.events >= LIMITS.eventsPerTransaction) frame.refuse("eventsTooMany");
      host.events += 1;
      frame.environment.emitEvent(eventName, bytes);
    },
  };
}
