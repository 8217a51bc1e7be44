import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { createHashes } from "../../../../accel/hashes.ts";
import { compareBytes, concatBytes, hexToBytes } from "../../../../runtime/format/bytes.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import { pairHashesOf } from "../../../../runtime/format/pair-hashes.ts";
import { type LeafPath, StateTree, type TreeChange } from "../../../../runtime/state/tree.ts";
import { seededNumbers } from "../seeded-numbers.ts";

const { sha256, sm3 } = createHashes();
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const LEAF = utf8Bytes("JMT::LeafNode");
const INNER = utf8Bytes("JMT::IntrnalNode");
const PLACEHOLDER = utf8Bytes("SPARSE_MERKLE_PLACEHOLDER_HASH__");

type Pair = { readonly keyHash: Uint8Array; readonly valueHash: Uint8Array };
const bit = (key: Uint8Array, depth: number): number => (key[depth >> 3]! >> (7 - (depth & 7))) & 1;

/** The definition, word for word: the root of a set of pairs. */
function rootOf(pairs: readonly Pair[], depth = 0): Uint8Array {
  if (pairs.length === 0) return PLACEHOLDER;
  if (pairs.length === 1) return sha256(concatBytes(LEAF, pairs[0]!.keyHash, pairs[0]!.valueHash));
  const half = (side: number): Uint8Array =>
    rootOf(
      pairs.filter((pair) => bit(pair.keyHash, depth) === side),
      depth + 1,
    );
  return sha256(concatBytes(INNER, half(0), half(1)));
}

/** Root that a leaf and the hashes beside its way give. */
function rootOfPath({ keyHash, valueHash, siblings }: LeafPath): Uint8Array {
  let node = sha256(concatBytes(LEAF, keyHash, valueHash));
  siblings.forEach((sibling, index) => {
    const isRight = bit(keyHash, siblings.length - 1 - index) === 1;
    node = sha256(isRight ? concatBytes(INNER, sibling, node) : concatBytes(INNER, node, sibling));
  });
  return node;
}

const pairOf = (name: string): Pair => ({ keyHash: sha256(utf8Bytes(name)), valueHash: sha256(utf8Bytes(`${name}=`)) });
const treeOf = (pairs: readonly TreeChange[]): StateTree => StateTree.empty(pairHashesOf(sha256)).update(pairs);
/** A key with the given first bytes, the rest zero. */
const keyFrom = (...first: readonly number[]): Uint8Array => {
  const key = new Uint8Array(32);
  key.set(first);
  return key;
};

test("the empty tree has the placeholder as its root, a tree with one key has its leaf", () => {
  assert.deepEqual(StateTree.empty(pairHashesOf(sha256)).root, PLACEHOLDER);
  const pair = pairOf("only");
  assert.deepEqual(treeOf([pair]).root, sha256(concatBytes(LEAF, pair.keyHash, pair.valueHash)));
});

test("roots do not change between versions of this software", () => {
  const golden = [
    { count: 1, root: "333861143d0a4dd28fb3fb55303f74611db31760a744dc6380faf963ebbd4df7" },
    { count: 2, root: "ed1934681ead60237ab964b3a24258a63357c9e25c10a1d940d339ab50efc0d8" },
    { count: 100, root: "1103c2d33ea30e15a0d172ac990d3052e9a01342d16c9b9a19b52a2f1dff2c4a" },
  ];
  const names = (count: number): Pair[] => Array.from({ length: count }, (_, i) => pairOf(`key ${i}`));
  const roots = golden.map(({ count }) => hex(treeOf(names(count)).root));
  assert.deepEqual(
    roots,
    golden.map(({ root }) => root),
  );
});

test("keys that agree in all bits but the last stand at depth 256", () => {
  const twin = keyFrom();
  twin[31] = 1;
  const pairs = [keyFrom(), twin, keyFrom(0x80)].map((keyHash) => ({ keyHash, valueHash: sha256(keyHash) }));
  const tree = treeOf(pairs);
  assert.deepEqual(tree.root, rootOf(pairs));
  const proof = tree.prove(twin);
  assert.ok(proof.kind === "present");
  assert.equal(proof.leaf.siblings.length, 256);
  assert.deepEqual(rootOfPath(proof.leaf), tree.root);
  const without = tree.update([{ keyHash: twin, valueHash: null }]);
  assert.deepEqual(without.root, rootOf([pairs[0]!, pairs[2]!]));
});

