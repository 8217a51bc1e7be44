/**
 * Verifies a proof file offline: no node, no network, no file system, no `node:` module; the same code runs in a browser.
 *
 * The steps, each on the ground of the ones before it:
 *
 *   format    the text is a proof file, in its one form
 *   header    the header decodes; it is of the chain that was asked for, if one was
 *   seal      the seal's key has signed the hash of exactly this header; it is the key that was asked for, if one was
 *   contract  under the header's state root, the contract has a record, with the hash of its ABI
 *   abi       the ABI in the file has that hash, and is an ABI
 *   key       storage and key parts of the claim, by that ABI, give the state key that the proof is about
 *   path      under the state root that key has the value in the file, or has none
 *   value     the value reads as what the ABI says is stored there
 *
 * A proof shows what one sealed block says. It cannot show that the sealer is who you think (compare the key, or pass it),
 * that this block is the chain's newest, or what the world outside did.
 */
import { referenceHashes } from "../../accel/reference/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { Rejected } from "../../vm/errors.ts";
import { parseAbi } from "../format/abi.ts";
import { abiStorage, decodeStorageKey, decodeValue, storageKey } from "../format/abi-codec.ts";
import { decodeHeader } from "../format/block.ts";
import { bytesToHex, equalBytes } from "../format/bytes.ts";
import { canonicalJson, type JsonValue } from "../format/canonical-json.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import type { CommitmentProof } from "../format/ics23.ts";
import { algorithmName } from "../format/key.ts";
import { checkStateProof } from "../format/proof.ts";
import { type ProofFileParts, parseProofFile } from "../format/proof-file.ts";
import { type ContractRecord, contractRecordStateKey, decodeContractRecord, stateKey } from "../format/state-key.ts";
import type { Header } from "../format/types.ts";

export const PROOF_STEPS = ["format", "header", "seal", "contract", "abi", "key", "path", "value"] as const;
export type ProofStepName = (typeof PROOF_STEPS)[number];

export interface ProofStep {
  readonly name: ProofStepName;
  readonly ok: boolean;
  /** What was found, or why it failed; for people. */
  readonly detail: string;
}

export interface VerifyOptions {
  /** Public key, in hex, that the seal must be of. */
  readonly sealer?: string;
  readonly chainId?: string;
}

/** What the proof shows. Byte strings are hex. */
export interface VerifiedClaim {
  readonly chainId: string;
  readonly height: number;
  /** Time of the block, whole seconds since 1970-01-01. */
  readonly timeSeconds: number;
  readonly blockHash: string;
  readonly stateRoot: string;
  readonly sealer: { readonly algorithm: string; readonly publicKey: string };
  readonly contract: string;
  readonly contractVersion: number;
  readonly codeHash: string;
  readonly storage: string;
  readonly key: readonly JsonValue[];
  /** False: the state has no such entry at this height. */
  readonly present: boolean;
  readonly value: JsonValue;
}

/** `notShown`: sentences on what a reader might take for shown and is not. */
export type VerifiedProof =
  | {
      readonly ok: true;
      readonly steps: readonly ProofStep[];
      readonly claim: VerifiedClaim;
      readonly notShown: readonly string[];
    }
  | {
      readonly ok: false;
      readonly steps: readonly ProofStep[];
      /** `proof.<failed step>`; `proof.chain` or `proof.sealer` when it is not the one that was asked for. */
      readonly code: string;
      readonly message: string;
    };

/**
 * Returns the steps and the claim, or the steps up to the one that failed, which is the last, and its code.
 * Total: never throws, on any text.
 */
export function verifyProofFile(text: string, options: VerifyOptions = {}): VerifiedProof {
  const steps: ProofStep[] = [];
  const step = <T>(name: ProofStepName, work: () => readonly [T, string]): T => {
    const [result, detail] = attempt(name, steps, work);
    steps.push({ name, ok: true, detail });
    return result;
  };
  try {
    const claim = verifySteps(text, options, step);
    return { ok: true, steps, claim, notShown: notShown(claim, options) };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { ok: false, steps, code: error.code, message: error.message };
  }
}

type Step = <T>(name: ProofStepName, work: () => readonly [T, string]) => T;

const OWN_CODES: readonly string[] = ["proof.chain", "proof.sealer"];

/** Does the work of a step; a refusal is noted and gets the step's code. */
function attempt<T>(name: ProofStepName, steps: ProofStep[], work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    steps.push({ name, ok: false, detail: error.message });
    throw OWN_CODES.includes(error.code) ? error : new Rejected(`proof.${name}`, error.message, error.details);
  }
}

