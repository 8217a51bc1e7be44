/**
 * Admission: the bytes of a module become the facts of a contract, or every reason why they do not.
 *
 * A reader of our own goes through the bytes once, byte by byte, and decides the format, the types of every
 * instruction, the closed profile and the limits. It is the judge, because an engine is not a stable one: newer engines
 * accept what older ones refuse, and a rewriting library accepts some modules that no engine does. The engine's own
 * validator is asked only after the reader has accepted, as a second opinion: if the two ever disagree the module is
 * refused, and nothing of the engine's text is kept. The same reader goes over the instrumenter's output before it is
 * compiled.
 *
 *   features.ts, opcodes.ts, reasons.ts, rules.ts   the tables: what is allowed, what exists, what can be said
 *   reader.ts, sections.ts, sections/               the binary format, section by section
 *   validate-body.ts, instructions.ts               function bodies
 *   module-reading.ts, facts.ts                     what is known while reading, and what stays
 */
import type { ModuleFacts } from "./facts.ts";
import { ModuleReading } from "./module-reading.ts";
import { ByteCursor } from "./reader.ts";
import { type Reason, ReasonList } from "./reasons.ts";
import { type AdmissionOptions, instrumentedRules, originalRules, type Rules } from "./rules.ts";
import { readSections } from "./sections.ts";
import { typeName } from "./value-types.ts";

export type { ModuleFacts } from "./facts.ts";
export type { Reason, ReasonCode } from "./reasons.ts";
export type { AdmissionOptions } from "./rules.ts";

export type Admission =
  | { readonly accepted: true; readonly facts: ModuleFacts; readonly reasons: readonly [] }
  | { readonly accepted: false; readonly reasons: readonly Reason[] };

/**
 * The module is a contract this chain runs, or every reason why not is listed, by byte offset. Never throws; time and
 * memory are linear in the bytes. A module above `limits.moduleBytes` is not read further, and one whose header is
 * wrong neither. Of one code the first LIMITS.reasonsPerCode reasons are listed and the rest counted in the last.
 */
export function admit(bytes: Uint8Array, options: AdmissionOptions = {}): Admission {
  return admitUnder(bytes, originalRules(options));
}

/**
 * The same for what the instrumenter wrote: names with the reserved prefix may be imported and exported (a mutable
 * global too), and the limits are INSTRUMENTED_LIMITS.
 */
export function admitInstrumented(bytes: Uint8Array, options: AdmissionOptions = {}): Admission {
  return admitUnder(bytes, instrumentedRules(options));
}

function admitUnder(bytes: Uint8Array, rules: Rules): Admission {
  const reasons = new ReasonList();
  const module = new ModuleReading(bytes, rules, reasons);
  if (module.isWithin("moduleBytes", bytes.length, 0)) {
    readSections(new ByteCursor(bytes, 0, bytes.length), module);
  }
  if (reasons.isEmpty && !isValidToEngine(bytes)) module.refuse("module.engineRefused", 0);
  if (!reasons.isEmpty) return { accepted: false, reasons: reasons.listed() };
  return { accepted: true, facts: factsOf(module), reasons: [] };
}

function isValidToEngine(bytes: Uint8Array): boolean {
  try {
    return WebAssembly.validate(bytes);
  } catch {
    // Bytes it does not even look at (a detached or shared buffer) are refused like bytes it does not like.
    return false;
  }
}

function factsOf(module: ModuleReading): ModuleFacts {
  const [memory] = module.memories.items;
  const [table] = module.tables.items;
  const { items: globals } = module.globals;
  return {
    imports: module.imports,
    exports: module.exports,
    functions: module.bodies,
    importedFunctionCount: module.importedFunctionCount,
    globals: globals.map(({ type, isMutable, isImported }) => ({ type: typeName(type), isMutable, isImported })),
    mutableGlobalCount: globals.filter((global) => global.isMutable).length,
    memory: memory === undefined ? null : { initialPages: memory.minimum, maximumPages: memory.maximum },
    table: table === undefined ? null : { minimum: table.limits.minimum, maximum: table.limits.maximum },
    codeBytes: module.codeBytes,
    dataBytes: module.dataBytes,
    moduleBytes: module.bytes.length,
    features: module.features,
    customSections: module.customSections.map(({ name, offset, bytes }) => ({ name, offset, length: bytes.length })),
  };
}
