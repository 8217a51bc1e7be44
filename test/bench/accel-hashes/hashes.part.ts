/**
 * Hashes of many short messages: the kernels, as the node calls them, against OpenSSL through `createHash` and against
 * WebAssembly libraries. OpenSSL has no Keccak-256 of 2011; SHA3-256, the same permutation with another suffix, stands
 * in for it, and noble for BLAKE3. Every contender shows once that its digests are right before it is measured.
 */
import { createHash } from "node:crypto";
import type { HashPairs, MessageList } from "../../../accel/device.ts";
import { createHashes } from "../../../accel/hashes.ts";
import { referenceHashes } from "../../../accel/reference/hashes.ts";
import { type KernelHashes, type KernelHashName, loadKernelHashes } from "../../../accel/wasm/hashes.ts";
import { merkleRoot } from "../../../runtime/format/merkle.ts";
import { pairHashesOf } from "../../../runtime/format/pair-hashes.ts";
import { StateTree, type TreeChange } from "../../../runtime/state/tree.ts";
import { NodeError } from "../../../vm/errors.ts";
import type { Comparison, Contender, Part } from "../accel/part.ts";
import type { Peers } from "./peers.ts";

const COUNT = 1024;
const PAIR = 64;
const MIXED_MAX = 400;
const LONG = 1 << 20;
const NO_PREFIX = new Uint8Array();
const INNER_PREFIX = new TextEncoder().encode("JMT::IntrnalNode");

type OneMessageHash = (message: Uint8Array) => Uint8Array;

function listOf(lengths: readonly number[]): { list: MessageList; messages: readonly Uint8Array[] } {
  const offsets = new Uint32Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) offsets[i + 1] = offsets[i]! + length;
  const bytes = Uint8Array.from({ length: offsets.at(-1)! }, (_, i) => (i * 167 + (i >> 8)) & 0xff);
  const messages = lengths.map((_, i) => bytes.subarray(offsets[i], offsets[i + 1]));
  return { list: { count: lengths.length, bytes, offsets }, messages };
}

