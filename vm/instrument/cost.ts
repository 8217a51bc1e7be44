/**
 * Which cost of the schedule an expression of binaryen's tree has.
 *
 * Every instruction of the source is exactly one node of the tree, so the costs of the nodes are the costs of the
 * source. The nodes that are not instructions cost nothing: unnamed blocks, and the scratch locals with which
 * binaryen holds an operand that lies below a statement (their indices are behind the function's own locals).
 */
import binaryen from "binaryen";
import type { CostName, GasSchedule } from "../gas/schedule.ts";
import { constantOf, type ExpressionRef, idOf, ir } from "./ir.ts";

const DIVISIONS = operators("DivS DivU RemS RemU");
const MULTIPLICATIONS = operators("Mul");
const ROTATIONS = operators("RotL RotR");
const INTEGERS: ReadonlySet<number> = new Set([binaryen.i32, binaryen.i64, binaryen.none, binaryen.unreachable]);
const FLOATS: ReadonlySet<number> = new Set([binaryen.f32, binaryen.f64]);

type Rule = CostName | ((expression: ExpressionRef) => CostName);

const RULES: ReadonlyMap<number, Rule> = new Map<number, Rule>(
  Object.entries({
    Block: "free",
    Loop: "free",
    Nop: "free",
    Drop: "free",
    TupleMake: "free",
    TupleExtract: "free",
    Unreachable: "simple",
    Const: (expression) => costOfType(binaryen.getExpressionType(expression)),
    Return: "simple",
    Break: (expression) => (ir.Break.getCondition(expression) === 0 ? "simple" : "branchIf"),
    If: "branchIf",
    Switch: "branchTable",
    Call: "call",
    CallIndirect: "callIndirect",
    GlobalGet: "global",
    GlobalSet: "global",
    MemoryGrow: "memoryGrow",
    MemoryCopy: "bulk",
    MemoryFill: "fill",
    MemoryInit: "bulk",
    TableGrow: "bulk",
    Select: "select",
    Unary: (expression) => costOfOperator(expression, ir.Unary.getValue(expression)),
    Binary: costOfBinary,
  } satisfies Record<string, Rule>).map(([kind, rule]) => [idOf(kind), rule]),
);
const LOCAL_GET = idOf("LocalGet");
const LOCAL_SET = idOf("LocalSet");
const SWITCH = idOf("Switch");
const MEMORY_ACCESSES: ReadonlySet<number> = new Set(["Load", "Store", "MemorySize"].map(idOf));

function operators(names: string): ReadonlySet<number> {
  return new Set(names.split(" ").flatMap((name) => [constantOf(`${name}Int32`), constantOf(`${name}Int64`)]));
}

/** What the cost of an instruction depends on beside itself. */
export interface CostRules {
  readonly schedule: GasSchedule;
  /** Parameters and declared locals of the function. */
  readonly localCount: number;
  /** What a load or a store costs in this module. */
  readonly memory: "memory" | "memoryFar";
}

/** Which of the two prices loads and stores have, by the most pages that the memory may have (null: no bound). */
export function memoryCost(maximumPages: number | null, schedule: GasSchedule): CostRules["memory"] {
  if (maximumPages === null) return "memoryFar";
  return maximumPages <= schedule.costs.memoryNearPages.gas ? "memory" : "memoryFar";
}

/** The gas of one expression without its children. */
export function gasOf(expression: ExpressionRef, rules: CostRules): number {
  const { schedule } = rules;
  const id = binaryen.getExpressionId(expression);
  if (id === LOCAL_GET) return localGas(ir.LocalGet.getIndex(expression), rules);
  if (id === LOCAL_SET) return localGas(ir.LocalSet.getIndex(expression), rules);
  if (MEMORY_ACCESSES.has(id)) return schedule.costs[rules.memory].gas;
  const rule = RULES.get(id) ?? "other";
  const gas = schedule.costs[typeof rule === "function" ? rule(expression) : rule].gas;
  if (id !== SWITCH) return gas;
  return gas + schedule.costs.branchTableTargets.gas * Math.ceil(ir.Switch.getNumNames(expression) / 8);
}

function localGas(index: number, { schedule, localCount }: CostRules): number {
  return index < localCount ? schedule.costs.simple.gas : 0;
}

function costOfType(type: number): CostName {
  if (INTEGERS.has(type)) return "simple";
  return FLOATS.has(type) ? "float" : "other";
}

function costOfBinary(expression: ExpressionRef): CostName {
  const operator = ir.Binary.getOp(expression);
  if (DIVISIONS.has(operator)) return "divide";
  if (MULTIPLICATIONS.has(operator)) return "multiply";
  if (ROTATIONS.has(operator)) return "rotate";
  return costOfOperator(expression, ir.Binary.getLeft(expression));
}

/** An operator is an integer one when its operand and its result both are: conversions from and to floats are not. */
function costOfOperator(expression: ExpressionRef, operand: ExpressionRef): CostName {
  const result = costOfType(binaryen.getExpressionType(expression));
  return result === "simple" ? costOfType(binaryen.getExpressionType(operand)) : result;
}
