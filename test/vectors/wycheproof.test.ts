/**
 * Wycheproof against the reference verifier.
 *
 * What is compared:
 * - ed25519: every case as it stands. One differs by rule: tcId 151 has a non-canonical R, which RFC 8032 refuses and
 *   ZIP-215 accepts.
 * - p1363 sets (r ‖ s): every case, with our low-s rule on top. A case that Wycheproof calls valid and whose s is high
 *   must be refused, and accepted again with n - s in its place: so s alone was the reason.
 * - DER sets and the bitcoin set (which has the low-s rule itself): the chain takes no DER, so first every case is
 *   given to the verifier as it is and must be refused. Then those that are strict DER of two numbers below 2^256 are
 *   compared as r ‖ s. The others test a DER reader, which we do not have; all of them must be invalid by the set's own
 *   word.
 */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { ALGORITHMS, type Algorithm, SIGNATURE_LENGTH, type SignatureVerifier } from "../../accel/device.ts";
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { signatureOfDer } from "./der-signature.ts";
import { bytesOf, needsVectors, readVectors } from "./vector-files.ts";

interface WycheproofCase {
  readonly tcId: number;
  readonly comment: string;
  readonly msg: string;
  readonly sig: string;
  readonly result: "valid" | "invalid" | "acceptable";
}

interface WycheproofFile {
  readonly numberOfTests: number;
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed?: string; readonly pk?: string };
    readonly tests: readonly WycheproofCase[];
  }[];
}

interface Case extends WycheproofCase {
  readonly publicKey: Uint8Array;
}

const recoverer = createReferenceVerifier();
const verifier: SignatureVerifier = recoverer;
const RECOVERY_SET = "wycheproof/ecdsa_secp256k1_sha256_p1363_test.json";

const ORDERS: Readonly<Partial<Record<Algorithm, bigint>>> = {
  [ALGORITHMS.secp256k1]: 0xffffffff_ffffffff_ffffffff_fffffffe_baaedce6_af48a03b_bfd25e8c_d0364141n,
  [ALGORITHMS.p256]: 0xffffffff_00000000_ffffffff_ffffffff_bce6faad_a7179e84_f3b9cac2_fc632551n,
};

/** SEC 1 compressed form of 04 ‖ x ‖ y. */
function compressedKey(uncompressed: Uint8Array): Uint8Array {
  const key = uncompressed.slice(0, 33);
  key[0] = uncompressed[64]! % 2 === 0 ? 2 : 3;
  return key;
}

function readCases(file: string): readonly Case[] {
  const { numberOfTests, testGroups } = JSON.parse(readVectors(file)) as WycheproofFile;
  const cases = testGroups.flatMap(({ publicKey, tests }) => {
    const key = publicKey.pk === undefined ? compressedKey(bytesOf(publicKey.uncompressed!)) : bytesOf(publicKey.pk);
    return tests.map((c) => ({ ...c, publicKey: key }));
  });
  assert.equal(cases.length, numberOfTests);
  return cases;
}

function scalarAt(signature: Uint8Array, offset: number): bigint {
  return BigInt(`0x${Buffer.from(signature.subarray(offset, offset + 32)).toString("hex")}`);
}

function isHighS(algorithm: Algorithm, signature: Uint8Array): boolean {
  return scalarAt(signature, 32) > ORDERS[algorithm]! / 2n;
}

function withLowS(algorithm: Algorithm, signature: Uint8Array): Uint8Array {
  const s = ORDERS[algorithm]! - scalarAt(signature, 32);
  return Uint8Array.from([...signature.subarray(0, 32), ...bytesOf(s.toString(16).padStart(64, "0"))]);
}

interface Tally {
  accepted: number;
  refused: number;
  highS: number;
}

/** Checks one case as r ‖ s under our rule and counts it. */
function compareCompact(algorithm: Algorithm, c: Case, signature: Uint8Array, tally: Tally): void {
  const verify = (sig: Uint8Array): boolean => verifier.verify(algorithm, c.publicKey, sig, bytesOf(c.msg));
  const name = `tcId ${c.tcId}: ${c.comment}`;
  assert.notEqual(c.result, "acceptable", name);
  const isHigh = c.result === "valid" && isHighS(algorithm, signature);
  assert.equal(verify(signature), c.result === "valid" && !isHigh, name);
  if (isHigh) assert.equal(verify(withLowS(algorithm, signature)), true, `${name}, with low s`);
  if (isHigh) tally.highS++;
  else if (c.result === "valid") tally.accepted++;
  else tally.refused++;
}

