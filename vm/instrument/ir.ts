/**
 * The part of binaryen that the instrumenter uses, with types: binaryen's own declarations leave out the accessors of
 * expressions, which are the only way to change a child in place.
 *
 * Nothing here decides anything. `childrenOf` is the one list of what an expression contains, in the order of
 * evaluation; an expression that is not in it cannot be looked into (charges.ts and static-functions.ts then look at nothing inside of it).
 */
import binaryen from "binaryen";

export type ExpressionRef = number;
export type FunctionRef = number;
export type TypeRef = number;

interface Accessors {
  readonly Block: { getName(of: ExpressionRef): string | null };
  readonly Loop: { getName(of: ExpressionRef): string | null; getBody(of: ExpressionRef): ExpressionRef };
  readonly If: {
    getCondition(of: ExpressionRef): ExpressionRef;
    getIfTrue(of: ExpressionRef): ExpressionRef;
    getIfFalse(of: ExpressionRef): ExpressionRef;
    setIfFalse(of: ExpressionRef, to: ExpressionRef): void;
  };
  readonly Break: {
    getName(of: ExpressionRef): string;
    getCondition(of: ExpressionRef): ExpressionRef;
    getValue(of: ExpressionRef): ExpressionRef;
  };
  readonly Switch: {
    getNumNames(of: ExpressionRef): number;
    getNames(of: ExpressionRef): string[];
    getDefaultName(of: ExpressionRef): string;
  };
  readonly Call: {
    getTarget(of: ExpressionRef): string;
    setTarget(of: ExpressionRef, to: string): void;
    isReturn(of: ExpressionRef): boolean;
  };
  readonly CallIndirect: {
    getTable(of: ExpressionRef): string;
    getTarget(of: ExpressionRef): ExpressionRef;
    getParams(of: ExpressionRef): TypeRef;
    getResults(of: ExpressionRef): TypeRef;
    isReturn(of: ExpressionRef): boolean;
  };
  readonly LocalGet: { getIndex(of: ExpressionRef): number; setIndex(of: ExpressionRef, to: number): void };
  readonly LocalSet: { getIndex(of: ExpressionRef): number; setIndex(of: ExpressionRef, to: number): void };
  readonly Unary: { getValue(of: ExpressionRef): ExpressionRef };
  readonly Binary: { getOp(of: ExpressionRef): number; getLeft(of: ExpressionRef): ExpressionRef };
  readonly Return: { getValue(of: ExpressionRef): ExpressionRef };
  readonly MemoryGrow: { getDelta(of: ExpressionRef): ExpressionRef };
  readonly Function: {
    getParams(of: FunctionRef): TypeRef;
    getResults(of: FunctionRef): TypeRef;
    getNumVars(of: FunctionRef): number;
    getVar(of: FunctionRef, index: number): TypeRef;
    getBody(of: FunctionRef): ExpressionRef;
    setBody(of: FunctionRef, to: ExpressionRef): void;
  };
  _BinaryenFunctionAddVar(of: FunctionRef, type: TypeRef): number;
}

export const ir = binaryen as unknown as Accessors;

/** One child of an expression; a child that is absent (an `if` without `else`) is not listed. */
export interface Child {
  readonly expression: ExpressionRef;
  replace(by: ExpressionRef): void;
}

