/**
 * A second implementation of docs/gas.md: an interpreter of the source bytes that counts instruction by instruction and
 * looks where the page says. It is written from that page and from the core specification alone, shares no code with the
 * instrumenter, and cares for nothing but being obvious. Integers, one memory, one table, functions as imports.
 *
 *   module.ts      the bytes, read
 *   structure.ts   where branches go, how high the operand stack stands
 *   costs.ts       what can be said before a run: costs, static functions, prices, stack needs
 *   numeric.ts     operators and memory accesses
 *
 * Calls of the guest do not nest on the engine's stack: frames are kept in a list, so that the metered budget is the
 * only one.
 */
import { costOf, costsOf, type FunctionCosts, gasOf, hostCost } from "./costs.ts";
import {
  type FunctionBody,
  type FunctionType,
  type Instruction,
  type ModuleImage,
  OP,
  readModule,
  Unsupported,
  type Value,
} from "./module.ts";
import { ACCESSES, COMPUTATIONS, loadFrom, requireInside, storeTo, Trap } from "./numeric.ts";
import type { Branch } from "./structure.ts";

/** How a call ended. `hostEnded`: a host function threw FRAME_ENDED. */
export type Ending = "returned" | "outOfGas" | "stack" | "trap" | "hostEnded";

export interface Run {
  readonly ending: Ending;
  readonly results: readonly Value[];
  /** What the meter says was used: exact when returned or ended by the host, else the whole limit. */
  readonly gasUsed: number;
  /** Instructions that were executed. */
  readonly steps: number;
}

/** What a host function may do to the guest that called it. */
export interface HostGuest {
  memory(): Uint8Array;
  gasLeft(): number;
  /** Takes gas; throws FRAME_ENDED when less than none is left. */
  charge(gas: number): void;
}

/** Thrown by a host function that ends the frame. */
export const FRAME_ENDED: unique symbol = Symbol("frame ended");

export type HostFunction = (args: readonly Value[], guest: HostGuest) => Value | undefined;

export interface InterpreterOptions {
  /** The import with this name; undefined: the module cannot be run. */
  readonly host?: (module: string, name: string) => HostFunction | undefined;
}

export const STACK_BYTES = 262_144;
const PAGE = 65_536;

class Ended extends Error {
  readonly ending: Ending;

  constructor(ending: Ending) {
    super(ending);
    this.ending = ending;
  }
}

interface OwnFunction {
  readonly body: FunctionBody;
  readonly costs: FunctionCosts;
  readonly code: readonly Step[];
}

/** An instruction ready to be executed. */
interface Step {
  readonly instruction: Instruction;
  readonly branches: readonly Branch[];
  readonly cost: number;
}

interface Frame {
  readonly own: OwnFunction;
  readonly locals: Value[];
  /** Operands of the callers. */
  readonly base: number;
  /** Bytes of stack to give back. */
  readonly taken: number;
  at: number;
}

export class Interpreter implements HostGuest {
  readonly module: ModuleImage;
  readonly costs: readonly FunctionCosts[];
  readonly globals: Value[];
  readonly table: readonly (number | null)[];
  #memory: Uint8Array;
  #gas = 0;
  #stackLeft = 0;
  #steps = 0;
  readonly #functions: readonly OwnFunction[];
  readonly #host: readonly HostFunction[];
  #operands: Value[] = [];
  #frames: Frame[] = [];

