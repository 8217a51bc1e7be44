/** A small chain's state under a sealed header, to make proof files from. */
import { ALGORITHMS, type AlgorithmName } from "../../../../accel/device.ts";
import { createHashes } from "../../../../accel/hashes.ts";
import { publicKeyOf, sign } from "../../../../accel/reference/sign.ts";
import { encodeAbi } from "../../../../runtime/format/abi.ts";
import { encodeValue, storageKey } from "../../../../runtime/format/abi-codec.ts";
import { blockHash, encodeHeader } from "../../../../runtime/format/block.ts";
import { bytesToHex } from "../../../../runtime/format/bytes.ts";
import type { JsonValue } from "../../../../runtime/format/canonical-json.ts";
import { utf8Bytes } from "../../../../runtime/format/codec.ts";
import type { ContractAbi } from "../../../../runtime/format/contract-abi.ts";
import { pairHashesOf } from "../../../../runtime/format/pair-hashes.ts";
import { createStateProof, type StateEntry } from "../../../../runtime/format/proof.ts";
import type { ProofFileParts } from "../../../../runtime/format/proof-file.ts";
import { contractRecordStateKey, encodeContractRecord, stateKey } from "../../../../runtime/format/state-key.ts";
import type { ChainHashName, Header } from "../../../../runtime/format/types.ts";
import { StateTree } from "../../../../runtime/state/tree.ts";

export const hashes = createHashes();

export const ledgerAbi: ContractAbi = {
  abi: 1,
  contract: "ledger",
  version: 1,
  types: {
    Account: {
      fields: [
        { name: "owner", type: "string" },
        { name: "amount", type: "u64" },
      ],
    },
  },
  methods: [],
  events: [],
  storage: [{ name: "accounts", kind: "map", key: ["string", "u64"], value: "Account" }],
  errors: [],
};

export interface SealedState {
  readonly header: Header;
  readonly sealer: string;
  readonly entries: readonly StateEntry[];
  /** The parts of a proof file about accounts[key]. */
  partsFor(key: readonly JsonValue[]): ProofFileParts;
}

export interface SealedStateOptions {
  readonly algorithm?: AlgorithmName;
  readonly hash?: ChainHashName;
  readonly accounts?: number;
  readonly sm2UserId?: string;
}

/** Returns a state with accounts ["owner 0", 0], ["owner 1", 1] and so on. */
export function sealedState(options: SealedStateOptions = {}): SealedState {
  const { algorithm = "ed25519", hash = "sha256", accounts = 12, sm2UserId = "1234567812345678" } = options;
  const abi = encodeAbi(ledgerAbi);
  const entries = [recordEntry(abi), ...Array.from({ length: accounts }, (_, i) => accountEntry(i))];
  const tree = treeOf(entries, hash);
  const header: Header = {
    protocolVersion: 1,
    chainId: "demo",
    height: 7,
    timeSeconds: 1_722_470_400,
    previousHash: new Uint8Array(32).fill(1),
    transactionsRoot: new Uint8Array(32).fill(2),
    receiptsRoot: new Uint8Array(32).fill(3),
    stateRoot: tree.root,
    scheduleHash: new Uint8Array(32).fill(4),
    gasUsed: 5,
  };
  const number = ALGORITHMS[algorithm];
  const secretKey = new Uint8Array(32).fill(7);
  const signature = sign(number, secretKey, blockHash(header, hashes[hash]), { sm2UserId });
  const publicKey = publicKeyOf(number, secretKey);
  const proofOf = (key: Uint8Array) =>
    createStateProof(key, tree.prove(hashes[hash](key)), hash, (keyHash) => entryOf(entries, keyHash, hash));
  const partsFor = (key: readonly JsonValue[]): ProofFileParts => ({
    hash,
    header: encodeHeader(header),
    seal: { algorithm: number, publicKey, signature },
    sm2UserId: algorithm === "sm2" ? sm2UserId : null,
    claim: { contract: "ledger", storage: "accounts", key },
    abi,
    contractProof: proofOf(contractRecordStateKey("ledger")),
    stateProof: proofOf(stateKey("ledger", storageKey(ledgerAbi, "accounts", key))),
  });
  return { header, sealer: bytesToHex(publicKey), entries, partsFor };
}

function recordEntry(abi: Uint8Array): StateEntry {
  const codeHash = hashes.sha256(utf8Bytes("a module"));
  const record = { codeHash, abiHash: hashes.sha256(abi), version: 1, height: 2 };
  return { key: contractRecordStateKey("ledger"), value: encodeContractRecord(record) };
}

function accountEntry(index: number): StateEntry {
  const owner = `owner ${index}`;
  return {
    key: stateKey("ledger", storageKey(ledgerAbi, "accounts", [owner, index])),
    value: encodeValue(ledgerAbi, "Account", { owner, amount: index * 100 }),
  };
}

export function treeOf(entries: readonly StateEntry[], hash: ChainHashName): StateTree {
  const changes = entries.map(({ key, value }) => ({ keyHash: hashes[hash](key), valueHash: hashes[hash](value) }));
  return StateTree.empty(pairHashesOf(hashes[hash])).update(changes);
}

export function entryOf(entries: readonly StateEntry[], keyHash: Uint8Array, hash: ChainHashName): StateEntry {
  const wanted = bytesToHex(keyHash);
  return entries.find(({ key }) => bytesToHex(hashes[hash](key)) === wanted)!;
}
