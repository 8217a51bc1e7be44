/**
 * What the instrumenter adds to a module besides charges: the meters and the functions that work on them.
 *
 *     global  gas      i64  gas left; negative: out of gas
 *     global  stack    i32  bytes of metered stack left; negative: the stack budget is exceeded
 *     global  fault    i32  1: the engine refused memory that the module may have; a fault of the node
 *     charge(low, high) -> i32       takes high * 2^32 + low (both unsigned) from the gas; 1 when it is now negative
 *     gas_low() -> i32, gas_high() -> i32    the two halves of the gas left
 *     reset(low, high, stack)        sets gas and stack, and every mutable global to the value it was declared with
 *     bulk(length) -> length         charges for `length` bytes
 *     grow(pages) -> i32             what memory.grow has become
 *
 * All but the last two are exported under the reserved prefix, so that the host needs no BigInt on its way in and
 * out. Halves of 32 bits instead of one i64 for the same reason.
 */
import binaryen from "binaryen";
import type { GasSchedule } from "../gas/schedule.ts";
import { PAGE_BYTES, RESERVED_NAME_PREFIX } from "../limits.ts";
import type { ExpressionRef } from "./ir.ts";

/** Names inside the module; exported ones carry the reserved prefix in front. */
export const METER_NAMES = {
  gas: "cinnabar_gas",
  stack: "cinnabar_stack",
  fault: "cinnabar_fault",
  charge: "cinnabar_charge",
  gasLow: "cinnabar_gas_low",
  gasHigh: "cinnabar_gas_high",
  reset: "cinnabar_reset",
  bulk: "cinnabar_bulk",
  grow: "cinnabar_grow",
} as const;

export const EXPORT_NAMES = {
  gas: `${RESERVED_NAME_PREFIX}gas`,
  stack: `${RESERVED_NAME_PREFIX}stack`,
  fault: `${RESERVED_NAME_PREFIX}fault`,
  memory: `${RESERVED_NAME_PREFIX}memory`,
  charge: `${RESERVED_NAME_PREFIX}charge`,
  gasLow: `${RESERVED_NAME_PREFIX}gas_low`,
  gasHigh: `${RESERVED_NAME_PREFIX}gas_high`,
  reset: `${RESERVED_NAME_PREFIX}reset`,
} as const;

export interface MeterOptions {
  readonly schedule: GasSchedule;
  /** Gas before anyone has set it. Zero in a contract: a call that was not armed ends at its first charge. */
  readonly initialGas: bigint;
  readonly stackBytes: number;
  /**
   * Most pages memory.grow may reach, and whether a refusal of the engine below it is a fault (it is, in a contract).
   */
  readonly memory: { readonly name: string; readonly pagesMax: number; readonly isFaultBelow: boolean } | null;
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

  /** gas -= amount, without a look at the sign. */
  chargeBy(amount: ExpressionRef): ExpressionRef {
    return this.#module.global.set(METER_NAMES.gas, this.#module.i64.sub(this.gas(), amount));
  }

  charge(gas: number): ExpressionRef {
    return this.chargeBy(this.#module.i64.const(BigInt(gas)));
  }

  /** Traps when the gas is negative. */
  checkGas(): ExpressionRef {
    const { i64 } = this.#module;
    return this.#module.if(i64.lt_s(this.gas(), i64.const(0n)), this.#module.unreachable());
  }

  /** stack -= bytes; traps when that makes it negative, and leaves it so. */
  takeStack(bytes: number): ExpressionRef[] {
    const { i32 } = this.#module;
    return [
      this.#setStack(i32.sub(this.#stack(), i32.const(bytes))),
      this.#module.if(i32.lt_s(this.#stack(), i32.const(0)), this.#module.unreachable()),
    ];
  }

  giveStackBack(bytes: number): ExpressionRef {
    const { i32 } = this.#module;
    return this.#setStack(i32.add(this.#stack(), i32.const(bytes)));
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

  #stack(): ExpressionRef {
    return this.#module.global.get(METER_NAMES.stack, binaryen.i32);
  }

  #setStack(value: ExpressionRef): ExpressionRef {
    return this.#module.global.set(METER_NAMES.stack, value);
  }
}

