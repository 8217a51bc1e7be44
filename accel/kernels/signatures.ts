// variant: relaxed-simd
/**
 * The module of signature kernels: what the driver (accel/wasm) calls.
 *
 * Verification works on public data only. Nothing in this module is constant in time: signing code must not use it.
 */
import * as fused from "./field/fe25519-fused";
import { seedWeights } from "./scheme/ed25519-weights";

export { arena } from "./memory";
export { ed25519Verify } from "./scheme/ed25519";
export { p256Verify, secp256k1Recover, secp256k1Verify, sm2UserId, sm2Verify } from "./weierstrass-signatures";

/** The weights of batch equations are drawn from the 32 random bytes at `pointer` from now on. */
export function seed(pointer: u32): void {
  seedWeights(pointer);
}

/**
 * True when multiply-add of this engine and machine rounds once, as the arithmetic of the relaxed module needs; false
 * in the integer module, which needs nothing of the kind. A driver asks before it uses the relaxed module.
 */
export function isFused(): bool {
  if (ASC_FEATURE_RELAXED_SIMD) return fused.isFused();
  return false;
}
