/**
 * One handler for each kind of instruction: it reads the immediates and does what the instruction does to the types on
 * the stack (core specification, 3.3 and 5.4). Whether the instruction is allowed at all was decided before, from its
 * row.
 */
import type { BodyReading } from "./body-reading.ts";
import type { TableEntry } from "./module-reading.ts";
import type { Opcode, OpcodeKind } from "./opcode-row.ts";
import {
  FUNCREF,
  type FunctionType,
  I32,
  isReferenceType,
  isSameTypes,
  isValueType,
  readReferenceType,
  readValueType,
  typeName,
  UNKNOWN_TYPE,
  type ValueType,
} from "./value-types.ts";

type Handler = (body: BodyReading, row: Opcode) => void;

const EMPTY_BLOCK = 0x40;
const SHUFFLE_LANES = 32;
const VECTOR_BYTES = 16;
const NO_VALUES: FunctionType = { params: [], results: [] };

/** Takes and gives what the row's signature says. */
const plain: Handler = (body, row) => body.apply(row);

// Control.

/**
 * A block type: nothing, one result, or an index into the types. The index form is outside the profile even where the
 * type has at most one result, so that a contract's blocks have one form.
 */
function readBlockType(body: BodyReading): FunctionType | null {
  const { cursor, module } = body;
  const offset = cursor.position;
  const byte = cursor.bytes[offset];
  if (cursor.remaining > 0 && byte === EMPTY_BLOCK) {
    cursor.skip(1);
    return NO_VALUES;
  }
  if (cursor.remaining > 0 && byte !== undefined && isValueType(byte)) {
    return { params: [], results: [readValueType(cursor, module)] };
  }
  const index = cursor.s33();
  if (!cursor.ok) return null;
  if (index < 0) {
    cursor.fail("type.valueType", offset, `block type ${index}`);
    return null;
  }
  module.useFeature("multiValue", offset, `${body.where()}: block type by index ${index}`);
  return body.lookUp(module.types, index, "type.index") ?? null;
}

function openFrame(body: BodyReading, kind: "block" | "loop" | "if", type: FunctionType | null): void {
  const { params, results } = type ?? NO_VALUES;
  if (type === null) body.stack.isDoubtful = true;
  body.stack.popAll(params);
  body.stack.open(kind, params, results);
}

function closeFrame(body: BodyReading): void {
  const frame = body.stack.close();
  if (frame === undefined) return;
  if (frame.kind === "if" && !isSameTypes(frame.params, frame.results)) {
    body.stack.refuse("body.type", "an if without an else whose results are not its parameters");
  }
  if (body.stack.frameCount > 0) body.stack.pushAll(frame.results);
}

function readElse(body: BodyReading): void {
  const frame = body.stack.innermost;
  if (frame?.kind !== "if") {
    body.refuse("body.else", "the innermost block is not an if");
    body.stack.isDoubtful = true;
    return;
  }
  body.stack.close();
  body.stack.open("else", frame.params, frame.results);
}

function branch(body: BodyReading, types: readonly ValueType[]): void {
  body.stack.popAll(types);
  body.stack.setUnreachable();
}

function branchIf(body: BodyReading): void {
  body.stack.popExpected(I32);
  const types = body.labelTypes(body.cursor.u32());
  body.stack.popAll(types);
  body.stack.pushAll(types);
}

/** Each label is checked once, however often the table names it: a table of 65,520 equal targets costs as one. */
function branchTable(body: BodyReading): void {
  const { cursor, stack, module } = body;
  const count = cursor.u32();
  const depths = new Set<number>();
  for (let index = 0; index < count && cursor.ok; index++) depths.add(cursor.u32());
  const defaultDepth = cursor.u32();
  if (!cursor.ok) return;
  module.isWithin("brTableTargets", count, body.offset, body.where());
  body.brTableTargets += count;
  stack.popExpected(I32);
  const defaultTypes = body.labelTypes(defaultDepth);
  for (const depth of depths) {
    const types = body.labelTypes(depth);
    if (types.length !== defaultTypes.length) {
      stack.refuse("body.labelTypes", `label ${depth} takes ${types.length}, the default ${defaultTypes.length}`);
    }
    for (const type of stack.popAll(types)) stack.push(type);
  }
  branch(body, defaultTypes);
}

