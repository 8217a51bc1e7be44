import { event_emit, event_emit_indexed } from "./host";
import { Topics } from "./topics";
import { Writer } from "./writer";

/**
 * The event, an object of an `@event` class, is the next of this transaction's receipt unless the call fails. The
 * fields that `@indexed` names are its topics.
 */
export function emit<T>(event: T): void {
  const bytes = new Writer();
  bytes.utf8(nameof<T>());
  const nameLength = bytes.length;
  bytes.put<T>(event);
  const dataLength = bytes.length - nameLength;
  if (isDefined(event.__topics)) {
    const topics = new Topics();
    event.__topics(topics);
    event_emit_indexed(
      bytes.pointer,
      nameLength,
      topics.pointer,
      topics.length,
      bytes.pointer + nameLength,
      dataLength,
    );
  } else {
    event_emit(bytes.pointer, nameLength, bytes.pointer + nameLength, dataLength);
  }
}
