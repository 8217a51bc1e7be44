/**
 * Random function bodies that are valid by construction: expressions of a wanted type with statements between their
 * operands, blocks that give values in every way there is, loops that end (mostly), branches with operands waiting,
 * code that is never reached, calls of every kind.
 */
import type { HostFunction } from "../../vm/abi.ts";
import { u } from "../unit/vm/admission/module-builder.ts";
import type { Random } from "./random.ts";

export type Type = "i32" | "i64";

export interface Signature {
  readonly params: readonly Type[];
  readonly result: Type | null;
}

/** What a body may refer to. */
export interface Surroundings {
  readonly imports: readonly HostFunction[];
  readonly functions: readonly Signature[];
  readonly globals: readonly { readonly type: Type; readonly isMutable: boolean }[];
  /** What the table holds: the type of each entry's function, null where empty. */
  readonly table: readonly (Signature | null)[];
  typeIndex(signature: Signature): number;
}

export interface BodyOptions {
  readonly self: number;
  readonly signature: Signature;
  readonly locals: readonly Type[];
  /** About how many instructions. */
  readonly size: number;
  /** Small functions without loops, calls through the table or bulk memory: they have a static cost. */
  readonly isLeaf: boolean;
  /** Functions it may call directly. */
  readonly callees: readonly number[];
}

interface Label {
  readonly type: Type | null;
  readonly isLoop: boolean;
}

const BYTE: Readonly<Record<Type, number>> = { i32: 0x7f, i64: 0x7e };
const EMPTY = 0x40;
const I32_OPS = { tests: 0x46, unary: 0x67, binary: 0x6a };
const I64_OPS = { tests: 0x51, unary: 0x79, binary: 0x7c };
const DIVISIONS: ReadonlySet<number> = new Set([3, 4, 5, 6]);
const BINARY_COUNT = 15;
const LOADS: Readonly<Record<Type, readonly (readonly [number, number])[]>> = {
  i32: [
    [0x28, 2],
    [0x2c, 0],
    [0x2d, 0],
    [0x2e, 1],
    [0x2f, 1],
  ],
  i64: [
    [0x29, 3],
    [0x30, 0],
    [0x31, 0],
    [0x32, 1],
    [0x33, 1],
    [0x34, 2],
    [0x35, 2],
  ],
};
const STORES: Readonly<Record<Type, readonly (readonly [number, number])[]>> = {
  i32: [
    [0x36, 2],
    [0x3a, 0],
    [0x3b, 1],
  ],
  i64: [
    [0x37, 3],
    [0x3c, 0],
    [0x3d, 1],
    [0x3e, 2],
  ],
};
const INTERESTING: readonly bigint[] = [0n, 1n, -1n, 2n, 7n, 31n, 32n, 63n, 64n, 255n, 256n, 65_535n, 65_536n].concat([
  2n ** 31n - 1n,
  -(2n ** 31n),
  2n ** 32n - 1n,
  2n ** 63n - 1n,
  -(2n ** 63n),
  77n,
]);

/** Signed LEB128. */
export function s(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && low < 0x40) || (rest === -1n && low >= 0x40);
    bytes.push(isLast ? low : low + 0x80);
    if (isLast) return bytes;
  }
}

const VALUE_KINDS = {
  constant: 10,
  local: 18,
  global: 5,
  binary: 28,
  unary: 8,
  test: 8,
  conversion: 6,
  load: 10,
  select: 4,
  tee: 5,
  ifElse: 6,
  block: 6,
  blockOfJumps: 4,
  loop: 2,
  call: 9,
  indirect: 5,
  host: 4,
  size: 2,
  grow: 1,
  waiting: 6,
} as const;
type ValueKind = keyof typeof VALUE_KINDS;

const STATEMENT_KINDS = {
  setLocal: 20,
  setGlobal: 8,
  store: 14,
  dropped: 6,
  nop: 2,
  block: 6,
  countedLoop: 7,
  endlessLoop: 1,
  ifElse: 10,
  branchIf: 9,
  branchTable: 4,
  jumpInBlock: 5,
  trapSometimes: 1,
  bulk: 4,
  call: 6,
  host: 4,
} as const;
type StatementKind = keyof typeof STATEMENT_KINDS;

