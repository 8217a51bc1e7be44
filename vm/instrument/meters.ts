/**
 * What the instrumenter adds to a module besides charges: the meters and the functions that work on them.
 *
 *     global  gas      i64  gas left, while no function of the module holds it
 *     global  stack    i32  bytes of metered stack that a call from outside starts with
 *     global  ending   i32  why the meters ended the run (ENDINGS); 0: they did not
 *     charge(low, high) -> i32       takes high * 2^32 + low (both unsigned) from the gas; 1 when it is now negative
 *     gas_low() -> i32, gas_high() -> i32    the two halves of the gas left
 *     reset(low, high, stack)        sets the meters, and every mutable global to the value it was declared with
 *     exhausted(gas)                 notes why and traps: negative gas is out of gas, else it is the stack
 *     bulk(length, gas) -> gas       charges for `length` bytes
 *     grow(pages, gas) -> i32, gas   what memory.grow has become
 *
 * All but the last three are exported under the reserved prefix, so that the host needs no BigInt on its way in and
 * out. Halves of 32 bits instead of one i64 for the same reason.
 *
 * A *metered* function takes the gas and the stack left behind its parameters and returns the gas behind its results.
 * An engine keeps both in registers then; a global would be written and read around every call.
 */
import binaryen from "binaryen";
import type { GasSchedule } from "../gas/schedule.ts";
import { PAGE_BYTES, RESERVED_NAME_PREFIX } from "../limits.ts";
import type { ExpressionRef, TypeRef } from "./ir.ts";

/** Names inside the module; exported ones carry the reserved prefix in front. */
export const METER_NAMES = {
  gas: "cinnabar_gas",
  stack: "cinnabar_stack",
  ending: "cinnabar_ending",
  charge: "cinnabar_charge",
  gasLow: "cinnabar_gas_low",
  gasHigh: "cinnabar_gas_high",
  reset: "cinnabar_reset",
  exhausted: "cinnabar_exhausted",
  bulk: "cinnabar_bulk",
  grow: "cinnabar_grow",
} as const;

export const EXPORT_NAMES = {
  gas: `${RESERVED_NAME_PREFIX}gas`,
  stack: `${RESERVED_NAME_PREFIX}stack`,
  ending: `${RESERVED_NAME_PREFIX}ending`,
  memory: `${RESERVED_NAME_PREFIX}memory`,
  charge: `${RESERVED_NAME_PREFIX}charge`,
  gasLow: `${RESERVED_NAME_PREFIX}gas_low`,
  gasHigh: `${RESERVED_NAME_PREFIX}gas_high`,
  reset: `${RESERVED_NAME_PREFIX}reset`,
} as const;

/** Why the meters ended a run by a trap. */
export const ENDINGS = { none: 0, outOfGas: 1, stack: 2, memory: 3 } as const;

export interface MeterOptions {
  readonly schedule: GasSchedule;
  /** Gas before anyone has set it. Zero in a contract: a call that was not armed ends at its first look. */
  readonly initialGas: bigint;
  readonly stackBytes: number;
  /**
   * Most pages memory.grow may reach, and whether a refusal of the engine below it is a fault (it is, in a contract).
   */
  readonly memory: { readonly name: string; readonly pagesMax: number; readonly isFaultBelow: boolean } | null;
}

/** The type of a function with the meters behind its parameters and the gas behind its results. */
export function meteredType(
  params: TypeRef,
  results: TypeRef,
): { readonly params: TypeRef; readonly results: TypeRef } {
  return {
    params: binaryen.createType([...binaryen.expandType(params), binaryen.i64, binaryen.i64]),
    results: binaryen.createType([...binaryen.expandType(results), binaryen.i64]),
  };
}

/** Builds expressions that read and change the meters; the one place that knows how a charge looks. */
export class MeterCode {
  readonly #module: binaryen.Module;

  constructor(module: binaryen.Module) {
    this.#module = module;
  }

  gas(): ExpressionRef {
    return this.#module.global.get(METER_NAMES.gas, binaryen.i64);
  }

  setGas(value: ExpressionRef): ExpressionRef {
    return this.#module.global.set(METER_NAMES.gas, value);
  }

  stack(): ExpressionRef {
    return this.#module.global.get(METER_NAMES.stack, binaryen.i32);
  }

  /** The stack left as metered functions take it. */
  wideStack(): ExpressionRef {
    return this.#module.i64.extend_s(this.stack());
  }

  setStack(value: ExpressionRef): ExpressionRef {
    return this.#module.global.set(METER_NAMES.stack, value);
  }

