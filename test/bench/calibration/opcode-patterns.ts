/**
 * The worst uses of each opcode class that we could think of: chained (each result is the next operand) and side by side,
 * with numbers that processors take long for, branches that cannot be foretold, and addresses that no cache knows.
 */
import { I32_LOCALS, type TimingOptions } from "./program.ts";

export interface Pattern {
  /** A name of the schedule. */
  readonly cost: string;
  readonly name: string;
  /** One unit: the instruction with what brings its operands. `index` counts the repetitions. */
  readonly text: (index: number) => string;
  readonly repetitions?: number;
  readonly options?: TimingOptions;
}

const I32_BINARY = ["add", "xor", "shl", "shr_s", "lt_s", "eq"] as const;

/** $a becomes the next number of a generator; no branch that depends on it can be foretold. */
export const RANDOM = "(local.set $a (i32.add (i32.mul (local.get $a) (i32.const 1664525)) (i32.const 1013904223)))";
const bit = (index: number): string => `(i32.and (local.get $a) (i32.const ${2 ** (12 + (index % 16))}))`;
export const random = (index: number): string => (index % 8 === 0 ? RANDOM : "");
const increment = (name: string): string => `(local.set ${name} (i32.add (local.get ${name}) (i32.const 1)))`;
const side = (index: number): string => I32_LOCALS[index % I32_LOCALS.length]!;
const sideLong = (index: number): string => ["$x", "$y", "$z"][index % 3]!;

function binary(cost: string, operators: readonly string[], right = "(local.get $d)"): Pattern[] {
  return operators.flatMap((operator) => [
    { cost, name: `i32.${operator} chained`, text: () => `(local.set $a (i32.${operator} (local.get $a) ${right}))` },
    {
      cost,
      name: `i32.${operator} side by side`,
      text: (i) => `(local.set ${side(i)} (i32.${operator} (local.get ${side(i)}) ${right}))`,
    },
    {
      cost,
      name: `i64.${operator} chained`,
      text: () => `(local.set $x ${widened(operator, "$x", "(local.get $z)")})`,
    },
  ]);
}

const widened = (operator: string, name: string, right: string): string => {
  const value = `(i64.${operator} (local.get ${name}) ${right})`;
  return operator === "lt_s" || operator === "eq" ? `(i64.extend_i32_u ${value})` : value;
};

function divisions(): Pattern[] {
  const operators = ["div_s", "div_u", "rem_s", "rem_u"];
  return operators.flatMap((operator) => [
    {
      cost: "divide",
      name: `i32.${operator} chained`,
      text: () =>
        `(local.set $a (i32.${operator} (i32.or (local.get $a) (i32.const 0x70000001))
          (i32.or (local.get $d) (i32.const 1))))`,
    },
    {
      cost: "divide",
      name: `i64.${operator} chained`,
      text: () =>
        `(local.set $x (i64.${operator} (i64.or (local.get $x) (i64.const 0x7000000000000001))
          (i64.or (i64.shr_u (local.get $z) (i64.const 34)) (i64.const 3))))`,
    },
    {
      cost: "divide",
      name: `i64.${operator} side by side`,
      text: (i) =>
        `(local.set ${sideLong(i)} (i64.${operator} (i64.or (local.get $h0) (i64.const 0x7000000000000001))
          (i64.or (local.get ${sideLong(i)}) (i64.const 0x3000003))))`.replaceAll("$h0", sideLong(i + 1)),
    },
  ]);
}

const SIMPLE: readonly Pattern[] = [
  ...binary("simple", I32_BINARY),
  ...["clz", "ctz", "popcnt"].flatMap((operator) => [
    {
      cost: "simple",
      name: `i32.${operator} chained`,
      text: () => `(local.set $a (i32.${operator} (i32.add (local.get $a) (local.get $d))))`,
    },
    {
      cost: "simple",
      name: `i64.${operator} chained`,
      text: () => `(local.set $x (i64.${operator} (i64.sub (local.get $x) (local.get $z))))`,
    },
  ]),
  {
    cost: "simple",
    name: "extend and wrap",
    text: () => "(local.set $x (i64.extend_i32_s (i32.wrap_i64 (i64.add (local.get $x) (local.get $z)))))",
  },
  {
    cost: "simple",
    name: "extend8_s",
    text: () => "(local.set $a (i32.extend8_s (i32.add (local.get $a) (local.get $d))))",
  },
  {
    cost: "simple",
    name: "local.get and local.set",
    text: (i) => `(local.set ${side(i)} (local.get ${side(i + 1)}))`,
  },
];

