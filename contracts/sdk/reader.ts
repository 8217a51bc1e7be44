/**
 * Reads the chain's codec, strictly: what is read and written again gives the same bytes. A byte too few or too many, a
 * boolean that is neither 0 nor 1 and text that is not UTF-8 end the call.
 */
import { Address, copyFixed, Hash } from "./identifiers";
import { input_read, input_size } from "./host";
import { BAD_ARGUMENTS } from "./failure";
import { revert } from "./revert";
import { utf16Length, utf8Decode } from "./utf8";

@final
export class Reader {
  private position: usize;
  private end: usize;
  private failure: u32;

  /** Reads the `length` bytes at `start`; bytes that do not decode end the call with `failure`. */
  constructor(start: usize, length: u32, failure: u32) {
    this.position = start;
    this.end = start + length;
    this.failure = failure;
  }

  /** A reader of this call's arguments. */
  static input(): Reader {
    const length = input_size();
    const start = heap.alloc(length);
    if (length != 0) input_read(start as u32);
    return new Reader(start, length, BAD_ARGUMENTS);
  }

  get remaining(): u32 {
    return (this.end - this.position) as u32;
  }

  private refuse(cause: string): void {
    revert(this.failure, cause);
  }

  /** All bytes were read. */
  finish(): void {
    if (this.position != this.end) this.refuse("codec: bytes follow the end");
  }

  /** The address of the next `count` bytes, which are counted as read. */
  private advance(count: u32): usize {
    if (count > this.remaining) this.refuse("codec: bytes are missing");
    const start = this.position;
    this.position = start + count;
    return start;
  }

  /** A reader of the next `count` bytes, which are counted as read. */
  part(count: u32): Reader {
    return new Reader(this.advance(count), count, this.failure);
  }

  /** The next `count` bytes are counted as read. */
  skip(count: u32): void {
    this.advance(count);
  }

  bool(): bool {
    const byte = load<u8>(this.advance(1));
    if (byte > 1) this.refuse("codec: a boolean is 0 or 1");
    return byte == 1;
  }

  string(): string {
    const length = this.take<u32>();
    const start = this.advance(length);
    const units = utf16Length(start, length);
    if (units < 0) this.refuse("codec: text is not UTF-8");
    return utf8Decode(start, length, units);
  }

  bytes(): Uint8Array {
    const length = this.take<u32>();
    const start = this.advance(length);
    const value = new Uint8Array(length);
    memory.copy(value.dataStart, start, length);
    return value;
  }

  private array<T>(): T {
    const count = this.take<u32>();
    // Every element takes a byte or more: a count cannot ask for more memory than the input has paid for.
    if (count > this.remaining) this.refuse("codec: bytes are missing");
    const value = instantiate<T>(count);
    for (let i: u32 = 0; i < count; i++) value[i] = this.take<valueof<T>>();
    return value;
  }

  /** The next value, of type T in the codec's form. */
  take<T>(): T {
    if (isBoolean<T>()) {
      return this.bool() as T;
    } else if (isInteger<T>()) {
      return load<T>(this.advance(sizeof<T>()));
    } else if (isNullable<T>()) {
      return this.bool() ? this.take<NonNullable<T>>() : changetype<T>(0);
    } else if (isString<T>()) {
      return changetype<T>(this.string());
    } else if (isArray<T>()) {
      return this.array<T>();
    } else if (idof<T>() == idof<Uint8Array>()) {
      return changetype<T>(this.bytes());
    } else if (idof<T>() == idof<Address>() || idof<T>() == idof<Hash>()) {
      const value = instantiate<T>();
      copyFixed(changetype<usize>(value), this.advance(32));
      return value;
    } else {
      const value = changetype<T>(__new(offsetof<T>(), idof<T>()));
      if (isDefined(value.__decode)) value.__decode(this);
      else
        ERROR("this type has no codec form: use integers, bool, string, Uint8Array, Address, Hash, T[] or a @struct");
      return value;
    }
  }
}
