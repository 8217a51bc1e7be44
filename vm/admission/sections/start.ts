import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { typeNames } from "../value-types.ts";

/** The start section: refused in a contract, because it would run before gas is armed. */
export function readStart(cursor: ByteCursor, module: ModuleReading): void {
  const offset = cursor.position;
  const index = cursor.u32();
  if (!cursor.ok) return;
  module.useFeature("startSection", offset, `function ${index}`);
  module.checkIndex(module.functions, index, "start.index", offset);
  const type = module.functions.get(index)?.type;
  if (type === undefined || type === null || type.params.length + type.results.length === 0) return;
  module.refuse("start.type", offset, `${typeNames(type.params)} -> ${typeNames(type.results)}`);
}
