import { event_emit } from "./host";
import { utf8Encode } from "./utf8";
import { Writer } from "./writer";

/** The event, an object of an `@event` class, is the next of this transaction's receipt unless the call fails. */
export function emit<T>(event: T): void {
  const name = utf8Encode(nameof<T>());
  const data = new Writer();
  data.put<T>(event);
  event_emit(name.dataStart as u32, name.byteLength, data.pointer, data.length);
}