const NOT_IN_LEAF = ["loop", "indirect", "grow", "countedLoop", "endlessLoop", "bulk"] as const;

export class BodyWriter {
  readonly code: number[] = [];
  readonly #random: Random;
  readonly #around: Surroundings;
  readonly #options: BodyOptions;
  /** Locals that the body may write; the counters of loops come behind. */
  readonly #locals: readonly Type[];
  readonly #counters: readonly number[];
  readonly #labels: Label[] = [];
  /** Loops that end however often a branch goes back to them. */
  readonly #countedLabels = new Set<Label>();
  #budget: number;
  #loops = 0;

  constructor(random: Random, around: Surroundings, options: BodyOptions) {
    this.#random = random;
    this.#around = around;
    this.#options = options;
    const all = [...options.signature.params, ...options.locals];
    this.#counters = counterLocals(options);
    this.#locals = all.slice(0, all.length - this.#counters.length);
    this.#budget = options.size;
    this.#labels.push({ type: options.signature.result, isLoop: false });
  }

  /** The whole body, its last `end` not included. */
  write(): this {
    const { result } = this.#options.signature;
    while (this.#budget > 0) this.#statement(4);
    if (this.#random.once(12)) this.#jump(2);
    else if (result !== null) this.#value(result, 3);
    return this;
  }

  #emit(...bytes: number[]): void {
    this.code.push(...bytes);
    this.#budget -= 1;
  }

  #constant(type: Type, value: bigint): void {
    if (type === "i32") this.#emit(0x41, ...s(BigInt.asIntN(32, value)));
    else this.#emit(0x42, ...s(BigInt.asIntN(64, value)));
  }

