/**
 * Contracts ready to run: admitted, instrumented, admitted again, compiled, with instances at hand.
 *
 * Everything here can be made again from the original bytes at any time and changes nothing but the time a call
 * takes. A machine holds contracts under the hash of their original bytes; instrumenter version and schedule are
 * fixed for a machine, so they are not part of the key inside of it.
 */
import { type AdmissionOptions, admit, admitInstrumented, type ModuleFacts, type Reason } from "../admission/admit.ts";
import { NodeError } from "../errors.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import { instrumentAdmitted } from "../instrument/instrument.ts";
import { METHOD_EXPORT_PREFIX } from "../limits.ts";
import { compile, instantiate } from "./engine.ts";
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

export type CompileResult =
  | { readonly ok: true; readonly contract: CompiledContract }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

export class CompiledContract implements LoadedContract {
  readonly codeHash: Uint8Array;
  readonly facts: ModuleFacts;
  readonly methods: readonly string[];
  readonly frameGas: number;
  readonly limitMin: number;
  readonly #module: WebAssembly.Module;
  readonly #imports: WebAssembly.Imports;
  readonly #methodIndexes: ReadonlyMap<string, number>;
  readonly #idle: Instance[] = [];
  /** False once the machine has let the contract go: it still runs, but keeps no instances. */
  isKept = true;
  #image: MemoryImage | null = null;

  constructor(parts: {
    readonly codeHash: Uint8Array;
    readonly facts: ModuleFacts;
    readonly schedule: GasSchedule;
    readonly module: WebAssembly.Module;
    readonly imports: WebAssembly.Imports;
  }) {
    const { frame, framePages, instance } = parts.schedule.costs;
    this.codeHash = parts.codeHash;
    this.facts = parts.facts;
    this.frameGas = frame.gas + framePages.gas * (parts.facts.memory?.initialPages ?? 0);
    this.limitMin = this.frameGas + instance.gas;
    this.#module = parts.module;
    this.#imports = parts.imports;
    this.methods = methodsOf(parts.facts);
    this.#methodIndexes = new Map(this.methods.map((name, index) => [name, index]));
  }

  /** The place of a method in `methods`; -1 when the contract has none of this name. */
  methodIndex(name: string): number {
    return this.#methodIndexes.get(name) ?? -1;
  }

  get idleCount(): number {
    return this.#idle.length;
  }

  /** An instance as new, which is the caller's own until `giveBack`. */
  take(): Instance {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const instance = new Instance(instantiate(this.#module, this.#imports));
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

/** Admits, instruments, admits the result and compiles it; or says why the module is refused. @errors engine.* (NodeError) */
export function compileContract(
  code: Uint8Array,
  codeHash: Uint8Array,
  schedule: GasSchedule,
  imports: WebAssembly.Imports,
  options: AdmissionOptions = {},
): CompileResult {
  const admission = admit(code, options);
  if (!admission.accepted) return refusal(admission.reasons);
  const { facts } = admission;
  const instrumented = instrumentAdmitted(code, facts, schedule);
  const second = admitInstrumented(instrumented, options);
  if (!second.accepted) return refusal(second.reasons);
  const module = compile(instrumented);
  return { ok: true, contract: new CompiledContract({ codeHash, facts, schedule, module, imports }) };
}

/**
 * What our reader refuses, every node refuses. Where only the engine disagrees with it, another engine may not: such a
 * verdict must not become a receipt, so the node stops instead.
 * @errors engine.validate (NodeError)
 */
function refusal(reasons: readonly Reason[]): CompileResult {
  if (reasons.some(({ code }) => code === "module.engineRefused")) {
    throw new NodeError("engine.validate", "the engine refuses a module that our own reader accepts");
  }
  return { ok: false, reasons };
}

function methodsOf(facts: ModuleFacts): string[] {
  return facts.exports
    .filter((each) => each.kind === "function" && each.name.startsWith(METHOD_EXPORT_PREFIX))
    .map((each) => each.name.slice(METHOD_EXPORT_PREFIX.length));
}
