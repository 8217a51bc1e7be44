/** Hashes and signatures. The inputs are read in the contract's memory itself: these functions keep nothing. */
import { ALGORITHMS, PUBLIC_KEY_LENGTH } from "../../accel/device.ts";
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
      hashInto(host, source, length, target, host.hashes.sha256);
    },

    sm3(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, host.hashes.sm3);
    },

    keccak256(source: number, length: number, target: number): void {
      hashInto(host, source, length, target, host.hashes.keccak256);
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
  };
}

function hashInto(
  host: HostState,
  source: number,
  length: number,
  target: number,
  hash: (message: Uint8Array) => Uint8Array,
): void {
  const frame = currentFrame(host);
  const message = guestView(frame, source, length);
  // The target is looked at before the work, so that a refusal does not depend on what the hash would be.
  guestView(frame, target, LIMITS.hashBytes);
  const digest = hash(message);
  if (digest.length !== LIMITS.hashBytes) throw new NodeError("host.hash", "a hash is not 32 bytes long");
  writeGuest(frame, target, digest);
}
