/**
 * Verification of the four algorithms on noble-curves: slow, obvious, the judge of every faster device.
 *
 * Which signatures are accepted is consensus:
 * - ed25519: ZIP-215. Any encoding of a point that decodes, cofactored equation, s below the group order. Single and
 *   batch verification can agree on this rule, which RFC 8032 does not give.
 * - secp256k1, P-256: ECDSA over SHA-256(message), r ‖ s of 32 bytes each, 1 <= r < n, 1 <= s <= (n - 1) / 2. Low s
 *   makes a signature unique for its nonce; DER is not accepted, so there is one encoding. Compressed keys on the curve
 *   only.
 * - sm2: see sm2.ts. Recovery of a key: recover.ts. Aggregates: bls.ts.
 *
 * Runs in a browser: nothing of Node is imported here.
 */
import { ed25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import {
  ALGORITHMS,
  type Algorithm,
  type ContractVerifier,
  PUBLIC_KEY_LENGTH,
  SIGNATURE_LENGTH,
  type SignatureItem,
  type SignatureVerifier,
  type VerdictBitmap,
} from "../device.ts";
import { acceptInto, createVerdicts } from "../verdicts.ts";
import { blsAggregateVerify, blsFastAggregateVerify, blsPopVerify } from "./bls.ts";
import { recoverSecp256k1 } from "./recover.ts";
import { SM2_DEFAULT_USER_ID, sm2UserIdPrefix, verifySm2 } from "./sm2.ts";

export interface ReferenceVerifierOptions {
  /** The identity that SM2 signatures of the chain bind; default `SM2_DEFAULT_USER_ID`. */
  readonly sm2UserId?: string | undefined;
}

const ZIP_215 = { zip215: true };
const ECDSA_RULE = { lowS: true, prehash: true, format: "compact" } as const;

/** True when `algorithm` is one of `ALGORITHMS`. */
export function isAlgorithm(algorithm: number): algorithm is Algorithm {
  return Object.hasOwn(PUBLIC_KEY_LENGTH, algorithm);
}

/**
 * Returns a verifier that is total: whatever the bytes and the algorithm number, it answers and never throws.
 * @cost about 1 ms (ed25519, secp256k1) to 2 ms (P-256, SM2) a signature on an idle core, plus the hash of the message
 * @errors accel.badUserId
 */
export function createReferenceVerifier(options: ReferenceVerifierOptions = {}): ContractVerifier {
  const userIdPrefix = sm2UserIdPrefix(options.sm2UserId ?? SM2_DEFAULT_USER_ID);
  const single: SignatureVerifier = {
    verify(algorithm: number, publicKey: Uint8Array, signature: Uint8Array, message: Uint8Array): boolean {
      if (!isAlgorithm(algorithm)) return false;
      if (publicKey.length !== PUBLIC_KEY_LENGTH[algorithm] || signature.length !== SIGNATURE_LENGTH) return false;
      switch (algorithm) {
        case ALGORITHMS.ed25519:
          return ed25519.verify(signature, message, publicKey, ZIP_215);
        case ALGORITHMS.secp256k1:
          return secp256k1.verify(signature, message, publicKey, ECDSA_RULE);
        case ALGORITHMS.p256:
          return p256.verify(signature, message, publicKey, ECDSA_RULE);
        case ALGORITHMS.sm2:
          return verifySm2(userIdPrefix, publicKey, signature, message);
      }
    },
  };
  return Object.freeze({
    ...single,
    verifyMany: (items: readonly SignatureItem[]) => verifyEach(single, items),
    recoverSecp256k1,
    blsFastAggregateVerify,
    blsAggregateVerify,
    blsPopVerify,
  });
}

function verifyEach(verifier: SignatureVerifier, items: readonly SignatureItem[]): VerdictBitmap {
  const verdicts = createVerdicts(items.length);
  items.forEach(({ algorithm, publicKey, signature, message }, index) => {
    if (verifier.verify(algorithm, publicKey, signature, message)) acceptInto(verdicts, index);
  });
  return verdicts;
}
