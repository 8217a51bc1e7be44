/**
 * Runs the commands that wast2json makes of a script of the public WebAssembly suite, and says what came of each as a
 * line. Values of vectors cannot pass through JavaScript; their commands are left out. Imports nothing of the product:
 * other Node versions load this file.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Value {
  readonly type: string;
  readonly value: string;
}

export interface Action {
  readonly type: "invoke" | "get";
  readonly module?: string;
  readonly field: string;
  readonly args?: readonly Value[];
}

export interface Command {
  readonly type: string;
  readonly line: number;
  readonly name?: string;
  readonly as?: string;
  readonly filename?: string;
  readonly action?: Action;
}

export type Exports = Record<string, unknown>;

/** The module of a file of the script, compiled. */
export type Compile = (filename: string) => WebAssembly.Module;

const GAS = 2n ** 62n;

export function readCommands(file: string): readonly Command[] {
  return (JSON.parse(readFileSync(file, "utf8")) as { commands: Command[] }).commands;
}

export function compileFrom(folder: string, transform: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes): Compile {
  return (filename) => new WebAssembly.Module(transform(new Uint8Array(readFileSync(join(folder, filename)))));
}

/** One script's modules and what its commands gave, as one line for each command. */
export class ScriptRun {
  readonly lines: string[] = [];
  readonly #compile: Compile;
  readonly #showsGas: boolean;
  readonly #imports: Record<string, Exports>;
  readonly #named = new Map<string, Exports>();
  #current: Exports | null = null;

  /** @param options.showsGas lines of actions that returned say what they used, instead of what they gave */
  constructor(compile: Compile, options: { readonly showsGas?: boolean } = {}) {
    this.#compile = compile;
    this.#showsGas = options.showsGas ?? false;
    this.#imports = { spectest: spectest() };
  }

  run(commands: readonly Command[]): void {
    for (const command of commands) {
      const outcome = this.#outcomeOf(command);
      if (outcome !== null) this.lines.push(`${command.line} ${command.type}: ${outcome}`);
    }
  }

  #outcomeOf(command: Command): string | null {
    switch (command.type) {
      case "module":
        this.#current = null;
        return attempt(() => {
          this.#current = this.#instantiate(command.filename!);
          if (command.name !== undefined) this.#named.set(command.name, this.#current);
          return "made";
        });
      case "assert_unlinkable":
      case "assert_uninstantiable":
        return attempt(() => {
          this.#instantiate(command.filename!);
          return "made";
        });
      case "register":
        this.#imports[command.as!] = this.#instanceOf(command.name) ?? {};
        return null;
      case "action":
      case "assert_return":
      case "assert_trap":
      case "assert_exhaustion":
        return attempt(() => this.#act(command.action!));
      default:
        return null;
    }
  }

  #instantiate(filename: string): Exports {
    const imports = this.#imports as unknown as WebAssembly.Imports;
    return new WebAssembly.Instance(this.#compile(filename), imports).exports;
  }

  #instanceOf(name: string | undefined): Exports | null {
    return name === undefined ? this.#current : (this.#named.get(name) ?? null);
  }

  #act(action: Action): string {
    const exports = this.#instanceOf(action.module);
    if (exports === null) return "no instance";
    const found = exports[action.field];
    if (action.type === "get") return this.#showsGas ? "read" : shown((found as { value: unknown }).value);
    const args = (action.args ?? []).map(argumentOf);
    if (args.includes(NOT_PASSABLE)) return "not passable";
    const gas = exports.__cinnabar_gas as { value: bigint } | undefined;
    if (gas !== undefined) gas.value = GAS;
    const result = (found as (...values: unknown[]) => unknown)(...args);
    if (this.#showsGas) return `used ${GAS - gas!.value}`;
    return Array.isArray(result) ? result.map(shown).join() : shown(result);
  }
}

const NOT_PASSABLE = Symbol("not passable");

/** wast2json writes numbers as unsigned decimal bit patterns, and NaNs by kind. */
export function argumentOf({ type, value }: Value): unknown {
  const bits = new DataView(new ArrayBuffer(8));
  switch (type) {
    case "i32":
      return Number(BigInt.asIntN(32, BigInt(value)));
    case "i64":
      return BigInt.asIntN(64, BigInt(value));
    case "f32":
      if (value.startsWith("nan")) return Number.NaN;
      bits.setUint32(0, Number(value));
      return bits.getFloat32(0);
    case "f64":
      if (value.startsWith("nan")) return Number.NaN;
      bits.setBigUint64(0, BigInt(value));
      return bits.getFloat64(0);
    case "externref":
      return value === "null" ? null : Number(value);
    case "funcref":
      return value === "null" ? null : NOT_PASSABLE;
    default:
      return NOT_PASSABLE;
  }
}

export function shown(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  return Object.is(value, -0) ? "-0" : String(value);
}

/** What came of it; an error by its type only. */
export function attempt(work: () => string): string {
  try {
    return work();
  } catch (error) {
    return error instanceof Error ? error.constructor.name : "thrown";
  }
}

function spectest(): Exports {
  const engine = WebAssembly as unknown as Record<string, new (...args: unknown[]) => unknown>;
  const print = (): void => {};
  return {
    print,
    print_i32: print,
    print_i64: print,
    print_f32: print,
    print_f64: print,
    print_i32_f32: print,
    print_f64_f64: print,
    global_i32: 666,
    global_i64: 666n,
    global_f32: new engine.Global!({ value: "f32" }, 666.6),
    global_f64: new engine.Global!({ value: "f64" }, 666.6),
    table: new engine.Table!({ initial: 10, maximum: 20, element: "anyfunc" }),
    memory: new engine.Memory!({ initial: 1, maximum: 2 }),
  };
}