test("random batches of inserts, updates and deletes give the root of the definition, whatever their order", (t) => {
  const random = seededNumbers(t, 20_240_801);
  const model = new Map<string, Pair>();
  let tree = StateTree.empty(pairHashesOf(sha256));
  for (let round = 0; round < 60; round++) {
    const batch = new Map<string, TreeChange>();
    for (let i = random(40); i >= 0; i--) {
      // Few distinct first bytes make long shared prefixes; 300 keys make updates and deletes frequent.
      const keyHash = random(4) === 0 ? keyFrom(0, 0, random(4), random(256)) : sha256(utf8Bytes(`k${random(300)}`));
      const valueHash = random(3) === 0 ? null : sha256(utf8Bytes(`v${random(1000)}`));
      batch.set(hex(keyHash), { keyHash, valueHash });
    }
    for (const [name, { keyHash, valueHash }] of batch) {
      if (valueHash === null) model.delete(name);
      else model.set(name, { keyHash, valueHash });
    }
    const changes = [...batch.values()];
    const before = tree;
    tree = before.update(changes);
    const oneByOne = changes.reverse().reduce((version, change) => version.update([change]), before);
    assert.deepEqual(tree.root, rootOf([...model.values()]), `round ${round}`);
    assert.deepEqual(oneByOne.root, tree.root, `round ${round}, one by one`);
  }
  const everything = [...model.values()].map(({ keyHash }) => ({ keyHash, valueHash: null }));
  assert.deepEqual(tree.update(everything).root, PLACEHOLDER);
});

test("a delete leaves the root of a tree that never had the key", () => {
  const pairs = Array.from({ length: 50 }, (_, i) => pairOf(`d${i}`));
  const full = treeOf(pairs);
  pairs.forEach((pair, index) => {
    const without = full.update([{ keyHash: pair.keyHash, valueHash: null }]);
    assert.deepEqual(without.root, treeOf(pairs.toSpliced(index, 1)).root);
  });
});

test("old versions stay readable and provable until they are released", () => {
  const first = treeOf([pairOf("a"), pairOf("b")]);
  const root = first.root;
  const second = first.update([{ keyHash: pairOf("a").keyHash, valueHash: null }, pairOf("c")]);
  assert.deepEqual(first.root, root);
  assert.deepEqual(first.get(pairOf("a").keyHash), pairOf("a").valueHash);
  assert.equal(first.get(pairOf("c").keyHash), undefined);
  assert.equal(second.get(pairOf("a").keyHash), undefined);
  const proof = first.prove(pairOf("a").keyHash);
  assert.ok(proof.kind === "present");
  assert.deepEqual(rootOfPath(proof.leaf), root);
  first.release();
  assert.throws(() => first.get(pairOf("a").keyHash), { code: "tree.released" });
  assert.deepEqual(second.get(pairOf("b").keyHash), pairOf("b").valueHash);
});

test("released versions give all their nodes back", (t) => {
  const random = seededNumbers(t, 7);
  let tree = StateTree.empty(pairHashesOf(sha256));
  for (let round = 0; round < 50; round++) {
    const names = new Set(Array.from({ length: 20 }, () => `m${random(60)}`));
    const changes = [...names].map((name) => ({
      keyHash: sha256(utf8Bytes(name)),
      valueHash: random(2) === 0 ? null : sha256(utf8Bytes(`${name}${round}`)),
    }));
    const next = tree.update(changes);
    tree.release();
    tree = next;
  }
  const all = Array.from({ length: 60 }, (_, i) => sha256(utf8Bytes(`m${i}`)));
  assert.equal(tree.memory().leaves, all.filter((keyHash) => tree.get(keyHash) !== undefined).length);
  const empty = tree.update(all.map((keyHash) => ({ keyHash, valueHash: null })));
  tree.release();
  assert.deepEqual({ ...empty.memory(), bytes: 0 }, { leaves: 0, inners: 0, bytes: 0 });
});

