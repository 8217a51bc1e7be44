/** The verifier against the official vectors of cosmos/ics23; the specs are those of its Go module. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { concatBytes, hexToBytes } from "../../../../runtime/format/bytes.ts";
import {
  applyInner,
  applyLeaf,
  type CommitmentProof,
  calculateRoot,
  checkAgainstSpec,
  checkLeaf,
  type ExistenceProof,
  HASH_OPS,
  type HashTable,
  type InnerOp,
  type LeafOp,
  type NonExistenceProof,
  type ProofSpec,
  verifyExistence,
  verifyNonExistence,
} from "../../../../runtime/format/ics23.ts";
import { decodeCommitmentProof, encodeCommitmentProof } from "../../../../runtime/format/ics23-bytes.ts";
import { Rejected } from "../../../../vm/errors.ts";

const VECTORS = "../shared/vectors/ics23/testdata";
const skip = existsSync(VECTORS) ? false : `no ${VECTORS}`;

const digest =
  (...names: readonly string[]) =>
  (message: Uint8Array): Uint8Array =>
    names.reduce<Uint8Array>((bytes, name) => createHash(name).update(bytes).digest(), message);
const NODE_HASHES: ReadonlyMap<number, (message: Uint8Array) => Uint8Array> = new Map([
  [HASH_OPS.sha256, digest("sha256")],
  [HASH_OPS.sha512, digest("sha512")],
  [HASH_OPS.ripemd160, digest("ripemd160")],
  [HASH_OPS.bitcoin, digest("sha256", "ripemd160")],
  [HASH_OPS.sha512_256, digest("sha512-256")],
  [HASH_OPS.blake2b_512, digest("blake2b512")],
  [HASH_OPS.blake2s_256, digest("blake2s256")],
]);
const hashes: HashTable = (op) => NODE_HASHES.get(op);

const NONE = new Uint8Array(0);
const sha = HASH_OPS.sha256;
const varProtoLeaf: LeafOp = { hash: sha, prehashKey: 0, prehashValue: sha, length: 1, prefix: Uint8Array.of(0) };
const binary = { childOrder: [0, 1], hash: sha, emptyChild: NONE };
const common = { minDepth: 0, maxDepth: 0, prehashKeyBeforeComparison: false };
const SPECS: Readonly<Record<string, ProofSpec>> = {
  tendermint: {
    ...common,
    leafSpec: varProtoLeaf,
    innerSpec: { ...binary, childSize: 32, minPrefixLength: 1, maxPrefixLength: 1 },
  },
  iavl: {
    ...common,
    leafSpec: varProtoLeaf,
    innerSpec: { ...binary, childSize: 33, minPrefixLength: 4, maxPrefixLength: 12 },
  },
  smt: {
    ...common,
    maxDepth: 256,
    prehashKeyBeforeComparison: true,
    leafSpec: { hash: sha, prehashKey: sha, prehashValue: sha, length: 0, prefix: Uint8Array.of(0) },
    innerSpec: { ...binary, childSize: 32, minPrefixLength: 1, maxPrefixLength: 1, emptyChild: new Uint8Array(32) },
  },
};

const readJson = <T>(name: string): T => JSON.parse(readFileSync(join(VECTORS, name), "utf8")) as T;
const base64 = (text: string | null | undefined): Uint8Array => new Uint8Array(Buffer.from(text ?? "", "base64"));

interface LeafJson {
  readonly hash?: number;
  readonly prehash_key?: number;
  readonly prehash_value?: number;
  readonly length?: number;
  readonly prefix?: string;
}
interface InnerJson {
  readonly hash?: number;
  readonly prefix?: string;
  readonly suffix?: string;
}
interface ExistenceJson {
  readonly key?: string;
  readonly value?: string;
  readonly leaf?: LeafJson;
  readonly path?: readonly InnerJson[];
}
interface SpecJson {
  readonly leaf_spec: LeafJson;
  readonly inner_spec: {
    readonly child_order: readonly number[];
    readonly child_size: number;
    readonly min_prefix_length: number;
    readonly max_prefix_length: number;
    readonly empty_child?: string;
    readonly hash?: number;
  };
  readonly min_depth?: number;
  readonly max_depth?: number;
}

const leafOf = (json: LeafJson): LeafOp => ({
  hash: json.hash ?? 0,
  prehashKey: json.prehash_key ?? 0,
  prehashValue: json.prehash_value ?? 0,
  length: json.length ?? 0,
  prefix: base64(json.prefix),
});
const innerOf = (json: InnerJson): InnerOp => ({
  hash: json.hash ?? 0,
  prefix: base64(json.prefix),
  suffix: base64(json.suffix),
});
const existenceOf = (json: ExistenceJson): ExistenceProof => ({
  key: base64(json.key),
  value: base64(json.value),
  leaf: json.leaf === undefined ? null : leafOf(json.leaf),
  path: (json.path ?? []).map(innerOf),
});
const specOf = (json: SpecJson): ProofSpec => ({
  leafSpec: leafOf(json.leaf_spec),
  innerSpec: {
    childOrder: json.inner_spec.child_order,
    childSize: json.inner_spec.child_size,
    minPrefixLength: json.inner_spec.min_prefix_length,
    maxPrefixLength: json.inner_spec.max_prefix_length,
    emptyChild: base64(json.inner_spec.empty_child),
    hash: json.inner_spec.hash ?? 0,
  },
  minDepth: json.min_depth ?? 0,
  maxDepth: json.max_depth ?? 0,
  prehashKeyBeforeComparison: false,
});

interface ProofVector {
  readonly key: string;
  readonly value: string;
  readonly root: string;
  readonly proof: string;
}

function verifies(spec: ProofSpec, vector: ProofVector, proof: CommitmentProof): boolean {
  const root = hexToBytes(vector.root);
  const key = hexToBytes(vector.key);
  return proof.kind === "exist"
    ? verifyExistence(spec, root, proof.exist, { key, value: hexToBytes(vector.value) }, hashes)
    : verifyNonExistence(spec, root, proof.nonexist, key, hashes);
}

const names = ["exist_left", "exist_middle", "exist_right", "nonexist_left", "nonexist_middle", "nonexist_right"];
for (const [tree, spec] of Object.entries(SPECS)) {
  test(`the proofs of ${tree} verify, and their bytes re-encode to themselves`, { skip }, () => {
    for (const name of names) {
      const vector = readJson<ProofVector>(`${tree}/${name}.json`);
      const bytes = hexToBytes(vector.proof);
      const proof = decodeCommitmentProof(bytes);
      assert.equal(proof.kind, name.startsWith("exist") ? "exist" : "nonexist");
      assert.deepEqual(encodeCommitmentProof(proof), bytes);
      assert.equal(verifies(spec, vector, proof), true, name);
    }
  });

  test(`no proof of ${tree} verifies with one byte changed, for another root, key or value`, { skip }, () => {
    for (const name of names) {
      const vector = readJson<ProofVector>(`${tree}/${name}.json`);
      const bytes = hexToBytes(vector.proof);
      for (let i = 0; i < bytes.length; i++) {
        const changed = bytes.slice();
        changed[i] = changed[i]! ^ (1 << (i % 8));
        assert.equal(isVerified(spec, vector, changed), false, `${name}, byte ${i}`);
      }
      const proof = decodeCommitmentProof(bytes);
      const other = (text: string): string => `${text.startsWith("0") ? "1" : "0"}${text.slice(1)}`;
      assert.equal(verifies(spec, { ...vector, root: other(vector.root) }, proof), false);
      assert.equal(verifies(spec, { ...vector, key: other(vector.key) }, proof), false);
      if (proof.kind === "exist") assert.equal(verifies(spec, { ...vector, value: other(vector.value) }, proof), false);
    }
  });
}

function isVerified(spec: ProofSpec, vector: ProofVector, bytes: Uint8Array): boolean {
  let proof: CommitmentProof;
  try {
    proof = decodeCommitmentProof(bytes);
  } catch (error) {
    assert.ok(error instanceof Rejected && error.code === "ics23.bytes", String(error));
    return false;
  }
  return verifies(spec, vector, proof);
}

test("an absence proof with a neighbour left out, exchanged or of one key does not verify", { skip }, () => {
  for (const [tree, spec] of Object.entries(SPECS)) {
    const vector = readJson<ProofVector>(`${tree}/nonexist_middle.json`);
    const proof = decodeCommitmentProof(hexToBytes(vector.proof));
    assert.ok(proof.kind === "nonexist");
    const { key, left, right } = proof.nonexist;
    const variants: readonly NonExistenceProof[] = [
      { key, left, right: null },
      { key, left: null, right },
      { key, left: null, right: null },
      { key, left: right, right: left },
      { key, left, right: left },
      { key, left: right, right },
    ];
    variants.forEach((nonexist, index) => {
      assert.equal(verifies(spec, vector, { kind: "nonexist", nonexist }), false, `${tree} ${index}`);
    });
  }
});

test("an absence proof whose neighbours are not next to each other does not verify", { skip }, () => {
  const existing = ["exist_left", "exist_middle", "exist_right"].map((name) => {
    const vector = readJson<ProofVector>(`tendermint/${name}.json`);
    const proof = decodeCommitmentProof(hexToBytes(vector.proof));
    assert.ok(proof.kind === "exist");
    return { root: hexToBytes(vector.root), proof: proof.exist };
  });
  const [first, middle, last] = existing as [(typeof existing)[0], (typeof existing)[0], (typeof existing)[0]];
  if (!Buffer.from(first.root).equals(last.root)) return;
  const gap = { key: middle.proof.key, left: first.proof, right: last.proof };
  assert.equal(verifyNonExistence(SPECS.tendermint!, first.root, gap, gap.key, hashes), false);
});

test("leaf operations give the hashes of the vectors", { skip }, () => {
  const cases =
    readJson<Record<string, { Op: LeafJson; Key: string; Value: string; IsErr: boolean; Expected: string }>>(
      "TestLeafOpData.json",
    );
  for (const [id, { Op, Key, Value, IsErr, Expected }] of Object.entries(cases)) {
    const apply = (): Uint8Array => applyLeaf(leafOf(Op), { key: base64(Key), value: base64(Value) }, hashes);
    if (IsErr) assert.throws(apply, Rejected, id);
    else assert.deepEqual(new Uint8Array(apply()), base64(Expected), id);
  }
});

test("inner operations give the hashes of the vectors", { skip }, () => {
  const cases =
    readJson<Record<string, { Op: InnerJson; Child: string | null; IsErr: boolean; Expected: string }>>(
      "TestInnerOpData.json",
    );
  for (const [id, { Op, Child, IsErr, Expected }] of Object.entries(cases)) {
    const apply = (): Uint8Array => applyInner(innerOf(Op), base64(Child), hashes);
    if (IsErr) assert.throws(apply, Rejected, id);
    else assert.deepEqual(new Uint8Array(apply()), base64(Expected), id);
  }
});

test("existence proofs lead to the roots of the vectors", { skip }, () => {
  const cases =
    readJson<Record<string, { Proof: ExistenceJson; IsErr: boolean; Expected: string }>>("TestExistenceProofData.json");
  for (const [id, { Proof, IsErr, Expected }] of Object.entries(cases)) {
    const calculate = (): Uint8Array => calculateRoot(existenceOf(Proof), hashes);
    if (IsErr) assert.throws(calculate, Rejected, id);
    else assert.deepEqual(new Uint8Array(calculate()), base64(Expected), id);
  }
});

test("leaves are allowed and refused as the vectors say", { skip }, () => {
  const cases = readJson<Record<string, { Leaf: LeafJson; Spec: LeafJson; IsErr: boolean }>>("TestCheckLeafData.json");
  for (const [id, { Leaf, Spec, IsErr }] of Object.entries(cases)) {
    const check = (): void => checkLeaf(leafOf(Leaf), leafOf(Spec));
    if (IsErr) assert.throws(check, Rejected, id);
    else assert.doesNotThrow(check, id);
  }
});

/** Reads the bytes of IAVL's own node format inside the prefix, which no field of a spec describes. */
const OF_IAVL_ALONE = "rejects leaf with invalid inner proofs";

