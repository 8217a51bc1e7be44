/**
 * binaryen keeps its options for the whole process, and the contract compiler uses the same copy. What we read and
 * write must not depend on what someone set before, so our own are set around every use, and the others' put back.
 */
import binaryen from "binaryen";

/** Runs `work` with binaryen's options as the instrumenter wants them: no names, no optimizer, no assumptions. */
export function withPinnedOptions<T>(work: () => T): T {
  const before = {
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
  };
  try {
    setOptions(PINNED);
    return work();
  } finally {
    setOptions(before);
  }
}

const PINNED = {
  optimizeLevel: 0,
  shrinkLevel: 0,
  debugInfo: false,
  trapsNeverHappen: false,
  closedWorld: false,
  lowMemoryUnused: false,
  zeroFilledMemory: false,
  fastMath: false,
  generateStackIR: false,
  optimizeStackIR: false,
} as const;

type Options = { readonly [Name in keyof typeof PINNED]: (typeof PINNED)[Name] extends number ? number : boolean };

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
}
