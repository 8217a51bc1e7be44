/**
 * What is decided about a module before anything is rewritten: which functions are static, which names the rewritten
 * ones take, and which ways lead into them.
 */
import binaryen from "binaryen";
import type { ModuleFacts } from "../admission/facts.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import type { CallKind, ChargeRules } from "./charges.ts";
import { gasOf, memoryCost } from "./cost.ts";
import type { Signature } from "./doors.ts";
import { hostFunctionOf, meteredHostName } from "./host-calls.ts";
import { type ExpressionRef, idOf, ir } from "./ir.ts";
import {
  type CallGraph,
  calleeStackBytes,
  findStaticFunctions,
  frameBytesOf,
  type StaticFunction,
} from "./static-functions.ts";

const CALL = idOf("Call");

/** Features with which functions can be reached in ways that do not pass our own tables. */
const OPEN_FEATURES = [
  "importedTable",
  "referenceTypes",
  "tableInstructions",
  "passiveSegments",
  "multipleTables",
] as const;

/** A function of the source: its name inside binaryen's module and its type. */
interface Source extends Signature {
  readonly name: string;
  readonly isImport: boolean;
}

export interface PlanRules {
  readonly schedule: GasSchedule;
  /** True when nobody but the module itself calls its table entries, even if it exports the table. */
  readonly isContract: boolean;
}

export class Plan {
  readonly statics: ReadonlyMap<string, StaticFunction>;
  /** True when every table entry is called by call_indirect of this module alone. */
  readonly isTableMetered: boolean;
  readonly imports: readonly binaryen.FunctionInfo[];
  readonly segments: readonly binaryen.ElementSegmentInfo[];
  readonly #graph: CallGraph;
  readonly #sources = new Map<string, Source>();
  readonly #ending = new Set<string>();
  readonly #exported: ReadonlySet<number>;
  readonly #inTable: ReadonlySet<string>;
  /** The most stack that a static function needs which some element segment names. */
  readonly #tableStackBytes: number;

  constructor(module: binaryen.Module, facts: ModuleFacts, { schedule, isContract }: PlanRules) {
    const memory = memoryCost(facts.memory === null ? 0 : facts.memory.maximumPages, schedule);
    const infos = functionInfos(module);
    this.imports = infos.slice(0, facts.importedFunctionCount);
    for (const { name, params, results, module: from } of infos) {
      this.#sources.set(name, { name, params, results, isImport: Boolean(from) });
    }
    for (const info of this.imports) {
      if (hostFunctionOf(info.module!, info.base!)?.endsFrame === true) this.#ending.add(info.name);
    }
    const own = infos.slice(facts.importedFunctionCount);
    this.#graph = {
      facts,
      costRules: (localCount) => ({ schedule, localCount, memory }),
      functions: own.map(({ name, body }, index) => ({
        name,
        body,
        fact: facts.functions[index]!,
        functionIndex: facts.importedFunctionCount + index,
      })),
      endsFrame: (index) => this.#ending.has(infos[index]!.name),
    };
    this.isTableMetered = isContract || !isOpen(facts);
    this.segments = this.isTableMetered ? elementSegments(module) : [];
    this.#inTable = new Set(this.segments.flatMap(({ data }) => data));
    this.#exported = new Set(facts.exports.flatMap(({ kind, index }) => (kind === "function" ? [index] : [])));
    this.statics = findStaticFunctions(this.#graph);
    this.#tableStackBytes = this.#mostStackInTable();
  }

  get functions() {
    return this.#graph.functions;
  }

  isInTable(name: string): boolean {
    return this.#inTable.has(name);
  }

  isExported(functionIndex: number): boolean {
    return this.#exported.has(functionIndex);
  }

  typeOf(name: string): Signature {
    return this.#sources.get(name)!;
  }

  callKind(target: string): CallKind {
    if (this.#ending.has(target)) return "ending";
    const callee = this.statics.get(target);
    if (callee === undefined) return "metered";
    return callee.mayEnd ? "staticEnding" : "static";
  }

  /** What costs how much in a function with this many parameters and declared locals. */
  chargeRules(localCount: number): ChargeRules {
    const rules = this.#graph.costRules(localCount);
    return {
      callKind: (target) => this.callKind(target),
      gasOf: (expression) => gasOf(expression, rules) + this.#priceOf(expression),
    };
  }

  /** Inside of a static function nothing is charged. */
  paidRules(): ChargeRules {
    return { callKind: (target) => this.callKind(target), gasOf: () => 0 };
  }

  /** Bytes of stack that a function takes for itself and the static ones that it calls, which look at nothing. */
  stackBytesOf(index: number): number {
    const { fact } = this.functions[index]!;
    const called = calleeStackBytes(this.#graph, fact, this.statics);
    return frameBytesOf(fact) + Math.max(called, fact.callsIndirectly ? this.#tableStackBytes : 0);
  }

  #mostStackInTable(): number {
    let most = 0;
    for (const name of this.#inTable) most = Math.max(most, this.statics.get(name)?.stackBytes ?? 0);
    return most;
  }

  /** The rewritten function of the module's own. */
  bodyName(name: string): string {
    return `cinnabar_body_${name}`;
  }

  /** What metered functions call in the place of a metered function or an import. */
  meteredTarget(name: string): string {
    return this.#sources.get(name)!.isImport ? meteredHostName(name) : this.bodyName(name);
  }

  /** What is called in the place of a static function, and by static functions. The door of an import has its name. */
  staticTarget(name: string): string {
    return this.#sources.get(name)!.isImport ? name : this.bodyName(name);
  }

  /** The function that stands in a table whose entries are called as metered functions. */
  entryName(name: string): string {
    return this.statics.has(name) ? `cinnabar_entry_${name}` : this.meteredTarget(name);
  }

  #priceOf(expression: ExpressionRef): number {
    if (binaryen.getExpressionId(expression) !== CALL) return 0;
    return this.statics.get(ir.Call.getTarget(expression))?.price ?? 0;
  }
}

function functionInfos(module: binaryen.Module): binaryen.FunctionInfo[] {
  const infos: binaryen.FunctionInfo[] = [];
  for (let index = 0; index < module.getNumFunctions(); index++) {
    infos.push(binaryen.getFunctionInfo(module.getFunctionByIndex(index)));
  }
  return infos;
}

function elementSegments(module: binaryen.Module): binaryen.ElementSegmentInfo[] {
  const segments: binaryen.ElementSegmentInfo[] = [];
  for (let index = 0; index < module.getNumElementSegments(); index++) {
    segments.push(binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(index)));
  }
  return segments;
}

function isOpen(facts: ModuleFacts): boolean {
  return (
    OPEN_FEATURES.some((feature) => facts.features.has(feature)) || facts.exports.some(({ kind }) => kind === "table")
  );
}