  /** @errors Unsupported */
  constructor(bytes: Uint8Array, { host = () => undefined }: InterpreterOptions = {}) {
    this.module = readModule(bytes);
    this.#host = this.module.imports.map(({ module, name }) => {
      const found = host(module, name);
      if (found === undefined) throw new Unsupported(`import ${module}.${name}`);
      return found;
    });
    this.costs = costsOf(this.module);
    this.#functions = this.module.bodies.map((body, index) => ownFunction(body, this.costs[index]!, this.module));
    this.globals = this.module.globals.map(({ initial }) => initial);
    this.table = this.module.table;
    this.#memory = initialMemory(this.module);
  }

  /** Memory and globals are as at the start. */
  reset(): void {
    this.#memory = initialMemory(this.module);
    for (const [index, { initial }] of this.module.globals.entries()) this.globals[index] = initial;
  }

  memory(): Uint8Array {
    return this.#memory;
  }

  gasLeft(): number {
    return this.#gas;
  }

  stackLeft(): number {
    return this.#stackLeft;
  }

  charge(gas: number): void {
    this.#gas -= gas;
    if (this.#gas < 0) throw FRAME_ENDED;
  }

  /** One call from outside, with a counter and a stack budget. The state that earlier calls left is kept. */
  call(exportName: string, args: readonly Value[], gas: number, stackBytes = STACK_BYTES): Run {
    const found = this.module.exports.find(({ name, kind }) => kind === 0 && name === exportName);
    if (found === undefined) throw new Unsupported(`no function is exported as ${exportName}`);
    this.#gas = gas;
    this.#stackLeft = stackBytes;
    this.#steps = 0;
    this.#operands = [...args];
    this.#frames = [];
    const ending = this.#endingOf(found.index);
    const isExact = ending === "returned" || ending === "hostEnded";
    return {
      ending,
      results: ending === "returned" ? this.#operands : [],
      gasUsed: isExact ? gas - this.#gas : gas,
      steps: this.#steps,
    };
  }

  #endingOf(index: number): Ending {
    try {
      this.#callFromOutside(index);
      while (this.#frames.length > 0) this.#step(this.#frames.at(-1)!);
      return this.#gas < 0 ? "outOfGas" : "returned";
    } catch (error) {
      if (error instanceof Ended) return error.ending;
      if (error instanceof Trap) return "trap";
      if (error === FRAME_ENDED) return this.#gas < 0 ? "outOfGas" : "hostEnded";
      throw error;
    }
  }

  // Gas and stack.

  #look(): void {
    if (this.#gas < 0) throw new Ended("outOfGas");
  }

  #take(bytes: number): number {
    this.#stackLeft -= bytes;
    if (this.#stackLeft < 0) throw new Ended("stack");
    return bytes;
  }

  // Calls.

  #callFromOutside(index: number): void {
    const own = this.#ownFunction(index);
    if (own === undefined) throw new Unsupported("a host function called from outside");
    const { price, need } = own.costs;
    if (price === null) this.#enter(own);
    else this.#enterStatic(own, price, need);
  }

  #callDirectly(index: number): void {
    const own = this.#ownFunction(index);
    if (own === undefined) this.#callHost(index);
    else if (own.costs.price === null) this.#enter(own);
    else this.#enterStatic(own, this.#isInStatic ? 0 : own.costs.price, 0);
  }

  /** True where nothing is charged: the price of the function that runs has all of it. */
  get #isInStatic(): boolean {
    return this.#frames.at(-1)!.own.costs.price !== null;
  }

  #callIndirectly(typeIndex: number): void {
    const element = this.#popNumber() >>> 0;
    const index = this.table[element];
    if (index === undefined || index === null) throw new Trap();
    if (!isSameType(this.#typeOf(index), this.module.types[typeIndex]!)) throw new Trap();
    this.#callDirectly(index);
  }

  #ownFunction(index: number): OwnFunction | undefined {
    return this.#functions[index - this.module.imports.length];
  }

  #typeOf(index: number): FunctionType {
    return this.module.imports[index]?.type ?? this.#ownFunction(index)!.body.type;
  }

  #enter(own: OwnFunction): void {
    this.#look();
    const taken = this.#take(own.costs.need);
    this.#gas -= own.costs.entryLocals;
    this.#openFrame(own, taken);
  }

  #enterStatic(own: OwnFunction, price: number, need: number): void {
    this.#gas -= price;
    this.#openFrame(own, this.#take(need));
  }

  #openFrame(own: OwnFunction, taken: number): void {
    const { type, declaredLocals } = own.body;
    const base = this.#operands.length - type.params.length;
    const zeros = declaredLocals.map((each) => (each === "i32" ? 0 : 0n));
    this.#frames.push({ own, locals: [...this.#operands.splice(base), ...zeros], base, taken, at: 0 });
  }

  #leave(frame: Frame): void {
    this.#cutTo(frame.base, frame.own.body.type.results.length);
    this.#stackLeft += frame.taken;
    this.#frames.pop();
  }

  #callHost(index: number): void {
    const { module, name, type } = this.module.imports[index]!;
    const args = this.#operands.splice(this.#operands.length - type.params.length);
    this.#gas -= hostCost(`${module}.${name}`, args);
    this.#look();
    const result = this.#host[index]!(args, this);
    if (type.results.length > 0) this.#operands.push(result!);
  }

  // One instruction.

  #step(frame: Frame): void {
    const step = frame.own.code[frame.at];
    if (step === undefined) {
      this.#leave(frame);
      return;
    }
    this.#steps += 1;
    frame.at += 1;
    if (!this.#isInStatic) this.#gas -= step.cost;
    this.#execute(step, frame);
  }

  #jump(frame: Frame, { at, height, arity }: Branch): void {
    this.#cutTo(frame.base + height, arity);
    frame.at = at;
  }

  /** Keeps the topmost `kept` operands and those below `height`. */
  #cutTo(height: number, kept: number): void {
    const top = this.#operands.length - kept;
    if (top > height) this.#operands.splice(height, top - height);
  }

  #pop(): Value {
    return this.#operands.pop()!;
  }

  #popNumber(): number {
    return this.#operands.pop() as number;
  }

  #execute({ instruction, branches }: Step, frame: Frame): void {
    const [first = 0] = instruction.immediates;
    switch (instruction.op) {
      case OP.unreachable:
        throw new Trap();
      case OP.loop:
        // Branches to a loop come here, too: the body begins.
        this.#look();
        return;
      case OP.if:
        if (this.#popNumber() === 0) this.#jump(frame, branches[0]!);
        return;
      case OP.else:
      case OP.br:
        this.#jump(frame, branches[0]!);
        return;
      case OP.brIf:
        if (this.#popNumber() !== 0) this.#jump(frame, branches[0]!);
        return;
      case OP.brTable:
        this.#jump(frame, branches[Math.min(this.#popNumber() >>> 0, branches.length - 1)]!);
        return;
      case OP.return:
        frame.at = frame.own.code.length;
        return;
      case OP.call:
        this.#callDirectly(first);
        return;
      case OP.callIndirect:
        this.#callIndirectly(first);
        return;
      default:
        this.#executePlain(instruction, frame.locals);
    }
  }

  #executePlain({ op, immediates, constant }: Instruction, locals: Value[]): void {
    const [first = 0, second = 0] = immediates;
    switch (op) {
      case OP.block:
      case OP.end:
      case OP.nop:
        return;
      case OP.drop:
        this.#pop();
        return;
      case OP.select:
        this.#select();
        return;
      case OP.localGet:
        this.#operands.push(locals[first]!);
        return;
      case OP.localSet:
        locals[first] = this.#pop();
        return;
      case OP.localTee:
        locals[first] = this.#operands.at(-1)!;
        return;
      case OP.globalGet:
        this.#operands.push(this.globals[first]!);
        return;
      case OP.globalSet:
        this.globals[first] = this.#pop();
        return;
      case OP.i32Const:
      case OP.i64Const:
        this.#operands.push(constant);
        return;
      default:
        this.#compute(op, second);
    }
  }

  #select(): void {
    const condition = this.#popNumber();
    const second = this.#pop();
    if (condition === 0) this.#operands[this.#operands.length - 1] = second;
  }

  #compute(op: number, offset: number): void {
    const computation = COMPUTATIONS.get(op);
    if (computation?.operands === 1) this.#operands.push(computation.apply(this.#pop()));
    else if (computation?.operands === 2) {
      const right = this.#pop();
      this.#operands.push(computation.apply(this.#pop(), right));
    } else this.#useMemory(op, offset);
  }

  #useMemory(op: number, offset: number): void {
    const access = ACCESSES.get(op);
    if (op === OP.memorySize) this.#operands.push(this.#memory.length / PAGE);
    else if (op === OP.memoryGrow) this.#operands.push(this.#grow(this.#popNumber() >>> 0));
    else if (op === OP.memoryCopy || op === OP.memoryFill) this.#bulk(op);
    else if (access === undefined) throw new Unsupported(`instruction 0x${op.toString(16)}`);
    else if (access.isStore) {
      const value = this.#pop();
      storeTo(this.#memory, (this.#popNumber() >>> 0) + offset, value, access);
    } else this.#operands.push(loadFrom(this.#memory, (this.#popNumber() >>> 0) + offset, access));
  }

  #grow(pages: number): number {
    const before = this.#memory.length / PAGE;
    const isPossible = pages <= this.module.memory!.pagesMax - before;
    if (isPossible) this.#gas -= gasOf("memoryGrowPages") * pages;
    this.#look();
    if (!isPossible) return -1;
    const grown = new Uint8Array((before + pages) * PAGE);
    grown.set(this.#memory);
    this.#memory = grown;
    return before;
  }

  #bulk(op: number): void {
    const length = this.#popNumber() >>> 0;
    const source = this.#popNumber();
    const target = this.#popNumber() >>> 0;
    this.#gas -= gasOf("bulkBytes") * Math.ceil(length / 8);
    this.#look();
    requireInside(this.#memory, target, length);
    if (op === OP.memoryFill) this.#memory.fill(source & 0xff, target, target + length);
    else {
      requireInside(this.#memory, source >>> 0, length);
      this.#memory.copyWithin(target, source >>> 0, (source >>> 0) + length);
    }
  }
}

function initialMemory({ memory, data }: ModuleImage): Uint8Array {
  const bytes = new Uint8Array((memory?.pages ?? 0) * PAGE);
  for (const segment of data) {
    if (segment.offset + segment.bytes.length > bytes.length) throw new Unsupported("data outside memory");
    bytes.set(segment.bytes, segment.offset);
  }
  return bytes;
}

function ownFunction(body: FunctionBody, costs: FunctionCosts, module: ModuleImage): OwnFunction {
  const code = body.code.map((instruction, at) => ({
    instruction,
    branches: costs.structure.branches[at]!,
    cost: costOf(instruction, module),
  }));
  return { body, costs, code };
}

function isSameType(a: FunctionType, b: FunctionType): boolean {
  return a.params.join() === b.params.join() && a.results.join() === b.results.join();
}
