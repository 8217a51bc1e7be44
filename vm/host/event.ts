/** Events: bounded in number over the whole transaction, because receipts are kept for ever. */
import { LIMITS } from "../limits.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { guestCopy } from "./memory.ts";
import { eventNameRule, NameReader } from "./text.ts";

export function eventFunctions(host: HostState) {
  const eventNames = new NameReader(eventNameRule(LIMITS.eventNameBytes));
  return {
    event_emit(name: number, nameLength: number, data: number, dataLength: number): void {
      const frame = currentFrame(host);
      frame.requireWritable();
      const eventName = eventNames.read(frame, name, nameLength);
      if (dataLength >>> 0 > LIMITS.eventDataBytes) frame.refuse("eventTooLong");
      const bytes = guestCopy(frame, data, dataLength);
      if (host.events >= LIMITS.eventsPerTransaction) frame.refuse("eventsTooMany");
      host.events += 1;
      frame.environment.emitEvent(eventName, bytes);
    },
  };
}
