/**
 * Instrumentation: an admitted module becomes one that meters itself.
 *
 * The result computes what the source computes, until it is out of gas or of stack: then it traps with a sign
 * that says which (`__cinnabar_ending`), by which the host tells both from a trap of the contract's own. The full rule,
 * with the numbers and how the counters are set and read from outside, is docs/gas.md. Before and after, in short:
 *
 *     (func $sum (param $n i32) (result i32)          (func $sum (param $n i32) (param $gas i64) (param $stack i64)
 *       (local $s i32)                                           (result i32 i64) (local $s i32)
 *                                                       stack -= 124;  if ((gas | stack) < 0) exhausted(gas)
 *                                                       gas -= 1                       ;; its local
 *       (loop $next                                     (loop $next
 *                                                         if (gas < 0) exhausted(gas)
 *                                                         gas -= 10
 *         (local.set $s                                   (local.set $s
 *           (i32.add (local.get $s) (local.get $n)))        (i32.add (local.get $s) (local.get $n)))
 *         (br_if $next (local.tee $n                      (br_if $next (local.tee $n
 *           (i32.sub (local.get $n) (i32.const 1)))))       (i32.sub (local.get $n) (i32.const 1))))
 *                                                         gas -= 1)
 *       (local.get $s))                                 (return (local.get $s) gas))
 *
 * The counter lives in a local of every function that needs one and goes from function to function in parameters and
 * results. It is looked at where an endless run would have to pass (function entries, heads of loops) and in front of
 * everything the host does. Small functions without loops, the static ones, carry no meters: their callers pay.
 *
 *   source.ts               what binaryen is given to read
 *   plan.ts                 what is decided before anything is rewritten
 *   static-functions.ts     which functions carry no meters, and their price
 *   charges.ts, cost.ts     where a function charges, and how much
 *   rewrite.ts              charges and meters of one function
 *   doors.ts, host-calls.ts the ways into functions and out to the host
 *   meters.ts               counters, their functions and exports, the gate of memory.grow
 *
 * binaryen reads and writes, and nothing else: no pass of its optimizer ever runs, and its options are pinned. The
 * same bytes under the same version give the same bytes.
 */
import binaryen from "binaryen";
import { admit, type ModuleFacts } from "../admission/admit.ts";
import { NodeError, Rejected } from "../errors.ts";
import { type GasSchedule, SCHEDULE_1 } from "../gas/schedule.ts";
import { LIMITS } from "../limits.ts";
import { withPinnedOptions } from "./binaryen-options.ts";
import { addMeteredDoor, addStaticDoor } from "./doors.ts";
import { wrapHostCall } from "./host-calls.ts";
import { addMeters, pagesMaxOf } from "./meters.ts";
import { Plan } from "./plan.ts";
import { addMeteredFunction, addStaticEntry, addStaticFunction } from "./rewrite.ts";
import { withoutCustomSections } from "./source.ts";

/** Part of the key of everything that is compiled: another version may write other bytes and charge in other places. */
export const INSTRUMENTER_VERSION = 1;

export interface InstrumentOptions {
  /** False: any module of WebAssembly 2.0, as conformance suites have them, not only a contract. Default true. */
  readonly profile?: boolean;
  /** False: no stack budget, no limits of size. Gas is charged all the same. Default true. */
  readonly limits?: boolean;
}

/** Gas of a module outside of the profile before anyone sets it: its start function runs first. */
const CONFORMANCE_GAS = 2n ** 62n;

const PROFILE_FEATURES =
  binaryen.Features.MutableGlobals |
  binaryen.Features.SignExt |
  binaryen.Features.BulkMemory |
  binaryen.Features.BulkMemoryOpt;
const CONFORMANCE_FEATURES =
  PROFILE_FEATURES |
  binaryen.Features.NontrappingFPToInt |
  binaryen.Features.SIMD128 |
  binaryen.Features.ReferenceTypes |
  binaryen.Features.Multivalue;

/**
 * The bytes of the module the VM runs in the place of `bytes`.
 * @errors Rejected module.refused (admission says no), instrument.unsupported (outside of the profile only)
 */
export function instrument(
  bytes: Uint8Array,
  schedule: GasSchedule = SCHEDULE_1,
  options: InstrumentOptions = {},
): Uint8Array {
  const admission = admit(bytes, options);
  if (!admission.accepted) {
    const [first] = admission.reasons;
    throw new Rejected("module.refused", "the module is not admitted", { value: first!.code, limit: first!.detail });
  }
  return instrumentAdmitted(bytes, admission.facts, schedule, options);
}

