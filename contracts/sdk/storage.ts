/**
 * What a contract keeps. A contract class declares fields of these types and no others; the compiler gives each the
 * field's name. The key of a cell is u8 length of the name and the name; of a map entry the same, followed by the
 * codec form of the key's parts in order. A value is the codec form of its type.
 */
import { result_read, storage_delete, storage_get, storage_has, storage_put } from "./host";
import { SdkFailure } from "./failure";
import { keyBehind, Page, pageAt } from "./page";
import { Reader } from "./reader";
import { revert } from "./revert";
import { Writer } from "./writer";

const KEY_BYTES_MAX: u32 = 512;

/** The key of a cell of this name, and what the keys of a map of this name begin with. */
export function keyOf(name: string): Writer {
  return new Writer().put<u8>(name.length as u8).utf8(name);
}

/** The key itself; one that is too long ends the call with `storage.keyTooLong`. */
export function checkedKey(key: Writer): Writer {
  if (key.length > KEY_BYTES_MAX) revert(SdkFailure.keyTooLong, "storage key too long");
  return key;
}

function hasAt(key: Writer): bool {
  return storage_has(key.pointer, key.length) != 0;
}

/** A reader of the value under `key`, or null. */
function readerAt(key: Writer): Reader | null {
  const length = storage_get(key.pointer, key.length);
  if (length < 0) return null;
  const start = heap.alloc(length);
  result_read(start as u32);
  return new Reader(start, length, SdkFailure.invalidBytes);
}

function valueOf<V>(reader: Reader): V {
  const value = reader.take<V>();
  reader.finish();
  return value;
}

function getAt<V>(key: Writer): V {
  const reader = readerAt(key);
  if (reader === null) revert(SdkFailure.missingValue, "no value under this key");
  return valueOf<V>(reader!);
}

function getAtOr<V>(key: Writer, fallback: V): V {
  const reader = readerAt(key);
  return reader === null ? fallback : valueOf<V>(reader);
}

function setAt<V>(key: Writer, value: V): void {
  const bytes = new Writer();
  bytes.put<V>(value);
  storage_put(key.pointer, key.length, bytes.pointer, bytes.length);
}

function removeAt(key: Writer): bool {
  return storage_delete(key.pointer, key.length) != 0;
}

/** One value. */
@final
export class Cell<V> {
  constructor(private name: string) {}

  exists(): bool {
    return hasAt(keyOf(this.name));
  }

  /** The value; without one the call ends with `storage.missing`. */
  get(): V {
    return getAt<V>(keyOf(this.name));
  }

  getOr(fallback: V): V {
    return getAtOr<V>(keyOf(this.name), fallback);
  }

  set(value: V): void {
    setAt<V>(keyOf(this.name), value);
  }

  /** Returns whether there was a value. */
  remove(): bool {
    return removeAt(keyOf(this.name));
  }
}

/** Values under a key of one part. */
@final
export class StorageMap<K, V> {
  constructor(private name: string) {}

  private key(key: K): Writer {
    return checkedKey(keyOf(this.name).put<K>(key));
  }

  has(key: K): bool {
    return hasAt(this.key(key));
  }

  /** The value under `key`; without one the call ends with `storage.missing`. */
  get(key: K): V {
    return getAt<V>(this.key(key));
  }

  getOr(key: K, fallback: V): V {
    return getAtOr<V>(this.key(key), fallback);
  }

  /** The value under `key`, or null; for values that are objects. */
  find(key: K): V | null {
    const reader = readerAt(this.key(key));
    return reader === null ? null : valueOf<V>(reader);
  }

  set(key: K, value: V): void {
    setAt<V>(this.key(key), value);
  }

  /** Returns whether there was a value. */
  remove(key: K): bool {
    return removeAt(this.key(key));
  }

  /** The first `limit` entries (at most 100). */
  first(limit: u32): Page<K, V> {
    return pageAt<K, V>(keyOf(this.name), null, limit);
  }

