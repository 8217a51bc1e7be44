import type { ModuleReading, SizeLimits } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";

const HAS_MAXIMUM = 1;
const IS_SHARED = 2;
const HAS_64_BIT_ADDRESSES = 4;

/**
 * The minimum and maximum of a table or memory; null when they cannot be read. The flag is one byte of bits; those of
 * later proposals are named and end the section, because what follows them has another form.
 */
export function readLimits(cursor: ByteCursor, module: ModuleReading, owner: "table" | "memory"): SizeLimits | null {
  const offset = cursor.position;
  const flag = cursor.u8();
  if (!cursor.ok) return null;
  if (flag > HAS_MAXIMUM) {
    failAtFlag(cursor, flag, offset, owner);
    return null;
  }
  const minimum = cursor.u32();
  const maximum = (flag & HAS_MAXIMUM) === 0 ? null : cursor.u32();
  if (!cursor.ok) return null;
  if (maximum !== null && minimum > maximum) module.refuse("limits.order", offset, `${owner} ${minimum}..${maximum}`);
  return { minimum, maximum };
}

function failAtFlag(cursor: ByteCursor, flag: number, offset: number, owner: "table" | "memory"): void {
  const specifics = `${owner}, 0x${flag.toString(16)}`;
  if (flag > (HAS_MAXIMUM | IS_SHARED | HAS_64_BIT_ADDRESSES)) cursor.fail("limits.flag", offset, specifics);
  else if ((flag & HAS_64_BIT_ADDRESSES) !== 0) cursor.fail("feature.memory64", offset, specifics);
  else cursor.fail("feature.threads", offset, specifics);
}
