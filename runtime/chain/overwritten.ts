/**
 * What one block overwrote: its keys, and the value of each before the block, in one piece of memory.
 *
 * A hundred blocks of these are kept (recent-states.ts). As an object with byte arrays for each write they were the largest
 * part of what the collector had to move and mark: over 500 bytes of heap a transfer, against about 80 outside of it.
 */
import { compareBytes } from "../format/bytes.ts";
import type { WriteSet } from "../state/overlay.ts";

/** Length of a value that was not there. */
const ABSENT = 0xffff_ffff;

export class Overwritten {
  readonly count: number;
  /** Key and value of each write, one behind the other. */
  readonly #bytes: Uint8Array;
  /** Of each write: where its key begins, and the lengths of key and value. */
  readonly #starts: Uint32Array;
  readonly #keyLengths: Uint32Array;
  readonly #valueLengths: Uint32Array;

  /** @param writes in byte order of the keys; nothing of them is kept */
  constructor(writes: WriteSet) {
    this.count = writes.length;
    this.#starts = new Uint32Array(writes.length);
    this.#keyLengths = new Uint32Array(writes.length);
    this.#valueLengths = new Uint32Array(writes.length);
    this.#bytes = new Uint8Array(this.#measure(writes));
    for (let index = 0; index < writes.length; index += 1) {
      const { key, before } = writes[index]!;
      this.#bytes.set(key, this.#starts[index]!);
      if (before !== undefined) this.#bytes.set(before, this.#starts[index]! + key.length);
    }
  }

  /** Bytes of keys and values. */
  get byteLength(): number {
    return this.#bytes.length;
  }

  /** Returns the value before the block, in it undefined when there was none; undefined when the block left the key. */
  find(key: Uint8Array): { readonly before: Uint8Array | undefined } | undefined {
    let low = 0;
    let high = this.count;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compareBytes(this.#keyAt(middle), key) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.count || compareBytes(this.#keyAt(low), key) !== 0) return undefined;
    const length = this.#valueLengths[low]!;
    if (length === ABSENT) return { before: undefined };
    const start = this.#starts[low]! + this.#keyLengths[low]!;
    return { before: this.#bytes.slice(start, start + length) };
  }

  #measure(writes: WriteSet): number {
    let at = 0;
    for (let index = 0; index < writes.length; index += 1) {
      const { key, before } = writes[index]!;
      this.#starts[index] = at;
      this.#keyLengths[index] = key.length;
      this.#valueLengths[index] = before === undefined ? ABSENT : before.length;
      at += key.length + (before?.length ?? 0);
    }
    return at;
  }

  #keyAt(index: number): Uint8Array {
    const start = this.#starts[index]!;
    return this.#bytes.subarray(start, start + this.#keyLengths[index]!);
  }
}