test("proofs are allowed and refused against a spec as the vectors say", { skip }, () => {
  const cases = readJson<Record<string, { Proof: ExistenceJson; Spec: SpecJson; Err: string }>>(
    "TestCheckAgainstSpecData.json",
  );
  assert.ok(OF_IAVL_ALONE in cases);
  for (const [id, { Proof, Spec, Err }] of Object.entries(cases)) {
    if (id === OF_IAVL_ALONE) continue;
    const check = (): void => checkAgainstSpec(existenceOf(Proof), specOf(Spec));
    if (Err === "") assert.doesNotThrow(check, id);
    else assert.throws(check, Rejected, id);
  }
});

test("empty branches are known as the vectors say", { skip }, () => {
  const cases =
    readJson<readonly { Op: InnerJson; Spec: SpecJson; IsLeft: boolean; IsRight: boolean }[]>(
      "TestEmptyBranchData.json",
    );
  // One step beside an empty child, above a leaf: that leaf is then at the tree's edge on that side.
  for (const [index, { Op, Spec, IsLeft, IsRight }] of cases.entries()) {
    const spec: ProofSpec = { ...specOf(Spec), leafSpec: { ...specOf(Spec).leafSpec, prefix: Uint8Array.of(9) } };
    const proof = { ...existenceOf({ key: "bQ==", value: "MQ==" }), leaf: spec.leafSpec, path: [innerOf(Op)] };
    const root = calculateRoot(proof, hashes);
    const key = (text: string): Uint8Array => new TextEncoder().encode(text);
    const isLeftEdge = verifyNonExistence(spec, root, { key: key("a"), left: null, right: proof }, key("a"), hashes);
    const isRightEdge = verifyNonExistence(spec, root, { key: key("z"), left: proof, right: null }, key("z"), hashes);
    const branch = innerOf(Op).suffix.length === 0 ? 1 : 0;
    assert.equal(isLeftEdge, branch === 0 || IsLeft, `case ${index}, left`);
    assert.equal(isRightEdge, branch === 1 || IsRight, `case ${index}, right`);
  }
});