/** The same for a module whose facts are known. */
export function instrumentAdmitted(
  bytes: Uint8Array,
  facts: ModuleFacts,
  schedule: GasSchedule,
  options: InstrumentOptions = {},
): Uint8Array {
  try {
    return withPinnedOptions(() => rewriteModule(withoutCustomSections(bytes), facts, schedule, options));
  } catch (error) {
    if (error instanceof Rejected) throw error;
    if (!(options.profile ?? true)) throw new Rejected("instrument.unsupported", "the module cannot be instrumented");
    throw new NodeError("instrument.failed", "an admitted module could not be instrumented", { cause: error });
  }
}

function rewriteModule(
  source: Uint8Array,
  facts: ModuleFacts,
  schedule: GasSchedule,
  options: InstrumentOptions,
): Uint8Array {
  const isContract = options.profile ?? true;
  const hasLimits = options.limits ?? true;
  const features = isContract ? PROFILE_FEATURES : CONFORMANCE_FEATURES;
  const module = binaryen.readBinaryWithFeatures(source, features);
  try {
    module.setFeatures(features | binaryen.Features.Multivalue);
    const plan = new Plan(module, facts, { schedule, isContract });
    addMeters(module, {
      schedule,
      initialGas: isContract ? 0n : CONFORMANCE_GAS,
      stackBytes: LIMITS.stackBytes,
      memory: memoryOf(facts, isContract && hasLimits),
    });
    for (const info of plan.imports) wrapHostCall(module, info, schedule);
    const rules = { schedule, metersStack: hasLimits, hasAllDoors: !isContract };
    plan.functions.forEach((_, index) => {
      replaceFunction(module, plan, index, rules);
    });
    if (plan.isTableMetered) replaceTableEntries(module, plan);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

interface ReplaceRules {
  readonly schedule: GasSchedule;
  readonly metersStack: boolean;
  /** False: doors only for functions that the module exports. */
  readonly hasAllDoors: boolean;
}

/** The function becomes its rewritten one, with a door of its old name where others may reach it. */
function replaceFunction(module: binaryen.Module, plan: Plan, index: number, rules: ReplaceRules): void {
  const { name, body, fact, functionIndex } = plan.functions[index]!;
  const hasDoor = rules.hasAllDoors || plan.isExported(functionIndex);
  const callee = plan.statics.get(name);
  const parts = {
    ...plan.typeOf(name),
    name: plan.bodyName(name),
    body,
    vars: varsOf(module, name),
    entryGas: callee?.price ?? rules.schedule.costs.entryLocals.gas * fact.locals,
    localCount: fact.params + fact.locals,
    stackBytes: rules.metersStack ? plan.stackBytesOf(index) : null,
  };
  module.removeFunction(name);
  if (callee === undefined) {
    addMeteredFunction(module, plan, parts);
    if (hasDoor) addMeteredDoor(module, name, parts);
  } else {
    if (plan.isTableMetered && plan.isInTable(name)) {
      addStaticEntry(module, plan, { ...parts, name: plan.entryName(name), body: module.copyExpression(body) });
    }
    addStaticFunction(module, plan, parts);
    if (hasDoor) addStaticDoor(module, name, parts);
  }
}

function varsOf(module: binaryen.Module, name: string): readonly number[] {
  return binaryen.getFunctionInfo(module.getFunction(name)).vars;
}

/** The table holds metered functions: what call_indirect of the rewritten functions calls. */
function replaceTableEntries(module: binaryen.Module, plan: Plan): void {
  for (const { name, table, data, offset } of plan.segments) {
    const entries = data.map((each) => plan.entryName(each));
    module.addActiveElementSegment(table, `${name}_metered`, entries, module.copyExpression(offset));
    module.removeElementSegment(name);
  }
}

function memoryOf(facts: ModuleFacts, isFaultBelow: boolean) {
  if (facts.memory === null) return null;
  const name = facts.imports.some((each) => each.kind === "memory") ? IMPORTED_MEMORY : OWN_MEMORY;
  return { name, pagesMax: pagesMaxOf(facts.memory.maximumPages), isFaultBelow };
}

/** The names binaryen gives the one memory of a module that has no names. */
const OWN_MEMORY = "0";
const IMPORTED_MEMORY = "mimport$0";
