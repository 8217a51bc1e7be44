/**
 * The machine: contracts by code hash (prepare.ts says why that is enough), and one call of one method from its
 * arguments to its outcome.
 *
 * A call takes an instance as new, arms its meters, runs the method, and reads how it ended from what the meters noted,
 * because it is the only witness that every engine agrees on:
 *
 *   it returned                    ok, with the bytes it wrote; out of gas when the counter is negative
 *   a host function ended it       what that function noted: revert, refused host call, callee failed, out of gas
 *   it trapped                     out of gas or stack when the meters noted that, else trap
 *
 * Revert, callee failed and ok cost what ran; the others the whole limit. Whatever is neither of these (the engine is
 * out of stack or memory, the environment threw) is a fault of the node: it is thrown as a NodeError and there is no
 * result.
 *
 * Calls nest when the environment runs a callee on the same machine. All frames of a transaction share one stack
 * budget: a callee starts with what its caller has left, less a share for the host's own frames between them, so that
 * eight contracts on one another need no more of the engine's stack than one.
 */
import type { ContractVerifier, Hashes } from "../../accel/device.ts";
import { NodeError, Rejected } from "../errors.ts";
import { type GasSchedule, SCHEDULE_1, scheduleHash } from "../gas/schedule.ts";
import { ATTEMPT_ABORTED } from "../host/abort.ts";
import type { HostEnvironment } from "../host/environment.ts";
import { type DebugLog, EMPTY_BYTES, FRAME_ENDED, type Frame, type HostState } from "../host/frame.ts";
import { guardedDebugLog, guardedHashes, guardedVerifier } from "../host/guard.ts";
import { createImports } from "../host/registry.ts";
import { INSTRUMENTER_VERSION } from "../instrument/instrument.ts";
import { ENDINGS } from "../instrument/meters.ts";
import { LIMITS } from "../limits.ts";
import { type CallResult, OUTCOMES, type OutcomeCode, SYSTEM_REVERTS } from "../outcome.ts";
import { CompiledContract, type LoadedContract, type LoadResult } from "./contract.ts";
import { engineFault, isTrap } from "./engine.ts";
import type { Instance } from "./instance.ts";
import { type CompilationKey, compileModule, type PreparedContract } from "./prepare.ts";

export type { LoadedContract, LoadResult } from "./contract.ts";
export type { CompilationKey, PreparedContract } from "./prepare.ts";

export interface MachineOptions {
  readonly hashes: Hashes;
  readonly verifier: ContractVerifier;
  readonly schedule?: GasSchedule;
  /** Idle instances kept, over all contracts. Default 2048. */
  readonly instancesMax?: number;
  /** Contracts kept compiled. Default 4096. */
  readonly contractsMax?: number;
  /**
   * Makes the machine one of a test chain: it takes modules that import `debug_log`, whose lines come here. Without it
   * such a module is refused (`import.debugOnly`), as every real chain does.
   */
  readonly debugLog?: DebugLog;
}

export interface Machine {
  readonly scheduleHash: Uint8Array;
  readonly instrumenterVersion: number;
  /** True when it takes modules that only test chains do. */
  readonly allowsDebug: boolean;
  /**
   * The contract of these bytes is ready to run and kept, the one used longest ago let go if there are too many; or
   * every reason why it is refused. The same bytes again cost a hash.
   */
  load(code: Uint8Array): LoadResult;
  /** The contract with this hash of its original bytes, if it is still kept. */
  loaded(codeHash: Uint8Array): LoadedContract | undefined;
  /** The compiled form of a contract that is kept, for `adopt` of a machine on another thread. */
  prepared(codeHash: Uint8Array): PreparedContract | undefined;
  /**
   * The contract is kept as if `load` had been given its bytes, with an instance at hand, and true is returned. False, and
   * nothing was done: it is there already, or was prepared by another instrumenter, schedule or rule.
   */
  adopt(prepared: PreparedContract): boolean;
  /**
   * The outcome of one call of `method` with the argument bytes `input` and at most `gasLimit` gas.
   * A method the contract does not have is a revert with SYSTEM_REVERTS.unknownMethod that used no gas.
   * @errors Rejected gas.limit (not a safe integer of 0 or more); NodeError: any fault of the node, also of the
   *   environment; ATTEMPT_ABORTED when the verifier threw it: there is no result, and the caller undoes what was done
   */
  run(
    contract: LoadedContract,
    method: string,
    input: Uint8Array,
    gasLimit: number,
    environment: HostEnvironment,
  ): CallResult;
}

/**
 * The price of a call does not know whether its contract is at hand (it must not), and making one ready costs a thousand
 * times what a call does: the caches must be larger than the set of contracts that a chain's admins deploy.
 */
const CONTRACTS_MAX = 4096;
/** One of 1 page is 64 KiB of memory and some 10 GB of address space, of which a process has about 128 TB. */
const INSTANCES_MAX = 2048;

export function createMachine(options: MachineOptions): Machine {
  return new PooledMachine(options);
}

