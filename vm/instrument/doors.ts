/**
 * The ways into a module's functions for those who do not know about the meters in parameters and results.
 *
 * A *door* has the name and type of the function of the source. Exports, references and the start of the module reach
 * it; it finds the meters in the globals and leaves the gas there.
 */
import binaryen from "binaryen";
import type { ExpressionRef, TypeRef } from "./ir.ts";
import { MeterCode, meteredType } from "./meters.ts";

export interface Signature {
  readonly params: TypeRef;
  readonly results: TypeRef;
}

/** What a door leads to. */
export interface Target extends Signature {
  readonly name: string;
  /** Gas of entering it: the price of a static function. */
  readonly entryGas: number;
  /** Bytes of stack it takes; null where the stack is not metered. */
  readonly stackBytes: number | null;
}

/** Adds a door of `name` to a metered function. */
export function addMeteredDoor(module: binaryen.Module, name: string, target: Target): void {
  const code = new MeterCode(module);
  const metered = meteredType(target.params, target.results);
  const params = binaryen.expandType(target.params);
  const stackIndex = params.length;
  const { block, call, local } = module;
  const operands = [...operandsOf(module, params), code.gas(), code.wideStack()];
  const leave = (gas: ExpressionRef): ExpressionRef =>
    block(null, [code.setGas(gas), code.setStack(local.get(stackIndex, binaryen.i32))]);
  const body = [
    local.set(stackIndex, code.stack()),
    code.split(call(target.name, operands, metered.results), target.results, () => stackIndex + 1, leave),
  ];
  const vars = target.results === binaryen.none ? [binaryen.i32] : [binaryen.i32, metered.results];
  module.addFunction(name, target.params, target.results, vars, block(null, body, target.results));
}

/** Adds a door of `name` to a static function: its price is charged and the stack looked at here. */
export function addStaticDoor(module: binaryen.Module, name: string, target: Target): void {
  const code = new MeterCode(module);
  const { block, call, i32, i64 } = module;
  const { params, results, stackBytes } = target;
  const isOver = i32.lt_s(i32.sub(code.stack(), i32.const(stackBytes ?? 0)), i32.const(0));
  const body = [
    code.setGas(code.less(code.gas(), target.entryGas)),
    // No look at the gas: the reason is the stack whatever the gas is.
    ...(stackBytes === null ? [] : [code.endIf(isOver, i64.const(0n))]),
    call(target.name, operandsOf(module, binaryen.expandType(params)), results),
  ];
  module.addFunction(name, params, results, [], block(null, body, results));
}

function operandsOf(module: binaryen.Module, params: readonly TypeRef[]): ExpressionRef[] {
  return params.map((type, index) => module.local.get(index, type));
}
