/**
 * Puts the charges of regions.ts and the stack meter into one function.
 *
 * A function of the source
 *
 *     (func $f (param i32) (result i32)  BODY)
 *
 * becomes
 *
 *     (func $f (param i32) (result i32) (local $result i32)
 *       gas -= ENTRY;  if (gas < 0) unreachable           ;; the first region, and the check at every function entry
 *       stack -= FRAME;  if (stack < 0) unreachable
 *       (local.set $result (block $exit (result i32)  BODY'))
 *       stack += FRAME
 *       (local.get $result))
 *
 * where in BODY' every `return` is a branch to $exit, the body of a loop begins with `gas -= N; if (gas < 0)
 * unreachable`, the other regions begin with `gas -= N`, memory.grow is a call of the gate and the length of a bulk
 * instruction goes through the function that charges for it. An operand that a charge has to come behind (the result
 * of a call) is put into a scratch local and taken out again; there is one per type, because nothing stands between
 * the two but the charge.
 */
import binaryen from "binaryen";
import type { FunctionFact } from "../admission/facts.ts";
import { Rejected } from "../errors.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import { LIMITS } from "../limits.ts";
import { childrenOf, type ExpressionRef, type FunctionRef, idOf, ir, type TypeRef } from "./ir.ts";
import { METER_NAMES, MeterCode } from "./meters.ts";
import { findRegions, type Regions } from "./regions.ts";

export interface MeterRules {
  readonly schedule: GasSchedule;
  readonly metersStack: boolean;
}

const EXIT = "cinnabar_exit";
const LOOP = idOf("Loop");
const IF = idOf("If");
const RETURN = idOf("Return");
const CALL = idOf("Call");
const CALL_INDIRECT = idOf("CallIndirect");
const MEMORY_GROW = idOf("MemoryGrow");
const LENGTH_CHARGED: ReadonlySet<number> = new Set(["MemoryCopy", "MemoryFill", "MemoryInit"].map(idOf));

/** Meters one function in place: its own instructions, its declared locals and its frame. */
export function meterFunction(
  module: binaryen.Module,
  name: string,
  fact: FunctionFact,
  { schedule, metersStack }: MeterRules,
): void {
  const reference = module.getFunction(name);
  const body = ir.Function.getBody(reference);
  const regions = findRegions(body, schedule, fact.params + fact.locals);
  const rewriter = new Rewriter(module, reference, regions, metersStack);
  const rewritten = rewriter.rewrite(body);
  const entry = regions.entry + schedule.costs.entryLocals.gas * fact.locals;
  const frameBytes = metersStack ? frameBytesOf(fact, regions.instructions) : null;
  ir.Function.setBody(reference, rewriter.frame(rewritten, entry, frameBytes));
}

/** Bytes of metered stack that one call of the function takes. */
function frameBytesOf(fact: FunctionFact, instructions: number): number {
  const slots = fact.params + fact.locals + fact.operandHeightMax;
  return LIMITS.stackFrameBytes + LIMITS.stackSlotBytes * slots + LIMITS.stackInstructionBytes * instructions;
}

class Rewriter {
  readonly #module: binaryen.Module;
  readonly #reference: FunctionRef;
  readonly #regions: Regions;
  readonly #code: MeterCode;
  readonly #metersStack: boolean;
  readonly #scratch = new Map<TypeRef, number>();
  readonly #results: TypeRef;
  #hasReturn = false;

  constructor(module: binaryen.Module, reference: FunctionRef, regions: Regions, metersStack: boolean) {
    this.#module = module;
    this.#reference = reference;
    this.#regions = regions;
    this.#code = new MeterCode(module);
    this.#metersStack = metersStack;
    this.#results = binaryen.getFunctionInfo(reference).results;
  }

  /** The expression with all its charges; children are replaced in place. */
  rewrite(expression: ExpressionRef): ExpressionRef {
    const place = expression;
    const children = childrenOf(expression);
    if (children !== null) {
      children.forEach((child, index) => {
        const rewritten = this.rewrite(child.expression);
        const replacement = this.#headed(expression, index, child.expression, rewritten, children.length);
        if (replacement !== child.expression) child.replace(replacement);
      });
    }
    return this.#charged(place, this.#replaced(expression));
  }

