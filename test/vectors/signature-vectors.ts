/**
 * All published signature vectors as items of the chain's form, for tests that put them through drivers. What the
 * verdicts are is the business of the tests beside this file; here is only what is asked.
 */
import { ALGORITHMS, type Algorithm, type SignatureItem } from "../../accel/device.ts";
import { publicKeyOf } from "../../accel/reference/sign.ts";
import { signatureOfDer } from "./der-signature.ts";
import { bytesOf, hexOf, readVectors, utf8 } from "./vector-files.ts";

/** Files that `readSignatureVectors` reads. */
export const SIGNATURE_VECTOR_FILES = ["zip215/zip215.json", "wycheproof/ed25519_test.json", "botan-gm/sm2_sig.vec"];

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed?: string; readonly pk?: string };
    readonly tests: readonly { readonly msg: string; readonly sig: string }[];
  }[];
}

const ORDERS = {
  [ALGORITHMS.secp256k1]: 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n,
  [ALGORITHMS.p256]: 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n,
} as const;

const ECDSA_SETS = [
  { file: "ecdsa_secp256k1_sha256_p1363_test.json", algorithm: ALGORITHMS.secp256k1, isDer: false },
  { file: "ecdsa_secp256k1_sha256_bitcoin_test.json", algorithm: ALGORITHMS.secp256k1, isDer: true },
  { file: "ecdsa_secp256k1_sha256_test.json", algorithm: ALGORITHMS.secp256k1, isDer: true },
  { file: "ecdsa_secp256r1_sha256_p1363_test.json", algorithm: ALGORITHMS.p256, isDer: false },
  { file: "ecdsa_secp256r1_sha256_test.json", algorithm: ALGORITHMS.p256, isDer: true },
] as const;

/** SEC 1 compressed form of 04 ‖ x ‖ y. */
function compressed(uncompressed: Uint8Array): Uint8Array {
  const key = uncompressed.slice(0, 33);
  key[0] = uncompressed[64]! % 2 === 0 ? 2 : 3;
  return key;
}

function zip215Items(): SignatureItem[] {
  const cases = JSON.parse(readVectors("zip215/zip215.json")) as readonly { vk_bytes: string; sig_bytes: string }[];
  return cases.map(({ vk_bytes, sig_bytes }) => ({
    algorithm: ALGORITHMS.ed25519,
    publicKey: bytesOf(vk_bytes),
    signature: bytesOf(sig_bytes),
    message: utf8("Zcash"),
  }));
}

function wycheproofItems(file: string, algorithm: Algorithm, isDer: boolean): SignatureItem[] {
  const { testGroups } = JSON.parse(readVectors(`wycheproof/${file}`)) as WycheproofFile;
  return testGroups.flatMap(({ publicKey: { pk, uncompressed }, tests }) => {
    const publicKey = pk === undefined ? compressed(bytesOf(uncompressed!)) : bytesOf(pk);
    return tests.flatMap(({ msg, sig }) => {
      const signature = isDer ? (signatureOfDer(bytesOf(sig)) ?? bytesOf(sig)) : bytesOf(sig);
      return [{ algorithm, publicKey, signature, message: bytesOf(msg) }];
    });
  });
}

/** The same with n - s in place of s, where that is a number of 32 bytes: one of the two is low. */
function withOtherS(item: SignatureItem): SignatureItem[] {
  const order = ORDERS[item.algorithm as keyof typeof ORDERS];
  if (item.signature.length !== 64) return [];
  const s = BigInt(`0x${hexOf(item.signature.subarray(32))}`);
  if (s > order) return [];
  const other = bytesOf((order - s).toString(16).padStart(64, "0"));
  return [{ ...item, signature: Uint8Array.of(...item.signature.subarray(0, 32), ...other) }];
}

/** Botan's signatures on the recommended curve; verified here with the default user id. */
function sm2Items(): SignatureItem[] {
  const lines = readVectors("botan-gm/sm2_sig.vec").split("\n");
  const current = new Map<string, string>();
  return lines.flatMap((line) => {
    const match = /^(\w+) *= *(.*)$/.exec(line.trim());
    if (match === null) return [];
    current.set(match[1]!, match[2]!);
    if (match[1] !== "Signature" || current.get("Oid") !== "1.2.156.10197.1.301") return [];
    const publicKey = publicKeyOf(ALGORITHMS.sm2, bytesOf(current.get("x")!.slice(2)));
    const signature = bytesOf(current.get("Signature")!);
    return [{ algorithm: ALGORITHMS.sm2, publicKey, signature, message: bytesOf(current.get("Msg")!) }];
  });
}

/** Every vector of every set; wrong lengths and other algorithms' forms among them. */
export function readSignatureVectors(): SignatureItem[] {
  const ecdsa = ECDSA_SETS.flatMap(({ file, algorithm, isDer }) => wycheproofItems(file, algorithm, isDer));
  return [
    ...zip215Items(),
    ...wycheproofItems("ed25519_test.json", ALGORITHMS.ed25519, false),
    ...ecdsa,
    ...ecdsa.flatMap(withOtherS),
    ...sm2Items(),
  ];
}
