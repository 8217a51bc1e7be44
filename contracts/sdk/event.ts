import { event_emit } from "./host";
import { Writer } from "./writer";

/** The event, an object of an `@event` class, is the next of this transaction's receipt unless the call fails. */
export function emit<T>(event: T): void {
  const bytes = new Writer();
  bytes.utf8(nameof<T>());
  const nameLength = bytes.length;
  bytes.put<T>(event);
  event_emit(bytes.pointer, nameLength, bytes.pointer + nameLength, bytes.length - nameLength);
}