function demand(isRight: boolean, name: string): void {
  if (!isRight) throw new NodeError("bench.digest", `${name} gives wrong digests`);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** One message after the other. @param judge the right digest; null: the contender is a stand-in with others */
function oneByOne(
  name: string,
  messages: readonly Uint8Array[],
  hash: OneMessageHash,
  judge: OneMessageHash | null,
): Contender {
  if (judge !== null)
    demand(
      messages.slice(0, 9).every((each) => sameBytes(hash(each), judge(each))),
      name,
    );
  return {
    name,
    items: messages.length,
    run: () => {
      for (const message of messages) hash(message);
    },
  };
}

function together(
  name: string,
  messages: readonly Uint8Array[],
  run: (digests: Uint8Array) => void,
  judge: OneMessageHash,
): Contender {
  const length = judge(NO_PREFIX).length;
  const digests = new Uint8Array(messages.length * length);
  run(digests);
  const isRight = messages.every((each, i) => sameBytes(digests.subarray(i * length, (i + 1) * length), judge(each)));
  demand(isRight, name);
  return { name, items: messages.length, run: () => run(digests) };
}

const platform =
  (algorithm: string): OneMessageHash =>
  (message) =>
    createHash(algorithm).update(message).digest();

/** Nodes of a tree without a prefix, 64 bytes, and with the one of our tree. */
function nodes(algorithm: "sha256" | "sm3", pairs: HashPairs, peer: Contender, goals: [number, number]): Comparison[] {
  const { list, messages } = listOf(Array<number>(COUNT).fill(PAIR));
  const judge = referenceHashes[algorithm];
  const bare = (count: number): Contender =>
    together(
      `${algorithm} ${PAIR}-byte nodes, ${count}`,
      messages.slice(0, count),
      (digests) => pairs(NO_PREFIX, list.bytes, count, digests),
      judge,
    );
  const inner = messages.map((message) => Uint8Array.of(...INNER_PREFIX, ...message));
  const ours = together(
    `${algorithm} inner nodes of the state's tree`,
    inner,
    (digests) => pairs(INNER_PREFIX, list.bytes, COUNT, digests),
    judge,
  );
  const openssl = oneByOne(`${algorithm} createHash 64 bytes`, messages, platform(algorithm), judge);
  const opensslInner = oneByOne(`${algorithm} createHash 80 bytes`, inner, platform(algorithm), judge);
  return [
    { ours: bare(COUNT), baseline: openssl, goal: goals[0] },
    { ours: bare(COUNT), baseline: peer, goal: goals[1] },
    { ours: bare(64), baseline: openssl, goal: null },
    { ours, baseline: opensslInner, goal: null },
  ];
}

function many(kernels: KernelHashes, name: string, algorithm: KernelHashName, lengths: readonly number[]): Contender {
  const { list, messages } = listOf(lengths);
  const run = (digests: Uint8Array): void => kernels.hashMany(algorithm, list, digests);
  return together(`${algorithm} ${name}`, messages, run, referenceHashes[algorithm]);
}

const short = Array<number>(COUNT).fill(PAIR);
const mixed = Array.from({ length: COUNT }, (_, i) => (i * 7919) % MIXED_MAX);

function messagesOf(kernels: KernelHashes, peers: Peers): Comparison[] {
  const { messages } = listOf(short);
  const keccak = many(kernels, "64-byte messages", "keccak256", short);
  const sha3 = oneByOne("sha3-256 createHash", messages, platform("sha3-256"), null);
  const keccakPeer = oneByOne("keccak256 hash-wasm", messages, peers.keccak256, referenceHashes.keccak256);
  const blake3 = many(kernels, "64-byte messages", "blake3", short);
  const blake3Peer = oneByOne("blake3 hash-wasm", messages, peers.blake3, referenceHashes.blake3);
  const blake3Noble = oneByOne("blake3 noble", messages, referenceHashes.blake3, null);
  const sha512 = many(kernels, "64-byte messages", "sha512", short);
  const sha512Platform = oneByOne("sha512 createHash", messages, platform("sha512"), referenceHashes.sha512);
  const varied = many(kernels, "lengths 0 to 399 mixed", "sha256", mixed);
  const variedPlatform = oneByOne("sha256 createHash mixed", listOf(mixed).messages, platform("sha256"), null);
  return [
    { ours: keccak, baseline: sha3, goal: 2 },
    { ours: keccak, baseline: keccakPeer, goal: 1.5 },
    { ours: blake3, baseline: blake3Peer, goal: null },
    { ours: blake3, baseline: blake3Noble, goal: null },
    { ours: sha512, baseline: sha512Platform, goal: null },
    { ours: varied, baseline: variedPlatform, goal: null },
  ];
}

/** One message a call, as contracts ask for it; the baseline is what there is without kernels. */
function singles(peers: Peers): Comparison[] {
  const hashes = createHashes();
  const { messages } = listOf(short);
  const long = listOf([LONG]).messages;
  const pair = (name: "keccak256" | "blake3", list: readonly Uint8Array[], what: string): Comparison => ({
    ours: oneByOne(`${name} ${what}`, list, hashes[name], referenceHashes[name]),
    baseline: oneByOne(`${name} noble ${what}`, list, referenceHashes[name], null),
    goal: null,
  });
  const longPeer = oneByOne("blake3 hash-wasm 1 MiB", long, peers.blake3, referenceHashes.blake3);
  const longBlake3 = oneByOne("blake3 1 MiB", long, hashes.blake3, referenceHashes.blake3);
  return [
    pair("keccak256", messages, "alone, 64 bytes"),
    pair("blake3", messages, "alone, 64 bytes"),
    { ours: longBlake3, baseline: longPeer, goal: null },
  ];
}

const TREE_KEYS = 100_000;
const TREE_CHANGES = 4096;
const LEAF_BYTES = 250;

/** What a block costs: its changes in the state's tree, and the roots of its lists. */
function blocks(): Comparison[] {
  const { sha256, pairs } = createHashes();
  if (pairs === undefined) throw new NodeError("bench.kernels", "the hash kernels are not used");
  const byOne = pairHashesOf(sha256);
  const changeOf = (key: number, value: number): TreeChange => ({
    keyHash: sha256(Uint8Array.of(key, key >> 8, key >> 16)),
    valueHash: sha256(Uint8Array.of(value, value >> 8, value >> 16)),
  });
  const keys = Array.from({ length: TREE_KEYS }, (_, i) => changeOf(i, i));
  const changes = Array.from({ length: TREE_CHANGES }, (_, i) => changeOf((i * 7919) % TREE_KEYS, TREE_KEYS + i));
  const updates = (name: string, hashPairs: HashPairs): Contender => {
    const tree = StateTree.empty(hashPairs).update(keys);
    return { name, items: TREE_CHANGES, run: () => tree.update(changes).release() };
  };
  const leaves = Array.from({ length: TREE_CHANGES }, (_, i) => new Uint8Array(LEAF_BYTES).fill(i));
  const roots = (name: string, hashPairs: HashPairs): Contender => {
    const run = (): Uint8Array => merkleRoot(leaves, sha256, hashPairs);
    demand(sameBytes(run(), merkleRoot(leaves, sha256)), name);
    return { name, items: TREE_CHANGES, run };
  };
  return [
    {
      ours: updates(`changes of a tree of ${TREE_KEYS} keys`, pairs.sha256),
      baseline: updates("node by node", byOne),
      goal: null,
    },
    {
      ours: roots(`leaves of a list of ${TREE_CHANGES}`, pairs.sha256),
      baseline: roots("pair by pair", byOne),
      goal: null,
    },
  ];
}

function notes(nanoseconds: ReadonlyMap<string, number>): readonly string[] {
  const node = nanoseconds.get(`sha256 ${PAIR}-byte nodes, ${COUNT}`);
  if (node === undefined) return [];
  // 64 rounds of 38 vector operations, twice; the schedule of the first block, 48 words of 22. Four nodes at a time.
  const operations = (2 * 64 * 38 + 48 * 22) / 4;
  return [
    "The baseline of Keccak-256 by OpenSSL is SHA3-256: the same permutation, another suffix.",
    `A SHA-256 node of 64 bytes takes ${node.toFixed(0)} ns for about ${operations.toFixed(0)} vector operations: ` +
      `${(operations / node).toFixed(1)} a nanosecond.`,
  ];
}

/** @errors bench.kernels when the kernels are not built */
export function hashesPart(peers: Peers): Part {
  const kernels = loadKernelHashes();
  if (kernels === undefined) throw new NodeError("bench.kernels", "the hash kernels are not built");
  const { messages, list } = listOf(short);
  const hashInto = together(
    "sha256 as-sha256 hashInto",
    messages,
    (digests) => peers.hashInto(list.bytes, digests),
    referenceHashes.sha256,
  );
  const sm3Peer = oneByOne("sm3 hash-wasm", messages, peers.sm3, referenceHashes.sm3);
  const pairs =
    (algorithm: "sha256" | "sm3"): HashPairs =>
    (prefix, bytes, count, digests) =>
      kernels.hashPairs(algorithm, prefix, bytes, count, digests);
  return {
    comparisons: [
      ...nodes("sha256", pairs("sha256"), hashInto, [2.5, 1]),
      ...nodes("sm3", pairs("sm3"), sm3Peer, [2, 1.5]),
      ...messagesOf(kernels, peers),
      ...singles(peers),
      ...blocks(),
    ],
    notes,
  };
}
