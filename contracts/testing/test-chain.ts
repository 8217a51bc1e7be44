/**
 * A chain in the process of a test: the real machine, the real executor and the real native contracts, on a state in
 * memory.
 *
 * Each call is a block of its own with one transaction, executed as every node would. What is left out is what a
 * contract cannot see: signatures (a sender is a name, its key is made from it), the log, the tree. Nothing is
 * committed to the state below; everything stands in the executor's overlay, so that a snapshot is a checkpoint of
 * it.
 */
import { ALGORITHMS } from "../../accel/device.ts";
import { createHashes } from "../../accel/hashes.ts";
import { createReferenceVerifier } from "../../accel/reference/verify.ts";
import { BlockExecution } from "../../runtime/execute/block.ts";
import { type BlockContext, CallTree } from "../../runtime/execute/call-tree.ts";
import { ContractCode } from "../../runtime/execute/contract-code.ts";
import { decodeValue, encodeArguments, storageKey } from "../../runtime/format/abi-codec.ts";
import { addressOfContract, addressOfKey } from "../../runtime/format/address.ts";
import { bytesToHex } from "../../runtime/format/bytes.ts";
import type { JsonValue } from "../../runtime/format/canonical-json.ts";
import { utf8Bytes } from "../../runtime/format/codec.ts";
import type { ContractAbi } from "../../runtime/format/contract-abi.ts";
import { SYSTEM_CONTRACTS } from "../../runtime/format/names.ts";
import { stateKey } from "../../runtime/format/state-key.ts";
import type { ChainSettings } from "../../runtime/format/types.ts";
import { Overlay } from "../../runtime/state/overlay.ts";
import { SlotTable } from "../../runtime/state/slot-table.ts";
import type { Checkpoint } from "../../runtime/state/state-view.ts";
import { LIFECYCLE_ABI } from "../../runtime/system/lifecycle-contract.ts";
import { PROTOCOL_VERSION } from "../../vm/abi.ts";
import { Rejected } from "../../vm/errors.ts";
import { createMachine, type Machine } from "../../vm/execute/machine.ts";
import { type Trace, tracedMachine } from "../../vm/execute/trace.ts";
import type { ContractModule } from "./built-contract.ts";
import { type Called, describeCall } from "./called.ts";
import { GasTable } from "./gas-table.ts";

const ADMIN = "admin";
const SENDER = "alice";
const GAS_LIMIT = 1_000_000_000;
const START_TIME_SECONDS = 1_767_225_600;
const SALT_BYTES = 16;
const STATE_BYTES = 256 * 1024 * 1024;
/** The table is a test's own: nobody prepares keys against it. */
const TABLE_SEED = { low: 1, high: 2 };
const ZERO_HASH = new Uint8Array(32);

export interface CallOptions {
  /** Name of who signs; any text is a signer. Default "alice". */
  readonly sender?: string;
  readonly gasLimit?: number;
  /** Filled with what the call does, frame by frame; the call itself is the same with it and without. */
  readonly trace?: Trace;
}

export interface DeployOptions extends CallOptions {
  /** Name under which the contract is deployed; default: its own. */
  readonly name?: string;
  /** Arguments of `init`, by name or in order. */
  readonly init?: unknown;
}

/** A line that a contract logged. */
export interface DebugLine {
  readonly contract: string;
  readonly text: string;
}

/** A state to come back to. Coming back to an earlier one makes later ones void. */
export interface Snapshot {
  readonly checkpoint: Checkpoint;
  readonly height: number;
  readonly timeSeconds: number;
}

export class TestChain {
  readonly gas = new GasTable();
  /** What contracts logged with `debugLog`, in order; lines of calls that failed are among them. */
  readonly debugLines: DebugLine[] = [];
  readonly #hashes = createHashes();
  readonly #machine: Machine;
  readonly #state: Overlay;
  readonly #code: ContractCode;
  readonly #abis = new Map<string, ContractAbi>([[SYSTEM_CONTRACTS.lifecycle, LIFECYCLE_ABI]]);
  readonly #settings: ChainSettings;
  #height = 1;
  #timeSeconds = START_TIME_SECONDS;
  #salt = 0;

