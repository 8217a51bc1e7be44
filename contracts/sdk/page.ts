/**
 * Maps entry by entry, in pages. The order is the byte order of the keys' codec forms: strings by length (to 255) and
 * then by their bytes, addresses and hashes by their bytes; of integers only those of one byte by their value.
 */
import { result_read, storage_scan } from "./host";
import { SdkFailure } from "./failure";
import { Reader } from "./reader";
import { Writer } from "./writer";

const ENTRIES_MAX: u32 = 100;
const BYTES_MAX: u32 = 65536;

/** Some entries of a map. */
@final
export class Page<K, V> {
  keys: K[] = [];
  values: V[] = [];
  /** False when the last entry of the map is among these. */
  hasMore: bool = false;

  get length(): i32 {
    return this.keys.length;
  }
}

/**
 * The entries whose keys are `prefix` and a K, from the key `start` on or from the first: at most `limit` and at most
 * 100, fewer where they are long.
 */
export function pageAt<K, V>(prefix: Writer, start: Writer | null, limit: u32): Page<K, V> {
  const from = start === null ? prefix : start;
  const length = storage_scan(
    prefix.pointer,
    prefix.length,
    from.pointer,
    from.length,
    min(limit, ENTRIES_MAX),
    BYTES_MAX,
  );
  const bytes = heap.alloc(length);
  result_read(bytes as u32);
  const reader = new Reader(bytes, length, SdkFailure.invalidBytes);
  const page = new Page<K, V>();
  page.hasMore = reader.take<bool>();
  for (let count = reader.take<u32>(); count > 0; count--) {
    const key = reader.part(reader.take<u32>());
    key.skip(prefix.length);
    page.keys.push(key.take<K>());
    key.finish();
    const value = reader.part(reader.take<u32>());
    page.values.push(value.take<V>());
    value.finish();
  }
  return page;
}

/** The first key behind `key`. */
export function keyBehind(key: Writer): Writer {
  return key.put<u8>(0);
}