test("versions made and released in any order are right while they live, and leave nothing behind", (t) => {
  const random = seededNumbers(t, 4_711);
  type Live = { readonly tree: StateTree; readonly model: ReadonlyMap<string, Pair> };
  for (let run = 0; run < 40; run++) {
    const origin = StateTree.empty(pairHashesOf(sha256));
    const live: Live[] = [{ tree: origin, model: new Map() }];
    for (let step = 0; step < 40; step++) {
      const at = random(live.length);
      const { tree, model } = live[at]!;
      // Some versions are kept while others are made from them, so that the versions are a tree and not a chain.
      if (live.length > 1 && random(3) === 0) {
        tree.release();
        live.splice(at, 1);
        continue;
      }
      const next = new Map(model);
      const changes = [...new Set(Array.from({ length: random(6) }, () => `r${random(12)}`))].map((name) => {
        const pair = { keyHash: sha256(utf8Bytes(name)), valueHash: sha256(utf8Bytes(`${name} ${random(4)}`)) };
        if (random(3) > 0) {
          next.set(name, pair);
          return pair;
        }
        next.delete(name);
        return { keyHash: pair.keyHash, valueHash: null };
      });
      live.push({ tree: tree.update(changes), model: next });
    }
    for (const { tree, model } of live) {
      assert.deepEqual(tree.root, rootOf([...model.values()]), `run ${run}`);
      for (const { keyHash, valueHash } of model.values()) {
        const proof = tree.prove(keyHash);
        assert.ok(proof.kind === "present");
        assert.deepEqual(proof.leaf.valueHash, valueHash);
        assert.deepEqual(rootOfPath(proof.leaf), tree.root);
      }
    }
    while (live.length > 0) live.splice(random(live.length), 1)[0]!.tree.release();
    assert.deepEqual({ ...origin.memory(), bytes: 0 }, { leaves: 0, inners: 0, bytes: 0 }, `run ${run}`);
  }
});

test("a chain that releases its oldest versions keeps no node that none of the others has", (t) => {
  const random = seededNumbers(t, 12);
  const names = Array.from({ length: 400 }, (_, i) => `c${i}`);
  let tree = treeOf(names.map(pairOf));
  const fresh = treeOf(names.map(pairOf)).memory();
  for (let round = 0; round < 100; round++) {
    const changes = names
      .filter(() => random(4) === 0)
      .map((name) => ({ ...pairOf(name), valueHash: pairOf(`${name}${round}`).valueHash }));
    // What is thrown away again, as a block that is not committed.
    tree.update(changes.slice(0, 9)).release();
    const next = tree.update(changes);
    tree.release();
    tree = next;
  }
  assert.deepEqual({ ...tree.memory(), bytes: 0 }, { ...fresh, bytes: 0 });
});

test("many changes at once, more than are made and hashed in one block, give the root of the definition", (t) => {
  const random = seededNumbers(t, 1_999);
  const pairs = Array.from({ length: 3000 }, (_, i) => pairOf(`m${i}`));
  const full = treeOf(pairs);
  assert.deepEqual(full.root, rootOf(pairs));
  const kept = pairs.filter(() => random(5) > 0);
  const gone = pairs.filter((pair) => !kept.includes(pair)).map(({ keyHash }) => ({ keyHash, valueHash: null }));
  const changed = kept.map((pair, i) => (i % 3 === 0 ? { ...pair, valueHash: sha256(pair.valueHash) } : pair));
  const next = full.update([...changed, ...gone]);
  assert.deepEqual(next.root, rootOf(changed));
  assert.deepEqual(full.update(pairs.map(({ keyHash }) => ({ keyHash, valueHash: null }))).root, PLACEHOLDER);
  assert.deepEqual(full.root, rootOf(pairs));
});

test("keys that begin alike are sorted by all of their bytes, and a twin among them is found", () => {
  const pairs = Array.from({ length: 300 }, (_, i) => {
    const keyHash = keyFrom(1, 2, 3, 4, (i * 7) & 0xff, i >> 5);
    return { keyHash, valueHash: sha256(keyHash) };
  });
  assert.deepEqual(treeOf(pairs).root, rootOf(pairs));
  assert.throws(() => treeOf([...pairs, pairs[17]!]), { code: "tree.duplicateKey" });
});

