/**
 * The one place where an address of a contract becomes bytes. Addresses and lengths arrive as i32 and are unsigned;
 * the sum is made in numbers, where it cannot wrap. A range must lie inside the memory even when it is empty, as in
 * the bulk instructions.
 */
import type { Frame } from "./frame.ts";

/** The bytes in the contract's memory themselves: valid until the contract runs on, never kept, never given away. */
export function guestView(frame: Frame, address: number, length: number): Uint8Array {
  const start = address >>> 0;
  const end = start + (length >>> 0);
  const memory = frame.memory;
  if (end > memory.length) frame.refuse("outsideMemory");
  return memory.subarray(start, end);
}

/** A copy of the bytes, which the caller owns. */
export function guestCopy(frame: Frame, address: number, length: number): Uint8Array {
  const start = address >>> 0;
  const end = start + (length >>> 0);
  const memory = frame.memory;
  if (end > memory.length) frame.refuse("outsideMemory");
  return memory.slice(start, end);
}

/** The bytes stand at the address. */
export function writeGuest(frame: Frame, address: number, bytes: Uint8Array): void {
  const start = address >>> 0;
  const memory = frame.memory;
  if (start + bytes.length > memory.length) frame.refuse("outsideMemory");
  memory.set(bytes, start);
}