  setWideStack(value: ExpressionRef): ExpressionRef {
    return this.setStack(this.#module.i32.wrap(value));
  }

  /** `gas` less an amount, which may be negative; `gas` itself for 0. */
  less(gas: ExpressionRef, amount: number): ExpressionRef {
    const { i64 } = this.#module;
    if (amount === 0) return gas;
    return amount > 0 ? i64.sub(gas, i64.const(BigInt(amount))) : i64.add(gas, i64.const(BigInt(-amount)));
  }

  isNegative(value: ExpressionRef): ExpressionRef {
    return this.#module.i64.lt_s(value, this.#module.i64.const(0n));
  }

  /** Ends the run where the condition holds. `gas`: negative when that is the reason. */
  endIf(condition: ExpressionRef, gas: ExpressionRef): ExpressionRef {
    return this.#module.if(condition, this.exhausted(gas));
  }

  exhausted(gas: ExpressionRef): ExpressionRef {
    const { call, unreachable } = this.#module;
    return this.#module.block(null, [call(METER_NAMES.exhausted, [gas], binaryen.none), unreachable()]);
  }

  /** A length of bytes, unsigned, in started units of `2 ** shift` bytes, as i64. */
  unitsOf(length: ExpressionRef, shift: number): ExpressionRef {
    const { i64 } = this.#module;
    const wide = i64.extend_u(length);
    if (shift === 0) return wide;
    return i64.shr_u(i64.add(wide, i64.const(BigInt(2 ** shift - 1))), i64.const(BigInt(shift)));
  }

  /** An i64 length times a cost. Both are below 2^32, so the product is a positive i64. */
  times(length: ExpressionRef, gas: number): ExpressionRef {
    const { i64 } = this.#module;
    return gas === 1 ? length : i64.mul(length, i64.const(BigInt(gas)));
  }

  /**
   * A call of a metered function as an expression of the unmetered results.
   * @param scratch a local of the given type that nothing else holds a value in
   * @param take what becomes of the gas that it returns
   */
  split(
    call: ExpressionRef,
    results: TypeRef,
    scratch: (type: TypeRef) => number,
    take: (gas: ExpressionRef) => ExpressionRef,
  ): ExpressionRef {
    const { block, local, tuple } = this.#module;
    const types = binaryen.expandType(results);
    if (types.length === 0) return take(call);
    const both = binaryen.createType([...types, binaryen.i64]);
    const index = scratch(both);
    const part = (position: number): ExpressionRef => tuple.extract(local.get(index, both), position);
    const value = types.length === 1 ? part(0) : tuple.make(types.map((_, position) => part(position)));
    return block(null, [local.set(index, call), take(part(types.length)), value], results);
  }

  /** The results of an expression with the gas behind them, as a metered function returns them. */
  joined(
    value: ExpressionRef,
    results: TypeRef,
    gas: ExpressionRef,
    scratch: (type: TypeRef) => number,
  ): ExpressionRef {
    const { block, local, tuple } = this.#module;
    const types = binaryen.expandType(results);
    if (types.length === 0) return block(null, [value, gas], binaryen.i64);
    if (types.length === 1) return tuple.make([value, gas]);
    const index = scratch(results);
    const parts = types.map((_, position) => tuple.extract(local.get(index, results), position));
    return block(null, [local.set(index, value), tuple.make([...parts, gas])]);
  }
}

/** Adds globals and functions to the module and exports them. Called before any function is added or renamed. */
export function addMeters(module: binaryen.Module, options: MeterOptions): void {
  const code = new MeterCode(module);
  const reset = resetBody(module, code);
  module.addGlobal(METER_NAMES.gas, binaryen.i64, true, module.i64.const(options.initialGas));
  module.addGlobal(METER_NAMES.stack, binaryen.i32, true, module.i32.const(options.stackBytes));
  module.addGlobal(METER_NAMES.ending, binaryen.i32, true, module.i32.const(ENDINGS.none));
  addGasFunctions(module, code);
  const i32 = binaryen.i32;
  module.addFunction(METER_NAMES.reset, binaryen.createType([i32, i32, i32]), binaryen.none, [], reset);
  addExhausted(module, code);
  addBulk(module, code, options.schedule);
  if (options.memory !== null) addGrow(module, code, options.schedule, options.memory);
  for (const name of ["gas", "stack", "ending"] as const) {
    module.addGlobalExport(METER_NAMES[name], EXPORT_NAMES[name]);
  }
  for (const name of ["charge", "gasLow", "gasHigh", "reset"] as const) {
    module.addFunctionExport(METER_NAMES[name], EXPORT_NAMES[name]);
  }
  if (options.memory !== null) module.addMemoryExport(options.memory.name, EXPORT_NAMES.memory);
}

/** high * 2^32 + low, both unsigned. */
function wholeOf(module: binaryen.Module, low: number, high: number): ExpressionRef {
  const { i64, local } = module;
  const upper = i64.shl(i64.extend_u(local.get(high, binaryen.i32)), i64.const(32n));
  return i64.or(upper, i64.extend_u(local.get(low, binaryen.i32)));
}

function addGasFunctions(module: binaryen.Module, code: MeterCode): void {
  const { i32, i64 } = module;
  const pair = binaryen.createType([binaryen.i32, binaryen.i32]);
  const charged = code.setGas(i64.sub(code.gas(), wholeOf(module, 0, 1)));
  const body = module.block(null, [charged, code.isNegative(code.gas())], binaryen.i32);
  module.addFunction(METER_NAMES.charge, pair, binaryen.i32, [], body);
  module.addFunction(METER_NAMES.gasLow, binaryen.none, binaryen.i32, [], i32.wrap(code.gas()));
  const upper = i32.wrap(i64.shr_s(code.gas(), i64.const(32n)));
  module.addFunction(METER_NAMES.gasHigh, binaryen.none, binaryen.i32, [], upper);
}

/** Sets the meters and every mutable global that the module declares itself. */
function resetBody(module: binaryen.Module, code: MeterCode): ExpressionRef {
  const sets: ExpressionRef[] = [];
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const global = binaryen.getGlobalInfo(module.getGlobalByIndex(index));
    if (!global.mutable || global.init === 0) continue;
    sets.push(module.global.set(global.name, module.copyExpression(global.init)));
  }
  return module.block(null, [
    code.setGas(wholeOf(module, 0, 1)),
    code.setStack(module.local.get(2, binaryen.i32)),
    module.global.set(METER_NAMES.ending, module.i32.const(ENDINGS.none)),
    ...sets,
  ]);
}

