/**
 * Runs the initialisers of globals inside each entry.
 *
 * AssemblyScript collects initialisers that are not constants, and statements outside functions, in a start function.
 * The profile has no start section, because nothing may run before gas is charged. So the compiler asks for the
 * function under an export name, takes the export away and calls the function at the head of every `call_` entry,
 * where it is metered like the rest. The optimiser inlines it, and drops it when it is empty.
 */
import binaryen from "assemblyscript/binaryen";
import { METHOD_EXPORT_PREFIX } from "../../vm/limits.ts";

/** Must be `options.exportStart` of the root asconfig.json. */
export const START_EXPORT = "cinnabar_start";

export function callStartFromEntries(module: binaryen.Module): void {
  const exports = Array.from({ length: module.getNumExports() }, (_, index) =>
    binaryen.getExportInfo(module.getExportByIndex(index)),
  );
  const start = exports.find(({ name }) => name === START_EXPORT);
  if (start === undefined) return;
  for (const { name, value } of exports) {
    if (!name.startsWith(METHOD_EXPORT_PREFIX)) continue;
    const { params, results, vars, body } = binaryen.getFunctionInfo(module.getFunction(value));
    const call = module.call(start.value, [], binaryen.none);
    module.removeFunction(value);
    module.addFunction(value, params, results, vars, module.block(null, [call, body], binaryen.none));
  }
  module.removeExport(START_EXPORT);
}
