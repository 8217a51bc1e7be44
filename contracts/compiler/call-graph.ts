/** Which function of a module calls which, and where the calls run in circles. */
import binaryen from "assemblyscript/binaryen";
import { type Child, childrenOf, idOf } from "../../vm/instrument/ir.ts";

const CALL = idOf("Call");

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
  const found: CallSite[] = [];
  const waiting: Child[] = [...(childrenOf(binaryen.getFunctionInfo(module.getFunction(name)).body) ?? [])].reverse();
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { expression, replace } = next;
    if (binaryen.getExpressionId(expression) === CALL) {
      const { target, operands } = binaryen.getExpressionInfo(expression) as binaryen.CallInfo;
      found.push({ callee: target, operands, replace });
    }
    waiting.push(...[...(childrenOf(expression) ?? [])].reverse());
  }
  return found;
}

/**
 * One function of every circle of calls: those that a walk along the calls, depth first and in the module's order, meets
 * again while it is still inside them. Without them the calls run in no circle.
 */
export function circleHeads(module: binaryen.Module): string[] {
  const callees = new Map(ownFunctions(module).map((name) => [name, calleesOf(module, name)]));
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

function calleesOf(module: binaryen.Module, name: string): string[] {
  const { body } = binaryen.getFunctionInfo(module.getFunction(name));
  const whole = binaryen.getExpressionId(body) === CALL ? [binaryen.getExpressionInfo(body) as binaryen.CallInfo] : [];
  return [...whole.map(({ target }) => target), ...callsIn(module, name).map(({ callee }) => callee)];
}