/** Host functions around those of a machine. */
export type ImportWrapper = (imports: WebAssembly.Imports, host: HostState) => WebAssembly.Imports;

/**
 * Runs contracts of `base`, compiled by it, with wrapped host functions and on instances of its own: what runs on one of
 * the two never meets the other.
 */
export function deriveRun(base: Machine, wrap: ImportWrapper): Machine["run"] {
  if (!(base instanceof PooledMachine)) throw new NodeError("vm.derive", "not a machine of this room");
  const derived = new PooledMachine(base.options, wrap);
  return (contract, ...call) => derived.run(derived.bind(contract), ...call);
}

class PooledMachine implements Machine {
  readonly scheduleHash: Uint8Array;
  readonly instrumenterVersion = INSTRUMENTER_VERSION;
  readonly allowsDebug: boolean;
  readonly options: MachineOptions;
  readonly #schedule: GasSchedule;
  readonly #host: HostState;
  readonly #imports: WebAssembly.Imports;
  readonly #instancesMax: number;
  readonly #contractsMax: number;
  /** By code hash in hex; the contract used longest ago comes first. */
  readonly #contracts = new Map<string, CompiledContract>();
  #idleInstances = 0;

  constructor(options: MachineOptions, wrap: ImportWrapper = (imports) => imports) {
    this.options = options;
    this.#schedule = options.schedule ?? SCHEDULE_1;
    this.#instancesMax = options.instancesMax ?? INSTANCES_MAX;
    this.#contractsMax = options.contractsMax ?? CONTRACTS_MAX;
    this.#host = {
      hashes: guardedHashes(options.hashes),
      verifier: guardedVerifier(options.verifier),
      frame: null,
      events: 0,
      debugLog: options.debugLog && guardedDebugLog(options.debugLog),
    };
    this.allowsDebug = options.debugLog !== undefined;
    this.#imports = wrap(createImports(this.#host), this.#host);
    this.scheduleHash = scheduleHash(this.#host.hashes.sha256, this.#schedule);
  }

  load(code: Uint8Array): LoadResult {
    const codeHash = this.#host.hashes.sha256(code);
    const known = this.#find(codeHash);
    if (known !== undefined) return { ok: true, contract: known };
    const compiled = compileModule(code, this.#schedule, { debug: this.allowsDebug });
    if (!compiled.ok) return compiled;
    return { ok: true, contract: this.#keep({ codeHash, ...compiled }) };
  }

  loaded(codeHash: Uint8Array): LoadedContract | undefined {
    return this.#find(codeHash);
  }

  prepared(codeHash: Uint8Array): PreparedContract | undefined {
    const contract = this.#find(codeHash);
    if (contract === undefined) return undefined;
    const { scheduleHash, instrumenterVersion, allowsDebug } = this;
    return { codeHash, scheduleHash, instrumenterVersion, allowsDebug, facts: contract.facts, module: contract.module };
  }

  adopt(prepared: PreparedContract): boolean {
    if (!this.#isOfThisKind(prepared) || this.#find(prepared.codeHash) !== undefined) return false;
    const contract = this.#keep(prepared);
    this.#giveBack(contract, this.#take(contract));
    return true;
  }

  #isOfThisKind(key: CompilationKey): boolean {
    return (
      key.instrumenterVersion === this.instrumenterVersion &&
      key.allowsDebug === this.allowsDebug &&
      hexOf(key.scheduleHash) === hexOf(this.scheduleHash)
    );
  }

  /** The contract of another machine of the same kind, bound to this one's host functions. */
  bind(loaded: LoadedContract): LoadedContract {
    return this.#find(loaded.codeHash) ?? this.#remember(compiledContract(loaded).boundTo(this.#imports));
  }

  run(
    contract: LoadedContract,
    method: string,
    input: Uint8Array,
    gasLimit: number,
    environment: HostEnvironment,
  ): CallResult {
    const compiled = compiledContract(contract);
    if (!Number.isSafeInteger(gasLimit) || gasLimit < 0) {
      throw new Rejected("gas.limit", "a gas limit is a whole number below 2^53", { value: String(gasLimit) });
    }
    const methodIndex = compiled.methodIndex(method);
    if (methodIndex < 0) return result(OUTCOMES.revert, SYSTEM_REVERTS.unknownMethod, EMPTY_BYTES, 0);
    if (gasLimit < compiled.limitMin) return result(OUTCOMES.outOfGas, 0, EMPTY_BYTES, gasLimit);
    const instance = this.#take(compiled);
    instance.arm(gasLimit - compiled.frameGas, this.#stackBytes());
    instance.frame.enter(environment, input);
    return this.#enter(compiled, instance, instance.method(methodIndex, method), gasLimit);
  }

  /**
   * Runs the method, its frame innermost while it runs; the events of a failed frame are taken off again. The instance
   * is kept for the next call unless it trapped, has grown, or a fault of the node came out of it.
   */
  #enter(contract: CompiledContract, instance: Instance, method: () => void, gasLimit: number): CallResult {
    const host = this.#host;
    const outer = host.frame;
    if (outer === null) host.events = 0;
    const events = host.events;
    host.frame = instance.frame;
    try {
      const ending = execute(method);
      if (ending === ABORTED) {
        this.#giveBack(contract, instance);
        throw ATTEMPT_ABORTED;
      }
      const ended = settle(instance.frame, ending, gasLimit);
      if (ended.outcome !== OUTCOMES.ok) host.events = events;
      if (ending !== TRAPPED) this.#giveBack(contract, instance);
      return ended;
    } finally {
      host.frame = outer;
    }
  }

  #stackBytes(): number {
    const caller = this.#host.frame;
    return caller === null ? LIMITS.stackBytes : caller.guest.stackLeft() - LIMITS.stackCallBytes;
  }

  #take(contract: CompiledContract): Instance {
    if (contract.idleCount > 0) this.#idleInstances -= 1;
    return contract.take();
  }

