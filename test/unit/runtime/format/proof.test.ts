import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bytesToHex, hexToBytes } from "../../../../runtime/format/bytes.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import type { CommitmentProof, ExistenceProof } from "../../../../runtime/format/ics23.ts";
import { verifyExistence, verifyNonExistence } from "../../../../runtime/format/ics23.ts";
import { decodeCommitmentProof, encodeCommitmentProof } from "../../../../runtime/format/ics23-bytes.ts";
import { pairHashesOf } from "../../../../runtime/format/pair-hashes.ts";
import {
  checkStateProof,
  createStateProof,
  hashTableOf,
  type StateEntry,
  stateProofSpec,
} from "../../../../runtime/format/proof.ts";
import type { ChainHashName } from "../../../../runtime/format/types.ts";
import { StateTree } from "../../../../runtime/state/tree.ts";
import { NodeError, Rejected } from "../../../../vm/errors.ts";
import { entryOf, hashes, treeOf } from "../verify/sealed-state.ts";

const entry = (name: string, value = `${name}=`): StateEntry => ({ key: utf8Bytes(name), value: utf8Bytes(value) });

function proofOf(entries: readonly StateEntry[], key: Uint8Array, hash: ChainHashName = "sha256"): CommitmentProof {
  const tree = treeOf(entries, hash);
  return createStateProof(key, tree.prove(hashes[hash](key)), hash, (keyHash) => entryOf(entries, keyHash, hash));
}

function holds(
  proof: CommitmentProof,
  root: Uint8Array,
  key: Uint8Array,
  value: Uint8Array | null,
  hash: ChainHashName = "sha256",
): boolean {
  try {
    checkStateProof(proof, { root, key, value }, hash, hashes);
    return true;
  } catch (error) {
    assert.ok(error instanceof Rejected, String(error));
    return false;
  }
}

test("present keys have their value, absent keys have none, in trees of every small size", () => {
  for (const hash of ["sha256", "sm3"] as const) {
    for (let size = 1; size <= 12; size++) {
      const entries = Array.from({ length: size }, (_, i) => entry(`e${i}`));
      const { root } = treeOf(entries, hash);
      for (const { key, value } of entries) {
        const proof = proofOf(entries, key, hash);
        assert.ok(holds(proof, root, key, value, hash));
        assert.ok(!holds(proof, root, key, utf8Bytes("other"), hash));
        assert.ok(!holds(proof, root, key, null, hash));
      }
      for (let i = 0; i < 12; i++) {
        const key = utf8Bytes(`absent ${i}`);
        const proof = proofOf(entries, key, hash);
        assert.ok(holds(proof, root, key, null, hash));
        assert.ok(!holds(proof, root, entries[0]!.key, null, hash), "a present key");
        assert.ok(!holds(proof, root, key, utf8Bytes("value"), hash));
      }
    }
  }
});

test("a proof holds for its own root alone", () => {
  const entries = [entry("a"), entry("b"), entry("c")];
  const later = treeOf([...entries, entry("d")], "sha256").root;
  assert.ok(!holds(proofOf(entries, utf8Bytes("a")), later, utf8Bytes("a"), utf8Bytes("a=")));
  assert.ok(!holds(proofOf(entries, utf8Bytes("d")), later, utf8Bytes("d"), null));
});

test("no neighbours but the nearest show absence", () => {
  const entries = Array.from({ length: 9 }, (_, i) => entry(`n${i}`));
  const { root } = treeOf(entries, "sha256");
  const existing = entries.map(({ key }) => {
    const proof = proofOf(entries, key);
    assert.ok(proof.kind === "exist");
    return proof.exist;
  });
  for (const present of entries) {
    for (const left of [null, ...existing]) {
      for (const right of [null, ...existing]) {
        const forged: CommitmentProof = { kind: "nonexist", nonexist: { key: present.key, left, right } };
        assert.ok(!holds(forged, root, present.key, null), "a present key is shown as absent");
      }
    }
  }
  const key = utf8Bytes("absent");
  let accepted = 0;
  for (const left of [null, ...existing]) {
    for (const right of [null, ...existing]) {
      if (holds({ kind: "nonexist", nonexist: { key, left, right } }, root, key, null)) accepted++;
    }
  }
  assert.equal(accepted, 1);
});

test("no byte of a proof can be changed", () => {
  const entries = Array.from({ length: 20 }, (_, i) => entry(`m${i}`));
  const { root } = treeOf(entries, "sha256");
  const cases = [
    { key: utf8Bytes("m3"), value: utf8Bytes("m3=") },
    { key: utf8Bytes("absent"), value: null },
  ];
  for (const { key, value } of cases) {
    const bytes = encodeCommitmentProof(proofOf(entries, key));
    for (let i = 0; i < bytes.length; i++) {
      for (const bit of [1, 1 << (i % 8), 0x80]) {
        const changed = bytes.slice();
        changed[i] = changed[i]! ^ bit;
        assert.ok(!isAccepted(changed, root, key, value), `byte ${i}, bit ${bit}`);
      }
    }
  }
});

function isAccepted(bytes: Uint8Array, root: Uint8Array, key: Uint8Array, value: Uint8Array | null): boolean {
  let proof: CommitmentProof;
  try {
    proof = decodeCommitmentProof(bytes);
  } catch (error) {
    assert.ok(error instanceof Rejected, String(error));
    return false;
  }
  return holds(proof, root, key, value);
}

