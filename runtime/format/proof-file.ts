/**
 * The proof file: what a court, an auditor or a counterparty gets. One line of canonical JSON and a line end; byte strings are
 * lower-case hex.
 *
 *   format         "cinnabar-proof-1"
 *   hash           "sha256" or "sm3": the chain's hash
 *   header         header bytes of the block (block.ts)
 *   seal           {algorithm, publicKey, signature} over the block hash; for SM2 also {userId}
 *   claim          {contract, storage, key}: which entry this is about; key is the list of the key's parts
 *   abi            the contract's ABI, as in its section (whose bytes are the canonical form of this object)
 *   contractProof  ICS-23 proof of the contract's record, which holds the hash of the ABI section
 *   stateProof     ICS-23 proof of the entry: {exist} with the stored bytes, or {nonexist}
 *
 * There is one text for the parts: whatever does not come out the same when it is written again is refused. ICS-23 objects
 * have the field names of its JSON form.
 */
import { ALGORITHMS, PUBLIC_KEY_LENGTH, SIGNATURE_LENGTH } from "../../accel/device.ts";
import { Rejected } from "../../vm/errors.ts";
import { ABI_BYTES_MAX } from "./abi.ts";
import { bytesToHex } from "./bytes.ts";
import { canonicalJson, isJsonArray, type JsonObject, type JsonValue, parseCanonicalJson } from "./canonical-json.ts";
import { utf8Bytes } from "./codec.ts";
import { type CommitmentProof, type ExistenceProof, HASH_OPS, type InnerOp, LENGTH_OPS, type LeafOp } from "./ics23.ts";
import { JsonCursor } from "./json-cursor.ts";
import { algorithmName, isAlgorithmName } from "./key.ts";
import { STATE_DEPTH_MAX } from "./proof.ts";
import { SM2_USER_ID_BYTES_MAX } from "./settings.ts";
import type { ChainHashName, Seal } from "./types.ts";

export const PROOF_FORMAT = "cinnabar-proof-1";
/** Three values of 64 KiB in hex, six long paths and an ABI stay far below. */
export const PROOF_FILE_LENGTH_MAX = 4 * 1024 * 1024;
/** The parts of a key are the deepest: 32, and what is around them. */
const JSON_DEPTH_MAX = 40;

export interface ProofClaim {
  readonly contract: string;
  readonly storage: string;
  readonly key: readonly JsonValue[];
}

export interface ProofFileParts {
  readonly hash: ChainHashName;
  /** Encoded header. */
  readonly header: Uint8Array;
  readonly seal: Seal;
  /** The user id of the chain's SM2 signatures; not in the file, and null when read, unless the seal is SM2's. */
  readonly sm2UserId: string | null;
  readonly claim: ProofClaim;
  /** Bytes of the ABI section. */
  readonly abi: Uint8Array;
  readonly contractProof: CommitmentProof;
  readonly stateProof: CommitmentProof;
}

const HASH_NAMES: ReadonlyMap<number, string> = new Map([
  [HASH_OPS.noHash, "NO_HASH"],
  [HASH_OPS.sha256, "SHA256"],
  [HASH_OPS.sm3, "SM3"],
]);

// Writing

function hashJson(op: number): string {
  const name = HASH_NAMES.get(op);
  if (name === undefined) throw new Rejected("proof.format", `hash operation ${op} has no place in a proof file`);
  return name;
}

function leafJson(leaf: LeafOp): JsonObject {
  if (leaf.length !== LENGTH_OPS.noPrefix) {
    throw new Rejected("proof.format", `length operation ${leaf.length} has no place in a proof file`);
  }
  return {
    hash: hashJson(leaf.hash),
    prehash_key: hashJson(leaf.prehashKey),
    prehash_value: hashJson(leaf.prehashValue),
    length: "NO_PREFIX",
    prefix: bytesToHex(leaf.prefix),
  };
}

function innerJson({ hash, prefix, suffix }: InnerOp): JsonObject {
  return { hash: hashJson(hash), prefix: bytesToHex(prefix), suffix: bytesToHex(suffix) };
}

function existenceJson({ key, value, leaf, path }: ExistenceProof): JsonObject {
  return {
    key: bytesToHex(key),
    value: bytesToHex(value),
    leaf: leaf === null ? null : leafJson(leaf),
    path: path.map(innerJson),
  };
}

/** Returns the proof in ICS-23's JSON form, with hex for bytes. @errors proof.format */
export function commitmentProofJson(proof: CommitmentProof): JsonObject {
  if (proof.kind === "exist") return { exist: existenceJson(proof.exist) };
  const { key, left, right } = proof.nonexist;
  return {
    nonexist: {
      key: bytesToHex(key),
      left: left === null ? null : existenceJson(left),
      right: right === null ? null : existenceJson(right),
    },
  };
}

function sealJson(seal: Seal, sm2UserId: string | null): JsonObject {
  const json = {
    algorithm: algorithmName(seal.algorithm),
    publicKey: bytesToHex(seal.publicKey),
    signature: bytesToHex(seal.signature),
  };
  return seal.algorithm === ALGORITHMS.sm2 ? { ...json, userId: sm2UserId ?? "" } : json;
}

/**
 * Returns the text of the proof file.
 * @errors proof.format when the parts do not make a file that can be read
 */
export function buildProofFile(parts: ProofFileParts): string {
  const text = fileText(parts);
  parseProofFile(text);
  return text;
}

