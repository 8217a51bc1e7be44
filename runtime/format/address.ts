/**
 * Addresses: 32 bytes that stand for a key or a contract.
 *
 *   of a key:      SHA-256("cinnabar-address-key-1" ‖ algorithm u8 ‖ public key)
 *   of a contract: SHA-256("cinnabar-address-contract-1" ‖ name)
 *
 * The tags differ, so no key has the address of a contract; each tag is followed by one field only, so nothing is ambiguous.
 */
import type { Algorithm, Hashes } from "../../accel/device.ts";
import { concatBytes } from "./bytes.ts";
import { ByteWriter, utf8Bytes } from "./codec.ts";
import { writeKey } from "./key.ts";

export const ADDRESS_LENGTH = 32;

const KEY_TAG = utf8Bytes("cinnabar-address-key-1");
const CONTRACT_TAG = utf8Bytes("cinnabar-address-contract-1");

/** @errors codec.algorithm, codec.length */
export function addressOfKey(algorithm: Algorithm, publicKey: Uint8Array, hashes: Pick<Hashes, "sha256">): Uint8Array {
  const writer = new ByteWriter(64).fixed(KEY_TAG, KEY_TAG.length);
  writeKey(writer, algorithm, publicKey);
  return hashes.sha256(writer.finish());
}

export function addressOfContract(name: string, hashes: Pick<Hashes, "sha256">): Uint8Array {
  return hashes.sha256(concatBytes(CONTRACT_TAG, utf8Bytes(name)));
}
