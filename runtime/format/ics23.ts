/**
 * ICS-23 proofs: their shape, and a verifier for any tree that a proof spec describes
 * (cosmos/ibc, spec/core/ics-023-vector-commitments; test vectors of cosmos/ics23).
 *
 * An existence proof says how key and value are hashed into a leaf, and then, step by step, what stands before and after a
 * node in the hash of its parent, up to the root. Nothing in it is believed: the spec fixes hashes, lengths and prefixes,
 * and bounds the rest, so that a leaf cannot pass for an inner node or a node for something beside the tree.
 *
 * An absence proof shows the existing neighbours of the key: both lead to the root, one is before the key, one after it, and
 * their paths leave no room between them. They part at one step, as left and right child of one parent; below it the left
 * one's path keeps to the right and the right one's to the left, except past children that are empty.
 *
 *                    o   <- common path up to the root                 at the ends of the tree one neighbour is enough:
 *                  /   \     first step where they differ              the other's place is the edge
 *                 o     o
 *                  \   /
 *               left   right
 *
 * `check*` throw Rejected `ics23.*` with the reason, `verify*` say yes or no; both are total on any proof.
 */
import { Rejected } from "../../vm/errors.ts";
import type { HashFunction } from "./block.ts";
import { compareBytes, concatBytes, equalBytes } from "./bytes.ts";

/** Numbers of the protobuf enum HashOp; `sm3` is ours, above the registered ones. */
export const HASH_OPS = {
  noHash: 0,
  sha256: 1,
  sha512: 2,
  keccak256: 3,
  ripemd160: 4,
  bitcoin: 5,
  sha512_256: 6,
  blake2b_512: 7,
  blake2s_256: 8,
  blake3: 9,
  sm3: 1000,
} as const;

/** Numbers of the protobuf enum LengthOp. */
export const LENGTH_OPS = {
  noPrefix: 0,
  varProto: 1,
  varRlp: 2,
  fixed32Big: 3,
  fixed32Little: 4,
  fixed64Big: 5,
  fixed64Little: 6,
  require32Bytes: 7,
  require64Bytes: 8,
} as const;

export interface LeafOp {
  readonly hash: number;
  readonly prehashKey: number;
  readonly prehashValue: number;
  readonly length: number;
  readonly prefix: Uint8Array;
}

export interface InnerOp {
  readonly hash: number;
  readonly prefix: Uint8Array;
  readonly suffix: Uint8Array;
}

export interface ExistenceProof {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly leaf: LeafOp | null;
  /** From the leaf to the root. */
  readonly path: readonly InnerOp[];
}

export interface NonExistenceProof {
  readonly key: Uint8Array;
  readonly left: ExistenceProof | null;
  readonly right: ExistenceProof | null;
}

export type CommitmentProof =
  | { readonly kind: "exist"; readonly exist: ExistenceProof }
  | { readonly kind: "nonexist"; readonly nonexist: NonExistenceProof };

export interface InnerSpec {
  /** Which child stands at which place of the hashed bytes. */
  readonly childOrder: readonly number[];
  readonly childSize: number;
  readonly minPrefixLength: number;
  readonly maxPrefixLength: number;
  /** The bytes of an empty child; empty where a tree has none. */
  readonly emptyChild: Uint8Array;
  readonly hash: number;
}

export interface ProofSpec {
  readonly leafSpec: LeafOp;
  readonly innerSpec: InnerSpec;
  readonly minDepth: number;
  /** 0 means DEPTH_MAX_DEFAULT. */
  readonly maxDepth: number;
  /** True where the order of the tree is that of the hashed keys. */
  readonly prehashKeyBeforeComparison: boolean;
  /** True where a value of no bytes is a value; ICS-23 itself knows none. */
  readonly emptyValues?: boolean;
}

export const DEPTH_MAX_DEFAULT = 128;

/** Gives the hash function of a HASH_OPS number, undefined where there is none. `noHash` is not asked for. */
export type HashTable = (op: number) => HashFunction | undefined;

function refuse(cause: string, text: string): never {
  throw new Rejected(`ics23.${cause}`, text);
}

