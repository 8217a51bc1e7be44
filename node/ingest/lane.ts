/**
 * The lane of a transaction: by its contract and the object it is about, so that one object's transactions meet in one
 * lane. Placement changes the time and never the result, so the hash needs to be quick and even, not strong.
 */
import { LANE_COUNT } from "../../accel/device.ts";

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/**
 * A lane number, 0 .. 95.
 * @param objectKey  text of the declared object; where a method declares none, text of the sender's key
 */
export function laneOf(contract: string, objectKey: string): number {
  return fnv1a(`${contract}\u0000${objectKey}`) % LANE_COUNT;
}

/** FNV-1a, 32 bits, over UTF-16 units (Fowler, Noll, Vo). */
function fnv1a(text: string): number {
  let hash = FNV_OFFSET;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
  }
  return hash >>> 0;
}
