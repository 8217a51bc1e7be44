/**
 * Keys of the state, and the record of a deployed contract.
 *
 *   state key: length of contract name u8 | name | the contract's own key, 1..512 bytes
 *
 *   contract record, the value under lifecycle's key "contract/" ‖ name:
 *   codeHash 32 | abiHash 32 | version u32 | height u64
 *
 * The length before the name keeps the keys of one contract apart from those of another whose name begins with its name.
 */
import { Rejected } from "../../vm/errors.ts";
import { concatBytes } from "./bytes.ts";
import { ByteReader, ByteWriter, utf8Bytes } from "./codec.ts";
import { NAMES, SYSTEM_CONTRACTS } from "./names.ts";

export const CONTRACT_KEY_BYTES_MAX = 512;
const RECORD_HASH_LENGTH = 32;

/** Returns the key in store and tree. @errors codec.contractName, codec.length */
export function stateKey(contract: string, key: Uint8Array): Uint8Array {
  if (!NAMES.contract.pattern.test(contract)) {
    throw new Rejected("codec.contractName", "not a contract name", { value: contract.slice(0, 200) });
  }
  if (key.length === 0 || key.length > CONTRACT_KEY_BYTES_MAX) {
    const limit = `1..${CONTRACT_KEY_BYTES_MAX}`;
    throw new Rejected("codec.length", `a key of ${key.length} bytes`, { limit });
  }
  return concatBytes(Uint8Array.of(contract.length), utf8Bytes(contract), key);
}

/** Returns contract and key of a state key. @errors codec.* */
export function splitStateKey(bytes: Uint8Array): { readonly contract: string; readonly key: Uint8Array } {
  const reader = new ByteReader(bytes);
  const nameLength = reader.u8();
  const contract = String.fromCharCode(...reader.fixed(nameLength));
  if (!NAMES.contract.pattern.test(contract)) reader.refuse("contractName", "not a contract name", 1);
  if (reader.remaining === 0 || reader.remaining > CONTRACT_KEY_BYTES_MAX) {
    reader.refuse("length", `a key of ${reader.remaining} bytes`);
  }
  return { contract, key: reader.fixed(reader.remaining) };
}

export interface ContractRecord {
  /** SHA-256 of the module's original bytes. */
  readonly codeHash: Uint8Array;
  /** SHA-256 of the bytes of its section `cinnabar.abi`. */
  readonly abiHash: Uint8Array;
  /** 1 when first deployed. */
  readonly version: number;
  /** Height of the block that put this version in place. */
  readonly height: number;
}

/** Returns the key, among those of `lifecycle`, of the record of contract `name`. */
export function contractRecordKey(name: string): Uint8Array {
  return utf8Bytes(`contract/${name}`);
}

/** Returns the state key of the record of contract `name`. */
export function contractRecordStateKey(name: string): Uint8Array {
  return stateKey(SYSTEM_CONTRACTS.lifecycle, contractRecordKey(name));
}

/** @errors codec.* */
export function encodeContractRecord(record: ContractRecord): Uint8Array {
  return new ByteWriter(80)
    .fixed(record.codeHash, RECORD_HASH_LENGTH)
    .fixed(record.abiHash, RECORD_HASH_LENGTH)
    .u32(record.version)
    .safeInteger(record.height)
    .finish();
}

/** Returns the record whose encoding is `bytes`. @errors codec.* */
export function decodeContractRecord(bytes: Uint8Array): ContractRecord {
  const reader = new ByteReader(bytes);
  const record: ContractRecord = {
    codeHash: reader.fixed(RECORD_HASH_LENGTH),
    abiHash: reader.fixed(RECORD_HASH_LENGTH),
    version: reader.u32(),
    height: reader.safeInteger(),
  };
  reader.end();
  return record;
}
