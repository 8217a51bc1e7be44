/**
 * Puts the charges of charges.ts and the stack meter into one function.
 *
 * A metered function of the source
 *
 *     (func $f (param i32) (result i32)  BODY)
 *
 * becomes
 *
 *     (func $f (param i32) (param $gas i64) (param $stack i64) (result i32 i64)
 *       stack -= FRAME;  if ((gas | stack) < 0) exhausted(gas)      ;; the look at every function entry
 *       gas -= ENTRY
 *       (return BODY' gas))
 *
 * where in BODY' every `return` returns the gas as well, the body of a loop begins with `if (gas < 0) exhausted(gas)`
 * (which never returns) and its charge, a call of another metered function or of the host passes gas and stack and takes the gas back, memory.grow is
 * a call of the gate, and the length of a bulk instruction goes through the function that charges for it. Locals keep
 * their order behind the two new parameters.
 *
 * A static function keeps its type and its body; only the names of what it calls change.
 */
import binaryen from "binaryen";
import { Rejected } from "../errors.ts";
import { type ChargeRules, type Charges, findCharges } from "./charges.ts";
import { childrenOf, type ExpressionRef, type FunctionRef, idOf, ir, type TypeRef } from "./ir.ts";
import { METER_NAMES, MeterCode, meteredType } from "./meters.ts";
import type { Plan } from "./plan.ts";

const BREAK = idOf("Break");
const LOOP = idOf("Loop");
const IF = idOf("If");
const RETURN = idOf("Return");
const CALL = idOf("Call");
const CALL_INDIRECT = idOf("CallIndirect");
const LOCAL_GET = idOf("LocalGet");
const LOCAL_SET = idOf("LocalSet");
const MEMORY_GROW = idOf("MemoryGrow");
const LENGTH_CHARGED: ReadonlySet<number> = new Set(["MemoryCopy", "MemoryFill", "MemoryInit"].map(idOf));
/** What may change the counter or leave the function while operands are evaluated. */
const MOVES_GAS: ReadonlySet<number> = new Set(
  ["Block", "Loop", "If", "Break", "Switch", "Return", "Call", "CallIndirect", "MemoryGrow"].map(idOf),
);
/** Gas and stack. */
const METER_PARAMS = 2;

export interface FunctionParts {
  readonly name: string;
  readonly body: ExpressionRef;
  readonly params: TypeRef;
  readonly results: TypeRef;
  readonly vars: readonly TypeRef[];
  /** Gas of entering the function, beside its instructions. */
  readonly entryGas: number;
  /** Parameters and declared locals; the locals behind them are binaryen's. */
  readonly localCount: number;
  /** Bytes of stack it takes; null where the stack is not metered. */
  readonly stackBytes: number | null;
}

/** Adds the metered function `name`. The body is taken from the function of the source, and changed. */
export function addMeteredFunction(module: binaryen.Module, plan: Plan, parts: FunctionParts): void {
  const { reference, rewriter, charges } = beginFunction(module, plan, parts, plan.chargeRules(parts.localCount));
  const body = rewriter.rewrite(parts.body);
  ir.Function.setBody(reference, rewriter.frame(body, charges.entry + parts.entryGas));
}

/**
 * Adds a static function once more as a metered one, for a table whose entries are called so. Its price, the
 * `entryGas`, is all that it charges, and it looks at nothing: its stack is its caller's.
 */
export function addStaticEntry(module: binaryen.Module, plan: Plan, parts: FunctionParts): void {
  const { reference, rewriter } = beginFunction(module, plan, parts, plan.paidRules());
  const body = rewriter.rewrite(parts.body);
  ir.Function.setBody(reference, rewriter.paidFrame(body));
}

function beginFunction(module: binaryen.Module, plan: Plan, parts: FunctionParts, rules: ChargeRules) {
  const type = meteredType(parts.params, parts.results);
  const reference = module.addFunction(parts.name, type.params, type.results, [...parts.vars], module.nop());
  const charges = findCharges(parts.body, rules);
  return { reference, charges, rewriter: new Rewriter(module, reference, plan, charges, parts) };
}

/** Adds the static function `name`. */
export function addStaticFunction(module: binaryen.Module, plan: Plan, parts: FunctionParts): void {
  renameCallees(parts.body, plan);
  module.addFunction(parts.name, parts.params, parts.results, [...parts.vars], parts.body);
}

function renameCallees(expression: ExpressionRef, plan: Plan): void {
  if (binaryen.getExpressionId(expression) === CALL) {
    ir.Call.setTarget(expression, plan.staticTarget(ir.Call.getTarget(expression)));
  }
  for (const child of childrenOf(expression) ?? []) renameCallees(child.expression, plan);
}

