/**
 * The operand stack and the control frames of one body, by the validation algorithm of the core specification
 * (appendix, "Validation Algorithm").
 *
 * Behind an instruction that does not return, the stack of the frame is polymorphic: what is missing is UNKNOWN_TYPE
 * and fits every type. The same serves after the first error of a body: the stack is then `isDoubtful` as a whole, so
 * that one error is listed once and not with all its consequences, while reading goes on.
 */
import { ExpressionDepth } from "./expression-depth.ts";
import type { ReasonCode } from "./reasons.ts";
import { typeName, typeNames, UNKNOWN_TYPE, type ValueType } from "./value-types.ts";

export type FrameKind = "function" | "block" | "loop" | "if" | "else";

export interface ControlFrame {
  readonly kind: FrameKind;
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
  /** Operands below the frame. */
  readonly height: number;
  isUnreachable: boolean;
}

export type Complain = (code: ReasonCode, specifics: string) => void;

export class OperandStack {
  readonly #types: ValueType[] = [];
  readonly #frames: ControlFrame[] = [];
  readonly #complain: Complain;
  #heightMax = 0;
  #loops = 0;
  #loopTotal = 0;
  #blockTotal = 0;
  readonly depth = new ExpressionDepth();
  isDoubtful = false;

  constructor(complain: Complain) {
    this.#complain = complain;
  }

  get height(): number {
    return this.#types.length;
  }

  /** The most operands that were on the stack at one time. */
  get heightMax(): number {
    return this.#heightMax;
  }

  /** Open frames, the function's own counted. */
  get frameCount(): number {
    return this.#frames.length;
  }

  get loopCount(): number {
    return this.#loops;
  }

  /** Loops so far, open or closed. */
  get loopTotal(): number {
    return this.#loopTotal;
  }

  /** Blocks, loops and ifs so far, open or closed. */
  get blockTotal(): number {
    return this.#blockTotal;
  }

  /** The first wrong thing of the body is listed; the stack fits everything from here on. */
  refuse(code: ReasonCode, specifics: string): void {
    if (!this.isDoubtful) this.#complain(code, specifics);
    this.isDoubtful = true;
  }

  push(type: ValueType): void {
    this.#types.push(type);
    this.depth.push();
    if (this.#types.length > this.#heightMax) this.#heightMax = this.#types.length;
  }

  pushAll(types: readonly ValueType[]): void {
    for (const type of types) this.push(type);
  }

  /** Takes the topmost operand. */
  pop(): ValueType {
    const frame = this.#frames.at(-1);
    if (frame !== undefined && this.#types.length > frame.height) {
      this.depth.pop();
      return this.#types.pop()!;
    }
    if (frame !== undefined && !frame.isUnreachable) this.refuse("body.type", "an operand is missing");
    this.depth.popMissing();
    return UNKNOWN_TYPE;
  }

  /** Takes the topmost operand, which must have the type; returns what was there. */
  popExpected(expected: ValueType): ValueType {
    const found = this.pop();
    if (found !== expected && found !== UNKNOWN_TYPE && expected !== UNKNOWN_TYPE) {
      this.refuse("body.type", `${typeName(expected)} wanted, ${typeName(found)} found`);
    }
    return found;
  }

  /** Takes operands of these types, the last from the top; returns what was there, in order. */
  popAll(types: readonly ValueType[]): ValueType[] {
    const found = types.toReversed().map((type) => this.popExpected(type));
    return found.reverse();
  }

  /** Opens a frame; its parameters are on its stack. */
  open(kind: FrameKind, params: readonly ValueType[], results: readonly ValueType[]): void {
    if (kind !== "function" && kind !== "else") this.#blockTotal += 1;
    if (kind === "loop") {
      this.#loops += 1;
      this.#loopTotal += 1;
    }
    this.#frames.push({ kind, params, results, height: this.#types.length, isUnreachable: false });
    this.depth.open();
    this.pushAll(params);
  }

  /** Closes the innermost frame, which must hold exactly its results; they are not pushed for the frame around it. */
  close(): ControlFrame | undefined {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return undefined;
    this.popAll(frame.results);
    if (this.#types.length !== frame.height) {
      const left = typeNames(this.#types.slice(frame.height, frame.height + 8));
      this.refuse("body.type", `${this.#types.length - frame.height} operands left over at the end, first ${left}`);
      this.#types.length = frame.height;
    }
    this.#frames.pop();
    this.depth.close();
    if (frame.kind === "loop") this.#loops -= 1;
    return frame;
  }

  /** What follows in this frame cannot be reached. */
  setUnreachable(): void {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return;
    this.#types.length = Math.min(this.#types.length, frame.height);
    this.depth.dropTo(this.#types.length);
    this.depth.setUnreachable();
    frame.isUnreachable = true;
  }

  get innermost(): ControlFrame | undefined {
    return this.#frames.at(-1);
  }

  /** The types a branch to the label takes; undefined when no frame is open there. */
  labelTypes(depth: number): readonly ValueType[] | undefined {
    const frame = this.#frames[this.#frames.length - 1 - depth];
    if (frame === undefined) return undefined;
    return frame.kind === "loop" ? frame.params : frame.results;
  }
}