/** Expression kinds and the names of their children, in the order of evaluation. `*` marks a list. */
const CHILD_NAMES: Readonly<Record<string, readonly string[]>> = {
  Nop: [],
  Unreachable: [],
  Const: [],
  LocalGet: [],
  GlobalGet: [],
  MemorySize: [],
  RefNull: [],
  RefFunc: [],
  DataDrop: [],
  TableSize: [],
  Pop: [],
  Block: ["*Child:Children"],
  If: ["Condition", "IfTrue", "IfFalse"],
  Loop: ["Body"],
  Break: ["Value", "Condition"],
  Switch: ["Value", "Condition"],
  Call: ["*Operand:Operands"],
  CallIndirect: ["*Operand:Operands", "Target"],
  LocalSet: ["Value"],
  GlobalSet: ["Value"],
  TableGet: ["Index"],
  TableSet: ["Index", "Value"],
  TableGrow: ["Value", "Delta"],
  MemoryGrow: ["Delta"],
  Load: ["Ptr"],
  Store: ["Ptr", "Value"],
  Unary: ["Value"],
  Binary: ["Left", "Right"],
  Select: ["IfTrue", "IfFalse", "Condition"],
  Drop: ["Value"],
  Return: ["Value"],
  MemoryInit: ["Dest", "Offset", "Size"],
  MemoryCopy: ["Dest", "Source", "Size"],
  MemoryFill: ["Dest", "Value", "Size"],
  SIMDExtract: ["Vec"],
  SIMDReplace: ["Vec", "Value"],
  SIMDShuffle: ["Left", "Right"],
  SIMDTernary: ["A", "B", "C"],
  SIMDShift: ["Vec", "Shift"],
  SIMDLoad: ["Ptr"],
  SIMDLoadStoreLane: ["Ptr", "Vec"],
  RefIsNull: ["Value"],
  RefEq: ["Left", "Right"],
  TupleMake: ["*Operand:Operands"],
  TupleExtract: ["Tuple"],
};

type Getter = (of: ExpressionRef) => number;
type Setter = (of: ExpressionRef, to: ExpressionRef) => void;
type ItemGetter = (of: ExpressionRef, index: number) => ExpressionRef;
type ItemSetter = (of: ExpressionRef, index: number, to: ExpressionRef) => void;
type ListChildren = (of: ExpressionRef) => Child[];

const LISTERS: ReadonlyMap<number, ListChildren> = new Map(
  Object.entries(CHILD_NAMES).map(([kind, names]) => [idOf(kind), listerOf(kind, names)]),
);

/** The children in the order of evaluation, or null for a kind that binaryen does not let us look into. */
export function childrenOf(expression: ExpressionRef): Child[] | null {
  const lister = LISTERS.get(binaryen.getExpressionId(expression));
  return lister === undefined ? null : lister(expression);
}

/** The id of an expression kind, `Block`. */
export function idOf(kind: string): number {
  return constantOf(`${kind}Id`);
}

/** A number that binaryen gives a name: an operator's code, an expression kind's id. */
export function constantOf(name: string): number {
  return (binaryen as unknown as Record<string, number>)[name]!;
}

function accessorsOf(kind: string): Record<string, unknown> {
  return (binaryen as unknown as Record<string, Record<string, unknown>>)[kind]!;
}

function listerOf(kind: string, names: readonly string[]): ListChildren {
  const parts = names.map((name) => (name.startsWith("*") ? listPart(kind, name) : singlePart(kind, name)));
  return (expression) => {
    const children: Child[] = [];
    for (const part of parts) part(expression, children);
    return children;
  };
}

type Part = (of: ExpressionRef, into: Child[]) => void;

function singlePart(kind: string, name: string): Part {
  const get = accessorsOf(kind)[`get${name}`] as Getter;
  const set = accessorsOf(kind)[`set${name}`] as Setter;
  return (of, into) => {
    const expression = get(of);
    if (expression !== 0) into.push({ expression, replace: (by) => set(of, by) });
  };
}

function listPart(kind: string, name: string): Part {
  const [one, many] = name.slice(1).split(":") as [string, string];
  const count = accessorsOf(kind)[`getNum${many}`] as Getter;
  const get = accessorsOf(kind)[`get${one}At`] as ItemGetter;
  const set = accessorsOf(kind)[`set${one}At`] as ItemSetter;
  return (of, into) => {
    const length = count(of);
    for (let index = 0; index < length; index++) {
      into.push({ expression: get(of, index), replace: (by) => set(of, index, by) });
    }
  };
}
