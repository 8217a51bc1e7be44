/**
 * First verifications, of which nobody waits for the verdict. The first of an algorithm makes the tables of its generator
 * and is run by the engine's interpreter: 33 ms for ed25519 where later ones take 1.5 (Node 20.20). A check that falls on
 * a cold thread would hold up its batch for that long.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ALGORITHMS, SIGNATURE_LENGTH, type SignatureVerifier } from "../device.ts";
import { Sm2Point } from "./sm2.ts";

const ROUNDS = 2;
const SCALAR_LENGTH = 32;

/** The generators as keys. */
const KEYS = [
  { algorithm: ALGORITHMS.ed25519, publicKey: ed25519.Point.BASE.toBytes() },
  { algorithm: ALGORITHMS.secp256k1, publicKey: secp256k1.Point.BASE.toBytes(true) },
  { algorithm: ALGORITHMS.p256, publicKey: p256.Point.BASE.toBytes(true) },
  { algorithm: ALGORITHMS.sm2, publicKey: Sm2Point.BASE.toBytes(true) },
];

/** r = s = 1, big-endian; of ed25519 a point and an s below the order: nothing is refused before the equation. */
function signatureFor(algorithm: number, publicKey: Uint8Array): Uint8Array {
  const signature = new Uint8Array(SIGNATURE_LENGTH);
  if (algorithm === ALGORITHMS.ed25519) signature.set(publicKey);
  else signature[SCALAR_LENGTH - 1] = 1;
  signature[algorithm === ALGORITHMS.ed25519 ? SCALAR_LENGTH : SIGNATURE_LENGTH - 1] = 1;
  return signature;
}

/** The verifier takes its usual time from now on. @cost about 0.1 s */
export function warmUp(verifier: SignatureVerifier): void {
  for (let round = 0; round < ROUNDS; round++) {
    for (const { algorithm, publicKey } of KEYS) {
      verifier.verify(algorithm, publicKey, signatureFor(algorithm, publicKey), Uint8Array.of(round));
    }
  }
}