  /** The function's body with its prologue and epilogue. */
  frame(body: ExpressionRef, entryGas: number, frameBytes: number | null): ExpressionRef {
    const prologue = [...(entryGas > 0 ? [this.#code.charge(entryGas)] : []), this.#code.checkGas()];
    if (frameBytes === null) return this.#module.block(null, [...prologue, body], this.#results);
    return this.#module.block(
      null,
      [...prologue, ...this.#code.takeStack(frameBytes), ...this.#epilogue(body, frameBytes)],
      this.#results,
    );
  }

  #epilogue(body: ExpressionRef, frameBytes: number): ExpressionRef[] {
    if (!this.#hasReturn && binaryen.getExpressionType(body) === binaryen.unreachable) return [body];
    const inner = this.#hasReturn ? this.#module.block(EXIT, [body], this.#results) : body;
    if (this.#results === binaryen.none) return [inner, this.#code.giveStackBack(frameBytes)];
    const scratch = this.#scratchOf(this.#results);
    return [
      this.#module.local.set(scratch, inner),
      this.#code.giveStackBack(frameBytes),
      this.#module.local.get(scratch, this.#results),
    ];
  }

  /** A child that a region begins with gets its charge in front; the body of a loop its check as well. */
  #headed(
    parent: ExpressionRef,
    index: number,
    place: ExpressionRef,
    child: ExpressionRef,
    count: number,
  ): ExpressionRef {
    const parentId = binaryen.getExpressionId(parent);
    const isArm = parentId === IF && index > 0 && count > 1;
    if (parentId !== LOOP && !isArm) return child;
    const gas = this.#regions.before.get(place) ?? 0;
    const head = [...(gas > 0 ? [this.#code.charge(gas)] : []), ...(parentId === LOOP ? [this.#code.checkGas()] : [])];
    if (head.length === 0) return child;
    return this.#module.block(null, [...head, child], binaryen.getExpressionType(child));
  }

  /** The expression, or what it has become; its children are rewritten already. */
  #replaced(expression: ExpressionRef): ExpressionRef {
    const id = binaryen.getExpressionId(expression);
    if (id === MEMORY_GROW) {
      return this.#module.call(METER_NAMES.grow, [ir.MemoryGrow.getDelta(expression)], binaryen.i32);
    }
    if (LENGTH_CHARGED.has(id)) {
      const size = childrenOf(expression)!.at(-1)!;
      size.replace(this.#module.call(METER_NAMES.bulk, [size.expression], binaryen.i32));
    }
    if (id === RETURN && this.#metersStack) {
      this.#hasReturn = true;
      const value = ir.Return.getValue(expression);
      return value === 0 ? this.#module.br(EXIT) : this.#module.br(EXIT, undefined, value);
    }
    if (
      (id === CALL && ir.Call.isReturn(expression)) ||
      (id === CALL_INDIRECT && ir.CallIndirect.isReturn(expression))
    ) {
      throw new Rejected("instrument.unsupported", "tail calls cannot be metered");
    }
    return expression;
  }

  /** The expression with the charge of the region behind it. */
  #charged(place: ExpressionRef, expression: ExpressionRef): ExpressionRef {
    const gas = this.#regions.behind.get(place);
    const type = binaryen.getExpressionType(expression);
    if (gas === undefined || type === binaryen.unreachable) return expression;
    const charge = this.#code.charge(gas);
    if (type === binaryen.none) return this.#module.block(null, [expression, charge]);
    const scratch = this.#scratchOf(type);
    const parts = [this.#module.local.set(scratch, expression), charge, this.#module.local.get(scratch, type)];
    return this.#module.block(null, parts, type);
  }

  #scratchOf(type: TypeRef): number {
    const known = this.#scratch.get(type);
    if (known !== undefined) return known;
    const index = ir._BinaryenFunctionAddVar(this.#reference, type);
    this.#scratch.set(type, index);
    return index;
  }
}
