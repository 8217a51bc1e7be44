/**
 * Puts functions of the module's own in the place of each import: they charge what the ABI table says can be known
 * before the call, look, and call the import. No work of the host is reached with a negative counter.
 *
 *     gas -= base + sum(perByte[p] * p, each p unsigned) + byValue
 *     if (gas < 0) the run ends
 *     call import
 *
 * A length is below 2^32 and a cost below 2^21, so one call adds less than 2^60 however many lengths it has, and the
 * counter, which is below 2^53 and above -2^33 wherever a charge begins, cannot wrap.
 *
 * There are two: one for metered functions, which takes and returns the gas, and a *door* for everyone else (static
 * functions, references, the outside), which finds it in the global. The door takes the import's name inside
 * binaryen's module, so that exports, references and start reach it; the import gets a new name.
 */
import binaryen from "binaryen";
import { HOST_FUNCTIONS, type HostFunction } from "../abi.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import type { ExpressionRef, TypeRef } from "./ir.ts";
import { MeterCode, meteredType } from "./meters.ts";

const ROWS: ReadonlyMap<string, HostFunction> = new Map(
  HOST_FUNCTIONS.map((row) => [`${row.module}\n${row.name}`, row]),
);

/** The row of the ABI table for an import; undefined outside of the profile. */
export function hostFunctionOf(module: string, name: string): HostFunction | undefined {
  return ROWS.get(`${module}\n${name}`);
}

/** The function that metered functions call in the place of the import. */
export function meteredHostName(name: string): string {
  return `cinnabar_host_${name}`;
}

/** Wraps an imported function. */
export function wrapHostCall(module: binaryen.Module, info: binaryen.FunctionInfo, schedule: GasSchedule): void {
  const wrapped: WrappedImport = {
    importName: `cinnabar_import_${info.name}`,
    params: info.params,
    results: info.results,
    row: hostFunctionOf(info.module!, info.base!),
  };
  module.removeFunction(info.name);
  module.addFunctionImport(wrapped.importName, info.module!, info.base!, info.params, info.results);
  addMetered(module, info.name, wrapped, schedule);
  addDoor(module, info.name, wrapped, schedule);
}

interface WrappedImport {
  readonly importName: string;
  readonly params: TypeRef;
  readonly results: TypeRef;
  readonly row: HostFunction | undefined;
}

function addMetered(module: binaryen.Module, name: string, wrapped: WrappedImport, schedule: GasSchedule): void {
  const { i64, local } = module;
  const code = new MeterCode(module);
  const type = meteredType(wrapped.params, wrapped.results);
  const gasIndex = binaryen.expandType(wrapped.params).length;
  const gas = (): ExpressionRef => local.get(gasIndex, binaryen.i64);
  const body = [
    local.set(gasIndex, i64.sub(gas(), costOf(module, code, wrapped, schedule))),
    code.endIf(code.isNegative(gas()), gas()),
    code.setGas(gas()),
    code.setWideStack(local.get(gasIndex + 1, binaryen.i64)),
    code.joined(callImport(module, wrapped), wrapped.results, code.gas(), () => gasIndex + 2),
  ];
  module.addFunction(
    meteredHostName(name),
    type.params,
    type.results,
    scratchOf(wrapped),
    module.block(null, body, type.results),
  );
}

function addDoor(module: binaryen.Module, name: string, wrapped: WrappedImport, schedule: GasSchedule): void {
  const { i64 } = module;
  const code = new MeterCode(module);
  const body = [
    code.setGas(i64.sub(code.gas(), costOf(module, code, wrapped, schedule))),
    code.endIf(code.isNegative(code.gas()), code.gas()),
    callImport(module, wrapped),
  ];
  module.addFunction(name, wrapped.params, wrapped.results, [], module.block(null, body, wrapped.results));
}

/** A local to take several results apart; none where there is at most one. */
function scratchOf({ results }: WrappedImport): TypeRef[] {
  return binaryen.expandType(results).length > 1 ? [results] : [];
}

function callImport(module: binaryen.Module, { importName, params, results }: WrappedImport): ExpressionRef {
  const operands = binaryen.expandType(params).map((type, index) => module.local.get(index, type));
  return module.call(importName, operands, results);
}

function costOf(
  module: binaryen.Module,
  code: MeterCode,
  { row }: WrappedImport,
  schedule: GasSchedule,
): ExpressionRef {
  const { i64 } = module;
  if (row === undefined) return i64.const(BigInt(schedule.costs.otherHostCall.gas));
  const parameter = (name: string): ExpressionRef =>
    module.local.get(
      row.params.findIndex((each) => each.name === name),
      binaryen.i32,
    );
  const { base, perByte = {}, byValue } = row.cost;
  const amounts = [
    i64.const(BigInt(base)),
    ...Object.entries(perByte).map(([name, gas]) => code.times(code.unitsOf(parameter(name), 0), gas)),
    ...(byValue === undefined ? [] : [gasByValue(module, () => parameter(byValue.parameter), byValue.gas)]),
  ];
  return amounts.reduce((sum, amount) => i64.add(sum, amount));
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
