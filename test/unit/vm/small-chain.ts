/**
 * A chain of a few lines for tests of the vm: contracts by name, one map of state with a checkpoint per frame, a log
 * of effects.
 */
import { createHash } from "node:crypto";
import type { ContractVerifier, Hashes } from "../../../accel/device.ts";
import { createMachine, type LoadedContract, type Machine } from "../../../vm/execute/machine.ts";
import { type GasSchedule, SCHEDULE_1 } from "../../../vm/gas/schedule.ts";
import { changedCounter } from "../../../vm/host/counter-value.ts";
import type { CallContext, CallRequest, HostEnvironment, StorageEntry } from "../../../vm/host/environment.ts";
import type { DebugLog } from "../../../vm/host/frame.ts";
import { type CallResult, HOST_REFUSALS, OUTCOMES, SYSTEM_REVERTS } from "../../../vm/outcome.ts";

const digest = (name: string) => (message: Uint8Array) => new Uint8Array(createHash(name).update(message).digest());

/** Keccak-256 is stood in for by SHA3-256, BLAKE3 by SHA-512/256: only the plumbing is tested with them. */
export const testHashes: Hashes = {
  sha256: digest("sha256"),
  sha512: digest("sha512"),
  sm3: digest("sm3"),
  keccak256: digest("sha3-256"),
  blake2b256: digest("blake2s256"),
  blake2b512: digest("blake2b512"),
  blake3: digest("sha512-256"),
};

/** A signature counts when it begins with a 1. */
const isOne = (signature: Uint8Array): boolean => signature[0] === 1;

export const testVerifier: ContractVerifier = {
  verify: (_algorithm, _key, signature) => isOne(signature),
  verifyMany: (items) => {
    const verdicts = new Uint8Array((items.length + 7) >> 3);
    for (const [i, { signature }] of items.entries()) if (isOne(signature)) verdicts[i >> 3]! |= 1 << (i & 7);
    return verdicts;
  },
  recoverSecp256k1: (_digest, signature) => (isOne(signature) ? new Uint8Array(33).fill(7) : undefined),
  blsFastAggregateVerify: (_keys, _message, signature) => isOne(signature),
  blsAggregateVerify: (_keys, _messages, signature) => isOne(signature),
  blsPopVerify: (_key, proof) => isOne(proof),
};

/** A machine of a test chain; `debugLog` takes what contracts log. */
export function testMachine(debugLog: DebugLog = () => undefined): Machine {
  return createMachine({ hashes: testHashes, verifier: testVerifier, debugLog });
}

/** Frames need no more than they cost, so that a small program can run out of gas at every place. */
export const SCHEDULE_WITHOUT_MINIMUM: GasSchedule = {
  ...SCHEDULE_1,
  costs: { ...SCHEDULE_1.costs, instance: { ...SCHEDULE_1.costs.instance, gas: 0 } },
};

export function machineWithoutMinimum(): Machine {
  return createMachine({ hashes: testHashes, verifier: testVerifier, schedule: SCHEDULE_WITHOUT_MINIMUM });
}

export const ADDRESS_BYTES = 32;
const NO_BYTES = new Uint8Array(0);
const DEPTH_MAX = 8;

export interface RunOptions {
  readonly gas?: number;
  readonly input?: Uint8Array;
  readonly readOnly?: boolean;
}

export class SmallChain {
  readonly machine: Machine;
  readonly contracts = new Map<string, LoadedContract>();
  state = new Map<string, Uint8Array>();
  events: { name: string; topics: readonly Uint8Array[]; data: Uint8Array }[] = [];
  /** Every call that reached the environment, in order, undone or not. */
  readonly log: string[] = [];
  /** Called before each effect; a test throws from it. */
  onEffect: (name: string) => void = () => {};
  /** Called before each entry of a scan with its place in it. */
  onEntry: (index: number) => void = () => {};

  constructor(machine: Machine = testMachine()) {
    this.machine = machine;
  }

  /** Loads the code under a name. */
  deploy(name: string, code: Uint8Array): this {
    const result = this.machine.load(code);
    if (!result.ok) throw new TypeError(`refused: ${JSON.stringify(result.reasons)}`);
    this.contracts.set(name, result.contract);
    return this;
  }

