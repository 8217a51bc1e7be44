import type { IndexSpace, ModuleReading } from "./module-reading.ts";
import type { Opcode } from "./opcode-row.ts";
import { OperandStack } from "./operand-stack.ts";
import type { ByteCursor } from "./reader.ts";
import type { ReasonCode } from "./reasons.ts";
import { type FunctionType, UNKNOWN_TYPE, type ValueType } from "./value-types.ts";

/**
 * The types of a function's parameters and declared locals, kept as runs: a body may declare 4294967295 locals in six
 * bytes, and they are never written out.
 */
export class LocalTypes {
  readonly #ends: number[] = [];
  readonly #types: ValueType[] = [];
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(count: number, type: ValueType): void {
    if (count === 0) return;
    this.#count += count;
    this.#ends.push(this.#count);
    this.#types.push(type);
  }

  /** The type of a local; undefined out of range. Binary search over the runs. */
  typeOf(index: number): ValueType | undefined {
    if (index >= this.#count) return undefined;
    let low = 0;
    let high = this.#ends.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (index < this.#ends[middle]!) high = middle;
      else low = middle + 1;
    }
    return this.#types[low];
  }
}

/** One function body while it is read: where the reader is, what it knows, and where reasons go. */
export class BodyReading {
  readonly cursor: ByteCursor;
  readonly module: ModuleReading;
  readonly functionIndex: number;
  readonly locals = new LocalTypes();
  readonly stack: OperandStack;
  /** The instruction being read: its offset and row. */
  offset = 0;
  row: Opcode | null = null;
  /** True once an instruction was met whose immediates are not known: the rest of the body is left unread. */
  isCut = false;
  brTableTargets = 0;
  /** See FunctionFact. */
  instructions = 0;
  isStraight = true;
  callsIndirectly = false;
  /** Calls so far, direct and indirect. */
  calls = 0;
  readonly callees: number[] = [];
  /** False when the function's type is not known: indices of locals then say nothing. */
  areLocalsKnown = true;

  constructor(cursor: ByteCursor, module: ModuleReading, functionIndex: number) {
    this.cursor = cursor;
    this.module = module;
    this.functionIndex = functionIndex;
    this.stack = new OperandStack((code, specifics) => this.refuse(code, specifics));
  }

  /** Where the reader is, in words. */
  where(): string {
    return `function ${this.functionIndex}, ${this.row?.name ?? "locals"}`;
  }

  refuse(code: ReasonCode, specifics: string): void {
    this.module.refuse(code, this.offset, `${this.where()}: ${specifics}`);
  }

  /** The entry of an index space; where there is none it is listed (if that is known) and the stack is in doubt. */
  lookUp<T>(space: IndexSpace<T>, index: number, code: ReasonCode): T | undefined {
    const entry = this.cursor.ok ? space.get(index) : undefined;
    if (entry !== undefined) return entry;
    if (this.cursor.ok && space.isOutside(index)) this.refuse(code, `index ${index}, count ${space.count}`);
    this.stack.isDoubtful = true;
    return undefined;
  }

  /** Takes the operands and gives the results of a known type; an unknown one leaves the stack in doubt. */
  apply(type: FunctionType | null | undefined): void {
    if (type === null || type === undefined) {
      this.stack.isDoubtful = true;
      return;
    }
    for (let index = type.params.length - 1; index >= 0; index--) this.stack.popExpected(type.params[index]!);
    this.stack.pushAll(type.results);
  }

  /** The type of a local by the index that follows; one out of range is listed and unknown. */
  readLocal(): ValueType {
    const index = this.cursor.u32();
    const type = this.locals.typeOf(index);
    if (!this.areLocalsKnown || !this.cursor.ok) return UNKNOWN_TYPE;
    if (type === undefined) this.refuse("body.local", `index ${index}, count ${this.locals.count}`);
    return type ?? UNKNOWN_TYPE;
  }

  /** The types a branch takes by the label that follows; one that is not open is listed and the stack in doubt. */
  labelTypes(depth: number): readonly ValueType[] {
    const types = this.stack.labelTypes(depth);
    if (types !== undefined) return types;
    if (this.cursor.ok) this.refuse("body.label", `label ${depth}, open ${this.stack.frameCount}`);
    this.stack.isDoubtful = true;
    return [];
  }
}