const BRANCHES: readonly Pattern[] = [
  {
    cost: "branchIf",
    name: "if, not to be foretold",
    text: (i) => `${random(i)} (if ${bit(i)} (then ${increment("$b")}))`,
  },
  {
    cost: "branchIf",
    name: "if and else, not to be foretold",
    text: (i) => `${random(i)} (if ${bit(i)} (then ${increment("$b")}) (else ${increment("$c")}))`,
  },
  {
    cost: "branchIf",
    name: "if without a body, not to be foretold",
    text: (i) => `${random(i)} (if ${bit(i)} (then (nop)) (else (local.set $b (local.get $a))))`,
  },
  {
    cost: "branchIf",
    name: "br_if, not to be foretold",
    text: (i) => `${random(i)} (block $o${i} (br_if $o${i} ${bit(i)}) ${increment("$b")})`,
  },
  { cost: "branchIf", name: "br_if, never taken", text: (i) => `(block $o${i} (br_if $o${i} (i32.const 0)))` },
  {
    cost: "branchIf",
    name: "loop of nothing",
    text: (i) =>
      `(local.set $b (i32.const 8)) (loop $l${i} (br_if $l${i} (local.tee $b (i32.sub (local.get $b) (i32.const 1)))))`,
  },
  { cost: "branchTable", name: "br_table of 8, not to be foretold", text: (i) => branchTable(i, 8), repetitions: 16 },
  {
    cost: "branchTable",
    name: "br_table of 256, not to be foretold",
    text: (i) => branchTable(i, 256),
    repetitions: 8,
  },
  {
    cost: "select",
    name: "select, not to be foretold",
    text: (i) => `${random(i)} (local.set $b (select (local.get $c) (local.get $b) ${bit(i)}))`,
  },
  {
    cost: "select",
    name: "select i64, chained",
    text: () => "(local.set $x (select (local.get $y) (local.get $x) (i32.wrap_i64 (local.get $x))))",
  },
];

function branchTable(index: number, targets: number): string {
  const labels = Array.from({ length: 8 }, (_, label) => `$t${index}_${label}`);
  const names = Array.from({ length: targets }, (_, target) => labels[target % 8]).join(" ");
  const value = `(i32.and (i32.shr_u (local.get $a) (i32.const 9)) (i32.const ${targets - 1}))`;
  const innermost = `(br_table ${names} ${labels[7]} ${value})`;
  const blocks = labels.reduce((inside, label) => `(block ${label} ${inside}) ${increment("$b")}`, innermost);
  return `${RANDOM} ${blocks}`;
}

const GLOBALS: readonly Pattern[] = [
  { cost: "global", name: "i32 chained", text: () => "(global.set $g (i32.add (global.get $g) (local.get $d)))" },
  { cost: "global", name: "i64 chained", text: () => "(global.set $h (i64.add (global.get $h) (local.get $z)))" },
  { cost: "global", name: "global.set alone", text: () => "(global.set $h (local.get $z))" },
];

const CALLS: readonly Pattern[] = [
  { cost: "call", name: "call of nothing", text: () => "(local.set $a (call $leaf (local.get $a)))" },
  {
    cost: "call",
    name: "call with 16 parameters",
    text: () => `(local.set $a (call $wide ${"(local.get $a) ".repeat(16)}))`,
  },
  { cost: "call", name: "recursion 40 deep", text: () => "(local.set $a (call $down (i32.const 40)))", repetitions: 4 },
  { cost: "entryLocals", name: "call with 63 locals", text: () => "(local.set $a (call $locals (local.get $a)))" },
  {
    cost: "callIndirect",
    name: "call_indirect, always the same",
    text: () => "(local.set $a (call_indirect (type $step) (local.get $a) (i32.const 1)))",
  },
  {
    cost: "callIndirect",
    name: "call_indirect, not to be foretold",
    text: (i) =>
      `${RANDOM} (local.set $b (call_indirect (type $step) (local.get $b)
        (i32.and (i32.shr_u (local.get $a) (i32.const ${9 + (i % 8)})) (i32.const 7))))`,
  },
];

export const OPCODE_PATTERNS: readonly Pattern[] = [
  ...SIMPLE,
  ...BRANCHES,
  ...binary("rotate", ["rotl", "rotr"]),
  ...binary("multiply", ["mul"]),
  ...divisions(),
  ...GLOBALS,
  ...CALLS,
];
