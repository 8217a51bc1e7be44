/**
 * Proofs of the state: that a key has a value, or has none, under a state root. ICS-23 proofs by the spec below, so that
 * software we did not write can verify them; ours accepts only the one form that this file makes.
 *
 *   leaf:   H("JMT::LeafNode" ‖ H(key) ‖ H(value)), no lengths        inner: H("JMT::IntrnalNode" ‖ left ‖ right)
 *
 * The `jmt` crate publishes the same spec with a depth of at most 64. That is not the tree's bound: whoever spends 2^32 hashes
 * finds two keys that agree in 64 bits, stores both, and makes the proofs beside them longer. So the bound here is 256.
 *
 * An absence proof contains the neighbours' keys and values, because ICS-23 has them so: who gets one sees two entries that
 * it does not ask about.
 */
import type { Hashes } from "../../accel/device.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { LeafPath, TreeProof } from "../state/tree.ts";
import { HASH_LENGTH, type HashFunction } from "./block.ts";
import { concatBytes, equalBytes } from "./bytes.ts";
import { utf8Bytes } from "./codec.ts";
import {
  type CommitmentProof,
  checkExistence,
  checkNonExistence,
  type ExistenceProof,
  HASH_OPS,
  type HashTable,
  type InnerOp,
  LENGTH_OPS,
  type ProofSpec,
} from "./ics23.ts";
import type { ChainHashName } from "./types.ts";

const LEAF_PREFIX = utf8Bytes("JMT::LeafNode");
const INNER_PREFIX = utf8Bytes("JMT::IntrnalNode");
const EMPTY_CHILD = utf8Bytes("SPARSE_MERKLE_PLACEHOLDER_HASH__");
export const STATE_DEPTH_MAX = 256;

/** Returns the ICS-23 spec of the state tree of a chain with this hash. */
export function stateProofSpec(hash: ChainHashName): ProofSpec {
  const op = HASH_OPS[hash];
  return {
    leafSpec: { hash: op, prehashKey: op, prehashValue: op, length: LENGTH_OPS.noPrefix, prefix: LEAF_PREFIX },
    innerSpec: {
      childOrder: [0, 1],
      childSize: HASH_LENGTH,
      minPrefixLength: INNER_PREFIX.length,
      maxPrefixLength: INNER_PREFIX.length,
      emptyChild: EMPTY_CHILD,
      hash: op,
    },
    minDepth: 0,
    maxDepth: STATE_DEPTH_MAX,
    prehashKeyBeforeComparison: true,
    emptyValues: true,
  };
}

/** The hashes that the spec of this chain needs, for the verifier of ics23.ts. */
export function hashTableOf(hash: ChainHashName, hashes: Hashes): HashTable {
  return (op) => (op === HASH_OPS[hash] ? hashes[hash] : undefined);
}

/** A state entry: the whole state key (state-key.ts) and the stored bytes. */
export interface StateEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

function bitAt(keyHash: Uint8Array, depth: number): number {
  return (keyHash[depth >> 3]! >> (7 - (depth & 7))) & 1;
}

/** The steps from a leaf to the root; the key's bits say on which side each sibling stands. */
function innerOps(path: LeafPath, op: number): readonly InnerOp[] {
  return path.siblings.map((sibling, index) => {
    const isRight = bitAt(path.keyHash, path.siblings.length - 1 - index) === 1;
    return isRight
      ? { hash: op, prefix: concatBytes(INNER_PREFIX, sibling), suffix: new Uint8Array(0) }
      : { hash: op, prefix: INNER_PREFIX, suffix: sibling };
  });
}

function existenceOf(path: LeafPath, entry: StateEntry, hash: ChainHashName): ExistenceProof {
  const { leafSpec } = stateProofSpec(hash);
  return { key: entry.key, value: entry.value, leaf: leafSpec, path: innerOps(path, leafSpec.hash) };
}

/**
 * Returns the proof of what the tree says about `key`.
 * @param key     the whole state key
 * @param proof   of `tree.prove(H(key))`
 * @param entryOf gives the entry whose key has this hash, as it is in the version that was proven
 * @errors proof.unprovable when the tree is empty: there is no neighbour to show. proof.entry (of the node) when the entry
 *         found for a present key is another's
 */
export function createStateProof(
  key: Uint8Array,
  proof: TreeProof,
  hash: ChainHashName,
  entryOf: (keyHash: Uint8Array) => StateEntry,
): CommitmentProof {
  if (proof.kind === "present") {
    const entry = entryOf(proof.leaf.keyHash);
    if (!equalBytes(entry.key, key)) throw new NodeError("proof.entry", "the entry of a key hash has another key");
    return { kind: "exist", exist: existenceOf(proof.leaf, entry, hash) };
  }
  if (proof.left === null && proof.right === null) {
    throw new Rejected("proof.unprovable", "in an empty state there is nothing to show absence by");
  }
  const neighbour = (path: LeafPath | null): ExistenceProof | null =>
    path === null ? null : existenceOf(path, entryOf(path.keyHash), hash);
  return { kind: "nonexist", nonexist: { key, left: neighbour(proof.left), right: neighbour(proof.right) } };
}

/** What a state proof is checked against. `value` null: the key has none. */
export interface StateClaim {
  readonly root: Uint8Array;
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/**
 * The proof shows the claim.
 * @errors proof.kind (of the other kind), proof.form (not the form that is made here), ics23.* (it does not hold)
 */
export function checkStateProof(proof: CommitmentProof, claim: StateClaim, hash: ChainHashName, hashes: Hashes): void {
  const spec = stateProofSpec(hash);
  const table = hashTableOf(hash, hashes);
  const { root, key, value } = claim;
  if (proof.kind === "exist") {
    if (value === null) throw new Rejected("proof.kind", "the proof shows a value where absence is claimed");
    checkForm(proof.exist, spec, hashes[hash]);
    checkExistence(spec, root, proof.exist, { key, value }, table);
    return;
  }
  if (value !== null) throw new Rejected("proof.kind", "the proof shows absence where a value is claimed");
  if (!equalBytes(proof.nonexist.key, key)) throw new Rejected("proof.form", "the proof is of another key");
  for (const side of [proof.nonexist.left, proof.nonexist.right]) {
    if (side !== null) checkForm(side, spec, hashes[hash]);
  }
  checkNonExistence(spec, root, proof.nonexist, key, table);
}

/** The proof is what `existenceOf` makes: ICS-23 alone would let prefixes be longer than they are. */
function checkForm(proof: ExistenceProof, spec: ProofSpec, hash: HashFunction): void {
  const hasLeaf = proof.leaf !== null && equalBytes(proof.leaf.prefix, spec.leafSpec.prefix);
  const keyHash = hash(proof.key);
  const depth = proof.path.length;
  const isFormed =
    hasLeaf &&
    depth <= STATE_DEPTH_MAX &&
    proof.path.every((step, index) => isStepOf(step, bitAt(keyHash, depth - 1 - index)));
  if (!isFormed) throw new Rejected("proof.form", "the proof is not in the form of this chain's state proofs");
}

function isStepOf(step: InnerOp, bit: number): boolean {
  const [prefixExtra, suffixLength] = bit === 1 ? [HASH_LENGTH, 0] : [0, HASH_LENGTH];
  return (
    step.prefix.length === INNER_PREFIX.length + prefixExtra &&
    step.suffix.length === suffixLength &&
    equalBytes(step.prefix.subarray(0, INNER_PREFIX.length), INNER_PREFIX)
  );
}
