import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import type { CommitmentProof } from "../../../../runtime/format/ics23.ts";
import { buildProofFile, type ProofFileParts, parseProofFile } from "../../../../runtime/format/proof-file.ts";
import { PROOF_STEPS, type VerifiedProof, verifyProofFile } from "../../../../runtime/verify/index.ts";
import { seededNumbers } from "../seeded-numbers.ts";
import { type SealedState, sealedState } from "./sealed-state.ts";

const FULL = process.env.FULL === "1";
const PRESENT = ["owner 3", 3];
const chain = sealedState();
/** A key between two others, so that its absence is shown by both neighbours. */
const ABSENT = Array.from({ length: 100 }, (_, i) => ["owner 3", i + 4]).find((key) => {
  const { stateProof } = chain.partsFor(key);
  return stateProof.kind === "nonexist" && stateProof.nonexist.left !== null && stateProof.nonexist.right !== null;
})!;
const present = buildProofFile(chain.partsFor(PRESENT));
const absent = buildProofFile(chain.partsFor(ABSENT));

function failureOf(text: string, options?: { sealer?: string; chainId?: string }): VerifiedProof & { ok: false } {
  const result = verifyProofFile(text, options);
  assert.ok(!result.ok, "the file is accepted");
  return result;
}

test("a file about an entry shows its value and every step", () => {
  const result = verifyProofFile(present, { sealer: chain.sealer, chainId: "demo" });
  assert.ok(result.ok);
  assert.deepEqual(
    result.steps.map(({ name, ok }) => ({ name, ok })),
    PROOF_STEPS.map((name) => ({ name, ok: true })),
  );
  const { codeHash, blockHash, stateRoot, ...claim } = result.claim;
  assert.deepEqual(claim, {
    chainId: "demo",
    height: 7,
    timeSeconds: 1_722_470_400,
    sealer: { algorithm: "ed25519", publicKey: chain.sealer },
    contract: "ledger",
    contractVersion: 1,
    storage: "accounts",
    key: PRESENT,
    present: true,
    value: { owner: "owner 3", amount: 300 },
  });
  for (const hash of [codeHash, blockHash, stateRoot]) assert.match(hash, /^[0-9a-f]{64}$/);
});

test("a file about an entry that is not there shows its absence", () => {
  const result = verifyProofFile(absent);
  assert.ok(result.ok);
  assert.equal(result.claim.present, false);
  assert.equal(result.claim.value, null);
});

test("without the sealer's key it is said that the key must be compared", () => {
  const [without, given] = [verifyProofFile(present), verifyProofFile(present, { sealer: chain.sealer })];
  assert.ok(without.ok && given.ok);
  assert.equal(without.notShown.length, given.notShown.length + 1);
  assert.ok(without.notShown[0]!.includes(chain.sealer));
});

test("the seal may be of any algorithm, and the chain's hash SM3", () => {
  for (const algorithm of ["secp256k1", "p256", "sm2"] as const) {
    for (const hash of algorithm === "sm2" ? (["sha256", "sm3"] as const) : (["sha256"] as const)) {
      const other = sealedState({ algorithm, hash, sm2UserId: "注册局" });
      const text = buildProofFile(other.partsFor(PRESENT));
      const result = verifyProofFile(text, { sealer: other.sealer });
      assert.ok(result.ok, `${algorithm} ${hash}`);
      assert.equal(text.includes('"userId":"注册局"'), algorithm === "sm2");
    }
  }
  const sm2 = buildProofFile(sealedState({ algorithm: "sm2" }).partsFor(PRESENT));
  assert.equal(failureOf(sm2.replace("1234567812345678", "1234567812345679")).code, "proof.seal");
});

test("a file of another chain or sealer than asked for is refused", () => {
  assert.equal(failureOf(present, { chainId: "other" }).code, "proof.chain");
  assert.equal(failureOf(present, { sealer: "00".repeat(32) }).code, "proof.sealer");
  assert.equal(failureOf(present, { sealer: "not hex" }).code, "proof.sealer");
});

