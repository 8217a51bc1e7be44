import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";

/** The name of an import or export; one above the limit of its length is listed. */
export function readName(cursor: ByteCursor, module: ModuleReading): string {
  const offset = cursor.position;
  const length = cursor.u32();
  if (cursor.ok) module.isWithin("nameBytes", length, offset);
  return cursor.text(length);
}