  #within(label: Label, open: number, write: () => void): void {
    this.#emit(open, label.type === null ? EMPTY : BYTE[label.type]);
    this.#labels.push(label);
    write();
    this.#labels.pop();
    this.#emit(0x0b);
  }

  // Values.

  #value(type: Type, depth: number): void {
    const isShort = depth <= 0 || this.#budget <= 0;
    const kind = isShort ? this.#random.pick(["constant", "local", "global"] as const) : this.#valueKind();
    this.#valueOf(kind, type, depth - 1);
  }

  #valueKind(): ValueKind {
    for (;;) {
      const kind = this.#random.weighted(VALUE_KINDS);
      if (!this.#options.isLeaf || !(NOT_IN_LEAF as readonly string[]).includes(kind)) return kind;
    }
  }

  #valueOf(kind: ValueKind, type: Type, depth: number): void {
    switch (kind) {
      case "constant":
        this.#constant(type, this.#random.once(3) ? this.#random.i64() : this.#random.pick(INTERESTING));
        return;
      case "local":
        this.#localGet(type);
        return;
      case "global":
        this.#globalGet(type);
        return;
      case "binary":
        this.#binary(type, depth);
        return;
      case "unary":
        this.#unary(type, depth);
        return;
      case "test":
        this.#test(type, depth);
        return;
      case "conversion":
        this.#conversion(type, depth);
        return;
      case "load":
        this.#address(depth);
        this.#access(this.#random.pick(LOADS[type]));
        return;
      case "select":
        this.#value(type, depth);
        this.#value(type, depth);
        this.#value("i32", depth);
        this.#emit(0x1b);
        return;
      case "tee":
        this.#tee(type, depth);
        return;
      default:
        this.#structuredValue(kind, type, depth);
        return;
    }
  }

  #structuredValue(kind: ValueKind, type: Type, depth: number): void {
    switch (kind) {
      case "ifElse":
        this.#value("i32", depth);
        this.#ifElse({ type, isLoop: false }, depth);
        return;
      case "block":
        this.#within({ type, isLoop: false }, 0x02, () => this.#contents(type, depth));
        return;
      case "blockOfJumps":
        this.#blockOfJumps(type, depth);
        return;
      case "loop":
        // A loop with a result that is entered once: no branch names its label.
        this.#within({ type, isLoop: true }, 0x03, () => this.#value(type, depth));
        return;
      case "call":
        this.#call(type, depth);
        return;
      case "indirect":
        this.#indirect({ params: this.#randomParams(2), result: type }, depth);
        return;
      case "host":
        this.#hostCall(type, depth);
        return;
      case "size":
        this.#sizeOrGrow(type, 0x3f, depth);
        return;
      case "grow":
        this.#sizeOrGrow(type, 0x40, depth);
        return;
      default:
        this.#value(type, depth);
        this.#statement(depth);
        return;
    }
  }

  /** Puts the operand on the stack into a local, or away when there is none of its type. */
  #store(type: Type): void {
    const local = this.#localOf(type);
    if (local === null) this.#emit(0x1a);
    else this.#emit(0x21, ...u(local));
  }

  #localOf(type: Type): number | null {
    const fitting = [...this.#locals.keys()].filter((index) => this.#locals[index] === type);
    return fitting.length === 0 ? null : this.#random.pick(fitting);
  }

  #localGet(type: Type): void {
    const local = this.#localOf(type);
    if (local === null) this.#constant(type, this.#random.pick(INTERESTING));
    else this.#emit(0x20, ...u(local));
  }

  #globalGet(type: Type): void {
    const fitting = [...this.#around.globals.keys()].filter((index) => this.#around.globals[index]!.type === type);
    if (fitting.length === 0) this.#localGet(type);
    else this.#emit(0x23, ...u(this.#random.pick(fitting)));
  }

  #tee(type: Type, depth: number): void {
    this.#value(type, depth);
    const local = this.#localOf(type);
    if (local !== null) this.#emit(0x22, ...u(local));
  }

  #binary(type: Type, depth: number): void {
    const operator = this.#random.below(BINARY_COUNT);
    this.#value(type, depth);
    // Statements while an operand waits.
    if (this.#random.once(8)) this.#statement(depth - 1);
    this.#value(type, depth);
    if (DIVISIONS.has(operator) && !this.#random.once(10)) {
      this.#constant(type, 1n);
      this.#emit(type === "i32" ? 0x72 : 0x84);
    }
    this.#emit((type === "i32" ? I32_OPS : I64_OPS).binary + operator);
  }

  #unary(type: Type, depth: number): void {
    this.#value(type, depth);
    const extensions = type === "i32" ? [0xc0, 0xc1] : [0xc2, 0xc3, 0xc4];
    const first = (type === "i32" ? I32_OPS : I64_OPS).unary;
    this.#emit(this.#random.pick([first, first + 1, first + 2, ...extensions]));
  }

  #test(type: Type, depth: number): void {
    const operands = this.#random.pick(["i32", "i64"] as const);
    const first = (operands === "i32" ? I32_OPS : I64_OPS).tests;
    this.#value(operands, depth);
    if (this.#random.once(5)) this.#emit(first - 1);
    else {
      this.#value(operands, depth);
      this.#emit(first + this.#random.below(10));
    }
    if (type === "i64") this.#emit(0xad);
  }

  #conversion(type: Type, depth: number): void {
    this.#value(type === "i32" ? "i64" : "i32", depth);
    this.#emit(type === "i32" ? 0xa7 : this.#random.pick([0xac, 0xad]));
  }

  /** An address that is mostly inside the first page. */
  #address(depth: number): void {
    this.#value("i32", depth);
    if (this.#random.once(60)) return;
    this.#constant("i32", BigInt(this.#random.pick([0xff, 0xfff, 0xfff, 0xfff8])));
    this.#emit(0x71);
  }

  #access([op, alignment]: readonly [number, number]): void {
    const isFar = this.#random.once(80);
    const offset = isFar ? this.#random.pick([65_528, 65_536, 2 ** 32 - 1]) : this.#random.below(16) * 4;
    this.#emit(op, this.#random.between(0, alignment), ...u(offset));
  }

  #sizeOrGrow(type: Type, op: number, depth: number): void {
    if (op === 0x40) {
      if (this.#random.once(4)) this.#value("i32", depth);
      else this.#constant("i32", BigInt(this.#random.pick([0, 1, 1, 2, 3, -1])));
    }
    this.#emit(op, 0);
    if (type === "i64") this.#emit(0xac);
  }

  // Blocks.

  #contents(type: Type | null, depth: number): void {
    for (let count = this.#random.below(3); count > 0; count--) this.#statement(depth - 1);
    if (this.#random.once(10)) this.#jump(depth - 1);
    else if (type !== null) this.#value(type, depth);
  }

  #ifElse(label: Label, depth: number): void {
    this.#within(label, 0x04, () => {
      this.#contents(label.type, depth);
      if (label.type === null && this.#random.once(2)) return;
      this.#emit(0x05);
      this.#contents(label.type, depth);
    });
  }

  /** A block that is left with its value from several places, while other operands wait. */
  #blockOfJumps(type: Type, depth: number): void {
    this.#within({ type, isLoop: false }, 0x02, () => {
      const waiting = this.#random.below(3);
      for (let count = 0; count < waiting; count++) this.#value(this.#random.pick(["i32", "i64"]), depth - 1);
      this.#value(type, depth);
      this.#value("i32", depth - 1);
      const labels = this.#labelsOf(type);
      if (this.#random.once(3)) {
        this.#table(labels);
        this.#dead(depth - 1);
        return;
      }
      this.#emit(0x0d, ...u(this.#random.pick(labels)));
      if (waiting > 0) this.#emit(0x0c, 0);
    });
  }

  /** Depths of the labels that take a value of this type (none: nothing); never a loop that could go on for ever. */
  #labelsOf(type: Type | null): number[] {
    const last = this.#labels.length - 1;
    return [...this.#labels.keys()]
      .filter((index) => {
        const label = this.#labels[index]!;
        return label.isLoop ? type === null && this.#countedLabels.has(label) : label.type === type;
      })
      .map((index) => last - index);
  }

  #table(labels: readonly number[]): void {
    const count = this.#random.pick([0, 1, 2, 3, 8, 9, 20]);
    const targets = Array.from({ length: count + 1 }, () => u(this.#random.pick(labels)));
    this.#emit(0x0e, ...u(count), ...targets.flat());
  }

  /** Leaves the place for good, and goes on with code that is never reached. */
  #jump(depth: number): void {
    const kind = this.#random.weighted({ branch: 5, return: 3, table: 2, unreachable: 1 });
    const { result } = this.#options.signature;
    if (kind === "unreachable" && this.#random.once(3)) this.#emit(0x00);
    else if (kind === "return" || kind === "unreachable") {
      if (result !== null) this.#value(result, depth);
      this.#emit(0x0f);
    } else this.#branchAway(kind, depth);
    if (this.#random.once(2)) this.#dead(depth);
  }

  #branchAway(kind: "branch" | "table", depth: number): void {
    const type = this.#random.pick([null, "i32", "i64"] as const);
    const labels = this.#labelsOf(type);
    if (labels.length === 0) {
      this.#emit(0x00);
      return;
    }
    if (type !== null) this.#value(type, depth);
    if (kind === "table") {
      this.#value("i32", depth);
      this.#table(labels);
    } else this.#emit(0x0c, ...u(this.#random.pick(labels)));
  }

  /** Code behind a jump, where operands come from nowhere. */
  #dead(depth: number): void {
    for (let count = this.#random.below(4); count > 0; count--) {
      const kind = this.#random.weighted({ statement: 4, bare: 5, blockOfBare: 1 });
      if (kind === "statement") this.#statement(depth - 1);
      else if (kind === "blockOfBare") {
        this.#within({ type: null, isLoop: false }, 0x02, () => {
          this.#emit(0x00);
          this.#bare();
        });
      } else this.#bare();
    }
  }

  #bare(): void {
    const kind = this.#random.below(7);
    if (kind === 0) this.#emit(0x1a);
    else if (kind === 1) this.#emit(0x6a, 0x1a);
    else if (kind === 2) this.#emit(0x1b, 0x1a);
    else if (kind === 3) this.#emit(0x37, 0, 0);
    else if (kind === 4) this.#emit(0x42, 5, 0x7c, 0x1a);
    else if (kind === 5) this.#emit(0x0f);
    else {
      const labels = this.#labelsOf(null);
      if (labels.length > 0) this.#emit(0x6c, 0x45, 0x0d, ...u(this.#random.pick(labels)));
    }
  }

  // Statements.

  #statement(depth: number): void {
    if (this.#budget <= 0 || depth <= 0) {
      this.#value("i32", 0);
      this.#store("i32");
      return;
    }
    for (;;) {
      const kind = this.#random.weighted(STATEMENT_KINDS);
      if (this.#options.isLeaf && (NOT_IN_LEAF as readonly string[]).includes(kind)) continue;
      this.#statementOf(kind, depth - 1);
      return;
    }
  }

  #statementOf(kind: StatementKind, depth: number): void {
    const type = this.#random.pick(["i32", "i64"] as const);
    switch (kind) {
      case "setLocal":
        this.#value(type, depth);
        this.#store(type);
        return;
      case "setGlobal":
        this.#setGlobal(type, depth);
        return;
      case "store":
        this.#address(depth);
        this.#value(type, depth);
        this.#access(this.#random.pick(STORES[type]));
        return;
      case "dropped":
        this.#value(type, depth);
        this.#emit(0x1a);
        return;
      case "nop":
        this.#emit(0x01);
        return;
      case "block":
        this.#within({ type: null, isLoop: false }, 0x02, () => this.#contents(null, depth));
        return;
      case "ifElse":
        this.#value("i32", depth);
        this.#ifElse({ type: null, isLoop: false }, depth);
        return;
      default:
        this.#controlStatement(kind, depth);
        return;
    }
  }

  #controlStatement(kind: StatementKind, depth: number): void {
    switch (kind) {
      case "countedLoop":
        this.#countedLoop(depth);
        return;
      case "endlessLoop":
        this.#random.once(6) ? this.#endlessLoop(depth) : this.#countedLoop(depth);
        return;
      case "branchIf":
        this.#branchIf(depth);
        return;
      case "branchTable":
        this.#within({ type: null, isLoop: false }, 0x02, () => {
          this.#value("i32", depth);
          this.#table(this.#labelsOf(null));
          this.#dead(depth);
        });
        return;
      case "jumpInBlock":
        this.#value("i32", depth);
        this.#within({ type: null, isLoop: false }, 0x04, () => this.#jump(depth));
        return;
      case "trapSometimes":
        this.#value("i64", depth);
        this.#constant("i64", 77n);
        this.#emit(0x51);
        this.#within({ type: null, isLoop: false }, 0x04, () => this.#emit(0x00));
        return;
      case "bulk":
        this.#bulk(depth);
        return;
      case "call":
        this.#callStatement(depth);
        return;
      default:
        this.#hostStatement(depth);
        return;
    }
  }

  #setGlobal(type: Type, depth: number): void {
    const { globals } = this.#around;
    const fitting = [...globals.keys()].filter((index) => globals[index]!.type === type && globals[index]!.isMutable);
    this.#value(type, depth);
    if (fitting.length === 0) this.#emit(0x1a);
    else this.#emit(0x24, ...u(this.#random.pick(fitting)));
  }

  #branchIf(depth: number): void {
    const type = this.#random.pick([null, null, "i32", "i64"] as const);
    const labels = this.#labelsOf(type);
    if (labels.length === 0) {
      this.#emit(0x01);
      return;
    }
    if (type !== null) this.#value(type, depth);
    this.#value("i32", depth);
    this.#emit(0x0d, ...u(this.#random.pick(labels)));
    if (type !== null) this.#store(type);
  }

  /** Every way back to the loop's head is counted there, so it ends however its body branches. */
  #countedLoop(depth: number): void {
    const counter = this.#counters[this.#loops];
    if (counter === undefined) {
      this.#emit(0x01);
      return;
    }
    this.#loops += 1;
    this.#constant("i32", BigInt(this.#random.once(12) ? this.#random.between(20, 200) : this.#random.between(1, 6)));
    this.#emit(0x21, ...u(counter));
    this.#within({ type: null, isLoop: false }, 0x02, () => {
      const label: Label = { type: null, isLoop: true };
      this.#countedLabels.add(label);
      this.#within(label, 0x03, () => {
        this.#emit(0x20, ...u(counter), 0x41, 1, 0x6b, 0x22, ...u(counter), 0x41, 0, 0x48, 0x0d, 1);
        for (let count = this.#random.between(1, 3); count > 0; count--) this.#statement(depth);
        if (this.#random.once(2)) {
          this.#value("i32", depth - 1);
          this.#emit(0x0d, 0);
        } else this.#emit(0x0c, 0);
      });
    });
    this.#loops -= 1;
  }

  #endlessLoop(depth: number): void {
    this.#within({ type: null, isLoop: true }, 0x03, () => {
      this.#statement(depth);
      if (this.#random.once(2)) this.#emit(0x41, 1, 0x0d, 0);
      else this.#emit(0x0c, 0);
    });
  }

  #bulk(depth: number): void {
    this.#address(depth);
    if (this.#random.once(2)) {
      this.#address(depth);
      this.#length(depth);
      this.#emit(0xfc, 10, 0, 0);
    } else {
      this.#value("i32", depth);
      this.#length(depth);
      this.#emit(0xfc, 11, 0);
    }
  }

  #length(depth: number): void {
    this.#value("i32", depth);
    if (this.#random.once(50)) return;
    this.#constant("i32", BigInt(this.#random.pick([7, 63, 1023])));
    this.#emit(0x71);
  }

  // Calls.

  #randomParams(most: number): Type[] {
    return Array.from({ length: this.#random.below(most + 1) }, () => this.#random.pick(["i32", "i64"] as const));
  }

  #call(type: Type, depth: number): void {
    const fitting = this.#options.callees.filter((index) => this.#around.functions[index]!.result === type);
    if (fitting.length === 0 || this.#loops > 1) {
      this.#value(type, depth);
      return;
    }
    this.#callOf(this.#random.pick(fitting), depth);
  }

  #callStatement(depth: number): void {
    const { callees } = this.#options;
    if (callees.length === 0 || this.#loops > 1) {
      this.#emit(0x01);
      return;
    }
    const callee = this.#random.pick(callees);
    this.#callOf(callee, depth);
    if (this.#around.functions[callee]!.result !== null) this.#emit(0x1a);
  }

  #callOf(callee: number, depth: number): void {
    for (const param of this.#around.functions[callee]!.params) this.#value(param, depth - 1);
    this.#emit(0x10, ...u(this.#around.imports.length + callee));
  }

  /** Mostly of an entry there is, by its type; sometimes of another, which traps. */
  #indirect(wanted: Signature, depth: number): void {
    const { table } = this.#around;
    const fitting = [...table.keys()].filter((index) => table[index]?.result === wanted.result);
    if (fitting.length === 0 || this.#loops > 1) {
      this.#value(wanted.result!, depth);
      return;
    }
    const entry = this.#random.pick(fitting);
    const signature = this.#random.once(25) ? wanted : table[entry]!;
    for (const param of signature.params) this.#value(param, depth - 1);
    if (this.#random.once(25)) this.#value("i32", depth - 1);
    else this.#constant("i32", BigInt(this.#random.once(25) ? this.#random.below(table.length + 2) : entry));
    this.#emit(0x11, ...u(this.#around.typeIndex(signature)), 0);
  }

  #hostCall(type: Type, depth: number): void {
    const fitting = [...this.#around.imports.keys()].filter((index) => this.#around.imports[index]!.result === type);
    if (fitting.length === 0) {
      this.#value(type, depth);
      return;
    }
    this.#hostCallOf(this.#random.pick(fitting), depth);
  }

  #hostStatement(depth: number): void {
    const { imports } = this.#around;
    if (imports.length === 0) {
      this.#emit(0x01);
      return;
    }
    const index = this.#random.below(imports.length);
    const isLast = imports[index]!.name === "abort" || imports[index]!.name === "revert";
    if (isLast) {
      this.#value("i32", depth);
      this.#within({ type: null, isLoop: false }, 0x04, () => this.#hostCallOf(index, depth));
      return;
    }
    this.#hostCallOf(index, depth);
    if (imports[index]!.result !== null) this.#emit(0x1a);
  }

  #hostCallOf(index: number, depth: number): void {
    for (const { name, type } of this.#around.imports[index]!.params) {
      if (type === "i64") this.#value("i64", depth - 1);
      else if (/length/i.test(name)) this.#length(depth - 1);
      else if (name === "algorithm") this.#constant("i32", BigInt(this.#random.between(0, 5)));
      else this.#address(depth - 1);
    }
    this.#emit(0x10, ...u(index));
  }
}

/** Indices of the locals that count loops: the last declared ones of type i32, at most four. */
export function counterLocals({ signature, locals }: Pick<BodyOptions, "signature" | "locals">): number[] {
  const counters: number[] = [];
  for (let index = locals.length - 1; index >= 0 && counters.length < 4 && locals[index] === "i32"; index--) {
    counters.push(signature.params.length + index);
  }
  return counters;
}
