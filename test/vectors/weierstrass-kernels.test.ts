/**
 * The published vectors of secp256k1, P-256 and SM2 on the kernels: each case alone, and all of them shuffled inside
 * batches of 1 to 256. The wanted verdict is the reference's, whose agreement with the vectors is tested beside this.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ALGORITHMS, SIGNATURE_LENGTH, type SignatureItem } from "../../accel/device.ts";
import { publicKeyOf } from "../../accel/reference/sign.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { Random } from "../fuzz/random.ts";
import { drawItem } from "../fuzz/weierstrass-items.ts";
import { variantsOf } from "../unit/accel/kernels/kernel-modules.ts";
import { SignatureModule, type WeierstrassName } from "../unit/accel/kernels/signature-module.ts";
import { signatureOfDer } from "./der-signature.ts";
import { bytesOf, needsVectors, readVectors } from "./vector-files.ts";

const SEED = process.env.SEED ?? String(Math.floor(Math.random() * 2 ** 31));
const BATCH_MAX = 256;
const DEFAULT_USER_ID = "1234567812345678";

interface WycheproofFile {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly { readonly msg: string; readonly sig: string }[];
  }[];
}

function compressedKey(uncompressed: Uint8Array): Uint8Array {
  const key = uncompressed.slice(0, 33);
  key[0] = uncompressed[64]! % 2 === 0 ? 2 : 3;
  return key;
}

/** Signatures of other lengths have no place in the arrays of a batch: the caller refuses them. */
function readItems(file: string, curve: WeierstrassName): SignatureItem[] {
  const { testGroups } = JSON.parse(readVectors(file)) as WycheproofFile;
  return testGroups.flatMap(({ publicKey, tests }) =>
    tests.flatMap(({ msg, sig }) => {
      const bytes = bytesOf(sig);
      const signature = file.includes("p1363") ? bytes : signatureOfDer(bytes);
      if (signature === undefined || signature.length !== SIGNATURE_LENGTH) return [];
      const key = compressedKey(bytesOf(publicKey.uncompressed));
      return [{ algorithm: ALGORITHMS[curve], publicKey: key, signature, message: bytesOf(msg) }];
    }),
  );
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const list = items.slice();
  for (let i = list.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [list[i], list[j]] = [list[j]!, list[i]!];
  }
  return list;
}

/** Every item alone, then all in batches among drawn ones; returns how many the kernel accepted alone. */
function compareAll(module: SignatureModule, curve: WeierstrassName, items: readonly SignatureItem[]): number {
  const reference = createReferenceVerifier();
  const judge = ({ algorithm, publicKey, signature, message }: SignatureItem): boolean =>
    reference.verify(algorithm, publicKey, signature, message);
  const random = new Random(SEED);
  const wanted = items.map(judge);
  items.forEach((item, i) => {
    assert.deepEqual(module.verify(curve, [item]), [wanted[i]], `item ${i} alone`);
  });
  const drawn = Array.from({ length: 60 }, () => drawItem(random, curve).item);
  const all = [
    ...items.map((item, i) => ({ item, want: wanted[i]! })),
    ...drawn.map((item) => ({ item, want: judge(item) })),
  ];
  const mixed = shuffled(all, random);
  for (let from = 0; from < mixed.length; ) {
    const batch = mixed.slice(from, from + random.between(1, BATCH_MAX));
    const got = module.verify(
      curve,
      batch.map(({ item }) => item),
    );
    assert.deepEqual(
      got,
      batch.map(({ want }) => want),
      `items from ${from}, seed ${SEED}`,
    );
    from += batch.length;
  }
  return wanted.filter((verdict) => verdict).length;
}

const SETS: readonly { readonly file: string; readonly curve: WeierstrassName; readonly accepted: number }[] = [
  { file: "ecdsa_secp256k1_sha256_p1363_test.json", curve: "secp256k1", accepted: 95 },
  { file: "ecdsa_secp256k1_sha256_test.json", curve: "secp256k1", accepted: 96 },
  { file: "ecdsa_secp256k1_sha256_bitcoin_test.json", curve: "secp256k1", accepted: 162 },
  { file: "ecdsa_secp256r1_sha256_p1363_test.json", curve: "p256", accepted: 103 },
  { file: "ecdsa_secp256r1_sha256_test.json", curve: "p256", accepted: 103 },
];

for (const { file, curve, accepted } of SETS) {
  const path = `wycheproof/${file}`;
  test(`${file} on the kernels, alone and in batches`, needsVectors(path), (t: TestContext) => {
    const items = readItems(path, curve);
    for (const name of variantsOf("signatures")) {
      const found = compareAll(new SignatureModule(name), curve, items);
      t.diagnostic(`${name}: ${items.length} cases, ${found} accepted`);
      assert.equal(found, accepted);
    }
  });
}

const SM2_FILE = "botan-gm/sm2_sig.vec";
const SM2_CURVE = "1.2.156.10197.1.301";

interface Sm2Vector {
  readonly item: SignatureItem;
  readonly userId: string;
  readonly hash: string;
}

function readSm2(): Sm2Vector[] {
  const found: Sm2Vector[] = [];
  const current = new Map<string, string>();
  for (const line of readVectors(SM2_FILE).split("\n")) {
    const match = /^(\w+) *= *(.*)$/.exec(line.trim());
    if (match === null) continue;
    current.set(match[1]!, match[2]!);
    if (match[1] !== "Signature" || current.get("Oid") !== SM2_CURVE) continue;
    const publicKey = publicKeyOf(ALGORITHMS.sm2, bytesOf(current.get("x")!.slice(2)));
    const [signature, message] = [bytesOf(match[2]!), bytesOf(current.get("Msg")!)];
    const item = { algorithm: ALGORITHMS.sm2, publicKey, signature, message };
    found.push({ item, userId: current.get("Ident")!, hash: current.get("Hash")! });
  }
  return found;
}

for (const name of variantsOf("signatures")) {
  test(`Botan's SM2 signatures on ${name}, under their user id and under others`, needsVectors(SM2_FILE), () => {
    const module = new SignatureModule(name);
    const vectors = readSm2();
    assert.equal(vectors.length, 2);
    for (const { item, userId, hash } of vectors) {
      module.setSm2UserId(userId);
      assert.deepEqual(module.verify("sm2", [item]), [hash === "SM3"], `${userId}, ${hash}`);
      for (const other of ["", "123456781234567", `${userId}0`, "x".repeat(8191)]) {
        module.setSm2UserId(other);
        assert.deepEqual(module.verify("sm2", [item]), [false], `${other.slice(0, 20)}, ${hash}`);
      }
    }
    module.setSm2UserId(DEFAULT_USER_ID);
    compareAll(
      module,
      "sm2",
      vectors.map(({ item }) => item),
    );
  });
}