  run(name: string, method: string, options: RunOptions = {}): CallResult {
    const request = { contract: name, method, args: options.input ?? NO_BYTES, gasLimit: options.gas ?? 10_000_000 };
    return this.#call(request, [], options.readOnly ?? false);
  }

  #call(request: CallRequest, callers: readonly string[], readOnly: boolean): CallResult {
    const refuse = (refusal: number): CallResult => answer(OUTCOMES.refusedHostCall, refusal);
    if (callers.length >= DEPTH_MAX) return refuse(HOST_REFUSALS.callDepth);
    if (callers.includes(request.contract)) return refuse(HOST_REFUSALS.reentrancy);
    const contract = this.contracts.get(request.contract);
    if (contract === undefined) return answer(OUTCOMES.revert, SYSTEM_REVERTS.unknownContract);
    const state = new Map(this.state);
    const events = [...this.events];
    const environment = this.#environment(request.contract, callers, readOnly);
    const result = this.machine.run(contract, request.method, request.args, request.gasLimit, environment);
    if (result.outcome !== OUTCOMES.ok) {
      this.state = state;
      this.events = events;
    }
    return result;
  }

  /** The order of hex texts is that of the bytes. */
  #entriesFrom(self: string, prefix: Uint8Array, start: Uint8Array): () => StorageEntry | undefined {
    const [first, from] = [prefix, start].map((bytes) => Buffer.from(bytes).toString("hex")) as [string, string];
    const keys = [...this.state.keys()]
      .flatMap((key) => (key.startsWith(`${self}/`) ? [key.slice(self.length + 1)] : []))
      .filter((key) => key.startsWith(first) && key >= from)
      .sort((left, right) => (left < right ? -1 : 1));
    let index = 0;
    return () => {
      this.onEntry(index++);
      const key = keys.shift();
      if (key === undefined) return undefined;
      this.log.push("entry");
      return { key: new Uint8Array(Buffer.from(key, "hex")), value: this.state.get(`${self}/${key}`)! };
    };
  }

  #environment(self: string, callers: readonly string[], readOnly: boolean): HostEnvironment {
    const note = (name: string): void => {
      this.onEffect(name);
      this.log.push(name);
    };
    const at = (key: Uint8Array): string => `${self}/${Buffer.from(key).toString("hex")}`;
    return {
      context: contextOf(self, callers.at(-1) ?? ""),
      readOnly,
      storageGet: (key) => {
        note("get");
        return this.state.get(at(key));
      },
      storagePut: (key, value) => {
        note("put");
        this.state.set(at(key), value);
      },
      storageDelete: (key) => {
        note("delete");
        return this.state.delete(at(key));
      },
      storageScan: (prefix, start) => {
        note("scan");
        return { next: this.#entriesFrom(self, prefix, start) };
      },
      counterAdd: (key, change) => {
        note("add");
        const changed = changedCounter(this.state.get(at(key)), change);
        if (typeof changed === "string") return changed;
        this.state.set(at(key), changed);
        return "added";
      },
      emitEvent: (name, topics, data) => {
        note("emit");
        this.events.push({ name, topics, data });
      },
      call: (request) => {
        note("call");
        return this.#call(request, [...callers, self], readOnly);
      },
    };
  }
}

function answer(outcome: CallResult["outcome"], revertCode: number): CallResult {
  return { outcome, revertCode, output: NO_BYTES, gasUsed: 0 };
}

/** Addresses are 32 bytes that all say who it is: 1 the sender, 2 the caller, 3 the contract, 4 the transaction. */
function contextOf(selfContract: string, callerContract: string): CallContext {
  const filled = (byte: number): Uint8Array => new Uint8Array(ADDRESS_BYTES).fill(byte);
  return {
    chainId: "small-chain",
    height: 77,
    timeSeconds: 1_700_000_000,
    transactionId: filled(4),
    sender: filled(1),
    caller: filled(callerContract === "" ? 1 : 2),
    callerContract,
    self: filled(3),
    selfContract,
  };
}
