/**
 * The calls of the signature module for the Weierstrass curves, in the convention of the driver (accel/wasm).
 *
 * Verification works on public data only. Nothing here is constant in time: signing code must not use it.
 */
import { P256 } from "./curve/p256";
import { Secp256k1 } from "./curve/secp256k1";
import { openBatch } from "./scheme/batch-items";
import { verifyEcdsa } from "./scheme/ecdsa";
import { recoverKeys } from "./scheme/recover";
import { setUserId, verifySm2 } from "./scheme/sm2";

/** The bytes ENTL || id that SM2 signatures bind from now on; copied. */
export function sm2UserId(pointer: u32, length: u32): void {
  setUserId(pointer, length);
}

export function secp256k1Verify(
  count: u32,
  items: u32,
  publicKeys: u32,
  signatures: u32,
  messages: u32,
  messageOffsets: u32,
  verdicts: u32,
): void {
  openBatch(publicKeys, signatures, messages, messageOffsets, verdicts);
  verifyEcdsa<Secp256k1>(count, items);
}

export function p256Verify(
  count: u32,
  items: u32,
  publicKeys: u32,
  signatures: u32,
  messages: u32,
  messageOffsets: u32,
  verdicts: u32,
): void {
  openBatch(publicKeys, signatures, messages, messageOffsets, verdicts);
  verifyEcdsa<P256>(count, items);
}

export function sm2Verify(
  count: u32,
  items: u32,
  publicKeys: u32,
  signatures: u32,
  messages: u32,
  messageOffsets: u32,
  verdicts: u32,
): void {
  openBatch(publicKeys, signatures, messages, messageOffsets, verdicts);
  verifySm2(count, items);
}

/** Writes 33 bytes for each signature: the compressed key, first byte 0 when there is none. */
export function secp256k1Recover(
  count: u32,
  digests: u32,
  signatures: u32,
  recoveryIds: u32,
  publicKeys: u32,
): void {
  recoverKeys(count, digests, signatures, recoveryIds, publicKeys);
}
