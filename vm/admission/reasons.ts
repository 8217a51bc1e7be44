import { LIMITS } from "../limits.ts";

/** What was found, and the most that is allowed. */
export interface Bound {
  readonly value: number;
  readonly limit: number;
}

/** One reason why a module is refused. `value` and `limit` stand where a bound was broken, and in `detail` too. */
export interface Reason extends Partial<Bound> {
  readonly code: ReasonCode;
  /** Byte offset in the module, 0 where something is missing altogether. */
  readonly offset: number;
  readonly detail: string;
}

/**
 * Every code a refusal can carry and what it says. Codes are stable: they are added, never changed. Texts may change.
 *
 * Families: `module` the bytes as a whole; `encoding` and `section` the binary format; `feature` outside the profile;
 * `limit` a bound of vm/limits.ts of the same name; the rest is the part of the module that is wrong.
 */
export const REASON_TEXTS = {
  "module.magic": "the bytes do not begin with the WebAssembly magic number",
  "module.version": "the binary version is not 1",
  "module.instrumentedForm": "the module is admitted, its instrumented form is not",
  "module.engineRefused": "the engine's own validator refuses a module that the reader accepts",

  "encoding.truncated": "the bytes end inside a value",
  "encoding.leb": "a LEB128 integer is too long or has unused bits set",
  "encoding.utf8": "a name is not UTF-8",

  "section.unknown": "a section id that WebAssembly does not define",
  "section.order": "a section stands after one that must follow it",
  "section.duplicate": "a section occurs twice",
  "section.pastEnd": "a section's size reaches past the end of the module",
  "section.sizeMismatch": "a section's contents end before its size says",

  "feature.float": "a floating-point type or instruction",
  "feature.multiValue": "a block type given by index, or a function type with several results",
  "feature.referenceTypes": "a reference type, an instruction on one, or a segment or select that names its type",
  "feature.tableInstructions": "an instruction that reads or writes a table",
  "feature.multipleTables": "more than one table",
  "feature.passiveSegments": "a segment that is not active in memory 0 or table 0, or an instruction on segments",
  "feature.startSection": "a start section",
  "feature.importedTable": "an imported table",
  "feature.importedMemory": "an imported memory",
  "feature.importedGlobal": "an imported global",
  "feature.exportedMutableGlobal": "an exported mutable global",
  "feature.simd": "a vector type or instruction",
  "feature.relaxedSimd": "a relaxed vector instruction",
  "feature.threads": "a shared memory or an atomic instruction",
  "feature.exceptions": "a tag, an exception type or an exception instruction",
  "feature.tailCalls": "a tail call",
  "feature.memory64": "a memory or table with 64-bit addresses",
  "feature.gc": "a type or instruction of the typed references or garbage collection proposals",

  "limit.moduleBytes": "bytes of the module",
  "limit.types": "function types",
  "limit.functions": "functions",
  "limit.imports": "imports",
  "limit.exports": "exports",
  "limit.nameBytes": "bytes of an import or export name",
  "limit.functionParams": "parameters of one function type",
  "limit.totalParams": "parameters of all functions together",
  "limit.functionResults": "results of one function type",
  "limit.functionLocals": "declared locals of one function",
  "limit.totalLocals": "declared locals of all functions together",
  "limit.functionOps": "instructions of one function",
  "limit.brTableTargets": "targets of one br_table",
  "limit.totalBrTableTargets": "targets of all br_table instructions together",
  "limit.functionLoops": "loops of one function",
  "limit.functionBlocks": "blocks, loops and ifs of one function",
  "limit.functionCalls": "calls of one function",
  "limit.loopNesting": "loops inside one another",
  "limit.blockNesting": "blocks inside one another",
  "limit.expressionDepth": "instructions inside one another, as operands and blocks",
  "limit.heldOperands": "operands of one function that wait under an instruction without a result",
  "limit.globals": "globals",
  "limit.dataSegments": "data segments",
  "limit.elementSegments": "element segments",
  "limit.tableEntries": "entries of a table",
  "limit.memoryInitialPages": "initial pages of a memory",
  "limit.memoryMaximumPages": "maximum pages of a memory",
  "limit.customBytes": "bytes of all custom sections together",

  "type.form": "a type that is not a function type",
  "type.valueType": "a byte that is no value type",
  "type.index": "a type index out of range",

  "import.kind": "a byte that is no kind of import",
  "import.unknown": "an imported function that the host does not have",
  "import.signature": "an imported function whose type is not the host's",
  "import.duplicate": "a function imported twice",
  "import.debugOnly": "an imported function that only test chains have",
  "import.reservedName": "an import named as the instrumenter names its own",

  "table.elementType": "a byte that is no reference type",
  "table.bounds": "a table whose minimum and maximum differ, or that has no maximum",
  "memory.missing": "no memory",
  "memory.tooMany": "more than one memory",
  "memory.pages": "a memory of more than 65536 pages",
  "memory.noMaximum": "a memory without a maximum",
  "limits.flag": "a byte that is no kind of limits",
  "limits.order": "a minimum above the maximum",

  "global.mutability": "a byte that is neither const nor var",
  "constant.instruction": "an instruction that may not stand in a constant expression",
  "constant.type": "a constant expression that does not give the type wanted",
  "constant.global": "a constant expression that reads a global which is not imported and immutable",
  "constant.function": "a constant expression that refers to a function out of range",

  "export.kind": "a byte that is no kind of export",
  "export.index": "an export of something that does not exist",
  "export.duplicate": "two exports of one name",
  "export.reservedName": "an export named as the instrumenter names its own",
  "export.memoryMissing": "no memory exported as `memory`",
  "export.methodName": "an export named as a method whose name is not a letter and up to 63 letters, digits and `_`",
  "export.methodType": "an export named as a method that is not a function () -> ()",
  "start.index": "a start function out of range",
  "start.type": "a start function whose type is not () -> ()",

  "element.flags": "a byte that is no kind of element segment",
  "element.kind": "a byte that is no kind of element",
  "element.table": "an element segment for a table that does not exist",
  "element.type": "an element segment of another type than its table",
  "element.function": "an element segment that names a function out of range",
  "element.bounds": "an element segment outside the table",
  "data.flags": "a byte that is no kind of data segment",
  "data.memory": "a data segment for a memory that does not exist",
  "data.bounds": "a data segment outside the initial memory",
  "data.countMismatch": "the data count section and the data section disagree",
  "code.countMismatch": "as many bodies as functions are wanted",

  "body.pastEnd": "a function body's size reaches past the end of the section",
  "body.sizeMismatch": "a function's last end is not at the end of its body",
  "body.localsOverflow": "more than 4294967295 locals",
  "body.opcode": "a byte sequence that is no instruction",
  "body.reservedByte": "a reserved byte that is not zero",
  "body.type": "operands or results of the wrong type, too few or too many",
  "body.else": "an else without an if",
  "body.label": "a label that is not open here",
  "body.labelTypes": "labels of one br_table that take different numbers of values",
  "body.local": "a local out of range",
  "body.global": "a global out of range",
  "body.immutableGlobal": "a write to an immutable global",
  "body.function": "a function out of range",
  "body.undeclaredReference": "a reference to a function that is not named outside the bodies",
  "body.table": "a table out of range",
  "body.tableType": "a table of the wrong element type",
  "body.memory": "a memory instruction without a memory",
  "body.alignment": "an alignment above the natural one",
  "body.lane": "a lane out of range",
  "body.data": "a data segment out of range",
  "body.dataCount": "an instruction on data segments without a data count section",
  "body.element": "an element segment out of range",
  "body.selectTypes": "a select that does not name exactly one type",
} as const;

