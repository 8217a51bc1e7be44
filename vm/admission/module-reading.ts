import type { ModuleLimits } from "../limits.ts";
import type { FunctionFact, ImportFact, ModuleExport } from "./facts.ts";
import type { Feature, FeatureRules } from "./features.ts";
import type { ByteCursor } from "./reader.ts";
import type { Bound, ReasonCode, ReasonList } from "./reasons.ts";
import type { Rules } from "./rules.ts";
import type { FunctionType, ValueType } from "./value-types.ts";

/**
 * One of a module's index spaces. `isComplete` is false once a part that fills it could not be read; nothing is then
 * said about indices behind its end, because that would be a consequence and not a reason.
 */
export class IndexSpace<T> {
  readonly items: T[] = [];
  isComplete = true;

  get count(): number {
    return this.items.length;
  }

  get(index: number): T | undefined {
    return this.items[index];
  }

  /** True when the index is known to be out of range. */
  isOutside(index: number): boolean {
    return this.isComplete && index >= this.items.length;
  }
}

export interface SizeLimits {
  readonly minimum: number;
  readonly maximum: number | null;
}

/** `type` is null where it is not known or has more parameters or results than the limits allow. */
export interface FunctionEntry {
  readonly type: FunctionType | null;
  readonly isImported: boolean;
}

export interface TableEntry {
  readonly type: ValueType;
  readonly limits: SizeLimits;
}

export interface GlobalEntry {
  readonly type: ValueType;
  readonly isMutable: boolean;
  readonly isImported: boolean;
}

/**
 * What is known of a module while it is read: one object, filled section by section in the order of the binary format.
 */
export class ModuleReading implements FeatureRules {
  readonly bytes: Uint8Array;
  readonly rules: Rules;
  readonly reasons: ReasonList;

  readonly types = new IndexSpace<FunctionType | null>();
  readonly functions = new IndexSpace<FunctionEntry>();
  readonly tables = new IndexSpace<TableEntry>();
  readonly memories = new IndexSpace<SizeLimits>();
  readonly globals = new IndexSpace<GlobalEntry>();
  /** The reference types of the element segments. */
  readonly elements = new IndexSpace<ValueType>();

  readonly imports: ImportFact[] = [];
  readonly exports: ModuleExport[] = [];
  readonly bodies: FunctionFact[] = [];
  readonly customSections: { name: string; offset: number; bytes: Uint8Array }[] = [];
  /** Functions named in exports, element segments and globals: only those may be the operand of ref.func. */
  readonly referableFunctions = new Set<number>();

  readonly features = new Set<Feature>();
  importedFunctionCount = 0;
  importedGlobalCount = 0;
  /** What the data count section says; null when there is none. */
  dataCount: number | null = null;
  dataSegmentCount = 0;
  dataBytes = 0;
  codeBytes = 0;
  customBytes = 0;
  totalParams = 0;
  totalLocals = 0;
  totalBrTableTargets = 0;

  constructor(bytes: Uint8Array, rules: Rules, reasons: ReasonList) {
    this.bytes = bytes;
    this.rules = rules;
    this.reasons = reasons;
  }

  useFeature(feature: Feature, offset: number, what: string): void {
    this.features.add(feature);
    if (feature !== "core" && !this.rules.features.has(feature)) this.refuse(featureCode(feature), offset, what);
  }

  refuse(code: ReasonCode, offset: number, specifics = ""): void {
    this.reasons.add(code, offset, specifics);
  }

  /** A bound is broken; `where` says in which part of the module, or nothing. */
  refuseBound(code: ReasonCode, offset: number, bound: Bound, where = ""): void {
    const what = `value ${bound.value}, limit ${bound.limit}`;
    this.reasons.add(code, offset, where === "" ? what : `${where}: ${what}`, bound);
  }

  /** The first failure of the cursor, if any, is listed; true when there was none. */
  accepts(cursor: ByteCursor): boolean {
    const failure = cursor.failure;
    if (failure !== null) this.refuse(failure.code, failure.offset, failure.specifics);
    return failure === null;
  }

  /** A value above the limit of that name is listed; true when it is within. */
  isWithin(limit: keyof ModuleLimits, value: number, offset: number, where = ""): boolean {
    const most = this.rules.limits[limit];
    if (value <= most) return true;
    this.refuseBound(`limit.${limit}`, offset, { value, limit: most }, where);
    return false;
  }

  /** An index known to be out of range is listed. */
  checkIndex(space: IndexSpace<unknown>, index: number, code: ReasonCode, offset: number): void {
    if (space.isOutside(index)) this.refuse(code, offset, `index ${index}, count ${space.count}`);
  }

  get definedFunctionCount(): number {
    return this.functions.count - this.importedFunctionCount;
  }
}

function featureCode(feature: Exclude<Feature, "core">): ReasonCode {
  // Sign extension and memory.copy / memory.fill are in every set of rules; they have no code because nothing refuses
  // them.
  return `feature.${feature as Exclude<Feature, "core" | "signExtension" | "bulkMemory">}`;
}
