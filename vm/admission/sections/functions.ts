import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";

/** The types of the module's own functions, one index each. */
export function readFunctions(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  module.isWithin("functions", count, start);
  for (let index = 0; index < count && cursor.ok; index++) {
    const offset = cursor.position;
    const typeIndex = cursor.u32();
    if (!cursor.ok) return;
    module.checkIndex(module.types, typeIndex, "type.index", offset);
    const type = module.types.get(typeIndex) ?? null;
    module.functions.items.push({ type, isImported: false });
    module.totalParams += type?.params.length ?? 0;
  }
  module.isWithin("totalParams", module.totalParams, start);
}
