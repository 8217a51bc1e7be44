/**
 * The module of signature kernels: what the driver (accel/wasm) calls.
 *
 * Verification works on public data only. Nothing in this module is constant in time: signing code must not use it.
 */
import * as fused from "./field/fe25519-fused";
import { seedWeights } from "./scheme/ed25519-weights";

export { ed25519Verify } from "./scheme/ed25519";

/** The weights of batch equations are drawn from the 32 random bytes at `pointer` from now on. */
export function seed(pointer: u32): void {
  seedWeights(pointer);
}


/** The start of a region of at least `bytes` bytes, 16-byte aligned, the same each time; 0 when there is no room. */
export function arena(bytes: u32): u32 {
  const start = (__heap_base + 15) & ~15;
  const end = (start as u64) + bytes;
  const wanted = ((end + 65535) >> 16) as i32;
  const missing = wanted - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) return 0;
  return start as u32;
}

/**
 * True when multiply-add of this engine and machine rounds once, as the arithmetic of the relaxed module needs; false in
 * the integer module, which needs nothing of the kind. A driver asks before it uses the relaxed module.
 */
export function isFused(): bool {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.isFused();
  return false;
}
