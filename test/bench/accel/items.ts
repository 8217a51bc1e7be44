/** The signatures that all parts of the suite verify: all by different keys, the same ones on every run. */
import { ALGORITHMS, type AlgorithmName, type SignatureItem } from "../../../accel/device.ts";
import { publicKeyOf, sign } from "../../../accel/reference/sign.ts";
import { honestItem } from "../../fuzz/ed25519-mutants.ts";
import { Random } from "../../fuzz/random.ts";
import { randomBytes } from "../../fuzz/weierstrass-items.ts";
import { WEIERSTRASS_NAMES, type WeierstrassName } from "../../unit/accel/kernels/signature-module.ts";

const ED25519_MESSAGE_BYTES = 128;
const WEIERSTRASS_MESSAGE_BYTES = 64;
/** Sets of items that take turns, so that no key comes again before the cache of keys has forgotten it. */
const ED25519_KEYS = 16_384;
export const WEIERSTRASS_KEYS = 1024;

export type ColdItems = Readonly<Record<AlgorithmName, readonly SignatureItem[]>>;

function drawEd25519(): SignatureItem[] {
  const random = new Random("bench ed25519");
  const algorithm = ALGORITHMS.ed25519;
  return Array.from({ length: ED25519_KEYS }, () => ({ algorithm, ...honestItem(random, ED25519_MESSAGE_BYTES) }));
}

function drawWeierstrass(random: Random, curve: WeierstrassName): SignatureItem[] {
  const algorithm = ALGORITHMS[curve];
  return Array.from({ length: WEIERSTRASS_KEYS }, () => {
    const secretKey = randomBytes(random, 32);
    const message = randomBytes(random, WEIERSTRASS_MESSAGE_BYTES);
    const signature = sign(algorithm, secretKey, message);
    return { algorithm, publicKey: publicKeyOf(algorithm, secretKey), signature, message };
  });
}

/** Returns items of all algorithms by keys that no cache has seen. */
export function drawColdItems(): ColdItems {
  const random = new Random("bench ecdsa");
  const [secp256k1, p256, sm2] = WEIERSTRASS_NAMES.map((curve) => drawWeierstrass(random, curve));
  return { ed25519: drawEd25519(), secp256k1: secp256k1!, p256: p256!, sm2: sm2! };
}
