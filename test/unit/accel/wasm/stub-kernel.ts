/** Kernels that are wrong on purpose, in the calling convention of the signatures module. */
import binaryen from "binaryen";

const SIGNATURE = "(param $count i32) (param $items i32) (param i32 i32 i32 i32) (param $verdicts i32)";

/** Writes `verdict` for every listed item. */
function writeAll(verdict: number): string {
  return `
    (local $i i32)
    (block $done
      (loop $next
        (br_if $done (i32.ge_u (local.get $i) (local.get $count)))
        (i32.store8
          (i32.add
            (local.get $verdicts)
            (i32.load (i32.add (local.get $items) (i32.shl (local.get $i) (i32.const 2)))))
          (i32.const ${verdict}))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br $next)))`;
}

const BODIES = { acceptsAll: writeAll(1), refusesAll: writeAll(0), traps: "(unreachable)" } as const;
export type StubKernel = keyof typeof BODIES;

/** The bytes of a module whose only algorithm, ed25519, answers as its name says. */
export function stubKernelBytes(kind: StubKernel): Uint8Array {
  const module = binaryen.parseText(`(module
    (memory $memory (export "memory") 2)
    (func (export "arena") (param i32) (result i32) (i32.const 1024))
    (func (export "seed") (param i32))
    (func (export "ed25519Verify") ${SIGNATURE} ${BODIES[kind]}))`);
  try {
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}
