/** One suite for both owners of the tree: on the calling thread, and on one of its own. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { manyHashesOf } from "../../../../runtime/format/many-hashes.ts";
import { merkleRoot } from "../../../../runtime/format/merkle.ts";
import { pairHashesOf } from "../../../../runtime/format/pair-hashes.ts";
import { decodeBlockBody, encodeBlockBody } from "../../../../runtime/roots/block-body.ts";
import { InPlaceRoots } from "../../../../runtime/roots/in-place.ts";
import type { RootsSettings } from "../../../../runtime/roots/messages.ts";
import type { RootedBlock, Roots } from "../../../../runtime/roots/roots.ts";
import { ThreadRoots } from "../../../../runtime/roots/thread.ts";
import type { StateChange } from "../../../../runtime/state/slot-table.ts";
import { StateTree } from "../../../../runtime/state/tree.ts";
import { NodeError } from "../../../../vm/errors.ts";
import { seededNumbers } from "../seeded-numbers.ts";
import { hashes, TREE_THREAD, utf8 } from "../test-chain.ts";

const SEED = Number(process.env.SEED ?? 77);
const seed = { low: 3, high: 4 };
const NONE = new Uint32Array(0);
type HashName = "sha256" | "sm3";

const OWNERS: Readonly<Record<string, (hashName: HashName) => Roots>> = {
  "in place": (hashName) => {
    const hash = hashes[hashName];
    const hashPairs = hashes.pairs?.[hashName] ?? pairHashesOf(hash);
    return new InPlaceRoots({ seed, hash, hashPairs, hashMany: hashes.many?.[hashName] ?? manyHashesOf(hash) });
  },
  "on a thread": (hashName) => new ThreadRoots({ ...TREE_THREAD, hashName, seed }),
};

type State = ReadonlyMap<string, Uint8Array>;

/** The root of a state, made at once. */
function rootOf(state: State, hashName: HashName): Uint8Array {
  const hash = hashes[hashName];
  const changes = [...state].map(([key, value]) => ({ keyHash: hash(utf8(key)), valueHash: hash(value) }));
  return StateTree.empty(pairHashesOf(hash)).update(changes).root;
}

function blockOver(state: State, pick: (limit: number) => number): { block: RootedBlock; after: State } {
  const after = new Map(state);
  const changed = new Map<string, StateChange>();
  for (let count = pick(12); count > 0; count -= 1) {
    const key = `key ${pick(40)}`;
    const value = pick(4) === 0 ? undefined : utf8("v".repeat(pick(30)) + String(pick(1000)));
    changed.set(key, { key: utf8(key), value });
    if (value === undefined) after.delete(key);
    else after.set(key, value);
  }
  const list = (name: string) =>
    Array.from({ length: pick(5) }, (_, index) => utf8(`${name} ${index}`.repeat(pick(9))));
  const block = {
    transactionBytes: list("transaction"),
    receiptBytes: list("receipt"),
    writes: [...changed.values()],
    newKeys: Uint32Array.from([...changed.keys()].flatMap((key, index) => (state.has(key) ? [] : [index]))),
    entryCount: after.size,
  };
  return { block, after };
}

async function checkProof(roots: Roots, height: number, state: State, hashName: HashName, key: string): Promise<void> {
  const hash = hashes[hashName];
  const { proof, keys } = await roots.prove(height, utf8(key));
  const whole = StateTree.empty(pairHashesOf(hash)).update(
    [...state].map(([each, value]) => ({ keyHash: hash(utf8(each)), valueHash: hash(value) })),
  );
  assert.deepEqual(proof, whole.prove(hash(utf8(key))));
  for (const { key: named, keyHash } of keys) assert.deepEqual(hash(named), keyHash);
  const leaves = proof.kind === "present" ? [proof.leaf] : [proof.left, proof.right].filter((leaf) => leaf !== null);
  assert.deepEqual(
    keys.map(({ keyHash }) => keyHash),
    leaves.map(({ keyHash }) => keyHash),
  );
}