function report(t: TestContext, cases: readonly Case[], tally: Tally, notCompact: number): void {
  const parts = [`${tally.accepted} accepted`, `${tally.highS} refused for high s alone`, `${tally.refused} refused`];
  t.diagnostic(`${cases.length} cases: ${parts.join(", ")}, ${notCompact} not in the form of the chain`);
}

test("ed25519: Wycheproof's verdicts, with tcId 151 by ZIP-215", needsVectors("wycheproof/ed25519_test.json"), (t) => {
  const cases = readCases("wycheproof/ed25519_test.json");
  let accepted = 0;
  for (const c of cases) {
    const want = c.result === "valid" || c.tcId === 151;
    const verdict = verifier.verify(ALGORITHMS.ed25519, c.publicKey, bytesOf(c.sig), bytesOf(c.msg));
    assert.equal(verdict, want, `tcId ${c.tcId}: ${c.comment}`);
    if (verdict) accepted++;
  }
  t.diagnostic(`${cases.length} cases, ${accepted} accepted`);
  assert.deepEqual([cases.length, accepted], [151, 89]);
});

interface EcdsaSet {
  readonly file: string;
  readonly algorithm: Algorithm;
  readonly cases: number;
  readonly valid: number;
}

const P1363_SETS: readonly EcdsaSet[] = [
  { file: "ecdsa_secp256k1_sha256_p1363_test.json", algorithm: ALGORITHMS.secp256k1, cases: 252, valid: 167 },
  { file: "ecdsa_secp256r1_sha256_p1363_test.json", algorithm: ALGORITHMS.p256, cases: 262, valid: 173 },
];

for (const set of P1363_SETS) {
  const path = `wycheproof/${set.file}`;
  test(`${set.file}: every case, with low s on top`, needsVectors(path), (t) => {
    const cases = readCases(path);
    const tally: Tally = { accepted: 0, refused: 0, highS: 0 };
    for (const c of cases) compareCompact(set.algorithm, c, bytesOf(c.sig), tally);
    report(t, cases, tally, 0);
    assert.deepEqual([cases.length, tally.accepted + tally.highS], [set.cases, set.valid]);
    assert.ok(tally.highS > 0, "high s occurs in the set");
  });
}

const DER_SETS: readonly EcdsaSet[] = [
  { file: "ecdsa_secp256k1_sha256_bitcoin_test.json", algorithm: ALGORITHMS.secp256k1, cases: 463, valid: 162 },
  { file: "ecdsa_secp256k1_sha256_test.json", algorithm: ALGORITHMS.secp256k1, cases: 476, valid: 168 },
  { file: "ecdsa_secp256r1_sha256_test.json", algorithm: ALGORITHMS.p256, cases: 484, valid: 174 },
];

for (const set of DER_SETS) {
  const path = `wycheproof/${set.file}`;
  test(`${set.file}: no DER is accepted, strict DER compares as r ‖ s`, needsVectors(path), (t) => {
    const cases = readCases(path);
    const tally: Tally = { accepted: 0, refused: 0, highS: 0 };
    let notStrict = 0;
    for (const c of cases) {
      const der = bytesOf(c.sig);
      assert.equal(verifier.verify(set.algorithm, c.publicKey, der, bytesOf(c.msg)), false, `tcId ${c.tcId} as DER`);
      const signature = signatureOfDer(der);
      if (signature === undefined) {
        assert.equal(c.result, "invalid", `tcId ${c.tcId} is not strict DER: ${c.comment}`);
        notStrict++;
      } else {
        assert.equal(signature.length, SIGNATURE_LENGTH);
        compareCompact(set.algorithm, c, signature, tally);
      }
    }
    report(t, cases, tally, notStrict);
    assert.deepEqual([cases.length, tally.accepted + tally.highS], [set.cases, set.valid]);
    // The bitcoin set calls high s invalid itself, so there both rules give the same count.
    assert.equal(tally.highS === 0, set.file.includes("bitcoin"));
  });
}

test("the key of every accepted secp256k1 signature is recovered", needsVectors(RECOVERY_SET), (t) => {
  let recovered = 0;
  for (const c of readCases(RECOVERY_SET)) {
    const [signature, digest] = [bytesOf(c.sig), referenceHashes.sha256(bytesOf(c.msg))];
    const keys = [0, 1].map((id) => recoverer.recoverSecp256k1(digest, signature, id));
    const isFound = keys.some((key) => key !== undefined && Buffer.from(key).equals(c.publicKey));
    const isAccepted = verifier.verify(ALGORITHMS.secp256k1, c.publicKey, signature, bytesOf(c.msg));
    assert.equal(isFound, isAccepted, `tcId ${c.tcId}: ${c.comment}`);
    if (isFound) recovered++;
  }
  t.diagnostic(`${recovered} recovered`);
  assert.equal(recovered, 95);
});
