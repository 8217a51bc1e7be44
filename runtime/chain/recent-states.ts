/**
 * The last heights whose state can be proven: their tree versions, which share what did not change, and what their blocks
 * overwrote. The value of a key at a height is the one that the first block above it overwrote, or else today's.
 */
import { compareBytes } from "../format/bytes.ts";
import type { WriteSet } from "../state/overlay.ts";
import type { StateTree } from "../state/tree.ts";
import type { Head } from "./ledger.ts";

/** Heights kept. A proof is asked for soon after a block; an older claim is proven at a newer height. */
const HEIGHTS_MAX = 128;
/** Changed keys kept over all heights: a version costs about 0.5 KB for each key it changed. */
const WRITES_MAX = 200_000;

export interface RecentState {
  readonly head: Head;
  readonly tree: StateTree;
  /** What the block at this height changed. */
  readonly writes: WriteSet;
}

export class RecentStates {
  /** Heights without a gap, ascending; the last is the head. */
  #states: RecentState[] = [];
  #writeCount = 0;

  get oldestHeight(): number {
    return this.#states[0]?.head.header.height ?? 0;
  }

  /** The state is the head's. Old ones beyond the limits are released. */
  push(state: RecentState): void {
    this.#states.push(state);
    this.#writeCount += state.writes.length;
    while (this.#states.length > 1 && (this.#states.length > HEIGHTS_MAX || this.#writeCount > WRITES_MAX)) {
      const oldest = this.#states.shift()!;
      this.#writeCount -= oldest.writes.length;
      oldest.tree.release();
    }
  }

  at(height: number): RecentState | undefined {
    return this.#states[height - this.oldestHeight];
  }

  /** Every key that the blocks of the kept heights changed. */
  *writtenKeys(): Iterable<Uint8Array> {
    for (const { writes } of this.#states) for (const { key } of writes) yield key;
  }

  /** Returns the value of a state key at a height that is kept. @param valueNow at the head */
  valueAt(height: number, key: Uint8Array, valueNow: Uint8Array | undefined): Uint8Array | undefined {
    for (const { writes } of this.#states.slice(height - this.oldestHeight + 1)) {
      const write = findWrite(writes, key);
      if (write !== undefined) return write.before;
    }
    return valueNow;
  }
}

function findWrite(writes: WriteSet, key: Uint8Array): WriteSet[number] | undefined {
  let low = 0;
  let high = writes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareBytes(writes[middle]!.key, key) < 0) low = middle + 1;
    else high = middle;
  }
  const found = writes[low];
  return found !== undefined && compareBytes(found.key, key) === 0 ? found : undefined;
}
