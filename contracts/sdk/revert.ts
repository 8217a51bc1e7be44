/** How a contract gives up. A revert undoes everything the call did and costs the gas that ran. */
import { revert as hostRevert } from "./host";
import { Writer } from "./writer";

/**
 * Ends the call: all its effects are undone, the receipt holds `code` and `message` (cut to 1 KiB). Does not return.
 */
export function revert(code: u32, message: string): void {
  const text = new Writer().utf8(message);
  hostRevert(code, text.pointer, text.length);
  unreachable();
}

/**
 * `condition` is true after this; else the call ended with `code` and `message`. Build a long message only when
 * needed.
 */
export function require(condition: bool, code: u32, message: string): void {
  if (!condition) revert(code, message);
}