function verifySteps(text: string, options: VerifyOptions, step: Step): VerifiedClaim {
  const parts = step("format", () => [parseProofFile(text), "a proof file in its canonical form"]);
  const header = step("header", () => readHeader(parts, options));
  const blockHash = step("seal", () => checkSeal(parts, options));
  const record = step("contract", () => checkContract(parts, header));
  const abi = step("abi", () => checkAbi(parts, record));
  const key = step("key", () => checkKey(parts, abi));
  const value = step("path", () => checkPath(parts, header, key));
  const json = step("value", () => readValue(parts, abi, value));
  return {
    chainId: header.chainId,
    height: header.height,
    timeSeconds: header.timeSeconds,
    blockHash: bytesToHex(blockHash),
    stateRoot: bytesToHex(header.stateRoot),
    sealer: { algorithm: algorithmName(parts.seal.algorithm), publicKey: bytesToHex(parts.seal.publicKey) },
    ...parts.claim,
    contractVersion: record.version,
    codeHash: bytesToHex(record.codeHash),
    present: value !== null,
    value: json,
  };
}

function readHeader(parts: ProofFileParts, { chainId }: VerifyOptions): readonly [Header, string] {
  const header = decodeHeader(parts.header);
  if (chainId !== undefined && header.chainId !== chainId) {
    throw new Rejected("proof.chain", `the block is of chain "${header.chainId}", not of "${chainId}"`);
  }
  return [header, `block ${header.height} of chain "${header.chainId}"`];
}

function checkSeal(parts: ProofFileParts, { sealer }: VerifyOptions): readonly [Uint8Array, string] {
  const { algorithm, publicKey, signature } = parts.seal;
  const verifier = createReferenceVerifier(parts.sm2UserId === null ? {} : { sm2UserId: parts.sm2UserId });
  const blockHash = referenceHashes[parts.hash](parts.header);
  if (!verifier.verify(algorithm, publicKey, signature, blockHash)) {
    throw new Rejected("proof.seal", "the seal is not that of this header by this key");
  }
  const key = bytesToHex(publicKey);
  if (sealer !== undefined && sealer !== key) {
    throw new Rejected("proof.sealer", `the block is sealed by ${key}, not by ${sealer.slice(0, 200)}`);
  }
  return [blockHash, `sealed with ${algorithmName(algorithm)} by ${key}`];
}

/** The stored bytes in a proof of existence. */
function shownValue(proof: CommitmentProof): Uint8Array | null {
  return proof.kind === "exist" ? proof.exist.value : null;
}

function checkContract(parts: ProofFileParts, header: Header): readonly [ContractRecord, string] {
  const { contract } = parts.claim;
  const value = shownValue(parts.contractProof);
  if (value === null) throw new Rejected("proof.contract", "the contract's record is not shown");
  const claim = { root: header.stateRoot, key: contractRecordStateKey(contract), value };
  checkStateProof(parts.contractProof, claim, parts.hash, referenceHashes);
  const record = decodeContractRecord(value);
  return [record, `contract "${contract}", version ${record.version}, deployed at height ${record.height}`];
}

function checkAbi(parts: ProofFileParts, record: ContractRecord): readonly [ContractAbi, string] {
  if (!equalBytes(referenceHashes.sha256(parts.abi), record.abiHash)) {
    throw new Rejected("proof.abi", "the ABI is not the one of the contract's record");
  }
  return [parseAbi(parts.abi), `the ABI has the hash in the contract's record, ${bytesToHex(record.abiHash)}`];
}

function checkKey(parts: ProofFileParts, abi: ContractAbi): readonly [Uint8Array, string] {
  const { contract, storage, key: keyParts } = parts.claim;
  const contractKey = storageKey(abi, storage, keyParts);
  const written = canonicalJson(decodeStorageKey(abi, storage, contractKey));
  if (written !== canonicalJson(keyParts)) throw new Rejected("proof.key", `the key is written ${written}`);
  const key = stateKey(contract, contractKey);
  const shown = parts.stateProof.kind === "exist" ? parts.stateProof.exist.key : parts.stateProof.nonexist.key;
  if (!equalBytes(shown, key)) throw new Rejected("proof.key", "the state proof is of another key");
  return [key, `${storage}${written} is the state key ${bytesToHex(key)}`];
}

function checkPath(parts: ProofFileParts, header: Header, key: Uint8Array): readonly [Uint8Array | null, string] {
  const value = shownValue(parts.stateProof);
  checkStateProof(parts.stateProof, { root: header.stateRoot, key, value }, parts.hash, referenceHashes);
  const root = bytesToHex(header.stateRoot);
  return [value, value === null ? `no entry under state root ${root}` : `an entry under state root ${root}`];
}

function readValue(parts: ProofFileParts, abi: ContractAbi, value: Uint8Array | null): readonly [JsonValue, string] {
  const { value: type } = abiStorage(abi, parts.claim.storage);
  if (value === null) return [null, "absent"];
  return [decodeValue(abi, type, value), `${value.length} bytes of type ${type}`];
}

function notShown(claim: VerifiedClaim, options: VerifyOptions): readonly string[] {
  const newest = `what happened after block ${claim.height}: this is the state at that height`;
  const world = "that what the contract recorded is true of the world outside the chain";
  if (options.sealer !== undefined) return [newest, world];
  return [`that ${claim.sealer.publicKey} is the key of a sealer you trust: compare it, or pass it`, newest, world];
}
