/**
 * What can be done for a contract before a machine needs it: admit, instrument, admit again, compile.
 *
 *   bytes --compileModule--> facts, WebAssembly.Module           on the way of a call, by the machine itself
 *   bytes --prepareContract--> PreparedContract --Machine.adopt  ahead of it, on another thread
 *
 * Both ways give the same module of the same bytes, so that a preparation which comes late, or never, changes nothing
 * but the time the first call takes. A compiled form is known by four things, and a machine takes no other than its own:
 * the hash of the original bytes, the instrumenter's version, the hash of the gas schedule, and whether the chain has a
 * debug log. The last three are constants of a machine, so inside of one the code hash alone is the key.
 */
import { type AdmissionOptions, admit, admitInstrumented, type ModuleFacts, type Reason } from "../admission/admit.ts";
import { REASON_TEXTS } from "../admission/reasons.ts";
import { NodeError } from "../errors.ts";
import { type GasSchedule, SCHEDULE_1, scheduleHash } from "../gas/schedule.ts";
import { INSTRUMENTER_VERSION, instrumentAdmitted } from "../instrument/instrument.ts";
import { compile } from "./engine.ts";

/** What a compiled form depends on beside the bytes of the contract. */
export interface CompilationKey {
  readonly instrumenterVersion: number;
  readonly scheduleHash: Uint8Array;
  readonly allowsDebug: boolean;
}

/** A contract compiled ahead. It can be sent to another thread. */
export interface PreparedContract extends CompilationKey {
  /** SHA-256 of the original bytes. */
  readonly codeHash: Uint8Array;
  readonly facts: ModuleFacts;
  readonly module: WebAssembly.Module;
}

export interface PreparationOptions {
  readonly sha256: (message: Uint8Array) => Uint8Array;
  readonly schedule?: GasSchedule;
  readonly allowsDebug?: boolean;
}

/** The contract is compiled; undefined when it is refused, whose reasons the machine gives. @errors engine.* (NodeError) */
export function prepareContract(code: Uint8Array, options: PreparationOptions): PreparedContract | undefined {
  const { sha256, schedule = SCHEDULE_1, allowsDebug = false } = options;
  const compiled = compileModule(code, schedule, { debug: allowsDebug });
  if (!compiled.ok) return undefined;
  return {
    codeHash: sha256(code),
    instrumenterVersion: INSTRUMENTER_VERSION,
    scheduleHash: scheduleHash(sha256, schedule),
    allowsDebug,
    facts: compiled.facts,
    module: compiled.module,
  };
}

export type CompileResult =
  | { readonly ok: true; readonly facts: ModuleFacts; readonly module: WebAssembly.Module }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

export type MeterResult =
  | { readonly ok: true; readonly facts: ModuleFacts; readonly instrumented: Uint8Array }
  | { readonly ok: false; readonly reasons: readonly Reason[] };

/** Admits, meters and compiles a contract; or says why it is refused. @errors engine.* (NodeError) */
export function compileModule(code: Uint8Array, schedule: GasSchedule, options: AdmissionOptions): CompileResult {
  const metered = meterModule(code, schedule, options);
  return metered.ok ? { ok: true, facts: metered.facts, module: compile(metered.instrumented) } : metered;
}

/**
 * Returns all that a chain asks of a contract before it compiles it: admitted, instrumented, admitted again. The second
 * reading refuses what the instrumenter's library cannot write well; no compiler is known to make such code.
 * @errors engine.* (NodeError)
 */
export function meterModule(code: Uint8Array, schedule: GasSchedule, options: AdmissionOptions = {}): MeterResult {
  const admission = admit(code, options);
  if (!admission.accepted) return refusal(admission.reasons);
  const { facts } = admission;
  const instrumented = instrumentAdmitted(code, facts, schedule);
  const second = admitInstrumented(instrumented, options);
  return second.accepted ? { ok: true, facts, instrumented } : refusal(second.reasons.map(ofInstrumentedForm));
}

/** The offset would be one of bytes that nobody has seen. */
function ofInstrumentedForm({ code, detail }: Reason): Reason {
  if (code === "module.engineRefused") return { code, offset: 0, detail };
  return {
    code: "module.instrumentedForm",
    offset: 0,
    detail: `${REASON_TEXTS["module.instrumentedForm"]}: ${code}, ${detail}`,
  };
}

/**
 * What our reader refuses, every node refuses. Where only the engine disagrees with it, another engine may not: such a
 * verdict must not become a receipt, so the node stops instead.
 * @errors engine.validate (NodeError)
 */
function refusal(reasons: readonly Reason[]): { readonly ok: false; readonly reasons: readonly Reason[] } {
  if (reasons.some(({ code }) => code === "module.engineRefused")) {
    throw new NodeError("engine.validate", "the engine refuses a module that our own reader accepts");
  }
  return { ok: false, reasons };
}