export type ReasonCode = keyof typeof REASON_TEXTS;

/**
 * Collects the reasons of one reading. Of each code the first LIMITS.reasonsPerCode are kept and the rest counted, so
 * that a module of half a million float instructions neither hides another code nor fills a memory.
 */
export class ReasonList {
  readonly #kept: Reason[] = [];
  readonly #counts = new Map<ReasonCode, number>();

  get isEmpty(): boolean {
    return this.#kept.length === 0;
  }

  /** The reason is in the list, or counted. `specifics`: what was found, and the limit where there is one. */
  add(code: ReasonCode, offset: number, specifics = "", bound?: Bound): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count > LIMITS.reasonsPerCode) return;
    const text = REASON_TEXTS[code];
    this.#kept.push({ code, offset, detail: specifics === "" ? text : `${text}: ${specifics}`, ...bound });
  }

  /** All kept reasons by offset; the last of a code that was cut says how many more there are. */
  listed(): Reason[] {
    const last = new Map<ReasonCode, number>(this.#kept.map((reason, index) => [reason.code, index]));
    const reasons = this.#kept.map((reason, index) => {
      const more = (this.#counts.get(reason.code) ?? 0) - LIMITS.reasonsPerCode;
      const isCut = more > 0 && last.get(reason.code) === index;
      return isCut ? { ...reason, detail: `${reason.detail}; and ${more} more of this code` } : reason;
    });
    return reasons.sort((left, right) => left.offset - right.offset);
  }
}

/** The name as a JSON string of at most 64 characters, so that control characters cannot act on whoever prints it. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 64 ? `${name.slice(0, 64)}...` : name);
}
