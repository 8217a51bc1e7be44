/** What must hold of the reader of vm/admission for any bytes at all. */
import { type AdmissionOptions, admit, admitInstrumented } from "../../vm/admission/admit.ts";
import { readModule } from "../reference/module.ts";
import { structureOf } from "../reference/structure.ts";

const LIFTED: AdmissionOptions = { profile: false, limits: false };
/** What we refuse of any module, profile or not: the instrumenter's names. */
const OWN_RULES = /^(import|export)\.reservedName$/;
/** Later engines accept more constant expressions, memories, tables and reference types than WebAssembly 2.0 has. */
const NEWER_ENGINE =
  /^(feature|limit)\.|^(constant\.(instruction|type|global)|memory\.tooMany|limits\.flag|table\.elementType)$/;
/** Far above what any bytes of a fuzzer take; only a hang or a lost linearity reaches it. */
const SLOW_MS = 2_000;

export interface AdmissionVerdict {
  readonly isAccepted: boolean;
  /** What is wrong with the reader; null when nothing is. */
  readonly problem: string | null;
}

/** Never throws: what the reader throws is the problem. */
export function checkAdmission(bytes: Uint8Array): AdmissionVerdict {
  const started = performance.now();
  try {
    const admission = admit(bytes);
    const elapsed = performance.now() - started;
    const problem = elapsed > SLOW_MS ? `the reader took ${elapsed.toFixed(0)} ms` : problemOf(bytes);
    if (problem !== null || !admission.accepted) return { isAccepted: admission.accepted, problem };
    return { isAccepted: true, problem: heightProblem(bytes, admission.facts.functions) };
  } catch (error) {
    return { isAccepted: false, problem: `the reader threw ${error instanceof Error ? error.stack : String(error)}` };
  }
}

function problemOf(bytes: Uint8Array): string | null {
  const lifted = admit(bytes, LIFTED);
  const codes = lifted.reasons.map(({ code }) => code);
  if (codes.includes("module.engineRefused")) return "accepted by the reader, refused by the engine";
  if (WebAssembly.validate(bytes)) {
    const others = codes.filter((code) => !NEWER_ENGINE.test(code) && !OWN_RULES.test(code));
    if (others.length > 0) return `accepted by the engine, refused by the reader: ${others.join()}`;
  }
  for (const admission of [admit(bytes), admitInstrumented(bytes), admit(bytes, { limits: false })]) {
    if (admission.accepted && !codes.every((code) => OWN_RULES.test(code)))
      return "accepted with the profile, refused without";
    if (!admission.accepted && admission.reasons.length === 0) return "refused without a reason";
    const outside = admission.reasons.find(({ offset }) => offset < 0 || offset > bytes.length);
    if (outside !== undefined) return `a reason outside the bytes: ${JSON.stringify(outside)}`;
  }
  return null;
}

/** The facts that the stack meter rests on, counted a second time. */
function heightProblem(
  bytes: Uint8Array,
  facts: readonly { readonly params: number; readonly locals: number; readonly operandHeightMax: number }[],
): string | null {
  const module = readModule(bytes);
  for (const [index, body] of module.bodies.entries()) {
    const { params, locals, operandHeightMax } = facts[index]!;
    const { heightMax } = structureOf(body, module);
    const counted = [body.type.params.length, body.declaredLocals.length, heightMax].join();
    const read = [params, locals, operandHeightMax].join();
    if (read !== counted) return `function ${index}: params, locals, height are ${counted}, the facts say ${read}`;
  }
  return null;
}
