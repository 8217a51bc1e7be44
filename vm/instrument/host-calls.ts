/**
 * Puts a function of the module's own in the place of each import: it charges what the ABI table says can be known
 * before the call, checks, and calls the import. No work of the host is reached with a negative counter.
 *
 *     gas -= base + sum(perByte[p] * p, each p unsigned) + byValue
 *     if (gas < 0) unreachable
 *     call import
 *
 * A length is below 2^32 and a cost below 2^21, so one call adds less than 2^60 however many lengths it has, and the
 * counter, which is below 2^53 and above -2^33 wherever a charge begins, cannot wrap.
 *
 * The function takes the import's name inside binaryen's module, so that calls, table entries, exports and references
 * all reach it; the import gets a new name.
 */
import binaryen from "binaryen";
import { HOST_FUNCTIONS, type HostFunction } from "../abi.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import type { ExpressionRef } from "./ir.ts";
import { MeterCode } from "./meters.ts";

const ROWS: ReadonlyMap<string, HostFunction> = new Map(
  HOST_FUNCTIONS.map((row) => [`${row.module}\n${row.name}`, row]),
);

/** Wraps every imported function of the module. */
export function wrapHostCalls(module: binaryen.Module, schedule: GasSchedule): void {
  const imports: binaryen.FunctionInfo[] = [];
  for (let index = 0; index < module.getNumFunctions(); index++) {
    const info = binaryen.getFunctionInfo(module.getFunctionByIndex(index));
    if (info.module) imports.push(info);
  }
  for (const info of imports) wrapOne(module, info, schedule);
}

function wrapOne(module: binaryen.Module, info: binaryen.FunctionInfo, schedule: GasSchedule): void {
  const imported = `cinnabar_import_${info.name}`;
  const externalModule = info.module!;
  const externalName = info.base!;
  module.removeFunction(info.name);
  module.addFunctionImport(imported, externalModule, externalName, info.params, info.results);
  const operands = binaryen.expandType(info.params).map((type, index) => module.local.get(index, type));
  const row = ROWS.get(`${externalModule}\n${externalName}`);
  const code = new MeterCode(module);
  const body = [
    ...(row === undefined ? [code.charge(schedule.costs.otherHostCall.gas)] : chargesOf(module, code, row)),
    code.checkGas(),
    module.call(imported, operands, info.results),
  ];
  module.addFunction(info.name, info.params, info.results, [], module.block(null, body, info.results));
}

function chargesOf(module: binaryen.Module, code: MeterCode, row: HostFunction): ExpressionRef[] {
  const parameter = (name: string): ExpressionRef =>
    module.local.get(
      row.params.findIndex((each) => each.name === name),
      binaryen.i32,
    );
  const { base, perByte = {}, byValue } = row.cost;
  const amounts = [
    module.i64.const(BigInt(base)),
    ...Object.entries(perByte).map(([name, gas]) => code.times(code.unitsOf(parameter(name), 0), gas)),
    ...(byValue === undefined ? [] : [gasByValue(module, () => parameter(byValue.parameter), byValue.gas)]),
  ];
  return [code.chargeBy(amounts.reduce((sum, amount) => module.i64.add(sum, amount)))];
}

/** The gas listed for the parameter's value; the dearest for a value that is not listed. */
function gasByValue(
  module: binaryen.Module,
  value: () => ExpressionRef,
  gas: Readonly<Record<number, number>>,
): ExpressionRef {
  const entries = Object.entries(gas).map(([key, cost]) => ({ key: Number(key), cost }));
  const dearest = module.i64.const(BigInt(Math.max(...entries.map((entry) => entry.cost))));
  return entries.reduce(
    (otherwise, { key, cost }) =>
      module.select(module.i32.eq(value(), module.i32.const(key)), module.i64.const(BigInt(cost)), otherwise),
    dearest,
  );
}