for (const [name, create] of Object.entries(OWNERS)) {
  for (const hashName of ["sha256", "sm3"] as const) {
    test(`${name}, ${hashName}: roots and proofs are those of the states, through drops at both ends`, async (t) => {
      const pick = seededNumbers(t, SEED);
      const roots = create(hashName);
      // State by height; blocks above `committed` may be taken back.
      const states: State[] = [];
      let oldest = 0;
      let committed = -1;
      for (let step = 0; step < 120; step += 1) {
        const many = Array.from({ length: 1 + pick(3) }, () => {
          const { block, after } = blockOver(states.at(-1) ?? new Map(), pick);
          states.push(after);
          return { block, after, roots: roots.add(block) };
        });
        for (const { block, after, roots: given } of many) {
          const { transactionsRoot, receiptsRoot, stateRoot, body } = await given;
          assert.deepEqual(stateRoot, rootOf(after, hashName));
          assert.deepEqual(transactionsRoot, merkleRoot(block.transactionBytes, hashes[hashName]));
          assert.deepEqual(receiptsRoot, merkleRoot(block.receiptBytes, hashes[hashName]));
          if (body !== undefined) assert.deepEqual(body, encodeBlockBody(block));
        }
        if (pick(3) === 0) {
          states.length = committed + 1;
          roots.dropAbove(committed);
          continue;
        }
        committed = states.length - 1;
        if (pick(4) === 0 && committed > oldest) {
          oldest += 1 + pick(committed - oldest);
          roots.dropBelow(oldest);
        }
        const height = oldest + pick(committed - oldest + 1);
        await checkProof(roots, height, states[height]!, hashName, `key ${pick(60)}`);
      }
      await assert.rejects(roots.prove(oldest - 1, utf8("k")), { code: "roots.height" });
      await assert.rejects(roots.prove(states.length, utf8("k")), { code: "roots.height" });
      await roots.close();
    });
  }

  test(`${name}: a state that is loaded in parts is the state`, async (t) => {
    const pick = seededNumbers(t, SEED + 1);
    const roots = create("sha256");
    const state = new Map(Array.from({ length: 100 }, (_, index) => [`key ${index}`, utf8(`v${pick(10)}`)]));
    const entries = [...state].map(([key, value]) => ({ key: utf8(key), value }));
    await roots.load(entries.slice(0, 30));
    await roots.load(entries.slice(30));
    assert.deepEqual(await roots.begin(7), rootOf(state, "sha256"));
    const { block, after } = blockOver(state, pick);
    assert.deepEqual((await roots.add(block)).stateRoot, rootOf(after, "sha256"));
    await checkProof(roots, 7, state, "sha256", "key 3");
    await checkProof(roots, 8, after, "sha256", "key 500");
    await roots.close();
  });

  test(`${name}: what is wrong with a block is a fault of the node`, async () => {
    const roots = create("sha256");
    const twice = [utf8("k"), utf8("k")].map((key) => ({ key, value: key }));
    await assert.rejects(
      roots.add({ transactionBytes: [], receiptBytes: [], writes: twice, newKeys: NONE, entryCount: 1 }),
      (error) => {
        return error instanceof NodeError && error.code === "tree.duplicateKey";
      },
    );
    await roots.close();
  });
}

test("a block's lists have one encoding, which gives them back", (t) => {
  const pick = seededNumbers(t, SEED + 2);
  for (let count = 0; count < 200; count += 1) {
    const { block } = blockOver(new Map(), pick);
    const { transactionBytes, receiptBytes, writes } = block;
    const bytes = encodeBlockBody(block);
    assert.deepEqual(decodeBlockBody(bytes), { transactionBytes, receiptBytes, writes });
    assert.throws(() => decodeBlockBody(Uint8Array.of(...bytes, 0)), { code: "roots.body" });
  }
});

const NOTHING: RootedBlock = { transactionBytes: [], receiptBytes: [], writes: [], newKeys: NONE, entryCount: 0 };

const DEATHS: Readonly<Record<string, string>> = {
  "ends when it is asked": `require("node:worker_threads").parentPort.once("message", () => process.exit(3))`,
  "throws when it is asked": `require("node:worker_threads").parentPort.once("message", () => { throw new Error("x") })`,
  "never starts": `throw new Error("x")`,
};

for (const [name, code] of Object.entries(DEATHS)) {
  test(`a thread that ${name} is lost: what waits and what comes later rejects`, async () => {
    const spawnWorker = (_: RootsSettings) => new Worker(code, { eval: true });
    const roots = new ThreadRoots({ ...TREE_THREAD, hashName: "sha256", seed, spawnWorker });
    const both = await Promise.allSettled([roots.add(NOTHING), roots.prove(0, utf8("k"))]);
    for (const each of both) assert.equal(each.status === "rejected" && each.reason.code, "roots.threadLost");
    assert.equal((await roots.lost).code, "roots.threadLost");
    await assert.rejects(roots.add(NOTHING), { code: "roots.threadLost" });
    await roots.close();
  });
}

test("a thread that is closed is not lost", async () => {
  const roots = new ThreadRoots({ ...TREE_THREAD, hashName: "sha256", seed });
  let isLost = false;
  void roots.lost.then(() => {
    isLost = true;
  });
  await roots.add(NOTHING);
  await roots.close();
  await new Promise(setImmediate);
  assert.equal(isLost, false);
});
