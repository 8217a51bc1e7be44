/** What an overlay stands on: values by slot, as the block before the running one left them. */
import { equalBytes } from "../format/bytes.ts";
import type { KeyOrder } from "./key-order.ts";
import type { SharedValues } from "./shared-values.ts";

export type Value = Uint8Array | undefined;

export interface SlotValues {
  /** Where other threads see the newest values, if they do. */
  readonly shared: SharedValues | undefined;
  /** The keys that have values. */
  readonly order: KeyOrder;
  slotOf(key: Uint8Array, length: number): number;
  valueOf(slot: number): Value;
  keyOf(slot: number): Uint8Array;
  compareKeys(left: number, right: number): number;
  /** The values are the committed ones. */
  commitWrites(writes: SlotWrites): void;
}

/** What a block changed: slots, each once, and the value of each. */
export interface SlotWrites {
  readonly slots: Uint32Array;
  readonly values: readonly Value[];
}

/** True when both are absent or have the same bytes. */
export function sameValue(left: Value, right: Value): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left === right || equalBytes(left, right);
}
