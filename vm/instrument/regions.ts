/**
 * Which instructions are charged together, and where.
 *
 * A region is a straight run of instructions: when its first is executed, all of them are, unless one traps. It is
 * charged before its first instruction. Regions begin
 *   - where a function begins,
 *   - where the body of a loop begins,
 *   - where an arm of an `if` begins, and behind its `end`,
 *   - behind the `end` of a block that some branch names,
 *   - behind `br_if`, `call` and `call_indirect`.
 * Behind `br`, `br_table`, `return` and `unreachable` nothing is executed up to the next of these places, and nothing
 * is charged. That a region ends with a call makes the sum exact wherever a contract can end by its own will: when a
 * host function ends the frame with a revert, exactly what ran has been charged.
 *
 *     i32.const 1            ;; region A: 1 + 1 + 2 = 4
 *     local.get 0
 *     if (result i32)
 *       i32.const 2          ;; region B: 1 + 8 = 9
 *       call $f
 *       i32.const 3          ;; region C: 1 + 1 = 2
 *       i32.add
 *     else
 *       i32.const 4          ;; region D: 1
 *     end
 *     i32.add                ;; region E: 1
 *
 * This file finds the places; rewrite.ts puts the charges there. Larger regions (the cheapest path first, the rest on
 * the dearer arms) would save charges, and would make the rule harder to write a second time.
 */
import binaryen from "binaryen";
import { Rejected } from "../errors.ts";
import type { GasSchedule } from "../gas/schedule.ts";
import { gasOf } from "./cost.ts";
import { childrenOf, type ExpressionRef, idOf, ir } from "./ir.ts";

/** Gas by place. A place that is not in a map has nothing to charge. */
export interface Regions {
  readonly entry: number;
  /** Charged before this expression: the body of a loop, an arm of an `if`. */
  readonly before: ReadonlyMap<ExpressionRef, number>;
  /** Charged behind this expression. */
  readonly behind: ReadonlyMap<ExpressionRef, number>;
  /** Instructions in all regions, those that cost nothing left out. */
  readonly instructions: number;
}

const BLOCK = idOf("Block");
const LOOP = idOf("Loop");
const IF = idOf("If");
const BREAK = idOf("Break");
const SWITCH = idOf("Switch");
const RETURN = idOf("Return");
const UNREACHABLE = idOf("Unreachable");
const CALL = idOf("Call");
const CALL_INDIRECT = idOf("CallIndirect");

/** Finds the regions of one function body. `localCount`: its parameters and declared locals. */
export function findRegions(body: ExpressionRef, schedule: GasSchedule, localCount: number): Regions {
  const walk = new RegionWalk(schedule, localCount);
  walk.visit(body);
  return {
    entry: walk.entry.gas,
    before: gasByPlace(walk.before),
    behind: gasByPlace(walk.behind),
    instructions: walk.instructions,
  };
}

interface Region {
  gas: number;
}

function gasByPlace(regions: ReadonlyMap<ExpressionRef, Region>): Map<ExpressionRef, number> {
  const places = new Map<ExpressionRef, number>();
  for (const [place, region] of regions) if (region.gas > 0) places.set(place, region.gas);
  return places;
}

class RegionWalk {
  readonly entry: Region = { gas: 0 };
  readonly before = new Map<ExpressionRef, Region>();
  readonly behind = new Map<ExpressionRef, Region>();
  readonly #schedule: GasSchedule;
  readonly #localCount: number;
  instructions = 0;
  #current: Region = this.entry;
  #isReachable = true;

  constructor(schedule: GasSchedule, localCount: number) {
    this.#schedule = schedule;
    this.#localCount = localCount;
  }

  /** Adds the expression and what it contains to the current region, in the order of execution, and opens new ones. */
  visit(expression: ExpressionRef): void {
    switch (binaryen.getExpressionId(expression)) {
      case IF:
        this.#visitIf(expression);
        break;
      case LOOP:
        this.#begin(this.before, ir.Loop.getBody(expression));
        this.visit(ir.Loop.getBody(expression));
        break;
      case BLOCK:
        this.#visitChildren(expression);
        if (ir.Block.getName(expression) !== null) this.#begin(this.behind, expression);
        break;
      default:
        this.#visitChildren(expression);
        this.#count(expression);
        this.#leave(expression);
    }
  }

  #visitIf(expression: ExpressionRef): void {
    this.visit(ir.If.getCondition(expression));
    this.#count(expression);
    for (const arm of [ir.If.getIfTrue(expression), ir.If.getIfFalse(expression)]) {
      if (arm === 0) continue;
      this.#begin(this.before, arm);
      this.visit(arm);
    }
    this.#begin(this.behind, expression);
  }

  #count(expression: ExpressionRef): void {
    const gas = gasOf(expression, this.#schedule, this.#localCount);
    if (gas === 0 || !this.#isReachable) return;
    this.#current.gas += gas;
    this.instructions += 1;
  }

  #visitChildren(expression: ExpressionRef): void {
    const children = childrenOf(expression);
    if (children === null) checkOpaque(expression);
    else for (const child of children) this.visit(child.expression);
  }

  /** What follows some instructions is another region, or is never executed. */
  #leave(expression: ExpressionRef): void {
    switch (binaryen.getExpressionId(expression)) {
      case CALL:
      case CALL_INDIRECT:
        this.#begin(this.behind, expression);
        break;
      case BREAK:
        if (ir.Break.getCondition(expression) !== 0) this.#begin(this.behind, expression);
        else this.#endPath();
        break;
      case SWITCH:
      case RETURN:
      case UNREACHABLE:
        this.#endPath();
    }
  }

  /** Nothing is executed up to the next place where a region begins. */
  #endPath(): void {
    this.#isReachable = false;
  }

  #begin(places: Map<ExpressionRef, Region>, place: ExpressionRef): void {
    this.#current = { gas: 0 };
    this.#isReachable = true;
    places.set(place, this.#current);
  }
}

/**
 * binaryen names a few table instructions without letting us look into them. None is in the profile; in conformance
 * mode they are charged without their operands, and refused when an operand holds anything that has to be rewritten.
 */
function checkOpaque(expression: ExpressionRef): void {
  const text = binaryen.emitText(expression);
  if (!/\((loop|call|if|br|block|return|memory\.|try)/.test(text)) return;
  throw new Rejected("instrument.unsupported", "an instruction of the module cannot be instrumented", {
    value: text.slice(0, 200),
  });
}