test("only changed subtrees are hashed, each once", () => {
  let count = 0;
  const counting = (message: Uint8Array): Uint8Array => {
    count++;
    return sha256(message);
  };
  const quarter = [keyFrom(0), keyFrom(0x40), keyFrom(0x80), keyFrom(0xc0)];
  const tree = StateTree.empty(pairHashesOf(counting)).update(
    quarter.map((keyHash) => ({ keyHash, valueHash: keyHash })),
  );
  assert.equal(count, 4 + 3);
  const change = (index: number): TreeChange => ({ keyHash: quarter[index]!, valueHash: keyFrom(9) });
  count = 0;
  const next = tree.update([change(0), change(1)]);
  assert.equal(count, 2 + 2, "two leaves, their parent, the root");
  count = 0;
  next.update([change(0), change(1)]);
  assert.equal(count, 0, "the same values again");
});

test("a proof shows a present key, or the nearest keys on both sides of an absent one", (t) => {
  const random = seededNumbers(t, 99);
  for (const size of [1, 2, 3, 17, 200]) {
    const pairs = Array.from({ length: size }, (_, i) => pairOf(`p${size}/${i}`));
    pairs.sort((a, b) => compareBytes(a.keyHash, b.keyHash));
    const tree = treeOf(pairs);
    for (const pair of pairs.slice(0, 20)) {
      const proof = tree.prove(pair.keyHash);
      assert.ok(proof.kind === "present");
      assert.deepEqual(proof.leaf.valueHash, pair.valueHash);
      assert.deepEqual(rootOfPath(proof.leaf), tree.root);
    }
    for (let i = 0; i < 30; i++) {
      const keyHash = sha256(utf8Bytes(`absent ${random(1_000_000)}`));
      const proof = tree.prove(keyHash);
      assert.ok(proof.kind === "absent");
      const right = pairs.findIndex((pair) => compareBytes(pair.keyHash, keyHash) > 0);
      const want = right === -1 ? [pairs.at(-1), undefined] : [pairs[right - 1], pairs[right]];
      assert.deepEqual(
        [proof.left?.keyHash, proof.right?.keyHash],
        want.map((pair) => pair?.keyHash),
      );
      for (const side of [proof.left, proof.right]) if (side !== null) assert.deepEqual(rootOfPath(side), tree.root);
    }
  }
});

test("the empty tree has no neighbours to show", () => {
  assert.deepEqual(StateTree.empty(pairHashesOf(sha256)).prove(keyFrom(1)), {
    kind: "absent",
    left: null,
    right: null,
  });
});

test("the hash is the chain's choice", () => {
  const pair = pairOf("sm3");
  const tree = StateTree.empty(pairHashesOf(sm3)).update([pair]);
  assert.deepEqual(tree.root, sm3(concatBytes(LEAF, pair.keyHash, pair.valueHash)));
});

test("a batch that changes a key twice, or has a hash of another length, is a fault of the node", () => {
  const tree = StateTree.empty(pairHashesOf(sha256));
  assert.throws(() => tree.update([pairOf("x"), { keyHash: pairOf("x").keyHash, valueHash: null }]), {
    code: "tree.duplicateKey",
  });
  assert.throws(() => tree.update([{ keyHash: new Uint8Array(31), valueHash: null }]), { code: "tree.hashLength" });
});

test("roots and proofs are those of the jmt crate", () => {
  const { scenarios } = JSON.parse(readFileSync("test/vectors-own/jmt.json", "utf8")) as {
    scenarios: readonly {
      readonly steps: readonly {
        readonly changes: readonly (readonly [string, string | null])[];
        readonly root: string;
      }[];
    }[];
  };
  for (const { steps } of scenarios) {
    let tree = StateTree.empty(pairHashesOf(sha256));
    for (const { changes, root } of steps) {
      tree = tree.update(
        changes.map(([key, value]) => ({
          keyHash: sha256(hexToBytes(key)),
          valueHash: value === null ? null : sha256(hexToBytes(value)),
        })),
      );
      assert.equal(hex(tree.root), root);
    }
  }
});
