/**
 * Contracts ready to run: compiled (prepare.ts), with instances at hand.
 *
 * Everything here can be made again from the original bytes at any time and changes nothing but the time a call takes.
 */
import type { ModuleFacts, Reason } from "../admission/admit.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import { METHOD_EXPORT_PREFIX } from "../limits.ts";
import { instantiate } from "./engine.ts";
import { Instance, MemoryImage } from "./instance.ts";

/** A contract that `Machine.run` takes. */
export interface LoadedContract {
  /** SHA-256 of the original bytes. */
  readonly codeHash: Uint8Array;
  /** Of the original module. */
  readonly facts: ModuleFacts;
  /** Names of its methods, `init` among them when it has one, in the order of its exports. */
  readonly methods: readonly string[];
  /** Gas every call of a method costs before it runs. */
  readonly frameGas: number;
  /**
   * The least gas limit with which a method runs: the price of the frame and of an instance. A trap costs the whole
   * limit, so whoever makes an instance useless has paid for the next one.
   */
  readonly limitMin: number;
}

export type LoadResult =
  | { readonly ok: true; readonly contract: LoadedContract }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

interface ContractParts {
  readonly codeHash: Uint8Array;
  readonly facts: ModuleFacts;
  readonly schedule: GasSchedule;
  readonly module: WebAssembly.Module;
  readonly imports: WebAssembly.Imports;
}

export class CompiledContract implements LoadedContract {
  readonly codeHash: Uint8Array;
  readonly facts: ModuleFacts;
  readonly methods: readonly string[];
  readonly frameGas: number;
  readonly limitMin: number;
  readonly #parts: ContractParts;
  readonly #methodIndexes: ReadonlyMap<string, number>;
  readonly #idle: Instance[] = [];
  /** False once the machine has let the contract go: it still runs, but keeps no instances. */
  isKept = true;
  #image: MemoryImage | null = null;

  constructor(parts: ContractParts) {
    const { frame, framePages, instance } = parts.schedule.costs;
    this.codeHash = parts.codeHash;
    this.facts = parts.facts;
    this.frameGas = frame.gas + framePages.gas * (parts.facts.memory?.initialPages ?? 0);
    this.limitMin = this.frameGas + instance.gas;
    this.#parts = parts;
    this.methods = methodsOf(parts.facts);
    this.#methodIndexes = new Map(this.methods.map((name, index) => [name, index]));
  }

  /** The place of a method in `methods`; -1 when the contract has none of this name. */
  methodIndex(name: string): number {
    return this.#methodIndexes.get(name) ?? -1;
  }

  /** The same compiled module with instances of its own, bound to other host functions. */
  boundTo(imports: WebAssembly.Imports): CompiledContract {
    return new CompiledContract({ ...this.#parts, imports });
  }

  get module(): WebAssembly.Module {
    return this.#parts.module;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** An instance as new, which is the caller's own until `giveBack`. */
  take(): Instance {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const instance = new Instance(instantiate(this.#parts.module, this.#parts.imports));
    this.#image ??= new MemoryImage(instance.memoryBytes());
    return instance;
  }

  /** Keeps the instance for the next call with its memory as new; false when it cannot be used again. */
  giveBack(instance: Instance): boolean {
    if (!this.isKept || this.#image === null || !this.#image.restore(instance.memoryBytes())) return false;
    instance.frame.leave();
    this.#idle.push(instance);
    return true;
  }

  /** Lets one idle instance go; false when there is none. */
  dropIdle(): boolean {
    return this.#idle.pop() !== undefined;
  }
}

function methodsOf(facts: ModuleFacts): string[] {
  return facts.exports
    .filter((each) => each.kind === "function" && each.name.startsWith(METHOD_EXPORT_PREFIX))
    .map((each) => each.name.slice(METHOD_EXPORT_PREFIX.length));
}