/** Adds globals and functions to the module and exports them. Called before any function is added or renamed. */
export function addMeters(module: binaryen.Module, options: MeterOptions): void {
  const code = new MeterCode(module);
  const reset = resetBody(module);
  module.addGlobal(METER_NAMES.gas, binaryen.i64, true, module.i64.const(options.initialGas));
  module.addGlobal(METER_NAMES.stack, binaryen.i32, true, module.i32.const(options.stackBytes));
  module.addGlobal(METER_NAMES.fault, binaryen.i32, true, module.i32.const(0));
  addGasFunctions(module, code);
  const i32 = binaryen.i32;
  module.addFunction(METER_NAMES.reset, binaryen.createType([i32, i32, i32]), binaryen.none, [], reset);
  addBulk(module, code, options.schedule);
  if (options.memory !== null) addGrow(module, code, options.schedule, options.memory);
  for (const name of ["gas", "stack", "fault"] as const) {
    module.addGlobalExport(METER_NAMES[name], EXPORT_NAMES[name]);
  }
  for (const name of ["charge", "gasLow", "gasHigh", "reset"] as const) {
    module.addFunctionExport(METER_NAMES[name], EXPORT_NAMES[name]);
  }
  if (options.memory !== null) module.addMemoryExport(options.memory.name, EXPORT_NAMES.memory);
}

/** high * 2^32 + low, both unsigned. */
function joined(module: binaryen.Module, low: number, high: number): ExpressionRef {
  const { i64, local } = module;
  const upper = i64.shl(i64.extend_u(local.get(high, binaryen.i32)), i64.const(32n));
  return i64.or(upper, i64.extend_u(local.get(low, binaryen.i32)));
}

function addGasFunctions(module: binaryen.Module, code: MeterCode): void {
  const { i32, i64 } = module;
  const pair = binaryen.createType([binaryen.i32, binaryen.i32]);
  module.addFunction(
    METER_NAMES.charge,
    pair,
    binaryen.i32,
    [],
    module.block(null, [code.chargeBy(joined(module, 0, 1)), i64.lt_s(code.gas(), i64.const(0n))], binaryen.i32),
  );
  module.addFunction(METER_NAMES.gasLow, binaryen.none, binaryen.i32, [], i32.wrap(code.gas()));
  const upper = i32.wrap(i64.shr_s(code.gas(), i64.const(32n)));
  module.addFunction(METER_NAMES.gasHigh, binaryen.none, binaryen.i32, [], upper);
}

/** Sets the meters and every mutable global that the module declares itself. */
function resetBody(module: binaryen.Module): ExpressionRef {
  const sets: ExpressionRef[] = [];
  for (let index = 0; index < module.getNumGlobals(); index++) {
    const global = binaryen.getGlobalInfo(module.getGlobalByIndex(index));
    if (!global.mutable || global.init === 0) continue;
    sets.push(module.global.set(global.name, module.copyExpression(global.init)));
  }
  return module.block(null, [
    module.global.set(METER_NAMES.gas, joined(module, 0, 1)),
    module.global.set(METER_NAMES.stack, module.local.get(2, binaryen.i32)),
    module.global.set(METER_NAMES.fault, module.i32.const(0)),
    ...sets,
  ]);
}

function addBulk(module: binaryen.Module, code: MeterCode, schedule: GasSchedule): void {
  const length = (): ExpressionRef => module.local.get(0, binaryen.i32);
  const body = [
    code.chargeBy(code.times(code.unitsOf(length(), 3), schedule.costs.bulkBytes.gas)),
    code.checkGas(),
    length(),
  ];
  module.addFunction(METER_NAMES.bulk, binaryen.i32, binaryen.i32, [], module.block(null, body, binaryen.i32));
}

/**
 * memory.grow: -1 at once when the maximum would be passed; else the pages are charged, and what the engine then says
 * is either the old size or a fault of the node. A program without a profile may see the engine's -1.
 */
function addGrow(
  module: binaryen.Module,
  code: MeterCode,
  schedule: GasSchedule,
  memory: NonNullable<MeterOptions["memory"]>,
): void {
  const { i32, local } = module;
  const pages = (): ExpressionRef => local.get(0, binaryen.i32);
  const result = (): ExpressionRef => local.get(1, binaryen.i32);
  const room = i32.sub(i32.const(memory.pagesMax), module.memory.size());
  const refused = module.if(i32.gt_u(pages(), room), module.return(i32.const(-1)));
  const fault = module.block(null, [module.global.set(METER_NAMES.fault, i32.const(1)), module.unreachable()]);
  const body = [
    refused,
    code.chargeBy(code.times(code.unitsOf(pages(), 0), schedule.costs.memoryGrowPages.gas)),
    code.checkGas(),
    local.set(1, module.memory.grow(pages())),
    ...(memory.isFaultBelow ? [module.if(i32.eq(result(), i32.const(-1)), fault)] : []),
    result(),
  ];
  module.addFunction(
    METER_NAMES.grow,
    binaryen.i32,
    binaryen.i32,
    [binaryen.i32],
    module.block(null, body, binaryen.i32),
  );
}

/** Pages a memory may reach: what it declares, or all an address can reach. */
export function pagesMaxOf(declared: number | null): number {
  return declared ?? 2 ** 32 / PAGE_BYTES;
}