test("hashes give the bytes of the vectors", { skip }, () => {
  const cases =
    readJson<Record<string, { HashOp: number; Preimage?: string; PreImage?: string; ExpectedHash: string }>>(
      "TestDoHashData.json",
    );
  for (const [id, { HashOp, Preimage, PreImage, ExpectedHash }] of Object.entries(cases)) {
    const message = new TextEncoder().encode(Preimage ?? PreImage);
    const op: InnerOp = { hash: HashOp, prefix: NONE, suffix: NONE };
    assert.equal(Buffer.from(applyInner(op, message, hashes)).toString("hex"), ExpectedHash, id);
  }
});

test("an inner node that passes for a leaf, or a step that does not hash, is refused", () => {
  const spec = SPECS.tendermint!;
  const leaf: ExistenceProof = { key: Uint8Array.of(1), value: Uint8Array.of(2), leaf: varProtoLeaf, path: [] };
  const root = calculateRoot(leaf, hashes);
  const entry = { key: leaf.key, value: leaf.value };
  assert.equal(verifyExistence(spec, root, leaf, entry, hashes), true);
  const disguised: InnerOp = { hash: sha, prefix: concatZero(33), suffix: NONE };
  const unhashed: InnerOp = { hash: HASH_OPS.noHash, prefix: Uint8Array.of(1), suffix: NONE };
  for (const step of [disguised, unhashed]) {
    const proof = { ...leaf, path: [step] };
    assert.equal(verifyExistence(spec, calculateRoot(proof, hashes), proof, entry, hashes), false);
  }
});

