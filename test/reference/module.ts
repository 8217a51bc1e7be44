/**
 * Reads the bytes of a module into what the reference interpreter runs. Written from chapter 5 of the core
 * specification alone; shares nothing with vm/admission. The module is taken to be valid. What an integer-only
 * interpreter cannot run is Unsupported.
 */

export type Value = number | bigint;
export type ValueType = "i32" | "i64";

export interface FunctionType {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface ImportedFunction {
  readonly module: string;
  readonly name: string;
  readonly type: FunctionType;
}

/** One instruction as it stands; `immediates` in the order of the binary format, without reserved bytes. */
export interface Instruction {
  /** The opcode byte; for the prefix 0xfc, 0xfc00 + the number behind it. */
  readonly op: number;
  readonly immediates: readonly number[];
  readonly constant: Value;
  /** Of block, loop, if. */
  readonly type: FunctionType | null;
  /** Where its bytes begin and end in the module. */
  readonly start: number;
  readonly end: number;
}

export interface FunctionBody {
  readonly type: FunctionType;
  readonly typeIndex: number;
  readonly declaredLocals: readonly ValueType[];
  readonly code: readonly Instruction[];
}

export interface Segment {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

export interface ModuleImage {
  readonly types: readonly FunctionType[];
  readonly imports: readonly ImportedFunction[];
  readonly bodies: readonly FunctionBody[];
  readonly globals: readonly { readonly type: ValueType; readonly isMutable: boolean; readonly initial: Value }[];
  /** Initial entries of table 0: function indices, null where empty. */
  readonly table: readonly (number | null)[];
  /** Functions that element segments name, overwritten or not. */
  readonly elements: readonly number[];
  readonly memory: { readonly pages: number; readonly pagesMax: number } | null;
  readonly data: readonly Segment[];
  readonly exports: readonly { readonly name: string; readonly kind: number; readonly index: number }[];
}

export class Unsupported extends Error {}

export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  memoryCopy: 0xfc00 + 10,
  memoryFill: 0xfc00 + 11,
} as const;

const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });
const NO_TYPE: FunctionType = { params: [], results: [] };
const PAGES_MAX = 65_536;
const LOCALS_MAX = 50_000;

class Cursor {
  readonly bytes: Uint8Array;
  position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.bytes = bytes;
    this.position = position;
  }

  u8(): number {
    if (this.position >= this.bytes.length) throw new Unsupported("the bytes end");
    return this.bytes[this.position++]!;
  }

  u32(): number {
    return Number(this.#leb().value);
  }

  signed(bits: number): bigint {
    const { value, length } = this.#leb();
    return BigInt.asIntN(bits, BigInt.asIntN(length, value));
  }

  name(): string {
    return UTF8.decode(this.take(this.u32()));
  }

  take(length: number): Uint8Array {
    this.position += length;
    return this.bytes.subarray(this.position - length, this.position);
  }

  vector<T>(read: (index: number) => T): T[] {
    const count = this.u32();
    const items: T[] = [];
    for (let index = 0; index < count; index++) items.push(read(index));
    return items;
  }

  /** The bits and how many they are. */
  #leb(): { value: bigint; length: number } {
    let value = 0n;
    let length = 0;
    let byte: number;
    do {
      byte = this.u8();
      value |= BigInt(byte & 0x7f) << BigInt(length);
      length += 7;
    } while (byte >= 0x80);
    return { value, length };
  }
}

/** What the sections say, before it is put together. */
class Reading {
  types: FunctionType[] = [];
  imports: ImportedFunction[] = [];
  typeIndices: number[] = [];
  bodies: FunctionBody[] = [];
  globals: { type: ValueType; isMutable: boolean; initial: Value }[] = [];
  table: (number | null)[] = [];
  elements: number[] = [];
  memory: { pages: number; pagesMax: number } | null = null;
  data: Segment[] = [];
  exports: { name: string; kind: number; index: number }[] = [];

  readSection(id: number, cursor: Cursor): void {
    switch (id) {
      case 1:
        this.types = cursor.vector(() => readFunctionType(cursor));
        return;
      case 2:
        this.imports = cursor.vector(() => this.#readImport(cursor));
        return;
      case 3:
        this.typeIndices = cursor.vector(() => cursor.u32());
        return;
      case 4:
        this.#readTable(cursor);
        return;
      case 5:
        cursor.vector(() => {
          const { minimum, maximum } = readLimits(cursor);
          this.memory = { pages: minimum, pagesMax: maximum ?? PAGES_MAX };
        });
        return;
      case 6:
        this.globals = cursor.vector(() => ({
          type: readValueType(cursor),
          isMutable: cursor.u8() === 1,
          initial: readConstant(cursor),
        }));
        return;
      case 7:
        this.exports = cursor.vector(() => ({ name: cursor.name(), kind: cursor.u8(), index: cursor.u32() }));
        return;
      case 8:
        throw new Unsupported("start function");
      case 9:
        this.#readElements(cursor);
        return;
      case 10:
        this.bodies = cursor.vector((index) => this.#readBody(cursor, index));
        return;
      case 11:
        this.data = cursor.vector(() => {
          if (cursor.u32() !== 0) throw new Unsupported("data segment");
          const offset = Number(readConstant(cursor)) >>> 0;
          return { offset, bytes: cursor.take(cursor.u32()) };
        });
    }
  }

  #readImport(cursor: Cursor): ImportedFunction {
    const module = cursor.name();
    const name = cursor.name();
    if (cursor.u8() !== 0) throw new Unsupported("an import that is no function");
    return { module, name, type: this.types[cursor.u32()]! };
  }

  #readTable(cursor: Cursor): void {
    const tables = cursor.vector(() => {
      if (cursor.u8() !== 0x70) throw new Unsupported("table of externref");
      return readLimits(cursor).minimum;
    });
    if (tables.length > 1) throw new Unsupported("several tables");
    this.table = new Array<number | null>(tables[0] ?? 0).fill(null);
  }

