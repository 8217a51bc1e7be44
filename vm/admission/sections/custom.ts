import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";

/** A custom section: its name is checked, its contents are kept as they are and never parsed. */
export function readCustom(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  module.customBytes += cursor.remaining;
  const name = cursor.name();
  if (!cursor.ok) return;
  const offset = cursor.position;
  module.customSections.push({ name, offset, bytes: cursor.bytes.subarray(offset, cursor.end) });
  cursor.skip(cursor.remaining);
  module.isWithin("customBytes", module.customBytes, start);
}
