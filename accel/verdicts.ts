/**
 * Verdict bitmaps: bit (i & 7) of byte (i >> 3) is item i, 1 when it is accepted; unused bits of the last byte are 0.
 */
import type { VerdictBitmap } from "./device.ts";

/** Returns a bitmap of `count` items, none accepted. */
export function createVerdicts(count: number): VerdictBitmap {
  return new Uint8Array((count + 7) >> 3);
}

/** Sets item `index` to accepted. */
export function acceptInto(verdicts: VerdictBitmap, index: number): void {
  verdicts[index >> 3]! |= 1 << (index & 7);
}

/** True when item `index` is accepted; false beyond the bitmap. */
export function isAccepted(verdicts: VerdictBitmap, index: number): boolean {
  return (((verdicts[index >> 3] ?? 0) >> (index & 7)) & 1) === 1;
}

/** Returns how many items are accepted. */
export function countAccepted(verdicts: VerdictBitmap): number {
  let accepted = 0;
  for (const byte of verdicts) {
    for (let rest = byte; rest !== 0; rest &= rest - 1) accepted++;
  }
  return accepted;
}

/** Where a run of bits is read from or written to: from item `at` on. */
export interface BitPlace {
  readonly verdicts: VerdictBitmap;
  readonly at: number;
}

/** Sets the bits of `count` items in `target` that are set in `source`; those of `target` are 0 before. */
export function copyVerdictsInto(target: BitPlace, source: BitPlace, count: number): void {
  for (let i = 0; i < count; i++) {
    if (isAccepted(source.verdicts, source.at + i)) acceptInto(target.verdicts, target.at + i);
  }
}
