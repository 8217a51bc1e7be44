/**
 * Where one function charges, and how much.
 *
 * The specification wants the counter exact at a few places only: at every look, in front of calls that meter
 * themselves or leave the module, and where the function returns. Between them a charge may stand anywhere, so this
 * charges a whole path at its head and corrects where another path is taken. The *need* of a place is what must have
 * been charged ahead when execution is there; it is found from the end of the function backwards:
 *
 *     return, br out, loop, call          need 0 behind it: the counter is exact there
 *     instruction                         need before = its cost + need behind
 *     if                                  need before = its cost + need of the arm that is likely; at the head of the
 *                                         other arm the difference is charged, or given back when it is negative
 *
 *     (if (i32.lt_u (local.get $i) (local.get $length))     ;; need 4 + 9; charged at the head of the function
 *       (then ...)                                          ;; need 9: the likely arm has no charge at all
 *       (else (call $abort ...) (unreachable)))             ;; need 12: charges 3, only when it is taken
 *     (br_if $next ...)                                     ;; back to the loop: need 0
 *                                                           ;; behind it: what follows the loop is charged here
 *
 * Likely is what stays in the loop and what does not end in a call that never returns; else the cheaper arm, so that
 * only one of the two has anything to correct. Between a charge and its correction the counter is off by less than
 * the function's own sum, and nobody looks.
 *
 * This file finds the places and amounts; rewrite.ts puts them there.
 */
import binaryen from "binaryen";
import { childrenOf, type ExpressionRef, idOf, ir } from "./ir.ts";

/** How a direct call of a function meets the counter. */
export type CallKind =
  /** Takes and returns the counter, or gives it to the host: it must be exact. */
  | "metered"
  /** A static function: its price is part of the call's cost. */
  | "static"
  /** A static function that may end in a host function: that one must find an exact counter. */
  | "staticEnding"
  /** A host function that never returns. */
  | "ending";

export interface ChargeRules {
  /** The cost of one instruction without its children; of a call of a static function with that function's price. */
  readonly gasOf: (expression: ExpressionRef) => number;
  readonly callKind: (target: string) => CallKind;
}

/** Gas by place; it may be negative. A place that is not in a map has nothing to charge. */
export interface Charges {
  readonly entry: number;
  /** In front of this expression: an arm of an `if`; the body of a loop, behind its look. */
  readonly before: ReadonlyMap<ExpressionRef, number>;
  /** Behind this expression. */
  readonly behind: ReadonlyMap<ExpressionRef, number>;
  /** Where this `br_if` is taken; it has no value. */
  readonly taken: ReadonlyMap<ExpressionRef, number>;
  /** Where the condition of this `if`, which has no `else`, is false. */
  readonly otherwise: ReadonlyMap<ExpressionRef, number>;
  /** What has been charged ahead in front of this call of a static function that may end in the host. */
  readonly ahead: ReadonlyMap<ExpressionRef, number>;
}

export function findCharges(body: ExpressionRef, rules: ChargeRules): Charges {
  const walk = new NeedWalk(rules, tableTargets(body));
  const entry = walk.need(body, EXACT).gas;
  const { before, behind, taken, otherwise, ahead } = walk;
  return { entry, before, behind, taken, otherwise, ahead };
}

const BLOCK = idOf("Block");
const LOOP = idOf("Loop");
const IF = idOf("If");
const BREAK = idOf("Break");
const SWITCH = idOf("Switch");
const RETURN = idOf("Return");
const UNREACHABLE = idOf("Unreachable");
const CALL = idOf("Call");
/** Instructions in front of and behind which the counter is exact, beside calls. */
const EXACT_AROUND: ReadonlySet<number> = new Set(
  ["CallIndirect", "MemoryGrow", "MemoryCopy", "MemoryFill", "MemoryInit", "TableGrow"].map(idOf),
);

/** How likely a path is taken, the likeliest first. */
const HOT = 0;
/** It ends in a call that never returns. */
const COLD = 1;
/** It ends in a trap: what the counter shows does not matter any more. */
const DEAD = 2;

interface Need {
  readonly gas: number;
  readonly heat: number;
}

interface Label {
  readonly need: Need;
  readonly loopDepth: number;
  readonly isLoop: boolean;
}

const EXACT: Need = { gas: 0, heat: HOT };
const TRAPPED: Need = { gas: 0, heat: DEAD };

function plus(gas: number, need: Need): Need {
  return need.heat === DEAD ? need : { gas: gas + need.gas, heat: need.heat };
}

class NeedWalk {
  readonly before = new Map<ExpressionRef, number>();
  readonly behind = new Map<ExpressionRef, number>();
  readonly taken = new Map<ExpressionRef, number>();
  readonly otherwise = new Map<ExpressionRef, number>();
  readonly ahead = new Map<ExpressionRef, number>();
  readonly #rules: ChargeRules;
  readonly #tableTargets: ReadonlySet<string>;
  readonly #labels = new Map<string, Label>();
  #loopDepth = 0;

  constructor(rules: ChargeRules, targets: ReadonlySet<string>) {
    this.#rules = rules;
    this.#tableTargets = targets;
  }

  /** The need in front of the expression, when the one behind it is known. */
  need(expression: ExpressionRef, behind: Need): Need {
    const id = binaryen.getExpressionId(expression);
    if (id === BLOCK) return this.#block(expression, behind);
    if (id === LOOP) return this.#loop(expression, behind);
    if (id === IF) return this.#if(expression, behind);
    return this.#children(expression, this.#own(expression, id, behind));
  }

