/**
 * Hashes, one signature, one recovered key. The inputs are read in the contract's memory itself: these functions keep
 * nothing.
 */
import {
  ALGORITHMS,
  DIGEST_LENGTH,
  type HashName,
  PUBLIC_KEY_LENGTH,
  RECOVERED_KEY_LENGTH,
  RECOVERY_DIGEST_LENGTH,
} from "../../accel/device.ts";
import { NodeError } from "../errors.ts";
import { LIMITS } from "../limits.ts";
import { currentFrame, type HostState } from "./frame.ts";
import { guestView, writeGuest } from "./memory.ts";

const KEY_LENGTHS: ReadonlyMap<number, number> = new Map(
  Object.values(ALGORITHMS).map((algorithm) => [algorithm, PUBLIC_KEY_LENGTH[algorithm]]),
);

export function cryptoFunctions(host: HostState) {
  return {
    sha256(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "sha256");
    },

    sm3(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "sm3");
    },

    keccak256(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "keccak256");
    },

    sha512(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "sha512");
    },

    blake2b256(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "blake2b256");
    },

    blake2b512(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "blake2b512");
    },

    blake3(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, "blake3");
    },

    signature_verify(
      algorithm: number,
      publicKey: number,
      publicKeyLength: number,
      signature: number,
      message: number,
      messageLength: number,
    ): number {
      const frame = currentFrame(host);
      const keyLength = KEY_LENGTHS.get(algorithm);
      if (keyLength === undefined) frame.refuse("badAlgorithm");
      const key = guestView(frame, publicKey, publicKeyLength);
      const signatureBytes = guestView(frame, signature, LIMITS.signatureBytes);
      const messageBytes = guestView(frame, message, messageLength);
      if (key.length !== keyLength) return 0;
      return host.verifier.verify(algorithm, key, signatureBytes, messageBytes) ? 1 : 0;
    },

    secp256k1_recover(digest: number, signature: number, recoveryId: number, target: number): number {
      const frame = currentFrame(host);
      const digestBytes = guestView(frame, digest, RECOVERY_DIGEST_LENGTH);
      const signatureBytes = guestView(frame, signature, LIMITS.signatureBytes);
      guestView(frame, target, RECOVERED_KEY_LENGTH);
      const key = host.verifier.recoverSecp256k1(digestBytes, signatureBytes, recoveryId >>> 0);
      if (key === undefined) return 0;
      if (key.length !== RECOVERED_KEY_LENGTH) throw new NodeError("host.recoveredKey", "a key is not 33 bytes long");
      writeGuest(frame, target, key);
      return 1;
    },
  };
}

function hashInto(host: HostState, source: number, length: number, target: number, name: HashName): void {
  const frame = currentFrame(host);
  const message = guestView(frame, source, length);
  // The target is looked at before the work, so that a refusal does not depend on what the hash would be.
  guestView(frame, target, DIGEST_LENGTH[name]);
  const digest = host.hashes[name](message);
  if (digest.length !== DIGEST_LENGTH[name]) throw new NodeError("host.hash", `${name} has a wrong length`);
  writeGuest(frame, target, digest);
}