test("a proof in another form than the one that is made is refused, even where ICS-23 would take it", () => {
  const entries = [entry("a"), entry("b")];
  const { root } = treeOf(entries, "sha256");
  const proof = proofOf(entries, utf8Bytes("a"));
  assert.ok(proof.kind === "exist");
  const { exist } = proof;
  const forms: readonly { id: string; change: Partial<ExistenceProof>; code: string }[] = [
    { id: "no leaf", change: { leaf: null }, code: "proof.form" },
    {
      id: "a longer leaf prefix",
      change: { leaf: { ...exist.leaf!, prefix: utf8Bytes("JMT::LeafNodes") } },
      code: "proof.form",
    },
    { id: "another leaf hash", change: { leaf: { ...exist.leaf!, hash: 0 } }, code: "ics23.leaf" },
    {
      id: "a longer inner prefix",
      change: { path: exist.path.map((step) => ({ ...step, prefix: Uint8Array.of(...step.prefix, 0) })) },
      code: "proof.form",
    },
    {
      id: "another inner prefix",
      change: { path: exist.path.map((step) => ({ ...step, prefix: step.prefix.map((byte) => byte ^ 1) })) },
      code: "proof.form",
    },
    {
      id: "the sibling on the other side",
      change: {
        path: exist.path.map(({ hash, prefix, suffix }) => ({
          hash,
          prefix: Uint8Array.of(...prefix.subarray(0, 16), ...suffix),
          suffix: prefix.slice(16),
        })),
      },
      code: "proof.form",
    },
    { id: "a step too few", change: { path: exist.path.slice(1) }, code: "ics23.root" },
    {
      id: "another path hash",
      change: { path: exist.path.map((step) => ({ ...step, hash: 0 })) },
      code: "ics23.inner",
    },
  ];
  for (const { id, change, code } of forms) {
    const claim = { root, key: exist.key, value: exist.value };
    const changed: CommitmentProof = { kind: "exist", exist: { ...exist, ...change } };
    const check = (): void => checkStateProof(changed, claim, "sha256", hashes);
    if (id === "a step too few") assert.throws(check, Rejected, id);
    else assert.throws(check, { code }, id);
  }
});

test("a value of no bytes is a value", () => {
  const entries = [entry("a", ""), entry("b", "")];
  const { root } = treeOf(entries, "sha256");
  assert.ok(holds(proofOf(entries, utf8Bytes("a")), root, utf8Bytes("a"), new Uint8Array(0)));
  assert.ok(holds(proofOf(entries, utf8Bytes("c")), root, utf8Bytes("c"), null));
});

test("an empty state can show nothing, and an entry of another key is a fault of the node", () => {
  const key = utf8Bytes("a");
  const empty = StateTree.empty(pairHashesOf(hashes.sha256)).prove(hashes.sha256(key));
  assert.throws(() => createStateProof(key, empty, "sha256", () => entry("a")), { code: "proof.unprovable" });
  const present = treeOf([entry("a")], "sha256").prove(hashes.sha256(key));
  assert.throws(() => createStateProof(key, present, "sha256", () => entry("b")), NodeError);
});

test("a proof deeper than the 64 steps of the jmt crate's spec holds", () => {
  // A hash that leaves 32 bytes as they are gives keys that agree in 249 bits without the work of finding them.
  const sha256 = (message: Uint8Array): Uint8Array => (message.length === 32 ? message : hashes.sha256(message));
  const key = (last: number): Uint8Array => new Uint8Array(32).fill(last, 31);
  const entries = [1, 0x40].map((last) => ({ key: key(last), value: key(9) }));
  const changes = entries.map((each) => ({ keyHash: sha256(each.key), valueHash: sha256(each.value) }));
  const tree = StateTree.empty(pairHashesOf(sha256)).update(changes);
  const proofFor = (wanted: Uint8Array): CommitmentProof =>
    createStateProof(wanted, tree.prove(wanted), "sha256", (keyHash) => ({ key: keyHash, value: key(9) }));
  const present = proofFor(key(1));
  assert.ok(present.kind === "exist" && present.exist.path.length === 250);
  const { root } = tree;
  const fake = { ...hashes, sha256 };
  checkStateProof(present, { root, key: key(1), value: key(9) }, "sha256", fake);
  checkStateProof(proofFor(key(2)), { root, key: key(2), value: null }, "sha256", fake);
});

test("proofs are byte for byte those of the jmt crate, and its verify", () => {
  const { scenarios } = JSON.parse(readFileSync("test/vectors-own/jmt.json", "utf8")) as {
    scenarios: readonly {
      steps: readonly {
        changes: readonly (readonly [string, string | null])[];
        root: string;
        proofs: readonly { key: string; value: string | null; proof: string }[];
      }[];
    }[];
  };
  const spec = stateProofSpec("sha256");
  const table = hashTableOf("sha256", hashes);
  let count = 0;
  for (const { steps } of scenarios) {
    const live = new Map<string, string>();
    for (const { changes, root: rootHex, proofs } of steps) {
      for (const [key, value] of changes) {
        if (value === null) live.delete(key);
        else live.set(key, value);
      }
      const entries = [...live].map(([key, value]) => ({ key: hexToBytes(key), value: hexToBytes(value) }));
      const root = hexToBytes(rootHex);
      for (const { key: keyHex, value, proof: bytes } of proofs) {
        const key = hexToBytes(keyHex);
        const theirs = decodeCommitmentProof(hexToBytes(bytes));
        assert.equal(bytesToHex(encodeCommitmentProof(proofOf(entries, key))), bytes);
        assert.ok(holds(theirs, root, key, value === null ? null : hexToBytes(value)));
        const isValid =
          theirs.kind === "exist"
            ? verifyExistence(spec, root, theirs.exist, { key, value: hexToBytes(value!) }, table)
            : verifyNonExistence(spec, root, theirs.nonexist, key, table);
        assert.ok(isValid);
        count++;
      }
    }
  }
  assert.ok(count > 50);
});