function fileText(parts: ProofFileParts): string {
  const { contract, storage, key } = parts.claim;
  const file: JsonObject = {
    format: PROOF_FORMAT,
    hash: parts.hash,
    header: bytesToHex(parts.header),
    seal: sealJson(parts.seal, parts.sm2UserId),
    claim: { contract, storage, key },
    abi: abiJson(parts.abi),
    contractProof: commitmentProofJson(parts.contractProof),
    stateProof: commitmentProofJson(parts.stateProof),
  };
  return `${canonicalJson(file)}\n`;
}

const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function abiJson(section: Uint8Array): JsonValue {
  let text: string;
  try {
    text = utf8Decoder.decode(section);
  } catch {
    throw new Rejected("proof.format", "the ABI section is not UTF-8");
  }
  return parseCanonicalJson(text, { lengthMax: ABI_BYTES_MAX, depthMax: JSON_DEPTH_MAX });
}

// Reading

function readHash(cursor: JsonCursor): number {
  const name = cursor.oneOf(["NO_HASH", "SHA256", "SM3"]);
  if (name === "NO_HASH") return HASH_OPS.noHash;
  return name === "SHA256" ? HASH_OPS.sha256 : HASH_OPS.sm3;
}

function readLeaf(cursor: JsonCursor): LeafOp | null {
  if (cursor.value === null) return null;
  const fields = cursor.object(["hash", "prehash_key", "prehash_value", "length", "prefix"]);
  fields.length.oneOf(["NO_PREFIX"]);
  return {
    hash: readHash(fields.hash),
    prehashKey: readHash(fields.prehash_key),
    prehashValue: readHash(fields.prehash_value),
    length: LENGTH_OPS.noPrefix,
    prefix: fields.prefix.hex(),
  };
}

function readInner(cursor: JsonCursor): InnerOp {
  const { hash, prefix, suffix } = cursor.object(["hash", "prefix", "suffix"]);
  return { hash: readHash(hash), prefix: prefix.hex(), suffix: suffix.hex() };
}

function readExistence(cursor: JsonCursor): ExistenceProof {
  const { key, value, leaf, path } = cursor.object(["key", "value", "leaf", "path"]);
  return {
    key: key.hex(),
    value: value.hex(),
    leaf: readLeaf(leaf),
    path: path.array(STATE_DEPTH_MAX).map(readInner),
  };
}

function readNeighbour(cursor: JsonCursor): ExistenceProof | null {
  return cursor.value === null ? null : readExistence(cursor);
}

function readProof(cursor: JsonCursor): CommitmentProof {
  if (cursor.has("exist")) return { kind: "exist", exist: readExistence(cursor.object(["exist"]).exist) };
  const { key, left, right } = cursor.object(["nonexist"]).nonexist.object(["key", "left", "right"]);
  return {
    kind: "nonexist",
    nonexist: { key: key.hex(), left: readNeighbour(left), right: readNeighbour(right) },
  };
}

function readSeal(cursor: JsonCursor): { readonly seal: Seal; readonly sm2UserId: string | null } {
  const isSm2 = cursor.has("userId");
  const names = ["algorithm", "publicKey", "signature"] as const;
  const fields = isSm2 ? cursor.object([...names, "userId"]) : { ...cursor.object(names), userId: null };
  const name = fields.algorithm.string();
  if (!isAlgorithmName(name) || (name === "sm2") !== isSm2) return fields.algorithm.refuse("shape", "no such seal");
  const algorithm = ALGORITHMS[name];
  const seal = { algorithm, publicKey: fields.publicKey.hex(), signature: fields.signature.hex() };
  if (seal.publicKey.length !== PUBLIC_KEY_LENGTH[algorithm]) fields.publicKey.refuse("shape", "not such a key");
  if (seal.signature.length !== SIGNATURE_LENGTH) fields.signature.refuse("shape", "not a signature");
  const sm2UserId = fields.userId?.string() ?? null;
  if (sm2UserId !== null && utf8Bytes(sm2UserId).length > SM2_USER_ID_BYTES_MAX)
    fields.userId?.refuse("limit", "too long");
  return { seal, sm2UserId };
}

function readClaim(cursor: JsonCursor): ProofClaim {
  const { contract, storage, key } = cursor.object(["contract", "storage", "key"]);
  const parts = key.value;
  if (!isJsonArray(parts)) return key.refuse("shape", "not an array");
  return { contract: contract.string(), storage: storage.string(), key: parts };
}

function readFile(value: JsonValue): ProofFileParts {
  const file = new JsonCursor(value, "proof").object([
    "format",
    "hash",
    "header",
    "seal",
    "claim",
    "abi",
    "contractProof",
    "stateProof",
  ]);
  file.format.oneOf([PROOF_FORMAT]);
  return {
    hash: file.hash.oneOf(["sha256", "sm3"]),
    header: file.header.hex(),
    ...readSeal(file.seal),
    claim: readClaim(file.claim),
    abi: utf8Bytes(canonicalJson(file.abi.value)),
    contractProof: readProof(file.contractProof),
    stateProof: readProof(file.stateProof),
  };
}

/**
 * Returns the parts whose file is exactly `text`. Nothing is verified but the form.
 * @errors proof.format, with the path where there is one
 */
export function parseProofFile(text: string): ProofFileParts {
  if (!text.endsWith("\n")) throw new Rejected("proof.format", "the file does not end with a line end");
  try {
    const limits = { lengthMax: PROOF_FILE_LENGTH_MAX, depthMax: JSON_DEPTH_MAX };
    const parts = readFile(parseCanonicalJson(text.slice(0, -1), limits));
    if (fileText(parts) === text) return parts;
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    throw new Rejected("proof.format", `the file is not a proof file: ${error.message}`, error.details);
  }
  throw new Rejected("proof.format", "the file is not written as proof files are");
}
