/**
 * The state as execution sees it. Keys are whole state keys (format/state-key.ts), given as the first `length` bytes of a
 * buffer that is reused: what keeps a key copies it. Values must not be written to by anyone.
 */
import { NodeError } from "../../vm/errors.ts";
import type { CounterAnswer, CounterChange } from "../../vm/host/environment.ts";
import type { SlotTable } from "./slot-table.ts";
import { OrderedScan, type StateScan } from "./state-scan.ts";

export interface StateView {
  get(key: Uint8Array, length: number): Uint8Array | undefined;
  /**
   * As `get`, for a value that is never another once it is there (a module under its hash): looking at it is no access, so
   * that one who has it in a cache and one who has not leave the same record.
   */
  constant(key: Uint8Array, length: number): Uint8Array | undefined;
  /** Returns a walk over the entries whose keys begin with `prefix` and are not before `start`, in byte order. */
  scan(prefix: Uint8Array, start: Uint8Array): StateScan;
}

/** A mark of an overlay: what `revertTo` goes back to. */
export type Checkpoint = number;

export interface MutableState extends StateView {
  /** The value (kept, not copied) stands under the key. */
  put(key: Uint8Array, length: number, value: Uint8Array): void;
  /** There is no value under the key; returns whether there was one. */
  remove(key: Uint8Array, length: number): boolean;
  /**
   * Adds to the counter under the key (vm/host/counter-value.ts); nothing has changed unless the answer is "added". Who asks
   * learns the answer and not the value: a state that keeps what was read keeps an add as an add.
   */
  addCounter(key: Uint8Array, length: number, change: CounterChange): CounterAnswer;
  checkpoint(): Checkpoint;
  /** Everything written since the checkpoint is undone; later checkpoints are void. */
  revertTo(checkpoint: Checkpoint): void;
}

/**
 * Returns the last committed state, for queries. A write is a NodeError: the vm refuses writes of a read-only frame before
 * they come here.
 */
export function committedState(table: SlotTable): MutableState {
  return {
    get: (key, length) => table.peek(key, length),
    constant: (key, length) => table.peek(key, length),
    scan: (prefix, start) => new OrderedScan(table.order, { prefix, start }, (key) => table.peek(key, key.length)),
    put: refuseWrite,
    remove: refuseWrite,
    addCounter: refuseWrite,
    checkpoint: () => 0,
    revertTo: () => undefined,
  };
}

function refuseWrite(): never {
  throw new NodeError("state.readOnlyWrite", "a read-only frame wrote to the state");
}