function addExhausted(module: binaryen.Module, code: MeterCode): void {
  const { i32, local } = module;
  const gas = (): ExpressionRef => local.get(0, binaryen.i64);
  const reason = module.select(code.isNegative(gas()), i32.const(ENDINGS.outOfGas), i32.const(ENDINGS.stack));
  const body = [code.setGas(gas()), module.global.set(METER_NAMES.ending, reason), module.unreachable()];
  module.addFunction(METER_NAMES.exhausted, binaryen.i64, binaryen.none, [], module.block(null, body));
}

function addBulk(module: binaryen.Module, code: MeterCode, schedule: GasSchedule): void {
  const { i64, local } = module;
  const gas = (): ExpressionRef => local.get(1, binaryen.i64);
  const work = code.times(code.unitsOf(local.get(0, binaryen.i32), 3), schedule.costs.bulkBytes.gas);
  const body = [local.set(1, i64.sub(gas(), work)), code.endIf(code.isNegative(gas()), gas()), gas()];
  const params = binaryen.createType([binaryen.i32, binaryen.i64]);
  module.addFunction(METER_NAMES.bulk, params, binaryen.i64, [], module.block(null, body, binaryen.i64));
}

/**
 * memory.grow: -1 when the maximum would be passed; else the pages are charged, and what the engine then says is either
 * the old size or a fault of the node. A program without a profile may see the engine's -1.
 */
function addGrow(
  module: binaryen.Module,
  code: MeterCode,
  schedule: GasSchedule,
  memory: NonNullable<MeterOptions["memory"]>,
): void {
  const { i32, i64, local, tuple } = module;
  const pages = (): ExpressionRef => local.get(0, binaryen.i32);
  const gas = (): ExpressionRef => local.get(1, binaryen.i64);
  const result = (): ExpressionRef => local.get(2, binaryen.i32);
  const work = code.times(code.unitsOf(pages(), 0), schedule.costs.memoryGrowPages.gas);
  const hasRoom = i32.le_u(pages(), i32.sub(i32.const(memory.pagesMax), module.memory.size()));
  const fault = [module.global.set(METER_NAMES.ending, i32.const(ENDINGS.memory)), module.unreachable()];
  const grow = [
    local.set(2, module.memory.grow(pages())),
    ...(memory.isFaultBelow ? [module.if(i32.eq(result(), i32.const(-1)), module.block(null, fault))] : []),
  ];
  const body = [
    local.set(2, i32.const(-1)),
    module.if(hasRoom, local.set(1, i64.sub(gas(), work))),
    code.endIf(code.isNegative(gas()), gas()),
    module.if(i32.le_u(pages(), i32.sub(i32.const(memory.pagesMax), module.memory.size())), module.block(null, grow)),
    tuple.make([result(), gas()]),
  ];
  const params = binaryen.createType([binaryen.i32, binaryen.i64]);
  const results = binaryen.createType([binaryen.i32, binaryen.i64]);
  module.addFunction(METER_NAMES.grow, params, results, [binaryen.i32], module.block(null, body, results));
}

/** Pages a memory may reach: what it declares, or all an address can reach. */
export function pagesMaxOf(declared: number | null): number {
  return declared ?? 2 ** 32 / PAGE_BYTES;
}
