/**
 * Numbers that many transactions add to. An add says whether the sum stays inside the bounds and nothing else, so two
 * adds to one counter do not wait for each other; a read makes the number known, and waits for all adds before it.
 * Kept as an i64 in the codec's form.
 */
import { counter_add, counter_read } from "./host";
import { checkedKey, keyOf } from "./storage";
import { Writer } from "./writer";

/** Delta, minimum and maximum of an add; what a read gives. */
const SCRATCH = memory.data(24, 8);

function addAt(key: Writer, delta: i64, minimum: i64, maximum: i64): bool {
  store<i64>(SCRATCH, delta);
  store<i64>(SCRATCH, minimum, 8);
  store<i64>(SCRATCH, maximum, 16);
  return counter_add(key.pointer, key.length, SCRATCH as u32) != 0;
}

function valueAt(key: Writer): i64 {
  counter_read(key.pointer, key.length, SCRATCH as u32);
  return load<i64>(SCRATCH);
}

/** One number, 0 at first. */
@final
export class Counter {
  constructor(private name: string) {}

  /** Adds `delta` and returns true, when the sum is inside the bounds; else nothing has changed. */
  add(delta: i64, minimum: i64 = i64.MIN_VALUE, maximum: i64 = i64.MAX_VALUE): bool {
    return addAt(keyOf(this.name), delta, minimum, maximum);
  }

  get(): i64 {
    return valueAt(keyOf(this.name));
  }
}

/** A number for each key, 0 at first. */
@final
export class CounterMap<K> {
  constructor(private name: string) {}

  private key(key: K): Writer {
    return checkedKey(keyOf(this.name).put<K>(key));
  }

  /** Adds `delta` and returns true, when the sum is inside the bounds; else nothing has changed. */
  add(key: K, delta: i64, minimum: i64 = i64.MIN_VALUE, maximum: i64 = i64.MAX_VALUE): bool {
    return addAt(this.key(key), delta, minimum, maximum);
  }

  get(key: K): i64 {
    return valueAt(this.key(key));
  }
}
