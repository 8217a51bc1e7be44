/**
 * The ways into a module's functions that do not know about the meters in parameters and results.
 *
 * A *door* has the name and type of the function of the source. Exports, references and the start of the module reach
 * it; it finds the meters in the globals and leaves the gas there. An *adapter* stands for a static function in a table
 * whose entries are called as metered functions: it charges the price that a direct caller would have charged.
 */
import binaryen from "binaryen";
import type { ExpressionRef, TypeRef } from "./ir.ts";
import { MeterCode, meteredType } from "./meters.ts";
import type { StaticFunction } from "./static-functions.ts";

export interface Signature {
  readonly params: TypeRef;
  readonly results: TypeRef;
}

/** Adds a door of `name` to the metered function `target`. */
export function addMeteredDoor(module: binaryen.Module, name: string, target: string, type: Signature): void {
  const code = new MeterCode(module);
  const metered = meteredType(type.params, type.results);
  const params = binaryen.expandType(type.params);
  const stackIndex = params.length;
  const { block, call, local } = module;
  const operands = [...operandsOf(module, params), code.gas(), code.wideStack()];
  const leave = (gas: ExpressionRef): ExpressionRef =>
    block(null, [code.setGas(gas), code.setStack(local.get(stackIndex, binaryen.i32))]);
  const body = [
    local.set(stackIndex, code.stack()),
    code.split(call(target, operands, metered.results), type.results, () => stackIndex + 1, leave),
  ];
  const vars = type.results === binaryen.none ? [binaryen.i32] : [binaryen.i32, metered.results];
  module.addFunction(name, type.params, type.results, vars, block(null, body, type.results));
}

export interface StaticEntry {
  readonly name: string;
  readonly target: string;
  readonly type: Signature;
  readonly callee: StaticFunction;
  readonly metersStack: boolean;
}

/** Adds a door to a static function: its price is charged and its stack looked at here. */
export function addStaticDoor(module: binaryen.Module, { name, target, type, callee, metersStack }: StaticEntry): void {
  const code = new MeterCode(module);
  const { block, call, i32 } = module;
  const stackLeft = i32.sub(code.stack(), i32.const(callee.stackBytes));
  const body = [
    code.setGas(code.less(code.gas(), callee.price)),
    ...(metersStack ? [endForStack(module, code, i32.lt_s(stackLeft, i32.const(0)))] : []),
    call(target, operandsOf(module, binaryen.expandType(type.params)), type.results),
  ];
  module.addFunction(name, type.params, type.results, [], block(null, body, type.results));
}

/** Adds an adapter to a static function: the same as a metered function. */
export function addStaticAdapter(
  module: binaryen.Module,
  { name, target, type, callee, metersStack }: StaticEntry,
): void {
  const code = new MeterCode(module);
  const { block, call, i64, local } = module;
  const metered = meteredType(type.params, type.results);
  const params = binaryen.expandType(type.params);
  const gas = (): ExpressionRef => local.get(params.length, binaryen.i64);
  const stackLeft = i64.sub(local.get(params.length + 1, binaryen.i64), i64.const(BigInt(callee.stackBytes)));
  const results = call(target, operandsOf(module, params), type.results);
  const scratch = binaryen.expandType(type.results).length > 1 ? [type.results] : [];
  const body = [
    local.set(params.length, code.less(gas(), callee.price)),
    ...(metersStack ? [endForStack(module, code, code.isNegative(stackLeft))] : []),
    ...(callee.mayEnd ? [code.setGas(gas())] : []),
    code.joined(results, type.results, gas(), () => params.length + 2),
  ];
  module.addFunction(name, metered.params, metered.results, scratch, block(null, body, metered.results));
}

/** No look at the gas: the reason is the stack whatever the gas is. */
function endForStack(module: binaryen.Module, code: MeterCode, condition: ExpressionRef): ExpressionRef {
  return code.endIf(condition, module.i64.const(0n));
}

function operandsOf(module: binaryen.Module, params: readonly TypeRef[]): ExpressionRef[] {
  return params.map((type, index) => module.local.get(index, type));
}
