/**
 * The last heights whose state can be proven: their heads and what their blocks overwrote; their trees are elsewhere
 * (runtime/roots). The value of a key at a height is the one that the first block above it overwrote, or else today's.
 */
import type { Head } from "./ledger.ts";
import type { Overwritten } from "./overwritten.ts";

/** Heights kept. A proof is asked for soon after a block; an older claim is proven at a newer height. */
const HEIGHTS_MAX = 128;
/** Memory for all heights: a value is at most 64 KiB, so a number of keys would be no bound. */
const BYTES_MAX = 256 * 1024 * 1024;
/** What a version of the tree has for each key that its block changed, roughly. */
const WRITE_OVERHEAD_BYTES = 800;

export interface RecentState {
  readonly head: Head;
  /** By the block at this height. */
  readonly overwritten: Overwritten;
}

export class RecentStates {
  /** Heights without a gap, ascending; the last is the head. */
  #states: RecentState[] = [];
  readonly #bytesMax: number;
  #bytes = 0;

  /** @param bytesMax keys, values before, and tree nodes of all heights but the head's */
  constructor(bytesMax: number = BYTES_MAX) {
    this.#bytesMax = bytesMax;
  }

  /** Memory held, estimated. */
  get bytes(): number {
    return this.#bytes;
  }

  get oldestHeight(): number {
    return this.#states[0]?.head.header.height ?? 0;
  }

  /** The state is the head's. Old ones beyond the limits are dropped. */
  push(state: RecentState): void {
    this.#states.push(state);
    this.#bytes += bytesOf(state);
    while (this.#states.length > 1 && (this.#states.length > HEIGHTS_MAX || this.#bytes > this.#bytesMax)) {
      this.#bytes -= bytesOf(this.#states.shift()!);
    }
  }

  at(height: number): RecentState | undefined {
    return this.#states[height - this.oldestHeight];
  }

  /** Returns the value of a state key at a height that is kept. @param valueNow at the head */
  valueAt(height: number, key: Uint8Array, valueNow: Uint8Array | undefined): Uint8Array | undefined {
    for (const { overwritten } of this.#states.slice(height - this.oldestHeight + 1)) {
      const found = overwritten.find(key);
      if (found !== undefined) return found.before;
    }
    return valueNow;
  }
}

function bytesOf({ overwritten }: RecentState): number {
  return WRITE_OVERHEAD_BYTES * overwritten.count + overwritten.byteLength;
}
