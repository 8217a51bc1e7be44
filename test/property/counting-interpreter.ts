/**
 * A second implementation of docs/gas.md: an interpreter of the source bytes that charges by region. It is written
 * from that page and from the core specification, shares no code with the instrumenter, and cares for nothing but
 * being obvious. Integers, one memory, one table, no imports.
 */

export interface Run {
  readonly ending: "returned" | "trapped" | "outOfGas";
  readonly result: number | bigint | undefined;
  readonly gasUsed: bigint;
}

interface Instruction {
  readonly op: number;
  readonly immediate: readonly number[];
  readonly constant?: number | bigint;
  /** For block, loop, if: the index of its else (or end) and of its end. */
  elseAt: number;
  endAt: number;
}

interface Body {
  readonly params: number;
  readonly results: number;
  readonly locals: readonly ("i32" | "i64")[];
  readonly declaredLocals: number;
  readonly code: readonly Instruction[];
  /** Gas charged where control reaches an instruction that a region begins with. */
  readonly regions: ReadonlyMap<number, number>;
}

type Value = number | bigint;

class Trap extends Error {}
class OutOfGas extends Error {}
export class Unsupported extends Error {}

const PAGE = 65_536;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

class Cursor {
  position: number;
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array, position = 0) {
    this.bytes = bytes;
    this.position = position;
  }

  u8(): number {
    return this.bytes[this.position++]!;
  }

  u32(): number {
    return Number(this.#leb(false, 32));
  }

  signed(bits: number): bigint {
    return this.#leb(true, bits);
  }

  #leb(signed: boolean, bits: number): bigint {
    let value = 0n;
    let shift = 0n;
    let byte: number;
    do {
      byte = this.u8();
      value |= BigInt(byte & 0x7f) << shift;
      shift += 7n;
    } while (byte >= 0x80);
    return signed ? BigInt.asIntN(bits, BigInt.asIntN(Number(shift), value)) : value;
  }
}

export class CountingInterpreter {
  gas = 0n;
  memory = new Uint8Array(0);
  readonly globals: Value[] = [];
  readonly exports = new Map<string, number>();
  readonly #types: { params: number[]; results: number[] }[] = [];
  readonly #functionTypes: number[] = [];
  readonly #bodies: Body[] = [];
  #table: (number | null)[] = [];
  #pagesMax = PAGE;
  #depth = 0;

  constructor(bytes: Uint8Array) {
    const cursor = new Cursor(bytes, 8);
    while (cursor.position < bytes.length) {
      const id = cursor.u8();
      const size = cursor.u32();
      const end = cursor.position + size;
      this.#readSection(id, cursor);
      cursor.position = end;
    }
  }

  /** Runs an exported function with a counter. */
  run(name: string, args: readonly Value[], gas: bigint): Run {
    this.gas = gas;
    this.#depth = 0;
    let ending: Run["ending"] = "returned";
    let result: Value | undefined;
    try {
      [result] = this.#call(this.exports.get(name)!, [...args]);
    } catch (error) {
      if (!(error instanceof Trap || error instanceof OutOfGas)) throw error;
      ending = "trapped";
    }
    if (this.gas < 0n) ending = "outOfGas";
    return { ending, result: ending === "returned" ? result : undefined, gasUsed: gas - this.gas };
  }

