/** From a contract's name to what runs when it is called. */
import type { Algorithm, Hashes } from "../../accel/device.ts";
import { admit, type ModuleFacts, type Reason } from "../../vm/admission/admit.ts";
import { customSection } from "../../vm/admission/custom-section.ts";
import { NodeError, Rejected } from "../../vm/errors.ts";
import type { LoadedContract, Machine } from "../../vm/execute/machine.ts";
import { parseAbi } from "../format/abi.ts";
import { addressOfContract, addressOfKey } from "../format/address.ts";
import { utf8Bytes } from "../format/codec.ts";
import { ABI_SECTION, type ContractAbi } from "../format/contract-abi.ts";
import { CONTRACT_NAME_LENGTH_MAX, isContractName } from "../format/names.ts";
import {
  CONTRACT_KEY_BYTES_MAX,
  type ContractRecord,
  contractRecordStateKey,
  decodeContractRecord,
} from "../format/state-key.ts";
import { KeyTable } from "../state/key-table.ts";
import type { StateView } from "../state/state-view.ts";
import { NATIVE_CONTRACTS } from "../system/contracts.ts";
import { moduleStateKey } from "../system/lifecycle-contract.ts";
import type { ModuleLoading, ModuleVerdict, NativeContract } from "../system/native.ts";

export type Callee = { readonly keyPrefix: Uint8Array } & (
  | { readonly kind: "native"; readonly native: NativeContract }
  | { readonly kind: "module"; readonly loaded: LoadedContract }
);

/** Names of which something is remembered; beyond it the memory begins anew. */
const NAMES_REMEMBERED_MAX = 4096;
/**
 * Contracts found without asking the machine. Below what a machine keeps compiled, so that a contract it has let go, which
 * still runs but slowly, is not held on to here.
 */
const CODE_REMEMBERED_MAX = 64;
/** Senders whose address is remembered; an address is two hashes' worth of time. */
const SENDERS_REMEMBERED_MAX = 65_536;
/** Public keys are the senders' choice, but what collides here costs only those who sent it, and the table is bounded. */
const SENDER_SEED = { low: 0x243f_6a88, high: 0x85a3_08d3 };
const SENDER_KEY_BYTES_MAX = 64;
const NOTHING = new Uint8Array(0);
const LOOP_BYTES_MAX = 24;

/** What is known of a contract's name, and the code last run under it: all can be made again, so none is a result. */
interface KnownName {
  /** What every state key of the contract begins with: u8 length of the name, name. */
  readonly keyPrefix: Uint8Array;
  readonly recordKey: Uint8Array;
  address: Uint8Array | undefined;
  /** The record's bytes as they stood in the state, by identity: with these, `callee` is what runs. */
  record: Uint8Array | undefined;
  callee: Callee | undefined;
}

export class ContractCode {
  readonly #machine: Machine;
  readonly #hashes: Hashes;
  readonly #names = new Map<string, KnownName>();
  /** Names whose module is remembered. */
  #codeCount = 0;
  #senders = new KeyTable(SENDER_SEED);
  #senderAddresses: Uint8Array[] = [];
  readonly #senderKey = new Uint8Array(1 + SENDER_KEY_BYTES_MAX);
  /** One state key at a time is put together here, by `placeKey`; what keeps it copies it. */
  readonly stateKey = new Uint8Array(1 + CONTRACT_NAME_LENGTH_MAX + CONTRACT_KEY_BYTES_MAX);
  /** The prefix that stands in `stateKey`, by identity. */
  #placedPrefix: Uint8Array = NOTHING;

  constructor(machine: Machine, hashes: Hashes) {
    this.#machine = machine;
    this.#hashes = hashes;
  }

