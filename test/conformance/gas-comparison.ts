/** The calls of a script of the suite, by the reference interpreter and by the meter, in every module it can run. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEDULE_1 } from "../../vm/gas/schedule.ts";
import { instrument } from "../../vm/instrument/instrument.ts";
import { Interpreter } from "../reference/interpreter.ts";
import { Unsupported, type Value } from "../reference/module.ts";
import { argumentOf, attempt, type Command, type Exports, shown } from "./wast-script.ts";

const GAS = 10_000_000;
/** Without the limits the meters have no stack budget, so that the interpreter must not have one. */
const NO_STACK_LIMIT = Number.MAX_SAFE_INTEGER;

export class GasComparison {
  compared = 0;
  readonly differences: string[] = [];
  readonly #folder: string;
  /** Null: it cannot run the module. */
  #interpreter: Interpreter | null = null;
  #exports: Exports = {};

  constructor(folder: string) {
    this.#folder = folder;
  }

  run(commands: readonly Command[], script: string): void {
    for (const command of commands) {
      if (command.type === "module") this.#load(command.filename!);
      // Endless recursion meets the engine's own limit here, which is lifted on neither side.
      else if (command.action?.type === "invoke" && command.type !== "assert_exhaustion") {
        this.#act(command, `${script}:${command.line}`);
      }
    }
  }

  #load(filename: string): void {
    this.#interpreter = null;
    const bytes = new Uint8Array(readFileSync(join(this.#folder, filename)));
    try {
      this.#interpreter = new Interpreter(bytes);
    } catch (error) {
      if (error instanceof Unsupported) return;
      throw error;
    }
    const metered = instrument(bytes, SCHEDULE_1, { profile: false, limits: false });
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(metered)).exports;
  }

  #act(command: Command, where: string): void {
    const action = command.action!;
    if (this.#interpreter === null || action.module !== undefined) return;
    const args = (action.args ?? []).map(argumentOf) as Value[];
    const { ending, results, gasUsed } = this.#interpreter.call(action.field, args, GAS, NO_STACK_LIMIT);
    const counter = this.#exports.__cinnabar_gas as { value: bigint };
    counter.value = BigInt(GAS);
    const found = attempt(() => shownAll((this.#exports[action.field] as (...values: Value[]) => unknown)(...args)));
    const used = BigInt(GAS) - counter.value;
    this.compared += 1;
    const wanted = ending === "returned" ? shownAll(results) : "RuntimeError";
    // Of a trap only that it was one can be compared: the counter is not exact then.
    const isSame = found === wanted && (ending !== "returned" || used === BigInt(gasUsed));
    if (!isSame) this.differences.push(`${where}: ${ending} ${gasUsed} ${wanted} | ${found} ${used}`);
  }
}

function shownAll(results: unknown): string {
  if (!Array.isArray(results)) return shown(results);
  return results.length === 0 ? shown(undefined) : results.map(shown).join();
}