function callFunction(body: BodyReading): void {
  const index = body.cursor.u32();
  body.callees.push(index);
  body.calls += 1;
  const entry = body.lookUp(body.module.functions, index, "body.function");
  body.apply(entry?.type);
}

function callIndirect(body: BodyReading): void {
  body.callsIndirectly = true;
  body.calls += 1;
  const type = body.lookUp(body.module.types, body.cursor.u32(), "type.index");
  const table = readTable(body);
  if (table !== undefined && table.type !== FUNCREF && table.type !== UNKNOWN_TYPE) {
    body.refuse("body.tableType", `a table of ${typeName(table.type)}`);
  }
  body.stack.popExpected(I32);
  body.apply(type);
}

// Parametric and variables.

function select(body: BodyReading): void {
  const { stack } = body;
  stack.popExpected(I32);
  const second = stack.pop();
  const first = stack.popExpected(second);
  const type = second === UNKNOWN_TYPE ? first : second;
  if (isReferenceType(type)) stack.refuse("body.type", `a select of ${typeName(type)} must name its type`);
  stack.push(type);
}

function selectTyped(body: BodyReading): void {
  const { cursor, stack, module } = body;
  const count = cursor.u32();
  const types: ValueType[] = [];
  for (let index = 0; index < count && cursor.ok; index++) types.push(readValueType(cursor, module));
  if (!cursor.ok) return;
  if (types.length !== 1) {
    body.refuse("body.selectTypes", `${types.length} types`);
    stack.isDoubtful = true;
  }
  const type = types[0] ?? UNKNOWN_TYPE;
  body.apply({ params: [type, type, I32], results: [type] });
}

function readGlobal(body: BodyReading, isWritten: boolean): ValueType {
  const index = body.cursor.u32();
  const global = body.lookUp(body.module.globals, index, "body.global");
  if (global !== undefined && isWritten && !global.isMutable) body.refuse("body.immutableGlobal", `index ${index}`);
  return global?.type ?? UNKNOWN_TYPE;
}

// Tables and references.

function readTable(body: BodyReading): TableEntry | undefined {
  return body.lookUp(body.module.tables, body.cursor.u32(), "body.table");
}

/** `signature`: letters of operands and results, `t` for the table's element type. */
function withTable(params: string, results: string): Handler {
  return (body) => {
    const element = readTable(body)?.type ?? UNKNOWN_TYPE;
    const typesOf = (letters: string): ValueType[] => [...letters].map((letter) => (letter === "t" ? element : I32));
    body.apply({ params: typesOf(params), results: typesOf(results) });
  };
}

function copyTable(body: BodyReading): void {
  const target = readTable(body);
  const source = readTable(body);
  checkElementTypes(body, source?.type, target?.type);
  body.apply({ params: [I32, I32, I32], results: [] });
}

function initTable(body: BodyReading): void {
  const element = body.lookUp(body.module.elements, body.cursor.u32(), "body.element");
  const table = readTable(body);
  checkElementTypes(body, element, table?.type);
  body.apply({ params: [I32, I32, I32], results: [] });
}

function checkElementTypes(body: BodyReading, source = UNKNOWN_TYPE, target = UNKNOWN_TYPE): void {
  if (source === target || source === UNKNOWN_TYPE || target === UNKNOWN_TYPE) return;
  body.refuse("body.tableType", `${typeName(source)} into a table of ${typeName(target)}`);
}

function isNull(body: BodyReading): void {
  const type = body.stack.pop();
  if (type !== UNKNOWN_TYPE && !isReferenceType(type)) {
    body.stack.refuse("body.type", `a reference wanted, ${typeName(type)} found`);
  }
  body.stack.push(I32);
}

function functionReference(body: BodyReading): void {
  const { module, cursor } = body;
  const index = cursor.u32();
  const entry = body.lookUp(module.functions, index, "body.function");
  if (entry !== undefined && !module.referableFunctions.has(index)) {
    body.refuse("body.undeclaredReference", `function ${index}`);
  }
  body.stack.push(FUNCREF);
}

// Memory.

function checkMemory(body: BodyReading): void {
  const { memories } = body.module;
  if (memories.isOutside(0)) body.refuse("body.memory", "no memory");
}

function readReservedByte(body: BodyReading): void {
  const byte = body.cursor.u8();
  if (byte !== 0) body.refuse("body.reservedByte", `0x${byte.toString(16)}`);
}

