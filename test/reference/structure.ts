/**
 * Where every branch of a body goes, and how high the operand stack stands: the validation algorithm of the core
 * specification (appendix A.3), reduced to counting, because types do not change a height.
 */
import { type FunctionBody, type FunctionType, type Instruction, type ModuleImage, OP } from "./module.ts";
import { ACCESSES, COMPUTATIONS } from "./numeric.ts";

export interface Branch {
  /** Index of the instruction control goes to; that behind the last one for the function's own label. */
  at: number;
  /** Operands of the function below what the branch carries. */
  readonly height: number;
  readonly arity: number;
}

export interface Structure {
  /** For each instruction the places it may jump to (for `if`: where it goes when the condition is zero). */
  readonly branches: readonly (readonly Branch[])[];
  readonly heightMax: number;
}

interface Control {
  readonly op: number;
  readonly type: FunctionType;
  readonly height: number;
  isUnreachable: boolean;
  /** What a branch to this label does; its place is filled in at the end of the block. */
  readonly label: Branch;
  /** Of an if: where it goes when the condition is zero. */
  readonly otherwise: Branch | null;
  /** Jumps of `else` instructions to behind the end. */
  readonly atEnd: Branch[];
}

class Validation {
  heightMax = 0;
  readonly branches: Branch[][] = [];
  readonly #module: ModuleImage;
  readonly #controls: Control[] = [];
  #height = 0;

  constructor(body: FunctionBody, module: ModuleImage) {
    this.#module = module;
    const results = body.type.results.length;
    const label = { at: body.code.length, height: 0, arity: results };
    const type = { params: [], results: body.type.results };
    this.#controls.push({ op: OP.block, type, height: 0, isUnreachable: false, label, otherwise: null, atEnd: [] });
    for (const [at, instruction] of body.code.entries()) this.branches.push(this.#step(instruction, at));
  }

  #push(count: number): void {
    this.#height += count;
    this.heightMax = Math.max(this.heightMax, this.#height);
  }

  /** Takes operands; in code that is never reached there are as many as wanted. */
  #pop(count: number): void {
    const { height, isUnreachable } = this.#controls.at(-1)!;
    const there = this.#height - height;
    this.#height -= isUnreachable ? Math.min(count, there) : count;
  }

  #unreachable(): void {
    const control = this.#controls.at(-1)!;
    this.#height = control.height;
    control.isUnreachable = true;
  }

  #label(depth: number): Branch {
    return this.#controls[this.#controls.length - 1 - depth]!.label;
  }

  #open(op: number, type: FunctionType, at: number): Branch[] {
    const params = type.params.length;
    this.#pop(params);
    const height = this.#height;
    const isLoop = op === OP.loop;
    // A branch to a loop goes to the instruction `loop` itself, which is free and where its body's look is.
    const label = { at: isLoop ? at : -1, height, arity: isLoop ? params : type.results.length };
    const otherwise = op === OP.if ? { at: -1, height, arity: params } : null;
    this.#controls.push({ op, type, height, isUnreachable: false, label, otherwise, atEnd: [] });
    this.#push(params);
    return otherwise === null ? [] : [otherwise];
  }

  #else(at: number): Branch[] {
    const { type, label, otherwise, height, atEnd } = this.#controls.pop()!;
    this.#height = height;
    otherwise!.at = at + 1;
    const jump = { at: -1, height, arity: type.results.length };
    this.#controls.push({ op: OP.else, type, height, isUnreachable: false, label, otherwise: null, atEnd: [jump] });
    atEnd.push(jump);
    this.#push(type.params.length);
    return [jump];
  }

  #end(at: number): Branch[] {
    const { op, type, label, otherwise, height, atEnd } = this.#controls.pop()!;
    if (op !== OP.loop) label.at = at + 1;
    if (otherwise !== null) otherwise.at = at + 1;
    for (const jump of atEnd) jump.at = at + 1;
    this.#height = height;
    // The results that the function's own end leaves are nobody's operands.
    if (this.#controls.length > 0) this.#push(type.results.length);
    return [];
  }

  #branch(depths: readonly number[]): Branch[] {
    return depths.map((depth) => this.#label(depth));
  }

  #step({ op, immediates, type }: Instruction, at: number): Branch[] {
    switch (op) {
      case OP.block:
      case OP.loop:
        return this.#open(op, type!, at);
      case OP.if:
        this.#pop(1);
        return this.#open(op, type!, at);
      case OP.else:
        return this.#else(at);
      case OP.end:
        return this.#end(at);
      case OP.br:
      case OP.brIf:
      case OP.brTable:
        return this.#jump(op, immediates);
      case OP.return:
      case OP.unreachable:
        this.#unreachable();
        return [];
      default:
        this.#plain(op, immediates);
        return [];
    }
  }

  #jump(op: number, immediates: readonly number[]): Branch[] {
    if (op !== OP.br) this.#pop(1);
    const branches = this.#branch(immediates);
    for (const { arity } of branches) {
      this.#pop(arity);
      if (op !== OP.br) this.#push(arity);
    }
    if (op !== OP.brIf) this.#unreachable();
    return branches;
  }

  #plain(op: number, immediates: readonly number[]): void {
    const [pops, pushes] = this.#effect(op, immediates);
    this.#pop(pops);
    this.#push(pushes);
  }

  #effect(op: number, immediates: readonly number[]): readonly [number, number] {
    const fixed = EFFECTS.get(op);
    if (fixed !== undefined) return fixed;
    const access = ACCESSES.get(op);
    if (access !== undefined) return access.isStore ? [2, 0] : [1, 1];
    const computation = COMPUTATIONS.get(op);
    if (computation !== undefined) return [computation.operands, 1];
    const callee = op === OP.call ? typeOfFunction(this.#module, immediates[0]!) : this.#module.types[immediates[0]!]!;
    return [callee.params.length + (op === OP.call ? 0 : 1), callee.results.length];
  }
}

const EFFECTS: ReadonlyMap<number, readonly [number, number]> = new Map<number, readonly [number, number]>([
  [OP.nop, [0, 0]],
  [OP.drop, [1, 0]],
  [OP.select, [3, 1]],
  [OP.localGet, [0, 1]],
  [OP.localSet, [1, 0]],
  [OP.localTee, [1, 1]],
  [OP.globalGet, [0, 1]],
  [OP.globalSet, [1, 0]],
  [OP.memorySize, [0, 1]],
  [OP.memoryGrow, [1, 1]],
  [OP.i32Const, [0, 1]],
  [OP.i64Const, [0, 1]],
  [OP.memoryCopy, [3, 0]],
  [OP.memoryFill, [3, 0]],
]);

export function typeOfFunction(module: ModuleImage, index: number): FunctionType {
  return module.imports[index]?.type ?? module.bodies[index - module.imports.length]!.type;
}

export function structureOf(body: FunctionBody, module: ModuleImage): Structure {
  return new Validation(body, module);
}
