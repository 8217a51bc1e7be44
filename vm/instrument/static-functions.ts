/**
 * Which functions carry no meters, what they cost and how much stack they need (docs/gas.md, "Static functions").
 *
 * A function is decided when all that it calls is: the ones without calls first, then their callers, and so on. What
 * is never decided calls itself in a circle and keeps its meters.
 */
import binaryen from "binaryen";
import type { FunctionFact, ModuleFacts } from "../admission/facts.ts";
import { LIMITS } from "../limits.ts";
import { type CostRules, gasOf } from "./cost.ts";
import { childrenOf, type ExpressionRef, idOf, ir } from "./ir.ts";

export interface StaticFunction {
  /** Gas that the caller pays for one call. */
  readonly price: number;
  /** Bytes of metered stack for its frame and those of the static functions that it calls. */
  readonly stackBytes: number;
  /** True when it can call a host function that ends the frame. */
  readonly mayEnd: boolean;
}

/** One function of the module's own, as the instrumenter finds it. */
export interface OwnFunction {
  readonly name: string;
  /** In the binary format, imports first. */
  readonly functionIndex: number;
  readonly body: ExpressionRef;
  readonly fact: FunctionFact;
}

export interface CallGraph {
  /** What an instruction of a function with so many parameters and locals costs. */
  readonly costRules: (localCount: number) => CostRules;
  readonly facts: ModuleFacts;
  readonly functions: readonly OwnFunction[];
  /** By index of the binary format: true for a host function that never returns. */
  readonly endsFrame: (importIndex: number) => boolean;
}

/** The static functions of the module by name. */
export function findStaticFunctions(graph: CallGraph): ReadonlyMap<string, StaticFunction> {
  const found = new Map<string, StaticFunction>();
  const { waiting, callers, ready } = orderOf(graph);
  for (let index = ready.pop(); index !== undefined; index = ready.pop()) {
    const own = graph.functions[index]!;
    const entry = staticFunction(graph, own, found);
    if (entry.price > graph.costRules(0).schedule.costs.staticMax.gas) continue;
    found.set(own.name, entry);
    for (const caller of callers.get(index) ?? []) {
      waiting[caller] = waiting[caller]! - 1;
      if (waiting[caller] === 0) ready.push(caller);
    }
  }
  return found;
}

/** Bytes of metered stack of the function's own frame. */
export function frameBytesOf(fact: FunctionFact): number {
  const slots = fact.params + fact.locals + fact.operandHeightMax;
  return LIMITS.stackFrameBytes + LIMITS.stackSlotBytes * slots + LIMITS.stackInstructionBytes * fact.instructions;
}

/** The most stack that a static function needs which this one calls directly. */
export function calleeStackBytes(
  graph: CallGraph,
  fact: FunctionFact,
  statics: ReadonlyMap<string, StaticFunction>,
): number {
  const { importedFunctionCount } = graph.facts;
  let most = 0;
  for (const callee of fact.callees) {
    const name = graph.functions[callee - importedFunctionCount]?.name;
    const bytes = name === undefined ? 0 : (statics.get(name)?.stackBytes ?? 0);
    if (bytes > most) most = bytes;
  }
  return most;
}

/** Functions that may be static, by the number of own functions that they wait for. */
function orderOf({ facts, functions, endsFrame }: CallGraph) {
  const waiting: number[] = [];
  const callers = new Map<number, number[]>();
  const ready: number[] = [];
  functions.forEach(({ fact }, index) => {
    const callees = [...new Set(fact.callees)];
    const own = callees.filter((callee) => callee >= facts.importedFunctionCount);
    const isCandidate = fact.isStraight && callees.every((callee) => own.includes(callee) || endsFrame(callee));
    waiting.push(own.length);
    if (!isCandidate) return;
    if (own.length === 0) ready.push(index);
    for (const callee of own) listOf(callers, callee - facts.importedFunctionCount).push(index);
  });
  return { waiting, callers, ready };
}

function listOf(lists: Map<number, number[]>, key: number): number[] {
  const known = lists.get(key);
  if (known !== undefined) return known;
  const list: number[] = [];
  lists.set(key, list);
  return list;
}

function staticFunction(
  graph: CallGraph,
  { body, fact }: OwnFunction,
  statics: ReadonlyMap<string, StaticFunction>,
): StaticFunction {
  const { facts, functions } = graph;
  const callsEnd = (callee: number): boolean =>
    callee < facts.importedFunctionCount ||
    statics.get(functions[callee - facts.importedFunctionCount]!.name)?.mayEnd === true;
  const rules = graph.costRules(fact.params + fact.locals);
  const walk = new DearestWay(statics, rules);
  return {
    price: rules.schedule.costs.entryLocals.gas * fact.locals + walk.from(body, 0),
    stackBytes: frameBytesOf(fact) + calleeStackBytes(graph, fact, statics),
    mayEnd: fact.callees.some(callsEnd),
  };
}

const BLOCK = idOf("Block");
const IF = idOf("If");
const BREAK = idOf("Break");
const SWITCH = idOf("Switch");
const RETURN = idOf("Return");
const UNREACHABLE = idOf("Unreachable");
const CALL = idOf("Call");

/** The largest sum of costs over the ways through a body without loops, from its end backwards. */
class DearestWay {
  readonly #statics: ReadonlyMap<string, StaticFunction>;
  readonly #rules: CostRules;
  readonly #labels = new Map<string, number>();

  constructor(statics: ReadonlyMap<string, StaticFunction>, rules: CostRules) {
    this.#statics = statics;
    this.#rules = rules;
  }

  /** The dearest way from in front of the expression, when `behind` is the one from behind it. */
  from(expression: ExpressionRef, behind: number): number {
    const id = binaryen.getExpressionId(expression);
    if (id === IF) return this.#fromIf(expression, behind);
    if (id === BLOCK) {
      const name = ir.Block.getName(expression);
      if (name !== null) this.#labels.set(name, behind);
    }
    const own = gasOf(expression, this.#rules) + this.#onward(expression, id, behind);
    return (childrenOf(expression) ?? []).reduceRight((way, child) => this.from(child.expression, way), own);
  }

  #fromIf(expression: ExpressionRef, behind: number): number {
    const ifFalse = ir.If.getIfFalse(expression);
    const arms = [this.from(ir.If.getIfTrue(expression), behind), ifFalse === 0 ? behind : this.from(ifFalse, behind)];
    const own = gasOf(expression, this.#rules);
    return this.from(ir.If.getCondition(expression), own + Math.max(...arms));
  }

  #onward(expression: ExpressionRef, id: number, behind: number): number {
    switch (id) {
      case RETURN:
      case UNREACHABLE:
        return 0;
      case CALL: {
        // Every callee is a static function, or a host function that never returns.
        const callee = this.#statics.get(ir.Call.getTarget(expression));
        return callee === undefined ? 0 : callee.price + behind;
      }
      case BREAK: {
        const label = this.#labels.get(ir.Break.getName(expression))!;
        return ir.Break.getCondition(expression) === 0 ? label : Math.max(label, behind);
      }
      case SWITCH: {
        const names = [...ir.Switch.getNames(expression), ir.Switch.getDefaultName(expression)];
        return names.reduce((most, name) => Math.max(most, this.#labels.get(name)!), 0);
      }
      default:
        return behind;
    }
  }
}
