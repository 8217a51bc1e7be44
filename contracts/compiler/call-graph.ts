/** Which function of a module calls which, and where the calls run in circles. */
import binaryen from "assemblyscript/binaryen";
import { type Child, childrenOf, idOf } from "../../vm/instrument/ir.ts";

const CALL = idOf("Call");
const CALL_INDIRECT = idOf("CallIndirect");

/** A `call` and the way to put something else in its place; its callee by name. */
export interface CallSite {
  readonly callee: string;
  readonly operands: readonly number[];
  replace(by: number): void;
}

/** Names of the functions with a body, in the module's order. */
export function ownFunctions(module: binaryen.Module): string[] {
  const all = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  );
  return all.filter(({ base }) => base === null || base === "").map(({ name }) => name);
}

/** The calls in the body of a function. A call that is the whole body has no place of its own and is left out. */
export function callsIn(module: binaryen.Module, name: string): CallSite[] {
  return [...expressionsIn(bodyOf(module, name))].filter(isCall).map(({ expression, replace }) => {
    const { target, operands } = binaryen.getExpressionInfo(expression) as binaryen.CallInfo;
    return { callee: target, operands, replace };
  });
}

function bodyOf(module: binaryen.Module, name: string): number {
  return binaryen.getFunctionInfo(module.getFunction(name)).body;
}

function isCall({ expression }: Child): boolean {
  return binaryen.getExpressionId(expression) === CALL;
}

/** All that a body contains, itself left out, in the order of evaluation. */
function* expressionsIn(body: number): Generator<Child> {
  const waiting: Child[] = [...(childrenOf(body) ?? [])].reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    yield next;
    waiting.push(...[...(childrenOf(next.expression) ?? [])].reverse());
  }
}

/**
 * One function of every circle of calls: those that a walk along the calls, depth first and in the module's order, meets
 * again while it is still inside them. Without them the calls run in no circle. A call through the table may be of any
 * function in it: the optimiser finds out later which one it is, and then inlines it too.
 */
export function circleHeads(module: binaryen.Module): string[] {
  const inTable = tableFunctions(module);
  const callees = new Map(ownFunctions(module).map((name) => [name, calleesOf(module, name, inTable)]));
  const heads = new Set<string>();
  const state = new Map<string, "open" | "done">();
  for (const root of callees.keys()) walk(root);
  return [...heads];

  function walk(root: string): void {
    const path = [root];
    while (path.length > 0) {
      const name = path.at(-1)!;
      if (state.get(name) !== "open") state.set(name, "open");
      const next = nextOf(name);
      if (next !== undefined) path.push(next);
      else state.set(path.pop()!, "done");
    }
  }

  /** The next callee that the walk has not met; those that are open are heads. */
  function nextOf(name: string): string | undefined {
    const rest = callees.get(name)!;
    for (let callee = rest.shift(); callee !== undefined; callee = rest.shift()) {
      if (!callees.has(callee)) continue;
      if (state.get(callee) === "open") heads.add(callee);
      else if (state.get(callee) === undefined) return callee;
    }
    return undefined;
  }
}

function calleesOf(module: binaryen.Module, name: string, inTable: readonly string[]): string[] {
  const body = bodyOf(module, name);
  const all = [body, ...[...expressionsIn(body)].map(({ expression }) => expression)];
  const isIndirect = all.some((each) => binaryen.getExpressionId(each) === CALL_INDIRECT);
  const direct = all
    .filter((each) => binaryen.getExpressionId(each) === CALL)
    .map((each) => (binaryen.getExpressionInfo(each) as binaryen.CallInfo).target);
  return isIndirect ? [...direct, ...inTable] : direct;
}

function tableFunctions(module: binaryen.Module): string[] {
  return Array.from({ length: module.getNumElementSegments() }, (_, index) =>
    binaryen.getElementSegmentInfo(module.getElementSegmentByIndex(index)),
  ).flatMap(({ data }) => data);
}