/** A file whose parts were changed: what a forger can write who keeps to the form. */
function forged(change: (parts: ProofFileParts) => Partial<ProofFileParts>, base: SealedState = chain): string {
  const parts = base.partsFor(PRESENT);
  return buildProofFile({ ...parts, ...change(parts) });
}

test("a forged part fails at its step", () => {
  const other = sealedState({ accounts: 13 });
  const flipped = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
  const withValue = (proof: CommitmentProof, value: Uint8Array): CommitmentProof =>
    proof.kind === "exist" ? { kind: "exist", exist: { ...proof.exist, value } } : proof;
  const claim = (parts: ProofFileParts, change: Partial<ProofFileParts["claim"]>) => ({
    claim: { ...parts.claim, ...change },
  });
  const table: readonly { id: string; text: string; step: string }[] = [
    { id: "a header that is none", text: forged(() => ({ header: new Uint8Array(3) })), step: "header" },
    { id: "another gas in the header", text: forged(({ header }) => ({ header: flipped(header) })), step: "header" },
    {
      id: "another header",
      text: forged(() => ({ header: other.partsFor(PRESENT).header })),
      step: "seal",
    },
    {
      id: "another signature",
      text: forged(({ seal }) => ({ seal: { ...seal, signature: flipped(seal.signature) } })),
      step: "seal",
    },
    {
      id: "another sealer",
      text: forged(({ seal }) => ({ seal: { ...seal, publicKey: flipped(seal.publicKey) } })),
      step: "seal",
    },
    { id: "another chain hash", text: forged(() => ({ hash: "sm3" })), step: "seal" },
    { id: "another contract", text: forged((parts) => claim(parts, { contract: "other" })), step: "contract" },
    {
      id: "a contract that is no name",
      text: forged((parts) => claim(parts, { contract: "Ledger" })),
      step: "contract",
    },
    {
      id: "a record of a later state",
      text: forged(() => ({ contractProof: other.partsFor(PRESENT).contractProof })),
      step: "contract",
    },
    {
      id: "absence of the record",
      text: forged(() => ({ contractProof: chain.partsFor(ABSENT).stateProof })),
      step: "contract",
    },
    {
      id: "another record",
      text: forged(({ contractProof }) => ({ contractProof: withValue(contractProof, new Uint8Array(76)) })),
      step: "contract",
    },
    { id: "another ABI", text: forged(() => ({ abi: new TextEncoder().encode("{}") })), step: "abi" },
    { id: "another storage", text: forged((parts) => claim(parts, { storage: "account" })), step: "key" },
    { id: "another key", text: forged((parts) => claim(parts, { key: ABSENT })), step: "key" },
    { id: "a key part too few", text: forged((parts) => claim(parts, { key: ["owner 3"] })), step: "key" },
    { id: "a key part of another kind", text: forged((parts) => claim(parts, { key: [3, 3] })), step: "key" },
    {
      id: "the same key, written otherwise",
      text: forged((parts) => claim(parts, { key: ["owner 3", "3"] })),
      step: "key",
    },
    {
      id: "another value",
      text: forged(({ stateProof }) => ({ stateProof: withValue(stateProof, new Uint8Array(20)) })),
      step: "path",
    },
    {
      id: "a proof of a later state",
      text: forged(() => ({ stateProof: other.partsFor(PRESENT).stateProof })),
      step: "path",
    },
    {
      id: "absence of what is there",
      text: forged(({ stateProof }) => ({ stateProof: absenceOf(stateProof, chain.partsFor(ABSENT).stateProof) })),
      step: "path",
    },
  ];
  for (const { id, text, step } of table) {
    const result = failureOf(text);
    assert.deepEqual([result.code, result.steps.at(-1)?.name], [`proof.${step}`, step], `${id}: ${result.message}`);
    assert.ok(result.steps.slice(0, -1).every(({ ok }) => ok) && result.steps.at(-1)?.ok === false, id);
  }
});

