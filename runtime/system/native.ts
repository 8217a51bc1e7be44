/**
 * Native contracts: methods that the node itself runs, with a frame, gas and outcomes like any other contract's.
 *
 * Their code is not in the state, so it belongs to the protocol version, as the host functions do.
 */
import type { HostEnvironment } from "../../vm/host/environment.ts";
import { type CallResult, OUTCOMES, SYSTEM_REVERTS } from "../../vm/outcome.ts";
import { utf8Bytes } from "../format/codec.ts";
import type { ContractAbi } from "../format/contract-abi.ts";
import type { ChainSettings } from "../format/types.ts";

interface ModuleRefused {
  readonly ok: false;
  readonly reasonCodes: readonly string[];
}

/** What admission made of a module that is to be deployed. */
export type ModuleVerdict =
  | {
      readonly ok: true;
      readonly codeHash: Uint8Array;
      readonly abiHash: Uint8Array;
      /** Functions of the module's own. */
      readonly functionCount: number;
    }
  | ModuleRefused;

export type ModuleLoading = { readonly ok: true } | ModuleRefused;

/** A frame with what only the node's own contracts may do. */
export interface NativeFrame extends HostEnvironment {
  readonly settings: ChainSettings;
  /** Events of the transaction so far. */
  readonly eventCount: number;
  /** Reads and validates a module; the caller has charged for its bytes. */
  readModule(code: Uint8Array): ModuleVerdict;
  /** Instruments and compiles a module that was read; the caller has charged for its functions. */
  loadModule(code: Uint8Array): ModuleLoading;
  /** Runs `init` of a contract just recorded, with this frame's caller as its caller. */
  runInit(contract: string, args: Uint8Array, gasLimit: number): CallResult;
}

export interface NativeContract {
  readonly abi: ContractAbi;
  /** Total: every ending is a result. @param gasLimit safe integer; the result's gasUsed is at most that */
  run(method: string, args: Uint8Array, gasLimit: number, frame: NativeFrame): CallResult;
}

/** Counts what one native call has used. */
export class NativeGas {
  readonly limit: number;
  #used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  get left(): number {
    return this.limit - this.#used;
  }

  /** Counts `amount` and returns true, or returns false when so much is not left: the call is out of gas. */
  charge(amount: number): boolean {
    if (amount > this.left) return false;
    this.#used += amount;
    return true;
  }
}

const NOTHING = new Uint8Array(0);
const MESSAGE_BYTES_MAX = 1024;

export function succeed(gas: NativeGas, output: Uint8Array): CallResult {
  return { outcome: OUTCOMES.ok, revertCode: 0, output, gasUsed: gas.used };
}

export function outOfGas(gas: NativeGas): CallResult {
  return { outcome: OUTCOMES.outOfGas, revertCode: 0, output: NOTHING, gasUsed: gas.limit };
}

/** @param revertCode one of SYSTEM_REVERTS  @param message ASCII that begins with a stable dotted code; cut to 1 KiB */
export function giveUp(gas: NativeGas, revertCode: number, message: string): CallResult {
  const output = utf8Bytes(message).slice(0, MESSAGE_BYTES_MAX);
  return { outcome: OUTCOMES.revert, revertCode, output, gasUsed: gas.used };
}

export function refuse(gas: NativeGas, message: string): CallResult {
  return giveUp(gas, SYSTEM_REVERTS.refused, message);
}

/** A host refusal (outcome 5) of the frame: it costs the whole limit, as for any contract. */
export function refuseHostCall(gas: NativeGas, refusal: number): CallResult {
  return { outcome: OUTCOMES.refusedHostCall, revertCode: refusal, output: NOTHING, gasUsed: gas.limit };
}
