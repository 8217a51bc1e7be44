/**
 * A walk over the keys of a state in their order, and the range it has seen.
 *
 * What a transaction learned from a walk is more than the entries it was given: also that there was nothing between them. So
 * a walk says which range of keys it has covered, from its start to the last key it was given or, when it was told that there
 * is no more, to the end of the prefix. A read set that keeps ranges keeps these; whoever writes, adds or takes away a key
 * inside of one makes that walk untrue, and no one else does.
 */
import { NodeError } from "../../vm/errors.ts";
import { compareBytes } from "../format/bytes.ts";
import { hasPrefix, type KeyOrder } from "./key-order.ts";
import type { StateEntry } from "./store.ts";

/** Every state key k with the prefix, not before `from` and not behind `through`. */
export interface KeyRange {
  readonly prefix: Uint8Array;
  readonly from: Uint8Array;
  /** The last key of the range; undefined: the range goes to the end of the prefix. */
  readonly through: Uint8Array | undefined;
}

export interface StateScan {
  /** Returns the next entry, undefined at the end of the prefix. Writes to the state end the walk. */
  next(): StateEntry | undefined;
  /** Returns the range that the answers of `next` so far are about; undefined before the first. */
  covered(): KeyRange | undefined;
}

/** True when `key` lies in the range. */
export function isInRange({ prefix, from, through }: KeyRange, key: Uint8Array): boolean {
  if (!hasPrefix(key, prefix) || compareBytes(key, from) < 0) return false;
  return through === undefined || compareBytes(key, through) <= 0;
}

/** A walk over `order`, whose keys all have values by `read`. */
export class OrderedScan implements StateScan {
  readonly #keys: Generator<Uint8Array, undefined>;
  readonly #read: (key: Uint8Array) => Uint8Array | undefined;
  readonly #prefix: Uint8Array;
  readonly #from: Uint8Array;
  #last: Uint8Array | undefined;
  #isAtEnd = false;

  /** @param start where to begin, when that is behind the first key with the prefix */
  constructor(
    order: KeyOrder,
    range: { readonly prefix: Uint8Array; readonly start: Uint8Array },
    read: (key: Uint8Array) => Uint8Array | undefined,
  ) {
    const { prefix, start } = range;
    this.#prefix = prefix;
    this.#from = compareBytes(start, prefix) > 0 ? start : prefix;
    this.#keys = order.from(this.#from);
    this.#read = read;
  }

  next(): StateEntry | undefined {
    const key = this.#isAtEnd ? undefined : this.#keys.next().value;
    if (key === undefined || !hasPrefix(key, this.#prefix)) {
      this.#isAtEnd = true;
      return undefined;
    }
    const value = this.#read(key);
    if (value === undefined) throw new NodeError("state.order", "the order of the state has a key without a value");
    this.#last = key;
    return { key, value };
  }

  covered(): KeyRange | undefined {
    if (this.#isAtEnd) return { prefix: this.#prefix, from: this.#from, through: undefined };
    return this.#last && { prefix: this.#prefix, from: this.#from, through: this.#last };
  }
}
