/**
 * The one place where an address of a contract becomes bytes. Addresses and lengths arrive as i32 and are unsigned;
 * the sum is made in numbers, where it cannot wrap. A range must lie inside the memory even when it is empty, as in
 * the bulk instructions.
 */
import type { Frame } from "./frame.ts";

/** Where the range begins in `frame.memory`, inside of which it lies; else the frame has ended. */
export function guestRange(frame: Frame, address: number, length: number): number {
  const start = address >>> 0;
  if (start + (length >>> 0) > frame.memory.length) frame.refuse("outsideMemory");
  return start;
}

/** The bytes in the contract's memory themselves: valid until the contract runs on, never kept, never given away. */
export function guestView(frame: Frame, address: number, length: number): Uint8Array {
  const start = guestRange(frame, address, length);
  return frame.memory.subarray(start, start + (length >>> 0));
}

/** Up to so many bytes a loop is faster than the calls of the platform that do the same. */
const LOOP_BYTES_MAX = 24;

/** A copy of the bytes, which the caller owns. */
export function guestCopy(frame: Frame, address: number, length: number): Uint8Array {
  const size = length >>> 0;
  const start = guestRange(frame, address, size);
  const { memory } = frame;
  if (size > LOOP_BYTES_MAX) return memory.slice(start, start + size);
  const copy = new Uint8Array(size);
  for (let index = 0; index < size; index += 1) copy[index] = memory[start + index]!;
  return copy;
}

/** The bytes at the address fill `target`. */
export function readGuestInto(frame: Frame, address: number, target: Uint8Array): void {
  const { length } = target;
  const start = guestRange(frame, address, length);
  const { memory } = frame;
  if (length > LOOP_BYTES_MAX) target.set(memory.subarray(start, start + length));
  else for (let index = 0; index < length; index += 1) target[index] = memory[start + index]!;
}

/** The bytes stand at the address. */
export function writeGuest(frame: Frame, address: number, bytes: Uint8Array): void {
  const { length } = bytes;
  const start = guestRange(frame, address, length);
  const { memory } = frame;
  if (length > LOOP_BYTES_MAX) memory.set(bytes, start);
  else for (let index = 0; index < length; index += 1) memory[start + index] = bytes[index]!;
}
