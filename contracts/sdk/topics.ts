/**
 * The topics of an event: what it is found by. A topic is the codec form of a field, or its SHA-256 where that has more
 * than 64 bytes; the field itself stands in the event's data in either case.
 */
import { sha256 } from "./host";
import { Hash } from "./identifiers";
import { Writer } from "./writer";

const TOPIC_BYTES_MAX: u32 = 64;

@final
export class Topics {
  private list: Writer = new Writer().put<u32>(0);
  private count: u32 = 0;

  get length(): u32 {
    return this.list.length;
  }

  get pointer(): u32 {
    return this.list.pointer;
  }

  /** The value is the next topic. The compiler calls this for each indexed field, at most four. */
  add<T>(value: T): void {
    const bytes = new Writer().put<T>(value);
    if (bytes.length > TOPIC_BYTES_MAX) {
      const hash = new Hash();
      sha256(bytes.pointer, bytes.length, changetype<usize>(hash) as u32);
      this.list.put<u32>(32).put<Hash>(hash);
    } else {
      this.list.put<Uint8Array>(bytes.toBytes());
    }
    this.count += 1;
    store<u32>(this.list.pointer as usize, this.count);
  }
}