/** The neighbours of an absent key, presented for a key that is there. */
function absenceOf(there: CommitmentProof, notThere: CommitmentProof): CommitmentProof {
  assert.ok(there.kind === "exist" && notThere.kind === "nonexist");
  return { kind: "nonexist", nonexist: { ...notThere.nonexist, key: there.exist.key } };
}

test("every file is refused when any one byte of it is another", (t) => {
  const random = seededNumbers(t, 20_240_803);
  for (const text of [present, absent]) {
    for (let i = 0; i < text.length; i++) {
      const byte = (text.charCodeAt(i) + 1 + random(255)) % 256;
      const changed = `${text.slice(0, i)}${String.fromCharCode(byte)}${text.slice(i + 1)}`;
      assert.match(failureOf(changed).code, /^proof\.(format|header|seal|contract|abi|key|path|value)$/, `byte ${i}`);
    }
  }
});

test("every file is refused when any one hex digit of it is another", (t) => {
  const random = seededNumbers(t, 20_240_804);
  const stride = FULL ? 1 : 23;
  t.diagnostic(`every ${stride}. position; FULL=1 takes all`);
  const digits = "0123456789abcdef";
  for (const text of [present, absent]) {
    for (let i = random(stride); i < text.length; i += stride) {
      const value = digits.indexOf(text[i]!);
      if (value < 0) continue;
      const changed = `${text.slice(0, i)}${digits[(value + 1 + random(15)) % 16]}${text.slice(i + 1)}`;
      failureOf(changed);
    }
  }
});

test("text that is no proof file is refused as such, and nothing is thrown", (t) => {
  const random = seededNumbers(t, 5);
  const noise = Array.from({ length: 200 }, () =>
    String.fromCharCode(...Array.from({ length: random(60) }, () => random(65_536))),
  );
  const pieces = Array.from({ length: 200 }, () => {
    const [start, end] = [random(present.length), random(present.length)];
    return present.slice(0, start) + present.slice(end);
  });
  const texts = [
    "",
    "\n",
    "null\n",
    "[]\n",
    "{}\n",
    '{"format":"cinnabar-proof-1"}\n',
    "[".repeat(1_000_000),
    `${present} `,
  ];
  for (const text of [...texts, present.trimEnd(), `${present}\n`, ...noise]) {
    assert.equal(failureOf(text).code, "proof.format");
  }
  for (const text of pieces) if (text !== present) failureOf(text);
});

test("a file has one text", () => {
  assert.equal(buildProofFile(parseProofFile(present)), present);
  const reordered = `${JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(present)).reverse()))}\n`;
  assert.equal(failureOf(reordered).code, "proof.format");
  assert.equal(failureOf(`${JSON.stringify(JSON.parse(present), null, 2)}\n`).code, "proof.format");
});

test("parts that make no readable file are not built", () => {
  assert.throws(() => forged(({ seal }) => ({ seal: { ...seal, publicKey: new Uint8Array(33) } })), {
    code: "proof.format",
  });
  assert.throws(() => forged(() => ({ abi: Uint8Array.of(0xff) })), { code: "proof.format" });
});

/** Everything that a module imports, by the text of the emitted files. */
function importsFrom(path: string, seen: Set<string>): readonly string[] {
  if (seen.has(path)) return [];
  seen.add(path);
  const specifiers = [...readFileSync(path, "utf8").matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(
    (match) => match[1]!,
  );
  return specifiers.flatMap((specifier) =>
    specifier.startsWith(".") ? importsFrom(join(dirname(path), specifier), seen) : [specifier],
  );
}

test("the verifier runs in a browser: it imports noble and nothing of Node", (t: TestContext) => {
  const entry = fileURLToPath(new URL("../../../../runtime/verify/index.js", import.meta.url));
  assert.ok(existsSync(entry));
  const packages = importsFrom(entry, new Set());
  t.diagnostic([...new Set(packages)].join(", "));
  assert.ok(packages.length > 0);
  assert.deepEqual(
    packages.filter((name) => !name.startsWith("@noble/")),
    [],
  );
});
