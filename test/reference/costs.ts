/**
 * docs/gas.md, "Instructions", "Static functions" and "Stack": what can be said of a module before it runs. Written from
 * that page; of the product only the two tables of numbers are used, vm/gas/schedule.ts and vm/abi.ts.
 */
import { HOST_FUNCTIONS, type HostFunction } from "../../vm/abi.ts";
import { type CostName, SCHEDULE_1 } from "../../vm/gas/schedule.ts";
import { type Instruction, type ModuleImage, OP, type Value } from "./module.ts";
import { ACCESSES } from "./numeric.ts";
import { type Structure, structureOf } from "./structure.ts";

const STATIC_PRICE_MAX = 200;
const NEAR_PAGES_MAX = 8;
const FRAME_BYTES = 64;
const SLOT_BYTES = 8;
const INSTRUCTION_BYTES = 2;

export const gasOf = (name: CostName): number => SCHEDULE_1.costs[name].gas;

const FREE_OPS: ReadonlySet<number> = new Set([OP.block, OP.loop, OP.else, OP.end, OP.nop, OP.drop]);
const MULTIPLY_OPS: ReadonlySet<number> = new Set([0x6c, 0x7e]);
const ROTATE_OPS: ReadonlySet<number> = new Set([0x77, 0x78, 0x89, 0x8a]);
const DIVIDE_OPS: ReadonlySet<number> = new Set([0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]);

const CLASSES: ReadonlyMap<number, CostName> = new Map<number, CostName>([
  [OP.if, "branchIf"],
  [OP.brIf, "branchIf"],
  [OP.select, "select"],
  [OP.globalGet, "global"],
  [OP.globalSet, "global"],
  [OP.memoryCopy, "bulk"],
  [OP.memoryFill, "fill"],
  [OP.memoryGrow, "memoryGrow"],
  [OP.call, "call"],
  [OP.callIndirect, "callIndirect"],
]);

/** Loads, stores and memory.size, by the most pages that the memory may have. */
function memoryGas({ memory }: ModuleImage): number {
  return memory !== null && memory.pagesMax <= NEAR_PAGES_MAX ? gasOf("memory") : gasOf("memoryFar");
}

/** What the instruction itself costs; nothing by length, and nothing of whom it calls. */
export function costOf({ op, immediates }: Instruction, module: ModuleImage): number {
  if (FREE_OPS.has(op)) return 0;
  if (op === OP.brTable) {
    return gasOf("branchTable") + gasOf("branchTableTargets") * Math.ceil((immediates.length - 1) / 8);
  }
  const named = CLASSES.get(op);
  if (named !== undefined) return gasOf(named);
  if (ACCESSES.has(op) || op === OP.memorySize) return memoryGas(module);
  if (MULTIPLY_OPS.has(op)) return gasOf("multiply");
  if (ROTATE_OPS.has(op)) return gasOf("rotate");
  if (DIVIDE_OPS.has(op)) return gasOf("divide");
  return gasOf("simple");
}

const HOST_ROWS: ReadonlyMap<string, HostFunction> = new Map(
  HOST_FUNCTIONS.map((row) => [`${row.module}.${row.name}`, row]),
);
const NEVER_STATIC: ReadonlySet<number> = new Set<number>([
  OP.loop,
  OP.callIndirect,
  OP.memoryGrow,
  OP.memoryCopy,
  OP.memoryFill,
]);
const NEVER_RETURN: ReadonlySet<string> = new Set(["env.abort", "cinnabar.revert"]);

/** docs/gas.md, "Work by length": the whole cost of a host function, the call itself not included. */
export function hostCost(name: string, args: readonly Value[]): number {
  const row = HOST_ROWS.get(name);
  if (row === undefined) return gasOf("otherHostCall");
  const { base, perByte = {}, byValue } = row.cost;
  let cost = base;
  for (const [index, { name: parameter }] of row.params.entries()) {
    const value = Number(args[index]) >>> 0;
    cost += (perByte[parameter] ?? 0) * value;
    if (byValue?.parameter === parameter) cost += byValue.gas[value] ?? Math.max(...Object.values(byValue.gas));
  }
  return cost;
}

/** What is known of one function of the module's own. */
export interface FunctionCosts {
  readonly structure: Structure;
  readonly entryLocals: number;
  /** Paid by whoever calls it; null: the function is not static. */
  readonly price: number | null;
  /** Bytes of its frame and of the static functions it calls. */
  readonly need: number;
}