  addressOf(name: string): Uint8Array {
    const known = this.#known(name);
    if (known === undefined) return addressOfContract(name, this.#hashes);
    known.address ??= addressOfContract(name, this.#hashes);
    return known.address;
  }

  addressOfSender(algorithm: Algorithm, publicKey: Uint8Array): Uint8Array {
    this.#senderKey[0] = algorithm;
    this.#senderKey.set(publicKey, 1);
    const length = 1 + publicKey.length;
    const known = this.#senders.find(this.#senderKey, length);
    if (known >= 0) return this.#senderAddresses[known]!;
    if (this.#senders.count >= SENDERS_REMEMBERED_MAX) {
      this.#senders = new KeyTable(SENDER_SEED);
      this.#senderAddresses = [];
    }
    const address = addressOfKey(algorithm, publicKey, this.#hashes);
    this.#senders.intern(this.#senderKey, length);
    this.#senderAddresses.push(address);
    return address;
  }

  /** Puts a whole state key into `stateKey` and returns its length. @param prefix a callee's `keyPrefix` itself */
  placeKey(prefix: Uint8Array, key: Uint8Array): number {
    if (prefix !== this.#placedPrefix) {
      this.stateKey.set(prefix);
      this.#placedPrefix = prefix;
    }
    // As vm/host/memory.ts found: a loop is faster up to some length.
    if (key.length > LOOP_BYTES_MAX) this.stateKey.set(key, prefix.length);
    else for (let at = 0; at < key.length; at += 1) this.stateKey[prefix.length + at] = key[at]!;
    return prefix.length + key.length;
  }

  /** Returns what runs under a name in this state, undefined when there is no such contract. */
  resolve(state: StateView, name: string): Callee | undefined {
    const known = this.#known(name);
    if (known === undefined) return undefined;
    if (known.callee?.kind === "native") return known.callee;
    const record = state.get(known.recordKey, known.recordKey.length);
    if (record === undefined) return undefined;
    if (known.record === record) return known.callee;
    return this.#rememberCode(known, record, this.#load(state, decodeContractRecord(record).codeHash));
  }

  #rememberCode(known: KnownName, record: Uint8Array, loaded: LoadedContract): Callee {
    if (known.record === undefined) this.#codeCount += 1;
    if (this.#codeCount > CODE_REMEMBERED_MAX) this.#forgetCode();
    known.record = record;
    known.callee = { kind: "module", loaded, keyPrefix: known.keyPrefix };
    return known.callee;
  }

  #forgetCode(): void {
    for (const known of this.#names.values()) {
      if (known.record === undefined) continue;
      known.record = undefined;
      known.callee = undefined;
    }
    this.#codeCount = 1;
  }

  /** What is known of a name; undefined for a text that cannot be one. */
  #known(name: string): KnownName | undefined {
    return this.#names.get(name) ?? this.#learn(name);
  }

  #learn(name: string): KnownName | undefined {
    if (!isContractName(name)) return undefined;
    if (this.#names.size >= NAMES_REMEMBERED_MAX) {
      this.#names.clear();
      this.#codeCount = 0;
    }
    const keyPrefix = Uint8Array.of(name.length, ...utf8Bytes(name));
    const native = NATIVE_CONTRACTS.get(name);
    const callee: Callee | undefined = native && { kind: "native", native, keyPrefix };
    const recordKey = contractRecordStateKey(name);
    const known: KnownName = { keyPrefix, recordKey, address: undefined, record: undefined, callee };
    this.#names.set(name, known);
    return known;
  }

  /** Returns a deployed contract's record; undefined for system contracts and unknown names. */
  recordOf(state: StateView, name: string): ContractRecord | undefined {
    const known = this.#known(name);
    const bytes = known && state.get(known.recordKey, known.recordKey.length);
    return bytes && decodeContractRecord(bytes);
  }

  /** Returns the bytes of the section `cinnabar.abi` of a module in the state; empty when it has none. */
  abiSectionOf(state: StateView, codeHash: Uint8Array): Uint8Array {
    return customSection(moduleBytes(state, codeHash), ABI_SECTION) ?? NOTHING;
  }

  /** Returns the ABI of a deployed contract; undefined for system contracts, unknown names and a section that is no ABI. */
  abiOf(state: StateView, name: string): ContractAbi | undefined {
    const record = this.recordOf(state, name);
    if (record === undefined) return undefined;
    try {
      return parseAbi(this.abiSectionOf(state, record.codeHash));
    } catch (error) {
      if (error instanceof Rejected) return undefined;
      throw error;
    }
  }

  /** Reads and validates a module that is to be deployed. */
  read(code: Uint8Array): ModuleVerdict {
    const codeHash = this.#hashes.sha256(code);
    const loaded = this.#machine.loaded(codeHash);
    // What the machine holds was admitted, by this node's own reader.
    if (loaded !== undefined) return this.#verdict(code, codeHash, loaded.facts);
    const admission = admit(code, { debug: this.#machine.allowsDebug });
    // The machine reads it again, and tells a refusal that every node comes to from a fault of this one's engine.
    if (!admission.accepted) return refusedOnly(this.load(code));
    return this.#verdict(code, codeHash, admission.facts);
  }

  #verdict(code: Uint8Array, codeHash: Uint8Array, facts: ModuleFacts): ModuleVerdict {
    const abiHash = this.#hashes.sha256(customSection(code, ABI_SECTION) ?? NOTHING);
    return { ok: true, codeHash, abiHash, functionCount: facts.functions.length };
  }

  /** Instruments and compiles a module that is being deployed. */
  load(code: Uint8Array): ModuleLoading {
    const result = this.#machine.load(code);
    return result.ok ? { ok: true } : { ok: false, reasonCodes: codesOf(result.reasons) };
  }

  #load(state: StateView, codeHash: Uint8Array): LoadedContract {
    const loaded = this.#machine.loaded(codeHash);
    if (loaded !== undefined) return loaded;
    const result = this.#machine.load(moduleBytes(state, codeHash));
    if (result.ok) return result.contract;
    const codes = result.reasons.map(({ code }) => code).join(" ");
    throw new NodeError("execute.moduleRefused", `a module that the chain admitted is refused: ${codes}`);
  }
}

function refusedOnly(loading: ModuleLoading): ModuleVerdict {
  if (!loading.ok) return loading;
  throw new NodeError("execute.admission", "admission refuses a module that the machine loads");
}

/** Each code once, in the order of the first reason that has it. */
function codesOf(reasons: readonly Reason[]): string[] {
  return [...new Set(reasons.map(({ code }) => code))];
}

function moduleBytes(state: StateView, codeHash: Uint8Array): Uint8Array {
  const key = moduleStateKey(codeHash);
  const code = state.constant(key, key.length);
  if (code === undefined) throw new NodeError("execute.moduleMissing", "the module of a contract is not in the state");
  return code;
}
