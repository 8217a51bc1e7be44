/**
 * Signature algorithms and public keys in the chain's bytes.
 *
 *   algorithm u8 | public key, its length is the algorithm's (no prefix)
 */
import { ALGORITHMS, type Algorithm, type AlgorithmName, PUBLIC_KEY_LENGTH } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import type { ByteReader, ByteWriter } from "./codec.ts";

const ALGORITHM_NAMES = Object.keys(ALGORITHMS) as readonly AlgorithmName[];

export function isAlgorithm(value: number): value is Algorithm {
  return ALGORITHM_NAMES.some((name) => ALGORITHMS[name] === value);
}

export function isAlgorithmName(text: string): text is AlgorithmName {
  return Object.hasOwn(ALGORITHMS, text);
}

export function algorithmName(algorithm: Algorithm): AlgorithmName {
  const name = ALGORITHM_NAMES.find((candidate) => ALGORITHMS[candidate] === algorithm);
  if (name === undefined) throw new Rejected("codec.algorithm", "not a signature algorithm", { value: `${algorithm}` });
  return name;
}

/** @errors codec.algorithm, codec.length */
export function writeKey(writer: ByteWriter, algorithm: Algorithm, publicKey: Uint8Array): void {
  if (!isAlgorithm(algorithm)) {
    throw new Rejected("codec.algorithm", "not a signature algorithm", { value: `${algorithm}` });
  }
  writer.u8(algorithm);
  writer.fixed(publicKey, PUBLIC_KEY_LENGTH[algorithm]);
}

/** @errors codec.algorithm, codec.truncated */
export function readAlgorithm(reader: ByteReader): Algorithm {
  const offset = reader.offset;
  const algorithm = reader.u8();
  return isAlgorithm(algorithm)
    ? algorithm
    : reader.refuse("algorithm", `${algorithm} is not a signature algorithm`, offset);
}

/** @errors codec.algorithm, codec.truncated. Whether the bytes are a point of the curve is the verifier's to say. */
export function readKey(reader: ByteReader): { readonly algorithm: Algorithm; readonly publicKey: Uint8Array } {
  const algorithm = readAlgorithm(reader);
  return { algorithm, publicKey: reader.fixed(PUBLIC_KEY_LENGTH[algorithm]) };
}
