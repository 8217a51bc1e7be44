/**
 * One instance of an instrumented contract, and how it is made like new again.
 *
 * What a call can leave behind is the memory, the mutable globals and nothing else: the profile has no instruction
 * that changes a table, drops a segment or keeps a reference. Globals are set to their initial constants by the
 * module's own reset function, which also arms the meters. The memory is written over with a copy of the first
 * instance's, zeros behind its last other byte. An instance whose memory has grown cannot be made smaller and is not
 * used again.
 *
 * A trap leaves nothing else behind either, so an instance is used again after one. To throw it away would cost a
 * hundred times the call (a new instance reserves its address space anew), which a contract could make its callers
 * pay for with traps at the price of small calls.
 */
import { NodeError } from "../errors.ts";
import { EMPTY_BYTES, type Guest } from "../host/frame.ts";
import { EXPORT_NAMES } from "../instrument/meters.ts";
import { METHOD_EXPORT_PREFIX } from "../limits.ts";

const TWO_32 = 2 ** 32;

type Method = () => void;

export class Instance implements Guest {
  readonly charge: (low: number, high: number) => number;
  readonly #exports: WebAssembly.Instance["exports"];
  readonly #memory: WebAssembly.Memory | null;
  readonly #gasLow: () => number;
  readonly #gasHigh: () => number;
  readonly #reset: (low: number, high: number, stackBytes: number) => void;
  readonly #stack: WebAssembly.Global<"i32">;
  readonly #ending: WebAssembly.Global<"i32">;
  readonly #methods = new Map<string, Method>();
  #bytes: Uint8Array = EMPTY_BYTES;

  constructor(instance: WebAssembly.Instance) {
    const exports = instance.exports;
    this.#exports = exports;
    this.#memory = (exports[EXPORT_NAMES.memory] as WebAssembly.Memory | undefined) ?? null;
    this.charge = exports[EXPORT_NAMES.charge] as (low: number, high: number) => number;
    this.#gasLow = exports[EXPORT_NAMES.gasLow] as () => number;
    this.#gasHigh = exports[EXPORT_NAMES.gasHigh] as () => number;
    this.#reset = exports[EXPORT_NAMES.reset] as (low: number, high: number, stackBytes: number) => void;
    this.#stack = exports[EXPORT_NAMES.stack] as WebAssembly.Global<"i32">;
    this.#ending = exports[EXPORT_NAMES.ending] as WebAssembly.Global<"i32">;
  }

  /** Gas is `gas` (a safe integer, 0 or more), the stack budget `stackBytes`, every mutable global as declared. */
  arm(gas: number, stackBytes: number): void {
    this.#reset(gas | 0, Math.floor(gas / TWO_32), stackBytes);
  }

  gasLeft(): number {
    return this.#gasHigh() * TWO_32 + (this.#gasLow() >>> 0);
  }

  stackLeft(): number {
    return this.#stack.value;
  }

  /**
   * One view for all calls. Taken anew when the memory has grown: growing detaches the buffer, and a detached view has
   * length 0 (WebAssembly JavaScript Interface, "refresh the memory buffer").
   */
  memoryBytes(): Uint8Array {
    if (this.#bytes.length === 0 && this.#memory !== null) this.#bytes = new Uint8Array(this.#memory.buffer);
    return this.#bytes;
  }

  /** Why the meters ended the run by a trap, one of ENDINGS. */
  get ending(): number {
    return this.#ending.value;
  }

  /** The function of a method that the contract has. */
  method(name: string): Method {
    const known = this.#methods.get(name);
    if (known !== undefined) return known;
    const method = this.#exports[METHOD_EXPORT_PREFIX + name];
    if (typeof method !== "function") throw new NodeError("vm.method", "a method of the module is not exported");
    this.#methods.set(name, method as Method);
    return method as Method;
  }
}

/** The memory an instance starts with. */
export class MemoryImage {
  readonly #bytes: Uint8Array;
  readonly #length: number;

  /** Taken from the memory of an instance that has not run. */
  constructor(bytes: Uint8Array) {
    this.#length = bytes.length;
    let used = bytes.length;
    while (used > 0 && bytes[used - 1] === 0) used -= 1;
    this.#bytes = bytes.slice(0, used);
  }

  /** The memory is as it was at the start; false when it has grown, and nothing was done. */
  restore(bytes: Uint8Array): boolean {
    if (bytes.length !== this.#length) return false;
    bytes.set(this.#bytes);
    bytes.fill(0, this.#bytes.length);
    return true;
  }
}
