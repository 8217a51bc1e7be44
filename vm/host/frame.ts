/**
 * One running call of one contract, as the host functions see it, and how a host function ends it.
 *
 * The host functions are made once per machine and find their frame through `HostState`: calls are synchronous and
 * properly nested, so the innermost frame is always the one whose contract called. A host function that ends the
 * frame notes how and throws FRAME_ENDED, which unwinds the contract's code; the machine knows it by identity. It is
 * one object for all, because it carries nothing.
 */
import type { ContractVerifier, Hashes } from "../../accel/device.ts";
import type { HostFunction } from "../abi.ts";
import { HOST_FUNCTIONS } from "../abi.ts";
import { NodeError } from "../errors.ts";
import { HOST_REFUSALS, OUTCOMES, type OutcomeCode } from "../outcome.ts";
import type { HostEnvironment } from "./environment.ts";
import { GuardedEnvironment } from "./guard.ts";

/** What the host functions use of the instance that runs. */
export interface Guest {
  /** The whole memory; empty when the contract has none. */
  memoryBytes(): Uint8Array;
  /** Takes high * 2^32 + low from the gas (both unsigned); 1 when it is now negative. */
  charge(low: number, high: number): number;
  /** The gas left, a safe integer; negative when out of gas. */
  gasLeft(): number;
  /** Bytes of metered stack left. */
  stackLeft(): number;
}

export const EMPTY_BYTES = new Uint8Array(0);
export const FRAME_ENDED: unique symbol = Symbol("frame ended");

const TWO_32 = 2 ** 32;

/** An instance has one frame for all its calls: it runs one at a time, and making frames anew is a tenth of a call. */
export class Frame {
  readonly guest: Guest;
  readonly environment = new GuardedEnvironment();
  input: Uint8Array = EMPTY_BYTES;
  output: Uint8Array = EMPTY_BYTES;
  /** The result register: what the last call with a long result left, and result_read copies out. */
  register: Uint8Array = EMPTY_BYTES;
  /** How a host function ended the frame; null while none has. */
  endOutcome: OutcomeCode | null = null;
  endCode = 0;
  endMessage: Uint8Array = EMPTY_BYTES;

  constructor(guest: Guest) {
    this.guest = guest;
  }

  /** The frame, which is as new, is for a call with these argument bytes in this environment. */
  enter(environment: HostEnvironment, input: Uint8Array): void {
    this.environment.enter(environment);
    this.input = input;
  }

  /** The frame is as new and holds nothing of the call. */
  leave(): void {
    this.environment.leave();
    this.input = EMPTY_BYTES;
    this.output = EMPTY_BYTES;
    this.register = EMPTY_BYTES;
    this.endOutcome = null;
    this.endCode = 0;
    this.endMessage = EMPTY_BYTES;
  }

  /** The whole memory of the contract; valid until its code runs on. */
  get memory(): Uint8Array {
    return this.guest.memoryBytes();
  }

  /** Ends the frame; never returns. */
  end(outcome: OutcomeCode, code: number, message: Uint8Array): never {
    this.endOutcome = outcome;
    this.endCode = code;
    this.endMessage = message;
    throw FRAME_ENDED;
  }

  refuse(refusal: keyof typeof HOST_REFUSALS): never {
    return this.end(OUTCOMES.refusedHostCall, HOST_REFUSALS[refusal], EMPTY_BYTES);
  }

  /** Takes gas that only the host could know (a safe integer, 0 or more); ends the frame when there is not enough. */
  charge(gas: number): void {
    if (gas === 0) return;
    if (this.guest.charge(gas | 0, Math.floor(gas / TWO_32)) !== 0) this.end(OUTCOMES.outOfGas, 0, EMPTY_BYTES);
  }

  /** Ends the frame when it may not write. */
  requireWritable(): void {
    if (this.environment.readOnly) this.refuse("readOnly");
  }
}

/** Takes a line that a contract logged, on a chain that has a log. */
export type DebugLog = (contract: string, text: string) => void;

/** What one machine's host functions share. */
export interface HostState {
  readonly hashes: Hashes;
  readonly verifier: ContractVerifier;
  /** The innermost frame; null between calls. */
  frame: Frame | null;
  /** Events of the transaction so far; those of a failed frame are taken off again. */
  events: number;
  /** Where `debug_log` goes; without it no module that imports it is admitted. */
  readonly debugLog?: DebugLog | undefined;
}

export function currentFrame(host: HostState): Frame {
  if (host.frame === null) throw new NodeError("host.noFrame", "a host function was called outside of a call");
  return host.frame;
}

const ROWS: ReadonlyMap<string, HostFunction> = new Map(HOST_FUNCTIONS.map((row) => [row.name, row]));

/** The gas per entry that the ABI table gives the function. */
export function gasPerResultEntry(name: string): number {
  return ROWS.get(name)?.cost.perResultEntry ?? 0;
}

/** The gas per byte of the result that the ABI table gives the function. */
export function gasPerResultByte(name: string): number {
  return ROWS.get(name)?.cost.perResultByte ?? 0;
}
