/**
 * binaryen keeps its options for the whole process: the AssemblyScript compiler, the instrumenter and whoever else uses
 * the library set the same ones. A contract's bytes must not depend on what ran before, so all options that the
 * optimiser and the writer read are set around their use, and the others' put back.
 */
import binaryen from "assemblyscript/binaryen";

/** How eagerly functions are put in the place of their calls. Sizes are binaryen's: about one for each expression. */
export interface Inlining {
  /** Functions up to this size always. */
  readonly always: number;
  /** Functions up to this size that call nothing. */
  readonly flexible: number;
  /** Functions up to this size that are called from one place. */
  readonly oneCaller: number;
  readonly withLoops: boolean;
}

/** Arguments of passes: how many `if`s at the head of a function may be inlined without the rest of it. */
const PARTIAL_INLINING_ARGUMENT = "partial-inlining-ifs";
const PARTIAL_INLINING_IFS = "4";
/** Argument of the pass of the same name: the functions it is about. */
export const NO_INLINE = "no-inline";
const ARGUMENTS = [PARTIAL_INLINING_ARGUMENT, NO_INLINE] as const;

/**
 * Speed at its highest, because a contract is run more often than it is deployed. Of what the optimiser may assume, only
 * that nothing lies below address 1,024: AssemblyScript lays static data and heap above it. Never that traps do not
 * happen.
 */
const PINNED = {
  optimizeLevel: 4,
  shrinkLevel: 0,
  debugInfo: false,
  trapsNeverHappen: false,
  closedWorld: false,
  lowMemoryUnused: true,
  zeroFilledMemory: false,
  fastMath: false,
  generateStackIR: true,
  optimizeStackIR: true,
} as const;

type Plain = { readonly [Name in keyof typeof PINNED]: (typeof PINNED)[Name] extends number ? number : boolean };
type Options = Plain & { readonly inlining: Inlining; readonly passArguments: readonly (string | null)[] };

/** Runs `work` with the options of a build; `passes` are those it will run, none of which is then skipped. */
export function withBuildOptions<T>(inlining: Inlining, passes: readonly string[], work: () => T): T {
  const before = currentOptions();
  const skipped = passes.filter((pass) => binaryen.hasPassToSkip(pass));
  try {
    if (skipped.length > 0) binaryen.clearPassesToSkip();
    setOptions({ ...PINNED, inlining, passArguments: [PARTIAL_INLINING_IFS, null] });
    return work();
  } finally {
    setOptions(before);
    for (const pass of skipped) binaryen.addPassToSkip(pass);
  }
}

function currentOptions(): Options {
  return {
    optimizeLevel: binaryen.getOptimizeLevel(),
    shrinkLevel: binaryen.getShrinkLevel(),
    debugInfo: binaryen.getDebugInfo(),
    trapsNeverHappen: binaryen.getTrapsNeverHappen(),
    closedWorld: binaryen.getClosedWorld(),
    lowMemoryUnused: binaryen.getLowMemoryUnused(),
    zeroFilledMemory: binaryen.getZeroFilledMemory(),
    fastMath: binaryen.getFastMath(),
    generateStackIR: binaryen.getGenerateStackIR(),
    optimizeStackIR: binaryen.getOptimizeStackIR(),
    inlining: {
      always: binaryen.getAlwaysInlineMaxSize(),
      flexible: binaryen.getFlexibleInlineMaxSize(),
      oneCaller: binaryen.getOneCallerInlineMaxSize(),
      withLoops: binaryen.getAllowInliningFunctionsWithLoops(),
    },
    passArguments: ARGUMENTS.map((name) => binaryen.getPassArgument(name)),
  };
}

function setOptions(options: Options): void {
  binaryen.setOptimizeLevel(options.optimizeLevel);
  binaryen.setShrinkLevel(options.shrinkLevel);
  binaryen.setDebugInfo(options.debugInfo);
  binaryen.setTrapsNeverHappen(options.trapsNeverHappen);
  binaryen.setClosedWorld(options.closedWorld);
  binaryen.setLowMemoryUnused(options.lowMemoryUnused);
  binaryen.setZeroFilledMemory(options.zeroFilledMemory);
  binaryen.setFastMath(options.fastMath);
  binaryen.setGenerateStackIR(options.generateStackIR);
  binaryen.setOptimizeStackIR(options.optimizeStackIR);
  binaryen.setAlwaysInlineMaxSize(options.inlining.always);
  binaryen.setFlexibleInlineMaxSize(options.inlining.flexible);
  binaryen.setOneCallerInlineMaxSize(options.inlining.oneCaller);
  binaryen.setAllowInliningFunctionsWithLoops(options.inlining.withLoops);
  ARGUMENTS.forEach((name, index) => {
    binaryen.setPassArgument(name, options.passArguments[index]!);
  });
}
