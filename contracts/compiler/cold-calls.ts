/**
 * Takes what happens once, at the end of a call that fails, out of the functions that run often.
 *
 * AssemblyScript writes every check (an index, an overflow, `throw`) as
 *
 *     (if (CONDITION) (then (call $abort (i32.const MESSAGE) (i32.const FILE) (i32.const LINE) (i32.const COLUMN))
 *                           (unreachable)))
 *
 * An optimiser counts the constants when it decides whether a function is small enough to be inlined, and an engine
 * compiles them into every loop. Here the call and its constants become a function of their own without parameters,
 * one for each text and place, and the check calls that. The host sees the same call with the same arguments.
 */
import binaryen from "assemblyscript/binaryen";
import { idOf } from "../../vm/instrument/ir.ts";
import { callsIn, ownFunctions } from "./call-graph.ts";

const CONST = idOf("Const");
/** No function of AssemblyScript has a name that begins so. */
export const COLD_PREFIX = "cold/";

interface HostImport {
  readonly module: string;
  readonly base: string;
}

/** Every check of the module aborts through a function of its own. @param ends the host function that never returns */
export function outlineColdCalls(module: binaryen.Module, ends: HostImport): void {
  const target = importNamed(module, ends);
  if (target === undefined) return;
  const made = new Map<string, string>();
  for (const name of ownFunctions(module)) {
    for (const { callee, operands, replace } of callsIn(module, name)) {
      const values = callee === target ? constantsOf(operands) : undefined;
      if (values === undefined) continue;
      const key = values.join();
      if (!made.has(key)) made.set(key, addColdFunction(module, target, values, made.size));
      replace(module.call(made.get(key)!, [], binaryen.none));
    }
  }
}

function importNamed(module: binaryen.Module, { module: room, base }: HostImport): string | undefined {
  const functions = Array.from({ length: module.getNumFunctions() }, (_, index) =>
    binaryen.getFunctionInfo(module.getFunctionByIndex(index)),
  );
  return functions.find((each) => each.module === room && each.base === base)?.name;
}

/** The operands as numbers when all are constants of 32 bits. */
function constantsOf(operands: readonly number[]): number[] | undefined {
  const infos = operands.map((operand) => binaryen.getExpressionInfo(operand));
  const isConstant = infos.every(({ id, type }) => id === CONST && type === binaryen.i32);
  return isConstant ? infos.map((info) => (info as binaryen.ConstInfo).value as number) : undefined;
}

function addColdFunction(module: binaryen.Module, target: string, values: readonly number[], index: number): string {
  const name = `${COLD_PREFIX}${index}`;
  const operands = values.map((value) => module.i32.const(value));
  const body = module.block(null, [module.call(target, operands, binaryen.none), module.unreachable()]);
  module.addFunction(name, binaryen.none, binaryen.none, [], body);
  return name;
}
