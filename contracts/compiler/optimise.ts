/**
 * Optimises a contract while it is built, for how it will run: metered.
 *
 * A meter costs where functions begin and calls are made, and keeps engines from inlining. So small functions go into
 * the places that call them here, once, with the sizes below, after the calls that end a failing call have been taken
 * out of them (cold-calls.ts). The passes are those of `asc -O3`, in its order.
 *
 * The optimiser is the AssemblyScript compiler's own, on the module it has just made, because only there does each
 * instruction know its place in the source. Its output is an input of the chain like any other and is admitted like any
 * other: nothing here runs when a contract is deployed or called.
 *
 * Inlining makes functions longer, with more locals and deeper nesting. When a strength breaks a bound of
 * vm/limits.ts, the next one is taken (compile.ts), the last being what `asc -O3s` does.
 *
 * A function that calls itself is never inlined, nor one function of any longer circle: with sizes as large as these
 * the optimiser would not end.
 */
import binaryen from "assemblyscript/binaryen";
import { NodeError } from "../../vm/errors.ts";
import { type Inlining, NO_INLINE, withBuildOptions } from "./binaryen-options.ts";
import { circleHeads } from "./call-graph.ts";
import { COLD_PREFIX, outlineColdCalls } from "./cold-calls.ts";

export interface Strength extends Inlining {
  readonly outlinesColdCalls: boolean;
}

/**
 * From the strongest to what the compiler does by itself. `always` of 25 to 45 runs equally fast within the noise, and 60
 * makes the shipped contracts twice as long for a tenth of the time.
 */
export const STRENGTHS: readonly Strength[] = [
  { always: 25, flexible: 150, oneCaller: 2000, withLoops: true, outlinesColdCalls: true },
  { always: 12, flexible: 70, oneCaller: 200, withLoops: true, outlinesColdCalls: true },
  { always: 6, flexible: 65, oneCaller: 80, withLoops: false, outlinesColdCalls: false },
];

export interface OptimisedModule {
  readonly wasm: Uint8Array;
  /** A source map (revision 3) whose columns are byte offsets in `wasm`. */
  readonly sourceMap: string;
}

/** The host function behind every check that AssemblyScript writes, and behind `throw`. */
const ABORT = { module: "env", base: "abort" } as const;
/** Names the map in the module; taken out of it again (source-map.ts), so any name would do. */
const MAP_URL = "contract.wasm.map";

/** What `asc -O3` runs for the features of the profile: `optimize` in the src/module.ts of AssemblyScript 0.28.20. */
const PASSES: readonly string[] = [
  ...["duplicate-function-elimination", "remove-unused-module-elements", "once-reduction", "inlining"],
  ...["simplify-globals-optimizing", "generate-global-effects", "rse", "vacuum", "code-folding", "ssa-nomerge"],
  ...["local-cse", "remove-unused-brs", "remove-unused-names", "merge-blocks", "precompute-propagate"],
  ...["simplify-globals-optimizing", "dae-optimizing", "simplify-locals-nostructure", "flatten", "vacuum"],
  ...["simplify-locals-notee-nostructure", "vacuum", "local-cse", "licm", "merge-locals", "reorder-locals"],
  ...["optimize-instructions", "avoid-reinterprets", "dce", "remove-unused-brs", "remove-unused-names", "merge-blocks"],
  ...["inlining", "precompute-propagate", "simplify-globals-optimizing", "pick-load-signs"],
  ...["simplify-locals-notee-nostructure", "vacuum", "local-cse", "reorder-locals", "coalesce-locals"],
  ...["simplify-locals", "coalesce-locals", "reorder-locals", "vacuum", "rse", "vacuum"],
  ...["simplify-globals-optimizing", "simplify-globals-optimizing", "remove-unused-brs", "remove-unused-names"],
  ...["merge-blocks", "optimize-instructions", "simplify-globals-optimizing", "dae-optimizing", "inlining-optimizing"],
  ...["optimize-added-constants-propagate", "duplicate-import-elimination", "simplify-globals-optimizing"],
  ...["precompute-propagate", "simplify-globals-optimizing", "simplify-globals-optimizing", "directize"],
  ...["dae-optimizing", "gufa-optimizing", "inlining-optimizing", "code-folding", "ssa-nomerge", "rse"],
  ...["code-pushing", "simplify-globals", "vacuum", "precompute-propagate", "inlining-optimizing", "directize"],
  ...["dae-optimizing", "local-cse", "merge-locals", "coalesce-locals", "simplify-locals", "vacuum", "inlining"],
  ...["precompute-propagate", "rse", "vacuum", "ssa-nomerge", "simplify-locals", "coalesce-locals"],
  ...["optimize-instructions", "remove-unused-brs", "remove-unused-names", "merge-blocks", "vacuum"],
  ...["simplify-globals-optimizing", "remove-unused-brs", "optimize-instructions", "vacuum", "reorder-globals"],
  ...["reorder-functions", "duplicate-function-elimination", "memory-packing", "remove-unused-module-elements"],
  ...["discard-global-effects"],
];

/** Brings the constants of a check into its call: before, some are still in blocks of their own. */
const TIDY_PASSES: readonly string[] = ["vacuum", "precompute"];

/**
 * The module's bytes after optimising with `strength`, and its source map. The module is spent: nothing is left in it.
 * The bytes depend on the module and `strength` alone.
 */
export function optimise(module: binaryen.Module, strength: Strength): OptimisedModule {
  const passes = [...TIDY_PASSES, NO_INLINE, ...PASSES];
  return withBuildOptions(strength, passes, () => {
    module.runPasses(TIDY_PASSES);
    if (strength.outlinesColdCalls) outlineColdCalls(module, ABORT);
    keepFromInlining(module, [`${COLD_PREFIX}*`, ...circleHeads(module)]);
    module.runPasses(PASSES);
    if (module.validate() !== 1) throw new NodeError("compiler.invalid", "the optimiser wrote an invalid module");
    const { binary, sourceMap } = module.emitBinary(MAP_URL);
    empty(module);
    return { wasm: binary, sourceMap: sourceMap ?? "" };
  });
}

function keepFromInlining(module: binaryen.Module, names: readonly string[]): void {
  for (const name of names) {
    binaryen.setPassArgument(NO_INLINE, name);
    module.runPasses([NO_INLINE]);
  }
  binaryen.setPassArgument(NO_INLINE, null);
}

/** The AssemblyScript compiler optimises what it finds when we are done: that is nothing. */
function empty(module: binaryen.Module): void {
  const names = Array.from(
    { length: module.getNumExports() },
    (_, index) => binaryen.getExportInfo(module.getExportByIndex(index)).name,
  );
  for (const name of names) module.removeExport(name);
}
