import { HOST_FUNCTIONS, type HostFunction, PROTOCOL_VERSION, type WasmType } from "../abi.ts";
import { ENGINE_LIMITS, INSTRUMENTED_LIMITS, LIMITS, type ModuleLimits } from "../limits.ts";
import { type Feature, INSTRUMENTED_FEATURES, MODELLED_FEATURES, PROFILE_FEATURES } from "./features.ts";
import { type FunctionType, I32, I64, type ValueType } from "./value-types.ts";

/** What one reading checks a module against. */
export interface Rules {
  readonly features: ReadonlySet<Feature>;
  readonly limits: ModuleLimits;
  /**
   * True when the module must be a contract: imports only from the ABI table, one memory with a maximum and exported, a
   * table of fixed size, segments inside their bounds, method exports of type () -> ().
   */
  readonly isContract: boolean;
  /** True for the instrumenter's output: names with the reserved prefix may be imported and exported. */
  readonly allowsReservedNames: boolean;
  /** True on a test chain: what the ABI table has for debugging may be imported. */
  readonly allowsDebug: boolean;
}

export interface AdmissionOptions {
  /**
   * False: every feature of WebAssembly 2.0 is checked and allowed, and the module need not be a contract. Default
   * true.
   */
  readonly profile?: boolean;
  /** False: only the limits that all engines share hold. Default true. */
  readonly limits?: boolean;
  /** True: functions that only test chains have (`debug_log`) may be imported. Default false. */
  readonly debug?: boolean;
}

export function originalRules(options: AdmissionOptions): Rules {
  return rulesFor(options, LIMITS, false);
}

export function instrumentedRules(options: AdmissionOptions): Rules {
  return rulesFor(options, INSTRUMENTED_LIMITS, true);
}

function rulesFor(options: AdmissionOptions, limits: ModuleLimits, allowsReservedNames: boolean): Rules {
  const isContract = options.profile ?? true;
  const contractFeatures = allowsReservedNames ? INSTRUMENTED_FEATURES : PROFILE_FEATURES;
  return {
    features: isContract ? contractFeatures : MODELLED_FEATURES,
    limits: (options.limits ?? true) ? limits : ENGINE_LIMITS,
    isContract,
    allowsReservedNames,
    allowsDebug: options.debug ?? false,
  };
}

const VALUE_TYPE_OF: Readonly<Record<WasmType, ValueType>> = { i32: I32, i64: I64 };

const HOST_TYPES: ReadonlyMap<string, ReadonlyMap<string, FunctionType>> = hostTypesByModule(HOST_FUNCTIONS);

function hostTypesByModule(functions: readonly HostFunction[]): Map<string, Map<string, FunctionType>> {
  const modules = new Map<string, Map<string, FunctionType>>();
  for (const row of functions.filter((each) => each.since <= PROTOCOL_VERSION)) {
    const names = modules.get(row.module) ?? new Map<string, FunctionType>();
    names.set(row.name, {
      params: row.params.map((parameter) => VALUE_TYPE_OF[parameter.type]),
      results: row.result === null ? [] : [VALUE_TYPE_OF[row.result]],
    });
    modules.set(row.module, names);
  }
  return modules;
}

const DEBUG_FUNCTIONS: ReadonlySet<string> = new Set(
  HOST_FUNCTIONS.filter((row) => row.debugOnly === true).map((row) => `${row.module}\n${row.name}`),
);

/** True for a host function that only test chains have. */
export function isDebugOnly(module: string, name: string): boolean {
  return DEBUG_FUNCTIONS.has(`${module}\n${name}`);
}

/** The type of a host function; undefined when the host has none of that name. */
export function hostType(module: string, name: string): FunctionType | undefined {
  return HOST_TYPES.get(module)?.get(name);
}
