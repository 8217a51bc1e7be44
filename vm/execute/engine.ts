/**
 * The engine, and the only place that reads what it throws.
 *
 * Three things can come out of a contract's code: our own sentinel (a host function ended the frame), a trap, or
 * something the engine says about itself: it has no stack or no memory left, or it failed. The last is never the
 * contract's doing, because the meters stop a contract long before, and never a result: it is a fault of the node.
 * Only types decide; no text of the engine is read or kept.
 *
 * Checked on Node 20.20 (V8 11.3): every trap of the core specification is a WebAssembly.RuntimeError, an exhausted
 * stack and exhausted memory are RangeErrors.
 */
import { NodeError } from "../errors.ts";

/** True when the contract's code trapped. Anything else that is not our sentinel is for `engineFault`. */
export function isTrap(error: unknown): boolean {
  return error instanceof WebAssembly.RuntimeError;
}

/** What to throw for everything that is neither a trap nor our sentinel. */
export function engineFault(error: unknown): NodeError {
  if (error instanceof NodeError) return error;
  if (error instanceof RangeError) {
    return new NodeError("engine.exhausted", "the engine ran out of stack or memory", { cause: error });
  }
  return new NodeError("engine.failed", "the engine failed during a call", { cause: error });
}

/** Compiles bytes that were admitted. */
export function compile(bytes: Uint8Array): WebAssembly.Module {
  try {
    return new WebAssembly.Module(bytes);
  } catch (error) {
    throw new NodeError("engine.compile", "the engine refused an admitted module", { cause: error });
  }
}

/** Makes an instance; in an admitted module no code runs and every segment fits, so a failure is the engine's. */
export function instantiate(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (error) {
    throw new NodeError("engine.instantiate", "the engine could not make an instance", { cause: error });
  }
}