function readMemoryArgument(body: BodyReading, row: Opcode): void {
  const alignment = body.cursor.u32();
  body.cursor.u32();
  checkMemory(body);
  if (alignment > row.alignment) {
    body.refuse("body.alignment", `2 to the power of ${alignment}, natural ${2 ** row.alignment} bytes`);
  }
}

const withReservedBytes =
  (count: number): Handler =>
  (body, row) => {
    for (let read = 0; read < count; read++) readReservedByte(body);
    checkMemory(body);
    body.apply(row);
  };

function readDataIndex(body: BodyReading): void {
  const index = body.cursor.u32();
  const { dataCount } = body.module;
  if (!body.cursor.ok) return;
  if (dataCount === null) body.refuse("body.dataCount", `data segment ${index}`);
  else if (index >= dataCount) body.refuse("body.data", `index ${index}, count ${dataCount}`);
}

function readLane(body: BodyReading, lanes: number): void {
  const lane = body.cursor.u8();
  if (lane >= lanes) body.refuse("body.lane", `lane ${lane}, lanes ${lanes}`);
}

/** Skips the immediate of a constant and pushes it. */
const constant =
  (skip: (body: BodyReading) => void): Handler =>
  (body, row) => {
    skip(body);
    body.apply(row);
  };

export const HANDLERS: Readonly<Record<OpcodeKind, Handler>> = {
  plain,
  unreachable: (body) => body.stack.setUnreachable(),
  block: (body) => openFrame(body, "block", readBlockType(body)),
  loop: (body) => openFrame(body, "loop", readBlockType(body)),
  if: (body) => {
    const type = readBlockType(body);
    body.stack.popExpected(I32);
    openFrame(body, "if", type);
  },
  else: readElse,
  end: closeFrame,
  br: (body) => branch(body, body.labelTypes(body.cursor.u32())),
  brIf: branchIf,
  brTable: branchTable,
  return: (body) => branch(body, body.stack.labelTypes(body.stack.frameCount - 1) ?? []),
  call: callFunction,
  callIndirect,
  drop: (body) => {
    body.stack.pop();
  },
  select,
  selectTyped,
  localGet: (body) => body.stack.push(body.readLocal()),
  localSet: (body) => {
    body.stack.popExpected(body.readLocal());
  },
  localTee: (body) => {
    const type = body.readLocal();
    body.stack.popExpected(type);
    body.stack.push(type);
  },
  globalGet: (body) => body.stack.push(readGlobal(body, false)),
  globalSet: (body) => {
    body.stack.popExpected(readGlobal(body, true));
  },
  tableGet: withTable("i", "t"),
  tableSet: withTable("it", ""),
  tableSize: withTable("", "i"),
  tableGrow: withTable("ti", "i"),
  tableFill: withTable("iti", ""),
  tableCopy: copyTable,
  tableInit: initTable,
  elementDrop: (body) => {
    body.lookUp(body.module.elements, body.cursor.u32(), "body.element");
  },
  memoryAccess: (body, row) => {
    readMemoryArgument(body, row);
    body.apply(row);
  },
  memorySize: withReservedBytes(1),
  memoryCopy: withReservedBytes(2),
  memoryInit: (body, row) => {
    readDataIndex(body);
    withReservedBytes(1)(body, row);
  },
  dataDrop: readDataIndex,
  i32Const: constant((body) => body.cursor.s32()),
  i64Const: constant((body) => body.cursor.skipS64()),
  f32Const: constant((body) => body.cursor.skip(4)),
  f64Const: constant((body) => body.cursor.skip(8)),
  v128Const: constant((body) => body.cursor.skip(VECTOR_BYTES)),
  shuffle: (body, row) => {
    for (let lane = 0; lane < VECTOR_BYTES; lane++) readLane(body, SHUFFLE_LANES);
    body.apply(row);
  },
  lane: (body, row) => {
    readLane(body, row.lanes);
    body.apply(row);
  },
  memoryLane: (body, row) => {
    readMemoryArgument(body, row);
    readLane(body, row.lanes);
    body.apply(row);
  },
  refNull: (body) => body.stack.push(readReferenceType(body.cursor, body.module)),
  refIsNull: isNull,
  refFunc: functionReference,
  unread: (body) => {
    body.isCut = true;
  },
};