  /** The next `limit` entries behind the one with `key`, which need not exist. */
  after(key: K, limit: u32): Page<K, V> {
    return pageAt<K, V>(keyOf(this.name), keyBehind(this.key(key)), limit);
  }
}

/** Values under a key of two parts. */
@final
export class StorageMap2<K1, K2, V> {
  constructor(private name: string) {}

  private key(first: K1, second: K2): Writer {
    return checkedKey(keyOf(this.name).put<K1>(first).put<K2>(second));
  }

  private prefix(first: K1): Writer {
    return checkedKey(keyOf(this.name).put<K1>(first));
  }

  has(first: K1, second: K2): bool {
    return hasAt(this.key(first, second));
  }

  /** The value under the key; without one the call ends with `storage.missing`. */
  get(first: K1, second: K2): V {
    return getAt<V>(this.key(first, second));
  }

  getOr(first: K1, second: K2, fallback: V): V {
    return getAtOr<V>(this.key(first, second), fallback);
  }

  /** The value under the key, or null; for values that are objects. */
  find(first: K1, second: K2): V | null {
    const reader = readerAt(this.key(first, second));
    return reader === null ? null : valueOf<V>(reader);
  }

  set(first: K1, second: K2, value: V): void {
    setAt<V>(this.key(first, second), value);
  }

  /** Returns whether there was a value. */
  remove(first: K1, second: K2): bool {
    return removeAt(this.key(first, second));
  }

  /** The first `limit` entries under `first` (at most 100). */
  first(first: K1, limit: u32): Page<K2, V> {
    return pageAt<K2, V>(this.prefix(first), null, limit);
  }

  /** The next `limit` entries under `first` behind the one with the second part, which need not exist. */
  after(first: K1, second: K2, limit: u32): Page<K2, V> {
    return pageAt<K2, V>(this.prefix(first), keyBehind(this.key(first, second)), limit);
  }
}

/** Values under a key of three parts. */
@final
export class StorageMap3<K1, K2, K3, V> {
  constructor(private name: string) {}

  private key(first: K1, second: K2, third: K3): Writer {
    return checkedKey(keyOf(this.name).put<K1>(first).put<K2>(second).put<K3>(third));
  }

  private prefix(first: K1, second: K2): Writer {
    return checkedKey(keyOf(this.name).put<K1>(first).put<K2>(second));
  }

  has(first: K1, second: K2, third: K3): bool {
    return hasAt(this.key(first, second, third));
  }

  /** The value under the key; without one the call ends with `storage.missing`. */
  get(first: K1, second: K2, third: K3): V {
    return getAt<V>(this.key(first, second, third));
  }

  getOr(first: K1, second: K2, third: K3, fallback: V): V {
    return getAtOr<V>(this.key(first, second, third), fallback);
  }

  /** The value under the key, or null; for values that are objects. */
  find(first: K1, second: K2, third: K3): V | null {
    const reader = readerAt(this.key(first, second, third));
    return reader === null ? null : valueOf<V>(reader);
  }

  set(first: K1, second: K2, third: K3, value: V): void {
    setAt<V>(this.key(first, second, third), value);
  }

  /** Returns whether there was a value. */
  remove(first: K1, second: K2, third: K3): bool {
    return removeAt(this.key(first, second, third));
  }

  /** The first `limit` entries under `first` and `second` (at most 100). */
  first(first: K1, second: K2, limit: u32): Page<K3, V> {
    return pageAt<K3, V>(this.prefix(first, second), null, limit);
  }

  /** The next `limit` entries under `first` and `second` behind the one with the third part, which need not exist. */
  after(first: K1, second: K2, third: K3, limit: u32): Page<K3, V> {
    return pageAt<K3, V>(this.prefix(first, second), keyBehind(this.key(first, second, third)), limit);
  }
}
