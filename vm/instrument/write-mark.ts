/**
 * How far a call may have written into its memory: what makes an instance as new again need not write over all of it.
 *
 * Every store notes its address in one word, by `or`: a sum of bits that is at no time below the largest address in it. That
 * is one instruction, on a local of the function, which leaves it in a global when it returns. A bulk instruction notes its
 * destination so, and its length in a second word. Behind the last byte that was written then lies
 *
 *     max(words of addresses + words of lengths + R, C)
 *
 * R is the most that a store of the module reaches behind its address operand (its offset and its width), C the end of the
 * farthest store to a constant address, which notes nothing. Stores that reach behind the largest memory there can be are
 * left out of both: no call returns that came to one, so the sum, of what lies in a memory, cannot wrap. A function that is left in another way (a trap, an ending by the host) leaves nothing in
 * the global, so the mark says something about calls that returned, and about no others.
 *
 * A static function has no loop and adds to the global itself. What the host writes it knows.
 */
import binaryen from "binaryen";
import { childrenOf, type ExpressionRef, idOf, ir } from "./ir.ts";
import { METER_NAMES, MeterCode } from "./meters.ts";

const STORE = idOf("Store");
const CONST = idOf("Const");
const LOCAL_GET = idOf("LocalGet");
const BULK: ReadonlySet<number> = new Set(["MemoryCopy", "MemoryFill"].map(idOf));

/** Memories that may become larger (no contract's may) are not marked: three sizes of one must not wrap. */
export const MARKED_MEMORY_BYTES_MAX = 2 ** 30;

/** The locals of a function that the marking may use. */
export interface MarkLocals {
  /** Takes in an address: the expression leaves nothing on the stack. */
  readonly note: (address: ExpressionRef) => ExpressionRef;
  /** A local of type i32 that holds nothing while an address is noted. */
  readonly scratch: () => number;
}

export class WriteMark {
  readonly #module: binaryen.Module;
  readonly #memoryBytesMax: number;
  #reach = 0;
  #constantEnd = 0;

  /** @param memoryBytesMax that the memory can have, at most MARKED_MEMORY_BYTES_MAX */
  constructor(module: binaryen.Module, memoryBytesMax: number) {
    this.#module = module;
    this.#memoryBytesMax = memoryBytesMax;
  }

  /** The store or bulk instruction notes where it writes; anything else is left as it is. */
  mark(expression: ExpressionRef, locals: MarkLocals): void {
    const id = binaryen.getExpressionId(expression);
    if (id !== STORE && !BULK.has(id)) return;
    const address = childrenOf(expression)![0]!;
    const reach = id === STORE ? ir.Store.getOffset(expression) + ir.Store.getBytes(expression) : 0;
    if (binaryen.getExpressionType(address.expression) === binaryen.unreachable) return;
    if (id === STORE && binaryen.getExpressionId(address.expression) === CONST) {
      const end = (ir.Const.getValueI32(address.expression) >>> 0) + reach;
      if (end <= this.#memoryBytesMax) this.#constantEnd = Math.max(this.#constantEnd, end);
      return;
    }
    if (reach > this.#memoryBytesMax) return;
    this.#reach = Math.max(this.#reach, reach);
    address.replace(this.#noted(address.expression, locals));
  }

  #noted(address: ExpressionRef, { note, scratch }: MarkLocals): ExpressionRef {
    const { block, local } = this.#module;
    const i32 = binaryen.i32;
    if (binaryen.getExpressionId(address) === LOCAL_GET) {
      const index = ir.LocalGet.getIndex(address);
      return block(null, [note(local.get(index, i32)), address], i32);
    }
    const index = scratch();
    return block(null, [note(local.tee(index, address, i32)), local.get(index, i32)], i32);
  }

  /** Marks every store of a static function. @param scratch a local of its own */
  markStatic(expression: ExpressionRef, scratch: number): void {
    for (const child of childrenOf(expression) ?? []) this.markStatic(child.expression, scratch);
    const code = new MeterCode(this.#module);
    this.mark(expression, { note: (address) => code.noteAddress(address), scratch: () => scratch });
  }

  /** Adds the function that says how far; every function of the module has been marked. */
  addWritten(): void {
    const module = this.#module;
    const { i32, local } = module;
    const address = module.global.get(METER_NAMES.addresses, binaryen.i32);
    const length = module.global.get(METER_NAMES.lengths, binaryen.i32);
    const end = (): ExpressionRef => local.get(0, binaryen.i32);
    const constant = (): ExpressionRef => i32.const(this.#constantEnd | 0);
    const body = [
      local.set(0, i32.add(i32.add(address, length), i32.const(this.#reach | 0))),
      module.select(i32.gt_u(end(), constant()), end(), constant()),
    ];
    const block = module.block(null, body, binaryen.i32);
    module.addFunction(METER_NAMES.written, binaryen.none, binaryen.i32, [binaryen.i32], block);
  }
}

/** True when the expression or something in it writes to the memory. */
export function writesMemory(expression: ExpressionRef): boolean {
  const id = binaryen.getExpressionId(expression);
  if (id === STORE || BULK.has(id)) return true;
  return (childrenOf(expression) ?? []).some((child) => writesMemory(child.expression));
}