  #giveBack(contract: CompiledContract, instance: Instance): void {
    if (!contract.giveBack(instance)) return;
    this.#idleInstances += 1;
    if (this.#idleInstances <= this.#instancesMax) return;
    for (const oldest of this.#contracts.values()) {
      if (!oldest.dropIdle()) continue;
      this.#idleInstances -= 1;
      return;
    }
  }

  #find(codeHash: Uint8Array): CompiledContract | undefined {
    const key = hexOf(codeHash);
    const contract = this.#contracts.get(key);
    if (contract === undefined) return undefined;
    this.#contracts.delete(key);
    this.#contracts.set(key, contract);
    return contract;
  }

  #keep({ codeHash, facts, module }: Pick<PreparedContract, "codeHash" | "facts" | "module">): CompiledContract {
    const parts = { codeHash, facts, module, schedule: this.#schedule, imports: this.#imports };
    return this.#remember(new CompiledContract(parts));
  }

  #remember(contract: CompiledContract): CompiledContract {
    this.#contracts.set(hexOf(contract.codeHash), contract);
    if (this.#contracts.size > this.#contractsMax) this.#forgetOldest();
    return contract;
  }

  #forgetOldest(): void {
    const [oldestKey, oldest] = this.#contracts.entries().next().value!;
    this.#contracts.delete(oldestKey);
    oldest.isKept = false;
    while (oldest.dropIdle()) this.#idleInstances -= 1;
  }
}

function compiledContract(contract: LoadedContract): CompiledContract {
  if (contract instanceof CompiledContract) return contract;
  throw new NodeError("vm.contract", "not a contract of a machine");
}

const RETURNED = 0;
const ENDED = 1;
const TRAPPED = 2;
/** The attempt is given up: no ending of the frame, which never was. The engine's way out is that of ENDED. */
const ABORTED = 3;
type Ending = typeof RETURNED | typeof ENDED | typeof TRAPPED | typeof ABORTED;

/** How the method's code was left. */
function execute(method: () => void): Ending {
  try {
    method();
    return RETURNED;
  } catch (error) {
    if (error === FRAME_ENDED) return ENDED;
    if (error === ATTEMPT_ABORTED) return ABORTED;
    if (isTrap(error)) return TRAPPED;
    throw engineFault(error);
  }
}

/** The outcome of a frame whose code has been left. */
function settle(frame: Frame, ending: Exclude<Ending, typeof ABORTED>, gasLimit: number): CallResult {
  if (ending === TRAPPED) return settleTrapped(frame.guest as Instance, gasLimit);
  const left = frame.guest.gasLeft();
  if (left < 0) return result(OUTCOMES.outOfGas, 0, EMPTY_BYTES, gasLimit);
  if (ending === RETURNED) return result(OUTCOMES.ok, 0, frame.output, gasLimit - left);
  return settleEnded(frame, gasLimit - left, gasLimit);
}

/** A trap of the meters says why; any other is the contract's own. */
function settleTrapped(instance: Instance, gasLimit: number): CallResult {
  switch (instance.ending) {
    case ENDINGS.none:
      return result(OUTCOMES.trap, 0, EMPTY_BYTES, gasLimit);
    case ENDINGS.outOfGas:
      return result(OUTCOMES.outOfGas, 0, EMPTY_BYTES, gasLimit);
    case ENDINGS.stack:
      return result(OUTCOMES.stack, 0, EMPTY_BYTES, gasLimit);
    default:
      throw new NodeError("engine.memory", "the engine refused memory that a contract may have");
  }
}

function settleEnded(frame: Frame, gasUsed: number, gasLimit: number): CallResult {
  const outcome = frame.endOutcome;
  if (outcome === null) throw new NodeError("vm.ending", "a frame was ended without an outcome");
  const costsAll = outcome !== OUTCOMES.revert && outcome !== OUTCOMES.calleeFailed;
  return result(outcome, frame.endCode, frame.endMessage, costsAll ? gasLimit : gasUsed);
}

function result(outcome: OutcomeCode, revertCode: number, output: Uint8Array, gasUsed: number): CallResult {
  return { outcome, revertCode, output, gasUsed };
}

function hexOf(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