// What a proof computes

function hashBy(op: number, bytes: Uint8Array, hashes: HashTable): Uint8Array {
  if (op === HASH_OPS.noHash) return bytes;
  const hash = hashes(op);
  return hash === undefined ? refuse("hash", `hash ${op} is not known here`) : hash(bytes);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

function fixedLength(length: number, byteCount: 4 | 8, isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(byteCount);
  new DataView(bytes.buffer).setUint32(isLittle ? 0 : byteCount - 4, length, isLittle);
  return bytes;
}

function withLength(op: number, bytes: Uint8Array): Uint8Array {
  switch (op) {
    case LENGTH_OPS.noPrefix:
      return bytes;
    case LENGTH_OPS.varProto:
      return concatBytes(varint(bytes.length), bytes);
    case LENGTH_OPS.fixed32Big:
    case LENGTH_OPS.fixed32Little:
      return concatBytes(fixedLength(bytes.length, 4, op === LENGTH_OPS.fixed32Little), bytes);
    case LENGTH_OPS.fixed64Big:
    case LENGTH_OPS.fixed64Little:
      return concatBytes(fixedLength(bytes.length, 8, op === LENGTH_OPS.fixed64Little), bytes);
    case LENGTH_OPS.require32Bytes:
      return bytes.length === 32 ? bytes : refuse("length", "the bytes are not 32");
    case LENGTH_OPS.require64Bytes:
      return bytes.length === 64 ? bytes : refuse("length", "the bytes are not 64");
    default:
      return refuse("length", `length operation ${op} is not known here`);
  }
}

/** Returns the hash of a leaf. @errors ics23.{key,value,hash,length} */
export function applyLeaf(
  leaf: LeafOp,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
  hashes: HashTable,
  emptyValues = false,
): Uint8Array {
  if (entry.key.length === 0) refuse("key", "a leaf has a key");
  if (entry.value.length === 0 && !emptyValues) refuse("value", "a leaf has a value");
  const key = withLength(leaf.length, hashBy(leaf.prehashKey, entry.key, hashes));
  const value = withLength(leaf.length, hashBy(leaf.prehashValue, entry.value, hashes));
  return hashBy(leaf.hash, concatBytes(leaf.prefix, key, value), hashes);
}

/** Returns the hash of the parent of `child`. @errors ics23.{inner,hash} */
export function applyInner(inner: InnerOp, child: Uint8Array, hashes: HashTable): Uint8Array {
  if (child.length === 0) refuse("inner", "an inner node has a child");
  return hashBy(inner.hash, concatBytes(inner.prefix, child, inner.suffix), hashes);
}

/** Returns the root that the proof leads to; without a spec nothing is checked. @errors ics23.* */
export function calculateRoot(proof: ExistenceProof, hashes: HashTable, spec?: ProofSpec): Uint8Array {
  if (proof.leaf === null) refuse("leaf", "the proof has no leaf operation");
  let node = applyLeaf(proof.leaf, proof, hashes, spec?.emptyValues);
  for (const step of proof.path) {
    node = applyInner(step, node, hashes);
    // A step that does not hash would let a node grow into a chosen one.
    if (spec !== undefined && spec.innerSpec.childSize >= 32 && node.length > spec.innerSpec.childSize) {
      refuse("inner", "a node is longer than a child may be");
    }
  }
  return node;
}

// What a spec allows

function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  return equalBytes(bytes.subarray(0, prefix.length), prefix);
}

/** @errors ics23.leaf */
export function checkLeaf(leaf: LeafOp, spec: LeafOp): void {
  const isAllowed =
    leaf.hash === spec.hash &&
    leaf.prehashKey === spec.prehashKey &&
    leaf.prehashValue === spec.prehashValue &&
    leaf.length === spec.length &&
    beginsWith(leaf.prefix, spec.prefix);
  if (!isAllowed) refuse("leaf", "the leaf is not hashed as the tree hashes leaves");
}

