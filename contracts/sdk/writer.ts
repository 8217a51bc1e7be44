/**
 * Writes the chain's codec: little-endian integers, a u32 length before text, bytes and arrays, one byte 0 or 1
 * before an optional value, structs as their fields in order. docs/codec.md is the format; the TypeScript twin is
 * runtime/format.
 */
import { Address, copyFixed, Hash } from "./identifiers";
import { utf8WriteInto } from "./utf8";

const INITIAL_BYTES: u32 = 256;

@final
export class Writer {
  private start: usize = heap.alloc(INITIAL_BYTES);
  private capacity: u32 = INITIAL_BYTES;
  private size: u32 = 0;

  /** Bytes written so far. */
  get length(): u32 {
    return this.size;
  }

  /** Address of the first byte written; moves when more is written. */
  get pointer(): u32 {
    return this.start as u32;
  }

  /** A copy of what was written. */
  toBytes(): Uint8Array {
    const bytes = new Uint8Array(this.size);
    memory.copy(bytes.dataStart, this.start, this.size);
    return bytes;
  }

  /** Makes room for `count` more bytes, counts them as written and returns the address of the first. */
  private extend(count: u32): usize {
    const offset = this.size;
    const needed = offset + count;
    if (needed < offset) unreachable();
    if (needed > this.capacity) {
      this.capacity = max(needed, this.capacity << 1);
      this.start = heap.realloc(this.start, this.capacity);
    }
    this.size = needed;
    return this.start + offset;
  }

  string(text: string): Writer {
    const offset = this.size;
    const target = this.extend(4 + text.length * 3);
    const length = utf8WriteInto(target + 4, text);
    store<u32>(target, length);
    this.size = offset + 4 + length;
    return this;
  }

  /** The UTF-8 form of `text`, without a length. */
  utf8(text: string): Writer {
    const offset = this.size;
    const target = this.extend(text.length * 3);
    this.size = offset + utf8WriteInto(target, text);
    return this;
  }

  bytes(value: Uint8Array): Writer {
    const length: u32 = value.length;
    const target = this.extend(4 + length);
    store<u32>(target, length);
    memory.copy(target + 4, value.dataStart, length);
    return this;
  }

  /** The bytes without a length: for layouts that know it otherwise. */
  raw(value: Uint8Array): Writer {
    const length: u32 = value.length;
    memory.copy(this.extend(length), value.dataStart, length);
    return this;
  }

  /** 32 bytes without a length. */
  private fixed(source: usize): Writer {
    copyFixed(this.extend(32), source);
    return this;
  }

  /** The value in the codec's form of its type. */
  put<T>(value: T): Writer {
    if (isBoolean<T>()) {
      store<u8>(this.extend(1), value ? 1 : 0);
    } else if (isInteger<T>()) {
      store<T>(this.extend(sizeof<T>()), value);
    } else if (isNullable<T>()) {
      this.put<bool>(value !== null);
      if (value !== null) this.put<NonNullable<T>>(value!);
    } else if (isString<T>()) {
      this.string(changetype<string>(value));
    } else if (isArray<T>()) {
      this.put<u32>(value.length);
      for (let i = 0; i < value.length; i++) this.put<valueof<T>>(value[i]);
    } else if (idof<T>() == idof<Uint8Array>()) {
      this.bytes(changetype<Uint8Array>(value));
    } else if (idof<T>() == idof<Address>() || idof<T>() == idof<Hash>()) {
      this.fixed(changetype<usize>(value));
    } else if (isDefined(value.__encode)) {
      value.__encode(this);
    } else {
      ERROR("this type has no codec form: use integers, bool, string, Uint8Array, Address, Hash, T[] or a @struct");
    }
    return this;
  }
}