  #readElements(cursor: Cursor): void {
    cursor.vector(() => {
      if (cursor.u32() !== 0) throw new Unsupported("element segment");
      const offset = Number(readConstant(cursor)) >>> 0;
      const entries = cursor.vector(() => cursor.u32());
      this.elements.push(...entries);
      if (offset + entries.length > this.table.length) throw new Unsupported("element segment outside the table");
      for (const [index, entry] of entries.entries()) this.table[offset + index] = entry;
    });
  }

  #readBody(cursor: Cursor, index: number): FunctionBody {
    const typeIndex = this.typeIndices[index]!;
    const end = cursor.u32() + cursor.position;
    const runs = cursor.vector(() => {
      const count = cursor.u32();
      if (count > LOCALS_MAX) throw new Unsupported("locals");
      return new Array<ValueType>(count).fill(readValueType(cursor));
    });
    const code: Instruction[] = [];
    while (cursor.position < end) code.push(readInstruction(cursor, this.types));
    return { type: this.types[typeIndex]!, typeIndex, declaredLocals: runs.flat(), code };
  }
}

/** @errors Unsupported */
export function readModule(bytes: Uint8Array): ModuleImage {
  const reading = new Reading();
  const cursor = new Cursor(bytes, 8);
  while (cursor.position < bytes.length) {
    const id = cursor.u8();
    const end = cursor.u32() + cursor.position;
    reading.readSection(id, cursor);
    cursor.position = end;
  }
  return reading;
}

function readValueType(cursor: Cursor): ValueType {
  const byte = cursor.u8();
  if (byte === 0x7f) return "i32";
  if (byte === 0x7e) return "i64";
  throw new Unsupported(`value type 0x${byte.toString(16)}`);
}

function readFunctionType(cursor: Cursor): FunctionType {
  if (cursor.u8() !== 0x60) throw new Unsupported("type form");
  return { params: cursor.vector(() => readValueType(cursor)), results: cursor.vector(() => readValueType(cursor)) };
}

function readLimits(cursor: Cursor): { minimum: number; maximum: number | null } {
  const flags = cursor.u8();
  return { minimum: cursor.u32(), maximum: flags === 0 ? null : cursor.u32() };
}

function readConstant(cursor: Cursor): Value {
  const op = cursor.u8();
  if (op !== OP.i32Const && op !== OP.i64Const) throw new Unsupported("constant expression");
  const value = op === OP.i32Const ? Number(cursor.signed(32)) : cursor.signed(64);
  cursor.u8();
  return value;
}

function readBlockType(cursor: Cursor, types: readonly FunctionType[]): FunctionType {
  const byte = cursor.bytes[cursor.position]!;
  if (byte === 0x40) {
    cursor.position += 1;
    return NO_TYPE;
  }
  // A value type is a negative one-byte number, an index a positive one.
  if ((byte & 0xc0) === 0x40) return { params: [], results: [readValueType(cursor)] };
  return types[Number(cursor.signed(33))]!;
}

const PLAIN_OPS: ReadonlySet<number> = new Set([
  ...[OP.unreachable, OP.nop, OP.else, OP.end, OP.return, OP.drop, OP.select],
  // Integer tests, comparisons, operators and conversions.
  ...range(0x45, 0x5a),
  ...range(0x67, 0x8a),
  ...[0xa7, 0xac, 0xad],
  ...range(0xc0, 0xc4),
]);
const INDEX_OPS: ReadonlySet<number> = new Set([OP.br, OP.brIf, OP.call, ...range(0x20, 0x24)]);
/** Loads and stores of integers: alignment and offset. */
const ACCESS_OPS: ReadonlySet<number> = new Set([0x28, 0x29, ...range(0x2c, 0x37), ...range(0x3a, 0x3e)]);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function readInstruction(cursor: Cursor, types: readonly FunctionType[]): Instruction {
  const start = cursor.position;
  const byte = cursor.u8();
  const op = byte === 0xfc ? 0xfc00 + cursor.u32() : byte;
  const type = op >= OP.block && op <= OP.if ? readBlockType(cursor, types) : null;
  const constant = readConstantOf(op, cursor);
  const immediates = type === null ? readImmediates(op, cursor) : [];
  return { op, immediates, constant, type, start, end: cursor.position };
}

function readConstantOf(op: number, cursor: Cursor): Value {
  if (op === OP.i32Const) return Number(cursor.signed(32));
  return op === OP.i64Const ? cursor.signed(64) : 0;
}

function readImmediates(op: number, cursor: Cursor): number[] {
  if (PLAIN_OPS.has(op) || op === OP.i32Const || op === OP.i64Const) return [];
  if (INDEX_OPS.has(op)) return [cursor.u32()];
  if (ACCESS_OPS.has(op)) return [cursor.u32(), cursor.u32()];
  switch (op) {
    case OP.brTable:
      return [...cursor.vector(() => cursor.u32()), cursor.u32()];
    case OP.callIndirect:
      return [cursor.u32(), cursor.u32()];
    case OP.memorySize:
    case OP.memoryGrow:
    case OP.memoryFill:
      cursor.u8();
      return [];
    case OP.memoryCopy:
      cursor.position += 2;
      return [];
    default:
      throw new Unsupported(`instruction 0x${op.toString(16)}`);
  }
}