function checkInner(inner: InnerOp, spec: ProofSpec): void {
  const { innerSpec, leafSpec } = spec;
  const lengthMax = innerSpec.maxPrefixLength + (innerSpec.childOrder.length - 1) * innerSpec.childSize;
  const isAllowed =
    inner.hash === innerSpec.hash &&
    !beginsWith(inner.prefix, leafSpec.prefix) &&
    inner.prefix.length >= innerSpec.minPrefixLength &&
    inner.prefix.length <= lengthMax &&
    innerSpec.childSize > 0 &&
    inner.suffix.length % innerSpec.childSize === 0;
  if (!isAllowed) refuse("inner", "an inner node is not hashed as the tree hashes inner nodes");
}

/** The proof has the form the spec allows. @errors ics23.{leaf,inner,depth} */
export function checkAgainstSpec(proof: ExistenceProof, spec: ProofSpec): void {
  if (proof.leaf === null) refuse("leaf", "the proof has no leaf operation");
  checkLeaf(proof.leaf, spec.leafSpec);
  const depthMax = spec.maxDepth === 0 ? DEPTH_MAX_DEFAULT : spec.maxDepth;
  if (proof.path.length < spec.minDepth || proof.path.length > depthMax) {
    refuse("depth", `${proof.path.length} steps where ${spec.minDepth} to ${depthMax} are allowed`);
  }
  for (const step of proof.path) checkInner(step, spec);
}

/**
 * `key` has `value` in the tree with this root.
 * @errors ics23.{leaf,inner,depth,key,value,hash,length,root}
 */
export function checkExistence(
  spec: ProofSpec,
  root: Uint8Array,
  proof: ExistenceProof,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
  hashes: HashTable,
): void {
  checkAgainstSpec(proof, spec);
  if (!equalBytes(proof.key, entry.key)) refuse("key", "the proof is of another key");
  if (!equalBytes(proof.value, entry.value)) refuse("value", "the proof is of another value");
  if (!equalBytes(calculateRoot(proof, hashes, spec), root)) refuse("root", "the path does not lead to the root");
}

/**
 * `key` has no value in the tree with this root.
 * @errors ics23.{key,order,neighbour,leaf,inner,depth,value,hash,length,root}
 */
export function checkNonExistence(
  spec: ProofSpec,
  root: Uint8Array,
  proof: NonExistenceProof,
  key: Uint8Array,
  hashes: HashTable,
): void {
  const order = (bytes: Uint8Array): Uint8Array =>
    spec.prehashKeyBeforeComparison ? hashBy(spec.leafSpec.prehashKey, bytes, hashes) : bytes;
  // Trees that order by hash put the key or its hash here; nothing else depends on this field.
  if (!equalBytes(proof.key, key) && !equalBytes(proof.key, order(key))) refuse("key", "the proof is of another key");
  const { left, right } = proof;
  if (left !== null) {
    checkExistence(spec, root, left, left, hashes);
    if (compareBytes(order(left.key), order(key)) >= 0) refuse("order", "the left neighbour is not before the key");
  }
  if (right !== null) {
    checkExistence(spec, root, right, right, hashes);
    if (compareBytes(order(right.key), order(key)) <= 0) refuse("order", "the right neighbour is not after the key");
  }
  if (!isGapFree(spec.innerSpec, left, right)) refuse("neighbour", "there is room for the key beside its neighbours");
}

function isGapFree(spec: InnerSpec, left: ExistenceProof | null, right: ExistenceProof | null): boolean {
  if (left !== null && right !== null) return isLeftNeighbour(spec, left.path, right.path);
  if (left !== null) return isAtEdge(spec, left.path, "right");
  if (right !== null) return isAtEdge(spec, right.path, "left");
  return false;
}

