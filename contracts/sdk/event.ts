import { event_emit, event_emit_indexed } from "./host";
import { Topics } from "./topics";
import { utf8Encode } from "./utf8";
import { Writer } from "./writer";

/**
 * The event, an object of an `@event` class, is the next of this transaction's receipt unless the call fails. The
 * fields that `@indexed` names are its topics.
 */
export function emit<T>(event: T): void {
  const name = utf8Encode(nameof<T>());
  const data = new Writer();
  data.put<T>(event);
  if (isDefined(event.__topics)) {
    const topics = new Topics();
    event.__topics(topics);
    event_emit_indexed(
      name.dataStart as u32,
      name.byteLength,
      topics.pointer,
      topics.length,
      data.pointer,
      data.length,
    );
  } else {
    event_emit(name.dataStart as u32, name.byteLength, data.pointer, data.length);
  }
}