class Rewriter {
  readonly #module: binaryen.Module;
  readonly #reference: FunctionRef;
  readonly #plan: Plan;
  readonly #charges: Charges;
  readonly #parts: FunctionParts;
  readonly #code: MeterCode;
  readonly #scratches = new Map<TypeRef, number>();
  readonly #paramCount: number;

  constructor(module: binaryen.Module, reference: FunctionRef, plan: Plan, charges: Charges, parts: FunctionParts) {
    this.#module = module;
    this.#reference = reference;
    this.#plan = plan;
    this.#charges = charges;
    this.#parts = parts;
    this.#code = new MeterCode(module);
    this.#paramCount = binaryen.expandType(parts.params).length;
  }

  /** The body with its look, its charge and its result. */
  frame(body: ExpressionRef, gas: number): ExpressionRef {
    const { block, i64, local } = this.#module;
    const { stackBytes } = this.#parts;
    const stackLeft = (bytes: number): ExpressionRef =>
      local.tee(this.#stackIndex, i64.sub(this.#stack(), i64.const(BigInt(bytes))), binaryen.i64);
    // One branch for both: either is negative when their bits together are.
    const meters = stackBytes === null ? this.#gas() : i64.or(this.#gas(), stackLeft(stackBytes));
    const look = this.#code.endIf(this.#code.isNegative(meters), this.#gas());
    return block(null, [look, ...this.#charge(gas), this.#returned(body)]);
  }

  /** The same without looks. */
  paidFrame(body: ExpressionRef): ExpressionRef {
    return this.#module.block(null, [...this.#charge(this.#parts.entryGas), this.#returned(body)]);
  }

  /** The expression with all its charges; children are replaced in place. */
  rewrite(expression: ExpressionRef): ExpressionRef {
    const children = childrenOf(expression);
    if (children === null) this.#checkOpaque(expression);
    children?.forEach((child, index) => {
      const rewritten = this.rewrite(child.expression);
      const replacement = this.#headed(expression, index, child.expression, rewritten);
      if (replacement !== child.expression) child.replace(replacement);
    });
    return this.#replaced(expression);
  }

  get #gasIndex(): number {
    return this.#paramCount;
  }

  get #stackIndex(): number {
    return this.#paramCount + 1;
  }

  #gas(): ExpressionRef {
    return this.#module.local.get(this.#gasIndex, binaryen.i64);
  }