/** The paths part as neighbouring children of one parent and stay as near to each other as they can. */
function isLeftNeighbour(spec: InnerSpec, left: readonly InnerOp[], right: readonly InnerOp[]): boolean {
  let leftEnd = left.length - 1;
  let rightEnd = right.length - 1;
  while (leftEnd >= 0 && rightEnd >= 0 && isSameStep(left[leftEnd]!, right[rightEnd]!)) {
    leftEnd--;
    rightEnd--;
  }
  if (leftEnd < 0 || rightEnd < 0) return false;
  const leftBranch = branchOf(spec, left[leftEnd]!);
  const rightBranch = branchOf(spec, right[rightEnd]!);
  if (leftBranch < 0 || rightBranch !== leftBranch + 1) return false;
  return isAtEdge(spec, left.slice(0, leftEnd), "right") && isAtEdge(spec, right.slice(0, rightEnd), "left");
}

function isSameStep(a: InnerOp, b: InnerOp): boolean {
  return equalBytes(a.prefix, b.prefix) && equalBytes(a.suffix, b.suffix);
}

/** No step has a child that is not empty on that side. */
function isAtEdge(spec: InnerSpec, path: readonly InnerOp[], side: "left" | "right"): boolean {
  const edge = side === "left" ? 0 : spec.childOrder.length - 1;
  const isEmptyBeside = side === "left" ? areLeftBranchesEmpty : areRightBranchesEmpty;
  return path.every((step) => hasPaddingOf(spec, step, edge) || isEmptyBeside(spec, step));
}

/** True when prefix and suffix are as long as they are around branch `branch`. */
function hasPaddingOf(spec: InnerSpec, step: InnerOp, branch: number): boolean {
  const place = spec.childOrder.indexOf(branch);
  if (place < 0) return false;
  const before = place * spec.childSize;
  return (
    step.prefix.length >= before + spec.minPrefixLength &&
    step.prefix.length <= before + spec.maxPrefixLength &&
    step.suffix.length === (spec.childOrder.length - 1 - place) * spec.childSize
  );
}

/** The branch whose place the step's lengths fit, or -1. */
function branchOf(spec: InnerSpec, step: InnerOp): number {
  return spec.childOrder.findIndex((_, branch) => hasPaddingOf(spec, step, branch));
}

function areLeftBranchesEmpty(spec: InnerSpec, step: InnerOp): boolean {
  const branch = branchOf(spec, step);
  if (branch <= 0) return false;
  const start = step.prefix.length - branch * spec.childSize;
  return start >= 0 && areChildrenEmpty(spec, step.prefix.subarray(start), 0, branch);
}

function areRightBranchesEmpty(spec: InnerSpec, step: InnerOp): boolean {
  const branch = branchOf(spec, step);
  if (branch < 0 || branch === spec.childOrder.length - 1) return false;
  return areChildrenEmpty(spec, step.suffix, branch + 1, spec.childOrder.length);
}

/** The branches [first, end) stand in `children`, in their order, and are all empty. */
function areChildrenEmpty(spec: InnerSpec, children: Uint8Array, first: number, end: number): boolean {
  if (spec.emptyChild.length !== spec.childSize) return false;
  const places = spec.childOrder.slice(first, end).map((_, i) => spec.childOrder.indexOf(first + i));
  const lowest = Math.min(...places);
  return places.every((place) => {
    const from = (place - lowest) * spec.childSize;
    return equalBytes(children.subarray(from, from + spec.childSize), spec.emptyChild);
  });
}

/** True when `check` throws nothing; a refusal is a no, anything else is our fault and goes on. */
function isAccepted(check: () => void): boolean {
  try {
    check();
    return true;
  } catch (error) {
    if (error instanceof Rejected) return false;
    throw error;
  }
}

/** True when the proof shows that `key` has `value` in the tree with this root. */
export function verifyExistence(
  spec: ProofSpec,
  root: Uint8Array,
  proof: ExistenceProof,
  entry: { readonly key: Uint8Array; readonly value: Uint8Array },
  hashes: HashTable,
): boolean {
  return isAccepted(() => checkExistence(spec, root, proof, entry, hashes));
}

/** True when the proof shows that `key` has no value in the tree with this root. */
export function verifyNonExistence(
  spec: ProofSpec,
  root: Uint8Array,
  proof: NonExistenceProof,
  key: Uint8Array,
  hashes: HashTable,
): boolean {
  return isAccepted(() => checkNonExistence(spec, root, proof, key, hashes));
}
