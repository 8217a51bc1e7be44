import type { ModuleReading } from "../module-reading.ts";
import type { ByteCursor } from "../reader.ts";
import { validateBody } from "../validate-body.ts";

/** The function bodies. Each has its size in front: one that is wrong is left at its end, and the next is read. */
export function readCode(cursor: ByteCursor, module: ModuleReading): void {
  const start = cursor.position;
  const count = cursor.u32();
  if (!cursor.ok) return;
  checkCount(module, count, start);
  for (let index = 0; index < count && cursor.ok; index++) {
    const offset = cursor.position;
    const size = cursor.u32();
    if (!cursor.ok) break;
    const body = cursor.window(size);
    if (body === null) cursor.fail("body.pastEnd", offset, `size ${size}, left ${cursor.remaining}`);
    else {
      module.codeBytes += size;
      module.bodies.push(validateBody(body, module, module.importedFunctionCount + index));
    }
  }
  module.isWithin("totalLocals", module.totalLocals, start);
  module.isWithin("totalBrTableTargets", module.totalBrTableTargets, start);
}

function checkCount(module: ModuleReading, count: number, offset: number): void {
  const wanted = module.definedFunctionCount;
  if (!module.functions.isComplete || count === wanted) return;
  module.refuse("code.countMismatch", offset, `${count} bodies, ${wanted} functions`);
}