  #charge(gas: number | bigint): void {
    this.gas -= BigInt(gas);
  }

  #check(): void {
    if (this.gas < 0n) throw new OutOfGas();
  }

  #call(index: number, args: Value[]): Value[] {
    const body = this.#bodies[index]!;
    if (++this.#depth > 200) throw new Unsupported("too deep");
    this.#charge(body.declaredLocals + (body.regions.get(0) ?? 0));
    this.#check();
    const zeros = body.locals.slice(body.params).map((type) => (type === "i32" ? 0 : 0n));
    const results = new Activation(body, [...args, ...zeros]).run(this.#host());
    this.#depth -= 1;
    return results;
  }

  #host(): Host {
    return {
      charge: (gas) => this.#charge(gas),
      check: () => this.#check(),
      call: (index, stack) => this.#callFrom(index, stack),
      callIndirect: (type, element, stack) => {
        if (element >>> 0 >= this.#table.length) throw new Trap();
        const target = this.#table[element >>> 0];
        if (target === null || target === undefined) throw new Trap();
        if (!sameType(this.#types[this.#functionTypes[target]!]!, this.#types[type]!)) throw new Trap();
        this.#callFrom(target, stack);
      },
      grow: (pages) => this.#grow(pages),
      memory: () => this.memory,
      globals: this.globals,
    };
  }

  #callFrom(index: number, stack: Value[]): void {
    const { params } = this.#bodies[index]!;
    const args = stack.splice(stack.length - params, params);
    stack.push(...this.#call(index, args));
  }

  #grow(pages: number): number {
    const before = this.memory.length / PAGE;
    if (pages > this.#pagesMax - before) return -1;
    this.#charge(20_000n * BigInt(pages));
    this.#check();
    const grown = new Uint8Array((before + pages) * PAGE);
    grown.set(this.memory);
    this.memory = grown;
    return before;
  }

  #readSection(id: number, cursor: Cursor): void {
    const vector = (read: (index: number) => void): void => {
      const count = cursor.u32();
      for (let index = 0; index < count; index++) read(index);
    };
    const list = (): number[] => Array.from({ length: cursor.u32() }, () => cursor.u8());
    const readers: Readonly<Record<number, () => void>> = {
      1: () =>
        vector(() => {
          cursor.u8();
          this.#types.push({ params: list(), results: list() });
        }),
      2: () => {
        if (cursor.u32() > 0) throw new Unsupported("imports");
      },
      3: () => vector(() => this.#functionTypes.push(cursor.u32())),
      4: () =>
        vector(() => {
          cursor.u8();
          this.#table = new Array<number | null>(readLimits(cursor).minimum).fill(null);
        }),
      5: () =>
        vector(() => {
          const { minimum, maximum } = readLimits(cursor);
          this.memory = new Uint8Array(minimum * PAGE);
          this.#pagesMax = maximum ?? PAGE;
        }),
      6: () =>
        vector(() => {
          cursor.position += 2;
          this.globals.push(this.#constant(cursor));
        }),
      7: () => vector(() => this.#readExport(cursor)),
      8: () => {
        throw new Unsupported("start");
      },
      9: () =>
        vector(() => {
          if (cursor.u32() !== 0) throw new Unsupported("element segment");
          const offset = Number(this.#constant(cursor));
          vector((index) => {
            this.#table[offset + index] = cursor.u32();
          });
        }),
      10: () => vector((index) => this.#bodies.push(this.#readBody(cursor, index))),
      11: () =>
        vector(() => {
          if (cursor.u32() !== 0) throw new Unsupported("data segment");
          const offset = Number(this.#constant(cursor));
          const length = cursor.u32();
          if (offset + length > this.memory.length) throw new Unsupported("data outside memory");
          this.memory.set(cursor.bytes.subarray(cursor.position, cursor.position + length), offset);
          cursor.position += length;
        }),
    };
    readers[id]?.();
  }

  #readExport(cursor: Cursor): void {
    const length = cursor.u32();
    const name = UTF8.decode(cursor.bytes.subarray(cursor.position, cursor.position + length));
    cursor.position += length;
    const kind = cursor.u8();
    const index = cursor.u32();
    if (kind === 0) this.exports.set(name, index);
  }

  #constant(cursor: Cursor): Value {
    const op = cursor.u8();
    if (op !== 0x41 && op !== 0x42) throw new Unsupported("constant expression");
    const value = op === 0x41 ? Number(cursor.signed(32)) : cursor.signed(64);
    cursor.u8();
    return value;
  }

  #readBody(cursor: Cursor, index: number): Body {
    const type = this.#types[this.#functionTypes[index]!]!;
    const end = cursor.u32() + cursor.position;
    const locals = type.params.map(localType);
    const runs = cursor.u32();
    for (let run = 0; run < runs; run++) {
      const count = cursor.u32();
      const each = localType(cursor.u8());
      if (count > 50_000) throw new Unsupported("locals");
      for (let local = 0; local < count; local++) locals.push(each);
    }
    const code: Instruction[] = [];
    while (cursor.position < end) code.push(readInstruction(cursor));
    matchEnds(code);
    return {
      params: type.params.length,
      results: type.results.length,
      locals,
      declaredLocals: locals.length - type.params.length,
      code,
      regions: regionsOf(code),
    };
  }
}

function sameType(a: { params: number[]; results: number[] }, b: { params: number[]; results: number[] }): boolean {
  return `${a.params}>${a.results}` === `${b.params}>${b.results}`;
}

function localType(byte: number): "i32" | "i64" {
  if (byte !== 0x7f && byte !== 0x7e) throw new Unsupported("value type");
  return byte === 0x7f ? "i32" : "i64";
}

function readLimits(cursor: Cursor): { minimum: number; maximum: number | null } {
  const flags = cursor.u8();
  return { minimum: cursor.u32(), maximum: flags === 0 ? null : cursor.u32() };
}

function readInstruction(cursor: Cursor): Instruction {
  const op = cursor.u8();
  const plain = { op, immediate: [] as number[], elseAt: -1, endAt: -1 };
  if (op >= 0x02 && op <= 0x04) {
    const type = cursor.u8();
    if (type !== 0x40 && type !== 0x7f && type !== 0x7e) throw new Unsupported("block type");
    return { ...plain, immediate: [type === 0x40 ? 0 : 1] };
  }
  if (op === 0x0e) {
    const targets = Array.from({ length: cursor.u32() + 1 }, () => cursor.u32());
    return { ...plain, immediate: targets };
  }
  if (op === 0x11 || (op >= 0x28 && op <= 0x3e)) return { ...plain, immediate: [cursor.u32(), cursor.u32()] };
  if (op === 0x0c || op === 0x0d || op === 0x10 || (op >= 0x20 && op <= 0x24)) {
    return { ...plain, immediate: [cursor.u32()] };
  }
  if (op === 0x3f || op === 0x40) return { ...plain, immediate: [cursor.u8()] };
  if (op === 0x41) return { ...plain, constant: Number(cursor.signed(32)) };
  if (op === 0x42) return { ...plain, constant: cursor.signed(64) };
  if (op === 0xfc) {
    const number = cursor.u32();
    if (number !== 10 && number !== 11) throw new Unsupported(`0xfc ${number}`);
    cursor.position += number === 10 ? 2 : 1;
    return { ...plain, immediate: [number] };
  }
  if (
    !(op in NAMES) &&
    op !== 0x00 &&
    op !== 0x01 &&
    op !== 0x05 &&
    op !== 0x0b &&
    op !== 0x0f &&
    op !== 0x1a &&
    op !== 0x1b
  ) {
    throw new Unsupported(`0x${op.toString(16)}`);
  }
  return plain;
}

function matchEnds(code: readonly Instruction[]): void {
  const open: Instruction[] = [];
  for (const [index, instruction] of code.entries()) {
    if (instruction.op >= 0x02 && instruction.op <= 0x04) open.push(instruction);
    if (instruction.op === 0x05) open.at(-1)!.elseAt = index;
    if (instruction.op !== 0x0b) continue;
    const opened = open.pop();
    if (opened === undefined) continue;
    opened.endAt = index;
    if (opened.elseAt < 0) opened.elseAt = index;
  }
}

/** docs/gas.md, "Regions", word by word. */
function regionsOf(code: readonly Instruction[]): Map<number, number> {
  const named = namedBlocks(code);
  const regions = new Map<number, number>();
  const open: Instruction[] = [];
  let start: number | null = 0;
  for (const [index, instruction] of code.entries()) {
    const { op } = instruction;
    if (start !== null) regions.set(start, (regions.get(start) ?? 0) + costOf(instruction));
    const isOpening = op >= 0x02 && op <= 0x04;
    if (isOpening) open.push(instruction);
    const closed = op === 0x0b ? open.pop() : undefined;
    const begins =
      op === 0x03 || // the body of a loop
      op === 0x04 || // an arm
      op === 0x05 || // the other arm
      closed?.op === 0x04 || // behind an if
      (closed?.op === 0x02 && named.has(closed)) || // behind a block that a branch names
      op === 0x0d || // behind br_if, call, call_indirect
      op === 0x10 ||
      op === 0x11;
    if (begins) start = index + 1;
    if (op === 0x0c || op === 0x0e || op === 0x0f || op === 0x00) start = null;
  }
  return regions;
}

function namedBlocks(code: readonly Instruction[]): Set<Instruction> {
  const named = new Set<Instruction>();
  const open: Instruction[] = [];
  for (const instruction of code) {
    const { op, immediate } = instruction;
    if (op >= 0x02 && op <= 0x04) open.push(instruction);
    if (op === 0x0b) open.pop();
    if (op < 0x0c || op > 0x0e) continue;
    for (const depth of immediate) {
      const target = open[open.length - 1 - depth];
      if (target !== undefined) named.add(target);
    }
  }
  return named;
}

/** docs/gas.md, "Instructions". */
function costOf({ op, immediate }: Instruction): number {
  if ([0x01, 0x02, 0x03, 0x05, 0x0b, 0x1a].includes(op)) return 0;
  if (op === 0x04 || op === 0x0d || op === 0x1b) return 2;
  if (op === 0x0e) return 6 + Math.ceil((immediate.length - 1) / 8);
  if (op === 0x10) return 8;
  if (op === 0x11) return 12;
  if (op === 0x23 || op === 0x24) return 2;
  if (op >= 0x28 && op <= 0x3f) return 4;
  if (op === 0x40) return 120_000;
  if (op === 0xfc) return immediate[0] === 11 ? 200 : 30;
  const name = NAMES[op]?.slice(4) ?? "";
  if (name === "mul") return 3;
  if (name.startsWith("div") || name.startsWith("rem")) return 15;
  if (name.startsWith("rot")) return 5;
  return 1;
}

/** What an activation needs from the module. */
interface Host {
  charge(gas: number | bigint): void;
  check(): void;
  call(index: number, stack: Value[]): void;
  callIndirect(type: number, element: number, stack: Value[]): void;
  grow(pages: number): number;
  memory(): Uint8Array;
  readonly globals: Value[];
}

interface Label {
  readonly opening: Instruction | null;
  readonly height: number;
}

class Activation {
  readonly #body: Body;
  readonly #locals: Value[];
  readonly #stack: Value[] = [];
  readonly #labels: Label[] = [{ opening: null, height: 0 }];
  #at = 0;
  #isDone = false;

  constructor(body: Body, locals: Value[]) {
    this.#body = body;
    this.#locals = locals;
  }

  run(host: Host): Value[] {
    const { code, regions } = this.#body;
    while (!this.#isDone && this.#at < code.length) {
      const instruction = code[this.#at]!;
      const at = this.#at++;
      // The first region was charged on entry.
      if (at > 0) {
        const isHead = code[at - 1]!.op === 0x03;
        host.charge(regions.get(at) ?? 0);
        if (isHead) host.check();
      }
      this.#step(instruction, at, host);
    }
    return this.#stack.slice(this.#stack.length - this.#body.results);
  }

  #pop(): Value {
    return this.#stack.pop()!;
  }

  #popNumber(): number {
    return this.#pop() as number;
  }

  #branch(depth: number): void {
    const index = this.#labels.length - 1 - depth;
    const { opening, height } = this.#labels[index]!;
    if (opening === null) {
      this.#isDone = true;
      return;
    }
    const isLoop = opening.op === 0x03;
    const kept = isLoop ? 0 : opening.immediate[0]!;
    this.#stack.splice(height, this.#stack.length - height - kept);
    this.#labels.length = isLoop ? index + 1 : index;
    this.#at = isLoop ? this.#body.code.indexOf(opening) + 1 : opening.endAt + 1;
  }

  #step(instruction: Instruction, at: number, host: Host): void {
    const { op, immediate } = instruction;
    switch (op) {
      case 0x00:
        throw new Trap();
      case 0x02:
      case 0x03:
        this.#labels.push({ opening: instruction, height: this.#stack.length });
        return;
      case 0x04: {
        const condition = this.#popNumber();
        this.#labels.push({ opening: instruction, height: this.#stack.length });
        if (condition !== 0) return;
        // Without an else the end is executed, which takes the label off.
        this.#at = instruction.elseAt === instruction.endAt ? instruction.endAt : instruction.elseAt + 1;
        return;
      }
      case 0x05: {
        const { opening } = this.#labels.pop()!;
        this.#at = opening!.endAt + 1;
        return;
      }
      case 0x0b:
        if (at === this.#body.code.length - 1) this.#isDone = true;
        else this.#labels.pop();
        return;
      case 0x0c:
        this.#branch(immediate[0]!);
        return;
      case 0x0d:
        if (this.#popNumber() !== 0) this.#branch(immediate[0]!);
        return;
      case 0x0e: {
        const index = this.#popNumber() >>> 0;
        this.#branch(immediate[Math.min(index, immediate.length - 1)]!);
        return;
      }
      case 0x0f:
        this.#isDone = true;
        return;
      case 0x10:
        host.call(immediate[0]!, this.#stack);
        return;
      case 0x11:
        host.callIndirect(immediate[0]!, this.#popNumber(), this.#stack);
        return;
      default:
        this.#compute(instruction, host);
    }
  }

  #compute({ op, immediate, constant }: Instruction, host: Host): void {
    switch (op) {
      case 0x01:
        return;
      case 0x1a:
        this.#pop();
        return;
      case 0x1b: {
        const condition = this.#popNumber();
        const [first, second] = this.#stack.splice(-2);
        this.#stack.push(condition !== 0 ? first! : second!);
        return;
      }
      case 0x20:
        this.#stack.push(this.#locals[immediate[0]!]!);
        return;
      case 0x21:
        this.#locals[immediate[0]!] = this.#pop();
        return;
      case 0x22:
        this.#locals[immediate[0]!] = this.#stack.at(-1)!;
        return;
      case 0x23:
        this.#stack.push(host.globals[immediate[0]!]!);
        return;
      case 0x24:
        host.globals[immediate[0]!] = this.#pop();
        return;
      case 0x3f:
        this.#stack.push(host.memory().length / PAGE);
        return;
      case 0x40:
        this.#stack.push(host.grow(this.#popNumber() >>> 0));
        return;
      case 0x41:
      case 0x42:
        this.#stack.push(constant!);
        return;
      case 0xfc:
        this.#bulk(immediate[0]!, host);
        return;
      default:
        if (op >= 0x28 && op <= 0x3e) this.#access(op, immediate[1]!, host.memory());
        else this.#operate(op);
    }
  }

  #bulk(number: number, host: Host): void {
    const [target, source, length] = this.#stack.splice(-3).map((value) => Number(value) >>> 0) as [
      number,
      number,
      number,
    ];
    host.charge(Math.ceil(length / 8));
    host.check();
    const memory = host.memory();
    if (target + length > memory.length) throw new Trap();
    if (number === 11) {
      memory.fill(source & 0xff, target, target + length);
      return;
    }
    if (source + length > memory.length) throw new Trap();
    memory.copyWithin(target, source, source + length);
  }

  #access(op: number, offset: number, memory: Uint8Array): void {
    const row = ACCESSES[op];
    if (row === undefined) throw new Unsupported("float access");
    const value = row.isStore ? this.#pop() : 0;
    const address = (this.#popNumber() >>> 0) + offset;
    if (address + row.bytes > memory.length) throw new Trap();
    if (row.isStore) {
      const bits = BigInt.asUintN(8 * row.bytes, BigInt(value));
      for (let index = 0; index < row.bytes; index++)
        memory[address + index] = Number((bits >> BigInt(8 * index)) & 0xffn);
      return;
    }
    let bits = 0n;
    for (let index = 0; index < row.bytes; index++) bits |= BigInt(memory[address + index]!) << BigInt(8 * index);
    const extended = row.isSigned ? BigInt.asIntN(8 * row.bytes, bits) : bits;
    this.#stack.push(row.is64 ? BigInt.asIntN(64, extended) : Number(BigInt.asIntN(32, extended)));
  }

  #operate(op: number): void {
    const name = NAMES[op]!;
    const bits = name.startsWith("i32") ? 32 : 64;
    const operator = name.slice(4);
    if (CONVERSIONS.has(name)) {
      this.#stack.push(convert(name, this.#pop()));
      return;
    }
    const isUnary = UNARY.has(operator);
    const right = isUnary ? 0n : BigInt(this.#pop());
    const left = BigInt(this.#pop());
    const result = integer(operator, bits, left, right);
    const isTest = operator === "eqz" || COMPARISONS.has(operator);
    this.#stack.push(isTest || bits === 32 ? Number(BigInt.asIntN(32, result)) : BigInt.asIntN(64, result));
  }
}

interface Access {
  readonly bytes: number;
  readonly isSigned: boolean;
  readonly is64: boolean;
  readonly isStore: boolean;
}

const access = (bytes: number, is64: boolean, isSigned = true, isStore = false): Access => ({
  bytes,
  isSigned,
  is64,
  isStore,
});
const ACCESSES: Readonly<Record<number, Access>> = {
  40: access(4, false),
  41: access(8, true),
  44: access(1, false),
  45: access(1, false, false),
  46: access(2, false),
  47: access(2, false, false),
  48: access(1, true),
  49: access(1, true, false),
  50: access(2, true),
  51: access(2, true, false),
  52: access(4, true),
  53: access(4, true, false),
  54: access(4, false, true, true),
  55: access(8, true, true, true),
  58: access(1, false, true, true),
  59: access(2, false, true, true),
  60: access(1, true, true, true),
  61: access(2, true, true, true),
  62: access(4, true, true, true),
};

const TESTS = "eqz eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u".split(" ");
const OPERATORS = "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr".split(" ");
const COMPARISONS: ReadonlySet<string> = new Set(TESTS.slice(1));
const UNARY: ReadonlySet<string> = new Set(["eqz", "clz", "ctz", "popcnt"]);
const NAMES: Readonly<Record<number, string>> = Object.fromEntries([
  ...TESTS.map((name, index) => [0x45 + index, `i32.${name}`]),
  ...TESTS.map((name, index) => [0x50 + index, `i64.${name}`]),
  ...OPERATORS.map((name, index) => [0x67 + index, `i32.${name}`]),
  ...OPERATORS.map((name, index) => [0x79 + index, `i64.${name}`]),
  [0xa7, "i32.wrap"],
  [0xac, "i64.extend_s"],
  [0xad, "i64.extend_u"],
  [0xc0, "i32.extend8"],
  [0xc1, "i32.extend16"],
  [0xc2, "i64.extend8"],
  [0xc3, "i64.extend16"],
  [0xc4, "i64.extend32"],
]);
const CONVERSIONS: ReadonlySet<string> = new Set(Object.values(NAMES).filter((name) => /wrap|extend/.test(name)));

function convert(name: string, value: Value): Value {
  const wide = BigInt(value);
  if (name === "i32.wrap") return Number(BigInt.asIntN(32, wide));
  if (name === "i64.extend_s") return wide;
  if (name === "i64.extend_u") return BigInt.asUintN(32, wide);
  const extended = BigInt.asIntN(Number(name.slice("i32.extend".length)), wide);
  return name.startsWith("i32") ? Number(extended) : extended;
}

/** `left` and `right` are signed; so is the result, of any size. */
function integer(operator: string, bits: number, left: bigint, right: bigint): bigint {
  const a = BigInt.asUintN(bits, left);
  const b = BigInt.asUintN(bits, right);
  const size = BigInt(bits);
  const shift = b % size;
  const truth = (holds: boolean): bigint => (holds ? 1n : 0n);
  const text = a.toString(2).padStart(bits, "0");
  switch (operator) {
    case "eqz":
      return truth(a === 0n);
    case "eq":
      return truth(a === b);
    case "ne":
      return truth(a !== b);
    case "lt_s":
      return truth(left < right);
    case "lt_u":
      return truth(a < b);
    case "gt_s":
      return truth(left > right);
    case "gt_u":
      return truth(a > b);
    case "le_s":
      return truth(left <= right);
    case "le_u":
      return truth(a <= b);
    case "ge_s":
      return truth(left >= right);
    case "ge_u":
      return truth(a >= b);
    case "clz":
      return BigInt(a === 0n ? bits : text.indexOf("1"));
    case "ctz":
      return BigInt(a === 0n ? bits : bits - 1 - text.lastIndexOf("1"));
    case "popcnt":
      return BigInt(text.replaceAll("0", "").length);
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "and":
      return a & b;
    case "or":
      return a | b;
    case "xor":
      return a ^ b;
    case "shl":
      return a << shift;
    case "shr_s":
      return left >> shift;
    case "shr_u":
      return a >> shift;
    case "rotl":
      return (a << shift) | (a >> (size - shift));
    case "rotr":
      return (a >> shift) | (a << (size - shift));
    default:
      return divide(operator, bits, { left, right, a, b });
  }
}

interface Operands {
  readonly left: bigint;
  readonly right: bigint;
  readonly a: bigint;
  readonly b: bigint;
}

function divide(operator: string, bits: number, { left, right, a, b }: Operands): bigint {
  if (b === 0n) throw new Trap();
  const smallest = -(2n ** BigInt(bits - 1));
  switch (operator) {
    case "div_s":
      if (left === smallest && right === -1n) throw new Trap();
      return left / right;
    case "div_u":
      return a / b;
    case "rem_s":
      return left % right;
    default:
      return a % b;
  }
}
