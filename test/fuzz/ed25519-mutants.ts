/**
 * Signatures of ed25519, honest and hostile, for comparisons of the kernel with the reference.
 *
 * Hostile ones are made so that they get past the first checks: points of small order and with a small-order part,
 * encodings that are not canonical, s moved by the group order, parts exchanged between signatures, single bits turned.
 */

import { createHash, createPrivateKey, createPublicKey, sign } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import type { Ed25519Item } from "../unit/accel/kernels/ed25519-kernel.ts";
import { bytesOfNumber, numberOf } from "./fields-25519.ts";
import type { Random } from "./random.ts";

const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const PKCS8_HEAD = Buffer.from("302e020100300506032b657004220420", "hex");
const KEY_BYTES = 32;

/** The encodings of small order, canonical and not: those of the ZIP-215 cases. */
export const SMALL_ORDER: readonly Uint8Array[] = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
].map((hex) => Uint8Array.from(Buffer.from(hex, "hex")));

export function randomBytesOf(random: Random, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.below(256));
}

/** Signatures by one key, of messages of these lengths, made with OpenSSL. */
export function itemsOfOneKey(random: Random, messageLengths: readonly number[]): Ed25519Item[] {
  const der = Buffer.concat([PKCS8_HEAD, randomBytesOf(random, KEY_BYTES)]);
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = Uint8Array.from(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-KEY_BYTES));
  return messageLengths.map((length) => {
    const message = randomBytesOf(random, length);
    return { publicKey, signature: Uint8Array.from(sign(null, message, key)), message };
  });
}

/** A signature by a key of its own. */
export function honestItem(random: Random, messageLength: number): Ed25519Item {
  return itemsOfOneKey(random, [messageLength])[0]!;
}

export function withBitTurned(bytes: Uint8Array, bit: number): Uint8Array {
  const turned = bytes.slice();
  turned[bit >> 3]! ^= 1 << (bit & 7);
  return turned;
}

function withParts(r: Uint8Array, s: Uint8Array): Uint8Array {
  return Uint8Array.from([...r, ...s]);
}

/**
 * A signature that the cofactored rule accepts although key and R have parts of small order: the signer adds points of
 * small order to both and hashes what results.
 */
export function torsionItem(random: Random): Ed25519Item {
  const { Point } = ed25519;
  const torsion = (): InstanceType<typeof Point> => Point.fromBytes(random.pick(SMALL_ORDER), true);
  const secret = (numberOf(randomBytesOf(random, 32)) % (ORDER - 1n)) + 1n;
  const nonce = (numberOf(randomBytesOf(random, 32)) % (ORDER - 1n)) + 1n;
  const publicKey = Point.BASE.multiply(secret).add(torsion()).toBytes();
  const r = Point.BASE.multiply(nonce).add(torsion()).toBytes();
  const message = randomBytesOf(random, random.below(40));
  const h = numberOf(hashOf([r, publicKey, message])) % ORDER;
  return { publicKey, signature: withParts(r, bytesOfNumber((nonce + h * secret) % ORDER, 32)), message };
}

function hashOf(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(createHash("sha512").update(Buffer.concat(parts)).digest());
}

/** The item changed in one of many ways; some changes leave it valid. */
export function mutantOf(item: Ed25519Item, other: Ed25519Item, random: Random): Ed25519Item {
  const { publicKey, signature, message } = item;
  const r = signature.subarray(0, 32);
  const s = signature.subarray(32);
  const sValue = numberOf(s);
  switch (random.below(12)) {
    case 0:
      return { ...item, signature: withBitTurned(signature, random.below(512)) };
    case 1:
      return { ...item, publicKey: withBitTurned(publicKey, random.below(256)) };
    case 2:
      return {
        ...item,
        message: message.length === 0 ? Uint8Array.of(0) : withBitTurned(message, random.below(8 * message.length)),
      };
    case 3:
      return { ...item, signature: withParts(r, bytesOfNumber((sValue + ORDER) % 2n ** 256n, 32)) };
    case 4:
      return {
        ...item,
        signature: withParts(
          r,
          bytesOfNumber(random.pick([0n, 1n, ORDER - 1n, ORDER, ORDER + 1n, 2n ** 256n - 1n, ORDER - sValue]), 32),
        ),
      };
    case 5:
      return { ...item, signature: withParts(other.signature.subarray(0, 32), s) };
    case 6:
      return { ...item, publicKey: other.publicKey };
    case 7:
      return { ...item, signature: withParts(random.pick(SMALL_ORDER), random.once(2) ? new Uint8Array(32) : s) };
    case 8:
      return {
        publicKey: random.pick(SMALL_ORDER),
        signature: withParts(random.pick(SMALL_ORDER), new Uint8Array(32)),
        message,
      };
    case 9:
      return { ...item, publicKey: random.pick(SMALL_ORDER) };
    case 10:
      return { publicKey: randomBytesOf(random, 32), signature: randomBytesOf(random, 64), message };
    default:
      return torsionItem(random);
  }
}
