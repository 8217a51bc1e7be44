/**
 * One instance of an instrumented contract, and how it is made like new again.
 *
 * What a call can leave behind is the memory, the mutable globals and nothing else: the profile has no instruction
 * that changes a table, drops a segment or keeps a reference. Globals are set to their initial constants by the
 * module's own reset function, which also arms the meters. The memory is written over with a copy of the first
 * instance's, zeros behind its last other byte.
 *
 * All of it is written, whatever the call did. Without watching every store, which would cost each of them, nothing says
 * how far a contract wrote: its compiler's heap pointer is its own word, and to look for the last byte that is not zero
 * means to read everything, which is no faster. Measured for one page (Node 20.20, 2 vCPU): fill 0.64 us, a compare with
 * zeros 1.3, a search from the end by words 8.7. The engine's own bound, the size of the memory, is the only mark that
 * costs nothing and holds for any module, so a contract is compiled with as few pages as it needs.
 *
 * An instance is not used again when its memory has grown (it cannot be made smaller), nor after a trap. A trap leaves
 * nothing behind that is known, but the engine's way out of one is the least used of its ways. The price of the next
 * instance is covered: see `limitMin` of a contract.
 */
import { NodeError } from "../errors.ts";
import { EMPTY_BYTES, Frame, type Guest } from "../host/frame.ts";
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
  readonly frame: Frame = new Frame(this);
  /** By the method's place in the contract's list; a hole until it is first called. */
  readonly #methods: (Method | undefined)[] = [];
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

  /** The function of the contract's method `name`, which stands at `index` of its list. */
  method(index: number, name: string): Method {
    return this.#methods[index] ?? this.#findMethod(index, name);
  }

  #findMethod(index: number, name: string): Method {
    const method = this.#exports[METHOD_EXPORT_PREFIX + name];
    if (typeof method !== "function") throw new NodeError("vm.method", "a method of the module is not exported");
    while (this.#methods.length <= index) this.#methods.push(undefined);
    this.#methods[index] = method as Method;
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