  constructor() {
    this.#machine = createMachine({
      hashes: this.#hashes,
      verifier: createReferenceVerifier({}),
      debugLog: (contract, text) => this.debugLines.push({ contract, text }),
    });
    const table = new SlotTable({ seed: TABLE_SEED, load: () => undefined, bytesMax: STATE_BYTES });
    this.#state = new Overlay(table);
    this.#code = new ContractCode(this.#machine, this.#hashes);
    this.#settings = {
      chainId: "test",
      protocolVersion: PROTOCOL_VERSION,
      hash: "sha256",
      sm2UserId: "1234567812345678",
      genesisTimeSeconds: START_TIME_SECONDS,
      admins: [this.#addressOfSigner(ADMIN)],
      sealer: { algorithm: ALGORITHMS.ed25519, publicKey: this.#keyOf(ADMIN) },
      transactionGasMax: Number.MAX_SAFE_INTEGER,
      blockGasMax: Number.MAX_SAFE_INTEGER,
      expiryHeightsMax: Number.MAX_SAFE_INTEGER,
      transactionBytesMax: 4 * 1024 * 1024,
    };
  }

  /** Height of the block the next call runs in; each call that is not a view moves it on by one. */
  get height(): number {
    return this.#height;
  }

  set height(height: number) {
    this.#height = height;
  }

  /** Time of the next block, seconds since 1970-01-01. It stands still until it is set. */
  get timeSeconds(): number {
    return this.#timeSeconds;
  }

  set timeSeconds(seconds: number) {
    this.#timeSeconds = seconds;
  }

  /** The address of a signer, or of a contract with `contract:` in front of its name; lower-case hex. */
  address(name: string): string {
    const contract = /^contract:(.*)$/.exec(name)?.[1];
    return bytesToHex(contract === undefined ? this.#addressOfSigner(name) : addressOfContract(contract, this.#hashes));
  }

  /** The contract is deployed and its `init` has run, or the outcome says why not. */
  deploy(module: ContractModule, options: DeployOptions = {}): Called {
    const name = options.name ?? module.abi.contract;
    const hasInit = module.abi.methods.some(({ kind }) => kind === "init");
    const initArgs = hasInit ? encodeArguments(module.abi, "init", options.init ?? []) : ZERO_HASH.subarray(0, 0);
    this.#abis.set(name, module.abi);
    const args = { name, code: bytesToHex(module.wasm), initArgs: bytesToHex(initArgs) };
    const called = this.call(SYSTEM_CONTRACTS.lifecycle, "deploy", args, { sender: ADMIN, ...options });
    if (called.error !== null) this.#abis.delete(name);
    return called;
  }

  /**
   * The transaction was executed as a block of its own. @param args by name, or in order
   * @errors testing.unknownContract, those of encodeArguments; transaction.* when it cannot be in a block
   */
  call(contract: string, method: string, args: unknown, options: CallOptions = {}): Called {
    return this.callBytes(contract, method, encodeArguments(this.#abiOf(contract), method, args), options);
  }

  /** As `call`, with argument bytes that need not decode. */
  callBytes(contract: string, method: string, args: Uint8Array, options: CallOptions = {}): Called {
    const execution = new BlockExecution(
      { ...this.#services(options.trace), hashes: this.#hashes, isKnown: () => false },
      this.#block(),
    );
    const receipt = execution.add({
      chainId: this.#settings.chainId,
      algorithm: ALGORITHMS.ed25519,
      publicKey: this.#keyOf(options.sender ?? SENDER),
      contract,
      method,
      args,
      gasLimit: options.gasLimit ?? GAS_LIMIT,
      expiryHeight: this.#height,
      salt: this.#nextSalt(),
      signature: new Uint8Array(64),
    });
    if (receipt instanceof Rejected) throw receipt;
    this.#height += 1;
    this.gas.add(contract, method, receipt.gasUsed);
    return describeCall(receipt, receipt.events, { contract, method }, this.#contracts());
  }

  /** What a query of `method` answers; nothing can be written. @errors as of `call` */
  view(contract: string, method: string, args: unknown, options: CallOptions = {}): Called {
    const sender = this.#addressOfSigner(options.sender ?? SENDER);
    const tree = new CallTree(this.#services(options.trace), this.#block(), {
      transactionId: ZERO_HASH,
      sender,
      readOnly: true,
    });
    const request = { contract, method, args: encodeArguments(this.#abiOf(contract), method, args) };
    const result = tree.run({ ...request, gasLimit: options.gasLimit ?? GAS_LIMIT });
    this.gas.add(contract, method, result.gasUsed);
    return describeCall(result, tree.events, { contract, method }, this.#contracts());
  }

  /** The value of a storage cell (no parts) or map entry, undefined when there is none. */
  storage(contract: string, name: string, keyParts: readonly unknown[] = []): JsonValue | undefined {
    const abi = this.#abiOf(contract);
    const key = stateKey(contract, storageKey(abi, name, keyParts));
    const value = this.#state.get(key, key.length);
    const type = abi.storage.find((entry) => entry.name === name)!.value;
    return value === undefined ? undefined : decodeValue(abi, type, value);
  }

  snapshot(): Snapshot {
    return { checkpoint: this.#state.checkpoint(), height: this.#height, timeSeconds: this.#timeSeconds };
  }

  /** State, height and time are those of the snapshot. */
  restore(snapshot: Snapshot): void {
    this.#state.revertTo(snapshot.checkpoint);
    this.#height = snapshot.height;
    this.#timeSeconds = snapshot.timeSeconds;
  }

  #services(trace: Trace | undefined) {
    const machine = trace === undefined ? this.#machine : tracedMachine(this.#machine, trace);
    return { state: this.#state, machine, code: this.#code };
  }

  #abiOf(contract: string): ContractAbi {
    const abi = this.#abis.get(contract);
    if (abi !== undefined) return abi;
    throw new Rejected("testing.unknownContract", "no such contract was deployed", { value: contract });
  }

  #contracts() {
    return { abiOf: (name: string) => this.#abis.get(name), all: [...this.#abis.values()] };
  }

  #block(): BlockContext {
    return { settings: this.#settings, height: this.#height, timeSeconds: this.#timeSeconds };
  }

  #keyOf(signer: string): Uint8Array {
    return this.#hashes.sha256(utf8Bytes(`cinnabar test signer ${signer}`));
  }

  #addressOfSigner(signer: string): Uint8Array {
    return addressOfKey(ALGORITHMS.ed25519, this.#keyOf(signer), this.#hashes);
  }

  #nextSalt(): Uint8Array {
    const salt = new Uint8Array(SALT_BYTES);
    this.#salt += 1;
    new DataView(salt.buffer).setUint32(0, this.#salt);
    return salt;
  }
}

/** A chain at height 1 with no contracts but the native ones. */
export function createTestChain(): TestChain {
  return new TestChain();
}