  #stack(): ExpressionRef {
    return this.#module.local.get(this.#stackIndex, binaryen.i64);
  }

  #setGas(value: ExpressionRef): ExpressionRef {
    return this.#module.local.set(this.#gasIndex, value);
  }

  #charge(gas: number): ExpressionRef[] {
    return gas === 0 ? [] : [this.#setGas(this.#code.less(this.#gas(), gas))];
  }

  /** A child that a charge stands in front of: an arm of an `if`; the body of a loop, with its look. */
  #headed(parent: ExpressionRef, index: number, place: ExpressionRef, child: ExpressionRef): ExpressionRef {
    const parentId = binaryen.getExpressionId(parent);
    const isLoopBody = parentId === LOOP;
    if (!isLoopBody && !(parentId === IF && index > 0)) return child;
    const look = isLoopBody ? [this.#code.endIf(this.#code.isNegative(this.#gas()), this.#gas())] : [];
    const head = [...look, ...this.#charge(this.#charges.before.get(place) ?? 0)];
    if (head.length === 0) return child;
    return this.#module.block(null, [...head, child], binaryen.getExpressionType(child));
  }

  /** What the expression has become; its children are rewritten already. */
  #replaced(expression: ExpressionRef): ExpressionRef {
    switch (binaryen.getExpressionId(expression)) {
      case LOCAL_GET:
        ir.LocalGet.setIndex(expression, this.#moved(ir.LocalGet.getIndex(expression)));
        return expression;
      case LOCAL_SET:
        ir.LocalSet.setIndex(expression, this.#moved(ir.LocalSet.getIndex(expression)));
        return expression;
      case IF:
        this.#addElse(expression);
        return this.#charged(expression, expression);
      case BREAK:
        return this.#break(expression);
      case RETURN:
        return this.#returned(ir.Return.getValue(expression));
      case CALL:
        return this.#call(expression);
      case CALL_INDIRECT:
        return this.#callIndirect(expression);
      case MEMORY_GROW:
        return this.#grow(expression);
      default:
        return this.#plain(expression);
    }
  }

  #moved(index: number): number {
    return index < this.#paramCount ? index : index + METER_PARAMS;
  }

  #plain(expression: ExpressionRef): ExpressionRef {
    if (LENGTH_CHARGED.has(binaryen.getExpressionId(expression))) this.#chargeLength(expression);
    return this.#charged(expression, expression);
  }

  #addElse(expression: ExpressionRef): void {
    const gas = this.#charges.otherwise.get(expression);
    if (gas !== undefined) ir.If.setIfFalse(expression, this.#module.block(null, this.#charge(gas)));
  }

  #break(expression: ExpressionRef): ExpressionRef {
    const gas = this.#charges.taken.get(expression);
    if (gas === undefined) return this.#charged(expression, expression);
    const target = ir.Break.getName(expression);
    const taken = this.#module.block(null, [...this.#charge(gas), this.#module.br(target)]);
    return this.#module.if(ir.Break.getCondition(expression), taken);
  }

  /** Leaves the function with a value (0: none) and the gas. */
  #returned(value: ExpressionRef): ExpressionRef {
    const { results } = this.#parts;
    if (value === 0) return this.#module.return(this.#gas());
    if (binaryen.getExpressionType(value) === binaryen.unreachable) return value;
    return this.#module.return(this.#code.joined(value, results, this.#gas(), (type) => this.#scratch(type)));
  }

  #call(expression: ExpressionRef): ExpressionRef {
    if (ir.Call.isReturn(expression)) throw new Rejected("instrument.unsupported", "tail calls cannot be metered");
    const target = ir.Call.getTarget(expression);
    const kind = this.#plan.callKind(target);
    if (kind === "static" || kind === "staticEnding") {
      ir.Call.setTarget(expression, this.#plan.staticTarget(target));
      return kind === "static" ? expression : this.#noteGas(expression);
    }
    const operands = operandsOf(expression);
    const { params, results } = this.#plan.typeOf(target);
    if (isUnreachable(expression, results)) return this.#module.block(null, this.#dropped(operands));
    const call = this.#module.call(
      this.#plan.meteredTarget(target),
      [...operands, this.#gas(), this.#stack()],
      meteredType(params, results).results,
    );
    return this.#taken(expression, call, results);
  }

  /** Where the table holds metered functions they are called as such; else by their doors, through the globals. */
  #callIndirect(expression: ExpressionRef): ExpressionRef {
    if (ir.CallIndirect.isReturn(expression)) {
      throw new Rejected("instrument.unsupported", "tail calls cannot be metered");
    }
    const results = ir.CallIndirect.getResults(expression);
    const target = ir.CallIndirect.getTarget(expression);
    const operands = operandsOf(expression);
    if (isUnreachable(expression, results)) return this.#module.block(null, this.#dropped([...operands, target]));
    return this.#plan.isTableMetered
      ? this.#callMeteredEntry(expression, operands, target, results)
      : this.#callDoor(expression, operands, target, results);
  }

  /** The target is evaluated behind the operands and may itself change the gas, which is passed in front of it. */
  #callMeteredEntry(
    expression: ExpressionRef,
    operands: readonly ExpressionRef[],
    target: ExpressionRef,
    results: TypeRef,
  ): ExpressionRef {
    const { block, local } = this.#module;
    const type = meteredType(ir.CallIndirect.getParams(expression), results);
    const index = this.#scratch(binaryen.i32);
    const gas = block(null, [local.set(index, target), this.#gas()], binaryen.i64);
    const call = this.#module.call_indirect(
      ir.CallIndirect.getTable(expression),
      local.get(index, binaryen.i32),
      [...operands, gas, this.#stack()],
      type.params,
      type.results,
    );
    return this.#taken(expression, call, results);
  }

  #callDoor(
    expression: ExpressionRef,
    operands: readonly ExpressionRef[],
    target: ExpressionRef,
    results: TypeRef,
  ): ExpressionRef {
    const { block, local } = this.#module;
    const index = this.#scratch(binaryen.i32);
    const noted = [
      local.set(index, target),
      this.#code.setGas(this.#gas()),
      this.#code.setWideStack(this.#stack()),
      local.get(index, binaryen.i32),
    ];
    const call = this.#module.call_indirect(
      ir.CallIndirect.getTable(expression),
      block(null, noted, binaryen.i32),
      [...operands],
      ir.CallIndirect.getParams(expression),
      results,
    );
    const behind = this.#charges.behind.get(expression) ?? 0;
    return this.#behind(call, [this.#setGas(this.#code.less(this.#code.gas(), behind))]);
  }

  /** The gas of a metered call is taken back, less what is charged behind it. */
  #taken(place: ExpressionRef, call: ExpressionRef, results: TypeRef): ExpressionRef {
    const behind = this.#charges.behind.get(place) ?? 0;
    return this.#code.split(
      call,
      results,
      (type) => this.#scratch(type),
      (gas) => this.#setGas(this.#code.less(gas, behind)),
    );
  }

  /** A static function that may end in the host finds the exact gas in the global. */
  #noteGas(expression: ExpressionRef): ExpressionRef {
    const { block, local } = this.#module;
    const ahead = this.#charges.ahead.get(expression) ?? 0;
    const note = this.#code.setGas(this.#code.less(this.#gas(), -ahead));
    const children = childrenOf(expression)!;
    const last = children.at(-1);
    if (last === undefined || !children.some((child) => movesGas(child.expression))) {
      return block(null, [note, expression], binaryen.getExpressionType(expression));
    }
    const type = binaryen.getExpressionType(last.expression);
    if (type === binaryen.unreachable) return expression;
    const index = this.#scratch(type);
    last.replace(block(null, [local.set(index, last.expression), note, local.get(index, type)], type));
    return expression;
  }

  #grow(expression: ExpressionRef): ExpressionRef {
    const delta = childrenOf(expression)![0]!.expression;
    if (binaryen.getExpressionType(delta) === binaryen.unreachable) return expression;
    const both = binaryen.createType([binaryen.i32, binaryen.i64]);
    const call = this.#module.call(METER_NAMES.grow, [delta, this.#gas()], both);
    return this.#taken(expression, call, binaryen.i32);
  }

  #chargeLength(expression: ExpressionRef): void {
    const { block, call, local } = this.#module;
    const size = childrenOf(expression)!.at(-1)!;
    if (binaryen.getExpressionType(size.expression) === binaryen.unreachable) return;
    const index = this.#scratch(binaryen.i32);
    const length = (): ExpressionRef => local.get(index, binaryen.i32);
    const parts = [
      local.set(index, size.expression),
      this.#setGas(call(METER_NAMES.bulk, [length(), this.#gas()], binaryen.i64)),
      length(),
    ];
    size.replace(block(null, parts, binaryen.i32));
  }

  /** The expression with the charge behind it. */
  #charged(place: ExpressionRef, expression: ExpressionRef): ExpressionRef {
    const gas = this.#charges.behind.get(place);
    return gas === undefined ? expression : this.#behind(expression, this.#charge(gas));
  }

  #behind(expression: ExpressionRef, work: readonly ExpressionRef[]): ExpressionRef {
    const type = binaryen.getExpressionType(expression);
    const { block, local } = this.#module;
    if (type === binaryen.unreachable) return expression;
    if (type === binaryen.none) return block(null, [expression, ...work]);
    const index = this.#scratch(type);
    return block(null, [local.set(index, expression), ...work, local.get(index, type)], type);
  }

  /** Operands of a call that is never reached. */
  #dropped(operands: readonly ExpressionRef[]): ExpressionRef[] {
    const dropped = operands.map((operand) => {
      const type = binaryen.getExpressionType(operand);
      return type === binaryen.none || type === binaryen.unreachable ? operand : this.#module.drop(operand);
    });
    return [...dropped, this.#module.unreachable()];
  }

  /** One local per type: nothing but a charge stands between writing and reading it. */
  #scratch(type: TypeRef): number {
    const known = this.#scratches.get(type);
    if (known !== undefined) return known;
    const index = ir._BinaryenFunctionAddVar(this.#reference, type);
    this.#scratches.set(type, index);
    return index;
  }

  /**
   * binaryen names a few table instructions without letting us look into them. None is in the profile; in conformance
   * mode they are charged without their operands, and refused when an operand holds anything that has to be rewritten.
   */
  #checkOpaque(expression: ExpressionRef): void {
    const text = binaryen.emitText(expression);
    const locals = [...text.matchAll(/\(local\.\w+ \$(\d+)/g)].map(([, index]) => Number(index));
    const isMoved = locals.some((index) => index >= this.#paramCount);
    if (!isMoved && !/\((loop|call|if|br|block|return|memory\.|try)/.test(text)) return;
    throw new Rejected("instrument.unsupported", "an instruction of the module cannot be instrumented", {
      value: text.slice(0, 200),
    });
  }
}

function operandsOf(call: ExpressionRef): ExpressionRef[] {
  const id = binaryen.getExpressionId(call);
  const children = childrenOf(call)!.map((child) => child.expression);
  return id === CALL_INDIRECT ? children.slice(0, -1) : children;
}

function isUnreachable(call: ExpressionRef, results: TypeRef): boolean {
  return binaryen.getExpressionType(call) === binaryen.unreachable && results !== binaryen.unreachable;
}

function movesGas(expression: ExpressionRef): boolean {
  if (MOVES_GAS.has(binaryen.getExpressionId(expression))) return true;
  const children = childrenOf(expression);
  return children === null || children.some((child) => movesGas(child.expression));
}