  /** The need between the operands of an instruction and its work. */
  #own(expression: ExpressionRef, id: number, behind: Need): Need {
    const gas = this.#rules.gasOf(expression);
    switch (id) {
      case BREAK:
        return plus(gas, this.#break(expression, behind));
      case SWITCH:
      case RETURN:
        return plus(gas, EXACT);
      case UNREACHABLE:
        return TRAPPED;
      case CALL:
        return this.#call(expression, gas, behind);
      default:
        return EXACT_AROUND.has(id) ? this.#exactAround(expression, gas, behind) : plus(gas, behind);
    }
  }

  #children(expression: ExpressionRef, behind: Need): Need {
    return (childrenOf(expression) ?? []).reduceRight((need, child) => this.need(child.expression, need), behind);
  }

  #exactAround(expression: ExpressionRef, gas: number, behind: Need): Need {
    this.#charge(this.behind, expression, behind, EXACT);
    return { gas, heat: Math.min(behind.heat, COLD) };
  }

  #call(expression: ExpressionRef, gas: number, behind: Need): Need {
    switch (this.#rules.callKind(ir.Call.getTarget(expression))) {
      case "metered":
        return this.#exactAround(expression, gas, behind);
      case "ending":
        return { gas, heat: COLD };
      case "static":
        return plus(gas, behind);
      case "staticEnding":
        this.ahead.set(expression, behind.gas);
        return { gas: gas + behind.gas, heat: Math.min(behind.heat, COLD) };
    }
  }

  #block(expression: ExpressionRef, behind: Need): Need {
    const name = ir.Block.getName(expression);
    // All labels of a br_table are reached with the same need, so what follows each is charged behind its block.
    const isTableTarget = name !== null && this.#tableTargets.has(name);
    const inside = isTableTarget ? { gas: 0, heat: Math.min(behind.heat, COLD) } : behind;
    if (isTableTarget) this.#charge(this.behind, expression, behind, EXACT);
    if (name !== null) this.#labels.set(name, { need: inside, loopDepth: this.#loopDepth, isLoop: false });
    return this.#children(expression, inside);
  }

  #loop(expression: ExpressionRef, behind: Need): Need {
    const name = ir.Loop.getName(expression);
    if (name !== null) this.#labels.set(name, { need: EXACT, loopDepth: this.#loopDepth, isLoop: true });
    const body = ir.Loop.getBody(expression);
    this.#loopDepth += 1;
    this.#charge(this.before, body, this.need(body, behind), EXACT);
    this.#loopDepth -= 1;
    return EXACT;
  }

  #if(expression: ExpressionRef, behind: Need): Need {
    const ifTrue = ir.If.getIfTrue(expression);
    const ifFalse = ir.If.getIfFalse(expression);
    const needTrue = this.need(ifTrue, behind);
    const needFalse = ifFalse === 0 ? behind : this.need(ifFalse, behind);
    const likely = ifFalse === 0 ? likelier(needFalse, needTrue) : likelierOrCheaper(needTrue, needFalse);
    this.#charge(this.before, ifTrue, needTrue, likely);
    if (ifFalse === 0) this.#charge(this.otherwise, expression, needFalse, likely);
    else this.#charge(this.before, ifFalse, needFalse, likely);
    return this.need(ir.If.getCondition(expression), plus(this.#rules.gasOf(expression), likely));
  }

  #break(expression: ExpressionRef, behind: Need): Need {
    const label = this.#labels.get(ir.Break.getName(expression))!;
    if (ir.Break.getCondition(expression) === 0) return label.need;
    if (this.#staysLikely(expression, label, behind)) {
      this.#charge(this.taken, expression, label.need, behind);
      return behind;
    }
    if (label.need.heat === DEAD) return behind;
    this.#charge(this.behind, expression, behind, label.need);
    return { gas: label.need.gas, heat: Math.min(label.need.heat, behind.heat) };
  }

  /** True when a br_if is likely not taken. One with a value has no place for a charge where it is taken. */
  #staysLikely(expression: ExpressionRef, label: Label, behind: Need): boolean {
    if (ir.Break.getValue(expression) !== 0) return false;
    if (label.need.heat !== behind.heat) return label.need.heat > behind.heat;
    return !label.isLoop && label.loopDepth < this.#loopDepth;
  }

  /** Where `charged` has been charged ahead and `need` is needed, the difference is charged. */
  #charge(places: Map<ExpressionRef, number>, place: ExpressionRef, need: Need, charged: Need): void {
    const gas = need.gas - charged.gas;
    if (need.heat !== DEAD && gas !== 0) places.set(place, gas);
  }
}

function likelier(preferred: Need, other: Need): Need {
  return other.heat < preferred.heat ? other : preferred;
}

function likelierOrCheaper(one: Need, other: Need): Need {
  if (one.heat !== other.heat) return likelier(one, other);
  return other.gas < one.gas ? other : one;
}

/** The labels that some br_table names. */
function tableTargets(body: ExpressionRef): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (expression: ExpressionRef): void => {
    if (binaryen.getExpressionId(expression) === SWITCH) {
      for (const name of ir.Switch.getNames(expression)) names.add(name);
      names.add(ir.Switch.getDefaultName(expression));
    }
    for (const child of childrenOf(expression) ?? []) visit(child.expression);
  };
  visit(body);
  return names;
}