test("neighbours that stand on the wrong sides of their parent show no gap", () => {
  // A tree out of order: "z" is the left child and "a" the right one, so "m" between them says nothing about a gap.
  const spec = SPECS.tendermint!;
  const leafOfKey = (key: string): ExistenceProof => {
    const bytes = new TextEncoder().encode(key);
    return { key: bytes, value: bytes, leaf: varProtoLeaf, path: [] };
  };
  const [z, a] = [leafOfKey("z"), leafOfKey("a")];
  const prefix = Uint8Array.of(1);
  const [zHash, aHash] = [calculateRoot(z, hashes), calculateRoot(a, hashes)];
  const left = { ...a, path: [{ hash: sha, prefix: concatBytes(prefix, zHash), suffix: NONE }] };
  const right = { ...z, path: [{ hash: sha, prefix, suffix: aHash }] };
  const root = calculateRoot(left, hashes);
  assert.deepEqual(calculateRoot(right, hashes), root);
  const key = new TextEncoder().encode("m");
  assert.equal(verifyNonExistence(spec, root, { key, left, right }, key, hashes), false);
});

function concatZero(length: number): Uint8Array {
  return new Uint8Array(length);
}

test("protobuf in another form than the one that is written is refused", () => {
  const proof: CommitmentProof = {
    kind: "exist",
    exist: { key: Uint8Array.of(1), value: NONE, leaf: null, path: [] },
  };
  assert.equal(Buffer.from(encodeCommitmentProof(proof)).toString("hex"), "0a030a0101");
  const table: readonly { id: string; hex: string }[] = [
    { id: "nothing", hex: "" },
    { id: "a field that is empty", hex: "0a050a01011200" },
    { id: "a long varint", hex: "0a83000a0101" },
    { id: "an unknown field", hex: "0a053201010a01" },
    { id: "both kinds", hex: "0a030a010112030a0101" },
    { id: "a field twice", hex: "0a060a01010a0101" },
    { id: "fields out of order", hex: "0a0612010a0a0101" },
    { id: "cut", hex: "0a040a0101" },
    { id: "a number for bytes", hex: "0801" },
    { id: "a group", hex: "0b0c" },
    { id: "a varint without end", hex: "ffffffffffffffffffff" },
  ];
  for (const { id, hex } of table) {
    assert.throws(() => decodeCommitmentProof(hexToBytes(hex)), { code: "ics23.bytes" }, id);
  }
});