/** Of every function of the module's own, in order. */
export function costsOf(module: ModuleImage): FunctionCosts[] {
  const analysis = new Analysis(module);
  return module.bodies.map((body, index) => ({
    structure: analysis.structures[index]!,
    entryLocals: gasOf("entryLocals") * body.declaredLocals.length,
    price: analysis.priceOf(index),
    need: analysis.needOf(index),
  }));
}

class Analysis {
  readonly structures: readonly Structure[];
  readonly #module: ModuleImage;
  /** Of static functions; null for any other. */
  readonly #prices: (number | null)[];
  readonly #needs: (number | undefined)[] = [];

  constructor(module: ModuleImage) {
    this.#module = module;
    this.structures = module.bodies.map((body) => structureOf(body, module));
    this.#prices = module.bodies.map(() => null);
    this.#priceAll();
  }

  priceOf(index: number): number | null {
    return this.#prices[index]!;
  }

  /**
   * Leaves first, then whoever calls only these, until nobody is left: functions that call themselves, directly or by
   * way of others, never come up.
   */
  #priceAll(): void {
    const candidates = new Set(this.#module.bodies.keys());
    let found: number;
    do {
      found = 0;
      for (const index of candidates) {
        if (!this.#callsOnlyStatic(index)) continue;
        candidates.delete(index);
        const { declaredLocals } = this.#module.bodies[index]!;
        const price = gasOf("entryLocals") * declaredLocals.length + this.#dearestWay(index);
        if (price > STATIC_PRICE_MAX) continue;
        this.#prices[index] = price;
        found += 1;
      }
    } while (found > 0);
  }

  /** Rules 1 and 2, as far as is known of the callees. */
  #callsOnlyStatic(index: number): boolean {
    return this.#module.bodies[index]!.code.every(({ op, immediates: [callee] }) => {
      if (op !== OP.call) return !NEVER_STATIC.has(op);
      const imported = this.#module.imports[callee!];
      if (imported !== undefined) return NEVER_RETURN.has(`${imported.module}.${imported.name}`);
      return this.priceOf(callee! - this.#module.imports.length) !== null;
    });
  }

  /** The largest sum of costs over the ways through a body without loops: every jump goes forward, so from the end. */
  #dearestWay(index: number): number {
    const { code } = this.#module.bodies[index]!;
    const { branches } = this.structures[index]!;
    const fromHere = new Array<number>(code.length + 1).fill(0);
    for (let at = code.length - 1; at >= 0; at--) {
      const instruction = code[at]!;
      const ways = branches[at]!.map((branch) => fromHere[branch.at]!);
      if (!this.#endsWay(instruction)) ways.push(fromHere[at + 1]!);
      fromHere[at] = costOf(instruction, this.#module) + this.#priceOfCall(instruction) + Math.max(0, ...ways);
    }
    return fromHere[0]!;
  }

  /** True when nothing goes on from the instruction to the one behind it. */
  #endsWay({ op, immediates: [callee] }: Instruction): boolean {
    if (op === OP.call) return callee! < this.#module.imports.length;
    return op === OP.br || op === OP.brTable || op === OP.return || op === OP.unreachable || op === OP.else;
  }

  #priceOfCall({ op, immediates: [callee] }: Instruction): number {
    const own = callee! - this.#module.imports.length;
    return op === OP.call && own >= 0 ? this.priceOf(own)! : 0;
  }

  /** docs/gas.md, "Stack". */
  needOf(index: number): number {
    const known = this.#needs[index];
    if (known !== undefined) return known;
    const { type, declaredLocals, code } = this.#module.bodies[index]!;
    const slots = type.params.length + declaredLocals.length + this.structures[index]!.heightMax;
    const instructions = code.filter(({ op }) => !FREE_OPS.has(op)).length;
    const frame = FRAME_BYTES + SLOT_BYTES * slots + INSTRUCTION_BYTES * instructions;
    const need = frame + this.#needBelow(code);
    this.#needs[index] = need;
    return need;
  }

  /** The largest need of the static functions that the code calls; through a table it may be any that a segment names. */
  #needBelow(code: readonly Instruction[]): number {
    const called = code.filter(({ op }) => op === OP.call).map(({ immediates: [callee] }) => callee!);
    const isIndirect = code.some(({ op }) => op === OP.callIndirect);
    const callees = [...called, ...(isIndirect ? this.#module.elements : [])];
    const needs = callees
      .map((callee) => callee - this.#module.imports.length)
      .filter((own) => own >= 0 && this.priceOf(own) !== null)
      .map((own) => this.needOf(own));
    return needs.reduce((largest, need) => Math.max(largest, need), 0);
  }
}
