/**
 * Instrumentation: an admitted module becomes one that meters itself.
 *
 * The result computes what the source computes, until it is out of gas or of stack: then it traps with a negative
 * counter, by which the host tells the one from the other and both from a trap of the contract's own. The full rule,
 * with the numbers and how the counters are set and read from outside, is docs/gas.md. Before and after, in short:
 *
 *     (func $sum (param $n i32) (result i32)          (func $sum (param $n i32) (result i32)
 *       (local $s i32)                                  (local $s i32) (local $result i32)
 *                                                       gas -= 1;  if (gas < 0) unreachable  ;; its local
 *                                                       stack -= 116;  if (stack < 0) unreachable
 *       (loop $next                                     (loop $next
 *                                                         gas -= 10;  if (gas < 0) unreachable
 *         (local.set $s                                   (local.set $s
 *           (i32.add (local.get $s) (local.get $n)))        (i32.add (local.get $s) (local.get $n)))
 *         (br_if $next (local.tee $n                      (br_if $next (local.tee $n
 *           (i32.sub (local.get $n) (i32.const 1)))))       (i32.sub (local.get $n) (i32.const 1))))
 *                                                         gas -= 1)
 *       (local.get $s))                                 (local.set $result (local.get $s))
 *                                                       stack += 116
 *                                                       (local.get $result))
 *
 * The counter is a global here, looked at where an endless run would have to pass (function entries, heads of loops)
 * and in front of everything the host does.
 *
 *   source.ts            what binaryen is given to read
 *   regions.ts, cost.ts  which instructions are charged together, and how much
 *   rewrite.ts           the charges and the stack meter of one function
 *   host-calls.ts        what stands in front of each import
 *   meters.ts            counters, their functions and exports, the gate of memory.grow
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
import { wrapHostCalls } from "./host-calls.ts";
import { addMeters, pagesMaxOf } from "./meters.ts";
import { meterFunction } from "./rewrite.ts";
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
  const module = binaryen.readBinaryWithFeatures(source, isContract ? PROFILE_FEATURES : CONFORMANCE_FEATURES);
  try {
    const names = facts.functions.map((_, index) => functionName(module, facts.importedFunctionCount + index));
    addMeters(module, {
      schedule,
      initialGas: isContract ? 0n : CONFORMANCE_GAS,
      stackBytes: LIMITS.stackBytes,
      memory: memoryOf(facts, isContract && hasLimits),
    });
    facts.functions.forEach((fact, index) => {
      meterFunction(module, names[index]!, fact, { schedule, metersStack: hasLimits });
    });
    wrapHostCalls(module, schedule);
    return module.emitBinary();
  } finally {
    module.dispose();
  }
}

function functionName(module: binaryen.Module, index: number): string {
  return binaryen.getFunctionInfo(module.getFunctionByIndex(index)).name;
}

function memoryOf(facts: ModuleFacts, isFaultBelow: boolean) {
  if (facts.memory === null) return null;
  const name = facts.imports.some((each) => each.kind === "memory") ? IMPORTED_MEMORY : OWN_MEMORY;
  return { name, pagesMax: pagesMaxOf(facts.memory.maximumPages), isFaultBelow };
}

/** The names binaryen gives the one memory of a module that has no names. */
const OWN_MEMORY = "0";
const IMPORTED_MEMORY = "mimport$0";
